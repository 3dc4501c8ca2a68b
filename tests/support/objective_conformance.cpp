#include "support/objective_conformance.hpp"

#include <bit>

#include "nacre/core/error.hpp"
#include "nacre/core/ids.hpp"

namespace nacre::test {
namespace {

constexpr std::array all_tiers{Tier::descriptor, Tier::potential, Tier::dft};

/// Nothing works here but the tier.
class BrokenContext final : public Context {
 public:
  explicit BrokenContext(Tier tier) : tier_(tier) {}
  Candidate const& candidate() const override { throw Error("the candidate is broken"); }
  Tier tier() const override { return tier_; }
  Potential const& potential() const override { throw Error("the potential is broken"); }
  ContactEnergies const& contact_energies() override { throw Error("the contact is broken"); }
  Rng rng(std::string_view) const override { throw Error("the generator is broken"); }
  int threads() const override { return 1; }
  bool cancelled() const override { return false; }

 private:
  Tier tier_;
};

bool same_bits(double a, double b) { return std::bit_cast<std::uint64_t>(a) == std::bit_cast<std::uint64_t>(b); }

bool is_word(std::string const& name) {
  return !name.empty() &&
         std::ranges::all_of(name, [](char c) { return (c >= 'a' && c <= 'z') || (c >= '0' && c <= '9') || c == '_'; });
}

void check_info(Info const& info, Info const& again) {
  EXPECT_TRUE(is_word(info.name)) << "name '" << info.name << "'";
  EXPECT_FALSE(info.unit.empty());
  EXPECT_FALSE(info.tiers.empty());
  EXPECT_FALSE(info.summary.empty());
  EXPECT_EQ(info.summary.find('\n'), std::string::npos) << "the summary is one line";
  EXPECT_EQ(info.name, again.name);
  EXPECT_EQ(info.unit, again.unit);
  EXPECT_EQ(info.direction, again.direction);
  EXPECT_EQ(info.tiers, again.tiers);
}

void check_estimate(Estimate const& estimate) {
  EXPECT_TRUE(std::isfinite(estimate.work) && estimate.work >= 0.0) << "work " << estimate.work;
  if (estimate.ok()) {
    EXPECT_TRUE(std::isfinite(estimate.value));
    EXPECT_TRUE(std::isfinite(estimate.standard_error) && estimate.standard_error >= 0.0);
    EXPECT_TRUE(estimate.reason.empty()) << estimate.reason;
    EXPECT_EQ(estimate.model.size(), 64u) << "identity of the model: '" << estimate.model << "'";
  } else {
    EXPECT_FALSE(estimate.reason.empty());
    EXPECT_TRUE(estimate.status == Status::bound || std::isnan(estimate.value));
  }
}

void check_tier(Objective const& objective, Tier tier,
                std::function<std::unique_ptr<FakeContext>(Tier)> const& make_context) {
  auto const first = make_context(tier), second = make_context(tier);
  auto const jobs = objective.plan(first->candidate(), tier), again = objective.plan(second->candidate(), tier);
  ASSERT_EQ(jobs.size(), again.size());
  ASSERT_FALSE(jobs.empty());
  for (std::size_t i = 0; i < jobs.size(); ++i) {
    EXPECT_EQ(jobs[i].number, i);
    EXPECT_EQ(jobs[i].key, again[i].key);
    EXPECT_TRUE(std::isfinite(jobs[i].expected_work) && jobs[i].expected_work > 0.0);
    EXPECT_TRUE(same_bits(jobs[i].expected_work, again[i].expected_work));
    check_estimate(objective.run(jobs[i], *first).estimate);
  }
  auto const a = evaluate_guarded(objective, *first), b = evaluate_guarded(objective, *second);
  check_estimate(a);
  EXPECT_EQ(a.status, b.status);
  EXPECT_EQ(a.reason, b.reason);
  EXPECT_EQ(a.model, b.model);
  EXPECT_TRUE(same_bits(a.value, b.value) && same_bits(a.standard_error, b.standard_error) && same_bits(a.work, b.work))
      << "the same candidate gave another estimate";
}

void check_failures(Objective const& objective, Tier tier, Candidate const& candidate) {
  BrokenContext broken(tier);
  auto const plan = plan_guarded(objective, candidate, tier);
  ASSERT_FALSE(plan.jobs.empty()) << plan.failure.reason;
  auto const result = run_guarded(objective, plan.jobs.front(), broken).estimate;
  EXPECT_EQ(result.status, Status::failed);
  EXPECT_NE(result.reason.find("is broken"), std::string::npos) << result.reason;
}

}  // namespace

Potential const& FakeContext::potential() const {
  require(potential_value != nullptr, "this campaign has no potential");
  return *potential_value;
}

ContactEnergies const& FakeContext::contact_energies() {
  require(contact_value.has_value(), "this candidate has no contact");
  return *contact_value;
}

Evaluation NamedPotential::evaluate(Crystal const&) const { throw Error("this model evaluates nothing"); }

std::string NamedPotential::identity() const { return sha256_hex("named"); }

Candidate analytic_candidate(double x, double y, int phase, double u, double v) {
  Candidate candidate;
  candidate.id = Hash128::of(concat(x, ' ', y, ' ', phase, ' ', u, ' ', v));
  candidate.choices = {
      {"x", "", x, 0.0}, {"y", "", y, 0.0}, {"phase", "", static_cast<double>(phase), 0.0}, {"shift", "", u, v}};
  return candidate;
}

void check_conformance(Objective const& objective,
                       std::function<std::unique_ptr<FakeContext>(Tier)> const& make_context) {
  auto const info = objective.info();
  check_info(info, objective.info());
  for (auto const tier : all_tiers) {
    SCOPED_TRACE(concat("tier ", to_string(tier)));
    auto const context = make_context(tier);
    if (gives(info, tier)) {
      check_tier(objective, tier, make_context);
      check_failures(objective, tier, context->candidate());
    } else {
      EXPECT_EQ(evaluate_guarded(objective, *context).status, Status::refused);
      EXPECT_EQ(run_guarded(objective, Job{}, *context).estimate.status, Status::refused);
    }
  }
}

}  // namespace nacre::test
