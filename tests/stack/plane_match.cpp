// Coincidences of two planes: the symmetry of real layers, stacks turned over, hands, all pairs of planes, atoms.

#include <Eigen/LU>
#include <algorithm>
#include <cmath>
#include <numeric>

#include "nacre/core/error.hpp"
#include "nacre/stack/plane_match.hpp"
#include "stack/crystals.hpp"
#include "support/support.hpp"

namespace nacre {
namespace {

using Operations = std::vector<Eigen::Matrix2i>;

Eigen::Matrix2d ratio(Coincidence const& c) { return c.film.cast<double>().inverse() * c.substrate.cast<double>(); }

CoincidenceOptions limits(double area, double strain) {
  CoincidenceOptions options;
  options.max_area = area;
  options.max_strain = strain;
  return options;
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
