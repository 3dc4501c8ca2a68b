#include "nacre/potential/elastic_band.hpp"

#include <Eigen/LU>
#include <algorithm>
#include <array>
#include <cmath>
#include <numeric>

#include "band_descent.hpp"
#include "nacre/core/error.hpp"
#include "nacre/potential/neighbors.hpp"

namespace nacre {
namespace {

using detail::BandPoint;
using detail::BandState;

constexpr double pair_reach = 6.0;        // pairs whose distances guide the start; the weights fall as d^-4 [Å]
constexpr double closest_distance = 0.3;  // keeps the weights finite where images start on top of each other [Å]

/// A pair of atoms, in the cells that they have along the whole band.
struct GuidePair {
  Eigen::Index first, second;
  Eigen::Vector3d image;
  double begin, end;  ///< distance at the end points [Å]
};

std::vector<GuidePair> guide_pairs(Crystal const& first, Crystal const& last) {
  std::vector<std::array<int, 5>> keys;
  for (auto const* crystal : {&first, &last}) {
    for (auto const& pair : find_neighbors(*crystal, pair_reach, PairKind::half)) {
      if (pair.first != pair.second) {
        keys.push_back({pair.first, pair.second, pair.shift[0], pair.shift[1], pair.shift[2]});
      }
    }
  }
  std::sort(keys.begin(), keys.end());
  keys.erase(std::unique(keys.begin(), keys.end()), keys.end());
  std::vector<GuidePair> pairs;
  for (auto const& key : keys) {
    GuidePair pair{key[0], key[1], first.lattice * Eigen::Vector3d(key[2], key[3], key[4]), 0.0, 0.0};
    auto const distance = [&](Crystal const& crystal) {
      return (crystal.positions.col(pair.second) + pair.image - crystal.positions.col(pair.first)).norm();
    };
    pair.begin = distance(first);
    pair.end = distance(last);
    pairs.push_back(pair);
  }
  return pairs;
}

/// Sum over pairs of (d - target)^2 / d^4, with target a share `along` of the way between the end points. Pairs that are
/// too far apart keep the weight of their target: with d^-4 they would gain by parting for good.
BandPoint distance_misfit(std::vector<GuidePair> const& pairs, double along, Eigen::VectorXd const& x) {
  BandPoint point;
  point.gradient = Eigen::VectorXd::Zero(x.size());
  for (auto const& pair : pairs) {
    Eigen::Vector3d const r = x.segment<3>(3 * pair.second) + pair.image - x.segment<3>(3 * pair.first);
    double const d = std::max(r.norm(), closest_distance);
    double const target = (1.0 - along) * pair.begin + along * pair.end, misfit = d - target;
    double const near = std::min(d, target), weight = 1.0 / (near * near * near * near);
    point.energy += weight * misfit * misfit;
    double const slope = 2.0 * weight * misfit * (d < target ? 1.0 - 2.0 * misfit / d : 1.0);
    Eigen::Vector3d const g = slope / d * r;
    point.gradient.segment<3>(3 * pair.second) += g;
    point.gradient.segment<3>(3 * pair.first) -= g;
  }
  return point;
}

detail::SpringPreconditioner springs_of(Crystal const& crystal) {
  std::vector<int> every(crystal.size());
  std::iota(every.begin(), every.end(), 0);
  return {detail::make_springs(crystal), every, static_cast<Eigen::Index>(crystal.size())};
}

Eigen::VectorXd coordinates(Crystal const& crystal) { return crystal.positions.reshaped(); }

Crystal placed(Crystal crystal, Eigen::VectorXd const& x) {
  crystal.positions = x.reshaped(3, x.size() / 3);
  return crystal;
}

BandState straight_band(Crystal const& first, Crystal const& last, int images) {
  BandState band;
  Eigen::VectorXd const a = coordinates(first), b = coordinates(last);
  for (int k = 0; k <= images + 1; ++k) band.x.emplace_back(a + (b - a) * (static_cast<double>(k) / (images + 1)));
  band.energy.assign(band.x.size(), 0.0);
  band.gradient.resize(band.x.size());
  return band;
}

void settle_distances(BandState& band, Crystal const& first, Crystal const& last,
                      detail::SpringPreconditioner const& springs) {
  auto const pairs = guide_pairs(first, last);
  double const intervals = static_cast<double>(band.x.size() - 1);
  detail::BandDescentOptions options;
  options.spring = 0.1;
  options.fmax = 0.01;
  options.max_steps = 60;  // a start need not be settled
  detail::settle_band(
      band,
      [&](std::size_t k, Eigen::VectorXd const& x) {
        return distance_misfit(pairs, static_cast<double>(k + 1) / intervals, x);
      },
      springs, options);
}

void check(BandOptions const& options) {
  require(options.images >= 1 && options.images <= 99, "invalid images=", options.images, " (1 to 99)");
  require(options.spring > 0.0 && std::isfinite(options.spring), "invalid spring=", options.spring,
          " eV/A^2 (must be positive)");
  require(options.fmax > 0.0, "invalid fmax=", options.fmax, " eV/A (must be positive)");
  require(options.max_step > 0.0, "invalid max_step=", options.max_step, " A (must be positive)");
}

std::vector<double> path_lengths(BandState const& band) {
  std::vector<double> path{0.0};
  for (std::size_t k = 1; k < band.x.size(); ++k) path.push_back(path.back() + (band.x[k] - band.x[k - 1]).norm());
  return path;
}

/// Counts and evaluates.
class ModelSurface {
 public:
  ModelSurface(Crystal const& crystal, Potential const& potential, int images)
      : crystal_(crystal), potential_(potential), work_(static_cast<std::size_t>(images), 0.0) {}
  BandPoint operator()(std::size_t image, Eigen::VectorXd const& x) {
    auto const evaluation = potential_.evaluate(placed(crystal_, x));
    work_[image] += static_cast<double>(evaluation.edges);
    return {evaluation.energy, -evaluation.forces.reshaped()};
  }
  double work() const { return std::accumulate(work_.begin(), work_.end(), 0.0); }

