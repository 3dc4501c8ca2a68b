#include "nacre/numerics/permutation_importance.hpp"

#include "nacre/core/error.hpp"
#include "nacre/core/rng.hpp"
#include "nacre/numerics/boosted_trees.hpp"
#include "support/support.hpp"

namespace nacre {
namespace {

struct Planted {
  Eigen::MatrixXd inputs;
  Eigen::VectorXd values;
};

/// Columns 1 and 2 carry 80 and 13 % of the variance, the noise the rest; 0 and 3 nothing.
Planted plant(std::uint64_t seed, std::uint64_t part) {
  Rng rng(seed, "planted", part);
  Planted table{Eigen::MatrixXd(300, 4), {}};
  for (auto& x : table.inputs.reshaped()) x = rng.uniform();
  table.values = 2.0 * table.inputs.col(1) + 0.8 * table.inputs.col(2);
  for (auto& y : table.values) y += 0.18 * rng.normal();
  return table;
}

TEST(PermutationImportance, ranks_the_columns_that_carry_the_variance_first) {
  constexpr std::uint64_t sets = 5;
  int within = 0;
  for (std::uint64_t seed = 0; seed < 20; ++seed) {
    auto const train = plant(seed, 0);
    auto const model = BoostedTrees::fit(train.inputs, train.values, {.trees = 60, .depth = 3, .learning_rate = 0.1});
    auto const means = [&](Eigen::MatrixXd const& inputs) { return model.predict(inputs); };
    Eigen::MatrixXd rises(sets, 4);
    double squares = 0.0;
    for (std::uint64_t set = 0; set < sets; ++set) {
      auto const unseen = plant(seed, 1 + set);
      squares += (means(unseen.inputs) - unseen.values).squaredNorm();
      rises.row(static_cast<Eigen::Index>(set)) =
          shuffled_rises(means, unseen.inputs, unseen.values, {{0}, {1}, {2}, {3}}, {5, seed, set});
    }
    constexpr double rows = 300.0 * sets;
    std::vector<Importance> importance;
    for (Eigen::Index c = 0; c < 4; ++c)
      importance.push_back(importance_of(rises.col(c), std::sqrt(squares / rows), rows));

    EXPECT_GT(importance[1].increase, importance[2].increase) << seed;
    for (std::size_t const idle : {0u, 3u}) {
      EXPECT_GT(importance[2].increase, importance[idle].increase) << seed;
      EXPECT_LT(std::abs(importance[idle].increase), 0.01) << seed;  // of a deviation of 0.65
      within += std::abs(importance[idle].increase) < 2.0 * importance[idle].standard_error;
    }
  }
  EXPECT_GE(within, 30);  // of 40; |t(4)| < 2 in 88 %: 35 +- 2
}

TEST(PermutationImportance, shuffles_the_columns_of_one_input_together) {
  auto const table = plant(1, 0);
  auto const difference = [](Eigen::MatrixXd const& x) -> Eigen::VectorXd { return x.col(1) - x.col(0); };
  Eigen::MatrixXd equal = table.inputs;
  equal.col(0) = equal.col(1);

  auto const rises = shuffled_rises(difference, equal, Eigen::VectorXd::Zero(300), {{0, 1}, {1}});

  EXPECT_EQ(rises[0], 0.0);
  EXPECT_NEAR(rises[1], 300.0 / 6.0, 8.0);  // (u - v)^2 has the mean 1/6; 5 orders of 300
}

TEST(PermutationImportance, gives_the_rise_of_the_root_mean_square_error) {
  auto const importance = importance_of(Eigen::Vector2d(10.0, 14.0), 1.0, 8.0);

  EXPECT_NEAR(importance.increase, 1.0, 1e-12);               // sqrt(1 + 24 / 8) - 1
  EXPECT_NEAR(importance.standard_error, 4.0 / 24.0, 1e-12);  // sqrt(2 * 8) / 8 / (2 + 1)
  EXPECT_THROW(shuffled_rises([](auto const& x) { return Eigen::VectorXd(x.col(0)); }, Eigen::MatrixXd::Zero(3, 1),
                              Eigen::VectorXd::Zero(2), {{0}}),
               InputError);
}

}  // namespace
}  // namespace nacre
