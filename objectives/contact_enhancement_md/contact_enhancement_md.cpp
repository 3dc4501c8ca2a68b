#include <algorithm>
#include <array>
#include <cmath>

#include "nacre/core/text.hpp"
#include "nacre/score/hop_tier.hpp"
#include "nacre/score/md_tier.hpp"

namespace {

using nacre::Status;

/// g of definitions.md 6 from molecular dynamics (price 3), mean of x and y at the rank temperature over dopant
/// arrangements. Only of designs that the hops of price 2 find faster than their layers, unless the campaign says
/// otherwise; first at the rank temperature, then at the other temperatures, with one more repeat of each layer, and what
/// follows from all of it.
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

  void configure(nacre::ObjectiveSettings const& settings) override { options_ = settings.dynamics; }

  std::vector<nacre::Job> plan(nacre::Candidate const& candidate, nacre::Tier) const override {
    if (!options_.gate) {
      auto jobs = nacre::md_next(candidate, std::array{at_rank(0)}, {}, options_);
      jobs.front().expected_work = nacre::expected_md_work(candidate, at_rank(0), options_);
      return jobs;
    }
    double const work = nacre::expected_hop_work(candidate, nacre::HopPrice::layers) +
                        nacre::expected_hop_work(candidate, nacre::HopPrice::contact);
    return {nacre::Job{0, "hops", work, {{"gate", 1.0}}}};
  }

  std::vector<nacre::Job> next(nacre::Candidate const& candidate,
                               std::span<nacre::JobResult const> results) const override {
    if (!results[0].estimate.ok() || results.back().values.contains("summary")) return {};
    auto jobs = nacre::md_next(candidate, std::array{at_rank(0)}, results, options_);
    if (jobs.empty() && promising(results)) {
      nacre::MdRequest const all{options_.temperatures, true, 0};
      jobs = nacre::md_next(candidate, std::array{all, at_rank(1)}, results, options_);
    }
    if (!jobs.empty()) return jobs;
    auto last = summary(results);
    last.number = results.size();
    return {last};
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
    if (thin.in_plane.status != Status::ok)
      return nacre::Estimate::without_value(thin.in_plane.status, thin.in_plane.reason, work, model);
    if (auto const why = not_converged(results); !why.empty())
      return nacre::Estimate::without_value(Status::failed, why, work, model);
    return {thin.in_plane.value, thin.in_plane.error, work, model};
  }

 private:
  nacre::MdRequest at_rank(int repeats) const { return {{options_.rank_temperature}, true, repeats}; }

  bool promising(std::span<nacre::JobResult const> results) const {
    auto const g = nacre::md_transport(results, options_.rank_temperature, 0).in_plane;
    return g.status == Status::ok && g.value - g.error > 0.0;
  }

  /// What a contact adds must not change with one more repeat by two standard errors (definitions.md 6).
  std::string not_converged(std::span<nacre::JobResult const> results) const {
    if (!promising(results)) return {};  // no thicker stack was asked for
    auto const thin = nacre::md_transport(results, options_.rank_temperature, 0);
    auto const thick = nacre::md_transport(results, options_.rank_temperature, 1);
    for (std::size_t axis = 0; axis < 2; ++axis) {
      auto const &a = thin.transport.dS[axis], &b = thick.transport.dS[axis];
      if (a.status != Status::ok || b.status != Status::ok) return "thickness_not_tested: " + b.reason;
      if (std::abs(a.value - b.value) > 2.0 * std::hypot(a.error, b.error))
        return std::string("not_converged_in_thickness: the conductance that a contact adds along ") + "xy"[axis] +
               " changes with one more repeat of each layer";
    }
    return {};
  }

