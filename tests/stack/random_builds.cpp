// No atom is lost or doubled at a cell edge: thousands of random stacks, composition and shortest distance checked.
#include <Eigen/LU>
#include <map>

#include "nacre/core/error.hpp"
#include "nacre/core/rng.hpp"
#include "nacre/stack/stack.hpp"
#include "stack/crystals.hpp"
#include "support/support.hpp"

namespace nacre {
namespace {

/// Thirds, halves and zeros put atoms onto cell edges; the others lie anywhere.
double awkward(Rng& rng) {
  constexpr std::array<double, 8> places{0.0, 0.5, 1.0 / 3.0, 2.0 / 3.0, 0.25, 1.0 - 1e-12, 1e-12, -1.0};
  return rng.below(2) == 0 ? places[rng.below(places.size())] : rng.uniform();
}

struct Pair {
  std::vector<Slab> slabs;
  std::vector<std::vector<Coincidence>> matches;  ///< per contact
  SlabList list() const { return {slabs.begin(), slabs.end()}; }
};

/// Slabs whose matches are listed once; each is built in many ways.
std::vector<Pair> pairs() {
  Eigen::Vector3d const off(0.37, 0.11, -0.23);
  std::vector<std::pair<Crystal, Eigen::Vector3i>> const faces{
      {test::strontium_titanate(), {0, 0, 1}},      {test::strontium_titanate(), {1, 1, 0}},
      {test::moved(test::magnesia(), off), {0, 0, 1}}, {test::magnesia(), {1, 1, 1}},
      {test::ceria(), {1, 1, 1}},                   {test::moved(test::zirconia(), off), {1, 1, 1}},
      {test::rutile(), {1, 1, 0}},                  {test::wurtzite(), {1, 0, 0}}};
  std::vector<Slab> slabs;
  for (auto const& [crystal, miller] : faces) {
    auto const plane = make_plane(crystal, miller);
    slabs.push_back(make_slab(plane, find_terminations(plane).back(), 1));
  }
  std::vector<Pair> result;
  for (auto const& bottom : slabs) {
    for (auto const& top : slabs) {
      auto list = find_coincidences(top.plane.basis, bottom.plane.basis, layer_point_group(top.plane),
                                    layer_point_group(bottom.plane), {110.0, 0.05});
      if (list.size() > 12) list.resize(12);
      if (!list.empty()) result.push_back({{bottom, top}, {list}});
    }
  }
  return result;
}

/// Smallest distance between atoms of one layer, over neighbouring images, with the atoms binned by cell edges unseen.
double shortest_in_layer(Stack const& stack, int layer) {
  Crystal part;
  part.lattice = stack.crystal.lattice;
  std::vector<Eigen::Index> chosen;
  for (std::size_t i = 0; i < stack.layer.size(); ++i) {
    if (stack.layer[i] != layer) continue;
    chosen.push_back(static_cast<Eigen::Index>(i));
    part.numbers.push_back(stack.crystal.numbers[i]);
  }
  part.positions = stack.crystal.positions(Eigen::all, chosen);
  part.periodic = stack.crystal.periodic;
  return shortest_distance(part).distance;
}

void check(Stack const& stack, SlabList const& slabs) {
  ASSERT_EQ(static_cast<std::int64_t>(stack.crystal.size()), atom_count(stack, slabs));
  for (std::size_t k = 0; k < slabs.size(); ++k) {
    auto const& slab = slabs[k].get();
    std::map<int, int> expected, found;
    for (int const number : slab.crystal.numbers) expected[number] += stack.layers[k].cells();
    for (std::size_t i = 0; i < stack.layer.size(); ++i) {
      if (stack.layer[i] == static_cast<int>(k) + 1) ++found[stack.crystal.numbers[i]];
    }
    ASSERT_EQ(found, expected);
    double const bulk = shortest_distance(slab.plane.primitive).distance;
    ASSERT_GT(shortest_in_layer(stack, static_cast<int>(k) + 1), 0.94 * bulk) << "strained by at most 5 %";
  }
  Eigen::Matrix2Xd const x = stack.cell.inverse() * stack.crystal.positions.topRows<2>();
  ASSERT_GT(x.minCoeff(), -2e-9) << "all in one cell";
  ASSERT_LT(x.maxCoeff(), 1.0);
}

TEST(RandomBuilds, lose_and_double_no_atom_at_a_cell_edge) {
  auto const all = pairs();
  ASSERT_GE(all.size(), 30u);
  // NACRE_BUILDS=10000 is the full count; a test of seconds takes fewer
  auto const* wanted = std::getenv("NACRE_BUILDS");
  int const builds = wanted ? std::atoi(wanted) : 600;
  Rng rng(61, "random builds", 0);
  for (int k = 0; k < builds; ++k) {
    auto const& pair = all[rng.below(all.size())];
    auto const& c = pair.matches[0][rng.below(pair.matches[0].size())];
    StackOptions options;
    options.strain_weights = {rng.uniform(), 1.0};
    options.geometry = rng.below(2) == 0 ? StackGeometry::slab : StackGeometry::superlattice;
    options.closing_shift = {awkward(rng), awkward(rng)};
    SCOPED_TRACE(concat("build ", k, " ", pair.slabs[0].crystal.name, "|", pair.slabs[1].crystal.name));
    auto const slabs = pair.list();
    check(build_stack(slabs, {{c, {awkward(rng), awkward(rng)}, 2.5}}, options), slabs);
    if (HasFatalFailure()) return;
  }
}

TEST(RandomBuilds, have_the_predicted_number_of_atoms_in_supercells_too) {
  auto const all = pairs();
  Rng rng(62, "supercells", 0);
  for (int k = 0; k < 50; ++k) {
    auto const& pair = all[rng.below(all.size())];
    auto const& c = pair.matches[0][rng.below(std::min<std::size_t>(pair.matches[0].size(), 3))];
    auto const entry = [&] { return static_cast<int>(rng.below(4)) - 1; };
    StackOptions options;
    do {
      options.supercell << entry(), entry(), entry(), entry();
    } while (options.supercell.determinant() <= 0);
    auto const slabs = pair.list();
    std::vector<ContactDesign> const contacts{{c, {awkward(rng), awkward(rng)}, 2.5}};

    auto const stack = build_stack(slabs, contacts, options);

    EXPECT_EQ(static_cast<std::int64_t>(stack.crystal.size()),
              options.supercell.determinant() * atom_count(c, pair.slabs[0], pair.slabs[1]));
    check(stack, slabs);
  }
}

}  // namespace
}  // namespace nacre
