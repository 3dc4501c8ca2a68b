/// Charges of atoms without a calculation of electrons: equalised electronegativities (A. K. Rappe and W. A. Goddard
/// III, J. Phys. Chem. 95, 3358 (1991), doi:10.1021/j100161a070), and the point charges of rigid-ion models.
#pragma once

#include <Eigen/Core>
#include <optional>
#include <string>
#include <vector>

#include "nacre/core/api.hpp"
#include "nacre/crystal/crystal.hpp"

namespace nacre {

/// Electronegativity and self-repulsion of an element [eV] (data/charge_equilibration.json).
struct EquilibrationElement {
  double electronegativity = 0.0, hardness = 0.0;
  bool from_paper = false;  ///< listed in the paper; else from the set that programs use for all elements
};
/// @throws InputError for an element that the table does not have
NACRE_API EquilibrationElement equilibration_element(int atomic_number);

struct ChargeEquilibration {
  Eigen::VectorXd charges;           ///< [e]; their sum is zero to the last bit
  double electronegativity = 0.0;    ///< of all atoms [eV]
  double energy = 0.0;               ///< against neutral atoms [eV]
  std::vector<std::string> outside;  ///< elements whose numbers are not in the paper
};

/// Minimises sum chi_i q_i + 1/2 sum q_i J_ij q_j for a neutral cell. Charges are Gaussians whose self-repulsion is the
/// hardness, sigma = k/(sqrt(pi) J) (the paper has Slater functions; with Gaussians the energy is positive definite at
/// any distance, so that every structure has charges), J_ij = k erf(r/sqrt(2 (sigma_i^2 + sigma_j^2)))/r summed by
/// Ewald.
/// @param slab_correction 4 pi k z_i z_j / V: one slab in vacuum along the normal of the first two vectors; positions
/// must
///        then have the slab in one piece
/// @throws InputError for more than 2000 atoms, or a crystal that is periodic in one or two directions only
NACRE_API ChargeEquilibration equilibrate_charges(Crystal const& crystal, bool slab_correction = false);

/// Point charges that a model "rigid-ion:SET" (or a sum that has one) gives the atoms; nothing for models without.
/// @throws InputError for an element that the set does not have
NACRE_API std::optional<Eigen::VectorXd> model_charges(std::string const& model, Crystal const& crystal);

/// Rounded to 2^-40 e, the remainder given to the largest charge, so that their sum is `total` to the last bit.
NACRE_API Eigen::VectorXd with_exact_sum(Eigen::VectorXd charges, double total = 0.0);

}  // namespace nacre
