#include <cmath>

#include "nacre/score/hop_tier.hpp"

namespace {

/// g of definitions.md 6 on the tier of hops: -(E_stack - E_layers)/(kT ln 10), mean of x and y, at 1500 K. Of a
/// superlattice; a crystal cut and joined has exactly 0.
class ContactEnhancement final : public nacre::Objective {
 public:
  nacre::Info info() const override {
    return {"contact_enhancement",
            "1",
            nacre::Direction::maximize,
            {nacre::Tier::potential},
            "decades by which a vacancy is faster along the contacts than in the strained layers, from hop barriers (superlattices)"};
  }
  nacre::JobResult run(nacre::Job const&, nacre::Context& context) const override {
    auto const& tier = nacre::hop_tier(context);
    nacre::JobResult result;
    auto const without = [&](nacre::Status status, std::string const& reason) {
      result.estimate = nacre::Estimate::without_value(status, reason, tier.work, tier.model);
      return result;
    };
    if (tier.status != nacre::Status::ok) return without(tier.status, tier.reason);
    if (!tier.contact)
      return without(nacre::Status::refused, "vacuum: ways along a contact are those of geometry = \"superlattice\"");
    auto const& g = tier.contact->enhancement;
    if (g[2].value) result.values["g_across"] = *g[2].value;
    for (std::size_t axis = 0; axis < 2; ++axis) {
      if (!g[axis].value) return without(g[axis].status, g[axis].reason);
      result.values[axis == 0 ? "g_x" : "g_y"] = *g[axis].value;
    }
    result.estimate = {0.5 * (*g[0].value + *g[1].value), 0.5 * std::hypot(g[0].error, g[1].error), tier.work, tier.model};
    return result;
  }
};

}  // namespace

NACRE_OBJECTIVE(ContactEnhancement)
