#include "nacre/score/md_tier.hpp"

#include "nacre/core/ids.hpp"
#include "nacre/core/text.hpp"
#include "nacre/score/plugin.hpp"
#include "nacre/stack/stack.hpp"
#include "support/objective_conformance.hpp"

namespace nacre {
namespace {

/// What a job of one subject would have said.
JobResult planted(double kelvin, int number, int subject, int repeats, double sheet, double error) {
  JobResult result;
  result.values = {{"temperature", kelvin},
                   {"arrangement", double(number)},
                   {"subject", double(subject)},
                   {"repeats", double(repeats)},
                   {"carries", 1.0}};
  for (std::string const name : {"sheet x", "sheet y", "D x", "D y", "resistance"}) {
    result.values[name] = sheet;
    result.values[name + " error"] = error;
    result.values[name + " status"] = static_cast<double>(Status::ok);
  }
  result.estimate = Estimate(1e3 * sheet, 1e3 * error, 5.0, sha256_hex("model"));
  return result;
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

TEST(MdTier, plans_every_subject_arrangement_and_temperature) {
  auto const jobs = md_jobs({}, {1300.0, 1800.0}, true, 1);

  ASSERT_EQ(jobs.size(), 2u * 3u * 3u);
  std::set<std::string> keys;
  for (auto const& job : jobs) {
    keys.insert(job.key);
    EXPECT_GT(job.expected_work, 0.0);
    EXPECT_EQ(job.parameters.at("repeats"), 1.0);
  }
  EXPECT_EQ(keys.size(), jobs.size());
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

TEST(MdTier, moves_a_doped_stack_and_its_layers) {
  CeriaContext context;
  MdTierOptions const options{.arrangements = 1,
                              .cell_ps = 0.4,
                              .equilibration_ps = 0.2,
                              .production_ps = 2.0,
                              .accuracy = 1e-3,
                              .least_width = 5.0};
  for (auto const& job : md_jobs(context.candidate(), {1500.0}, true, 0, options)) {
    auto const result = run_md_job(job, context, options);

    // two picoseconds say nothing of diffusion, and that is what is said
    EXPECT_FALSE(result.estimate.ok());
    EXPECT_EQ(result.estimate.status, Status::refused) << result.estimate.reason;
    EXPECT_NE(result.estimate.reason.find("blocks_too_short"), std::string::npos) << result.estimate.reason;
    EXPECT_EQ(result.values.at("carries"), 1.0);
    EXPECT_NEAR(result.values.at("height"), job.parameters.at("subject") == 0.0 ? 7.7 : 3.85, 0.4);
    if (job.parameters.at("subject") != 1.0) continue;
    auto const again = run_md_job(job, context, options);
    EXPECT_EQ(result.values, again.values);
    EXPECT_EQ(result.estimate.work, again.estimate.work);
  }
  context.stop = true;
  auto const stopped = run_md_job(md_jobs(context.candidate(), {1400.0}, true, 0, options)[0], context, options);
  EXPECT_EQ(stopped.estimate.status, Status::cancelled);
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
  auto const first = objective_->next({}, with({}));
  ASSERT_EQ(first.size(), 9u);
  EXPECT_EQ(first.front().number, 1u);
  for (auto const& job : first) EXPECT_EQ(job.parameters.at("temperature"), 1500.0);

  EXPECT_EQ(objective_->next({}, with(planted_all(1500.0, 0, {0.5, 1.0, 2.0}))).size(), 27u);
  EXPECT_TRUE(
      objective_->next({}, with(planted_all(1500.0, 0, {0.05, 0.05, 0.05}))).empty());  // slower than its layers
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
