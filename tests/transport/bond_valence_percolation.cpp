#include <queue>

#include "ionic_crystals.hpp"
#include "nacre/core/rng.hpp"
#include "nacre/transport/percolation.hpp"
#include "support/support.hpp"

namespace nacre {
namespace {

EnergyGrid flat_grid(Eigen::Vector3i const& points, double energy) {
  EnergyGrid grid;
  grid.lattice = Eigen::Vector3d(3.0, 4.0, 5.0).asDiagonal();
  grid.points = points;
  grid.energy.assign(static_cast<std::size_t>(points.prod()), energy);
  return grid;
}

EnergyGrid random_grid(Eigen::Vector3i const& points, std::uint64_t seed) {
  auto grid = flat_grid(points, 0.0);
  grid.lattice << 3.0, 1.1, -0.7, 0.0, 2.5, 1.3, 0.0, 0.0, 3.5;
  Rng rng(seed, "grid", 0);
  for (auto& energy : grid.energy) energy = std::floor(rng.uniform(0.0, 12.0)) / 4.0;  // with ties
  return grid;
}

using Vectors = std::vector<Eigen::Vector3i>;

/// Wrapping vectors of each component of the points that are in, by flooding one after the other and carrying the
/// cell along: wherever the flood meets itself in another cell there is one.
std::vector<Vectors> flood(EnergyGrid const& grid, double level, int connectivity) {
  std::vector<Vectors> components;
  std::map<std::size_t, Eigen::Vector3i> cell;
  for (std::size_t start = 0; start < grid.size(); ++start) {
    if (grid.energy[start] > level || cell.contains(start)) continue;
    auto& wraps = components.emplace_back();
    cell[start] = Eigen::Vector3i::Zero();
    std::queue<std::size_t> queue({start});
    for (; !queue.empty(); queue.pop()) {
      auto const at = queue.front();
      for (int move = 0; move < 27; ++move) {
        Eigen::Vector3i const by(move / 9 - 1, move / 3 % 3 - 1, move % 3 - 1);
        int const axes = by.cwiseAbs().sum();
        if (axes == 0 || axes > (connectivity == 6 ? 1 : connectivity == 18 ? 2 : 3)) continue;
        Eigen::Vector3i to = grid.coordinates(at) + by, there = cell.at(at);
        for (int k = 0; k < 3; ++k) {
          int const turns = to[k] < 0 ? -1 : to[k] / grid.points[k];
          to[k] -= turns * grid.points[k];
          there[k] += turns;
        }
        auto const index = grid.index(to);
        if (grid.energy[index] > level) continue;
        auto const [known, fresh] = cell.emplace(index, there);
        if (fresh)
          queue.push(index);
        else if (known->second != there)
          wraps.push_back(there - known->second);
      }
    }
  }
  return components;
}

int brute_rank(PercolationTarget const& target, Vectors const& wraps) {
  Eigen::Matrix3d sum = Eigen::Matrix3d::Zero();
  for (auto const& wrap : wraps) {
    Eigen::VectorXd const image = target.map * wrap.cast<double>();
    Eigen::Vector3d padded = Eigen::Vector3d::Zero();
    padded.head(image.size()) = image;
    sum += padded * padded.transpose();
  }
  Eigen::FullPivLU<Eigen::Matrix3d> lu(sum);
  lu.setThreshold(1e-9);
  return static_cast<int>(lu.rank());
}

std::optional<double> brute_threshold(EnergyGrid const& grid, PercolationTarget const& target, int connectivity) {
  std::set<double> const levels(grid.energy.begin(), grid.energy.end());
  for (double const level : levels)
    for (auto const& wraps : flood(grid, level, connectivity))
      if (brute_rank(target, wraps) >= target.rank) return level;
  return std::nullopt;
}

std::vector<PercolationTarget> targets_of(EnergyGrid const& grid) {
  auto targets = standard_targets();
  targets.push_back(in_plane_target(grid.lattice, {1, -1, 2}));
  targets.push_back(across_target({1, -1, 2}));
  targets.push_back(direction_target(grid.lattice, {2, 1, 0}));
  return targets;
}

TEST(Percolation, equals_flood_filling_on_small_random_grids) {
  std::vector<Eigen::Vector3i> const shapes{{3, 3, 3}, {2, 4, 3}, {1, 5, 4}, {4, 1, 2}, {5, 3, 2}, {1, 1, 3}};
  for (std::uint64_t seed = 0; seed < 60; ++seed) {
    auto grid = random_grid(shapes[seed % shapes.size()], seed);
    for (int const connectivity : {6, 18, 26}) {
      auto const targets = targets_of(grid);
      auto const found = percolate(grid, targets, {connectivity, {}});
      for (std::size_t t = 0; t < targets.size(); ++t) {
        auto const expected = brute_threshold(grid, targets[t], connectivity);
        ASSERT_TRUE(expected && found[t]);  // the whole grid percolates
        EXPECT_EQ(found[t]->level, *expected)
            << targets[t].name << " seed " << seed << " connectivity " << connectivity;
      }
    }
  }
}

TEST(Percolation, of_a_diagonal_channel_is_one_dimensional_along_both_axes) {
  auto grid = flat_grid({6, 6, 6}, std::numeric_limits<double>::infinity());
  for (int i = 0; i < 6; ++i) grid.energy[grid.index({i, i, 2})] = 0.1 * i;

  auto targets = standard_targets();
  targets.push_back(across_target({1, -1, 0}));
  targets.push_back(across_target({1, 1, 0}));
  auto const found = percolate(grid, targets);

  std::map<std::string, std::optional<double>> level;
  for (std::size_t t = 0; t < 9; ++t) level[targets[t].name] = found[t] ? std::optional(found[t]->level) : std::nullopt;
  EXPECT_EQ(level.at("E1D"), 0.5);
  EXPECT_EQ(level.at("Ex"), 0.5);
  EXPECT_EQ(level.at("Ey"), 0.5);
  for (auto const* name : {"E2D", "E3D", "Ez", "E_ab", "E_bc", "E_ac"}) EXPECT_FALSE(level.at(name)) << name;
  EXPECT_FALSE(found[9]);  // the channel runs within the planes (1 -1 0)
  EXPECT_EQ(found[10]->level, 0.5);
}

TEST(Percolation, does_not_pass_a_boundary_that_is_not_periodic) {
  auto grid = flat_grid({4, 4, 4}, 1.0);
  grid.periodic[2] = false;

  auto const found = percolate(grid, standard_targets());

  EXPECT_TRUE(found[1]);   // E2D
  EXPECT_FALSE(found[2]);  // E3D
  EXPECT_FALSE(found[5]);  // Ez
}

TEST(Percolation, goes_around_closed_points) {
  auto grid = flat_grid({4, 4, 4}, 0.0);
  PercolationOptions options;
  options.closed.assign(grid.size(), false);
  for (int i = 0; i < 4; ++i)
    for (int j = 0; j < 4; ++j) options.closed[grid.index({i, j, 0})] = true;

  auto const found = percolate(grid, standard_targets(), options);

  EXPECT_TRUE(found[1]);
  EXPECT_FALSE(found[5]);
}

TEST(Percolation, finds_walks_that_close_at_the_threshold) {
  for (std::uint64_t seed = 0; seed < 20; ++seed) {
    auto const grid = random_grid({5, 4, 6}, seed);
    auto const targets = targets_of(grid);
    auto const thresholds = percolate(grid, targets);
    for (std::size_t t = 0; t < targets.size(); ++t) {
      auto const walks = find_walks(grid, {targets[t]}, *thresholds[t]).front();

      ASSERT_EQ(static_cast<int>(walks.size()), targets[t].rank);
      Vectors wraps;
      for (auto const& walk : walks) {
        EXPECT_EQ(walk.points.front(), thresholds[t]->point);
        for (auto const point : walk.points) EXPECT_LE(grid.energy[point], thresholds[t]->level);
        auto const positions = walk.positions(grid);
        Eigen::Matrix3d const spacing = grid.lattice * grid.points.cast<double>().cwiseInverse().asDiagonal();
        for (Eigen::Index k = 0; k + 1 < positions.cols(); ++k) {
          Eigen::Vector3d const step = spacing.inverse() * (positions.col(k + 1) - positions.col(k));
          EXPECT_LT(step.cwiseAbs().maxCoeff(), 1.0 + 1e-9);  // neighbours only
        }
        Eigen::Vector3d const around = positions.rightCols<1>() - positions.leftCols<1>();
        EXPECT_LT((around - grid.lattice * walk.wrap.cast<double>()).norm(), 1e-9);
        wraps.push_back(walk.wrap);
      }
      EXPECT_EQ(brute_rank(targets[t], wraps), targets[t].rank);
    }
  }
}

TEST(Percolation, clusters_are_what_a_flood_reaches) {
  auto const grid = random_grid({4, 5, 3}, 3);
  auto const start = grid.lowest();

  auto const found = cluster(grid, start, 1.0, {6, {}});

  std::set<std::size_t> const members(found.begin(), found.end());
  EXPECT_TRUE(members.contains(start));
  auto const all = flood(grid, 1.0, 6);
  EXPECT_EQ(cluster(grid, start, 100.0, {}).size(), grid.size());
  for (auto const point : found) EXPECT_LE(grid.energy[point], 1.0);
  EXPECT_THROW(percolate(grid, standard_targets(), {7, {}}), InputError);
}

}  // namespace
}  // namespace nacre
