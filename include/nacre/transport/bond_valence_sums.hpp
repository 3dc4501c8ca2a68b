/// Bond valence sums: do the distances around each ion add up to its charge?
#pragma once

#include <span>
#include <vector>

#include "nacre/core/api.hpp"
#include "nacre/crystal/crystal.hpp"

namespace nacre {

/// Sum over ions of opposite charge within 10 Å of s = exp(alpha (R0 - R)), less |charge|, per ion; positive:
/// overbonded. Neutral atoms get 0. Parameters as in bond_valence.hpp.
/// @throws InputError for no or fractional oxidation states, or a pair that the table does not have
NACRE_API std::vector<double> bond_valence_mismatch(Crystal const& crystal);

/// Global instability index: root of the mean square of the mismatch (A. Salinas-Sanchez et al., J. Solid State Chem.
/// 100, 201 (1992)); above about 0.2 a structure is strained. [valence units]
NACRE_API double instability_index(std::vector<double> const& mismatch);

/// The index of each side of a contact: ions of a layer within `reach` of the plane midway between the highest ion of
/// the lower and the lowest ion of the upper layer (definitions.md 7: a descriptor of price 1).
struct ContactMismatch {
  double lower = 0.0, upper = 0.0;  ///< by layer; 0 where a layer has no ion in reach
  double both = 0.0;                ///< of the ions of both
};
/// @param layer per atom, in the order of the heights z, which are not wrapped; one contact for each two numbers that
/// follow each other
/// @throws InputError for fewer than two layers
NACRE_API std::vector<ContactMismatch> contact_mismatch(Crystal const& crystal, std::vector<double> const& mismatch,
                                                        std::vector<int> const& layer, double reach = 3.0);

}  // namespace nacre
