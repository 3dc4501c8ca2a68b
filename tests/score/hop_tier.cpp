// What the tier of hops says of a design whose hops are known: thickness and wider cells as definitions.md 6 and 7 ask.
#include "nacre/score/hop_tier.hpp"

#include <gmock/gmock.h>
#include <gtest/gtest.h>

#include <cmath>

namespace nacre {
namespace {

using testing::HasSubstr;
using testing::Not;
using testing::StartsWith;

constexpr double decade_at_1500_K = 8.617333262145179e-5 * 1500.0 * 2.302585092994046;  // kT ln 10 [eV]

/// Barriers along x and y [eV], each with an error of 0.01 eV by the size of the cell.
ContactHops contact_of(double along_x, double along_y) {
  ContactHops contact;
  contact.temperature = 1500.0;
  contact.network.sites.push_back({0, 0, Eigen::Vector3d::Zero()});
  contact.network.hops.push_back(Hop{0, 0, Eigen::Vector3i::UnitX(), 2.7 * Eigen::Vector3d::UnitX()});
  contact.sites.emplace_back();
  std::array const barriers{along_x, along_y};
  for (std::size_t axis = 0; axis < 2; ++axis) {
    CriticalWalk walk;
    walk.barrier = barriers[axis];
    contact.analysis.direction[axis].walk = walk;
    contact.analysis.direction[axis].status = Status::ok;
    contact.error[axis].cell = 0.01;
    auto& g = contact.enhancement[axis];
    g.value = -(barriers[axis] - 0.8) / decade_at_1500_K;
    g.parts.cell = 0.01;
    g.error = 0.01 / decade_at_1500_K;
  }
  return contact;
}

HopTier tier_of(ContactHops const& contact) {
  HopTier tier;
  tier.status = Status::ok;
  tier.contact = contact;
  tier.stack.numbers = {8};
  tier.stack.positions = Eigen::Matrix3Xd::Zero(3, 1);
  return tier;
}

TEST(HopTier, asks_nothing_of_a_stack_that_was_not_thickened) {
  EXPECT_EQ(tier_of(contact_of(0.5, 0.6)).thickness_failure(), "");
}

TEST(HopTier, is_converged_where_barriers_stay_within_two_errors) {
  auto tier = tier_of(contact_of(0.5, 0.6));

  tier.thicker = contact_of(0.519, 0.581);
  EXPECT_EQ(tier.thickness_failure(), "");
  tier.thicker = contact_of(0.521, 0.6);
  EXPECT_THAT(tier.thickness_failure(), StartsWith("not_converged_in_thickness: the barrier 0.5 eV"));
  EXPECT_THAT(tier.thickness_failure(), HasSubstr("0.521 eV"));
}

TEST(HopTier, compares_the_easier_way_with_the_easier_one) {
  auto tier = tier_of(contact_of(0.5, 0.6));
  tier.thicker = contact_of(0.6, 0.5);  // broke its symmetry along the other axis
  EXPECT_EQ(tier.thickness_failure(), "");
}

TEST(HopTier, counts_no_strain_that_both_thicknesses_have) {
  auto tier = tier_of(contact_of(0.5, 0.5));
  tier.contact->widen(&BarrierError::strain, 0.5);
  tier.thicker = contact_of(0.53, 0.5);
  EXPECT_THAT(tier.thickness_failure(), StartsWith("not_converged_in_thickness"));
}

TEST(HopTier, fails_with_the_thicker_stack) {
  auto tier = tier_of(contact_of(0.5, 0.5));
  tier.thicker_failure = "not_bonded";
  EXPECT_THAT(tier.thickness_failure(), HasSubstr("not_bonded"));
}

TEST(HopTier, keeps_conductances_from_being_believed_alone) {
  auto tier = tier_of(contact_of(0.5, 0.5));
  tier.thicker = contact_of(0.5, 0.5);
  ContactConduction thin;
  thin.sheet = {1.2e-8, 1.2e-8};
  thin.sheet_layers = {1e-8, 1e-8};
  thin.dS = {1e-9, 1e-9};
  thin.dS_error = {1e-10, 1e-10};
  auto thick = thin;
  thick.dS = {1e-9, 1.3e-9};
  thin.dR = thick.dR = std::nan("");
  tier.contact->conduction = thin;
  tier.thicker->conduction = thick;

  EXPECT_EQ(tier.thickness_failure(), "") << "g is that of the barriers";
  EXPECT_THAT(tier.conduction_failure(), StartsWith("not_converged_in_thickness: dS"));
  auto const details = hop_details(tier);
  EXPECT_EQ(details.at("dS_x_S").status, Status::failed);
  EXPECT_EQ(details.at("barrier_x_eV").value, 0.5);

  tier.thicker->conduction = thin;
  EXPECT_EQ(tier.conduction_failure(), "");
  EXPECT_EQ(hop_details(tier).at("dS_x_S").value, 1e-9);
}

// definitions.md 7: doubling the lateral cell changes a site-energy difference by less than 0.05 eV, else a flag
TEST(HopTier, flags_cells_that_are_too_narrow) {
  auto tier = tier_of(contact_of(0.5, 0.5));
  LateralCheck check;
  check.change = 0.049;
  check.barrier_change = 0.02;
  tier.lateral = check;
  EXPECT_EQ(hop_details(tier).at("lateral_cell").value, 0.0);
  EXPECT_THAT(tier.words(), Not(HasSubstr("lateral_cell")));

  tier.lateral->change = 0.051;
  EXPECT_EQ(hop_details(tier).at("lateral_cell").value, 1.0);
  EXPECT_THAT(tier.words(), HasSubstr("lateral_cell"));
}

/// Descriptors of a design that was computed, and the work that its run journalled.
struct Journalled {
  double atoms, area, edges, index;
  std::array<double, 3> work;  ///< layers, contact, checks; 0: not asked
};

double expected(Journalled const& row) {
  Candidate candidate;
  candidate.descriptors = {{"atom_count", row.atoms}, {"area_A2", row.area}, {"edges_per_evaluation", row.edges},
                           {"film_index", row.index}, {"substrate_index", row.index}};
  double sum = 0.0;
  for (int price = 1; price <= 3; ++price) {
    if (row.work[static_cast<std::size_t>(price - 1)] > 0.0) sum += expected_hop_work(candidate, static_cast<HopPrice>(price));
  }
  return sum;
}

// Work counts edges, not seconds: journals of runs/quickstart (SrTiO3|SrTiO3 twice, SrTiO3|BaTiO3, BaTiO3|BaTiO3) and of
// runs/lithium_oxides (budget 9: all of its designs).
TEST(HopWork, is_predicted_within_a_factor_of_two) {
  std::array const quickstart{Journalled{30, 15.387, 17988, 1, {4.25e7, 1.854e8, 2.569e8}},
                              Journalled{30, 15.387, 17988, 1, {4.25e7, 1.848e8, 1.984e8}},
                              Journalled{30, 15.701, 17988, 1, {7.98e7, 2.025e8, 2.924e8}},
                              Journalled{30, 16.021, 16932, 1, {3.50e7, 1.536e8, 1.677e8}}};
  std::array const lithium{Journalled{24, 9.256, 21094, 1, {5.58e7, 3.584e8, 0}},
                           Journalled{168, 64.790, 147658, 7, {5.51e7, 2.0884e9, 0}},
                           Journalled{168, 64.790, 147658, 7, {5.55e7, 5.6047e9, 0}}};
  auto const ratio = [](auto const& runs) {
    double predicted = 0.0, measured = 0.0;
    for (auto const& row : runs) {
      predicted += expected(row);
      for (double const work : row.work) measured += work;
    }
    return predicted / measured;
  };

  EXPECT_GT(ratio(quickstart), 0.5);
  EXPECT_LT(ratio(quickstart), 2.0);
  EXPECT_GT(ratio(lithium), 0.5);
  EXPECT_LT(ratio(lithium), 2.0);
}

TEST(HopTier, adds_parts_of_an_error_in_quadrature) {
  auto contact = contact_of(0.5, 0.6);

  contact.widen(&BarrierError::cell, 0.03);
  contact.widen(&BarrierError::strain, 0.02);

  double const total = std::sqrt(0.01 * 0.01 + 0.03 * 0.03 + 0.02 * 0.02);
  EXPECT_NEAR(contact.error[0].total(), total, 1e-12);
  EXPECT_NEAR(contact.enhancement[1].error, total / decade_at_1500_K, 1e-12);
}

}  // namespace
}  // namespace nacre
