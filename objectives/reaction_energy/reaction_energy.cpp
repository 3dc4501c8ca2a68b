#include <cmath>

#include "nacre/score/objective.hpp"

namespace {

constexpr double two_minimisations = 1e-6;  // of one phase agree to this [eV/atom]

/// What a mixture of the two materials gains most by turning into other phases [eV per atom] (definitions.md 3): a
/// descriptor of the pair of materials, from the phases that ship with Nacre in the campaign's model.
class ReactionEnergy final : public nacre::Objective {
 public:
  nacre::Info info() const override {
    return {"reaction_energy",
            "eV/atom",
            nacre::Direction::maximize,
            {nacre::Tier::descriptor, nacre::Tier::potential},
            "most that a mixture of both materials gains by turning into known phases; 0 = they coexist"};
  }
  nacre::JobResult run(nacre::Job const&, nacre::Context& context) const override {
    double const energy = context.candidate().descriptor("reaction_energy_eV_per_atom");
    if (std::isnan(energy)) {
      return {nacre::Estimate::without_value(nacre::Status::refused,
                                             "no_reaction_energy: the design has no two materials with known phases"),
              {}};
    }
    return {nacre::Estimate(energy, two_minimisations, 1.0, context.potential().identity()), {}};
  }
};

}  // namespace

NACRE_OBJECTIVE(ReactionEnergy)
