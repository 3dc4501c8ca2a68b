#include "nacre/stack/slab.hpp"

#include <Eigen/LU>

#include "nacre/core/error.hpp"
#include "nacre/core/text.hpp"
#include "nacre/core/value.hpp"
#include "nacre/crystal/io.hpp"
#include "stack/crystals.hpp"
#include "support/support.hpp"

namespace nacre {
namespace {

std::map<std::string, double> reference_charges(std::string const& name) {
  if (name == "Si") return {{"Si", 0.0}};
  std::map<std::string, double> const all{{"Sr", 2}, {"Ti", 4}, {"O", -2}, {"Mg", 2}, {"Ce", 4}, {"Ga", 3}, {"N", -3}};
  std::map<std::string, double> charges;
  for (auto const& [element, charge] : all) {
    if (name.find(element) != std::string::npos) charges[element] = charge;
  }
  return charges;
}

Crystal reference_crystal(std::string const& name) {
  auto crystal = read_crystal(test::shared_file("reference/interface/poscar/" + name + ".vasp"));
  set_oxidation(crystal, reference_charges(name));
  return crystal;
}

std::string words(Value const& atoms, double charge) {
  std::map<std::string, double> sorted;
  for (auto const& [element, count] : atoms.as_object()) sorted[element] = count.as_number();
  std::string text;
  for (auto const& [element, count] : sorted) text += concat(element, count, ' ');
  return concat(text, charge);
}

std::string words(AtomicPlane const& plane) {
  std::map<std::string, double> sorted;
  for (auto const& [number, count] : plane.composition) sorted[std::string(symbol(number))] = count;
  std::string text;
  for (auto const& [element, count] : sorted) text += concat(element, count, ' ');
  return concat(text, plane.charge);
}

template <class T>
std::vector<T> sorted(std::vector<T> list) {
  std::ranges::sort(list);
  return list;
}

void expect_reference_planes(Value const& entry, Crystal const& crystal) {
  auto const& hkl = entry.at("hkl").as_array();
  auto const plane = make_plane(crystal, {static_cast<int>(hkl[0].as_integer()), static_cast<int>(hkl[1].as_integer()),
                                          static_cast<int>(hkl[2].as_integer())});
  auto const planes = atomic_planes(plane);
  auto const terminations = find_terminations(plane);

  EXPECT_NEAR(plane.spacing, entry.at("d_repeat").as_number(), 6e-6);  // printed with 5 decimals
  ASSERT_EQ(planes.size(), entry.at("n_planes").as_integer());
  EXPECT_EQ(terminations.size(), entry.at("n_unique_upper").as_integer());
  bool const neutral = std::ranges::all_of(planes, [](auto const& p) { return std::abs(p.charge) < 1e-9; });
  EXPECT_EQ(neutral, entry.at("tasker_type1_all_planes_neutral").as_bool());
  std::vector<std::string> found, expected;
  std::vector<double> gaps, expected_gaps;
  for (std::size_t k = 0; k < planes.size(); ++k) {
    found.push_back(words(planes[k]));
    gaps.push_back((k + 1 < planes.size() ? planes[k + 1].z : plane.spacing) - planes[k].z);
    Value const& p = entry.at("planes").as_array()[k];
    expected.push_back(words(p.at("atoms_per_prim2Dcell"), p.at("charge").as_number()));
    expected_gaps.push_back(entry.at("gaps_A").as_array()[k].as_number());
  }
  EXPECT_EQ(sorted(found), sorted(expected));
  for (std::size_t k = 0; k < gaps.size(); ++k) {
    EXPECT_NEAR(sorted(gaps)[k], sorted(expected_gaps)[k], 6e-5);  // printed with 4 decimals
  }
}

TEST(Terminations, are_those_of_the_reference_cases) {
  auto const path = test::shared_file("reference/interface/cases.json");
  NACRE_NEEDS_SHARED(path);
  auto const cases = Value::parse_json(read_file(path), path.string());
  for (auto const& [name, list] : cases.at("terminations").at("oracle").as_object()) {
    for (Value const& entry : list.as_array()) {
      SCOPED_TRACE(name + entry.at("hkl").dump());
      expect_reference_planes(entry, reference_crystal(name));
    }
  }
}

TEST(Terminations, of_strontium_titanate_001_are_two_neutral_ones) {
  auto const list = find_terminations(make_plane(test::strontium_titanate(), {0, 0, 1}));

  ASSERT_EQ(list.size(), 2u);
  EXPECT_EQ(list[0].lower, "SrO");
  EXPECT_EQ(list[0].upper, "TiO2");
  EXPECT_EQ(list[1].lower, "TiO2");
  for (auto const& t : list) {
    EXPECT_EQ(t.tasker, 1);
    EXPECT_NEAR(t.gap, 1.9525, 1e-12);
    EXPECT_EQ(t.dipole_per_area, 0.0);
  }
}

TEST(Terminations, of_lanthanum_aluminate_001_bind_half_a_charge_per_cell) {
  auto const list = find_terminations(make_plane(test::lanthanum_aluminate(), {0, 0, 1}));

  ASSERT_EQ(list.size(), 2u);
  for (auto const& t : list) {
    double const sign = t.upper == "LaO" ? 1.0 : -1.0;
    EXPECT_TRUE(t.polar());
    EXPECT_NEAR(t.bound_charge, sign * 0.5 / (3.79 * 3.79), 1e-12);
  }
}

TEST(Terminations, of_ceria_111_have_one_dipole_free_cut) {
  auto const list = find_terminations(make_plane(test::ceria(), {1, 1, 1}));

  ASSERT_EQ(list.size(), 3u);
  EXPECT_EQ(std::ranges::count_if(list, [](auto const& t) { return t.polar(); }), 2);
  for (auto const& t : list) {
    if (t.polar()) continue;
    EXPECT_EQ(t.tasker, 2);
    EXPECT_EQ(t.lower, "O");
    EXPECT_EQ(t.upper, "O");
    EXPECT_NEAR(t.gap, 5.411 * std::sqrt(3.0) / 6.0, 1e-9);
    EXPECT_EQ(t.dipole_per_area, 0.0);
  }
}

TEST(Terminations, name_polar_planes) {
  for (auto const& t : find_terminations(make_plane(test::strontium_titanate(), {1, 1, 1}))) EXPECT_TRUE(t.polar());
  for (auto const& t : find_terminations(make_plane(test::magnesia(), {1, 1, 1}))) EXPECT_TRUE(t.polar());
  for (auto const& t : find_terminations(make_plane(test::magnesia(), {1, 1, 0}))) EXPECT_FALSE(t.polar());
  for (auto const& t : find_terminations(make_plane(test::wurtzite(), {0, 0, 1}))) EXPECT_TRUE(t.polar());
  for (auto const& t : find_terminations(make_plane(test::wurtzite(), {1, 1, 0}))) EXPECT_FALSE(t.polar());
}

TEST(Terminations, of_both_sides_have_opposite_charge) {
  auto const upward = find_terminations(make_plane(test::wurtzite(), {0, 0, 1}));
  auto const downward = find_terminations(make_plane(test::wurtzite(), {0, 0, -1}));

  ASSERT_EQ(upward.size(), downward.size());
  for (auto const& t : upward) {
    EXPECT_TRUE(std::ranges::any_of(downward, [&](auto const& other) {
      return other.lower == t.upper && std::abs(other.gap - t.gap) < 1e-9 &&
             std::abs(other.bound_charge + t.bound_charge) < 1e-9;
    }));
  }
}

TEST(Terminations, need_formal_charges) {
  auto crystal = test::magnesia();
  crystal.oxidation.clear();

  EXPECT_THROW(find_terminations(make_plane(crystal, {0, 0, 1})), InputError);
}

/// The bulk, cut at the slab's boundaries: what a slab must contain.
TEST(Slab, is_whole_repeats_of_the_crystal) {
  for (auto const& crystal : {test::strontium_titanate(), test::ceria(), test::rutile(), test::wurtzite()}) {
    for (Eigen::Vector3i const& miller :
         {Eigen::Vector3i(0, 0, 1), Eigen::Vector3i(1, 1, 1), Eigen::Vector3i(2, 1, 0)}) {
      auto const plane = make_plane(crystal, miller);
      for (auto const& t : find_terminations(plane)) {
        auto const slab = make_slab(plane, t, 3);
        double const bulk = shortest_distance(crystal).distance;
        // with its stacking vector the slab is the crystal again
        Crystal periodic = slab.crystal;
        periodic.lattice.col(2).head<2>() = 3.0 * slab.stacking_offset;
        periodic.periodic = {true, true, true};

        EXPECT_EQ(slab.crystal.size(), 3 * plane.primitive.size());
        EXPECT_NEAR(shortest_distance(periodic).distance, bulk, 1e-9);
        EXPECT_NEAR(periodic.volume(), 3.0 * plane.primitive.volume(), 1e-9);
        EXPECT_EQ(find_space_group(periodic).number, find_space_group(crystal).number);
        EXPECT_EQ(formula(slab.crystal), formula(crystal));
      }
    }
  }
}

TEST(Slab, shows_the_faces_of_its_termination) {
  auto const plane = make_plane(test::strontium_titanate(), {0, 0, 1});
  auto const slab = make_slab(plane, find_terminations(plane)[0], 2);

  EXPECT_EQ(slab.atom_plane, (std::vector<int>{0, 0, 1, 1, 1, 2, 2, 3, 3, 3}));
  EXPECT_EQ(symbol(slab.crystal.numbers[0]), "Sr");
  EXPECT_NEAR(slab.crystal.positions(2, 0), 0.0, 1e-12);
  EXPECT_NEAR(slab.crystal.positions(2, 9), 1.5 * 3.905, 1e-12);
  EXPECT_NEAR(slab.thickness(), 7.81, 1e-12);
  EXPECT_FALSE(slab.crystal.periodic[2]);
  EXPECT_EQ(slab.crystal.name, "SrTiO3(001)");
  EXPECT_THROW(make_slab(plane, find_terminations(plane)[0], 0), InputError);
}

TEST(Slab, has_each_face_that_is_asked_for) {
  auto const plane = make_plane(test::strontium_titanate(), {0, 0, 1});
  auto const slab = make_slab(plane, find_terminations(plane)[0], 2, 1);  // SrO, then 2 x (TiO2, SrO)

  EXPECT_EQ(slab.termination.lower, "SrO");
  EXPECT_EQ(slab.upper.upper, "SrO");
  EXPECT_EQ(slab.crystal.size(), 12u);
  EXPECT_FALSE(slab.stoichiometric());
  EXPECT_NEAR(slab.bulk_repeats(), 2.4, 1e-12);
  EXPECT_NEAR(slab.thickness(), 2.5 * 3.905, 1e-12);
  EXPECT_NEAR(slab.span(), 2.0 * 3.905, 1e-12);
  EXPECT_NEAR(slab.crystal.positions.row(2).maxCoeff(), slab.span(), 1e-12);
  EXPECT_TRUE(make_slab(plane, slab.termination, 2).stoichiometric());
  EXPECT_THROW(make_slab(plane, slab.termination, 2, 2), InputError);
  EXPECT_EQ(make_slab(plane, slab.termination, 0, 1).crystal.size(), 2u);
}

/// Formal charges below and above a cut are minus and plus its bound charge beyond dipole-free repeats.
TEST(Slab, carries_the_difference_of_the_bound_charges_of_its_faces) {
  for (auto const& crystal : {test::lanthanum_aluminate(), test::ceria(), test::wurtzite(), test::rutile()}) {
    for (Eigen::Vector3i const& miller :
         {Eigen::Vector3i(0, 0, 1), Eigen::Vector3i(1, 1, 1), Eigen::Vector3i(2, 1, 0)}) {
      auto const plane = make_plane(crystal, miller);
      int const n = static_cast<int>(atomic_planes(plane).size());
      for (auto const& lower : find_terminations(plane)) {
        for (int extra = 0; extra < n; ++extra) {
          auto const slab = make_slab(plane, lower, 1, extra);
          EXPECT_NEAR(slab.charge(), (slab.upper.bound_charge - slab.termination.bound_charge) * plane.area(), 1e-9);
        }
      }
    }
  }
}

TEST(Slab, may_end_within_a_repeat_and_be_stoichiometric) {
  auto const plane = make_plane(test::wurtzite(), {0, 0, 1});  // a screw brings each bilayer to the next
  auto const list = find_terminations(plane);
  auto const half = cut_slab(plane, list, {0, 0, 1, 0.4 * plane.spacing});

  EXPECT_EQ(half.repeats, 0);
  EXPECT_EQ(half.extra_planes, 2);
  EXPECT_TRUE(half.stoichiometric());
  EXPECT_NEAR(half.bulk_repeats(), 0.5, 1e-12);
  EXPECT_EQ(half.upper.upper, half.termination.upper);
  EXPECT_EQ(cut_slab(plane, list, {0, 0, 2, {}}).extra_planes, 0);
}

TEST(Slab, is_continued_by_the_slab_that_begins_with_its_upper_cut) {
  for (auto const& crystal : {test::ceria(), test::rutile(), test::wurtzite()}) {
    auto const plane = make_plane(crystal, {1, 1, 1});
    int const n = static_cast<int>(atomic_planes(plane).size());
    auto const lower = make_slab(plane, find_terminations(plane).back(), 1, 1 % n);
    auto const upper = make_slab(plane, lower.upper, 1, (n - 1) % n);  // together whole repeats
    Crystal both = lower.crystal;
    both.positions.conservativeResize(3, lower.crystal.positions.cols() + upper.crystal.positions.cols());
    for (Eigen::Index i = 0; i < upper.crystal.positions.cols(); ++i) {
      both.positions.col(lower.crystal.positions.cols() + i) =
          upper.crystal.positions.col(i) +
          Eigen::Vector3d(lower.next_offset().x(), lower.next_offset().y(), lower.thickness());
      both.numbers.push_back(upper.crystal.numbers[static_cast<std::size_t>(i)]);
      both.oxidation.push_back(upper.crystal.oxidation[static_cast<std::size_t>(i)]);
    }
    both.lattice.col(2) << lower.next_offset() + upper.next_offset(), lower.thickness() + upper.thickness();
    both.periodic = {true, true, true};

    EXPECT_EQ(find_space_group(both).number, find_space_group(crystal).number);
    EXPECT_EQ(primitive_cell(both).size(), plane.primitive.size());
  }
}

TEST(Slab, does_not_depend_on_the_origin_of_the_file) {
  for (auto const& crystal : {test::ceria(), test::rutile()}) {
    auto const at_zero = make_plane(crystal, {1, 1, 1});
    auto const elsewhere = make_plane(test::moved(crystal, {0.3, -0.2, 0.7}), {1, 1, 1});
    auto const count = [](PlaneLattice const& plane) {
      std::multiset<std::tuple<std::string, std::string, int, long>> faces;
      for (auto const& t : find_terminations(plane)) {
        faces.insert({t.lower, t.upper, t.tasker, std::lround(t.bound_charge * 1e6)});
      }
      return faces;
    };

    EXPECT_EQ(count(at_zero), count(elsewhere));
  }
}

}  // namespace
}  // namespace nacre
