#include "nacre/numerics/boosted_trees.hpp"

#include <limits>

#include "nacre/core/error.hpp"
#include "nacre/core/rng.hpp"
#include "support/support.hpp"

namespace nacre {
namespace {

struct Table {
  Eigen::MatrixXd inputs;
  Eigen::VectorXd values;
};

Eigen::MatrixXd uniform_inputs(int points, int columns, std::uint64_t seed) {
  Rng rng(seed, "inputs", 0);
  Eigen::MatrixXd inputs(points, columns);
  for (auto& x : inputs.reshaped()) x = rng.uniform();
  return inputs;
}

/// Function number 1 of J. H. Friedman, Ann. Stat. 19, 1 (1991): five columns act, the others do not. Variance 24.
Table friedman(int points, double noise, std::uint64_t seed) {
  Table table{uniform_inputs(points, 8, seed), Eigen::VectorXd(points)};
  Rng rng(seed, "noise", 0);
  for (int i = 0; i < points; ++i) {
    auto const x = table.inputs.row(i);
    table.values[i] = 10.0 * std::sin(3.14159265358979 * x[0] * x[1]) + 20.0 * (x[2] - 0.5) * (x[2] - 0.5) +
                      10.0 * x[3] + 5.0 * x[4] + noise * rng.normal();
  }
  return table;
}

double at(BoostedTrees const& model, double x) {
  return model.predict(Eigen::VectorXd(Eigen::VectorXd::Constant(1, x)));
}

double error_of(BoostedTrees const& model, Table const& table) {
  return std::sqrt((model.predict(table.inputs) - table.values).squaredNorm() /
                   static_cast<double>(table.values.size()));
}

TEST(BoostedTrees, give_a_step_its_two_values) {
  Eigen::MatrixXd inputs(8, 1);
  inputs << 0, 1, 2, 3, 4, 5, 6, 7;
  Eigen::VectorXd values(8);
  values << 1, 1, 1, 1, 5, 5, 5, 5;

  auto const model = BoostedTrees::fit(inputs, values, {.trees = 1, .depth = 1, .learning_rate = 1.0, .sampled = 1.0});

  EXPECT_DOUBLE_EQ(at(model, -9.0), 1.0);
  EXPECT_DOUBLE_EQ(at(model, 3.4), 1.0);  // the threshold is midway: 3.5
  EXPECT_DOUBLE_EQ(at(model, 3.6), 5.0);
}

TEST(BoostedTrees, shrink_what_is_left_by_the_learning_rate) {
  Eigen::MatrixXd inputs(8, 1);
  inputs << 0, 0, 0, 0, 1, 1, 1, 1;
  Eigen::VectorXd values(8);
  values << 0, 0, 0, 0, 2, 2, 2, 2;

  for (int trees = 1; trees <= 5; ++trees) {
    auto const model = BoostedTrees::fit(inputs, values, {.trees = trees, .learning_rate = 0.1, .sampled = 1.0});
    EXPECT_NEAR(at(model, 1.0), 2.0 - std::pow(0.9, trees), 1e-12);
  }
}

TEST(BoostedTrees, learn_a_function_of_five_among_eight_columns) {
  auto const train = friedman(1000, 1.0, 1), fresh = friedman(1000, 0.0, 2);

  auto const model = BoostedTrees::fit(train.inputs, train.values);

  EXPECT_LT(error_of(model, fresh), 1.3);  // the mean alone: 4.9; noise of the data: 1
}

TEST(BoostedTrees, are_the_same_for_the_same_seed_and_order_of_a_column) {
  auto const train = friedman(200, 1.0, 3);
  auto stretched = train;
  stretched.inputs.col(3) = stretched.inputs.col(3).array().exp();

  auto const model = BoostedTrees::fit(train.inputs, train.values, {.seed = 7});

  EXPECT_EQ(BoostedTrees::fit(train.inputs, train.values, {.seed = 7}).predict(train.inputs),
            model.predict(train.inputs));
  EXPECT_NE(BoostedTrees::fit(train.inputs, train.values, {.seed = 8}).predict(train.inputs),
            model.predict(train.inputs));
  auto const all = BoostedTrees::fit(train.inputs, train.values, {.sampled = 1.0});
  EXPECT_EQ(BoostedTrees::fit(stretched.inputs, stretched.values, {.sampled = 1.0}).predict(stretched.inputs),
            all.predict(train.inputs));
}

TEST(BoostedTrees, give_the_same_bits_after_saving_and_for_many_points_at_once) {
  auto const train = friedman(700, 1.0, 4);  // more values in a column than there are thresholds
  auto const model = BoostedTrees::fit(train.inputs, train.values, {.trees = 40});

  auto const loaded = BoostedTrees::load(model.save());

  EXPECT_EQ(loaded.save(), model.save());
  auto const all = loaded.predict(train.inputs);
  for (Eigen::Index i = 0; i < 700; i += 50) EXPECT_EQ(all[i], model.predict(Eigen::VectorXd(train.inputs.row(i))));
  EXPECT_THROW(BoostedTrees::load(model.save().substr(0, 300)), Error);
  EXPECT_THROW(BoostedTrees::load("damaged"), Error);
}

TEST(BoostedTrees, refuse_what_they_cannot_be_fitted_to) {
  auto const train = friedman(20, 0.0, 1);
  auto broken = train.inputs;
  broken(3, 2) = std::numeric_limits<double>::quiet_NaN();

  EXPECT_THROW(BoostedTrees::fit(broken, train.values), InputError);
  EXPECT_THROW(BoostedTrees::fit(train.inputs, train.values.head(5)), InputError);
  EXPECT_THROW(BoostedTrees::fit(Eigen::MatrixXd(0, 3), Eigen::VectorXd()), InputError);
  EXPECT_THROW(BoostedTrees::fit(train.inputs, train.values, {.trees = 0}), InputError);
  EXPECT_THROW(BoostedTrees::fit(train.inputs, train.values, {.learning_rate = 2.0}), InputError);
  EXPECT_THROW(BoostedTrees::fit(train.inputs, train.values, {.sampled = 0.0}), InputError);
  EXPECT_NO_THROW(BoostedTrees::fit(train.inputs.topRows(1), train.values.head(1)));
}

}  // namespace
}  // namespace nacre
