#include "nacre/numerics/hypervolume.hpp"

#include "nacre/core/rng.hpp"
#include "support/support.hpp"

namespace nacre {
namespace {

TEST(Hypervolume, is_known_for_boxes) {
  EXPECT_EQ(hypervolume({{3}, {1}}, {4}), 3.0);
  EXPECT_EQ(hypervolume({{0, 0}}, {2, 3}), 6.0);
  EXPECT_EQ(hypervolume({{0, 2}, {1, 1}, {2, 0}}, {3, 3}), 6.0);              // a staircase of 3 + 2 + 1
  EXPECT_EQ(hypervolume({{0, 0, 1}, {0, 1, 0}, {1, 0, 0}}, {2, 2, 2}), 7.0);  // the cube of 8 less the unit corner
  EXPECT_EQ(hypervolume({{0, 0, 0, 0}}, {1, 2, 3, 4}), 24.0);
}

TEST(Hypervolume, ignores_what_adds_nothing) {
  EXPECT_EQ(hypervolume({}, {1, 1}), 0.0);
  EXPECT_EQ(hypervolume({{0, 1}}, {1, 1}), 0.0);  // on the reference's edge
  EXPECT_EQ(hypervolume({{0, 0}, {0.5, 0.5}, {0, 0}, {-1, 2}}, {1, 1}), 1.0);
}

TEST(Hypervolume, agrees_with_counting_in_three_dimensions) {
  Rng rng(1, "test", 0);
  std::vector<std::vector<double>> points;
  for (int i = 0; i < 12; ++i) points.push_back({rng.uniform(), rng.uniform(), rng.uniform()});

  constexpr int grid = 60;
  int inside = 0;
  for (int i = 0; i < grid * grid * grid; ++i) {
    std::vector<double> const x{(i % grid + 0.5) / grid, (i / grid % grid + 0.5) / grid,
                                (i / grid / grid + 0.5) / grid};
    inside += std::ranges::any_of(points, [&](auto const& p) { return p[0] <= x[0] && p[1] <= x[1] && p[2] <= x[2]; });
  }

  // the boundary crosses about 3 grid^2 cells, each half inside on average: error well below 3/grid/10
  EXPECT_NEAR(hypervolume(points, {1, 1, 1}), inside / double(grid * grid * grid), 0.005);
}

}  // namespace
}  // namespace nacre
