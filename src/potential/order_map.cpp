#include "nacre/potential/order_map.hpp"

#include <algorithm>
#include <array>
#include <cmath>
#include <limits>

#include "nacre/core/error.hpp"
#include "nacre/core/units.hpp"
#include "nacre/potential/neighbors.hpp"

namespace nacre {
namespace {

constexpr double first_center = 1.5, spacing = 0.5, width = 0.5;  // of the radial functions [Å]
constexpr int angular = 5;                                        // l = 0 .. 4

struct Seen {
  int species;
  Eigen::Vector3d direction;
  Eigen::ArrayXd radial;
};

/// Spectra of all atoms, one column each.
class Spectra {
 public:
  Spectra(std::vector<int> elements, double cutoff) : elements_(std::move(elements)), cutoff_(cutoff) {
    for (double c = first_center; c < cutoff; c += spacing) centers_.push_back(c);
  }

  Eigen::MatrixXd of(Crystal const& crystal) const {
    auto const pairs = find_neighbors(crystal, cutoff_);
    auto const n = static_cast<Eigen::Index>(crystal.size());
    auto const kinds = std::ssize(elements_);
    Eigen::MatrixXd spectra = Eigen::MatrixXd::Zero(kinds * (kinds + 1) / 2 * std::ssize(centers_) * angular, n);
    std::vector<Seen> seen;
    for (std::size_t k = 0; k < pairs.size();) {
      int const atom = pairs[k].first;
      seen.clear();
      for (; k < pairs.size() && pairs[k].first == atom; ++k) {
        int const number = crystal.numbers[static_cast<std::size_t>(pairs[k].second)];
        auto const species = std::ranges::lower_bound(elements_, number) - elements_.begin();
        double const r = pairs[k].vector.norm();
        seen.push_back({static_cast<int>(species), pairs[k].vector / r, radial(r)});
      }
      spectra.col(atom) = spectrum(seen, spectra.rows());
    }
    return spectra;
  }

 private:
  Eigen::ArrayXd radial(double r) const {
    Eigen::ArrayXd g(std::ssize(centers_));
    double const fade = 0.5 * (1.0 + std::cos(units::pi * r / cutoff_));
    for (std::size_t n = 0; n < centers_.size(); ++n) {
      g[static_cast<Eigen::Index>(n)] = fade * std::exp(-0.5 * std::pow((r - centers_[n]) / width, 2));
    }
    return g;
  }

  /// sum_m c_lm c'_lm = sum over pairs of neighbours of g g' P_l(cosine), up to a factor.
  Eigen::VectorXd spectrum(std::vector<Seen> const& seen, Eigen::Index size) const {
    auto const shells = std::ssize(centers_), kinds = std::ssize(elements_);
    Eigen::ArrayXd sum = Eigen::ArrayXd::Zero(size);
    for (std::size_t a = 0; a < seen.size(); ++a) {
      for (std::size_t b = a; b < seen.size(); ++b) {
        double const x = seen[a].direction.dot(seen[b].direction), x2 = x * x;
        std::array<double, angular> const legendre{1.0, x, 1.5 * x2 - 0.5, (2.5 * x2 - 1.5) * x,
                                                   (4.375 * x2 - 3.75) * x2 + 0.375};
        Eigen::Index const s = std::min(seen[a].species, seen[b].species),
                           t = std::max(seen[a].species, seen[b].species);
        Eigen::Index const block = (s * (2 * kinds - s + 1) / 2 + t - s) * shells * angular;
        // An unlike pair of elements stands for itself and its exchange.
        double const weight = a == b ? 1.0 : s == t ? 2.0 : 1.0;
        Eigen::ArrayXd const product = weight * seen[a].radial * seen[b].radial;
        for (int l = 0; l < angular; ++l)
          sum.segment(block + l * shells, shells) += legendre[static_cast<std::size_t>(l)] * product;
      }
    }
    return sum.matrix();
  }

  std::vector<int> elements_;
  double cutoff_;
  std::vector<double> centers_;
};

double distance_of(Eigen::VectorXd const& a, Eigen::VectorXd const& b) {
  double const larger = std::max(a.norm(), b.norm());
  return larger > 0.0 ? (a - b).norm() / larger : 0.0;
}

}  // namespace

std::vector<double> order_map(Crystal const& stack, std::vector<int> const& layer,
                              std::map<int, Crystal> const& crystals, OrderOptions const& options) {
  require(options.cutoff >= 2.0 && options.cutoff <= 10.0, "invalid cutoff ", options.cutoff,
          " A of the order map (2 to 10)");
  require(layer.size() == stack.size(), layer.size(), " layer numbers for ", stack.size(), " atoms (one for each)");
  std::vector<int> elements = stack.numbers;
  for (auto const& entry : crystals)
    elements.insert(elements.end(), entry.second.numbers.begin(), entry.second.numbers.end());
  std::ranges::sort(elements);
  elements.erase(std::unique(elements.begin(), elements.end()), elements.end());
  Spectra const spectra(elements, options.cutoff);
  auto const here = spectra.of(stack);
  std::map<int, Eigen::MatrixXd> bulk;
  for (auto const& [number, crystal] : crystals) bulk[number] = spectra.of(crystal);
  std::vector<double> distances(stack.size(), std::numeric_limits<double>::quiet_NaN());
  for (std::size_t i = 0; i < stack.size(); ++i) {
    auto const found = crystals.find(layer[i]);
    if (found == crystals.end()) continue;
    for (std::size_t k = 0; k < found->second.size(); ++k) {
      if (found->second.numbers[k] != stack.numbers[i]) continue;
      double const d =
          distance_of(here.col(static_cast<Eigen::Index>(i)), bulk.at(layer[i]).col(static_cast<Eigen::Index>(k)));
      if (!(distances[i] <= d)) distances[i] = d;
    }
  }
  return distances;
}

ContactWidth contact_width(Layering const& layering, ContactShape const& contact, std::vector<double> const& distance,
                           OrderOptions const& options) {
  ContactWidth result;
  for (bool const above : {false, true}) {
    int const number = above ? contact.upper : contact.lower;
    std::vector<double> depths;
    double deepest = 0.0;
    bool known = false;
    std::vector<std::pair<double, bool>> atoms;
    for (std::size_t i = 0; i < layering.layer.size(); ++i) {
      if (layering.layer[i] != number) continue;
      double depth = (above ? 1.0 : -1.0) * (layering.height[static_cast<Eigen::Index>(i)] - contact.middle);
      if (above && layering.period > 0.0 && depth < -0.5 * layering.period) depth += layering.period;
      deepest = std::max(deepest, depth);
      if (std::isnan(distance[i])) continue;
      known = true;
      atoms.emplace_back(depth, distance[i] > options.threshold);
    }
    if (!known) continue;
    double const half = 0.5 * deepest;
    for (auto const& [depth, marked] : atoms) {
      if (marked && depth <= half) depths.push_back(depth);
    }
    std::ranges::sort(depths);
    double reached = 0.0;
    for (double const depth : depths) {
      if (depth - reached > options.cutoff) break;
      reached = std::max(reached, depth);
    }
    bool const all_marked =
        std::ranges::all_of(atoms, [&](auto const& a) { return a.second || a.first > half || a.first <= reached; });
    result.throughout = result.throughout || (!depths.empty() && all_marked);
    (above ? result.upper : result.lower) = reached;
  }
  return result;
}

}  // namespace nacre
