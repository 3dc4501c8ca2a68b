#include "nacre/score/objective.hpp"

namespace {

/// Work of adhesion of the relaxed contact [J/m^2]: the energy to part it into two relaxed slabs (definitions.md 3).
class WorkOfAdhesion final : public nacre::Objective {
 public:
  nacre::Info info() const override {
    return {"work_of_adhesion",
            "J/m^2",
            nacre::Direction::maximize,
            {nacre::Tier::potential},
            "energy per area to part the relaxed contact into two relaxed slabs"};
  }
  nacre::JobResult run(nacre::Job const&, nacre::Context& context) const override {
    return {context.contact_energies().work_of_adhesion, {}};
  }
};

}  // namespace

NACRE_OBJECTIVE(WorkOfAdhesion)
