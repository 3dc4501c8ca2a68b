#include "nacre/transport/kinetic_monte_carlo.hpp"

#include <gtest/gtest.h>

#include <cmath>

#include "nacre/core/error.hpp"
#include "nacre/core/units.hpp"

namespace nacre {
namespace {

SiteGraph simple_cubic(double saddle) {
  SiteGraph graph;
  graph.lattice = 2.5 * Eigen::Matrix3d::Identity();
  graph.positions = Eigen::Matrix3Xd::Zero(3, 1);
  graph.energy = {0.0};
  for (int axis = 0; axis < 3; ++axis) graph.edges.push_back({0, 0, Eigen::Vector3i::Unit(axis), saddle});
  return graph;
}

/// Layers of different height along z, side by side along x and y.
SiteGraph layered() {
  SiteGraph graph;
  graph.lattice = Eigen::Vector3d(2.0, 2.0, 8.0).asDiagonal();
  graph.positions = Eigen::Matrix3Xd::Zero(3, 4);
  graph.positions.row(2) << 0.0, 2.0, 4.0, 6.0;
  graph.energy = {0.0, 0.02, 0.05, 0.0};
  std::vector<double> const in_plane{0.30, 0.25, 0.35, 0.28}, across{0.32, 0.30, 0.36, 0.27};
  for (int i = 0; i < 4; ++i) {
    auto const k = static_cast<std::size_t>(i);
    graph.edges.push_back({i, i, {1, 0, 0}, in_plane[k]});
    graph.edges.push_back({i, i, {0, 1, 0}, in_plane[k]});
    graph.edges.push_back({i, (i + 1) % 4, {0, 0, i == 3 ? 1 : 0}, across[k]});
  }
  return graph;
}

TEST(KineticMonteCarlo, agrees_with_the_master_equation_of_one_carrier) {
  auto const graph = layered();
  WalkOptions options;
  options.cells = {4, 4, 2};
  options.blocks = 400;
  options.jumps = 1000;
  Rng rng(7, "walk", 0);

  auto const walked = walk_vacancies(graph, options, rng);
  Eigen::Matrix3d const exact = diffusion_tensor(graph, options.temperature);

  for (int axis = 0; axis < 3; ++axis) {
    EXPECT_NEAR(walked.carrier[axis], exact(axis, axis), 3.0 * walked.carrier_error[axis]) << axis;
    EXPECT_LT(walked.carrier_error[axis], 0.12 * exact(axis, axis)) << axis;
  }
}

// f = 0.6531 for one vacancy in an infinite simple cubic crystal (K. Compaan and Y. Haven, Trans. Faraday Soc. 52, 786
// (1956)); a box of 1000 sites raises it by about as much as its inverse size
TEST(KineticMonteCarlo, knows_the_correlation_of_the_ions) {
  WalkOptions options;
  options.cells = {10, 10, 10};
  options.blocks = 20;
  options.jumps = 20000;
  Rng rng(3, "walk", 0);

  auto const walked = walk_vacancies(simple_cubic(0.5), options, rng);

  EXPECT_NEAR(walked.correlation, 0.6531, 3.0 * walked.correlation_error + 0.002);
  EXPECT_LT(walked.correlation_error, 0.01);
  // n_O D_O = f n_V D_V, with the exact D_V of a single carrier
  double const exact = diffusion_tensor(simple_cubic(0.5), options.temperature)(0, 0);
  EXPECT_NEAR(walked.tracer.mean() * 999.0, walked.correlation * exact, 1e-2 * exact);
}

// random walkers that exclude each other: collectively D (1 - x) on equal sites
TEST(KineticMonteCarlo, carries_the_site_exclusion) {
  WalkOptions options;
  options.cells = {5, 5, 5};
  options.carriers = 50;
  options.blocks = 400;
  options.jumps = 400;
  Rng rng(11, "walk", 0);

  auto const walked = walk_vacancies(simple_cubic(0.3), options, rng);

  double const single = diffusion_tensor(simple_cubic(0.3), options.temperature)(0, 0);
  double const share = 1.0 - 49.0 / 124.0;  // of a carrier's neighbours that are ions, in this box
  EXPECT_NEAR(walked.carrier.mean(), share * single, 3.0 * walked.carrier_error.norm() / 3.0);
}

TEST(KineticMonteCarlo, repeats_itself) {
  WalkOptions options;
  options.cells = {3, 3, 3};
  options.jumps = 100;
  Rng one(5, "walk", 2), two(5, "walk", 2), other(5, "walk", 3);

  auto const a = walk_vacancies(simple_cubic(0.4), options, one), b = walk_vacancies(simple_cubic(0.4), options, two);

  EXPECT_EQ(a.carrier, b.carrier);
  EXPECT_EQ(a.correlation, b.correlation);
  EXPECT_NE(a.correlation, walk_vacancies(simple_cubic(0.4), options, other).correlation);
}

TEST(KineticMonteCarlo, refuses_what_cannot_walk) {
  Rng rng(1, "walk", 0);
  WalkOptions options;
  EXPECT_THROW(walk_vacancies(simple_cubic(0.4), options, rng), InputError);  // one site, one carrier
  options.cells = {2, 2, 2};
  options.temperature = -1.0;
  EXPECT_THROW(walk_vacancies(simple_cubic(0.4), options, rng), InputError);
  options.temperature = 1000.0;
  auto graph = simple_cubic(0.4);
  graph.edges.clear();
  EXPECT_THROW(walk_vacancies(graph, options, rng), InputError);
}

}  // namespace
}  // namespace nacre
