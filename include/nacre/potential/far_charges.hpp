/// The Coulomb energy that a model of finite reach cannot see: charged planes, dipole steps and fields.
///
/// The ions' formal charges, each a Gaussian of the given width: the energy of the field of that smooth charge,
/// (2 pi k / (V eps)) sum over waves G != 0 of exp(-w^2 G^2)/G^2 |sum q exp(iGr)|^2. In a perfect crystal the smooth charge
/// vanishes (its shortest wave is damped to 1e-4 and less for cells below 10 Å), so a model fitted to bulk energies keeps
/// its bulk; two charged planes farther apart than some widths attract with their full field. Each ion's energy in its
/// own field is left in: it is a constant of the composition.
#pragma once

#include <memory>
#include <string>

#include "nacre/core/api.hpp"
#include "nacre/potential/potential.hpp"

namespace nacre {

struct FarChargeOptions {
  double width = 3.0;            ///< standard deviation of the Gaussians [Å]
  double dielectric = 1.0;       ///< electronic constant that divides the energy
  bool slab_correction = false;  ///< for vacuum along z
  bool background = false;       ///< a charged cell gets a uniform background instead of being refused
};

/// Formal charges are those of the crystal, or else guessed (assign_oxidation).
NACRE_API std::shared_ptr<Potential const> make_far_charges(FarChargeOptions const& options, std::string const& name);

}  // namespace nacre
