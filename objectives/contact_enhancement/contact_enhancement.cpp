#include <cmath>

#include "nacre/score/hop_tier.hpp"

namespace {

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
    double const work = nacre::expected_hop_work(candidate, nacre::HopPrice::layers) +
                        nacre::expected_hop_work(candidate, nacre::HopPrice::contact) +
                        promising * nacre::expected_hop_work(candidate, nacre::HopPrice::checks);
    return {nacre::Job{0, "contact", work, {}}};
  }

  std::vector<nacre::Job> next(nacre::Candidate const& candidate,
                               std::span<nacre::JobResult const> results) const override {
    bool const exact = results[0].estimate.ok() && results[0].estimate.standard_error == 0.0;
    if (results.size() > 1 || !results[0].estimate.ok() || exact || results[0].estimate.value <= 0.0) return {};
    return {nacre::Job{1, "checks", nacre::expected_hop_work(candidate, nacre::HopPrice::checks), {}}};
  }

  nacre::JobResult run(nacre::Job const& job, nacre::Context& context) const override {
    auto const& tier = nacre::hop_tier(context, job.number == 0 ? nacre::HopPrice::contact : nacre::HopPrice::checks);
    double const work = job.number == 0 ? tier.work[0] + tier.work[1] : tier.work[2];
    nacre::JobResult result;
    result.details = nacre::hop_details(tier);
    result.words = tier.words();
    auto const without = [&](nacre::Status status, std::string const& reason) {
      result.estimate = nacre::Estimate::without_value(status, reason, work, tier.model);
      return result;
    };
    if (tier.status != nacre::Status::ok) return without(tier.status, tier.reason);
    if (auto const why = tier.thickness_failure(); !why.empty()) return without(nacre::Status::failed, why);
    auto const& g = tier.contact->enhancement;
    for (std::size_t axis = 0; axis < 2; ++axis) {
      if (!g[axis].value) return without(g[axis].status, g[axis].reason);
    }
    constexpr double kt_ln10 = 8.617333262145179e-5 * 1500.0 * 2.302585092994046;
    bool const exact = tier.contact->continued_crystal;
    double const wider = tier.lateral && tier.lateral->failure.empty() ? tier.lateral->change / kt_ln10 : 0.0;
    double const strain = exact ? 0.0 : tier.strain_change() / kt_ln10;
    // both directions share cell, strain and field: their errors do not average out
    double const error = std::hypot(std::max(g[0].error, g[1].error), strain, wider);
    result.estimate = {0.5 * (*g[0].value + *g[1].value), error, work, tier.model};
    return result;
  }

  nacre::Estimate reduce(nacre::Candidate const&, std::span<nacre::JobResult const> results) const override {
    auto estimate = results.back().estimate;
    estimate.work = 0.0;
    for (auto const& result : results) estimate.work += result.estimate.work;
    return estimate;
  }
};

}  // namespace

NACRE_OBJECTIVE(ContactEnhancement)
