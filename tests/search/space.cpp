#include "nacre/search/space.hpp"

#include "nacre/core/error.hpp"
#include "nacre/search/variables.hpp"
#include "search/simulation.hpp"
#include "support/support.hpp"

namespace nacre {
namespace {

using test::read_space;

/// The message of the InputError that reading gives.
std::string refusal(std::string const& toml) {
  try {
    read_space(toml);
  } catch (InputError const& error) {
    return error.what();
  }
  return "accepted";
}

bool contains(std::string const& text, std::string const& part) { return text.find(part) != std::string::npos; }

constexpr char tree[] = R"(
[[variable]]
name = "phase"
kind = "categorical"
choices = ["rutile", "fluorite", "perovskite"]
[[variable]]
name = "dopant"
kind = "categorical"
choices = ["Y", "Gd"]
when = "phase == 'fluorite'"
[[variable]]
name = "repeats"
kind = "ordered"
values = [1, 2, 4]
[[variable]]
name = "mix"
kind = "composition"
species = ["Ba", "Sr", "Ca"]
total = 3
when = "phase == 'perovskite' and repeats > 1"
)";

TEST(Space, counts_its_leaves) {
  auto const space = read_space(tree);

  // rutile 3, fluorite 2 x 3, perovskite 1 + 2 x C(3 + 2, 2)
  EXPECT_EQ(count_leaves(*space, 1000), 3 + 6 + 1 + 20);
  EXPECT_EQ(count_leaves(*space, 10), 11);
}

TEST(Space, leaves_inactive_variables_out) {
  auto const space = read_space(tree);

  EXPECT_EQ(space->point({{0, 2}}).dump(), R"({"phase": "rutile", "repeats": 4})");
  EXPECT_EQ(space->point({{1, 1, 0}}).dump(), R"({"phase": "fluorite", "dopant": "Gd", "repeats": 1})");
  EXPECT_EQ(space->point({{2, 1, 0, 1, 2}}).dump(),
            R"({"phase": "perovskite", "repeats": 2, "mix": {"Ba": 0, "Sr": 1, "Ca": 2}})");
}

TEST(Space, gives_the_nodes_along_a_design) {
  auto const space = read_space(tree);

  auto const nodes = nodes_along(*space, {{2, 1, 0, 1, 2}});
  ASSERT_EQ(nodes.size(), 3u);
  EXPECT_EQ(nodes[2]->name, "mix");
  EXPECT_EQ(nodes[2]->width(), 3);
  EXPECT_THROW(nodes_along(*space, {{2, 1, 0, 1, 1}}), Error);  // does not sum to the total
  EXPECT_THROW(nodes_along(*space, {{3, 1}}), Error);
  EXPECT_THROW(nodes_along(*space, {{0, 1, 1}}), Error);
  EXPECT_THROW(nodes_along(*space, {{1, 1}}), Error);
}

TEST(RandomDesign, is_uniform_over_compositions_and_keyed_by_the_generator) {
  auto const space = read_space("[[variable]]\nname='m'\nkind='composition'\nspecies=['A','B','C']\ntotal=2\n");
  Rng rng(1, "test", 0), same(1, "test", 0);

  std::map<std::vector<std::int64_t>, int> seen;
  for (int i = 0; i < 6000; ++i) {
    auto const design = random_design(*space, rng);
    EXPECT_EQ(design, random_design(*space, same));
    ++seen[design.values];
  }

  ASSERT_EQ(seen.size(), 6u);
  for (auto const& [counts, times] : seen) EXPECT_NEAR(times, 1000, 150);  // 5 standard deviations of 28.9
}

TEST(Node, means_the_numbers_of_its_range) {
  Node real;
  real.kind = NodeKind::real;
  real.lower = 1.0, real.upper = 100.0, real.step = std::log(100.0) / 4, real.logarithmic = true;

  EXPECT_EQ(real.count(), 5);
  EXPECT_EQ(real.number(0), 1.0);
  EXPECT_NEAR(real.number(2), 10.0, 1e-13);  // rounding of exp
  EXPECT_EQ(real.number(4), 100.0);
  real.logarithmic = false, real.lower = 0.0, real.upper = 0.3, real.step = 0.1;
  EXPECT_EQ(real.count(), 4);  // 0.3 / 0.1 is below 3 in floating point
  EXPECT_EQ(real.number(3), 0.3);
}

/// Two interchangeable letters, as two layers are; 'c' with anything leads nowhere.
class Pairs final : public Space {
 public:
  std::shared_ptr<Node const> next(std::span<std::int64_t const> path) const override {
    Node node;
    node.name = path.empty() ? "first" : "second";
    node.labels = {"a", "b", "c"};
    if (path.size() == 2) return nullptr;
    if (path.size() == 1 && path[0] == 2) node.labels.clear();
    return std::make_shared<Node const>(node);
  }
  Design canonical(Design const& design) const override {
    return {{std::min(design.values[0], design.values[1]), std::max(design.values[0], design.values[1])}};
  }
};

TEST(Space, turns_back_at_dead_ends) {
  Pairs const space;
  Rng rng(3, "test", 0);

  EXPECT_EQ(count_leaves(space, 100), 6);
  for (int i = 0; i < 100; ++i) {
    auto const design = random_design(space, rng);
    EXPECT_LE(design.values[0], design.values[1]);
  }
}

constexpr char numbers[] = R"(
[[variable]]
name = "x"
kind = "real"
range = [-1, 1]
when = "flag == true"
[[variable]]
name = "flag"
kind = "categorical"
choices = [true, false]
[[variable]]
name = "shift"
kind = "torus"
[[variable]]
name = "n"
kind = "categorical"
choices = [1, 2, 3]
)";

