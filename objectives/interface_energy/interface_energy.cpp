#include "nacre/score/objective.hpp"

namespace {

/// Interface energy of the relaxed contact [J/m^2] by the slab route (definitions.md 3). Defined for stoichiometric,
/// neutral layers; elsewhere the contact says why not.
class InterfaceEnergy final : public nacre::Objective {
 public:
  nacre::Info info() const override {
    return {"interface_energy",
            "J/m^2",
            nacre::Direction::minimize,
            {nacre::Tier::potential},
            "excess energy per area of the relaxed contact over the strained bulks, without the outer surfaces"};
  }
  nacre::JobResult run(nacre::Job const&, nacre::Context& context) const override {
    return {context.contact_energies().interface_energy, {}};
  }
};

}  // namespace

NACRE_OBJECTIVE(InterfaceEnergy)
