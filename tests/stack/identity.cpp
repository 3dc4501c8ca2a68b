// One name for one stack: against a matcher that knows nothing of planes and coincidences.
#include "nacre/stack/identity.hpp"

#include <Eigen/LU>
#include <algorithm>
#include <set>

#include "nacre/core/rng.hpp"
#include "nacre/crystal/symmetry.hpp"
#include "stack/crystals.hpp"
#include "support/support.hpp"

namespace nacre {
namespace {

/// Two stacks with vacuum are congruent or mirror images: tries every isometry of their in-plane lattices, both ways up.
class Matcher {
 public:
  Matcher(Stack const& a, Stack const& b) : a_(a), b_(b), to_cell_(b.cell.inverse()) {}

  bool matches() const {
    if (a_.crystal.size() != b_.crystal.size() || std::abs(a_.area - b_.area) > 1e-3) return false;
    if (heights(a_, 1.0) != heights(b_, 1.0) && heights(a_, -1.0) != heights(b_, 1.0)) return false;
    for (auto const& turn : isometries()) {
      for (double const up : {1.0, -1.0}) {
        if (lies_on(turn, up)) return true;
      }
    }
    return false;
  }

 private:
  static constexpr double tolerance = 0.02;  // [Å]: shifts tested differ by more, strain is second order below it

  /// Heights above the lowest atom with their elements, of a stack the right way up or not.
  static std::vector<std::pair<long, int>> heights(Stack const& stack, double up) {
    Eigen::VectorXd const z = up * stack.crystal.positions.row(2).transpose();
    std::vector<std::pair<long, int>> list;
    for (Eigen::Index i = 0; i < z.size(); ++i) {
      list.emplace_back(std::lround((z[i] - z.minCoeff()) * 97.3), stack.crystal.numbers[static_cast<std::size_t>(i)]);
    }
    std::ranges::sort(list);
    return list;
  }

  std::vector<Eigen::Matrix2d> isometries() const {
    std::vector<Eigen::Vector2d> firsts, seconds;
    for (int x = -6; x <= 6; ++x) {
      for (int y = -6; y <= 6; ++y) {
        Eigen::Vector2d const v = b_.cell * Eigen::Vector2d(x, y);
        if (std::abs(v.norm() - a_.cell.col(0).norm()) < 1e-3) firsts.push_back(v);
        if (std::abs(v.norm() - a_.cell.col(1).norm()) < 1e-3) seconds.push_back(v);
      }
    }
    std::vector<Eigen::Matrix2d> turns;
    for (auto const& u : firsts) {
      for (auto const& v : seconds) {
        if (std::abs(u.dot(v) - a_.cell.col(0).dot(a_.cell.col(1))) > 1e-2) continue;
        Eigen::Matrix2d image;
        image << u, v;
        turns.push_back(image * a_.cell.inverse());
      }
    }
    return turns;
  }

  Eigen::Vector3d moved(Eigen::Index i, Eigen::Matrix2d const& turn, double up) const {
    Eigen::Vector3d r = a_.crystal.positions.col(i);
    r.head<2>() = turn * r.head<2>();
    r.z() *= up;
    return r;
  }
  bool is_atom(Eigen::Vector3d const& r, int number) const {
    for (Eigen::Index j = 0; j < b_.crystal.positions.cols(); ++j) {
      if (b_.crystal.numbers[static_cast<std::size_t>(j)] != number) continue;
      Eigen::Vector3d const d = b_.crystal.positions.col(j) - r;
      if (std::abs(d.z()) > tolerance) continue;
      Eigen::Vector2d x = to_cell_ * d.head<2>();
      x -= x.array().round().matrix();
      if ((b_.cell * x).norm() < tolerance) return true;
    }
    return false;
  }
  bool lies_on(Eigen::Matrix2d const& turn, double up) const {
    Eigen::Vector3d const first = moved(0, turn, up);
    for (Eigen::Index j = 0; j < b_.crystal.positions.cols(); ++j) {
      if (b_.crystal.numbers[static_cast<std::size_t>(j)] != a_.crystal.numbers[0]) continue;
      Eigen::Vector3d const shift = b_.crystal.positions.col(j) - first;
      auto const n = a_.crystal.positions.cols();
      auto const fits = [&](Eigen::Index i) {
        return is_atom(moved(i, turn, up) + shift, a_.crystal.numbers[static_cast<std::size_t>(i)]);
      };
      bool all = true;
      for (Eigen::Index k = 0; all && k < (n + 1) / 2; ++k) all = fits(k) && fits(n - 1 - k);  // both layers early
      if (all) return true;
    }
    return false;
  }