  nacre::JobResult gate(nacre::Context& context) const {
    nacre::JobResult result;
    auto const without = [&](Status status, std::string const& reason, double work, std::string const& model) {
      result.estimate = nacre::Estimate::without_value(status, reason, work, model);
      return result;
    };
    auto const& model = context.potential();
    if (auto const why = nacre::md_refusal(context.candidate(), model); !why.empty())
      return without(Status::refused, why, 0.0, model.identity());
    auto const& tier = nacre::hop_tier(context, nacre::HopPrice::contact);
    double const work = tier.work[0] + tier.work[1];
    if (tier.status != Status::ok) return without(tier.status, tier.reason, work, tier.model);
    auto const& g = tier.contact->enhancement;
    if (!g[0].value || !g[1].value)
      return without(g[0].value ? g[1].status : g[0].status, "hops: no barrier in plane", work, tier.model);
    double const mean = 0.5 * (*g[0].value + *g[1].value);
    if (!(mean > 0.0))
      return without(Status::refused,
                     "not_promising: hops give g = " + nacre::significant(mean, 3) +
                         ", and dynamics is for contacts above 0 ([dynamics] gate)",
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
      job.parameters[name] = number.status == Status::ok ? number.value : std::nan("");
      job.parameters[name + " error"] = number.error;
      job.parameters[name + " status"] = static_cast<double>(number.status == Status::ok ? Status::ok : number.status);
      job.texts[name] = number.reason.substr(0, number.reason.find(':'));  // the objective has it in full
    };
    auto const at_rank = nacre::md_transport(results, options_.rank_temperature, 0);
    add("g_md_x", at_rank.transport.g[0]);
    add("g_md_y", at_rank.transport.g[1]);
    add("g_md_across", at_rank.transport.g[2]);
    add("dS_md_x_S", at_rank.transport.dS[0]);
    add("dS_md_y_S", at_rank.transport.dS[1]);
    add("dR_md_ohm_m2", at_rank.transport.dR);
    add("G_contact_md_S_per_m2", at_rank.exchange);
    add("stress_md_GPa", at_rank.stress);
    job.texts["words"] = words(at_rank);
    if (!promising(results)) return job;  // the other temperatures were not asked for
    std::vector<std::pair<double, nacre::Conduction>> line;
    for (double const kelvin : options_.temperatures) {
      line.emplace_back(kelvin, nacre::md_transport(results, kelvin, 0).in_plane);
      add("g_md_" + nacre::shortest(kelvin) + "K", line.back().second);
    }
    add("g_md_1000K", nacre::extrapolate(line, 1000.0));
    job.texts["words"] += "; g at 1000 K is a line in 1/T through the measured temperatures: effects of contacts grow on cooling";
    return job;
  }

  /// What dynamics found, for people.
  std::string words(nacre::MdTransport const& at_rank) const {
    auto const kelvin = nacre::shortest(options_.rank_temperature) + " K";
    auto const& g = at_rank.in_plane;
    std::string text;
    if (g.status == Status::ok) {
      text = "dynamics at " + kelvin + ": the stack conducts " + nacre::significant(std::pow(10.0, g.value), 2) +
             " times as well as its layers (g = " + nacre::significant(g.value, 2) + " +- " +
             nacre::significant(g.error, 2) + " over " + std::to_string(at_rank.arrangements) + " arrangements, " +
             options_.protocol + ")";
    } else {
      text = "dynamics at " + kelvin + " gives no g (" + g.reason + ")";
    }
    constexpr double high = 1.0;  // GPa (definitions.md 1)
    if (at_rank.stress.status == Status::ok && std::abs(at_rank.stress.value) > high)
      text += "; it is under " + nacre::significant(at_rank.stress.value, 2) + " GPa in plane, which moves its value";
    if (at_rank.left_out > 0) text += "; " + std::to_string(at_rank.left_out) + " arrangements broke and are left out";
    return text;
  }

  static nacre::JobResult details(nacre::Job const& job, nacre::Context& context) {
    nacre::JobResult result;
    auto const model = context.potential().identity();
    result.values["summary"] = 1.0;
    for (auto const& [name, value] : job.parameters) {
      if (name.ends_with(" error") || name.ends_with(" status")) continue;
      auto const status = static_cast<Status>(static_cast<int>(job.parameters.at(name + " status")));
      result.details[name] = status == Status::ok
                                 ? nacre::Estimate(value, job.parameters.at(name + " error"), 0.0, model)
                                 : nacre::Estimate::without_value(status, job.texts.at(name), 0.0, model);
    }
    result.words = job.texts.at("words");
    result.estimate = nacre::Estimate(1.0, 0.0, 0.0, model);
    return result;
  }

  nacre::MdTierOptions options_;
};

}  // namespace

NACRE_OBJECTIVE(ContactEnhancementMd)
