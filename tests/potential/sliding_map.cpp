// Rigid sliding of one layer on another: symmetry, reduction, stationary points.
#include "nacre/potential/sliding_map.hpp"

#include <Eigen/LU>
#include <numeric>

#include "nacre/core/error.hpp"
#include "nacre/core/units.hpp"
#include "stack/crystals.hpp"
#include "support/lennard_jones.hpp"
#include "support/support.hpp"

namespace nacre {
namespace {

Slab make(Crystal const& crystal, Eigen::Vector3i const& miller, int repeats) {
  auto const plane = make_plane(crystal, miller);
  return make_slab(plane, find_terminations(plane).at(0), repeats);
}

std::vector<Coincidence> matches(Slab const& top, Slab const& bottom, CoincidenceOptions const& limits) {
  return find_coincidences(top.plane.basis, bottom.plane.basis, layer_point_group(top.plane),
                           layer_point_group(bottom.plane), limits);
}

test::LennardJones const argon{0.0104, 3.4, 8.0};

/// Every point of the grid evaluated on its own, energies in J/m^2.
std::vector<double> unreduced(SlabList const& slabs, ContactDesign contact, Potential const& model, int n) {
  std::vector<double> values;
  for (int k = 0; k < n * n; ++k) {
    contact.shift = Eigen::Vector2d(k / n, k % n) / n;
    auto const stack = build_stack(slabs, {contact});
    values.push_back(model.evaluate(stack.crystal).energy / stack.area * units::J_per_m2);
  }
  return values;
}

TEST(SlidingMap, has_the_symmetry_of_the_full_evaluation) {
  auto const slab = make(test::make_fcc(5.26), {1, 1, 1}, 3);
  SlabList const slabs{slab, slab};
  auto const list = matches(slab, slab, {8.0 * slab.plane.area(), 1e-6});
  for (std::size_t twist : {0u, 1u}) {
    ContactDesign const contact{list.at(twist), {0.0, 0.0}, 3.1};
    SlidingOptions options{.grid = 6, .optimise_gap = false};

    auto const map = sliding_map(slabs, {contact}, {}, argon, options);
    auto const full = unreduced(slabs, contact, argon, options.grid);

    EXPECT_LT(map.points.size(), full.size());
    double const offset = full[0] - map.at(0, 0).per_area;  // the parts apart
    for (int k = 0; k < 36; ++k) {
      auto const i = static_cast<std::size_t>(k);
      EXPECT_NEAR(map.points[map.point_of[i]].per_area + offset, full[i], 1e-9) << "twist " << twist << " point " << k;
    }
    int const total = std::accumulate(map.points.begin(), map.points.end(), 0,
                                      [](int sum, auto const& p) { return sum + p.multiplicity; });
    EXPECT_EQ(total, 36);
    EXPECT_EQ(map.points[0].index, (std::array<int, 2>{0, 0})) << "shift 0 is not dropped";
    EXPECT_EQ(map.at(0, 0).per_area, map.at(6, -6).per_area) << "periodic";
  }
}

TEST(SlidingMap, finds_the_hollow_sites_of_close_packed_argon) {
  auto const slab = make(test::make_fcc(5.26), {1, 1, 1}, 3);
  SlabList const slabs{slab, slab};
  ContactDesign const contact{identity_coincidence(slab.plane.basis), {0.0, 0.0}, 3.0};

  auto const map = sliding_map(slabs, {contact}, {}, argon, {.grid = 9});

  // on top of the fcc place (0, 0) and the hcp place lie 1/3 apart; atoms on atoms are the maximum
  auto const lowest = std::ranges::min_element(map.points, {}, &SlidingPoint::per_area);
  EXPECT_NEAR(map.at(0, 0).per_area, lowest->per_area, 0.02 * std::abs(lowest->per_area)) << "the crystal goes on";
  EXPECT_LT(lowest->per_area, 0.0) << "bound";
  EXPECT_NEAR(map.at(0, 0).gap, slab.termination.gap, 0.15);
  auto const highest = std::ranges::max_element(map.points, {}, &SlidingPoint::per_area);
  EXPECT_GT(highest->gap, map.at(0, 0).gap + 0.2) << "atoms on atoms stand higher";
}

TEST(SlidingMap, optimises_the_gap_to_where_nothing_pulls) {
  auto const slab = make(test::make_fcc(5.26), {0, 0, 1}, 2);
  ContactDesign contact{identity_coincidence(slab.plane.basis), {0.5, 0.0}, 3.0};
  auto const map = sliding_map({slab, slab}, {contact}, {}, argon, {.grid = 2});
  auto const& point = map.at(1, 0);
  auto const energy = [&](double gap) {
    contact.gap = gap;
    return argon.evaluate(build_stack({slab, slab}, {contact}).crystal).energy;
  };

  EXPECT_LT(energy(point.gap), energy(point.gap + 2e-3));  // tolerance of the gap: 1e-3 Å
  EXPECT_LT(energy(point.gap), energy(point.gap - 2e-3));
}

TEST(SlidingMap, refuses_overlaps_with_their_atoms) {
  auto const slab = make(test::magnesia(), {0, 0, 1}, 1);
  ContactDesign const contact{identity_coincidence(slab.plane.basis), {0.0, 0.0}, 1.0};
  auto const model = make_potential("rigid-ion:grimes", {.cutoff = 6.0});

  auto const map = sliding_map({slab, slab}, {contact}, {}, *model, {.grid = 2, .optimise_gap = false});

  for (auto const& point : map.points) EXPECT_NE(point.refusal.find("overlap of "), std::string::npos);
  EXPECT_TRUE(map.stationary.empty());
}

TEST(SlidingMap, of_three_layers_keeps_only_what_the_other_contact_allows) {
  auto const slab = make(test::magnesia(), {0, 0, 1}, 1);
  auto const c = identity_coincidence(slab.plane.basis);
  SlabList const slabs{slab, slab, slab};
  auto const operations = [&](Eigen::Vector2d const& other) {
    return shift_symmetries(slabs, {{c, {0.0, 0.0}, 2.0}, {c, other, 2.0}}, 0).size();
  };

  EXPECT_EQ(operations({0.0, 0.0}), 8u) << "p4mm";
  EXPECT_EQ(operations({0.5, 0.5}), 8u) << "still on the axis";
  EXPECT_EQ(operations({0.3, 0.0}), 2u) << "one mirror is left";
  EXPECT_EQ(operations({0.3, 0.1}), 1u);
}

TEST(GridReduction, counts_the_shifts_of_sigma_5_as_burnside_does) {
  auto const plane = make_plane(test::strontium_titanate(), {0, 0, 1});
  auto const c = find_coincidences(plane.basis, plane.basis, layer_point_group(plane), layer_point_group(plane),
                                   {6.0 * plane.area(), 1e-6})
                     .at(1);
  auto const maps = shift_symmetries(plane, plane, c);
  ASSERT_EQ(maps.size(), 4u) << "a fourfold axis";
  for (int n : {1, 2, 5, 7, 8, 12}) {
    auto const first = reduce_grid(n, maps);
    int distinct = 0;
    for (std::size_t k = 0; k < first.size(); ++k) distinct += first[k] == k ? 1 : 0;
    int const half = n % 2 == 0 ? 4 : 1, quarter = n % 2 == 0 ? 2 : 1;  // points that each rotation leaves
    EXPECT_EQ(distinct, (n * n + half + 2 * quarter) / 4) << n;
  }
}

TEST(StationaryPoints, link_two_minima_by_the_saddles_between_them) {
  int const n = 8;
  std::vector<double> values;  // minima at u = 0 and 1/2, saddles between them at 1/4 and 3/4
  for (int k = 0; k < n * n; ++k) {
    double const u = 2.0 * units::pi * (k / n) / n, v = 2.0 * units::pi * (k % n) / n;
    values.push_back(-std::cos(2.0 * u) - 0.1 * std::cos(u) - std::cos(v));
  }

  auto const found = stationary_points(n, values);

  ASSERT_EQ(found[0].kind, StationaryPoint::Kind::minimum);
  ASSERT_EQ(found[1].kind, StationaryPoint::Kind::minimum);
  EXPECT_NEAR(found[0].per_area, -2.1, 1e-12);
  EXPECT_NEAR(found[1].shift[0], 0.5, 1e-9);
  int between = 0;
  for (auto const& p : found) between += p.minima == std::array<int, 2>{0, 1} ? 1 : 0;
  EXPECT_EQ(between, 2);
}

TEST(StationaryPoints, of_a_cosine_surface_are_analytic) {
  int const n = 8;
  std::vector<double> values;
  for (int k = 0; k < n * n; ++k) {
    double const u = 2.0 * units::pi * (k / n) / n, v = 2.0 * units::pi * (k % n) / n;
    values.push_back(2.0 - std::cos(u - 0.3) - 0.5 * std::cos(v));
  }

  auto const found = stationary_points(n, values);

  ASSERT_EQ(found.size(), 4u);
  double const u0 = 0.3 / (2.0 * units::pi);
  EXPECT_EQ(found[0].kind, StationaryPoint::Kind::minimum);
  EXPECT_NEAR(found[0].per_area, 0.5, 1e-12);
  EXPECT_NEAR(found[0].shift[0], u0, 1e-9);
  EXPECT_EQ(found[1].kind, StationaryPoint::Kind::saddle);
  EXPECT_NEAR(found[1].per_area, 1.5, 1e-12);
  EXPECT_NEAR(found[1].shift[1], 0.5, 1e-9);
  for (int const saddle : {1, 2}) EXPECT_EQ(found[static_cast<std::size_t>(saddle)].minima, (std::array<int, 2>{0, 0}));
  EXPECT_NEAR(found[2].per_area, 2.5, 1e-12);
  EXPECT_EQ(found[3].kind, StationaryPoint::Kind::maximum);
  EXPECT_NEAR(found[3].per_area, 3.5, 1e-12);
}

}  // namespace
}  // namespace nacre
