/// What every Predictor must keep to, run on each of them.
#pragma once

#include <gtest/gtest.h>

#include <cmath>
#include <limits>

#include "nacre/core/error.hpp"
#include "nacre/core/rng.hpp"
#include "nacre/score/predictor.hpp"

namespace nacre::test {

/// Examples of a smooth function of three descriptors; the second one is constant.
inline PredictorData smooth_examples(Eigen::Index count, double error) {
  Rng rng(11, "examples", 0);
  PredictorData data{Eigen::MatrixXd(count, 3), Eigen::VectorXd(count), Eigen::VectorXd::Constant(count, error)};
  for (Eigen::Index i = 0; i < count; ++i) {
    data.features.row(i) << rng.uniform(), 7.0, rng.uniform(-200, 200);
    data.values[i] = 3.0 * data.features(i, 0) + 0.01 * data.features(i, 2) + error * rng.normal();
  }
  return data;
}

/// Fails the running test for each rule that `predictor` (not fitted) breaks.
inline void check_conformance(Predictor const& predictor) {
  auto const data = smooth_examples(60, 0.05);
  Eigen::Vector3d const x(0.4, 7.0, 30.0);

  auto const prior = predictor.predict(x);
  EXPECT_EQ(prior.mean, 0.0);
  EXPECT_EQ(prior.standard_error, unfitted_error);
  EXPECT_EQ(predictor.load(predictor.save())->predict(x).standard_error, unfitted_error);
  EXPECT_EQ(predictor.fit({Eigen::MatrixXd(0, 3), Eigen::VectorXd(0), Eigen::VectorXd(0)}, 1)->save(),
            predictor.save());

  auto const fitted = predictor.fit(data, 1);
  auto const prediction = fitted->predict(x);
  EXPECT_EQ(fitted->name(), predictor.name());
  EXPECT_EQ(predictor.predict(x).standard_error, unfitted_error) << "fit changed the predictor it was called on";
  EXPECT_LT(std::abs(prediction.mean - 1.5), 4 * prediction.standard_error) << "the function is 1.2 + 0.3 there";
  EXPECT_LT(prediction.standard_error, 0.5) << "no better than the spread of the examples";
  EXPECT_GT(prediction.standard_error, 0.0);

  EXPECT_EQ(predictor.fit(data, 1)->save(), fitted->save()) << "another fit of the same data with the same seed";
  auto const loaded = predictor.load(fitted->save());
  EXPECT_EQ(loaded->save(), fitted->save());
  EXPECT_EQ(loaded->predict(x).mean, prediction.mean);
  EXPECT_EQ(loaded->predict(x).standard_error, prediction.standard_error);
  EXPECT_EQ(loaded->fit(data, 1)->save(), fitted->save()) << "a fit depends on its examples alone";

  EXPECT_TRUE(std::isfinite(predictor.fit(smooth_examples(1, 0.1), 1)->predict(x).mean));
  EXPECT_THROW(predictor.load("damaged"), Error);
  auto broken = data;
  broken.values[3] = std::numeric_limits<double>::quiet_NaN();
  EXPECT_THROW(predictor.fit(broken, 1), InputError);
  broken.values.conservativeResize(59);
  EXPECT_THROW(predictor.fit(broken, 1), InputError);
}

}  // namespace nacre::test
