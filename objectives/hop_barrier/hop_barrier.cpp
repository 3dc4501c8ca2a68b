#include <cmath>

#include "nacre/score/hop_tier.hpp"

namespace {

/// The lower of the barriers in the plane, of the ways along the contacts of the design as a superlattice
/// (definitions.md 7).
class HopBarrier final : public nacre::Objective {
 public:
  nacre::Info info() const override {
    return {"hop_barrier",
            "eV",
            nacre::Direction::minimize,
            {nacre::Tier::potential},
            "bottleneck of a vacancy's way along the contacts, the lower of x and y"};
  }
  std::vector<nacre::Job> plan(nacre::Candidate const& candidate, nacre::Tier) const override {
    double const work = nacre::expected_hop_work(candidate, nacre::HopPrice::layers) +
                        nacre::expected_hop_work(candidate, nacre::HopPrice::contact);
    return {nacre::Job{0, "contact", work, {}}};
  }
  nacre::JobResult run(nacre::Job const&, nacre::Context& context) const override {
    auto const& tier = nacre::hop_tier(context, nacre::HopPrice::contact);
    double const work = tier.work[0] + tier.work[1];
    nacre::JobResult result;
    result.details = nacre::hop_details(tier);
    result.words = tier.words();
    auto const without = [&](nacre::Status status, std::string const& reason) {
      result.estimate = nacre::Estimate::without_value(status, reason, work, tier.model);
      return result;
    };
    if (tier.status != nacre::Status::ok) return without(tier.status, tier.reason);
    auto const axis = nacre::easier_way(*tier.contact);
    if (!axis) return without(nacre::Status::failed, tier.contact->analysis.direction[0].reason);
    auto const k = static_cast<std::size_t>(*axis);
    auto error = tier.contact->error[k];
    error.strain = tier.contact->continued_crystal ? 0.0 : tier.strain_change();
    result.estimate = {tier.contact->analysis.direction[k].walk->barrier, error.total(), work, tier.model};
    return result;
  }
};

}  // namespace

NACRE_OBJECTIVE(HopBarrier)
