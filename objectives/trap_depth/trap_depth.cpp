#include <cmath>

#include "nacre/score/hop_tier.hpp"

namespace {

constexpr double band_error = 2e-3;  // what relaxations leave of a difference of site energies [eV]

/// How far the lowest site of the in-plane way lies above the lowest site of all (definitions.md 7) [eV]: what a vacancy
/// has to be lifted to use the contact. Of a superlattice only.
class TrapDepth final : public nacre::Objective {
 public:
  nacre::Info info() const override {
    return {"trap_depth",
            "eV",
            nacre::Direction::minimize,
            {nacre::Tier::potential},
            "lowest site of the easiest in-plane way less the lowest site of the stack (superlattices)"};
  }
  nacre::JobResult run(nacre::Job const&, nacre::Context& context) const override {
    auto const& tier = nacre::hop_tier(context);
    auto const without = [&](nacre::Status status, std::string const& reason) {
      return nacre::JobResult{nacre::Estimate::without_value(status, reason, tier.work, tier.model), {}};
    };
    if (tier.status != nacre::Status::ok) return without(tier.status, tier.reason);
    if (!tier.contact)
      return without(nacre::Status::refused, "vacuum: sites at a contact are those of geometry = \"superlattice\"");
    nacre::DirectionResult const* best = nullptr;
    for (std::size_t axis = 0; axis < 2; ++axis) {
      auto const& direction = tier.contact->analysis.direction[axis];
      if (direction.status != nacre::Status::ok || !direction.walk) continue;
      if (!best || direction.walk->barrier < best->walk->barrier) best = &direction;
    }
    if (!best) return without(nacre::Status::failed, tier.contact->analysis.direction[0].reason);
    return {nacre::Estimate(best->walk->trap_depth, std::hypot(band_error, tier.model_share * best->walk->trap_depth), tier.work, tier.model), {}};
  }
};

}  // namespace

NACRE_OBJECTIVE(TrapDepth)
