#include "grid_neighbors.hpp"

#include <cmath>
#include <cstdlib>

#include "nacre/core/error.hpp"

namespace nacre::detail {

GridNeighbors::GridNeighbors(EnergyGrid const& grid, int connectivity) : grid_(grid) {
  require(connectivity == 6 || connectivity == 18 || connectivity == 26, "invalid connectivity ", connectivity,
          " (a grid point has 6 neighbours across faces, 18 with edges, 26 with corners)");
  int const axes = connectivity == 6 ? 1 : connectivity == 18 ? 2 : 3;
  for (int i = -1; i <= 1; ++i)
    for (int j = -1; j <= 1; ++j)
      for (int k = -1; k <= 1; ++k) {
        int const moved = std::abs(i) + std::abs(j) + std::abs(k);
        if (moved == 0 || moved > axes) continue;
        Eigen::Vector3i const by(i, j, k);
        Eigen::Vector3d const fractional = by.cast<double>().array() / grid.points.cast<double>().array();
        steps_.push_back({by, (grid.lattice * fractional).norm()});
      }
}

int rank_of(Eigen::Matrix<double, Eigen::Dynamic, 3> const& map, std::vector<Eigen::Vector3i> const& vectors) {
  // Gram-Schmidt; entries are integers or of the size of lattice vectors, so rounding stays far below the tolerance
  constexpr double dependent = 1e-9;
  std::vector<Eigen::VectorXd> basis;
  for (auto const& v : vectors) {
    Eigen::VectorXd rest = map * v.cast<double>();
    double const size = map.norm() * v.cast<double>().norm();
    for (int pass = 0; pass < 2; ++pass)
      for (auto const& unit : basis) rest -= unit.dot(rest) * unit;
    if (rest.norm() > dependent * size) basis.push_back(rest.normalized());
  }
  return static_cast<int>(basis.size());
}

}  // namespace nacre::detail
