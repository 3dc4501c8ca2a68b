#include "nacre/stack/contact.hpp"

#include <Eigen/LU>

#include "nacre/core/rng.hpp"
#include "stack/crystals.hpp"
#include "support/support.hpp"

namespace nacre {
namespace {

Slab make(Crystal const& crystal, Eigen::Vector3i const& miller, int repeats, std::size_t termination = 0) {
  auto const plane = make_plane(crystal, miller);
  return make_slab(plane, find_terminations(plane).at(termination), repeats);
}

std::vector<Coincidence> matches(PlaneLattice const& top, PlaneLattice const& bottom,
                                 CoincidenceOptions const& limits) {
  return find_coincidences(top.basis, bottom.basis, layer_point_group(top), layer_point_group(bottom), limits);
}

/// Distances between atoms of different layers, with their elements: the same for congruent and for mirror stacks.
/// Pairs whose distance is near the cutoff may be in one list only, so the list is cut where both still agree.
std::vector<std::tuple<long, int, int>> fingerprint(Stack const& stack, double cutoff) {
  std::vector<std::tuple<long, int, int>> pairs;
  Eigen::Matrix2d const cell = stack.crystal.lattice.topLeftCorner<2, 2>();
  Eigen::Matrix2d const inverse = cell.inverse();
  int const nx = static_cast<int>(std::ceil(cutoff * inverse.row(0).norm())) + 1;
  int const ny = static_cast<int>(std::ceil(cutoff * inverse.row(1).norm())) + 1;
  for (std::size_t i = 0; i < stack.layer.size(); ++i) {
    for (std::size_t j = 0; j < stack.layer.size(); ++j) {
      if (stack.layer[i] != 1 || stack.layer[j] != 2) continue;
      Eigen::Vector3d const d = stack.crystal.positions.col(static_cast<Eigen::Index>(j)) -
                                stack.crystal.positions.col(static_cast<Eigen::Index>(i));
      for (int x = -nx; x <= nx; ++x) {
        for (int y = -ny; y <= ny; ++y) {
          Eigen::Vector3d r = d;
          r.head<2>() += cell * Eigen::Vector2d(x, y);
          if (r.norm() > cutoff) continue;
          auto const ends = std::minmax(stack.crystal.numbers[i], stack.crystal.numbers[j]);
          pairs.emplace_back(std::lround(r.norm() * 1e4), ends.first, ends.second);
        }
      }
    }
  }
  std::ranges::sort(pairs);
  return pairs;
}

/// Largest difference of corresponding distances, the farthest tenth left out (pairs that cross the cutoff) [1e-4 Å].
long difference(Stack const& a, Stack const& b) {
  auto const p = fingerprint(a, 4.5), q = fingerprint(b, 4.5);
  auto distances = [](auto const& pairs) {
    std::map<std::pair<int, int>, std::vector<long>> lists;
    for (auto const& [d, i, j] : pairs) lists[{i, j}].push_back(d);
    return lists;
  };
  auto const x = distances(p), y = distances(q);
  long worst = 0;
  for (auto const& [ends, list] : x) {
    auto const other = y.find(ends);
    if (other == y.end()) return 1'000'000;
    for (std::size_t k = 0; k < std::min(list.size(), other->second.size()) * 9 / 10; ++k) {
      worst = std::max(worst, std::abs(list[k] - other->second[k]));
    }
  }
  return worst;
}

Eigen::Vector2d fractions(GridShift const& shift) {
  return Eigen::Vector2d(static_cast<double>(shift[0]), static_cast<double>(shift[1])) /
         static_cast<double>(shift_grid);
}
GridShift random_shift(Rng& rng) {
  return {static_cast<std::int64_t>(rng.below(shift_grid)), static_cast<std::int64_t>(rng.below(shift_grid))};
}

struct Pair {
  Slab bottom, top;
  CoincidenceOptions limits;
};
std::vector<Pair> example_pairs() {
  Eigen::Vector3d const off(0.37, 0.11, -0.23);
  auto const sto = test::strontium_titanate(), mgo = test::magnesia(), ceo2 = test::ceria();
  return {
      {make(sto, {0, 0, 1}, 1), make(sto, {0, 0, 1}, 1, 1), {200.0, 1e-4}},
      {make(test::moved(sto, off), {0, 0, 1}, 1), make(mgo, {0, 0, 1}, 1), {120.0, 0.04}},
      {make(ceo2, {1, 1, 1}, 1, 2), make(test::moved(test::zirconia(), off), {1, 1, 1}, 1, 2), {100.0, 0.07}},
      {make(ceo2, {1, 1, 0}, 1), make(test::rutile(), {1, 1, 0}, 1), {250.0, 0.08}},
      {make(test::moved(test::rutile(), off), {0, 0, 1}, 1), make(test::rutile(), {1, 0, 1}, 1), {200.0, 0.05}},
      {make(test::wurtzite(), {1, 0, 0}, 1), make(mgo, {1, 1, 0}, 1), {120.0, 0.06}},
  };
}

TEST(ShiftSymmetries, give_congruent_stacks) {
  Rng rng(31, "shift images", 0);
  for (auto const& [bottom, top, limits] : example_pairs()) {
    SCOPED_TRACE(bottom.crystal.name + "|" + top.crystal.name);
    auto const list = matches(top.plane, bottom.plane, limits);
    ASSERT_FALSE(list.empty());
    for (std::size_t i = 0; i < std::min<std::size_t>(list.size(), 3); ++i) {
      auto const shift = random_shift(rng);
      auto const stack = build_stack(bottom, top, list[i], fractions(shift), 1.9);
      for (auto const& map : shift_symmetries(bottom.plane, top.plane, list[i])) {
        auto const other = build_stack(bottom, top, list[i], fractions(image(map, shift)), 1.9);
        EXPECT_LE(difference(stack, other), 1) << map.matrix << "\n offset " << map.offset[0] << ' ' << map.offset[1];
      }
      auto const elsewhere = build_stack(bottom, top, list[i], fractions(random_shift(rng)), 1.9);
      EXPECT_GT(difference(stack, elsewhere), 20) << "the fingerprint sees shifts";
    }
  }
}

TEST(ShiftSymmetries, are_a_group_on_the_grid) {
  Rng rng(32, "shift groups", 0);
  for (auto const& [bottom, top, limits] : example_pairs()) {
    for (auto const& c : matches(top.plane, bottom.plane, limits)) {
      auto const maps = shift_symmetries(bottom.plane, top.plane, c);
      auto const shift = random_shift(rng);
      auto const canonical = canonical_shift(maps, shift);

      EXPECT_EQ(maps[0], ShiftMap{});
      for (auto const& map : maps) EXPECT_EQ(canonical_shift(maps, image(map, shift)), canonical);
      EXPECT_EQ(canonical_shift(maps, canonical), canonical);
    }
  }
}

TEST(ShiftSymmetries, of_equal_square_layers_have_the_order_of_the_joint_group) {
  auto const plane = make_plane(test::strontium_titanate(), {0, 0, 1});
  auto const list = matches(plane, plane, {6.0 * plane.area(), 1e-6});

  ASSERT_EQ(list.size(), 2u);
  EXPECT_EQ(shift_symmetries(plane, plane, list[0]).size(), 8u);  // untwisted: p4mm
  EXPECT_EQ(list[1].film_index, 5);
  EXPECT_EQ(shift_symmetries(plane, plane, list[1]).size(), 4u);  // twisted: rotations only
}

TEST(ShiftSymmetries, leave_the_analytic_number_of_shifts_of_sigma_5) {
  // n x n grid in the square shift cell under the fourfold axis (Burnside): (n^2 + fixed(2) + 2 fixed(4))/4, a half
  // turn fixes 4 points of an even n, 1 of an odd one; a quarter turn 2 and 1
  auto const plane = make_plane(test::strontium_titanate(), {0, 0, 1});
  auto const c = matches(plane, plane, {6.0 * plane.area(), 1e-6}).at(1);
  auto const maps = shift_symmetries(plane, plane, c);
  for (std::int64_t n : {5, 8, 20}) {
    std::set<GridShift> distinct;
    for (std::int64_t i = 0; i < n * n; ++i) {
      distinct.insert(canonical_shift(maps, {i / n * (shift_grid / n), i % n * (shift_grid / n)}));
    }
    std::int64_t const half = n % 2 == 0 ? 4 : 1, quarter = n % 2 == 0 ? 2 : 1;
    EXPECT_EQ(static_cast<std::int64_t>(distinct.size()), (n * n + half + 2 * quarter) / 4) << n;
  }
}

TEST(TurnOver, gives_the_same_stack_from_below) {
  Rng rng(33, "turned", 0);
  auto pairs = example_pairs();
  pairs.push_back({make(test::ceria(), {1, 1, 1}, 1, 0), make(test::ceria(), {1, 1, 1}, 1, 2), {150.0, 0.05}});
  int turned_contacts = 0;
  for (auto const& [bottom, top, limits] : pairs) {
    SCOPED_TRACE(bottom.crystal.name + "|" + top.crystal.name);
    auto const list = matches(top.plane, bottom.plane, limits),
               turned_list = matches(bottom.plane, top.plane, {limits.max_area, 0.1});
    for (std::size_t i = 0; i < std::min<std::size_t>(list.size(), 3); ++i) {
      auto const turned = turn_over(bottom.plane, bottom.termination, top.plane, top.termination, list[i], turned_list);
      if (!turned) continue;
      ++turned_contacts;
      Termination new_bottom = top.termination, new_top = bottom.termination;
      for (auto const& t : find_terminations(top.plane)) new_bottom = t.first == turned->bottom_first ? t : new_bottom;
      for (auto const& t : find_terminations(bottom.plane)) new_top = t.first == turned->top_first ? t : new_top;
      auto const shift = random_shift(rng);

      auto const plain = build_stack(bottom, top, list[i], fractions(shift), 1.9);
      auto const other = build_stack(make_slab(top.plane, new_bottom, 1), make_slab(bottom.plane, new_top, 1),
                                     turned_list[turned->coincidence], fractions(image(turned->shift, shift)), 1.9);

      EXPECT_EQ(new_bottom.lower, top.termination.upper);
      EXPECT_EQ(new_top.upper, bottom.termination.lower);
      EXPECT_LE(difference(plain, other), 1);
    }
  }
  EXPECT_GE(turned_contacts, 12);
}

TEST(TurnOver, keeps_the_twist_of_equal_layers) {
  auto const plane = make_plane(test::strontium_titanate(), {0, 0, 1});
  auto const t = find_terminations(plane);
  auto const list = matches(plane, plane, {14.0 * plane.area(), 1e-6});
  for (std::size_t i = 0; i < list.size(); ++i) {
    auto const turned = turn_over(plane, t[0], plane, t[0], list[i], list);
    ASSERT_TRUE(turned);
    EXPECT_EQ(turned->coincidence, i);
    EXPECT_EQ(turned->bottom_first, t[1].first) << "TiO2 | SrO becomes SrO | TiO2";
  }
}

TEST(TurnOver, needs_an_operation_that_turns_the_normal_over) {
  auto const polar = make_plane(test::wurtzite(), {0, 0, 1});
  auto const t = find_terminations(polar);
  auto const list = matches(polar, polar, {10.0, 0.01});

  EXPECT_FALSE(turn_over(polar, t[0], polar, t[0], list.at(0), list));
}

TEST(Polarity, refuses_by_face_and_charge) {
  auto const sto = make(test::strontium_titanate(), {0, 0, 1}, 1),
             lao = make(test::lanthanum_aluminate(), {0, 0, 1}, 1);
  auto const ceo2 = make(test::ceria(), {1, 1, 1}, 1, 2);
  double const half = 0.5 / (3.79 * 3.79);

  EXPECT_EQ(polarity_refusal(sto, sto, StackGeometry::slab), "");
  EXPECT_EQ(polarity_refusal(sto, ceo2, StackGeometry::superlattice), "");
  auto const words = polarity_refusal(sto, lao, StackGeometry::superlattice);
  EXPECT_NE(words.find("contact SrTiO3(001) TiO2 | LaO LaAlO3(001)"), std::string::npos) << words;
  EXPECT_NEAR(sheet_charges(sto, lao).contact, half, 1e-9);
  // a polar crystal that goes on is neutral inside, not outside
  EXPECT_EQ(polarity_refusal(lao, lao, StackGeometry::superlattice), "");
  auto const outside = polarity_refusal(lao, lao, StackGeometry::slab);
  EXPECT_NE(outside.find("lower surface LaAlO3(001) LaO"), std::string::npos) << outside;
  EXPECT_NE(outside.find("1 vacant La per 6 plane cells would compensate it"), std::string::npos)
      << "half an electron each";
}

}  // namespace
}  // namespace nacre
