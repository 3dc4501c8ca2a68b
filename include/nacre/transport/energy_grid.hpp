/// The bond-valence site energy on a periodic grid.
#pragma once

#include <Eigen/Core>
#include <array>
#include <cstdint>
#include <string>
#include <vector>

#include "nacre/core/api.hpp"
#include "nacre/transport/bond_valence.hpp"

namespace nacre {

struct GridOptions {
  double step = 0.1;                     ///< [Å]
  bool symmetry = true;                  ///< compute one point of those that symmetry maps on each other exactly
  std::int64_t max_points = 20'000'000;  ///< about 40 bytes each with the analysis of percolation
};

/// floor(|c| / step) - 1 points along each vector c, from the origin on, none of them an image of another.
struct NACRE_API EnergyGrid {
  Eigen::Matrix3d lattice = Eigen::Matrix3d::Identity();  ///< columns [Å]
  std::array<bool, 3> periodic{true, true, true};
  Eigen::Vector3i points = Eigen::Vector3i::Zero();
  std::vector<double> energy;  ///< [eV], third axis fastest; infinity where no ion can be

  std::size_t size() const { return energy.size(); }
  Eigen::Vector3i coordinates(std::size_t index) const;
  std::size_t index(Eigen::Vector3i const& coordinates) const;
  Eigen::Vector3d position(std::size_t index) const;           ///< Cartesian [Å]
  std::size_t nearest(Eigen::Vector3d const& position) const;  ///< grid point by rounding fractional coordinates
  std::size_t lowest() const;                                  ///< index of the lowest energy, the first of equals
};

/// Radial functions are tabulated: each pair within 1e-9 (1 + |E|) eV of the exact one.
/// @throws InputError for a step without points, or with more than max_points
NACRE_API EnergyGrid energy_grid(SiteEnergy const& field, GridOptions const& options = {});

/// Gaussian cube file: ions of the framework with their charges, lengths in bohr, energies in eV, no more than `cap`.
NACRE_API std::string to_cube(EnergyGrid const& grid, Crystal const& framework, std::string const& title,
                              double cap_eV = 1000.0);

}  // namespace nacre
