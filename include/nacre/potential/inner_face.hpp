/// Surface energy of the face that a layer shows to a contact, where its two faces differ: from a slab with that face on
/// both sides, over the window of its crystal's chemical potentials (definitions.md 3).
#pragma once

#include <string>
#include <vector>

#include "nacre/core/api.hpp"
#include "nacre/potential/contact_energy.hpp"
#include "nacre/potential/reservoirs.hpp"

namespace nacre {

struct InnerFace {
  std::vector<double> corners;  ///< surface energy in the stack's cell at the corners of the window [J/m^2]; one where
                                ///< the symmetric slab is whole crystals
  std::string failure;          ///< a code and, behind a colon, the reason
  double error = 0.0;           ///< [J/m^2]
  double work = 0.0;
};

/// @param upper whether the upper face of the slab is the one (of the layer below the contact)
/// @param window of the crystal at its own lattice
NACRE_API InnerFace inner_face(Slab const& slab, StackLayer const& place, bool upper, Potential const& potential,
                               ContactOptions const& options, ChemicalWindow const& window, ContactCache& cache);

}  // namespace nacre
