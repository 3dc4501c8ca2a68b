/// Which atoms are bonded, and the bonds that a slab should not part: those of van der Waals layers, chains and
/// molecules, and of finite covalent groups (carbonate, sulfate, hydroxyl) inside ionic crystals.
#pragma once

#include <Eigen/Core>
#include <vector>

#include "nacre/core/api.hpp"
#include "nacre/crystal/crystal.hpp"

namespace nacre {

struct Bond {
  int first, second;     ///< atoms of the crystal
  Eigen::Vector3i cell;  ///< the second lies so many lattice vectors off its place in the crystal
  bool covalent;         ///< between two elements that form molecules
};

/// Atoms nearer than 1.2 times the sum of their covalent radii (not two metal cations), or ions of opposite charge
/// nearer than 1.15 times the sum of their Shannon radii. Each bond once.
NACRE_API std::vector<Bond> find_bonds(Crystal const& crystal);

/// Directions in which the part of the crystal that an atom is bonded to goes on for ever: 0 molecule, 2 layer,
/// 3 framework. One number per atom.
NACRE_API std::vector<int> bonded_dimensions(Crystal const& crystal, std::vector<Bond> const& bonds);

/// The bonds of parts that are no framework, and in frameworks those of finite covalent groups.
NACRE_API std::vector<Bond> unit_bonds(Crystal const& crystal);

/// A molecule or finite covalent group: its atoms, each with the lattice vectors that bring it to the first.
struct Group {
  std::vector<int> atoms;
  std::vector<Eigen::Vector3i> cells;
};
/// Those of two atoms or more; by their first atom.
NACRE_API std::vector<Group> finite_groups(Crystal const& crystal);

}  // namespace nacre
