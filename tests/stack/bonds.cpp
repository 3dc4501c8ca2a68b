#include "nacre/stack/bonds.hpp"

#include "nacre/stack/slab.hpp"
#include "stack/crystals.hpp"
#include "stack/unit_crystals.hpp"
#include "support/support.hpp"

namespace nacre {
namespace {

std::set<int> dimensions(Crystal const& crystal) {
  auto const list = bonded_dimensions(crystal, find_bonds(crystal));
  return {list.begin(), list.end()};
}

TEST(Bonds, tell_frameworks_layers_and_molecules_apart) {
  EXPECT_EQ(dimensions(test::strontium_titanate()), std::set<int>{3});
  EXPECT_EQ(dimensions(test::magnesia()), std::set<int>{3});
  EXPECT_EQ(dimensions(test::wurtzite()), std::set<int>{3});
  EXPECT_EQ(dimensions(test::caesium_chloride()), std::set<int>{3});
  EXPECT_EQ(dimensions(test::molybdenite()), std::set<int>{2});
  EXPECT_EQ(dimensions(test::graphite()), std::set<int>{2});
  EXPECT_EQ(dimensions(test::boron_nitride()), std::set<int>{2});
  EXPECT_EQ(dimensions(test::brucite()), std::set<int>{2});
  EXPECT_EQ(dimensions(test::vanadium_pentoxide()), std::set<int>{2});
  EXPECT_EQ(dimensions(test::dry_ice()), std::set<int>{0});
  EXPECT_EQ(dimensions(test::calcite()), std::set<int>{3});
}

TEST(Bonds, count_the_neighbours) {
  EXPECT_EQ(find_bonds(primitive_cell(test::magnesia())).size(), 6u);
  EXPECT_EQ(find_bonds(test::molybdenite()).size(), 12u);  // two layers, six each
  EXPECT_EQ(find_bonds(test::dry_ice()).size(), 8u);
}

TEST(Bonds, of_units_are_none_in_ionic_frameworks) {
  for (auto const& crystal : {test::strontium_titanate(), test::magnesia(), test::ceria(), test::rutile(),
                              test::wurtzite(), test::lanthanum_aluminate(), test::caesium_chloride()}) {
    EXPECT_EQ(unit_bonds(crystal).size(), 0u) << formula(crystal);
  }
}

TEST(Bonds, of_units_are_those_of_groups_in_ionic_crystals) {
  auto const crystal = primitive_cell(test::calcite());
  auto const bonds = unit_bonds(crystal);

  ASSERT_EQ(bonds.size(), 6u);  // two carbonate groups
  for (auto const& b : bonds) {
    std::set<int> const elements{crystal.numbers[static_cast<std::size_t>(b.first)],
                                 crystal.numbers[static_cast<std::size_t>(b.second)]};
    EXPECT_EQ(elements, (std::set<int>{6, 8}));
  }
}

TEST(Bonds, do_not_depend_on_the_cell) {
  for (auto const& crystal : {test::calcite(), test::molybdenite(), test::vanadium_pentoxide()}) {
    Crystal skewed = crystal;
    skewed.lattice.col(2) += 2.0 * crystal.lattice.col(0) - crystal.lattice.col(1);
    skewed.lattice.col(0) += crystal.lattice.col(1);

    EXPECT_EQ(find_bonds(skewed).size(), find_bonds(crystal).size());
    EXPECT_EQ(unit_bonds(skewed).size(), unit_bonds(crystal).size());
    EXPECT_EQ(dimensions(skewed), dimensions(crystal));
  }
}

/// Cuts of a plane that part no bonds of units, by the labels of their faces.
std::vector<std::string> whole_cuts(Crystal const& crystal, Eigen::Vector3i const& miller) {
  std::vector<std::string> cuts;
  for (auto const& t : find_terminations(make_plane(crystal, miller))) {
    if (t.broken_bonds == 0) cuts.push_back(t.lower + "|" + t.upper);
  }
  return cuts;
}

TEST(Terminations, between_van_der_waals_layers_part_no_bonds) {
  EXPECT_EQ(whole_cuts(test::molybdenite(), {0, 0, 1}), std::vector<std::string>{"S|S"});
  EXPECT_EQ(whole_cuts(test::brucite(), {0, 0, 1}), std::vector<std::string>{"H|H"});
  EXPECT_EQ(whole_cuts(test::graphite(), {0, 0, 1}), std::vector<std::string>{"C2|C2"});
  EXPECT_EQ(whole_cuts(test::molybdenite(), {1, 0, 0}).size(), 0u);
  EXPECT_EQ(whole_cuts(test::vanadium_pentoxide(), {0, 0, 1}), std::vector<std::string>{"O2|O2"});
}

TEST(Terminations, that_part_bonds_are_taken_only_where_the_plane_has_no_others) {
  auto const count = [](Crystal const& crystal, Eigen::Vector3i const& miller) {
    auto const all = find_terminations(make_plane(crystal, miller));
    return std::pair(whole_terminations(all).size(), all.size());
  };
  using Counts = std::pair<std::size_t, std::size_t>;

  EXPECT_EQ(count(test::brucite(), {0, 0, 1}), Counts(1, 5));
  EXPECT_EQ(count(test::ceria(), {1, 1, 1}), Counts(3, 3));
  auto const edges = count(test::molybdenite(), {1, 0, 0});
  EXPECT_EQ(edges.first, edges.second);
}

TEST(Terminations, go_around_groups_that_stay_whole) {
  for (auto const& crystal : {test::dry_ice(), test::calcite()}) {
    double const shortest = shortest_distance(crystal).distance;
    int helped = 0;
    for (auto const& miller : find_planes(crystal, 2)) {
      auto plane = make_plane(crystal, miller);
      auto const flat = find_terminations(plane);
      helped += std::ranges::none_of(flat, [](auto const& t) { return t.broken_bonds == 0; });
      plane.whole_groups = true;
      auto const list = find_terminations(plane);
      for (auto const& lower : list) {
        EXPECT_EQ(lower.broken_bonds, 0);
        auto const slab = cut_slab(plane, list, {lower.index, 0, 1, {}});
        auto const bonds = [](Crystal const& c, double height) {
          Crystal alone = c;
          alone.lattice.col(2) << 0.0, 0.0, height;
          return std::ranges::count_if(find_bonds(alone), &Bond::covalent);
        };
        // each carbon keeps its oxygen: two of dry ice, three of calcite
        auto const carbon = std::ranges::count(slab.crystal.numbers, 6);
        EXPECT_EQ(bonds(slab.crystal, slab.thickness() + 30.0), carbon * (formula(crystal) == "CO2" ? 2 : 3));
        EXPECT_GT(shortest_distance(slab.crystal).distance, shortest - 1e-6);
      }
    }
    EXPECT_GT(helped, 0) << "some plane of " << formula(crystal) << " has no flat cut between groups";
  }
}

TEST(Terminations, of_calcite_keep_its_carbonate_groups) {
  auto const basal = find_terminations(make_plane(test::calcite(), {0, 0, 1}));
  ASSERT_EQ(basal.size(), 2u);  // between flat carbonate planes and calcium planes
  for (auto const& t : basal) EXPECT_EQ(t.broken_bonds, 0);
  auto const cleavage = find_terminations(make_plane(test::calcite(), {1, 0, 4}));
  int const whole = static_cast<int>(std::ranges::count(cleavage, 0, &Termination::broken_bonds));
  EXPECT_EQ(whole, 1);
  for (auto const& t : cleavage) EXPECT_TRUE(t.broken_bonds > 0 || !t.polar());
}

}  // namespace
}  // namespace nacre
