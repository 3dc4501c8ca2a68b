#include "nacre/score/table_study.hpp"

#include <gtest/gtest.h>

#include <cmath>
#include <limits>
#include <set>

#include "nacre/core/error.hpp"
#include "nacre/core/rng.hpp"
#include "nacre/score/data_table.hpp"

namespace nacre {
namespace {

using Labels = std::vector<std::vector<std::string>>;

/// Rows of materials: columns 0 and 1 belong to the material ("bulk", 80 % of the variance), 2 to 5 to the row.
struct Planted {
  TableData data;
  Labels groups;
};

Planted plant(Eigen::Index rows, int materials, double noise, std::uint64_t seed) {
  Planted p{{Eigen::MatrixXd(rows, 6), Eigen::VectorXd(rows), {}}, {}};
  Rng rng(seed, "planted", 0);
  Eigen::MatrixXd bulk(materials, 2);
  for (auto& x : bulk.reshaped()) x = rng.normal();
  for (Eigen::Index i = 0; i < rows; ++i) {
    auto const material = static_cast<Eigen::Index>(rng.below(static_cast<std::uint64_t>(materials)));
    auto x = p.data.features.row(i);
    for (auto& number : x) number = rng.normal();
    x.head(2) = bulk.row(material);
    p.data.values[i] = 1.2 * x[0] + 0.8 * std::sin(2.0 * x[1]) + 0.4 * x[2] + noise * rng.normal();
    p.groups.push_back({std::to_string(material)});
  }
  for (Eigen::Index c = 0; c < 6; ++c) p.data.inputs.push_back({std::to_string(c), {c}});
  return p;
}

TEST(TableFolds, keep_both_labels_of_a_row_on_one_side) {
  Labels labels;
  Rng rng(1, "labels", 0);
  for (int i = 0; i < 300; ++i) labels.push_back({std::to_string(rng.below(40)), std::to_string(rng.below(40))});
  std::vector<int> held_out(labels.size(), 0);

  for (auto const& fold : grouped_folds(labels, 6, 0)) {
    std::set<std::string> tested;
    for (auto const row : fold.test) {
      tested.insert(labels[static_cast<std::size_t>(row)].begin(), labels[static_cast<std::size_t>(row)].end());
      ++held_out[static_cast<std::size_t>(row)];
    }
    for (auto const row : fold.train)
      for (auto const& label : labels[static_cast<std::size_t>(row)]) EXPECT_FALSE(tested.contains(label));
  }

  EXPECT_EQ(held_out, std::vector<int>(labels.size(), 1));
}

TEST(TableFolds, need_two_groups) { EXPECT_THROW(grouped_folds(Labels(30, {"one"}), 5, 0), InputError); }

TEST(TableStudy, reaches_the_noise_and_says_how_large_it_is) {
  auto const p = plant(400, 150, 0.3, 1);

  auto const study = study_table(p.data, grouped_folds(p.groups, 5, 1), {.favourable_below = 0.0, .shuffles = 2});

  auto const& best = study.of(study.chosen);
  EXPECT_LT(best.rmse, 0.3 * 1.15);
  EXPECT_GT(best.rmse, 0.3 * 0.9);        // 400 errors scatter by 3.5 %
  EXPECT_NEAR(best.coverage, 0.8, 0.06);  // binomial: 2 %, here three of them
  EXPECT_GT(*best.auc, 0.9);
  EXPECT_NEAR(best.half_width, 1.2816 * 0.3, 0.08);
  EXPECT_LT(best.rmse, study.of(TableModelKind::ridge).rmse);
  EXPECT_NEAR(study.of(TableModelKind::mean).r2, 0.0, 0.1);
  EXPECT_GT(study.importance[0].increase, study.importance[2].increase);
  EXPECT_GT(study.importance[1].increase, study.importance[2].increase);
  for (std::size_t c = 3; c < 6; ++c)  // columns that do nothing; 3: 0.3 % each
    EXPECT_LT(std::abs(study.importance[c].increase), 3.0 * study.importance[c].standard_error + 1e-6);
}

TEST(TableStudy, does_not_depend_on_threads) {
  auto const p = plant(90, 20, 0.3, 2);
  auto const folds = grouped_folds(p.groups, 3, 0);

  auto const one = study_table(p.data, folds, {.threads = 1}), three = study_table(p.data, folds, {.threads = 3});

  EXPECT_EQ(one.held_out_means, three.held_out_means);
  EXPECT_EQ(one.importance[0].increase, three.importance[0].increase);
}

TEST(TableModel, reaches_the_noise_of_a_smooth_function_among_twelve_columns) {
  Eigen::MatrixXd features(1147, 12);
  Eigen::VectorXd values(1147);
  Rng rng(3, "smooth", 0);
  for (Eigen::Index i = 0; i < 1147; ++i) {
    auto x = features.row(i);
    for (auto& number : x) number = rng.uniform();
    values[i] = 2.0 * std::sin(6.0 * x[0]) + 4.0 * x[1] * x[2] + 6.0 * (x[3] - 0.5) * (x[3] - 0.5) + 0.3 * rng.normal();
  }
  auto const model = TableModel::fit(TableModelKind::gaussian_process, features.topRows(860), values.head(860), 0);

  Eigen::ArrayXd const errors = model.means(features.bottomRows(287)) - values.tail(287);

  double const rmse = std::sqrt(errors.square().mean());
  EXPECT_LT(rmse, 0.3 * 1.15);
  EXPECT_GT(rmse, 0.3 * 0.87);  // 287 errors scatter by 4.2 %; 3 of them
}

TEST(TableModel, takes_a_gap_for_a_gap_and_not_for_zero) {
  Eigen::MatrixXd features(60, 1);
  Eigen::VectorXd values(60);
  for (Eigen::Index i = 0; i < 60; ++i) {
    features(i, 0) = i % 3 == 0 ? std::numeric_limits<double>::quiet_NaN() : 10.0 + static_cast<double>(i % 7);
    values[i] = i % 3 == 0 ? 5.0 : features(i, 0);
  }
  Eigen::MatrixXd gap(1, 1);
  gap << std::numeric_limits<double>::quiet_NaN();

  for (auto const kind : {TableModelKind::ridge, TableModelKind::gaussian_process, TableModelKind::boosted_trees})
    EXPECT_NEAR(TableModel::fit(kind, features, values, 0).means(gap)[0], 5.0, 0.3) << name_of(kind);  // shrinkage
}

TEST(TableModel, learns_heavy_tails_where_they_are_none) {
  Eigen::MatrixXd features(300, 2);
  Eigen::VectorXd values(300), truth(300);
  Rng rng(5, "tails", 0);
  for (auto& x : features.reshaped()) x = rng.uniform();
  for (Eigen::Index i = 0; i < 300; ++i) {
    truth[i] = std::exp(4.0 * features(i, 0) - 1.0);  // 0.4 to 20
    values[i] = truth[i] * std::exp(0.4 * rng.normal());
  }
  truth *= std::exp(0.5 * 0.4 * 0.4);  // mean of a log-normal distribution

  for (auto const kind : {TableModelKind::gaussian_process, TableModelKind::boosted_trees}) {
    for (double const sign : {1.0, -1.0}) {  // negative values: arsinh instead of the logarithm
      auto const model = TableModel::fit(kind, features, sign * values, 0);
      Eigen::ArrayXd const ratio = model.means(features).array() / (sign * truth.array());
      Eigen::ArrayXd const spread = model.spreads(features).array() / truth.array();
      EXPECT_NEAR(ratio.mean(), 1.0, 0.1) << name_of(kind) << ' ' << sign;
      if (sign > 0.0) EXPECT_NEAR(spread.mean(), 0.42, 0.15) << name_of(kind);  // sqrt(exp(0.16) - 1)
      Eigen::ArrayXd const high = (truth.array() > 5.0).cast<double>(), errors = model.spreads(features);
      EXPECT_GT((errors * high).sum() / high.sum(), 2.0 * (errors * (1.0 - high)).sum() / (1.0 - high).sum());
    }
  }
}

TEST(TableModel, takes_columns_of_any_size) {
  Eigen::MatrixXd features(60, 4);
  Eigen::VectorXd values(60);
  for (Eigen::Index i = 0; i < 60; ++i) {
    features.row(i) << static_cast<double>(i % 7), (i % 2 == 0 ? 1e300 : -1e300), 3.0, std::nan("");
    values[i] = static_cast<double>(i % 7) + (i % 2 == 0 ? 2.0 : 0.0);
  }
  for (auto const kind : {TableModelKind::ridge, TableModelKind::gaussian_process, TableModelKind::boosted_trees}) {
    auto const model = TableModel::fit(kind, features, values, 0);
    EXPECT_LT((model.means(features) - values).norm() / std::sqrt(60.0), 0.3) << name_of(kind);
    EXPECT_TRUE(model.spreads(features).allFinite()) << name_of(kind);
  }
}

TEST(TableStudy, turns_a_band_into_a_standard_error) {
  EXPECT_NEAR(error_of_half_width(0.8), 1.0 / 1.2815515655446004, 1e-12);
  EXPECT_NEAR(probability_below(1.0, 0.0, 1.0), 0.8413447460685429, 1e-12);
}

TEST(DataTable, reads_quotes_and_refuses_ragged_rows) {
  auto const table = parse_csv("a,\"b \"\"x\"\"\"\r\n\"1,2\",3\r\n,nan\n", "t.csv");

  EXPECT_EQ(table.header[1], "b \"x\"");
  EXPECT_EQ(table.rows[0][0], "1,2");
  EXPECT_TRUE(std::isnan(number_at(table, 1, 1)));
  EXPECT_THROW(number_at(table, 0, 0), InputError);
  EXPECT_THROW(parse_csv("a,b\n1\n", "t.csv"), InputError);
  EXPECT_THROW(parse_csv("a,b\n\"1,2\n", "t.csv"), InputError);
  EXPECT_THROW(parse_csv("a,a\n1,2\n", "t.csv"), InputError);
  EXPECT_THROW(parse_csv("", "t.csv"), InputError);
}

}  // namespace
}  // namespace nacre
