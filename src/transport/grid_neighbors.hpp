/// Steps between neighbouring points of a periodic grid.
#pragma once

#include <vector>

#include "nacre/transport/energy_grid.hpp"

namespace nacre::detail {

class GridNeighbors {
 public:
  /// @param connectivity 6, 18 or 26
  GridNeighbors(EnergyGrid const& grid, int connectivity);

  struct Step {
    Eigen::Vector3i by;
    double length;  ///< [Å]
  };
  std::vector<Step> const& steps() const { return steps_; }

  /// Calls visit(index, cell, step) for each neighbour of `index`; `cell` is the lattice vector it was wrapped by.
  template <class Visit>
  void for_each(std::size_t index, Visit const& visit) const {
    Eigen::Vector3i const at = grid_.coordinates(index);
    for (auto const& step : steps_) {
      Eigen::Vector3i to = at + step.by, cell = Eigen::Vector3i::Zero();
      if (wrap(to, cell)) visit(grid_.index(to), cell, step);
    }
  }

 private:
  bool wrap(Eigen::Vector3i& to, Eigen::Vector3i& cell) const {
    for (int k = 0; k < 3; ++k) {
      if (to[k] >= 0 && to[k] < grid_.points[k]) continue;
      if (!grid_.periodic[static_cast<std::size_t>(k)]) return false;
      cell[k] = to[k] < 0 ? -1 : 1;
      to[k] -= cell[k] * grid_.points[k];
    }
    return true;
  }

  EnergyGrid const& grid_;
  std::vector<Step> steps_;
};

/// Independent images map * v of wrapping vectors.
int rank_of(Eigen::Matrix<double, Eigen::Dynamic, 3> const& map, std::vector<Eigen::Vector3i> const& vectors);

}  // namespace nacre::detail
