#include <algorithm>
#include <cmath>

#include "nacre/core/text.hpp"
#include "nacre/score/hop_tier.hpp"
#include "nacre/score/md_tier.hpp"

namespace {

/// g of definitions.md 6 from molecular dynamics (price 3), mean of x and y at 1500 K over dopant arrangements. Only of
/// designs that the hops of price 2 find faster than their layers; first at 1500 K with the layers alone, then at the
/// other temperatures, with one more repeat of each layer, and what follows from all of it.
class ContactEnhancementMd final : public nacre::Objective {
 public:
  nacre::Info info() const override {
    return {
        "contact_enhancement_md",
        "1",
        nacre::Direction::maximize,
        {nacre::Tier::potential},
        "decades by which a doped stack conducts better in plane than its strained layers, from molecular dynamics"};
  }

  std::vector<nacre::Job> plan(nacre::Candidate const& candidate, nacre::Tier) const override {
    double const work = nacre::expected_hop_work(candidate, nacre::HopPrice::layers) +
                        nacre::expected_hop_work(candidate, nacre::HopPrice::contact);
    return {nacre::Job{0, "hops", work, {{"gate", 1.0}}}};
  }

  std::vector<nacre::Job> next(nacre::Candidate const& candidate,
                               std::span<nacre::JobResult const> results) const override {
    if (!results[0].estimate.ok()) return {};
    double const rank = options_.rank_temperature;
    auto wave = waves(results);
    std::vector<nacre::Job> jobs;
    if (wave == 0) jobs = nacre::md_jobs(candidate, {rank}, true, 0, options_);
    if (wave == 1) {
      auto const g = nacre::md_transport(results, rank, 0).in_plane;
      if (g.status != nacre::Status::ok || g.value - g.error <= 0.0) return {};
      for (double const kelvin : options_.temperatures)
        if (kelvin != rank)
          for (auto& job : nacre::md_jobs(candidate, {kelvin}, true, 0, options_)) jobs.push_back(std::move(job));
      for (auto& job : nacre::md_jobs(candidate, {rank}, true, 1, options_)) jobs.push_back(std::move(job));
    }
    if (wave == 2) jobs = {summary(results)};
    for (std::size_t k = 0; k < jobs.size(); ++k) jobs[k].number = results.size() + k;
    return jobs;
  }

  nacre::JobResult run(nacre::Job const& job, nacre::Context& context) const override {
    if (job.parameters.contains("gate")) return gate(context);
    if (job.key == "summary") return details(job, context);
    return nacre::run_md_job(job, context, options_);
  }

  nacre::Estimate reduce(nacre::Candidate const&, std::span<nacre::JobResult const> results) const override {
    double work = 0.0;
    for (auto const& result : results) work += result.estimate.work;
    auto const& first = results[0].estimate;
    if (!first.ok()) return nacre::Estimate::without_value(first.status, first.reason, work, first.model);
    auto const model = results.back().estimate.model;
    auto const thin = nacre::md_transport(results, options_.rank_temperature, 0);
    if (thin.in_plane.status != nacre::Status::ok)
      return nacre::Estimate::without_value(thin.in_plane.status, thin.in_plane.reason, work, model);
    if (auto const why = not_converged(results); !why.empty())
      return nacre::Estimate::without_value(nacre::Status::failed, why, work, model);
    return {thin.in_plane.value, thin.in_plane.error, work, model};
  }

 private:
  /// 0: hops alone; 1: the rank temperature is there; 2: all of it; 3: the summary, too.
  static int waves(std::span<nacre::JobResult const> results) {
    int wave = 0;
    for (auto const& result : results) {
      if (result.values.contains("summary")) return 3;
      if (result.values.contains("temperature")) wave = std::max(wave, result.values.at("repeats") > 0.5 ? 2 : 1);
    }
    return wave;
  }

