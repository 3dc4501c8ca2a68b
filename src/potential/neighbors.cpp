#include "nacre/potential/neighbors.hpp"

#include <algorithm>
#include <tuple>

#include "image_grid.hpp"
#include "nacre/core/error.hpp"

namespace nacre {
namespace {

bool is_negative(Eigen::Vector3i const& shift) {
  return std::tuple(shift[0], shift[1], shift[2]) < std::tuple(0, 0, 0);
}

bool before(Neighbor const& a, Neighbor const& b) {
  return std::tuple(a.first, a.second, a.shift[0], a.shift[1], a.shift[2]) <
         std::tuple(b.first, b.second, b.shift[0], b.shift[1], b.shift[2]);
}

/// The neighbour as seen from the other end; the vector of both ends is computed from first < second.
Neighbor reversed(Neighbor const& n) { return {n.second, n.first, -n.shift, -n.vector}; }

}  // namespace

std::vector<Neighbor> find_neighbors(Crystal const& crystal, double cutoff, PairKind kind) {
  require(cutoff > 0.0, "invalid cutoff=", cutoff, " (must be positive)");
  require(crystal.positions.allFinite(), "a position is not finite");
  std::vector<Neighbor> pairs;
  if (crystal.size() == 0) return pairs;
  bool const cell = crystal.periodic[0] || crystal.periodic[1] || crystal.periodic[2];
  Eigen::Matrix3d const lattice = cell ? crystal.lattice : Eigen::Matrix3d(Eigen::Matrix3d::Identity());
  auto const reduced = detail::reduce_cell(lattice, crystal.periodic);
  detail::ImageGrid grid;
  grid.build(reduced, crystal.positions, std::vector<int>(crystal.size(), 0), 1, cutoff);
  grid.for_each_batch([&](detail::ImageGrid::Batch const& batch) {
    for (int p = 0; p < batch.count; ++p) {
      int const first = batch.first, second = batch.second[p];
      auto const wrap = [&](int atom) { return grid.wraps()[static_cast<std::size_t>(atom)]; };
      Eigen::Vector3i const images =
          grid.shifts()[static_cast<std::size_t>(batch.shift[p])] + wrap(second) - wrap(first);
      Eigen::Vector3i const shift = reduced.transform * images;
      Neighbor pair{first, second, shift, Eigen::Vector3d::Zero()};
      if (first > second || (first == second && is_negative(shift))) pair = reversed(pair);
      pair.vector =
          crystal.positions.col(pair.second) + lattice * pair.shift.cast<double>() - crystal.positions.col(pair.first);
      pairs.push_back(pair);
      if (kind == PairKind::directed) pairs.push_back(reversed(pair));
    }
  });
  std::sort(pairs.begin(), pairs.end(), before);
  return pairs;
}

}  // namespace nacre
