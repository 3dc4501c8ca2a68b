#include "nacre/score/md_tier.hpp"

#include <array>
#include <set>

#include "nacre/core/error.hpp"
#include "nacre/core/ids.hpp"
#include "nacre/core/text.hpp"
#include "nacre/score/plugin.hpp"
#include "nacre/stack/stack.hpp"
#include "support/objective_conformance.hpp"

namespace nacre {
namespace {

double step(MdStep which) { return static_cast<double>(which); }

/// What a trajectory of one subject would have said.
JobResult planted(double kelvin, int number, int subject, int repeats, double sheet, double error) {
  JobResult result;
  result.values = {{"step", step(MdStep::trajectory)}, {"temperature", kelvin}, {"arrangement", double(number)},
                   {"subject", double(subject)},       {"seed", 0.0},           {"repeats", double(repeats)}};
  for (std::string const name : {"sheet x", "sheet y", "resistance"}) {
    result.values[name] = sheet;
    result.values[name + " error"] = error;
    result.values[name + " status"] = static_cast<double>(Status::ok);
  }
  result.estimate = Estimate(1e3 * sheet, 1e3 * error, 5.0, sha256_hex("model"));
  return result;
}

JobResult planted_step(MdStep which, std::map<std::string, double> values) {
  JobResult result;
  result.values = std::move(values);
  result.values["step"] = step(which);
  result.estimate = Estimate(1.0, 0.0, 0.0, sha256_hex("model"));
  return result;
}

/// What comes before the trajectories at these temperatures.
std::vector<JobResult> planted_inputs(std::vector<double> const& temperatures, int repeats) {
  std::vector<JobResult> results{planted_step(
      MdStep::prepare, {{"repeats", double(repeats)}, {"carries 1", 1}, {"carries 2", 1}, {"weight 1", 0.25}, {"weight 2", 0.75}})};
  results[0].texts = {{"stack", "s"}, {"layer 1", "a"}, {"layer 2", "b"}};
  for (int number = 0; number < 3; ++number) {
    for (int subject = 0; subject < 3; ++subject) {
      results.push_back(planted_step(
          MdStep::arrangement,
          {{"repeats", double(repeats)}, {"subject", double(subject)}, {"arrangement", double(number)}}));
      results.back().texts["crystal"] = concat("doped ", subject, " ", number);
    }
  }
  for (double const kelvin : temperatures) {
    for (int layer : {1, 2})
      results.push_back(planted_step(
          MdStep::expansion, {{"repeats", 0.0}, {"layer", double(layer)}, {"temperature", kelvin}, {"strain", 0.01 * layer}}));
  }
  return results;
}

std::vector<JobResult> planted_all(double kelvin, int repeats, std::array<double, 3> const& stack_sheets) {
  std::vector<JobResult> results;
  for (int number = 0; number < 3; ++number) {
    results.push_back(planted(kelvin, number, 0, repeats, stack_sheets[static_cast<std::size_t>(number)], 1e-9));
    results.push_back(planted(kelvin, number, 1, repeats, 0.04, 1e-9));
    results.push_back(planted(kelvin, number, 2, repeats, 0.06, 1e-9));
  }
  return results;
}

TEST(MdTier, takes_g_and_its_error_over_arrangements) {
  auto const results = planted_all(1500.0, 0, {0.5, 1.0, 2.0});

  auto const transport = md_transport(results, 1500.0, 0);

  double const step = std::log10(2.0);
  ASSERT_EQ(transport.in_plane.status, Status::ok);
  EXPECT_NEAR(transport.in_plane.value, 1.0, 1e-9);  // 5, 10 and 20 times the layers
  EXPECT_NEAR(transport.in_plane.error, step / std::sqrt(3.0), 1e-6);
  EXPECT_NEAR(transport.transport.dS[0].value, 0.5 * (3.5 / 3.0 - 0.1), 1e-9);
  EXPECT_NEAR(md_log_conductivity(results, 1500.0).value, 3.0, 1e-9);
  EXPECT_NE(md_transport(results, 1300.0, 0).in_plane.status, Status::ok);
}

TEST(MdTier, hands_on_a_bound_of_any_arrangement) {
  auto results = planted_all(1500.0, 0, {0.5, 1.0, 2.0});
  results[3].values["sheet x status"] = static_cast<double>(Status::bound);
  results[3].estimate = Estimate::without_value(Status::bound, "too_few_jumps");

  auto const transport = md_transport(results, 1500.0, 0);

  EXPECT_EQ(transport.in_plane.status, Status::bound);
  EXPECT_EQ(transport.in_plane.reason, "too_few_jumps");
}

TEST(MdTier, leaves_out_an_arrangement_that_broke_and_says_so) {
  auto results = planted_all(1500.0, 0, {0.5, 1.0, 2.0});
  results[3].estimate = Estimate::without_value(Status::failed, "exception: planted");

  auto const transport = md_transport(results, 1500.0, 0);

  ASSERT_EQ(transport.in_plane.status, Status::ok) << transport.in_plane.reason;
  EXPECT_EQ(transport.arrangements, 2);
  EXPECT_EQ(transport.left_out, 1);
  EXPECT_NEAR(transport.in_plane.value, 1.0, 1e-9);  // of 5 and 20 times the layers
  EXPECT_NEAR(transport.in_plane.error, std::log10(2.0), 1e-6);  // half the difference of two: larger than that of three
  results[0].estimate = Estimate::without_value(Status::crashed, "lost on every attempt");
  EXPECT_TRUE(md_transport(results, 1500.0, 0).in_plane.reason.starts_with("few_arrangements"));
  EXPECT_EQ(md_log_conductivity(results, 1500.0).status, Status::failed);
}

TEST(MdTier, does_not_leave_out_what_says_something_of_the_stack) {
  auto results = planted_all(1500.0, 0, {0.5, 1.0, 2.0});
  results[3] = job_without_result({0, "", 0.0, results[3].values}, Status::failed, "melted: 40 ions");
  for (auto const* name : {"sheet x", "sheet y", "resistance"}) results[3].values.erase(std::string(name) + " status");

  auto const transport = md_transport(results, 1500.0, 0);

  EXPECT_EQ(transport.in_plane.status, Status::failed);
  EXPECT_EQ(transport.in_plane.reason, "melted: 40 ions");
}

TEST(MdTier, takes_the_mean_over_seeds_of_an_arrangement_first) {
  auto results = planted_all(1500.0, 0, {1.0, 1.0, 1.0});
  for (int number = 0; number < 3; ++number) {
    results.push_back(planted(1500.0, number, 0, 0, 3.0, 1e-9));
    results.back().values["seed"] = 1.0;
  }

  auto const transport = md_transport(results, 1500.0, 0);

  EXPECT_NEAR(transport.in_plane.value, std::log10(20.0), 1e-9);  // 2 over 0.1
  EXPECT_NEAR(md_log_conductivity(results, 1500.0).value, std::log10(2e3), 1e-9);
}

TEST(MdTier, asks_step_by_step_for_what_can_run) {
  std::array const wanted{MdRequest{{1300.0, 1800.0}, true, 0}};
  auto const keys = [&](std::span<JobResult const> results) {
    std::set<std::string> names;
    for (auto const& job : md_next({}, wanted, results)) {
      EXPECT_EQ(job.number, results.size() + names.size());
      EXPECT_GT(job.expected_work, 0.0);
      EXPECT_EQ(job.separate, !results.empty());
      names.insert(job.key);
    }
    return names;
  };

  EXPECT_EQ(keys({}), std::set<std::string>{"md prepare"});
  auto const all = planted_inputs({1300.0, 1800.0}, 0);
  auto const second = keys(std::span(all).first(1));
  EXPECT_EQ(second.size(), 9u + 4u);  // arrangements of three subjects, expansions of two layers
  EXPECT_TRUE(second.contains("md expansion at 1800 K of layer 2"));
  auto const jobs = md_next({}, wanted, all);
  ASSERT_EQ(jobs.size(), 2u * 9u);
  EXPECT_EQ(jobs[0].texts.at("crystal"), "doped 0 0");
  EXPECT_NEAR(jobs[0].parameters.at("strain"), 0.25 * 0.01 + 0.75 * 0.02, 1e-15);
  EXPECT_EQ(keys(all).size(), jobs.size());
}

TEST(MdTier, asks_for_no_trajectory_of_a_layer_without_carriers_or_of_an_arrangement_that_failed) {
  auto results = planted_inputs({1500.0}, 1);
  results[0].values["carries 2"] = 0.0;
  results[1].estimate = Estimate::without_value(Status::failed, "anneal: energy_drifts");
  std::array const wanted{MdRequest{{1500.0}, true, 1}};

  auto const jobs = md_next({}, wanted, results);

  EXPECT_EQ(jobs.size(), 2u + 3u);  // of the stack, of layer 1
  for (auto const& job : jobs) EXPECT_NE(job.parameters.at("subject"), 2.0);
  EXPECT_EQ(md_transport(results, 1500.0, 1).in_plane.reason, "anneal: energy_drifts");
}

TEST(MdTier, runs_several_seeds_of_each_arrangement) {
  std::array const wanted{MdRequest{{1500.0}, false, 0}};

  EXPECT_EQ(md_next({}, wanted, planted_inputs({1500.0}, 0), {.arrangements = 3, .seeds = 2}).size(), 6u);
}

/// Ceria (110) with Gd, going on through both contacts.
class CeriaContext final : public Context {
 public:
  CeriaContext() {
    Crystal cell;
    cell.lattice *= 5.41;
    cell.positions.resize(3, 12);
    cell.positions << 0, 0, .5, .5, .25, .25, .25, .25, .75, .75, .75, .75,  //
        0, .5, 0, .5, .25, .25, .75, .75, .25, .25, .75, .75,                //
        0, .5, .5, 0, .25, .75, .25, .75, .25, .75, .25, .75;
    cell.positions *= 5.41;
    cell.numbers = {58, 58, 58, 58, 8, 8, 8, 8, 8, 8, 8, 8};
    cell.oxidation = {4, 4, 4, 4, -2, -2, -2, -2, -2, -2, -2, -2};
    auto const plane = make_plane(cell, {1, 1, 0});
    auto const slab = make_slab(plane, find_terminations(plane).front(), 2);
    StackOptions options;
    options.geometry = StackGeometry::superlattice;
    built_.stack = continue_crystal(slab, options);
    built_.pair.relaxed = built_.stack.crystal;
    built_.pair.mean = Estimate(0.0, 0.0, 1.0, sha256_hex("model"));
    candidate_.stack = std::make_shared<Stack>(built_.stack);
    candidate_.parts = std::make_shared<StackParts>(
        StackParts{slab, slab, built_.stack.contacts[0].coincidence, options, {{64, 58, 0.5, 1}, {64, 58, 0.5, 2}}});
    PotentialOptions model;
    model.cutoff = 5.0;
    model_ = make_potential("rigid-ion:grimes", model);
  }
  Candidate const& candidate() const override { return candidate_; }
  Tier tier() const override { return Tier::potential; }
  Potential const& potential() const override { return *model_; }
  ContactEnergies const& contact_energies() override { return energies_; }
  Superlattice const& superlattice(int) override { return built_; }
  Rng rng(std::string_view purpose) const override { return Rng(1, purpose, 0); }
  int threads() const override { return 1; }
  bool cancelled() const override { return stop; }
  bool stop = false;

