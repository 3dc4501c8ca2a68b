// What the answer of search_coincidences holds: the first of the order, twists asked for, atoms, stacks turned over.

#include <Eigen/LU>
#include <algorithm>
#include <array>
#include <cmath>
#include <numeric>

#include "nacre/core/error.hpp"
#include "nacre/core/rng.hpp"
#include "nacre/core/units.hpp"
#include "nacre/stack/plane_match.hpp"
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

/// Distance of the class's nearest twist, by trying every pair of operations.
double nearest_twist(Coincidence const& c, Eigen::Matrix2d const& film, Eigen::Matrix2d const& substrate,
                     double twist) {
  double least = 10.0;
  for (auto const& g : lattice_holohedry(film)) {
    for (auto const& h : lattice_holohedry(substrate)) {
      if (g.determinant() != h.determinant()) continue;
      Eigen::Matrix2d const x = g.transpose().cast<double>() * ratio(c) * h.transpose().cast<double>();
      Eigen::Matrix2d const e = film.transpose().inverse() * x * substrate.transpose();
      least = std::min(least, distance(std::atan2(e(0, 1) - e(1, 0), e(0, 0) + e(1, 1)), twist));
    }
  }
  return least;
}

TEST(CoincidenceList, of_a_twist_window_holds_what_the_whole_list_has_there) {
  Rng rng(5, "coincidence twist", 0);
  for (auto const& [film, substrate] :
       {std::pair(square(3.905), square(2.978)), std::pair(hexagonal(2.46), hexagonal(3.19)),
        std::pair(hexagonal(3.16), square(2.9)),
        std::pair(Eigen::Matrix2d{{3.3, 0.7}, {0.0, 3.1}}, Eigen::Matrix2d{{2.9, 0.4}, {0.0, 3.6}})}) {
    for (int trial = 0; trial < 4; ++trial) {
      auto options = limits(350.0, 0.03);
      auto const all = search(film, substrate, options);
      double const twist = rng.uniform(-units::pi, units::pi), width = rng.uniform(0.005, 0.06);
      options.twist = TwistRequest{twist, width};

      auto const window = search(film, substrate, options);

      auto const inside = [&](Coincidence const& c) { return nearest_twist(c, film, substrate, twist) <= width; };
      EXPECT_EQ(window.classes.size(), std::ranges::count_if(all.classes, inside));
      EXPECT_TRUE(std::ranges::is_sorted(window.classes, {}, [&](auto const& c) { return distance(c.twist, twist); }));
      for (auto const& c : window.classes) EXPECT_LE(distance(c.twist, twist), width + 1e-9);
    }
  }
}

