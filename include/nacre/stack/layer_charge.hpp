/// What charges of atoms mean for layers: their charge, the dipole of the stack and the step of the potential across it;
/// and charges of cations from magnetic moments.
#pragma once

#include <Eigen/Core>
#include <optional>
#include <string>
#include <vector>

#include "nacre/core/api.hpp"
#include "nacre/crystal/crystal.hpp"
#include "nacre/stack/layering.hpp"

namespace nacre {

struct LayerCharges {
  std::vector<double> charge;        ///< of each layer, in the layering's order [e]
  double total = 0.0;                ///< [e]
  std::optional<double> dipole;      ///< along the normal, upward [e Å]; nothing without vacuum, or for a charged stack
  std::optional<double> step;        ///< of the potential, above less below: dipole / (eps0 area) [V]
  std::string reason;                ///< why there is no dipole: "no_vacuum", "charged"
};
NACRE_API LayerCharges layer_charges(Layering const& layering, Eigen::VectorXd const& charges);

/// Formal charges from magnetic moments: of the charge states of a 3d, 4d, 5d or 4f element (data/oxidation_states.json)
/// the one whose high-spin moment is nearest; other elements have their first common charge. @param moments of the atoms [Bohr magnetons], signs do not matter
/// @throws InputError if two states are equally near (within 0.2), with element and moment
NACRE_API Eigen::VectorXd charges_from_moments(Crystal const& crystal, Eigen::VectorXd const& moments);

}  // namespace nacre
