// Corrections by labels: known limits, planted biases, and whether errors are as large as they say.
#include "nacre/learn/delta.hpp"

#include <cmath>

#include "nacre/core/error.hpp"
#include "nacre/core/rng.hpp"
#include "support/support.hpp"

namespace nacre {
namespace {

TEST(Delta, changes_nothing_without_labels_but_says_how_little_is_known) {
  Delta const delta({}, 0.5);

  auto const shift = delta.at({3, 1, 2, 7.0});

  EXPECT_EQ(shift.mean, 0.0);
  EXPECT_GT(shift.error, 0.5);
}

TEST(Delta, gives_a_labelled_design_its_label) {
  Delta const delta({{{0, 0, 0, 1.0}, 0.3, 0.0}, {{1, 0, 0, 1.2}, 0.5, 0.0}}, 0.2);

  EXPECT_NEAR(delta.at({0, 0, 0, 1.0}).mean, 0.3, 1e-5) << "but for the jitter";
  EXPECT_NEAR(delta.at({1, 0, 0, 1.2}).mean, 0.5, 1e-5);
  EXPECT_LT(delta.at({0, 0, 0, 1.0}).error, 0.01);
}

TEST(Delta, finds_an_offset_of_all_families) {
  std::vector<DeltaLabel> labels;
  for (int i = 0; i < 8; ++i) labels.push_back({{i, i, i, 1.0 + 0.1 * i}, -0.4, 0.0});
  Delta const delta(labels, 0.25);

  auto const elsewhere = delta.at({100, 100, 100, 1.35});

  EXPECT_NEAR(elsewhere.mean, -0.4, 0.02) << "a twentieth of the offset for what one more family may bring";
  EXPECT_LT(elsewhere.error, 0.1);
}

TEST(Delta, tells_families_apart) {
  std::vector<DeltaLabel> labels;
  for (int i = 0; i < 12; ++i) labels.push_back({{i, i % 2, i % 2, 1.0}, i % 2 == 0 ? 0.3 : -0.3, 0.01});
  Delta const delta(labels, 0.25);

  EXPECT_NEAR(delta.at({50, 0, 0, 1.0}).mean, 0.3, 0.03);
  EXPECT_NEAR(delta.at({51, 1, 1, 1.0}).mean, -0.3, 0.03);
  EXPECT_NEAR(delta.at({52, 2, 2, 1.0}).mean, 0.0, 0.15) << "an unknown family lies between those that are known";
  EXPECT_GT(delta.at({52, 2, 2, 1.0}).error, 3.0 * delta.at({50, 0, 0, 1.0}).error);
}

TEST(Delta, follows_a_slope_in_the_cheap_value) {
  std::vector<DeltaLabel> labels;
  for (int i = 0; i < 10; ++i) labels.push_back({{i, i, i, 0.5 * i}, 0.2 * 0.5 * i, 0.0});  // dear = 1.2 cheap
  Delta const delta(labels, 0.5);

  EXPECT_NEAR(delta.at({20, 20, 20, 6.0}).mean, 1.2, 0.1);
}

TEST(Delta, is_less_sure_the_fewer_labels_there_are) {
  Rng rng(3, "labels", 0);
  std::vector<DeltaLabel> labels;
  double before = Delta({}, 0.3).at({99, 99, 99, 1.0}).error;
  for (int i = 0; i < 16; ++i) {
    labels.push_back({{i, i, i, 1.0 + 0.05 * rng.normal()}, 0.2 + 0.1 * rng.normal(), 0.01});
    if (i != 0 && i != 3 && i != 15) continue;
    double const error = Delta(labels, 0.3).at({99, 99, 99, 1.0}).error;
    EXPECT_LT(error, before) << labels.size() << " labels";
    before = error;
  }
  EXPECT_GT(before, 0.08) << "never surer than designs differ";
}

TEST(Delta, has_errors_that_hold_on_planted_biases) {
  int inside = 0, all = 0;
  for (std::uint64_t seed = 0; seed < 60; ++seed) {
    Rng rng(seed, "planted", 0);
    double const offset = 0.5 * rng.normal();
    double family[6];
    for (auto& bias : family) bias = 0.2 * rng.normal();
    auto const truth = [&](int f) { return offset + family[f] + 0.05 * rng.normal(); };
    std::vector<DeltaLabel> labels;
    for (int i = 0; i < 8; ++i) labels.push_back({{i, i % 4, i % 4, 2.0 + 0.3 * rng.normal()}, truth(i % 4), 0.005});
    Delta const delta(labels, 0.5);
    for (int f = 0; f < 6; ++f) {
      auto const shift = delta.at({100 + f, f, f, 2.0});
      inside += std::abs(shift.mean - truth(f)) < 2.0 * shift.error ? 1 : 0;
      ++all;
    }
  }
  double const share = static_cast<double>(inside) / all;
  EXPECT_GT(share, 0.90) << "95 % are meant; 360 draws scatter by 1.2 %";
}

TEST(Delta, does_not_count_what_two_designs_share) {
  Delta const delta({}, 0.5);
  DeltaPoint const a{0, 0, 0, 1.0}, same_family{1, 0, 0, 1.0}, other{2, 1, 1, 1.0};

  EXPECT_EQ(delta.variance_of_difference(a, a), 0.0);
  EXPECT_LT(delta.variance_of_difference(a, same_family), delta.variance_of_difference(a, other));
  EXPECT_LT(delta.variance_of_difference(a, other), 2.0 * std::pow(delta.at(a).error, 2));
}

TEST(Delta, refuses_what_is_no_number) {
  EXPECT_THROW(Delta({}, 0.0), InputError);
  EXPECT_THROW(Delta({{{0, 0, 0, std::nan("")}, 0.1, 0.0}}, 1.0), InputError);
  EXPECT_THROW(Delta({{{0, 0, 0, 1.0}, INFINITY, 0.0}}, 1.0), InputError);
}

}  // namespace
}  // namespace nacre
