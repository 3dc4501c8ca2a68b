// What holds for planes and slabs of every crystal: independence of the cell and the orientation, no atom lost.

#include <rapidcheck.h>

#include <Eigen/Geometry>
#include <Eigen/LU>
#include <random>

#include "nacre/stack/slab.hpp"
#include "stack/unit_crystals.hpp"
#include "support/support.hpp"

namespace nacre {
namespace {

std::vector<Crystal> crystals() {
  return {test::strontium_titanate(), test::magnesia(), test::ceria(),       test::rutile(),
          test::wurtzite(),           test::calcite(),  test::molybdenite(), test::baddeleyite(),
          test::triclinic(),          test::quartz(),   test::graphite(),    test::vanadium_pentoxide()};
}

/// Some of them in primitive cells, all crystal systems but one: the symmetry search takes the time here, most of all
/// where the lattice is centred.
std::vector<Crystal> small_crystals() {
  std::vector<Crystal> list{test::strontium_titanate(), test::rutile(),    test::wurtzite(), test::calcite(),
                            test::baddeleyite(),        test::triclinic(), test::quartz()};
  for (auto& crystal : list) crystal = primitive_cell(crystal);
  return list;
}

Eigen::Vector3i any_plane(int limit) {
  Eigen::Vector3i miller;
  do {
    for (int& h : miller) h = *rc::gen::inRange(-limit, limit + 1);
  } while (miller.isZero());
  return miller;
}

/// Determinant 1, entries of a few units: a product of shears.
Eigen::Matrix3i any_basis_change() {
  Eigen::Matrix3i u = Eigen::Matrix3i::Identity();
  for (int k = 0; k < 4; ++k) {
    int const i = *rc::gen::inRange(0, 3), j = (i + *rc::gen::inRange(1, 3)) % 3;
    u.col(i) += *rc::gen::inRange(-1, 2) * u.col(j);
  }
  return u;
}

/// What the program says about a plane, but for its indices and the order of the list.
std::multiset<std::string> words(PlaneLattice const& plane) {
  std::multiset<std::string> words;
  auto const number = [](double x) {
    return std::to_string(std::lround(1e4 * x + 0.317)) + " ";
  };  // no round number is on the border
  auto const list = find_terminations(plane);
  for (auto const& t : list) {
    words.insert(t.lower + "|" + t.upper + " " + number(t.gap) + number(t.bound_charge) + std::to_string(t.tasker) +
                 std::to_string(t.broken_bonds) + (t.stoichiometric ? "s" : "n") + (t.turned_over ? "t" : "-"));
  }
  words.insert(number(plane.area()) + number(plane.spacing) + std::to_string(count_turned_classes(list)));
  words.insert("group " + std::to_string(layer_point_group(plane).size()));
  return words;
}

TEST(Properties, do_not_depend_on_the_basis_of_the_lattice) {
  auto const all = small_crystals();
  bool const holds = rc::check([&] {
    Crystal const& crystal = all[*rc::gen::inRange<std::size_t>(0, all.size())];
    auto const miller = any_plane(2);
    auto const u = any_basis_change();
    Crystal other = crystal;
    other.lattice = crystal.lattice * u.cast<double>();
    Eigen::Vector3i const cells(1, 1, *rc::gen::inRange(1, 3));
    other = supercell(other, cells);

    Eigen::Vector3i const indices = (u.transpose() * miller).cwiseProduct(cells);
    RC_ASSERT(words(make_plane(other, indices)) == words(make_plane(crystal, miller)));
  });
  EXPECT_TRUE(holds);
}

TEST(Properties, do_not_depend_on_the_orientation) {
  auto const all = small_crystals();
  bool const holds = rc::check([&] {
    Crystal const& crystal = all[*rc::gen::inRange<std::size_t>(0, all.size())];
    auto const miller = any_plane(2);
    auto const degrees = [] { return *rc::gen::inRange(0, 3600) * 0.1 * 0.017453292519943295; };
    Eigen::Matrix3d const turn = (Eigen::AngleAxisd(degrees(), Eigen::Vector3d::UnitZ()) *
                                  Eigen::AngleAxisd(degrees(), Eigen::Vector3d::UnitX()))
                                     .toRotationMatrix();
    Crystal other = crystal;
    other.lattice = turn * crystal.lattice;
    other.positions = turn * crystal.positions;

    RC_ASSERT(words(make_plane(other, miller)) == words(make_plane(crystal, miller)));
  });
  EXPECT_TRUE(holds);
}

TEST(Properties, of_plane_families_do_not_depend_on_the_basis) {
  auto const all = small_crystals();
  bool const holds = rc::check([&] {
    Crystal const& crystal = all[*rc::gen::inRange<std::size_t>(0, all.size())];
    auto const u = any_basis_change();
    Crystal other = crystal;
    other.lattice = crystal.lattice * u.cast<double>();
    // every family of the one is among those of the other, whose box of indices is large enough
    int const limit = u.transpose().cwiseAbs().rowwise().sum().maxCoeff();
    auto const small = find_plane_families(crystal, 1), large = find_plane_families(other, limit);
    for (auto const& f : small) {
      auto const equal = [&](PlaneFamily const& g) {
        return g.multiplicity == f.multiplicity && std::abs(g.area - f.area) < 1e-6 &&
               std::abs(g.spacing - f.spacing) < 1e-6 &&
               (&g - large.data() == std::ptrdiff_t(g.opposite)) == (&f - small.data() == std::ptrdiff_t(f.opposite));
      };
      RC_ASSERT(std::ranges::any_of(large, equal));
    }
  });
  EXPECT_TRUE(holds);
}

/// A slab of each plane with each pair of cuts, by chance: atoms as its planes say, none too close to another.
TEST(Properties, of_ten_thousand_slabs_no_atom_is_lost_or_doubled) {
  struct Case {
    PlaneLattice plane;
    std::vector<AtomicPlane> planes;
    std::vector<Termination> cuts;
    double shortest;
  };
  std::mt19937_64 random(7);
  auto const below = [&](std::uint64_t n) { return static_cast<int>(random() % n); };
  std::vector<Case> cases;
  for (auto const& crystal : crystals()) {
    for (int k = 0; k < 5; ++k) {
      Eigen::Vector3i miller(below(5) - 2, below(5) - 2, below(5) - 2);
      if (miller.isZero()) miller = {0, 0, 1};
      auto const plane = make_plane(test::moved(crystal, {0.1 * k, 0.37, -0.2}), miller);
      cases.push_back({plane, atomic_planes(plane), find_terminations(plane), shortest_distance(crystal).distance});
    }
  }
  for (int build = 0; build < 10'000; ++build) {
    auto const& c = cases[static_cast<std::size_t>(below(cases.size()))];
    auto const n = c.planes.size();
    auto const& cut = c.cuts[static_cast<std::size_t>(below(c.cuts.size()))];
    int const extra = below(n);
    auto const slab = make_slab(c.plane, cut, extra == 0 ? 1 : below(2), extra);

    std::map<int, int> expected, found;
    auto const count = n * static_cast<std::size_t>(slab.repeats) + static_cast<std::size_t>(extra);
    for (std::size_t k = 0; k < count; ++k) {
      for (auto const& [number, atoms] : c.planes[(static_cast<std::size_t>(cut.first) + k) % n].composition) {
        expected[number] += atoms;
      }
    }
    for (int const number : slab.crystal.numbers) ++found[number];
    ASSERT_EQ(found, expected);
    ASSERT_EQ(slab.atom_plane.back() + 1, static_cast<int>(count));
    if (build % 10 > 0) continue;
    ASSERT_GT(shortest_distance(slab.crystal).distance, c.shortest - 1e-6);
  }
}

}  // namespace
}  // namespace nacre
