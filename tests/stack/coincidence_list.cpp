// What the answer of search_coincidences holds: the first of the order, twists asked for, atoms, stacks turned over.

#include <Eigen/LU>
#include <algorithm>
#include <array>
#include <cmath>
#include <numeric>

#include "nacre/core/error.hpp"
#include "nacre/core/rng.hpp"
#include "nacre/core/text.hpp"
#include "nacre/core/units.hpp"
#include "nacre/core/value.hpp"
#include "nacre/stack/plane_match.hpp"
#include "nacre/stack/twist.hpp"
#include "stack/crystals.hpp"
#include "support/support.hpp"

namespace nacre {
namespace {

using Operations = std::vector<Eigen::Matrix2i>;

Eigen::Matrix2d square(double a) { return a * Eigen::Matrix2d::Identity(); }
Eigen::Matrix2d hexagonal(double a) { return a * Eigen::Matrix2d{{1.0, -0.5}, {0.0, std::sqrt(0.75)}}; }
Eigen::Matrix2d ratio(Coincidence const& c) { return c.film.cast<double>().inverse() * c.substrate.cast<double>(); }

CoincidenceList search(Eigen::Matrix2d const& film, Eigen::Matrix2d const& substrate,
                       CoincidenceOptions const& options) {
  return search_coincidences(film, substrate, lattice_holohedry(film), lattice_holohedry(substrate), options);
}

CoincidenceOptions limits(double area, double strain) {
  CoincidenceOptions options;
  options.max_area = area;
  options.max_strain = strain;
  return options;
}

bool same(Coincidence const& a, Coincidence const& b) {
  return a.film == b.film && a.substrate == b.substrate && a.twist == b.twist && a.shift == b.shift;
}

double distance(double a, double b) {
  double const d = a - b;
  return std::abs(d - 2.0 * units::pi * std::round(d / (2.0 * units::pi)));
}

TEST(CoincidenceList, begins_with_the_same_matches_whatever_its_length) {
  auto const film = square(3.905), substrate = square(2.978333762357738);
  auto const all = search(film, substrate, limits(800.0, 0.03));
  ASSERT_EQ(all.classes.size(), 556u);  // cases.json, scaling_truth
  EXPECT_FALSE(all.truncated);
  for (std::size_t most : {1u, 5u, 50u, 555u, 556u}) {
    auto options = limits(800.0, 0.03);
    options.most = most;

    auto const some = search(film, substrate, options);

    ASSERT_EQ(some.classes.size(), most);
    EXPECT_EQ(some.truncated, most < 556);
    for (std::size_t i = 0; i < most; ++i) EXPECT_TRUE(same(some.classes[i], all.classes[i])) << most << ' ' << i;
  }
}

TEST(CoincidenceList, begins_with_the_same_matches_where_many_are_equally_strained) {
  for (auto const& [a, b] : {std::pair(2.978333, 4.76), std::pair(2.95417, 4.91641)}) {  // MgO(111) on Al2O3(0001)
    for (bool const group : {true, false}) {  // without operations every image is a class of its own
      auto const film = hexagonal(a), substrate = hexagonal(b);
      auto options = limits(200.0, 0.03);
      auto const find = [&] {
        return group ? search(film, substrate, options) : search_coincidences(film, substrate, {}, {}, options);
      };
      auto const all = find();
      for (options.most = 1; options.most < std::min<std::size_t>(all.classes.size(), 40); ++options.most) {
        auto const some = find();

        ASSERT_EQ(some.classes.size(), options.most);
        for (std::size_t i = 0; i < options.most; ++i) EXPECT_TRUE(same(some.classes[i], all.classes[i])) << options.most;
      }
    }
  }
}

TEST(CoincidenceList, of_no_strain_has_the_exact_matches) {
  EXPECT_EQ(search(square(3.905), square(3.905), limits(80.0, 0.0)).classes.size(), 2u);  // sigma 1 and 5
  EXPECT_TRUE(search(square(3.905), square(4.2), limits(400.0, 0.0)).classes.empty());
}

TEST(CoincidenceList, is_bounded_where_the_limits_admit_millions) {
  auto options = limits(1e9, 0.3);
  options.most = 2000;

  auto const list = search(square(3.1), hexagonal(2.7), options);

  EXPECT_EQ(list.classes.size(), 2000u);
  EXPECT_TRUE(list.truncated);
  EXPECT_GT(list.classes.back().film_index, 2);
  options.most = 300;
  auto const first = search(square(3.1), hexagonal(2.7), options);
  for (std::size_t i = 0; i < 300; ++i) EXPECT_TRUE(same(first.classes[i], list.classes[i])) << i;
}

TEST(CoincidenceList, keeps_the_least_strained_where_one_index_has_too_many) {
  // one film cell of 3000 A^2 on cells of 9 A^2: dozens of matches of film index 1
  auto const film = square(55.0), substrate = square(3.0);
  auto const all = search(film, substrate, limits(4000.0, 0.05));
  auto options = limits(4000.0, 0.05);
  options.most = 10;

  auto const some = search(film, substrate, options);

  ASSERT_GT(all.classes.size(), 50u);
  ASSERT_EQ(some.classes.size(), 10u);
  EXPECT_TRUE(some.truncated);
  for (std::size_t i = 0; i < 10; ++i)
    EXPECT_NEAR(some.classes[i].largest_strain(), all.classes[i].largest_strain(), 1e-9);
}

TEST(CoincidenceList, of_limits_that_admit_nothing_is_empty) {
  EXPECT_TRUE(search(square(3.905), square(2.978), limits(8.0, 0.03)).classes.empty());  // below one cell
  EXPECT_TRUE(search(square(3.905), square(2.978), limits(20.0, 0.001)).classes.empty());
  EXPECT_FALSE(search(square(3.905), square(2.978), limits(20.0, 0.001)).truncated);
}

TEST(CoincidenceList, limits_the_logarithmic_strain_alike_both_ways_round) {
  auto options = limits(300.0, 0.03);
  options.measure = StrainMeasure::logarithmic;
  for (auto const& [a, b] : {std::pair(square(3.905), square(2.978)), std::pair(hexagonal(3.16), square(2.9)),
                             std::pair(hexagonal(2.46), hexagonal(3.19))}) {
    auto const forward = search(a, b, options), backward = search(b, a, options);

    EXPECT_EQ(forward.classes.size(), backward.classes.size());
    for (auto const& c : forward.classes) {
      EXPECT_LE(std::log1p(c.strain_max), 0.03 + 1e-9);
      EXPECT_GE(std::log1p(c.strain_min), -0.03 - 1e-9);
    }
  }
}

TEST(CoincidenceList, limits_the_atoms_of_both_layers) {
  auto options = limits(400.0, 0.03);
  options.film_atoms = 5;
  options.substrate_atoms = 2;
  auto const all = search(square(3.905), square(2.978333762357738), options);
  auto const atoms = [](Coincidence const& c) { return 5 * c.film_index + 2 * c.substrate_index; };
  options.max_atoms = 84;  // 10 film cells on 17: 50 + 34

  auto const some = search(square(3.905), square(2.978333762357738), options);

  EXPECT_EQ(some.classes.size(), std::ranges::count_if(all.classes, [&](auto const& c) { return atoms(c) <= 84; }));
  EXPECT_EQ(std::ranges::max(some.classes, {}, atoms).film_index, 10);
}

struct Pair {
  Eigen::Matrix2d film, substrate;
  Operations film_group, substrate_group;
};

/// With all operations of the lattices, with rotations alone, and without any.
std::vector<Pair> with_symmetries(Eigen::Matrix2d const& film, Eigen::Matrix2d const& substrate) {
  auto const rotations = [](Operations group) {
    std::erase_if(group, [](auto const& g) { return g.determinant() < 0; });
    return group;
  };
  auto const of_film = lattice_holohedry(film), of_substrate = lattice_holohedry(substrate);
  Operations const none{Eigen::Matrix2i::Identity()};
  return {{film, substrate, of_film, of_substrate},
          {film, substrate, rotations(of_film), of_substrate},
          {film, substrate, rotations(of_film), rotations(of_substrate)},
          {film, substrate, none, none}};
}

std::vector<Pair> pairs() {
  Eigen::Matrix2d const oblique{{3.3, 0.7}, {0.0, 3.1}}, other{{2.9, 0.4}, {0.0, 3.6}};
  std::vector<Pair> all;
  for (auto const& [film, substrate] :
       {std::pair(square(3.905), square(2.978)), std::pair(square(3.9), square(3.9)),
        std::pair(hexagonal(2.46), hexagonal(2.46)), std::pair(hexagonal(2.46), hexagonal(3.19)),
        std::pair(hexagonal(3.16), square(2.9)), std::pair(oblique, oblique), std::pair(oblique, other)}) {
    for (auto& pair : with_symmetries(film, substrate)) all.push_back(std::move(pair));
  }
  return all;
}

/// Distance of the class's nearest twist, by trying every pair of operations.
double nearest_twist(Coincidence const& c, Pair const& pair, double twist) {
  auto const& [film, substrate, film_group, substrate_group] = pair;
  double least = 10.0;
  for (auto const& g : film_group) {
    for (auto const& h : substrate_group) {
      if (g.determinant() != h.determinant()) continue;
      Eigen::Matrix2d const x = g.transpose().cast<double>() * ratio(c) * h.transpose().cast<double>();
      Eigen::Matrix2d const e = film.transpose().inverse() * x * substrate.transpose();
      least = std::min(least, distance(std::atan2(e(0, 1) - e(1, 0), e(0, 0) + e(1, 1)), twist));
    }
  }
  return least;
}

/// What a match says whatever its image.
auto essence(Coincidence const& c) {
  auto const steps = [](double x) { return std::lround(x * 1e9); };
  return std::array<long, 4>{c.film_index, c.substrate_index, steps(c.strain_max), steps(c.strain_min)};
}

std::vector<std::array<long, 4>> essences(std::vector<Coincidence> const& list) {
  std::vector<std::array<long, 4>> rows;
  for (auto const& c : list) rows.push_back(essence(c));
  std::ranges::sort(rows);
  return rows;
}

/// The list of a window is the whole list, filtered. @return matches in the window
std::size_t expect_filtered(std::vector<Coincidence> const& all, Pair const& pair, CoincidenceOptions options,
                            double twist, double width) {
  options.twist = TwistRequest{twist, width};
  auto const window = find_coincidences(pair.film, pair.substrate, pair.film_group, pair.substrate_group, options);
  auto inside = all;
  std::erase_if(inside, [&](auto const& c) { return nearest_twist(c, pair, twist) > width + 1e-9; });
  EXPECT_EQ(essences(window), essences(inside)) << twist * units::degrees << " +- " << width * units::degrees;
  for (std::size_t i = 1; i < window.size(); ++i) {  // distances are rounded to 1e-12
    EXPECT_LE(distance(window[i - 1].twist, twist), distance(window[i].twist, twist) + 1e-11);
  }
  for (auto const& c : window) EXPECT_LE(distance(c.twist, twist), width + 2e-9);
  return window.size();
}

TEST(CoincidenceList, of_a_twist_window_is_the_whole_list_filtered) {
  Rng rng(5, "coincidence twist", 0);
  auto const degrees = [](double x) { return x / units::degrees; };
  for (auto const& pair : pairs()) {
    auto const options = limits(170.0, 0.05);
    auto const all = find_coincidences(pair.film, pair.substrate, pair.film_group, pair.substrate_group, options);
    ASSERT_FALSE(all.empty());
    std::size_t found = 0;
    for (int trial = 0; trial < 3; ++trial) {
      found += expect_filtered(all, pair, options, rng.uniform(-units::pi, units::pi), rng.uniform(0.005, 0.06));
    }
    // across boundaries of symmetry and the end of the circle, and one just beside a boundary
    for (double twist : {0.0, 30.0, 45.0, -60.0, 90.0, 180.0, 30.003}) {
      found += expect_filtered(all, pair, options, degrees(twist), degrees(1.5));
    }
    found += expect_filtered(all, pair, options, degrees(200.0), degrees(60.0));
    EXPECT_GT(found, 0u);
  }
}

TEST(CoincidenceList, of_a_window_without_width_holds_what_is_exactly_there) {
  for (auto const& pair : pairs()) {
    auto const options = limits(170.0, 0.03);
    auto const all = find_coincidences(pair.film, pair.substrate, pair.film_group, pair.substrate_group, options);
    for (std::size_t i = 0; i < all.size(); i += 1 + all.size() / 7) {
      EXPECT_GE(expect_filtered(all, pair, options, all[i].twist, 0.0), 1u);
      EXPECT_GE(expect_filtered(all, pair, options, all[i].twist + units::pi / 300.0, units::pi / 300.0), 1u);
    }
  }
}

TEST(CoincidenceList, of_a_twist_window_is_the_whole_list_filtered_for_random_lattices) {
  Rng rng(6, "random twists", 0);
  auto const lattice = [&] {
    return Eigen::Matrix2d{{rng.uniform(2.8, 3.6), rng.uniform(-1.2, 1.2)}, {0.0, rng.uniform(2.8, 3.6)}};
  };
  std::size_t found = 0;
  for (int trial = 0; trial < 20; ++trial) {
    Eigen::Matrix2d const film = lattice(), substrate = lattice();
    Pair const pair{film, substrate, lattice_holohedry(film), lattice_holohedry(substrate)};
    auto const options = limits(150.0, 0.06);
    auto const all = find_coincidences(film, substrate, pair.film_group, pair.substrate_group, options);
    found += expect_filtered(all, pair, options, rng.uniform(-units::pi, units::pi), rng.uniform(0.0, 0.2));
  }
  EXPECT_GT(found, 50u);
}

TEST(CoincidenceList, of_a_twist_window_is_the_whole_list_filtered_for_the_reference_cases) {
  auto const path = test::shared_file("reference/interface/cases.json");
  NACRE_NEEDS_SHARED(path);
  auto const cases = Value::parse_json(read_file(path), path.string());
  for (Value const& c : cases.at("cases").as_array()) {
    SCOPED_TRACE(c.at("id").as_string());
    auto const lattice = [&](char const* side) {
      auto const rows = c.at(side).at("primitive_inplane_lattice_rows").as_array();
      auto const entry = [&](std::size_t r, std::size_t k) { return rows[r].as_array()[k].as_number(); };
      return Eigen::Matrix2d{{entry(0, 0), entry(1, 0)}, {entry(0, 1), entry(1, 1)}};
    };
    auto const options =
        limits(c.at("limits").at("max_area").as_number(), c.at("limits").at("max_principal_strain").as_number());
    for (auto const& pair : with_symmetries(lattice("film"), lattice("substrate"))) {
      auto const all = find_coincidences(pair.film, pair.substrate, pair.film_group, pair.substrate_group, options);
      if (all.empty()) continue;
      for (double twist : {0.0, 0.4, -2.0, units::pi / 6.0, all.back().twist}) {
        expect_filtered(all, pair, options, twist, 0.03);
        expect_filtered(all, pair, options, twist, 0.0);
      }
    }
  }
}

/// Place in the order of a twist that snaps: unstrained matches within 1 degree, then the larger of strain and
/// distance/100 deg.
std::pair<bool, double> snap_place(Coincidence const& c, double offset) {
  bool const first = c.largest_strain() <= 1e-6 && offset * units::degrees <= 1.0;
  return {!first, first ? offset : std::max(c.largest_strain(), offset * units::degrees / 100.0)};
}

TEST(CoincidenceList, snaps_to_the_unstrained_and_then_the_least_strained_twists_nearby) {
  for (auto const& pair : pairs()) {
    auto options = limits(200.0, 0.03);
    auto const all = find_coincidences(pair.film, pair.substrate, pair.film_group, pair.substrate_group, options);
    for (double degrees : {0.3, 12.5, 36.5, -44.0, 170.0}) {
      double const twist = degrees / units::degrees;
      std::vector<std::pair<bool, double>> places;
      for (auto const& c : all) places.push_back(snap_place(c, nearest_twist(c, pair, twist)));
      std::ranges::sort(places);
      options.twist = TwistRequest{twist, {}};
      for (std::size_t most : {std::size_t{1}, std::size_t{5}, all.size(), all.size() + 1}) {
        options.most = most;

        auto const snapped =
            search_coincidences(pair.film, pair.substrate, pair.film_group, pair.substrate_group, options);

        ASSERT_EQ(snapped.classes.size(), std::min(most, all.size()));
        EXPECT_EQ(snapped.truncated, most < all.size());
        for (std::size_t i = 0; i < snapped.classes.size(); ++i) {
          auto const place = snap_place(snapped.classes[i], distance(snapped.classes[i].twist, twist));
          EXPECT_EQ(place.first, places[i].first);
          EXPECT_NEAR(place.second, places[i].second, 1e-9);
        }
      }
    }
  }
}

TEST(CoincidenceList, snaps_to_the_exact_coincidence_of_a_small_twist_at_the_default_strain) {
  auto const layer = hexagonal(2.46);
  CoincidenceOptions options;
  options.max_area = 40000.0;
  double const twist = 1.1 / units::degrees;
  options.twist = TwistRequest{twist, {}};
  options.most = 5;

  auto const list = search(layer, layer, options);

  auto exact = hexagonal_twists(static_cast<int>(options.max_area / layer.determinant()));
  std::ranges::sort(exact, {}, [&](auto const& t) { return std::abs(t.angle - twist); });
  ASSERT_EQ(list.classes.size(), 5u);
  EXPECT_TRUE(list.truncated);
  EXPECT_EQ(list.classes[0].film_index, 2791);
  for (std::size_t i = 0; i < 5; ++i) {
    EXPECT_EQ(list.classes[i].film_index, exact[i].sigma);
    EXPECT_NEAR(list.classes[i].twist, exact[i].angle, 1e-9);
    EXPECT_LT(list.classes[i].largest_strain(), 1e-9);
  }
}

TEST(CoincidenceList, snaps_within_large_limits_of_lattices_that_do_not_fit) {
  auto options = limits(1e9, 0.3);
  options.twist = TwistRequest{0.2, {}};
  options.most = 10;

  auto const list = search(square(3.1), hexagonal(2.7), options);

  ASSERT_EQ(list.classes.size(), 10u);
  EXPECT_TRUE(list.truncated);
  for (auto const& c : list.classes) {
    EXPECT_LT(c.largest_strain(), 0.01);
    EXPECT_LT(distance(c.twist, 0.2), 1.0 / units::degrees);
  }
}

/// Areas, strains and indices: what a list says without naming a basis. Rounded to what areas of 300 A^2 leave of
/// 1e-12.
std::vector<std::array<double, 5>> said(std::vector<Coincidence> const& list, bool exchanged) {
  auto const rounded = [](double x) { return std::round(x * 1e8) / 1e8 + 0.0; };
  std::vector<std::array<double, 5>> rows;
  for (auto const& c : list) {
    double const film = c.film_area, substrate = c.substrate_area;
    double const most = exchanged ? 1.0 / (1.0 + c.strain_min) - 1.0 : c.strain_max;
    double const least = exchanged ? 1.0 / (1.0 + c.strain_max) - 1.0 : c.strain_min;
    rows.push_back({rounded(exchanged ? substrate : film), rounded(exchanged ? film : substrate), rounded(most),
                    rounded(least), rounded(std::abs(c.twist))});
  }
  std::ranges::sort(rows);
  return rows;
}

TEST(CoincidenceList, says_the_same_of_any_basis_any_orientation_and_both_ways_round) {
  Rng rng(9, "coincidence invariance", 0);
  auto options = limits(220.0, 0.035);
  options.measure = StrainMeasure::logarithmic;
  for (auto const& [film, substrate] :
       {std::pair(square(3.905), square(2.978)), std::pair(hexagonal(2.46), hexagonal(3.19)),
        std::pair(hexagonal(3.16), square(2.9)),
        std::pair(Eigen::Matrix2d{{3.3, 0.7}, {0.0, 3.1}}, Eigen::Matrix2d{{2.9, 0.0}, {0.0, 3.6}})}) {
    auto const plain = search(film, substrate, options);
    ASSERT_FALSE(plain.classes.empty());
    for (int trial = 0; trial < 5; ++trial) {
      double const angle = rng.uniform(-3.0, 3.0), c = std::cos(angle), s = std::sin(angle);
      Eigen::Matrix2d const turn{{c, -s}, {s, c}};
      auto const shear = [&] { return static_cast<double>(std::lround(rng.uniform(-3.0, 3.0))); };
      Eigen::Matrix2d const change =
          Eigen::Matrix2d{{1.0, shear()}, {0.0, 1.0}} * Eigen::Matrix2d{{1.0, 0.0}, {shear(), 1.0}};

      auto const together = search(turn * film * change, turn * substrate, options);
      auto const exchanged = search(turn * substrate, turn * film * change, options);

      EXPECT_EQ(said(together.classes, false), said(plain.classes, false));
      EXPECT_EQ(said(exchanged.classes, true), said(plain.classes, false));
    }
  }
}

}  // namespace
}  // namespace nacre
