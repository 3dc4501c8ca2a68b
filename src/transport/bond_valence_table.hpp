/// What the Coulomb part of the bond-valence site energy needs of an element.
#pragma once

namespace nacre::detail {

struct BondValenceElement {
  int number;
  double principal_quantum_number;
  double covalent_radius;  ///< [Å]
};
/// @throws InputError for an element that data/softbv_elements.csv does not have
BondValenceElement const& bond_valence_element(int number);

}  // namespace nacre::detail
