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
    double const depth = tier.contact->analysis.direction[k].walk->trap_depth;
    auto error = tier.contact->error[k];  // both sites are relaxed as the saddle is: the same sources
    error.model = tier.model_share * depth;
    result.estimate = {depth, error.total(), work, tier.model};
    return result;
  }
};

}  // namespace

NACRE_OBJECTIVE(TrapDepth)
