#include <cmath>

#include "nacre/score/objective.hpp"
#include "nacre/stack/membrane.hpp"

namespace {

/// Work of adhesion less the elastic energy of membranes that bear their physical misfit [J/m^2] (definitions.md 3):
/// Griffith's criterion, negative = the stack delaminates.
class StabilityMargin final : public nacre::Objective {
 public:
  nacre::Info info() const override {
    return {"stability_margin",
            "J/m^2",
            nacre::Direction::maximize,
            {nacre::Tier::potential},
            "work of adhesion less the elastic energy of the membranes; negative: delaminates"};
  }
  nacre::JobResult run(nacre::Job const&, nacre::Context& context) const override {
    auto margin = context.contact_energies().work_of_adhesion;
    if (!margin.ok()) return {margin, {}};
    double const elastic = context.candidate().descriptor("membrane_elastic_energy_J_per_m2");
    if (std::isnan(elastic)) {
      return {nacre::Estimate::without_value(nacre::Status::refused,
                                             "no_elastic_energy: the design has no membranes with a misfit"),
              {}};
    }
    margin.value = nacre::stability_margin(margin.value, elastic);
    return {margin, {}};
  }
};

}  // namespace

NACRE_OBJECTIVE(StabilityMargin)