 private:
  Crystal const& crystal_;
  Potential const& potential_;
  std::vector<double> work_;  // per image, so that threads share nothing
};

}  // namespace

Crystal unwrapped(Crystal const& first, Crystal last) {
  require(first.numbers == last.numbers && first.positions.cols() == last.positions.cols(),
          "the end points of a band differ in their atoms (each atom must have the same place in both)");
  require((first.lattice - last.lattice).cwiseAbs().maxCoeff() < 1e-9,
          "the end points of a band differ in their cells (a band keeps the cell): relax both at the same cell");
  Eigen::Matrix3Xd f = first.lattice.inverse() * (last.positions - first.positions);
  for (int k = 0; k < 3; ++k) {
    if (first.periodic[static_cast<std::size_t>(k)]) f.row(k) -= f.row(k).array().round().matrix();
  }
  Eigen::Matrix3Xd displacement = first.lattice * f;
  if (displacement.cols() > 0) displacement.colwise() -= displacement.rowwise().mean().eval();
  last.positions = first.positions + displacement;
  return last;
}

std::vector<Crystal> interpolate_distances(Crystal const& first, Crystal const& last, int images) {
  auto const end = unwrapped(first, last);
  auto band = straight_band(first, end, images);
  settle_distances(band, first, end, springs_of(first));
  std::vector<Crystal> crystals;
  for (auto const& x : band.x) crystals.push_back(placed(first, x));
  return crystals;
}

Band find_band(Crystal const& first, Crystal const& last, Potential const& potential, BandOptions const& options) {
  check(options);
  auto const end = unwrapped(first, last);
  auto const springs = springs_of(first);
  auto state = straight_band(first, end, options.images);
  settle_distances(state, first, end, springs);

  Band band;
  auto const begin_point = potential.evaluate(first), end_point = potential.evaluate(end);
  state.energy.front() = begin_point.energy;
  state.energy.back() = end_point.energy;
  ModelSurface surface(first, potential, options.images);
  detail::BandDescentOptions descent{options.spring, options.fmax,       options.max_step, options.climb ? 0.2 : 0.0,
                                     options.max_steps, potential.concurrent() ? options.threads : 1, options.cancelled};
  auto const ended =
      detail::settle_band(state, [&](std::size_t k, Eigen::VectorXd const& x) { return surface(k, x); }, springs, descent);

  for (auto const& x : state.x) band.images.push_back(placed(first, x));
  band.energies = state.energy;
  band.path = path_lengths(state);
  band.saddle = static_cast<std::size_t>(std::max_element(state.energy.begin(), state.energy.end()) - state.energy.begin());
  band.converged = ended.converged;
  band.reason = ended.reason;
  band.steps = ended.steps;
  band.fmax = ended.fmax;
  band.work = surface.work() + static_cast<double>(begin_point.edges + end_point.edges);
  return band;
}

}  // namespace nacre
