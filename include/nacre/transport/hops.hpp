/// Sites of a mobile species and the hops between them, found by symmetry and distance (definitions.md 7).
#pragma once

#include <Eigen/Core>
#include <optional>
#include <vector>

#include "nacre/core/api.hpp"
#include "nacre/crystal/crystal.hpp"
#include "nacre/crystal/symmetry.hpp"

namespace nacre {

struct HopSite {
  int atom = 0;   ///< in the crystal; -1: an interstitial site
  int orbit = 0;  ///< sites of one orbit are equivalent
  Eigen::Vector3d position = Eigen::Vector3d::Zero();  ///< [Å]
};

/// From a site to another, or to an image of its own. Each pair is listed once: from < to, or from = to and the first
/// non-zero component of the cell positive.
struct Hop {
  int from = 0, to = 0;    ///< sites
  Eigen::Vector3i cell = Eigen::Vector3i::Zero();  ///< lattice vectors to add to `to`
  Eigen::Vector3d vector = Eigen::Vector3d::Zero();  ///< [Å]
  int orbit = 0;
  bool reversed = false;   ///< an operation carries the orbit's first hop into this one from its other end
};

struct HopOrbit {
  int hop = 0;           ///< its first one
  int multiplicity = 0;  ///< per cell of the crystal
  bool exchange = false; ///< an operation exchanges the two ends, so that the saddle may lie at the midpoint
};

struct NACRE_API HopNetwork {
  std::vector<HopSite> sites;
  std::vector<Hop> hops;
  std::vector<int> site_orbits;  ///< first site of each
  std::vector<HopOrbit> hop_orbits;
  double hop_length = 0.0;       ///< that the reach was counted in [Å]

  int site_of(int atom) const;   ///< -1 if the atom is none
};

struct HopSearch {
  std::optional<double> hop_length;  ///< [Å]; without it the shortest distance between two sites
  double reach = 1.3;                ///< longest hop, in hop lengths
  double clearance = 1.0;            ///< no other atom may be nearer to the line of a hop [Å]
  /// The cell that hops are computed in, in cells of the crystal: operations that do not keep it make nothing equivalent.
  Eigen::Vector3i supercell = Eigen::Vector3i::Ones();
  double tolerance_A = symmetry_tolerance_A;
  /// Sites of different labels are not equivalent; per atom, empty: none.
  std::vector<int> label;
};

/// @throws InputError if the crystal has no atom of the species, or options are out of range
NACRE_API HopNetwork find_hops(Crystal const& crystal, int species, HopSearch const& search = {});

/// Hops between places for one more ion of the species. @param voids [Å], all that the crystal's symmetry asks for
NACRE_API HopNetwork find_interstitial_hops(Crystal const& crystal, int species, Eigen::Matrix3Xd const& voids,
                                            HopSearch const& search = {});

/// Smallest numbers of cells that make every distance between opposite faces at least `width` [Å].
NACRE_API Eigen::Vector3i cells_for_width(Eigen::Matrix3d const& lattice, double width);
/// The smallest distance between opposite faces [Å].
NACRE_API double narrowest_width(Eigen::Matrix3d const& lattice);

}  // namespace nacre
