#include "nacre/score/hop_tier.hpp"

namespace {

/// How far the lowest site of the easier in-plane way lies above the lowest site of all (definitions.md 7) [eV]: what a
/// vacancy has to be lifted to use the contact.
class TrapDepth final : public nacre::Objective {
 public:
  nacre::Info info() const override {
    return {"trap_depth",
            "eV",
            nacre::Direction::minimize,
            {nacre::Tier::potential},
            "lowest site of the easier way along the contacts less the lowest site of the stack"};
  }
  std::vector<nacre::Job> plan(nacre::Candidate const& candidate, nacre::Tier) const override {
    return nacre::hop_jobs(candidate);
  }
  nacre::JobResult run(nacre::Job const&, nacre::Context& context) const override {
    return nacre::hop_answer(context, nacre::HopPrice::contact, [](nacre::HopTier const& tier) -> nacre::Estimate {
      auto const axis = nacre::easier_way(*tier.contact);
      if (!axis) return nacre::Estimate::without_value(nacre::Status::failed, tier.contact->analysis.direction[0].reason);
      auto const k = static_cast<std::size_t>(*axis);
      double const depth = tier.contact->analysis.direction[k].walk->trap_depth;
      auto error = tier.contact->error[k];  // both sites are relaxed as the saddle is: the same sources
      error.model = tier.model_share * depth;
      return {depth, error.total(), 0.0, tier.model};
    });
  }
};

}  // namespace

NACRE_OBJECTIVE(TrapDepth)
