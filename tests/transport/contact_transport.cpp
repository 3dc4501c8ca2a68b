#include "nacre/transport/contact_transport.hpp"

#include "nacre/transport/conductivity.hpp"
#include "support/trajectories.hpp"

namespace nacre {
namespace {

constexpr double interval_ps = 0.1, spacing = 2.5;

Conduction number(double value, double error) { return {Status::ok, "", value, error}; }

CellConduction measured(test::LayeredWalk const& shape, std::uint64_t seed, bool layered) {
  PathOptions paths;
  paths.mobile = 8;
  paths.interval_ps = interval_ps;
  paths.drift = Drift::none;
  DiffusionOptions options;
  options.charge = -2.0;
  options.temperature = 1500.0;
  options.window = Window{8.0, 19.0};
  options.hop_length = spacing;
  auto const walk = layered_walk(shape, seed);
  return cell_conduction(analyze_diffusion(paths_of(walk, paths), options), walk.lattice(2, 2), layered);
}

/// Planes a, b, a, b with fast planes at the contacts, beside the planes of two slow crystals.
struct Planted {
  test::LayeredWalk stack, first, second;
};

Planted planted() {
  Planted walks;
  walks.stack = {spacing, 1, 8, {0.3, 0.9, 0.2, 0.9}, {0.08, 0.05, 0.06, 0.07}, 400, 4000};
  walks.first = {spacing, 1, 8, {0.3, 0.3}, {0.05, 0.05}, 200, 4000};
  walks.second = {spacing, 1, 8, {0.2, 0.2}, {0.2 / 6.0, 0.2 / 6.0}, 200, 4000};
  return walks;
}

/// σ of hops of probability p a frame in each direction [S/m].
double conductivity_of(double p) {
  double const density = 400.0 / (8.0 * 8.0 * 4.0 * spacing * spacing * spacing);
  return 100.0 * conductivity_S_per_cm(density, -2.0, p * spacing * spacing / interval_ps, 1500.0);
}

TEST(ContactTransport, finds_planted_conduction_in_plane_and_across) {
  auto const walks = planted();
  auto const stack = measured(walks.stack, 1, true);
  std::array const layers{measured(walks.first, 2, false), measured(walks.second, 3, false)};

  auto const result = contact_transport(stack, layers, {true, true}, 2);

  double const plane = spacing * 1e-10;
  double const sheet = plane * (conductivity_of(0.05) + 2.0 * conductivity_of(0.15) + conductivity_of(0.2 / 6.0));
  double const sheets = plane * 2.0 * (conductivity_of(0.05) + conductivity_of(0.2 / 6.0));
  for (std::size_t axis = 0; axis < 2; ++axis) {
    ASSERT_EQ(result.g[axis].status, Status::ok) << result.g[axis].reason;
    EXPECT_NEAR(stack.sheet[axis].value, sheet, 3.0 * stack.sheet[axis].error);
    EXPECT_NEAR(result.g[axis].value, std::log10(sheet / sheets), 3.0 * result.g[axis].error);
    EXPECT_NEAR(result.dS[axis].value, 0.5 * (sheet - sheets), 3.0 * result.dS[axis].error);
    EXPECT_LT(result.g[axis].error, 0.06);
  }
  double series = 0.0;
  for (double const p : walks.stack.cross) series += plane / conductivity_of(p);
  double const apart = 2.0 * plane * (1.0 / conductivity_of(0.05) + 1.0 / conductivity_of(0.2 / 6.0));
  ASSERT_EQ(result.g[2].status, Status::ok) << result.g[2].reason;
  EXPECT_NEAR(stack.resistance.value, series, 3.0 * stack.resistance.error);
  EXPECT_NEAR(result.g[2].value, std::log10(apart / series), 3.0 * result.g[2].error);
  EXPECT_NEAR(result.dR.value, 0.5 * (series - apart), 3.0 * result.dR.error);
}

TEST(ContactTransport, of_a_crystal_cut_and_joined_is_nothing) {
  auto const walks = planted();
  test::LayeredWalk whole = walks.first;
  whole.hop = {0.3, 0.3, 0.3, 0.3};
  whole.cross = {0.05, 0.05, 0.05, 0.05};
  whole.walkers = 400;
  std::array const layers{measured(walks.first, 5, false), measured(walks.first, 6, false)};

  auto const result = contact_transport(measured(whole, 4, false), layers, {true, true}, 2);

  for (auto const& g : result.g) {
    ASSERT_EQ(g.status, Status::ok) << g.reason;
    EXPECT_NEAR(g.value, 0.0, 3.0 * g.error);
  }
}

TEST(ContactTransport, gives_bounds_instead_of_numbers) {
  auto slow = planted().stack;
  slow.hop = {1e-5, 1e-5, 1e-5, 1e-5};
  slow.cross = {0.0, 0.0, 0.0, 0.0};
  slow.walkers = 100;
  auto const stack = measured(slow, 7, true);
  CellConduction layer;
  layer.sheet = {number(1.0, 0.1), number(1.0, 0.1)};
  layer.resistance = number(1.0, 0.1);
  std::array const layers{layer, layer};

  auto const result = contact_transport(stack, layers, {true, true}, 2);

  EXPECT_EQ(stack.sheet[0].status, Status::bound);
  EXPECT_GT(stack.sheet[0].value, 0.0);
  EXPECT_EQ(result.g[0].status, Status::bound);
  EXPECT_EQ(result.dR.status, Status::bound);
}

TEST(ContactTransport, leaves_layers_without_carriers_out_of_the_plane_and_refuses_across) {
  CellConduction stack, layer, empty;
  for (std::size_t axis = 0; axis < 2; ++axis) {
    stack.sheet[axis] = number(3.0, 0.3);
    layer.sheet[axis] = number(0.3, 0.003);
  }
  stack.resistance = layer.resistance = number(1.0, 0.1);
  std::array const layers{layer, empty};

  auto const result = contact_transport(stack, layers, {true, false}, 2);

  EXPECT_NEAR(result.g[0].value, 1.0, 1e-12);
  EXPECT_NEAR(result.g[0].error, std::hypot(0.1, 0.01) / std::log(10.0), 1e-12);
  EXPECT_EQ(result.g[2].status, Status::refused);
}

TEST(ContactTransport, averages_over_arrangements_by_hand_numbers) {
  std::array const values{number(1.0, 0.2), number(2.0, 0.1), number(3.0, 0.3)};

  auto const mean = over_arrangements(values);

  EXPECT_NEAR(mean.value, 2.0, 1e-12);
  EXPECT_NEAR(mean.error, std::sqrt(1.0 / 3.0 + (0.04 + 0.01 + 0.09) / 9.0), 1e-12);
  EXPECT_EQ(over_arrangements(std::array{number(1.0, 0.1), Conduction{Status::bound, "x", 1.0, 0.0}}).status,
            Status::bound);
}

TEST(ContactTransport, extrapolates_a_line_in_inverse_temperature) {
  auto const line = [](double kelvin) { return -0.4 + 900.0 / kelvin; };
  std::vector<std::pair<double, Conduction>> points;
  for (double const kelvin : {1300.0, 1500.0, 1800.0}) points.emplace_back(kelvin, number(line(kelvin), 0.1));

  auto const far = extrapolate(points, 1000.0), within = extrapolate(points, 1500.0);

  EXPECT_NEAR(far.value, line(1000.0), 1e-9);
  EXPECT_GT(far.error, 2.0 * within.error);
  points[1].second.status = Status::bound;
  EXPECT_EQ(extrapolate(points, 1000.0).status, Status::bound);
}

}  // namespace
}  // namespace nacre
