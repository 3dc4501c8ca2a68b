#include "nacre/numerics/torus.hpp"

#include "nacre/core/rng.hpp"
#include "nacre/core/units.hpp"
#include "nacre/numerics/linalg.hpp"
#include "support/support.hpp"

namespace nacre {
namespace {

TEST(TorusDifference, crosses_the_border_where_that_is_shorter) {
  Eigen::Matrix2d const cell = Eigen::Vector2d(4, 2).asDiagonal();

  auto const way = torus_difference(cell, {0.9, 0.1}, {0.1, 0.3});

  EXPECT_NEAR(way.x(), 0.8, 1e-15);
  EXPECT_NEAR(way.y(), 0.4, 1e-15);
}

TEST(TorusDifference, is_the_shortest_of_all_translations_in_any_cell) {
  Rng rng(1, "test", 0);
  Eigen::Matrix2d skewed, sheared;
  skewed << 3.9, 1.5, 0.0, 3.2;
  sheared << 1.0, 7.3, 0.0, 1.0;  // its vectors are far from the shortest ones
  for (auto const& cell : {skewed, sheared}) {
    for (int i = 0; i < 200; ++i) {
      Eigen::Vector2d const a(rng.uniform(), rng.uniform()), b(rng.uniform(), rng.uniform());
      double shortest = 1e9;
      for (int u = -12; u <= 12; ++u) {
        for (int v = -3; v <= 3; ++v) shortest = std::min(shortest, (cell * (b - a + Eigen::Vector2d(u, v))).norm());
      }
      auto const way = torus_difference(cell, a, b);
      EXPECT_NEAR(way.norm(), shortest, 1e-12);
      EXPECT_NEAR((way + torus_difference(cell, b, a)).norm(), 0.0, 1e-12);
    }
  }
}

TEST(Torus, is_embedded_by_waves_that_keep_short_distances) {
  for (double const lean : {0.0, 0.3, 0.5, 1.4, -2.7}) {
    Eigen::Matrix2d cell;
    cell << 3.0, 3.0 * lean, 0.0, 2.0;
    auto const waves = torus_waves(cell);
    Eigen::Vector2d const step(0.3, -0.7);
    double sum = 0.0;
    for (auto const& wave : waves) {
      EXPECT_GE(wave.weight, 0.0);
      sum += wave.weight * std::pow(wave.reciprocal.cast<double>().dot(step), 2);
    }
    EXPECT_NEAR(sum, (cell * step).squaredNorm(), 1e-12);  // the decomposition is exact
  }
}

TEST(Torus, has_positive_definite_kernels_of_its_waves) {
  Eigen::Matrix2d cell;
  cell << 3.0, 1.4, 0.0, 2.5;
  auto const waves = torus_waves(cell);
  Eigen::Index const side = 9, points = side * side;
  Eigen::MatrixXd places(points, 6), kernel(points, points);
  for (Eigen::Index i = 0; i < points; ++i) {
    Eigen::Vector2d const f(static_cast<double>(i % side) / side, static_cast<double>(i / side) / side);
    for (int w = 0; w < 3; ++w) {
      auto const phase = 2 * units::pi * waves[static_cast<std::size_t>(w)].reciprocal.cast<double>().dot(f);
      auto const radius = std::sqrt(waves[static_cast<std::size_t>(w)].weight);
      places(i, 2 * w) = radius * std::cos(phase);
      places(i, 2 * w + 1) = radius * std::sin(phase);
    }
  }
  for (double const length : {0.3, 3.0, 30.0}) {
    for (Eigen::Index i = 0; i < points; ++i) {
      for (Eigen::Index j = 0; j < points; ++j) {
        kernel(i, j) = std::exp(-(places.row(i) - places.row(j)).squaredNorm() / (2 * length * length));
      }
    }
    EXPECT_GT(symmetric_eigen(kernel).values[0], -1e-12) << length;  // rounding
  }
}

}  // namespace
}  // namespace nacre