TEST(CoincidenceList, snaps_to_the_nearest_twists_there_are) {
  auto const film = square(3.905), substrate = square(2.978);
  auto options = limits(600.0, 0.02);
  auto const all = search(film, substrate, options);
  for (double degrees : {0.3, 12.5, 31.0, -44.0, 170.0}) {
    double const twist = degrees / units::degrees;
    options.twist = TwistRequest{twist};
    options.most = 5;

    auto const nearest = search(film, substrate, options);

    std::vector<double> offsets;
    for (auto const& c : all.classes) offsets.push_back(nearest_twist(c, film, substrate, twist));
    std::ranges::sort(offsets);
    ASSERT_EQ(nearest.classes.size(), 5u);
    EXPECT_TRUE(nearest.truncated);
    for (std::size_t i = 0; i < 5; ++i) EXPECT_NEAR(distance(nearest.classes[i].twist, twist), offsets[i], 1e-9);
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

/// Classes of all matches (without symmetry) that g X h and t^-1 X^-1 t join, by trying all.
std::size_t count_orbits(std::vector<Coincidence> const& matches, Operations const& film, Operations const& substrate,
                         Operations const& turns) {
  std::vector<std::size_t> parent(matches.size());
  std::iota(parent.begin(), parent.end(), 0u);
  auto const root = [&](std::size_t i) {
    while (parent[i] != i) i = parent[i];
    return i;
  };
  auto const join = [&](std::size_t i, Eigen::Matrix2d const& image) {
    for (std::size_t k = 0; k < matches.size(); ++k) {
      if ((ratio(matches[k]) - image).cwiseAbs().maxCoeff() < 1e-9) parent[root(k)] = root(i);
    }
  };
  for (std::size_t i = 0; i < matches.size(); ++i) {
    Eigen::Matrix2d const x = ratio(matches[i]);
    for (auto const& g : film) {
      for (auto const& h : substrate) {
        if (g.determinant() == h.determinant())
          join(i, g.transpose().cast<double>() * x * h.transpose().cast<double>());
      }
    }
    for (auto const& t : turns) {
      Eigen::Matrix2d const rows = t.transpose().cast<double>();
      join(i, rows.inverse() * x.inverse() * rows);
    }
  }
  std::size_t count = 0;
  for (std::size_t i = 0; i < matches.size(); ++i) count += root(i) == i;
  return count;
}

TEST(PlaneMatch, counts_classes_of_real_layers_as_trying_every_operation_does) {
  struct Case {
    Crystal film, substrate;
    Eigen::Vector3i film_plane, substrate_plane;
    double cells = 7.01, strain = 0.08;
  };
  std::vector<Case> const cases{{test::magnesia(), test::magnesia(), {0, 0, 1}, {0, 0, 1}, 10.01, 0.06},
                                {test::rutile(), test::magnesia(), {0, 0, 1}, {0, 0, 1}},
                                {test::rutile(), test::rutile(), {1, 1, 0}, {1, 1, 0}},
                                {test::wurtzite(), test::magnesia(), {0, 0, 1}, {1, 1, 1}},
                                {test::wurtzite(), test::wurtzite(), {0, 0, 1}, {0, 0, 1}},
                                {test::ceria(), test::ceria(), {1, 1, 1}, {1, 1, 1}},
                                {test::ceria(), test::ceria(), {2, 1, 0}, {2, 1, 0}}};
  for (auto const& c : cases) {
    auto const film = make_plane(c.film, c.film_plane), substrate = make_plane(c.substrate, c.substrate_plane);
    SCOPED_TRACE(plane_name(film.miller) + " on " + plane_name(substrate.miller));
    auto options = limits(c.cells * std::max(film.area(), substrate.area()), c.strain);
    options.measure = StrainMeasure::logarithmic;  // a match and its inverse are both within
    auto const matches = find_coincidences(film.basis, substrate.basis, {}, {}, options);
    bool const one = c.film.numbers == c.substrate.numbers;
    auto const turns = one ? layer_turns(film) : Operations{};

    auto const found = match_planes(film, substrate, MatchSymmetry::layer, options);

    EXPECT_EQ(found.classes.size(),
              count_orbits(matches, layer_point_group(film), layer_point_group(substrate), turns));
  }
}

TEST(PlaneMatch, lists_a_stack_of_one_material_and_the_same_turned_over_once) {
  auto const plane = make_plane(test::magnesia(), {0, 0, 1});
  auto const options = limits(10.01 * plane.area(), 0.06);

  auto const found = match_planes(plane, plane, MatchSymmetry::layer, options);

  // ten cells on nine, 5 % larger or smaller: the same stack seen from above and from below
  auto const of = [&](int film, int substrate) {
    return std::ranges::count_if(found.classes,
                                 [&](auto const& c) { return c.film_index == film && c.substrate_index == substrate; });
  };
  EXPECT_EQ(of(9, 10), 1);
  EXPECT_EQ(of(10, 9), 0);
}

TEST(PlaneMatch, turns_no_polar_layer_over) {
  EXPECT_TRUE(layer_turns(make_plane(test::wurtzite(), {0, 0, 1})).empty());
  EXPECT_FALSE(layer_turns(make_plane(test::ceria(), {1, 1, 1})).empty());
}

TEST(PlaneMatch, keeps_both_hands_of_layers_without_mirrors) {
  EXPECT_FALSE(is_handed(make_plane(test::magnesia(), {2, 1, 0})));
  EXPECT_TRUE(is_handed(make_plane(test::magnesia(), {3, 2, 1})));
  auto const film = make_plane(test::magnesia(), {3, 2, 1}), substrate = make_plane(test::ceria(), {1, 1, 1});
  auto const list = match_planes(film, substrate, MatchSymmetry::layer, limits(300.0, 0.08));

  // the mirror image of each match, X -> m X n with mirrors of the lattices alone, is another class unless twist is 0
  std::size_t positive = 0, negative = 0;
  for (auto const& c : list.classes) (c.twist > 0.0 ? positive : negative) += std::abs(c.twist) > 1e-9;
  EXPECT_GT(positive, 0u);
  EXPECT_GT(negative, 0u);
}

TEST(PlaneMatch, pairs_every_plane_and_both_hands_where_two_layers_have_one) {
  auto const few = plane_pairs(test::magnesia(), test::ceria(), 1);
  EXPECT_EQ(few.size(), 9u);  // (001), (110), (111) each

  auto const many = plane_pairs(test::magnesia(), test::ceria(), 3);
  auto const planes = find_planes(test::magnesia(), 3);
  std::size_t const handed = 1;  // (321) alone has no mirror
  EXPECT_EQ(many.size(), planes.size() * planes.size() + handed * handed);
  EXPECT_EQ(std::ranges::count_if(many, [](auto const& p) { return p.film == Eigen::Vector3i(-3, -2, -1); }), 1);
}

TEST(PlaneMatch, counts_atoms_of_as_many_repeats_as_asked) {
  auto const film = make_plane(test::strontium_titanate(), {0, 0, 1}),
             substrate = make_plane(test::magnesia(), {0, 0, 1});
  auto options = limits(200.0, 0.03);
  options.max_atoms = 3 * 5 * 5 + 2 * 9 * 2;  // five cells of three repeats on nine of two

  auto const list = match_planes(film, substrate, MatchSymmetry::layer, options, 3, 2);

  ASSERT_EQ(list.classes.size(), 1u);
  EXPECT_EQ(list.classes[0].film_index, 5);
  EXPECT_THROW(match_planes(film, substrate, MatchSymmetry::layer, options, 0, 2), InputError);
}

}  // namespace
}  // namespace nacre
