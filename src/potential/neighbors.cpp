#include "nacre/potential/neighbors.hpp"

#include <algorithm>
#include <tuple>

#include "nacre/core/error.hpp"
#include "pair_list.hpp"

namespace nacre {
namespace {

bool before(Neighbor const& a, Neighbor const& b) {
  return std::tuple(a.first, a.second, a.shift[0], a.shift[1], a.shift[2]) <
         std::tuple(b.first, b.second, b.shift[0], b.shift[1], b.shift[2]);
}

/// The neighbour as seen from the other end.
Neighbor reversed(Neighbor const& n) { return {n.second, n.first, -n.shift, -n.vector}; }

}  // namespace

std::vector<Neighbor> find_neighbors(Crystal const& crystal, double cutoff, PairKind kind) {
  require(cutoff > 0.0, "invalid cutoff=", cutoff, " (must be positive)");
  require(crystal.positions.allFinite(), "a position is not finite");
  std::vector<Neighbor> pairs;
  if (crystal.size() == 0) return pairs;
  bool const cell = crystal.periodic[0] || crystal.periodic[1] || crystal.periodic[2];
  Eigen::Matrix3d const lattice = cell ? crystal.lattice : Eigen::Matrix3d(Eigen::Matrix3d::Identity());
  std::vector<int> const species(crystal.size(), 0);
  detail::PairList list;
  list.update({lattice, crystal.periodic, crystal.positions, species, 1}, cutoff, 0.0);
  list.for_each_center([&](detail::PairList::Center const& center) {
    for (auto k = center.start[0]; k < center.start[1]; ++k) {
      auto const& entry = center.entries[k];
      Neighbor pair{center.atom, entry.atom, list.shift_between(center.atom, entry), Eigen::Vector3d::Zero()};
      pair.vector =
          crystal.positions.col(pair.second) + lattice * pair.shift.cast<double>() - crystal.positions.col(pair.first);
      if (!(pair.vector.squaredNorm() < cutoff * cutoff)) continue;
      pairs.push_back(pair);
      if (kind == PairKind::directed) pairs.push_back(reversed(pair));
    }
  });
  std::sort(pairs.begin(), pairs.end(), before);
  return pairs;
}

}  // namespace nacre
