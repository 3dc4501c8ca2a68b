#include "nacre/numerics/torus.hpp"

#include "nacre/core/rng.hpp"
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

}  // namespace
}  // namespace nacre
