#include "nacre/transport/bond_valence_sums.hpp"

#include <Eigen/LU>
#include <algorithm>
#include <cmath>
#include <limits>
#include <map>
#include <set>

#include "framework_ion.hpp"
#include "nacre/core/error.hpp"
#include "nacre/transport/bond_valence.hpp"

namespace nacre {
namespace {

constexpr double cutoff_A = 10.0;

/// Parameters of each pair of kinds that attract; looked up before anything is summed.
class PairTable {
 public:
  explicit PairTable(std::vector<Ion> const& kinds) : size_(kinds.size()), pairs_(size_ * size_) {
    for (std::size_t a = 0; a < size_; ++a)
      for (std::size_t b = 0; b < size_; ++b)
        if (kinds[a].charge * kinds[b].charge < 0)
          pairs_[a * size_ + b] = require_bond_valence_pair(kinds[a], kinds[b]);
  }
  double valence(std::size_t a, std::size_t b, double distance) const {
    auto const& pair = pairs_[a * size_ + b];
    return pair ? std::exp(pair->alpha * (pair->r0 - distance)) : 0.0;
  }

 private:
  std::size_t size_;
  std::vector<std::optional<BondValencePair>> pairs_;
};

double root_mean_square(std::vector<double> const& values) {
  double sum = 0.0;
  for (double const value : values) sum += value * value;
  return values.empty() ? 0.0 : std::sqrt(sum / static_cast<double>(values.size()));
}

}  // namespace

std::vector<double> bond_valence_mismatch(Crystal const& crystal) {
  check(crystal, crystal.name.empty() ? "crystal" : concat("'", crystal.name, "'"));
  require(crystal.oxidation.size() == crystal.size(), "no oxidation states for ", formula(crystal),
          " (a valence sum is compared with them); give them");
  std::vector<Ion> kinds;
  std::vector<std::size_t> kind_of;
  for (std::size_t a = 0; a < crystal.size(); ++a)
    kind_of.push_back(detail::kind_index(kinds, detail::framework_ion(crystal, a)));
  PairTable const pairs(kinds);
  Eigen::Matrix3d const inverse = crystal.lattice.inverse();
  Eigen::Matrix3Xd const fractional = inverse * crystal.positions;
  Eigen::Vector3d const reach = cutoff_A * inverse.rowwise().norm();
  std::vector<double> mismatch;
  for (std::size_t a = 0; a < crystal.size(); ++a) {
    double sum = 0.0;
    for (std::size_t b = 0; b < crystal.size(); ++b) {
      if (kinds[kind_of[a]].charge * kinds[kind_of[b]].charge >= 0) continue;
      Eigen::Vector3d const arrow =
          fractional.col(static_cast<Eigen::Index>(b)) - fractional.col(static_cast<Eigen::Index>(a));
      detail::for_each_image(arrow, reach, crystal.periodic, [&](Eigen::Vector3d const& image) {
        double const distance = (crystal.lattice * image).norm();
        if (distance < cutoff_A - cutoff_margin_A) sum += pairs.valence(kind_of[a], kind_of[b], distance);
      });
    }
    double const charge = std::abs(kinds[kind_of[a]].charge);
    mismatch.push_back(charge > 0.0 ? sum - charge : 0.0);
  }
  return mismatch;
}

double instability_index(std::vector<double> const& mismatch) { return root_mean_square(mismatch); }

std::vector<ContactMismatch> contact_mismatch(Crystal const& crystal, std::vector<double> const& mismatch,
                                              std::vector<int> const& layer, double reach) {
  require(layer.size() == crystal.size() && mismatch.size() == crystal.size(), "found ", layer.size(),
          " layer numbers for ", crystal.size(), " atoms (one each expected)");
  std::set<int> const numbers(layer.begin(), layer.end());
  require(numbers.size() > 1, "one layer only in ", formula(crystal), " (a contact needs two); number the layers");
  auto const height = [&](std::size_t a) { return crystal.positions(2, static_cast<Eigen::Index>(a)); };
  std::vector<ContactMismatch> contacts;
  for (auto lower = numbers.begin(), upper = std::next(lower); upper != numbers.end(); ++lower, ++upper) {
    double top = -std::numeric_limits<double>::infinity(), bottom = -top;
    for (std::size_t a = 0; a < layer.size(); ++a) {
      if (layer[a] == *lower) top = std::max(top, height(a));
      if (layer[a] == *upper) bottom = std::min(bottom, height(a));
    }
    std::vector<double> below, above;
    for (std::size_t a = 0; a < layer.size(); ++a) {
      if (std::abs(height(a) - 0.5 * (top + bottom)) > reach) continue;
      if (layer[a] == *lower) below.push_back(mismatch[a]);
      if (layer[a] == *upper) above.push_back(mismatch[a]);
    }
    auto all = below;
    all.insert(all.end(), above.begin(), above.end());
    contacts.push_back({root_mean_square(below), root_mean_square(above), root_mean_square(all)});
  }
  return contacts;
}

}  // namespace nacre
