/// Twists with a name: coincidence-site angles, moire periods, and the dislocation networks between them.
#pragma once

#include <Eigen/Core>
#include <optional>
#include <string>
#include <vector>

#include "nacre/core/api.hpp"
#include "nacre/stack/coincidence.hpp"

namespace nacre {

/// A rotation of a lattice on itself with a coincidence cell of `sigma` primitive cells.
struct SiteTwist {
  int sigma = 1;
  double angle = 0.0;  ///< [rad]
};

/// Every coincidence-site rotation of the square lattice, 0 < angle < 90 deg, up to an index: tan(angle/2) = k/m, sigma
/// = m^2 + k^2 for odd sums. By sigma, then angle.
NACRE_API std::vector<SiteTwist> square_twists(int max_sigma);
/// Of the hexagonal lattice, 0 < angle < 60 deg: cos(angle) = (3 i^2 + 3 i r + r^2/2)/(3 i^2 + 3 i r + r^2), sigma =
/// that denominator, a third of it where 3 divides r (J. M. B. Lopes dos Santos et al., Phys. Rev. B 86, 155449 (2012),
/// doi:10.1103/PhysRevB.86.155449).
NACRE_API std::vector<SiteTwist> hexagonal_twists(int max_sigma);

/// Period of the moire of two lattices of constants a and b: a/sqrt(2 (1+d)(1 - cos angle) + d^2), d = a/b - 1
/// (definitions.md 10). Infinite for equal lattices without twist. [Å]
NACRE_API double moire_period(double a, double b, double angle);

/// A coincidence-site twist of two lattices of which a few cells fit on each other.
struct SpecialTwist {
  int sigma = 1;      ///< index of the coincidence-site lattice of the substrate's rotation
  Coincidence match;  ///< with its true strain, which no limit holds
};

/// Twists at which two similar lattices (at most four cells of each fit on each other within 12 %, the smallest such
/// fit) have the coincidence-site lattices of the substrate. Empty for lattices that are not similar. By sigma, then
/// twist.
NACRE_API std::vector<SpecialTwist> special_twists(Eigen::Matrix2d const& film, Eigen::Matrix2d const& substrate,
                                                   std::vector<Eigen::Matrix2i> const& film_group,
                                                   std::vector<Eigen::Matrix2i> const& substrate_group, int max_sigma,
                                                   std::optional<TwistRequest> const& twist = {});

/// Parallel dislocations with one Burgers vector.
struct DislocationFamily {
  Eigen::Vector2d burgers;  ///< in the substrate's frame [Å]
  Eigen::Vector2d line;     ///< unit vector
  double spacing = 0.0;     ///< between neighbouring lines [Å]
  double character = 0.0;   ///< between Burgers vector and line: 0 screw, pi/2 edge [rad]
};

/// The network that takes up the difference between a twist and misfit and a reference coincidence: the primitive
/// vectors of the reference's DSC lattice are the Burgers vectors, and a probe vector p crosses lines whose Burgers
/// vectors add up to p (E - 1) (Frank-Bilby; W. Bollmann, Crystal Defects and Crystalline Interfaces, 1970), E = A^-1 X
/// B for the film lattice A as it is at the twist.
struct InterfaceNetwork {
  SpecialTwist reference;
  double deviation = 0.0;  ///< twist - reference twist, as the layers' symmetry sees it least [rad]
  Eigen::Matrix2d content = Eigen::Matrix2d::Zero();  ///< E - 1, acting on rows
  std::vector<DislocationFamily> families;            ///< those that are needed: none at the coincidence itself
  /// Columns: periods of the network (O-lattice) [Å]; nothing where the misfit has one direction only.
  std::optional<Eigen::Matrix2d> periods;
};

/// @param twist of the film lattice on the substrate's, in the frames of the two bases [rad]
NACRE_API InterfaceNetwork predict_network(Eigen::Matrix2d const& film, Eigen::Matrix2d const& substrate,
                                           SpecialTwist const& reference, double twist);

/// The reference whose network is to be expected: the special twist nearest to the one asked for in units of the range
/// that its dislocations can bridge, 15 deg/sqrt(sigma) (D. G. Brandon, Acta Metall. 14, 1479 (1966),
/// doi:10.1016/0001-6160(66)90168-4). Nothing if none reaches so far.
/// @param special in terms of images nearest to the twist, as special_twists gives them for it
NACRE_API std::optional<SpecialTwist> reference_for(std::vector<SpecialTwist> const& special, double twist);

}  // namespace nacre
