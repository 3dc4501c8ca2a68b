#include <array>

#include "nacre/score/md_tier.hpp"

namespace {

/// log10 of the in-plane tracer conductivity of the doped stack [S/cm] at the rank temperature, over dopant arrangements. A column to
/// report: maximising it finds the best film, not a contact (definitions.md 6).
class Log10Conductivity final : public nacre::Objective {
 public:
  nacre::Info info() const override {
    return {"log10_conductivity",
            "log10(S/cm)",
            nacre::Direction::maximize,
            {nacre::Tier::potential},
            "in-plane conductivity of the doped stack at the rank temperature (1500 K) from molecular dynamics; to report, not to rank by"};
  }
  void configure(nacre::ObjectiveSettings const& settings) override { options_ = settings.dynamics; }
  std::vector<nacre::Job> plan(nacre::Candidate const& candidate, nacre::Tier) const override {
    auto jobs = nacre::md_next(candidate, std::array{wanted()}, {}, options_);
    jobs.front().expected_work = nacre::expected_md_work(candidate, wanted(), options_);
    return jobs;
  }
  std::vector<nacre::Job> next(nacre::Candidate const& candidate,
                               std::span<nacre::JobResult const> results) const override {
    return nacre::md_next(candidate, std::array{wanted()}, results, options_);
  }
  nacre::JobResult run(nacre::Job const& job, nacre::Context& context) const override {
    return nacre::run_md_job(job, context, options_);
  }
  nacre::Estimate reduce(nacre::Candidate const&, std::span<nacre::JobResult const> results) const override {
    double work = 0.0;
    for (auto const& result : results) work += result.estimate.work;
    if (!results[0].estimate.ok())
      return nacre::Estimate::without_value(results[0].estimate.status, results[0].estimate.reason, work,
                                            results[0].estimate.model);
    auto const sigma = nacre::md_log_conductivity(results, options_.rank_temperature);
    auto const& model = results.back().estimate.model;
    if (sigma.status != nacre::Status::ok)
      return nacre::Estimate::without_value(sigma.status, sigma.reason, work, model);
    return {sigma.value, sigma.error, work, model};
  }

 private:
  nacre::MdRequest wanted() const { return {{options_.rank_temperature}, false, 0}; }

  nacre::MdTierOptions options_;
};

}  // namespace

NACRE_OBJECTIVE(Log10Conductivity)
