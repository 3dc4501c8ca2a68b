#include "nacre/core/error.hpp"
#include "nacre/core/ids.hpp"
#include "nacre/score/plugin.hpp"
#include "support/objective_conformance.hpp"

namespace nacre {
namespace {

/// A contact as a relaxation would leave it.
ContactEnergies relaxed_contact() {
  ContactEnergies energies;
  energies.work_of_adhesion = Estimate(1.25, 0.02, 1e6, sha256_hex("model"));
  energies.interface_energy =
      Estimate::without_value(Status::refused, "polar: the layers are not neutral", 1e6, sha256_hex("model"));
  return energies;
}

std::unique_ptr<test::FakeContext> make_context(Tier tier) {
  auto context = std::make_unique<test::FakeContext>(tier);
  context->candidate_value = test::analytic_candidate(1.0, 2.0, 1, 0.25, 0.5);
  context->candidate_value.descriptors = {{"atom_count", 28.0}, {"elastic_energy_J_per_m2", 0.125},
                                          {"membrane_elastic_energy_J_per_m2", 0.25}, {"reaction_energy_eV_per_atom", -0.068}};
  context->potential_value = std::make_shared<test::NamedPotential>();
  context->contact_value = relaxed_contact();
  return context;
}

class EveryObjective : public testing::TestWithParam<std::string> {};

TEST_P(EveryObjective, conforms) { test::check_conformance(*load_objective(GetParam()).objective, make_context); }

INSTANTIATE_TEST_SUITE_P(Shipped, EveryObjective, testing::ValuesIn(find_objectives()),
                         [](auto const& name) { return name.param; });

Estimate evaluate(std::string const& name, Tier tier, std::function<void(test::FakeContext&)> const& change = {}) {
  auto const context = make_context(tier);
  if (change) change(*context);
  return evaluate_guarded(*load_objective(name).objective, *context);
}

TEST(WorkOfAdhesion, is_that_of_the_relaxed_contact) {
  EXPECT_EQ(evaluate("work_of_adhesion", Tier::potential).value, 1.25);
  EXPECT_EQ(evaluate("work_of_adhesion", Tier::potential).standard_error, 0.02);
}

TEST(StabilityMargin, takes_the_membranes_energy_off_the_adhesion) {
  auto const margin = evaluate("stability_margin", Tier::potential);
  auto const weak = evaluate("stability_margin", Tier::potential, [](test::FakeContext& context) {
    context.contact_value->work_of_adhesion = Estimate(0.125, 0.01, 1.0, sha256_hex("model"));
  });
  auto const unbound = evaluate("stability_margin", Tier::potential, [](test::FakeContext& context) {
    context.contact_value->work_of_adhesion = Estimate::without_value(Status::not_bonded, "not_bonded");
  });

  EXPECT_EQ(margin.value, 1.0);
  EXPECT_EQ(margin.standard_error, 0.02);
  EXPECT_EQ(weak.value, -0.125);  // delaminates
  EXPECT_EQ(unbound.status, Status::not_bonded);
}

TEST(ReactionEnergy, is_a_property_of_the_pair_of_materials) {
  for (auto const tier : {Tier::descriptor, Tier::potential}) {
    EXPECT_EQ(evaluate("reaction_energy", tier).value, -0.068);
    auto const none = evaluate("reaction_energy", tier, [](auto& c) { c.candidate_value.descriptors.clear(); });
    EXPECT_EQ(none.status, Status::refused);
  }
}

TEST(InterfaceEnergy, hands_on_why_it_is_not_defined) {
  auto const estimate = evaluate("interface_energy", Tier::potential);

  EXPECT_EQ(estimate.status, Status::refused);
  EXPECT_EQ(estimate.reason, "polar: the layers are not neutral");
}

TEST(AtomCount, is_exact_on_both_tiers) {
  for (auto const tier : {Tier::descriptor, Tier::potential}) {
    auto const estimate = evaluate("atom_count", tier);
    EXPECT_EQ(estimate.value, 28.0);
    EXPECT_EQ(estimate.standard_error, 0.0);
  }
}

TEST(AtomCount, counts_the_atoms_of_a_stack_that_was_built) {
  auto const built = [](int atoms) {
    return [atoms](test::FakeContext& context) {
      auto stack = std::make_shared<Stack>();
      stack->crystal.numbers.assign(static_cast<std::size_t>(atoms), 8);
      context.candidate_value.stack = stack;
    };
  };

  EXPECT_EQ(evaluate("atom_count", Tier::potential, built(28)).value, 28.0);
  EXPECT_EQ(evaluate("atom_count", Tier::potential, built(27)).reason,
            "exception: the design counts 28 atoms, the stack has 27");
}

TEST(AtomCount, is_refused_without_atoms) {
  auto const no_descriptors = [](test::FakeContext& context) { context.candidate_value.descriptors.clear(); };

  EXPECT_EQ(evaluate("atom_count", Tier::descriptor, no_descriptors).status, Status::refused);
}

TEST(ElasticEnergy, is_that_of_the_design_in_the_stiffness_of_the_model) {
  for (auto const tier : {Tier::descriptor, Tier::potential}) {
    auto const estimate = evaluate("elastic_energy", tier);
    EXPECT_EQ(estimate.value, 0.125);
    EXPECT_EQ(estimate.standard_error, 0.0);
    EXPECT_EQ(estimate.model, test::NamedPotential().identity());
  }
}

TEST(ElasticEnergy, is_refused_without_strained_layers) {
  auto const no_descriptors = [](test::FakeContext& context) { context.candidate_value.descriptors.clear(); };

  EXPECT_EQ(evaluate("elastic_energy", Tier::descriptor, no_descriptors).status, Status::refused);
}

}  // namespace
}  // namespace nacre
