/// Outcomes with everything in them, for the tests of the store and of what is sent.
#pragma once

#include <bit>
#include <cstdint>
#include <limits>

#include "nacre/campaign/store.hpp"

namespace nacre::test {

inline constexpr double nan = std::numeric_limits<double>::quiet_NaN();

inline Estimate full_estimate(double value) {
  Estimate estimate(value, 0.1 / 3.0, 12345.0, std::string(64, 'a'));
  estimate.shared_error = 0.1 / 7.0;
  return estimate;
}

/// Numbers that are easily lost: -0, the smallest one, infinity, a third.
inline EvaluatedDesign full_design(std::int64_t seed) {
  EvaluatedDesign design;
  design.design.values = {seed, -7, 1'000'000, std::numeric_limits<std::int64_t>::max()};
  design.words = "CeO2 (111) | ZrO2 (111), Σ7 — it's \"one\"";
  design.why = "along x: \"slow\", sure to 0.02 eV";
  design.choices = {{"material_a", "CeO2", 0.0, 0.0}, {"shift", "(0.1, 0.5)", 0.1, -0.0}};
  design.descriptors = {{"area [Å^2]", 1.0 / 3.0}, {"missing", nan}, {"tiny", 5e-324}, {"minus zero", -0.0}};
  design.objectives = {full_estimate(-1.5), Estimate::without_value(Status::not_bonded, "gap: 4.2 Å", 17.0, "m"),
                       full_estimate(-0.0)};
  design.constraints = {0.01, nan, -std::numeric_limits<double>::infinity()};
  design.extras = {{"z_separation", full_estimate(2.0)}, {"work_of_separation", full_estimate(1e300)}};
  design.hops = {{"contact", 0.7, 1.0 / 3.0, "a", "b", "c\n"}, {"layer 1", -0.0, 5e-324, "", "x", "y"}};
  design.structure = "2\nLattice=\"1 0 0\"\nCe 0 0 0\nO 1 1 1\n";
  design.leaf = Hash128::of("leaf");
  design.registry = std::string("a\0b", 3);
  design.relaxed_shift = {0.25, -0.0};
  design.shift_cell << 1.0, 2.0, 3.0, 4.0;
  design.energy_per_area = 0.1 + 0.2;
  return design;
}

inline Outcome full_outcome(std::int64_t seed = 3) {
  EvaluatedDesign bare;
  bare.design.values = {seed + 1};
  bare.energy_per_area = nan;
  bare.objectives = {Estimate::without_value(Status::refused, "polar")};
  return {Status::ok, "", 2.5, {full_design(seed), bare}};
}

/// One NaN, everything else to the bit.
inline bool same(double a, double b) {
  return (std::isnan(a) && std::isnan(b)) || std::bit_cast<std::uint64_t>(a) == std::bit_cast<std::uint64_t>(b);
}
inline bool same(Estimate const& a, Estimate const& b) {
  return same(a.value, b.value) && same(a.standard_error, b.standard_error) &&
         same(a.shared_error, b.shared_error) && a.status == b.status &&
         a.reason == b.reason && same(a.work, b.work) && a.model == b.model;
}

inline void expect_same(EvaluatedDesign const& a, EvaluatedDesign const& b) {
  EXPECT_EQ(a.design, b.design);
  EXPECT_EQ(a.words, b.words);
  EXPECT_EQ(a.why, b.why);
  EXPECT_EQ(a.structure, b.structure);
  EXPECT_EQ(a.hops, b.hops);
  EXPECT_EQ(a.leaf, b.leaf);
  EXPECT_EQ(a.registry, b.registry);
  EXPECT_TRUE(same(a.energy_per_area, b.energy_per_area));
  for (int i = 0; i < 2; ++i) EXPECT_TRUE(same(a.relaxed_shift[i], b.relaxed_shift[i]));
  for (int i = 0; i < 4; ++i) EXPECT_TRUE(same(a.shift_cell.data()[i], b.shift_cell.data()[i]));
  auto const all = [](auto const& left, auto const& right, auto const& equal) {
    return std::equal(left.begin(), left.end(), right.begin(), right.end(), equal);
  };
  auto const named = [](auto const& left, auto const& right) {
    return left.first == right.first && same(left.second, right.second);
  };
  EXPECT_TRUE(all(a.choices, b.choices, [](Choice const& left, Choice const& right) {
    return left.name == right.name && left.label == right.label && same(left.value, right.value) &&
           same(left.second, right.second);
  }));
  EXPECT_TRUE(all(a.descriptors, b.descriptors, named));
  EXPECT_TRUE(all(a.extras, b.extras, named));
  EXPECT_TRUE(all(a.objectives, b.objectives, [](auto const& left, auto const& right) { return same(left, right); }));
  EXPECT_TRUE(all(a.constraints, b.constraints, [](double left, double right) { return same(left, right); }));
}

inline void expect_same(Outcome const& a, Outcome const& b) {
  EXPECT_EQ(a.status, b.status);
  EXPECT_EQ(a.reason, b.reason);
  EXPECT_TRUE(same(a.work, b.work));
  ASSERT_EQ(a.designs.size(), b.designs.size());
  for (std::size_t i = 0; i < a.designs.size(); ++i) expect_same(a.designs[i], b.designs[i]);
}

/// A proposal of the designs of `full_outcome(seed)`.
inline StoredProposal full_proposal(std::int64_t number, std::int64_t seed = 3) {
  StoredProposal proposal{number, Tier::potential, {}, 0.1 * static_cast<double>(number), 1.0 / 3.0, "swarm"};
  for (auto const& design : full_outcome(seed).designs) proposal.designs.push_back(design.design);
  return proposal;
}

}  // namespace nacre::test
