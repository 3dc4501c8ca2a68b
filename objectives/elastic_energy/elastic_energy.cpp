#include <cmath>

#include "nacre/score/objective.hpp"

namespace {

/// Elastic energy of the strained layers per area [J/m^2] in plane stress (definitions.md 2): a descriptor of the
/// design, exact for the stiffness of the campaign's model, so it is the same on both tiers.
class ElasticEnergy final : public nacre::Objective {
 public:
  nacre::Info info() const override {
    return {"elastic_energy",
            "J/m^2",
            nacre::Direction::minimize,
            {nacre::Tier::descriptor, nacre::Tier::potential},
            "energy per area that the coincidence strain stores in the layers"};
  }
  nacre::JobResult run(nacre::Job const&, nacre::Context& context) const override {
    double const energy = context.candidate().descriptor("elastic_energy_J_per_m2");
    if (std::isnan(energy)) {
      return {nacre::Estimate::without_value(nacre::Status::refused,
                                             "no_elastic_energy: the design has no strained layers"),
              {}};
    }
    return {nacre::Estimate(energy, 0.0, 1.0, context.potential().identity()), {}};
  }
};

}  // namespace

NACRE_OBJECTIVE(ElasticEnergy)