 private:
  Candidate candidate_;
  Superlattice built_;
  ContactEnergies energies_;
  std::shared_ptr<Potential const> model_;
};

/// All jobs for a request, one after the other.
std::vector<JobResult> run_all(Context& context, MdRequest const& wanted, MdTierOptions const& options) {
  std::vector<JobResult> results;
  for (auto jobs = md_next(context.candidate(), std::array{wanted}, results, options); !jobs.empty();
       jobs = md_next(context.candidate(), std::array{wanted}, results, options))
    for (auto const& job : jobs) results.push_back(run_md_job(job, context, options));
  return results;
}

MdTierOptions short_runs() {
  return {.arrangements = 1, .cell_ps = 0.4, .equilibration_ps = 0.2, .production_ps = 2.0, .accuracy = 1e-3, .least_width = 5.0};
}

TEST(MdTier, moves_a_doped_stack_and_its_layers) {
  CeriaContext context;

  auto const results = run_all(context, {{1500.0}, true, 0}, short_runs());

  ASSERT_EQ(results.size(), 1u + 3u + 2u + 3u);
  for (auto const& result : results) {
    if (result.values.at("step") != step(MdStep::trajectory)) {
      EXPECT_TRUE(result.estimate.ok()) << result.estimate.reason;
      continue;
    }
    // two picoseconds say nothing of diffusion, and that is what is said
    EXPECT_EQ(result.estimate.status, Status::refused) << result.estimate.reason;
    EXPECT_NE(result.estimate.reason.find("blocks_too_short"), std::string::npos) << result.estimate.reason;
    EXPECT_NEAR(result.values.at("height"), result.values.at("subject") == 0.0 ? 7.7 : 3.85, 0.4);
  }
  // of ceria in this set about 1.2e-5/K, of a short run of few atoms twice that at most
  EXPECT_NEAR(results[4].values.at("strain"), 0.02, 0.02);
  auto const again = run_all(context, {{1500.0}, true, 0}, short_runs());
  for (std::size_t k = 0; k < results.size(); ++k) {
    EXPECT_EQ(results[k].values, again[k].values);
    EXPECT_EQ(results[k].texts, again[k].texts);
    EXPECT_EQ(results[k].estimate.work, again[k].estimate.work);
  }
}

TEST(MdTier, stops_when_it_is_told) {
  CeriaContext context;
  auto results = run_all(context, {{1500.0}, false, 0}, short_runs());
  std::array const wanted{MdRequest{{1400.0}, false, 0}};
  auto const jobs = md_next(context.candidate(), wanted, results, short_runs());
  context.stop = true;

  for (auto const& job : jobs) EXPECT_EQ(run_md_job(job, context, short_runs()).estimate.status, Status::cancelled);
}

TEST(MdTier, anneals_arrangements_by_swaps_inside_each_layer) {
  CeriaContext context;
  auto options = short_runs();
  options.protocol = "annealed";
  options.swaps = 20;
  std::vector<JobResult> frozen, annealed;
  std::array const wanted{MdRequest{{}, false, 0}};
  for (auto* results : {&frozen, &annealed}) {
    auto const& how = results == &frozen ? short_runs() : options;
    for (int round = 0; round < 2; ++round)
      for (auto const& job : md_next(context.candidate(), wanted, *results, how))
        results->push_back(run_md_job(job, context, how));
  }

  ASSERT_EQ(annealed.size(), 2u);
  auto const& result = annealed[1].estimate;
  EXPECT_TRUE(result.ok() || result.reason.starts_with("anneal: energy_drifts")) << result.reason;
  EXPECT_GT(result.work, 5.0 * frozen[1].estimate.work);
  if (result.ok()) {
    EXPECT_NE(annealed[1].texts.at("crystal"), frozen[1].texts.at("crystal"));
  }
}

class ContactEnhancementMd : public testing::Test {
 protected:
  ContactEnhancementMd() { gate_.estimate = Estimate(0.4, 0.1, 7.0, sha256_hex("model")); }
  std::vector<JobResult> with(std::vector<JobResult> const& more) const {
    std::vector<JobResult> results{gate_};
    results.insert(results.end(), more.begin(), more.end());
    return results;
  }
  std::shared_ptr<Objective const> objective_ = load_objective("contact_enhancement_md").objective;
  JobResult gate_;
};

TEST_F(ContactEnhancementMd, measures_at_the_rank_temperature_before_it_goes_on) {
  auto results = with(planted_inputs({1500.0}, 0));
  auto const first = objective_->next({}, results);
  ASSERT_EQ(first.size(), 9u);
  EXPECT_EQ(first.front().number, results.size());
  for (auto const& job : first) EXPECT_EQ(job.parameters.at("temperature"), 1500.0);

  auto const fast = planted_all(1500.0, 0, {0.5, 1.0, 2.0}), slow = planted_all(1500.0, 0, {0.05, 0.05, 0.05});
  auto faster = results, slower = results;
  faster.insert(faster.end(), fast.begin(), fast.end());
  slower.insert(slower.end(), slow.begin(), slow.end());
  auto const more = objective_->next({}, faster);
  ASSERT_EQ(more.size(), 1u + 4u);  // the thicker stack, and expansions at two temperatures
  for (auto const& job : more) EXPECT_TRUE(job.separate) << job.key;
  auto const last = objective_->next({}, slower);
  ASSERT_EQ(last.size(), 1u);
  EXPECT_EQ(last[0].key, "summary");
}

TEST_F(ContactEnhancementMd, refuses_what_changes_with_the_thickness) {
  auto results = planted_all(1500.0, 0, {1.0, 1.01, 0.99});
  auto thick = planted_all(1500.0, 1, {1.0, 1.01, 0.99});
  results.insert(results.end(), thick.begin(), thick.end());
  auto const same = objective_->reduce({}, with(results));
  ASSERT_TRUE(same.ok()) << same.reason;
  EXPECT_NEAR(same.value, 1.0, 0.01);
  EXPECT_EQ(same.work, 7.0 + 18.0 * 5.0);

  for (auto& result : results)
    if (result.values.at("repeats") == 1.0 && result.values.at("subject") == 0.0) result.values["sheet x"] *= 1.5;
  EXPECT_TRUE(objective_->reduce({}, with(results)).reason.starts_with("not_converged_in_thickness"));
}

TEST_F(ContactEnhancementMd, says_why_hops_do_not_let_it_begin) {
  gate_.estimate = Estimate::without_value(Status::refused, "not_promising: hops give g = -0.2", 7.0);

  EXPECT_TRUE(objective_->next({}, with({})).empty());
  auto const estimate = objective_->reduce({}, with({}));
  EXPECT_EQ(estimate.status, Status::refused);
  EXPECT_TRUE(estimate.reason.starts_with("not_promising"));
}

}  // namespace
}  // namespace nacre
