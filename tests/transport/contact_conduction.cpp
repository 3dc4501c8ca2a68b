// Conductances of planted stacks: planes of sites whose hops, energies and carriers are known, so that resistors side by
// side and one after the other say what must come out.
#include <gtest/gtest.h>

#include <cmath>

#include "nacre/core/units.hpp"
#include "nacre/transport/conductivity.hpp"
#include "nacre/transport/contact_hops.hpp"
#include "nacre/transport/kinetic_monte_carlo.hpp"

namespace nacre {
namespace {

constexpr double spacing = 2.5, temperature = 1500.0, nu0 = 10.0, charge = 2.0;
constexpr double kt = units::boltzmann_eV_per_K * temperature;
constexpr double metre = 1e-10;  // of 1 Å

/// Planes of a simple cubic lattice, one site each in the cell; saddles are counted from energy 0.
struct Planes {
  std::vector<double> energy, in_plane, up;  ///< of the plane, of its hops, of those to the plane above [eV]
};

SiteGraph graph_of(Planes const& planes) {
  auto const n = static_cast<int>(planes.energy.size());
  SiteGraph graph;
  graph.lattice = Eigen::Vector3d(spacing, spacing, n * spacing).asDiagonal();
  graph.positions = Eigen::Matrix3Xd::Zero(3, n);
  graph.energy = planes.energy;
  for (int i = 0; i < n; ++i) {
    auto const k = static_cast<std::size_t>(i);
    graph.positions(2, i) = i * spacing;
    graph.edges.push_back({i, i, {1, 0, 0}, planes.in_plane[k]});
    graph.edges.push_back({i, i, {0, 1, 0}, planes.in_plane[k]});
    graph.edges.push_back({i, (i + 1) % n, {0, 0, i + 1 == n ? 1 : 0}, planes.up[k]});
  }
  return graph;
}

LayerHops layer_of(double barrier, double thickness) {
  LayerHops layer;
  layer.name = "planted";
  layer.thickness = thickness;
  layer.analysis.graph = graph_of({{0.0}, {barrier}, {barrier}});
  return layer;
}

/// Two layers of `planes` planes each; layer 1 is below. The middle plane of each has energy 0.
ContactHops stack_of(Planes const& planes, std::array<double, 2> const& barriers) {
  auto const half = planes.energy.size() / 2;
  ContactHops stack;
  stack.layers = {1, 2};
  stack.contacts = {(static_cast<double>(half) - 0.5) * spacing, (2.0 * static_cast<double>(half) - 0.5) * spacing};
  stack.period = 2.0 * static_cast<double>(half) * spacing;
  for (double const barrier : barriers) stack.bulk.push_back(layer_of(barrier, static_cast<double>(half) * spacing));
  stack.analysis.graph = graph_of(planes);
  stack.analysis.direction[2].walk = find_critical_walk(stack.analysis.graph, Eigen::Vector3d::UnitZ());
  for (std::size_t s = 0; s < planes.energy.size(); ++s) {
    StackSite site;
    site.layer = s < half ? 1 : 2;
    site.segregation = planes.energy[s];
    stack.sites.push_back(site);
  }
  return stack;
}

/// Of a site whose carriers have this energy above a layer's interior that holds a share x of them.
double occupation(double energy, double x) { return 1.0 / (1.0 + (1.0 - x) / x * std::exp(energy / kt)); }

/// σ of hops over `saddle` between sites of these occupations [S/m]; mass action with x, 1 - x on both ends.
double sigma(double saddle, double low, double high, double filled_low, double filled_high) {
  double const rate = std::sqrt(std::exp(low / kt) * std::exp(high / kt) * filled_low * filled_high *
                                (1.0 - filled_low) * (1.0 - filled_high)) * std::exp(-saddle / kt) * nu0;
  double const density = 1.0 / (spacing * spacing * spacing);
  return 100.0 * conductivity_S_per_cm(density, charge, rate * spacing * spacing, temperature);
}
double sigma(double barrier, double x) { return sigma(barrier, 0.0, 0.0, x, x); }

TEST(ContactConduction, adds_fast_planes_side_by_side_and_slow_ones_one_after_the_other) {
  Planes planes{std::vector<double>(8, 0.0), std::vector<double>(8, 0.5), std::vector<double>(8, 0.5)};
  planes.in_plane[3] = 0.3;  // below contact 1
  planes.up[3] = 0.8;        // across contact 1
  double const x = 0.05;

  auto const found = contact_conduction(stack_of(planes, {0.5, 0.5}), {x, x}, charge, temperature, nu0);

  ASSERT_TRUE(found.has_value());
  double const bulk = sigma(0.5, x), fast = sigma(0.3, x), slow = sigma(0.8, x), plane = spacing * metre;
  for (std::size_t axis = 0; axis < 2; ++axis) {
    EXPECT_NEAR(found->sheet_layers[axis], 8.0 * plane * bulk, 1e-9 * plane * bulk);
    EXPECT_NEAR(found->sheet[axis], plane * (7.0 * bulk + fast), 1e-9 * plane * fast);
    EXPECT_NEAR(found->dS[axis], 0.5 * plane * (fast - bulk), 1e-9 * plane * fast);
  }
  EXPECT_NEAR(found->resistance, plane * (7.0 / bulk + 1.0 / slow), 1e-9 * plane / slow);
  EXPECT_NEAR(found->dR, 0.5 * plane * (1.0 / slow - 1.0 / bulk), 1e-9 * plane / slow);
}

TEST(ContactConduction, fills_sites_near_the_contact_as_fermi_statistics_ask) {
  Planes planes{std::vector<double>(8, 0.0), std::vector<double>(8, 0.6), std::vector<double>(8, 0.6)};
  planes.energy[4] = -0.5;  // a trap above contact 1, as deep as its carriers are then stuck
  double const x = 0.05, filled = occupation(-0.5, x);
  ASSERT_GT(filled, 0.5);

  auto const found = contact_conduction(stack_of(planes, {0.6, 0.6}), {x, x}, charge, temperature, nu0);

  ASSERT_TRUE(found.has_value());
  double const plane = spacing * metre, bulk = sigma(0.6, x);
  double const trap = sigma(0.6, -0.5, -0.5, filled, filled), edge = sigma(0.6, 0.0, -0.5, x, filled);
  EXPECT_NEAR(found->sheet[0], plane * (7.0 * bulk + trap), 1e-9 * plane * bulk);
  EXPECT_NEAR(found->resistance, plane * (6.0 / bulk + 2.0 / edge), 1e-9 * plane / edge);
}

TEST(ContactConduction, of_two_materials_counts_each_with_its_own_carriers) {
  Planes planes{std::vector<double>(6, 0.0), {0.4, 0.4, 0.4, 0.7, 0.7, 0.7}, {0.4, 0.4, 0.55, 0.7, 0.7, 0.55}};
  double const a = 0.08, b = 0.02, plane = spacing * metre;

  auto const found = contact_conduction(stack_of(planes, {0.4, 0.7}), {a, b}, charge, temperature, nu0);
  auto const half = contact_conduction(stack_of(planes, {0.4, 0.7}), {a, 0.0}, charge, temperature, nu0);

  ASSERT_TRUE(found.has_value());
  double const one = sigma(0.4, a), other = sigma(0.7, b), between = sigma(0.55, 0.0, 0.0, a, b);
  EXPECT_NEAR(found->sheet[1], 3.0 * plane * (one + other), 1e-9 * plane * one);
  EXPECT_NEAR(found->resistance, plane * (2.0 / one + 2.0 / other + 2.0 / between), 1e-9 * plane / other);
  EXPECT_NEAR(found->dR, plane * (1.0 / between - 0.5 / one - 0.5 / other), 1e-9 * plane / other);
  ASSERT_TRUE(half.has_value());
  EXPECT_NEAR(half->sheet[0], 3.0 * plane * one, 1e-9 * plane * one) << "a layer without carriers adds nothing";
  EXPECT_TRUE(std::isnan(half->dR));
}

TEST(ContactConduction, adds_nothing_to_a_crystal_cut_and_joined) {
  Planes const planes{std::vector<double>(8, 0.0), std::vector<double>(8, 0.5), std::vector<double>(8, 0.5)};
  auto stack = stack_of(planes, {0.5, 0.5});

  auto const computed = contact_conduction(stack, {0.1, 0.1}, charge, temperature, nu0);
  stack.continued_crystal = true;
  auto const known = contact_conduction(stack, {0.1, 0.1}, charge, temperature, nu0);

  EXPECT_NEAR(computed->dS[0], 0.0, 1e-12 * computed->sheet[0]);
  EXPECT_NEAR(computed->dR, 0.0, 1e-12 * computed->resistance);
  EXPECT_EQ(known->dS[0], 0.0);
  EXPECT_EQ(known->dR, 0.0);
  EXPECT_EQ(known->dS_error[0], 0.0);
}

TEST(ContactConduction, needs_carriers) {
  Planes const planes{std::vector<double>(4, 0.0), std::vector<double>(4, 0.5), std::vector<double>(4, 0.5)};
  EXPECT_FALSE(contact_conduction(stack_of(planes, {0.5, 0.5}), {0.0, 0.0}, charge, temperature, nu0).has_value());
  EXPECT_FALSE(contact_conduction(stack_of(planes, {0.5, 0.5}), {}, charge, temperature, nu0).has_value());
}

// The same planes walked by exclusive vacancies: current and occupation as the conductances above have them. On equal
// energies the exclusion is 1 - x exactly.
TEST(ContactConduction, is_what_vacancies_that_walk_carry) {
  Planes planes{std::vector<double>(6, 0.0), std::vector<double>(6, 0.35), std::vector<double>(6, 0.4)};
  planes.in_plane[2] = 0.2;
  planes.up[2] = 0.5;
  WalkOptions options;
  options.temperature = temperature;
  options.nu0 = nu0;
  options.cells = {4, 4, 2};
  options.carriers = 20;
  options.blocks = 400;
  options.jumps = 1500;
  Rng rng(19, "walk", 0);

  auto const walked = walk_vacancies(graph_of(planes), options, rng);

  double const sites = 6.0 * 4 * 4 * 2, others = 19.0 / (sites - 1.0);  // of a carrier's neighbours, in this box
  double const plane = spacing * spacing * nu0;
  double along = 0.0, across = 0.0;
  for (std::size_t k = 0; k < 6; ++k) {
    along += plane * std::exp(-planes.in_plane[k] / kt) / 6.0;
    across += std::exp(planes.up[k] / kt) / plane / 6.0;
  }
  EXPECT_NEAR(walked.carrier[0], (1.0 - others) * along, 3.0 * walked.carrier_error[0]);
  EXPECT_NEAR(walked.carrier[1], (1.0 - others) * along, 3.0 * walked.carrier_error[1]);
  EXPECT_NEAR(walked.carrier[2], (1.0 - others) / across, 3.0 * walked.carrier_error[2]);
  EXPECT_GT(walked.carrier[0], 2.0 * walked.carrier[2]);
  for (int axis = 0; axis < 3; ++axis) EXPECT_LT(walked.carrier_error[axis], 0.1 * walked.carrier[axis]) << axis;
}

}  // namespace
}  // namespace nacre