  /// What a contact adds must not change with one more repeat by two standard errors (definitions.md 6).
  std::string not_converged(std::span<nacre::JobResult const> results) const {
    if (waves(results) < 2) return {};
    auto const thin = nacre::md_transport(results, options_.rank_temperature, 0);
    auto const thick = nacre::md_transport(results, options_.rank_temperature, 1);
    for (std::size_t axis = 0; axis < 2; ++axis) {
      auto const &a = thin.transport.dS[axis], &b = thick.transport.dS[axis];
      if (a.status != nacre::Status::ok || b.status != nacre::Status::ok) return "thickness_not_tested: " + b.reason;
      if (std::abs(a.value - b.value) > 2.0 * std::hypot(a.error, b.error))
        return std::string("not_converged_in_thickness: the conductance that a contact adds along ") + "xy"[axis] +
               " changes with one more repeat of each layer";
    }
    return {};
  }

  nacre::JobResult gate(nacre::Context& context) const {
    nacre::JobResult result;
    auto const without = [&](nacre::Status status, std::string const& reason, double work, std::string const& model) {
      result.estimate = nacre::Estimate::without_value(status, reason, work, model);
      return result;
    };
    auto const& model = context.potential();
    if (auto const why = nacre::md_refusal(context.candidate(), model); !why.empty())
      return without(nacre::Status::refused, why, 0.0, model.identity());
    auto const& tier = nacre::hop_tier(context, nacre::HopPrice::contact);
    double const work = tier.work[0] + tier.work[1];
    if (tier.status != nacre::Status::ok) return without(tier.status, tier.reason, work, tier.model);
    auto const& g = tier.contact->enhancement;
    if (!g[0].value || !g[1].value)
      return without(g[0].value ? g[1].status : g[0].status, "hops: no barrier in plane", work, tier.model);
    double const mean = 0.5 * (*g[0].value + *g[1].value);
    if (!(mean > 0.0))
      return without(
          nacre::Status::refused,
          "not_promising: hops give g = " + nacre::significant(mean, 3) + ", and dynamics is for contacts above 0",
          work, tier.model);
    result.estimate = {mean, std::max(g[0].error, g[1].error), work, tier.model};
    return result;
  }

  /// All that the jobs say, as numbers that the summary hands on.
  nacre::Job summary(std::span<nacre::JobResult const> results) const {
    nacre::Job job;
    job.key = "summary";
    job.expected_work = 0.0;
    auto const add = [&](std::string const& name, nacre::Conduction const& number) {
      job.parameters[name] = number.status == nacre::Status::ok ? number.value : std::nan("");
      job.parameters[name + " error"] = number.error;
    };
    auto const at_rank = nacre::md_transport(results, options_.rank_temperature, 0);
    add("g_md_x", at_rank.transport.g[0]);
    add("g_md_y", at_rank.transport.g[1]);
    add("g_md_across", at_rank.transport.g[2]);
    add("dS_md_x_S", at_rank.transport.dS[0]);
    add("dS_md_y_S", at_rank.transport.dS[1]);
    add("dR_md_ohm_m2", at_rank.transport.dR);
    std::vector<std::pair<double, nacre::Conduction>> line;
    for (double const kelvin : options_.temperatures) {
      line.emplace_back(kelvin, nacre::md_transport(results, kelvin, 0).in_plane);
      add("g_md_" + nacre::shortest(kelvin) + "K", line.back().second);
    }
    add("g_md_1000K", nacre::extrapolate(line, 1000.0));
    return job;
  }

  static nacre::JobResult details(nacre::Job const& job, nacre::Context& context) {
    nacre::JobResult result;
    auto const model = context.potential().identity();
    result.values["summary"] = 1.0;
    for (auto const& [name, value] : job.parameters) {
      if (name.ends_with(" error")) continue;
      result.details[name] = std::isnan(value)
                                 ? nacre::Estimate::without_value(nacre::Status::bound, "not_measured", 0.0, model)
                                 : nacre::Estimate(value, job.parameters.at(name + " error"), 0.0, model);
    }
    result.words =
        "g at 1000 K is a line in 1/T through the measured temperatures; effects of contacts grow on cooling";
    result.estimate = nacre::Estimate(1.0, 0.0, 0.0, model);
    return result;
  }

  nacre::MdTierOptions options_;
};

}  // namespace

NACRE_OBJECTIVE(ContactEnhancementMd)
