#include "nacre/score/md_tier.hpp"

namespace {

/// log10 of the in-plane tracer conductivity of the doped stack [S/cm] at 1500 K, over dopant arrangements. A column to
/// report: maximising it finds the best film, not a contact (definitions.md 6).
class Log10Conductivity final : public nacre::Objective {
 public:
  nacre::Info info() const override {
    return {"log10_conductivity",
            "log10(S/cm)",
            nacre::Direction::maximize,
            {nacre::Tier::potential},
            "in-plane conductivity of the doped stack at 1500 K from molecular dynamics; to report, not to rank by"};
  }
  std::vector<nacre::Job> plan(nacre::Candidate const& candidate, nacre::Tier) const override {
    auto jobs = nacre::md_jobs(candidate, {options_.rank_temperature}, false, 0, options_);
    for (std::size_t k = 0; k < jobs.size(); ++k) jobs[k].number = k;
    return jobs;
  }
  nacre::JobResult run(nacre::Job const& job, nacre::Context& context) const override {
    return nacre::run_md_job(job, context, options_);
  }
  nacre::Estimate reduce(nacre::Candidate const&, std::span<nacre::JobResult const> results) const override {
    double work = 0.0;
    for (auto const& result : results) work += result.estimate.work;
    auto const sigma = nacre::md_log_conductivity(results, options_.rank_temperature);
    auto const& model = results.front().estimate.model;
    if (sigma.status != nacre::Status::ok)
      return nacre::Estimate::without_value(sigma.status, sigma.reason, work, model);
    return {sigma.value, sigma.error, work, model};
  }

 private:
  nacre::MdTierOptions options_;
};

}  // namespace

NACRE_OBJECTIVE(Log10Conductivity)
