/// Room for one more ion between those of a crystal: where the nearest ion is farther away than anywhere around.
#pragma once

#include <Eigen/Core>
#include <optional>
#include <vector>

#include "nacre/core/api.hpp"
#include "nacre/crystal/crystal.hpp"
#include "nacre/crystal/symmetry.hpp"

namespace nacre {

struct VoidOptions {
  double least_distance = 1.5;  ///< of the nearest ion [Å]
  double step = 0.3;            ///< of the grid that is looked at first [Å]
  int most_kinds = 6;           ///< the roomiest ones
  double tolerance_A = symmetry_tolerance_A;
};

/// One kind of void with all that the crystal's symmetry makes of it.
struct Void {
  std::vector<Eigen::Vector3d> places;  ///< in the cell [Å]
  double distance = 0.0;                ///< of the nearest ion [Å]
  int coordination = 0;                 ///< ions at that distance, to 0.1 Å
  /// Bond valence sum of an ion of the species there, less its charge; nothing where the table lacks a pair.
  std::optional<double> mismatch;
};

/// By falling distance. A void lies at a maximum of the distance to the nearest ion (a vertex of the Voronoi diagram),
/// moved to the symmetric place next to it; two closer than 0.5 Å are one.
/// @param charge of the ion that is to be added, for the bond valence; 0: not asked
NACRE_API std::vector<Void> find_voids(Crystal const& crystal, int species, int charge, VoidOptions const& options = {});

}  // namespace nacre
