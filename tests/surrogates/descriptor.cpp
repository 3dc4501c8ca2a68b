#include "nacre/score/predictor_plugin.hpp"
#include "support/predictor_conformance.hpp"
#include "support/support.hpp"

namespace nacre {
namespace {

std::shared_ptr<Predictor const> gaussian_process() {
  return load_predictor("gaussian_process", {test::build_folder() / "lib/nacre"});
}

TEST(GaussianProcessPredictor, keeps_the_rules_of_predictors) { test::check_conformance(*gaussian_process()); }

TEST(GaussianProcessPredictor, includes_the_noise_it_finds_in_its_error) {
  auto data = test::smooth_examples(100, 0.5);
  data.standard_errors.setZero();

  auto const fitted = gaussian_process()->fit(data, 1);

  EXPECT_NEAR(fitted->predict(Eigen::Vector3d(0.5, 7.0, 0.0)).standard_error, 0.5, 0.15);  // 0.5 / sqrt(2 x 100) x 4
}

TEST(GaussianProcessPredictor, is_less_sure_away_from_its_examples) {
  auto const fitted = gaussian_process()->fit(test::smooth_examples(60, 0.05), 1);

  auto const inside = fitted->predict(Eigen::Vector3d(0.5, 7.0, 0.0)),
             outside = fitted->predict(Eigen::Vector3d(9.0, 7.0, 0.0));
  EXPECT_GT(outside.standard_error, 5 * inside.standard_error);
}

TEST(BoostedTreesPredictor, keeps_the_rules_of_predictors) {
  test::check_conformance(*load_predictor("boosted_trees", {test::build_folder() / "lib/nacre"}));
}

TEST(BoostedTreesPredictor, takes_the_error_of_examples_held_out) {
  auto const data = test::smooth_examples(400, 0.5);

  auto const fitted = load_predictor("boosted_trees", {test::build_folder() / "lib/nacre"})->fit(data, 1);

  EXPECT_NEAR(fitted->predict(Eigen::Vector3d(0.5, 7.0, 0.0)).standard_error, 0.55,
              0.1);  // the noise, and what 300 teach
}

}  // namespace
}  // namespace nacre
