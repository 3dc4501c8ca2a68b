#include "nacre/score/hop_tier.hpp"

namespace {

using nacre::HopPrice;

/// g of definitions.md 6 on the tier of hops: -(E_stack - E_layers)/(kT ln 10), mean of x and y, at 1500 K, of the design
/// as a superlattice; a crystal cut and joined has exactly 0. A contact that promises to be faster than its layers is
/// computed again with thicker ones and in a wider cell (price 3).
class ContactEnhancement final : public nacre::Objective {
 public:
  nacre::Info info() const override {
    return {"contact_enhancement",
            "1",
            nacre::Direction::maximize,
            {nacre::Tier::potential},
            "decades by which a vacancy is faster along the contacts than in the strained layers, from hop barriers"};
  }

  std::vector<nacre::Job> plan(nacre::Candidate const& candidate, nacre::Tier) const override {
    constexpr double promising = 0.5;  // share of the designs that go on to the checks
    auto jobs = nacre::hop_jobs(candidate);
    jobs[0].expected_work += promising * nacre::expected_hop_work(candidate, HopPrice::checks);
    return jobs;
  }

  std::vector<nacre::Job> next(nacre::Candidate const& candidate,
                               std::span<nacre::JobResult const> results) const override {
    bool const exact = results[0].estimate.ok() && results[0].estimate.standard_error == 0.0;
    if (results.size() > 1 || !results[0].estimate.ok() || exact || results[0].estimate.value <= 0.0) return {};
    return {nacre::Job{1, "checks", nacre::expected_hop_work(candidate, HopPrice::checks), {}}};
  }

  nacre::JobResult run(nacre::Job const& job, nacre::Context& context) const override {
    return nacre::hop_answer(context, job.number == 0 ? HopPrice::contact : HopPrice::checks, enhancement);
  }

  nacre::Estimate reduce(nacre::Candidate const&, std::span<nacre::JobResult const> results) const override {
    auto estimate = results.back().estimate;
    estimate.work = 0.0;
    for (auto const& result : results) estimate.work += result.estimate.work;
    return estimate;
  }

 private:
  static nacre::Estimate enhancement(nacre::HopTier const& tier) {
    if (auto const why = tier.thickness_failure(); !why.empty())
      return nacre::Estimate::without_value(nacre::Status::failed, why);
    auto const& g = tier.contact->enhancement;
    for (std::size_t axis = 0; axis < 2; ++axis) {
      if (!g[axis].value) return nacre::Estimate::without_value(g[axis].status, g[axis].reason);
    }
    // both directions share cell, strain and field: their errors do not average out
    return {0.5 * (*g[0].value + *g[1].value), std::max(g[0].error, g[1].error), 0.0, tier.model};
  }
};

}  // namespace

NACRE_OBJECTIVE(ContactEnhancement)
