/// Planar averages of densities and potentials, and what follows from them along the normal: charge moved across a
/// contact, dipole, step of the potential between two vacuums (Poisson's equation), levels to align bands with.
///
/// Signs: charge densities are positive for nuclei; the number density of electrons n is minus a charge density. Steps are
/// those of the electrostatic potential [V], above less below: a dipole that points up raises the potential, phi(above) -
/// phi(below) = p / eps0, and lowers the energy of an electron by as much.
#pragma once

#include <Eigen/Core>
#include <optional>
#include <string>
#include <vector>

#include "nacre/core/api.hpp"
#include "nacre/crystal/cube.hpp"

namespace nacre {

/// A function of height, on the planes of a grid; periodic. Each value stands for the space half a step around it.
struct NACRE_API PlanarProfile {
  Eigen::Vector3d normal;      ///< of the other two vectors, upward along the chosen one
  double area = 0.0;           ///< of the plane's cell [Å^2]
  double period = 0.0;         ///< [Å]
  double first = 0.0;          ///< height of the first plane [Å]
  Eigen::VectorXd values;      ///< mean over each plane, unit of the cube

  double step() const { return period / static_cast<double>(values.size()); }
  double height(Eigen::Index k) const { return first + step() * static_cast<double>(k); }
};

/// @param axis 0, 1 or 2: the vector along which the average runs; planes are those of the other two
NACRE_API PlanarProfile planar_average(CubeFile const& cube, int axis = 2);

/// Mean over a window of this length around every plane, linear between planes (A. Baldereschi, S. Baroni and R. Resta,
/// Phys. Rev. Lett. 61, 734 (1988), doi:10.1103/PhysRevLett.61.734: one period of each crystal makes it flat).
/// @throws InputError unless 0 < window <= period
NACRE_API PlanarProfile smoothed(PlanarProfile const& profile, double window);

/// The integral of a profile from one height up to another, images included [unit Å].
NACRE_API double integral(PlanarProfile const& profile, double from, double to);

/// Where a slab lies in the period of a profile.
struct Region {
  double low = 0.0, high = 0.0;   ///< heights of the outermost atoms, high > low [Å]
  double vacuum = 0.0;            ///< rest of the period [Å]
};
/// From the atoms: the widest space without them is the vacuum. Nothing without atoms.
NACRE_API std::optional<Region> occupied_region(PlanarProfile const& profile, Eigen::Matrix3Xd const& positions);
/// From a density: where it exceeds this share of its largest magnitude.
NACRE_API std::optional<Region> occupied_region(PlanarProfile const& density, double share);

/// Poisson's equation without a field outside, from a charge density per volume.
struct NACRE_API PoissonStep {
  double charge = 0.0;          ///< in the whole period [e]
  double dipole = 0.0;          ///< per area, upward [e/Å]
  double step = 0.0;            ///< phi(above) - phi(below) = dipole / eps0 [V]
  Eigen::VectorXd potential;    ///< at the profile's planes, from the middle of the vacuum on, 0 below the slab [V]
  double first = 0.0;           ///< height of the first of these values [Å]
};
/// @param charge_density [e/Å^3]
/// @param middle_of_vacuum where the slab's period begins [Å]
/// @throws InputError unless the charge vanishes within 1e-3 e or 1e-6 of its positive part
NACRE_API PoissonStep poisson_step(PlanarProfile const& charge_density, double middle_of_vacuum);

/// The potential on both sides of a slab, each from the flattest window of 1 Å between 2.5 Å from the outermost atom and
/// the middle of the vacuum.
struct VacuumLevels {
  double below = 0.0, above = 0.0;  ///< unit of the profile
  double spread = 0.0;              ///< largest less smallest value in either window
};
/// @throws InputError if the vacuum is thinner than 8 Å
NACRE_API VacuumLevels vacuum_levels(PlanarProfile const& potential, Region const& slab);

}  // namespace nacre
