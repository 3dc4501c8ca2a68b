#include "nacre/potential/committee.hpp"

#include <cmath>

#include "nacre/core/error.hpp"
#include "nacre/potential/batch.hpp"
#include "nacre/potential/contact_energy.hpp"
#include "support/lennard_jones.hpp"
#include "support/potential_conformance.hpp"
#include "support/support.hpp"

namespace nacre {
namespace {

constexpr char const* three_argons = "committee(lj:0.010,3.4,8;lj:0.012,3.4,8;lj:0.011,3.3,8)";

Crystal rattled_argon() {
  auto crystal = test::make_fcc(5.2);
  crystal.positions.col(0) += Eigen::Vector3d(0.2, -0.1, 0.15);
  return crystal;
}

std::string message_of(std::string const& model) {
  try {
    make_potential(model);
  } catch (InputError const& error) {
    return error.what();
  }
  return "nothing was thrown";
}

// Three members, two atoms; worked out by hand with the denominator n - 1 = 2.
TEST(Committee, has_the_deviations_of_a_hand_made_tensor) {
  std::vector<Evaluation> members(3);
  double const energies[] = {1.0, 2.0, 6.0};
  for (int k = 0; k < 3; ++k) {
    auto& member = members[static_cast<std::size_t>(k)];
    member.energy = energies[k];
    member.forces.setZero(3, 2);
    member.forces.col(0) << k, 0.0, -2.0 * k;     // deviates by (-1, 0, 2), 0, (1, 0, -2): 10 / 2
    member.forces(1, 1) = k == 2 ? 3.0 : 0.0;     // mean 1: (1 + 1 + 4) / 2
    member.stress = k * Eigen::Matrix3d::Identity();
  }

  auto const result = combine_members(members);

  EXPECT_NEAR(result.energy, 3.0, 1e-12);
  EXPECT_NEAR(result.force_deviations[0], std::sqrt(5.0), 1e-12);
  EXPECT_NEAR(result.force_deviations[1], std::sqrt(3.0), 1e-12);
  EXPECT_NEAR(result.forces(2, 0), -2.0, 1e-12);
  EXPECT_NEAR((*result.stress)(1, 1), 1.0, 1e-12);
  EXPECT_NEAR(committee_deviation(std::array{result.member_energies}, std::array{1.0}), std::sqrt(7.0), 1e-12);
  // a difference in which the members agree is certain, however far their energies are apart
  EXPECT_NEAR(committee_deviation(std::array{result.member_energies, result.member_energies}, std::array{2.0, -2.0}), 0.0, 1e-12);
}

TEST(Committee, conforms) {
  auto const crystal = rattled_argon();
  auto const potential = make_potential(three_argons);
  test::PotentialTolerances tolerance;
  test::expect_forces_are_derivatives(*potential, crystal, tolerance);
  test::expect_stress_is_derivative(*potential, crystal, tolerance);
  test::expect_symmetries(*potential, crystal, tolerance);
  test::expect_extensive(*potential, crystal, {2, 1, 1}, tolerance);
  test::expect_bookkeeping(*potential, crystal);
}

TEST(Committee, gives_a_batch_what_it_gives_each_structure) {
  auto const potential = make_potential(three_argons);
  std::vector<Crystal> const crystals{rattled_argon(), test::make_fcc(5.0)};

  auto const both = evaluate_batch(*potential, crystals);

  for (std::size_t k = 0; k < 2; ++k) {
    auto const alone = potential->evaluate(crystals[k]);
    EXPECT_EQ(both[k].evaluation.energy, alone.energy);
    EXPECT_EQ(both[k].evaluation.member_energies, alone.member_energies);
    EXPECT_EQ(both[k].evaluation.force_deviations, alone.force_deviations);
  }
  EXPECT_GT(both[0].evaluation.force_deviations.maxCoeff(), 1e-3);
  EXPECT_LT(both[1].evaluation.force_deviations.maxCoeff(), 1e-12);  // by symmetry no member has forces there
}

TEST(Committee, has_three_outcomes) {
  auto const crystal = rattled_argon();
  double const deviation = make_potential(three_argons)->evaluate(crystal).force_deviations.maxCoeff();
  auto const outcome = [&](double low, double high) {
    std::string model = three_argons;
    model.insert(model.size() - 1, concat(";low=", low * deviation, ";high=", high * deviation));
    return make_potential(model)->evaluate(crystal);
  };

  EXPECT_EQ(outcome(1.1, 2.0).trust, Trust::go);
  EXPECT_EQ(outcome(1.1, 2.0).warning, "");
  EXPECT_EQ(outcome(0.9, 1.1).trust, Trust::save);
  EXPECT_NE(outcome(0.9, 1.1).warning.find("atom 1 differ by"), std::string::npos);
  EXPECT_EQ(outcome(0.1, 0.9).trust, Trust::stop);
  EXPECT_EQ(make_potential(three_argons)->evaluate(crystal).trust, Trust::unknown);
}

TEST(Committee, ends_a_relaxation_that_stops_out_of_its_range) {
  auto crystal = rattled_argon();
  RelaxOptions options;
  options.frozen.assign(crystal.size(), true);
  options.frozen[1] = false;

  auto const relaxed = relax(crystal, *make_potential("committee(lj:0.010,3.4,8;lj:0.03,3.2,8;low=1e-6;high=1e-5)"), options);

  EXPECT_FALSE(relaxed.converged);
  EXPECT_TRUE(relaxed.reason.starts_with("out_of_range: the committee's forces on atom 1")) << relaxed.reason;
}

TEST(Committee, stays_one_in_a_sum) {
  auto const crystal = rattled_argon();
  auto const alone = make_potential(three_argons)->evaluate(crystal);
  auto const extra = make_potential("zbl:1,4.5")->evaluate(crystal);

  auto const sum = make_potential(std::string("zbl:1,4.5+") + three_argons)->evaluate(crystal);

  EXPECT_NEAR(sum.energy, alone.energy + extra.energy, 1e-12);
  EXPECT_LT((sum.member_energies.array() - alone.member_energies.array() - extra.energy).abs().maxCoeff(), 1e-12);
  EXPECT_EQ(sum.force_deviations, alone.force_deviations);
}

TEST(Committee, names_what_is_wrong) {
  auto const expect = [](std::string const& model, char const* part) {
    EXPECT_NE(message_of(model).find(part), std::string::npos) << message_of(model);
  };
  expect("committee(lj:1,2)", "has 1 members");
  expect("committee(lj:1,2;lj:1,2)", "are one model");
  expect("committee(lj:1,2;rigid-ion:grimes)", "do not count the same");
  expect("committee(lj:1,2;lj:1,3;low=2;high=1)", "0 < low < high");
  expect("committee(lj:1,2;lj:1,3;low=2)", "only one end");
  expect("committee(lj:1,2;lj:1,3;low=x;high=1)", "cannot read 'low=x'");
  expect("committee(lj:1,2;lj:1,3", "write committee(A;B;...)");
  expect("committee:lj:1,2", "write committee(A;B;...)");
  expect("committee(lj:1,2;lx:1,3)", "unknown kind of model 'lx'");
  expect("comittee(lj:1,2;lj:1,3)", "did you mean 'committee'");
}

}  // namespace
}  // namespace nacre