  Stack const& a_;
  Stack const& b_;
  Eigen::Matrix2d to_cell_;
};

struct Family {
  std::vector<Crystal> crystals;  ///< from the bottom
  std::vector<Eigen::Vector3i> planes;
  CoincidenceOptions limits;
};

std::vector<Family> families() {
  Eigen::Vector3d const off(0.37, 0.11, -0.23);
  auto const sto = test::strontium_titanate(), mgo = test::magnesia(), ceo2 = test::ceria();
  return {
      {{sto, sto}, {{0, 0, 1}, {0, 0, 1}}, {100.0, 1e-4}},
      {{ceo2, ceo2}, {{1, 1, 1}, {1, 1, 1}}, {95.0, 1e-4}},
      {{test::moved(ceo2, off), test::moved(ceo2, off)}, {{1, 1, 0}, {1, 1, 0}}, {65.0, 1e-4}},
      {{sto, mgo}, {{0, 0, 1}, {0, 0, 1}}, {90.0, 0.09}},
      {{test::moved(test::rutile(), off), test::rutile()}, {{1, 1, 0}, {1, 1, 0}}, {60.0, 1e-4}},
      {{mgo, mgo, mgo}, {{0, 0, 1}, {0, 0, 1}, {0, 0, 1}}, {46.0, 1e-4}},
  };
}

struct Built {
  std::vector<Slab> slabs;
  std::vector<ContactDesign> contacts;
  Stack stack;
  Hash128 id;
  SlabList list() const { return {slabs.begin(), slabs.end()}; }
};

/// Everything that designs of a family choose from.
struct Choices {
  std::vector<std::vector<Slab>> slabs;             ///< per layer: its cuts
  std::vector<std::vector<Coincidence>> matches;    ///< per contact
  explicit Choices(Family const& family) {
    for (std::size_t i = 0; i < family.crystals.size(); ++i) {
      auto const plane = make_plane(family.crystals[i], family.planes[i]);
      slabs.emplace_back();
      for (auto const& cut : find_terminations(plane)) slabs.back().push_back(make_slab(plane, cut, 1));
      if (i == 0) continue;
      auto const& lower = slabs[i - 1].front().plane;
      matches.push_back(find_coincidences(plane.basis, lower.basis, layer_point_group(plane), layer_point_group(lower),
                                          family.limits));
    }
  }
};

/// A random design with shifts on few places, so that equal ones are met.
Built random_design(Choices const& choices, Rng& rng) {
  constexpr std::array<double, 4> places{0.0, 1.0 / 3.0, 0.5, 2.0 / 3.0};
  Built built;
  for (auto const& cuts : choices.slabs) built.slabs.push_back(cuts[rng.below(cuts.size())]);
  for (auto const& list : choices.matches) {
    Eigen::Vector2d const shift(places[rng.below(4)], places[rng.below(4)]);
    built.contacts.push_back({list.at(rng.below(list.size())), shift, 2.0});
  }
  built.stack = build_stack(built.list(), built.contacts);
  built.id = canonical_stack(built.list(), built.contacts).id;
  return built;
}

TEST(CanonicalStack, is_equal_just_where_a_matcher_finds_the_same_structure) {
  Rng rng(51, "identity", 0);
  int same = 0, turned_only = 0;
  for (std::size_t f = 0; f < families().size(); ++f) {
    SCOPED_TRACE(f);
    Choices const choices(families()[f]);
    std::vector<Built> designs;
    for (int k = 0; k < 20; ++k) designs.push_back(random_design(choices, rng));
    for (std::size_t i = 0; i < designs.size(); ++i) {
      for (std::size_t j = i + 1; j < designs.size(); ++j) {
        bool const match = Matcher(designs[i].stack, designs[j].stack).matches();
        EXPECT_EQ(designs[i].id == designs[j].id, match) << i << ' ' << j;
        same += match ? 1 : 0;
        auto const& cut = [](Built const& b) { return b.slabs.front().termination.first; };
        turned_only += match && cut(designs[i]) != cut(designs[j]) ? 1 : 0;
      }
    }
  }
  EXPECT_GT(same, 20) << "the test meets equal stacks";
  EXPECT_GT(turned_only, 1) << "some of them turned over";
}

TEST(CanonicalStack, of_equal_stacks_has_one_space_group) {
  Rng rng(52, "groups", 0);
  Choices const choices(families()[1]);
  std::map<Hash128, std::set<int>> groups;
  for (int k = 0; k < 40; ++k) {
    auto const built = random_design(choices, rng);
    Crystal crystal = built.stack.crystal;
    crystal.periodic = {true, true, true};
    groups[built.id].insert(find_space_group(crystal, 1e-3).number);
  }
  EXPECT_LT(groups.size(), 40u);
  for (auto const& [id, numbers] : groups) EXPECT_EQ(numbers.size(), 1u);
}

TEST(CanonicalStack, survives_turning_over_at_any_shift) {
  Rng rng(53, "turned", 0);
  for (Eigen::Vector3i const& miller : std::vector<Eigen::Vector3i>{{1, 1, 1}, {1, 1, 0}, {2, 1, 0}, {0, 0, 1}}) {
    auto const plane = make_plane(test::moved(test::ceria(), {0.37, 0.11, -0.23}), miller);
    auto const cuts = find_terminations(plane);
    auto const list = find_coincidences(plane.basis, plane.basis, layer_point_group(plane), layer_point_group(plane),
                                        {4.5 * plane.area(), 1e-4});
    for (auto const& c : list) {
      for (auto const& lower : cuts) {
        auto const& upper = cuts[rng.below(cuts.size())];
        auto const turned = turn_over(plane, lower, plane, upper, c, list);
        ASSERT_TRUE(turned) << plane_name(miller);
        auto const cut = [&](int first) {
          return make_slab(plane, *std::ranges::find(cuts, first, &Termination::first), 2);
        };
        auto const a = cut(lower.first), b = cut(upper.first), new_a = cut(turned->bottom_first),
                   new_b = cut(turned->top_first);
        GridShift const shift{static_cast<std::int64_t>(rng.below(shift_grid)),
                              static_cast<std::int64_t>(rng.below(shift_grid))};
        auto const id = [](Slab const& bottom, Slab const& top, Coincidence const& match, GridShift const& s) {
          Eigen::Vector2d const fractions(static_cast<double>(s[0]), static_cast<double>(s[1]));
          return canonical_stack({bottom, top}, {{match, fractions / static_cast<double>(shift_grid), 2.0}}).id;
        };

        EXPECT_EQ(id(a, b, c, shift), id(new_a, new_b, list[turned->coincidence], image(turned->shift, shift)))
            << plane_name(miller) << " twist " << c.twist;
      }
    }
  }
}

TEST(CanonicalStack, does_not_care_where_a_superlattice_begins) {
  auto const cut = [](Crystal const& crystal, std::size_t k) {
    auto const plane = make_plane(crystal, {0, 0, 1});
    return make_slab(plane, find_terminations(plane).at(k), 1);
  };
  auto const sto = cut(test::strontium_titanate(), 0), mgo = cut(test::magnesia(), 0);
  auto const c = find_coincidences(mgo.plane.basis, sto.plane.basis, layer_point_group(mgo.plane),
                                   layer_point_group(sto.plane), {18.0, 0.09})
                     .at(0);
  StackOptions options{.geometry = StackGeometry::superlattice};
  options.closing_gap = 2.5;
  options.closing_shift = {0.25, 0.5};
  ContactDesign const contact{c, {0.5, 0.0}, 2.0};
  auto const frame = make_frame({sto, mgo}, {contact}, options);
  auto const& closing = frame.contacts.back();
  StackOptions other = options;
  other.closing_gap = contact.gap;
  // the closing contact of the other beginning is this one's first, in the cell that its own match has
  auto const first = make_frame({mgo, sto}, {{closing.coincidence, closing.shift, closing.gap}}, other).contacts.back();
  double const turn = -frame.layers[1].twist;  // the frame is now that of the other layer
  Eigen::Matrix2d const frame_turn{{std::cos(turn), -std::sin(turn)}, {std::sin(turn), std::cos(turn)}};
  other.closing_shift = first.shift_cell.inverse() * frame_turn * frame.contacts[0].shift_cell * contact.shift;

  EXPECT_EQ(canonical_stack({sto, mgo}, {contact}, options).id,
            canonical_stack({mgo, sto}, {{closing.coincidence, closing.shift, closing.gap}}, other).id);
  other.closing_shift = {0.3, 0.1};
  EXPECT_NE(canonical_stack({sto, mgo}, {contact}, options).id,
            canonical_stack({mgo, sto}, {{closing.coincidence, closing.shift, closing.gap}}, other).id);
}

}  // namespace
}  // namespace nacre
