#include "nacre/transport/site_graph.hpp"

#include <gtest/gtest.h>

#include <cmath>

#include "nacre/core/error.hpp"
#include "nacre/core/rng.hpp"
#include "nacre/core/units.hpp"

namespace nacre {
namespace {

constexpr double kT(double temperature) { return units::boltzmann_eV_per_K * temperature; }

/// n x m square lattice of spacing 1; `saddle(i, j, along)` of the edge from site (i, j) to the next along x or y.
template <class Saddle>
SiteGraph square(int n, int m, Saddle const& saddle) {
  SiteGraph graph;
  graph.lattice = Eigen::Vector3d(n, m, 5.0).asDiagonal();
  graph.positions.resize(3, n * m);
  for (int i = 0; i < n; ++i)
    for (int j = 0; j < m; ++j) graph.positions.col(i * m + j) = Eigen::Vector3d(i, j, 0.0);
  graph.energy.assign(static_cast<std::size_t>(n * m), 0.0);
  for (int i = 0; i < n; ++i) {
    for (int j = 0; j < m; ++j) {
      graph.edges.push_back({i * m + j, ((i + 1) % n) * m + j, {i + 1 == n ? 1 : 0, 0, 0}, saddle(i, j, 0)});
      graph.edges.push_back({i * m + j, i * m + (j + 1) % m, {0, j + 1 == m ? 1 : 0, 0}, saddle(i, j, 1)});
    }
  }
  return graph;
}

TEST(SiteGraph, finds_a_planted_column) {
  auto const graph = square(4, 5, [](int i, int j, int along) { return along == 1 && i == 2 ? (j == 3 ? 0.45 : 0.3) : 0.9; });

  auto const down = find_critical_walk(graph, Eigen::Vector3d::UnitY());
  auto const across = find_critical_walk(graph, Eigen::Vector3d::UnitX());
  auto const out = find_critical_walk(graph, Eigen::Vector3d::UnitZ());

  ASSERT_TRUE(down && across);
  EXPECT_DOUBLE_EQ(down->barrier, 0.45);
  EXPECT_EQ(down->winding, Eigen::Vector3i(0, 1, 0));
  EXPECT_EQ(down->nodes.size(), 5u);
  for (int const node : down->nodes) EXPECT_EQ(node / 5, 2);
  EXPECT_EQ(graph.edges[static_cast<std::size_t>(down->bottleneck)].from, 13);
  EXPECT_DOUBLE_EQ(across->barrier, 0.9);
  EXPECT_EQ(across->nodes.size(), 4u);
  EXPECT_FALSE(out.has_value());
}

TEST(SiteGraph, counts_a_barrier_from_the_lowest_site_of_the_walk) {
  // the deep site 0 is avoided by a slightly higher way round it
  auto graph = square(1, 4, [](int, int, int) { return 1.0; });
  graph.energy = {-1.0, 0.0, 0.0, 0.0};
  graph.edges.push_back({3, 1, {0, 1, 0}, 1.2});

  auto const walk = find_critical_walk(graph, Eigen::Vector3d::UnitY());

  ASSERT_TRUE(walk.has_value());
  EXPECT_DOUBLE_EQ(walk->barrier, 1.2);  // through the deep site: 2.0
  EXPECT_DOUBLE_EQ(walk->trap_depth, 1.0);
  EXPECT_EQ(graph.energy[static_cast<std::size_t>(walk->lowest)], 0.0);
}

TEST(SiteGraph, keeps_to_the_sites_that_are_allowed) {
  auto const graph = square(3, 3, [](int i, int, int along) { return along == 1 && i == 1 ? 0.2 : 0.7; });
  std::vector<bool> allowed(9, true);
  for (int j = 0; j < 3; ++j) allowed[static_cast<std::size_t>(3 + j)] = false;

  EXPECT_DOUBLE_EQ(find_critical_walk(graph, Eigen::Vector3d::UnitY())->barrier, 0.2);
  EXPECT_DOUBLE_EQ(find_critical_walk(graph, Eigen::Vector3d::UnitY(), allowed)->barrier, 0.7);
  EXPECT_FALSE(find_critical_walk(graph, Eigen::Vector3d::UnitX(), allowed).has_value());
}

TEST(SiteGraph, diffuses_in_series_and_in_parallel) {
  double const t = 900.0;
  auto rate = [&](double e) { return 10.0 * std::exp(-e / kT(t)); };
  // columns along y: parallel for y, series for x
  auto const graph = square(2, 1, [](int i, int, int along) { return along == 1 ? (i == 0 ? 0.2 : 0.5) : (i == 0 ? 0.3 : 0.6); });

  Eigen::Matrix3d const d = diffusion_tensor(graph, t);

  EXPECT_NEAR(d(1, 1), 0.5 * (rate(0.2) + rate(0.5)), 1e-12);
  EXPECT_NEAR(d(0, 0), 2.0 / (1.0 / rate(0.3) + 1.0 / rate(0.6)), 1e-12);
  EXPECT_NEAR(d(0, 1), 0.0, 1e-15);
  EXPECT_EQ(d(2, 2), 0.0);
}

TEST(SiteGraph, diffuses_through_traps_as_the_master_equation_says) {
  // on a chain of sites: D = L^2 / (sum exp(-e/kT) sum exp(saddle/kT)) nu0
  double const t = 700.0;
  std::vector<double> const energy{0.0, -0.3, 0.1, 0.05}, saddle{0.5, 0.4, 0.62, 0.7};
  SiteGraph graph;
  graph.lattice = Eigen::Vector3d(7.0, 3.0, 3.0).asDiagonal();
  graph.positions = Eigen::Matrix3Xd::Zero(3, 4);
  graph.positions.row(0) << 0.0, 1.0, 3.5, 5.0;
  graph.energy = energy;
  double wells = 0.0, barriers = 0.0;
  for (int i = 0; i < 4; ++i) {
    graph.edges.push_back({i, (i + 1) % 4, {i == 3 ? 1 : 0, 0, 0}, saddle[static_cast<std::size_t>(i)]});
    wells += std::exp(-energy[static_cast<std::size_t>(i)] / kT(t));
    barriers += std::exp(saddle[static_cast<std::size_t>(i)] / kT(t));
  }

  double const d = diffusion_tensor(graph, t)(0, 0);

  EXPECT_NEAR(d / (10.0 * 49.0 / (wells * barriers)), 1.0, 1e-12);
}

TEST(SiteGraph, keeps_its_digits_where_rates_differ_by_many_decades) {
  // a chain with one barrier of 3 eV at 300 K: that barrier alone counts, exp(-116)
  auto const graph = square(6, 1, [](int i, int, int along) { return along == 1 ? 9.0 : i == 4 ? 3.0 : 0.1; });

  double const d = diffusion_tensor(graph, 300.0)(0, 0);

  EXPECT_NEAR(d / (10.0 * 36.0 / 6.0 * std::exp(-3.0 / kT(300.0))), 1.0, 1e-10);
}

TEST(SiteGraph, diffuses_alike_in_a_doubled_cell) {
  Rng rng(1, "graph", 0);
  std::vector<double> e(64);
  for (double& x : e) x = rng.uniform(0.2, 0.6);
  auto const one = square(2, 2, [&](int i, int j, int along) { return e[static_cast<std::size_t>(4 * i + 2 * j + along)]; });
  auto const four =
      square(4, 4, [&](int i, int j, int along) { return e[static_cast<std::size_t>(4 * (i % 2) + 2 * (j % 2) + along)]; });

  EXPECT_LT((diffusion_tensor(one, 800.0) - diffusion_tensor(four, 800.0)).norm(), 1e-14);
  EXPECT_DOUBLE_EQ(find_critical_walk(one, Eigen::Vector3d::UnitX())->barrier,
                   find_critical_walk(four, Eigen::Vector3d::UnitX())->barrier);
}

TEST(SiteGraph, refuses_what_is_no_network) {
  auto graph = square(2, 2, [](int, int, int) { return 0.5; });
  EXPECT_THROW(diffusion_tensor(graph, 0.0), InputError);
  EXPECT_THROW(find_critical_walk(graph, Eigen::Vector3d::UnitX(), {true}), InputError);
  graph.edges[0].to = 7;
  EXPECT_THROW(find_critical_walk(graph, Eigen::Vector3d::UnitX()), InputError);
}

}  // namespace
}  // namespace nacre
