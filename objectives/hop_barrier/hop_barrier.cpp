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
    return nacre::hop_jobs(candidate);
  }
  nacre::JobResult run(nacre::Job const&, nacre::Context& context) const override {
    return nacre::hop_answer(context, nacre::HopPrice::contact, [](nacre::HopTier const& tier) -> nacre::Estimate {
      auto const axis = nacre::easier_way(*tier.contact);
      if (!axis) return nacre::Estimate::without_value(nacre::Status::failed, tier.contact->analysis.direction[0].reason);
      auto const k = static_cast<std::size_t>(*axis);
      return {tier.contact->analysis.direction[k].walk->barrier, tier.contact->error[k].total(), 0.0, tier.model};
    });
  }
};

}  // namespace

NACRE_OBJECTIVE(HopBarrier)