TEST(Variables, may_stand_before_what_their_condition_needs) {
  auto const space = read_space(numbers);

  auto const steps = std::int64_t{1} << 44;
  EXPECT_EQ(space->point({{0, steps / 2, torus_grid / 4, 0, 1}}).dump(),
            R"({"flag": true, "x": 0, "shift": [0.25, 0], "n": 2})");
  EXPECT_EQ(space->point({{1, torus_grid / 4, 0, 1}}).dump(), R"({"flag": false, "shift": [0.25, 0], "n": 2})");
}

bool allows(std::string const& expression, Design const& design) {
  return read_space(std::string(numbers) + "[[constraint]]\nname='c'\nkind='known'\nexpression=\"" + expression + "\"\n")
      ->allowed(design);
}

TEST(KnownConstraint, holds_or_not) {
  auto const half = std::int64_t{3} << 42;  // x = 0.5
  Design const with_x{{0, half, torus_grid / 4, torus_grid / 2, 1}}, without_x{{1, torus_grid / 4, torus_grid / 2, 2}};

  EXPECT_TRUE(allows("n == 2", with_x));
  EXPECT_FALSE(allows("n == 2", without_x));
  EXPECT_TRUE(allows("x + shift.u < 0.8", with_x));
  EXPECT_FALSE(allows("x + shift.u < 0.7", with_x));
  EXPECT_TRUE(allows("not (n in [1, 3]) and (x <= 0.5 or shift.v > 2)", with_x));
  EXPECT_TRUE(allows("n not in (1, 3)", with_x));
  EXPECT_TRUE(allows("0 < x < 1", with_x));
  EXPECT_FALSE(allows("0 < x < 0.5", with_x));
  EXPECT_TRUE(allows("x^2 - 0.25", with_x));  // a number: feasible when <= 0
  EXPECT_FALSE(allows("2 ** 3 - max(1, 7, n)", with_x));
  EXPECT_FALSE(allows("-2^2 == 4", with_x));  // as in mathematics, not (-2)^2
  EXPECT_TRUE(allows("sqrt(x) < abs(-1) and log(exp(1)) >= 1", with_x));
}

TEST(KnownConstraint, does_not_speak_of_what_is_absent) {
  Design const without_x{{1, torus_grid / 4, torus_grid / 2, 2}};

  EXPECT_TRUE(allows("x > 2", without_x));
  EXPECT_TRUE(allows("not x > 2", without_x));
  EXPECT_FALSE(allows("x > 2 and n == 1", without_x));  // false whatever x is
  EXPECT_FALSE(allows("flag == true", without_x));
}

TEST(Variables, refuse_what_makes_no_sense) {
  auto const one = [](std::string const& rest) { return refusal("[[variable]]\nname = 'x'\n" + rest); };

  EXPECT_EQ(one("kind = 'reall'"), "'SPACE.toml', line 1: variable 'x': unknown kind 'reall'; did you mean 'real'?");
  EXPECT_EQ(one("kind = 'real'\nrnge = [0, 1]"),
            "'SPACE.toml', line 1: variable 'x': unknown key 'rnge' of variable 'x' in 'SPACE.toml', line 4; did you "
            "mean 'range'?");
  EXPECT_PRED2(contains, one("kind = 'real'\nrange = [1, 1]"), "must be two increasing numbers");
  EXPECT_PRED2(contains, one("kind = 'real'\nrange = [0, 1]\nlog = true"), "must be positive with 'log'");
  EXPECT_PRED2(contains, one("kind = 'real'\nrange = [0, 1]\nstep = -1"), "invalid step=-1");
  EXPECT_PRED2(contains, one("kind = 'ordered'\nvalues = [1, 3, 2]"), "does not increase at 2");
  EXPECT_PRED2(contains, one("kind = 'categorical'\nchoices = []"), "empty list");
  EXPECT_PRED2(contains, one("kind = 'categorical'\nchoices = ['a', 'a']"), "'a' stands there twice");
  EXPECT_PRED2(contains, one("kind = 'categorical'\nchoices = ['a', 'b']\ndescriptors = [[1]]"), "1 lists for 2");
  EXPECT_PRED2(contains, one("kind = 'composition'\nspecies = ['A']\ntotal = 0"), "invalid total=0");
  EXPECT_PRED2(contains, one("kind = 'torus'\ncell = [[1, 0], [2, 0]]"), "parallel");
  EXPECT_PRED2(contains, one("kind = 'categorical'\nchoices = ['a']\nwhen = \"x == 'a'\""), "depends on itself");
}

TEST(Variables, refuse_a_wrong_condition_at_its_column) {
  auto const when = [](std::string const& text) {
    return refusal(std::string(tree) + "[[variable]]\nname='y'\nkind='torus'\nwhen=\"" + text + "\"\n");
  };

  EXPECT_EQ(
      when("phase == 'rutil'"),
      "'SPACE.toml', line 21: variable 'y': 'phase' has no choice 'rutil'; did you mean 'rutile'? at column 17 of the "
      "expression \"phase == 'rutil'\"");
  EXPECT_PRED2(contains, when("fase == 'rutile'"), "unknown variable 'fase'; did you mean 'phase'?");
  EXPECT_PRED2(contains, when("repeats = 2"), "unexpected '= 2' at column 9");
  EXPECT_PRED2(contains, when("repeats > "), "expected a name");
  EXPECT_PRED2(contains, when("mix > 2"), "write mix.Ba");
  EXPECT_PRED2(contains, when("mix.Bo > 2"), "did you mean 'Ba'?");
  EXPECT_PRED2(contains, when("(repeats > 2"), "expected ')'");
  EXPECT_PRED2(contains, when(std::string(500, '(')), "nested too deeply");
}

}  // namespace
}  // namespace nacre
