#include "nacre/campaign/ranking.hpp"

#include <numeric>

#include "nacre/core/error.hpp"
#include "nacre/core/rng.hpp"

namespace nacre {
namespace {

Problem two_objectives() {
  return {{{"adhesion", "J/m^2", Direction::maximize, {}}, {"atoms", "", Direction::minimize, {}}}, {}};
}

/// A design of its own without atoms.
EvaluatedDesign design(std::int64_t number, std::vector<double> const& values) {
  EvaluatedDesign result;
  result.design.values = {number};
  for (auto const value : values) result.objectives.emplace_back(value, 0.1, 1.0, std::string(64, 'a'));
  result.energy_per_area = std::nan("");
  return result;
}

/// With atoms, on a square shift cell of 4 Å.
EvaluatedDesign relaxed(std::int64_t number, std::vector<double> const& values, double u, double energy,
                        std::string const& registry = "r") {
  auto result = design(number, values);
  result.relaxed_shift = {u, 0.0};
  result.shift_cell = 4.0 * Eigen::Matrix2d::Identity();
  result.energy_per_area = energy;
  result.registry = registry;
  return result;
}

std::vector<EvaluatedDesign const*> pointers(std::vector<EvaluatedDesign> const& designs) {
  std::vector<EvaluatedDesign const*> result;
  for (auto const& entry : designs) result.push_back(&entry);
  return result;
}

std::vector<std::int64_t> numbers(Ranking const& ranking, std::vector<EvaluatedDesign const*> const& designs) {
  std::vector<std::int64_t> result;
  for (auto const& group : ranking.groups) result.push_back(designs[group.members.front()]->design.values[0]);
  return result;
}

TEST(Ranking, orders_by_front_then_by_the_objectives_in_turn) {
  // (3, 9), (2, 5) and (1, 1) do not dominate each other; (2, 7) is behind (2, 5), (2, 8) behind both
  std::vector<EvaluatedDesign> const designs{design(1, {1, 1}), design(2, {2, 8}), design(3, {3, 9}), design(4, {2, 5}),
                                             design(5, {2, 7})};
  auto const given = pointers(designs);

  auto const ranking = rank_designs(two_objectives(), given);

  EXPECT_EQ(numbers(ranking, given), (std::vector<std::int64_t>{3, 4, 1, 5, 2}));
  EXPECT_EQ(ranking.groups[2].front, 1);
  EXPECT_EQ(ranking.groups[3].front, 2);
  EXPECT_EQ(ranking.groups[4].front, 3);
  EXPECT_EQ(ranking.groups[4].rank, 5);
}

TEST(Ranking, breaks_ties_by_id_whatever_the_order_of_arrival) {
  std::vector<EvaluatedDesign> designs;
  for (int i = 0; i < 20; ++i) designs.push_back(design(i, {1.0, 2.0}));
  auto given = pointers(designs);
  auto const forward = numbers(rank_designs(two_objectives(), given), given);
  std::reverse(given.begin(), given.end());

  auto const backward = numbers(rank_designs(two_objectives(), given), given);

  EXPECT_EQ(forward, backward);
  EXPECT_TRUE(std::is_sorted(forward.begin(), forward.end(),
                             [](auto a, auto b) { return Design{{a}}.id() < Design{{b}}.id(); }));
}

TEST(Ranking, finds_the_fronts_of_the_definition) {
  for (std::size_t const objectives : {1u, 2u, 3u, 4u}) {
    Problem problem;
    for (std::size_t m = 0; m < objectives; ++m)
      problem.objectives.push_back(ObjectiveSpec{concat("f", m), "", Direction::minimize, {}});
    Rng rng(1, "fronts", objectives);
    std::vector<EvaluatedDesign> designs;
    for (int i = 0; i < 150; ++i) {
      std::vector<double> values(objectives);
      for (auto& value : values) value = static_cast<double>(rng.below(8));  // a coarse grid: many ties
      designs.push_back(design(i, values));
    }
    auto const given = pointers(designs);
    auto const ranking = rank_designs(problem, given);
    ASSERT_EQ(ranking.groups.size(), designs.size());

    // front = 1 + the highest front among those that dominate
    auto const dominates = [&](EvaluatedDesign const& a, EvaluatedDesign const& b) {
      bool better = false;
      for (std::size_t m = 0; m < objectives; ++m) {
        if (a.objectives[m].value > b.objectives[m].value) return false;
        better = better || a.objectives[m].value < b.objectives[m].value;
      }
      return better;
    };
    for (auto const& group : ranking.groups) {
      std::int64_t expected = 1;
      for (auto const& other : ranking.groups) {
        if (dominates(designs[other.members[0]], designs[group.members[0]]))
          expected = std::max(expected, other.front + 1);
      }
      EXPECT_EQ(group.front, expected);
    }
  }
}

TEST(Ranking, leaves_out_what_has_no_value_or_breaks_a_bound) {
  auto problem = two_objectives();
  problem.constraints = {{"strain", {}, 0.02}};
  std::vector<EvaluatedDesign> designs{design(0, {9, 1}), design(1, {8, 1}), design(2, {7, 1}),
                                       design(3, {6, 1}), design(4, {5, 1}), design(5, {4, 1})};
  for (auto& entry : designs) entry.constraints = {0.02};
  designs[0].objectives[0] = Estimate::without_value(Status::not_bonded, "not_bonded");
  designs[1].objectives[1].value = std::nan("");
  designs[2].constraints = {0.0201};
  designs[3].constraints = {std::nan("")};
  designs[4].objectives[0].status = Status::bound;
  auto const given = pointers(designs);

  auto const ranking = rank_designs(problem, given);

  EXPECT_EQ(numbers(ranking, given), (std::vector<std::int64_t>{5}));
  using LeftOut = std::vector<std::pair<std::string, std::int64_t>>;
  EXPECT_EQ(ranking.left_out, (LeftOut{{"bound", 1}, {"failed", 1}, {"infeasible", 2}, {"not_bonded", 1}}));
}

TEST(Ranking, counts_relaxed_duplicates_once) {
  // 0 and 1 are 0.08 Å apart across the edge of the cell; 2 is 0.12 Å off, 3 differs in energy, 4 in registry
  std::vector<EvaluatedDesign> const designs{relaxed(0, {1.0, 10}, 0.99, -1.0), relaxed(1, {2.0, 10}, 0.01, -1.0009),
                                             relaxed(2, {1.5, 10}, 0.04, -1.0), relaxed(3, {0.5, 10}, 0.01, -1.002),
                                             relaxed(4, {0.4, 10}, 0.01, -1.0009, "other")};
  auto const given = pointers(designs);

  auto const ranking = rank_designs(two_objectives(), given);

  ASSERT_EQ(ranking.groups.size(), 4u);
  EXPECT_EQ(ranking.groups[0].members, (std::vector<std::size_t>{1, 0}));
  EXPECT_EQ(numbers(ranking, given), (std::vector<std::int64_t>{1, 2, 3, 4}));
  EXPECT_EQ(ranking.groups[1].front, 2);  // behind the group, not behind its copies as well
}

TEST(Ranking, joins_no_designs_of_different_leaves_or_without_atoms) {
  auto a = relaxed(0, {1.0, 1}, 0.5, -1.0), b = relaxed(1, {1.0, 1}, 0.5, -1.0);
  EXPECT_TRUE(same_structure(a, b));

  b.leaf = Hash128::of("another");
  EXPECT_FALSE(same_structure(a, b));
  EXPECT_FALSE(same_structure(design(0, {1}), design(1, {1})));
}

/// Four atoms in a period of 8 Å, the gaps of its two contacts given.
EvaluatedDesign superlattice(std::int64_t number, double shift, double first, double second, double slide) {
  auto result = relaxed(number, {1, 1}, shift, -5.0, "Si-Ge:4 / Si-Ge:4");
  auto const line = [](char const* symbol, double x, double z) { return concat(symbol, " ", x, " 0 ", z, "\n"); };
  result.structure = concat("4\nLattice=\"4 0 0 0 4 0 0 0 ", 3.0 + first + second,
                            "\" Properties=species:S:1:pos:R:3 pbc=\"T T T\"\n", line("Si", 0.0, 0.0),
                            line("Si", 1.0, 1.5), line("Ge", 1.0 + slide, 1.5 + first),
                            line("Ge", 2.0 + slide, 3.0 + first));
  return result;
}

TEST(Ranking, joins_superlattices_whose_contacts_are_exchanged) {
  std::vector<EvaluatedDesign> const designs{superlattice(1, 0.1, 2.3, 2.5, 0.0), superlattice(2, 0.4, 2.3, 2.5, 0.0),
                                             superlattice(3, 0.7, 2.3, 2.5, 1.0)};
  auto const given = pointers(designs);

  auto const ranking = rank_designs(two_objectives(), given);

  ASSERT_EQ(ranking.groups.size(), 2u) << "equal distances are one structure, whatever the shift says";
  EXPECT_EQ(ranking.groups[0].members.size() + ranking.groups[1].members.size(), 3u);
}

TEST(RankingDocument, names_one_level_for_all_values_of_an_objective) {
  std::vector<EvaluatedDesign> const computed{design(1, {1, 1}), design(2, {2, 2})};
  auto corrected = computed;
  for (auto& entry : corrected) entry.objectives[0].value += 0.5;
  auto const given = pointers(corrected);
  Provenance provenance;
  provenance.levels = {{"pbe", 3, "qe pbe 40 Ry"}, {}};
  provenance.computed = pointers(computed);
  provenance.dft[corrected[0].design.id().hex()] = "label";

  auto const document = ranking_document(two_objectives(), rank_designs(two_objectives(), given), given, {},
                                         Tier::potential, provenance);

  EXPECT_EQ(document.at("objectives").as_array()[0].at("level").as_string(), "pbe");
  EXPECT_EQ(document.at("objectives").as_array()[1].at("level").as_string(), "potential");
  int labels = 0;
  for (auto const& entry : document.at("candidates").as_array()) {
    auto const& value = entry.at("objectives").at("adhesion");
    EXPECT_EQ(value.at("level").as_string(), "pbe");
    EXPECT_EQ(value.at("value").as_number() - value.at("potential_value").as_number(), 0.5);
    EXPECT_EQ(entry.at("objectives").at("atoms").find("potential_value"), nullptr);
    labels += entry.at("dft").is_string() ? 1 : 0;
  }
  EXPECT_EQ(labels, 1);
}

TEST(Ranking, measures_shifts_on_an_oblique_torus) {
  auto a = relaxed(0, {1.0, 1}, 0.0, -1.0), b = relaxed(1, {1.0, 1}, 0.0, -1.0);
  for (auto* entry : {&a, &b}) entry->shift_cell << 0.18, 0.09, 0.0, 0.18 * std::sqrt(0.75);
  b.relaxed_shift = {0.49, 0.49};  // 0.153 Å from here, 0.091 Å from the image at (-1, 0)

  EXPECT_TRUE(same_structure(a, b));
}

TEST(Ranking, joins_designs_that_are_images_under_symmetry) {
  // the contact has an inversion: u and -u are one structure
  std::vector<EvaluatedDesign> const designs{relaxed(0, {1.0, 10}, 0.3, -1.0), relaxed(1, {1.1, 10}, 0.71, -1.0),
                                             relaxed(2, {1.2, 10}, 0.4, -1.0)};
  auto const given = pointers(designs);
  auto const inversion = [](EvaluatedDesign const& entry) {
    return std::vector<Eigen::Vector2d>{entry.relaxed_shift, -entry.relaxed_shift};
  };

  auto const ranking = rank_designs(two_objectives(), given, {}, inversion);

  EXPECT_EQ(rank_designs(two_objectives(), given).groups.size(), 3u);
  ASSERT_EQ(ranking.groups.size(), 2u);
  EXPECT_EQ(ranking.groups[1].members, (std::vector<std::size_t>{1, 0}));
}

TEST(Ranking, never_ranks_a_reference_or_its_copies) {
  std::vector<EvaluatedDesign> const designs{relaxed(0, {9.0, 1}, 0.0, -1.0), relaxed(1, {8.0, 1}, 0.01, -1.0),
                                             design(2, {1.0, 1})};
  auto const given = pointers(designs);
  std::vector<EvaluatedDesign const*> const references{&designs[0]};

  auto const ranking = rank_designs(two_objectives(), given, references);

  EXPECT_EQ(numbers(ranking, given), (std::vector<std::int64_t>{2}));
  EXPECT_EQ(ranking.left_out, (std::vector<std::pair<std::string, std::int64_t>>{{"reference", 2}}));
}

TEST(Ranking, sorts_a_hundred_thousand_designs_at_once) {
  Rng rng(3, "many", 0);
  std::vector<EvaluatedDesign> designs;
  for (int i = 0; i < 100'000; ++i)
    designs.push_back(relaxed(i, {rng.uniform(), rng.uniform()}, rng.uniform(), rng.uniform()));
  auto const given = pointers(designs);

  auto const ranking = rank_designs(two_objectives(), given);

  std::size_t members = 0;
  for (auto const& group : ranking.groups) members += group.members.size();
  EXPECT_EQ(members, designs.size());
  EXPECT_LT(ranking.groups.size(), designs.size() / 2);  // about 40 cells of shift times 1000 steps of energy
}

TEST(RankingDocument, has_the_keys_of_the_interface) {
  std::vector<EvaluatedDesign> designs{design(0, {1.25, 10}), design(1, {2.5, 20})};
  designs[1].words = "CeO2(111) on MgO(001)";
  designs[1].choices = {{"material_a", "CeO2", 0, 0},
                        {"shift", "(0.100000, 0.500000)", 0.1, 0.5},
                        {"gap", "2.15", 2.15, 0},
                        {"twist", "7", 2, 0}};
  auto const given = pointers(designs);
  Provenance const provenance{"test", 1, std::string(64, 'c'), std::string(64, 'd'), "rigid-ion:grimes", "nacre 0.1.0"};

  auto const document = ranking_document(two_objectives(), rank_designs(two_objectives(), given), given, {},
                                         Tier::potential, provenance, 1);

  EXPECT_EQ(document.at("schema").as_string(), "nacre.ranking/1");
  EXPECT_EQ(document.at("objectives").as_array()[0].dump(),
            R"({"name": "adhesion", "unit": "J/m^2", "direction": "maximize", "level": "potential", "labels": 0, )"
            R"("comparable": null})");
  EXPECT_EQ(document.at("ranked").as_integer(), 2);
  ASSERT_EQ(document.at("candidates").size(), 1u);
  auto const& best = document.at("candidates").as_array()[0];
  EXPECT_EQ(best.at("rank").as_integer(), 1);
  EXPECT_EQ(best.at("id").as_string(), designs[1].design.id().hex());
  EXPECT_EQ(best.at("design").dump(), R"({"material_a": "CeO2", "shift": [0.1, 0.5], "gap": 2.15, "twist": "7"})");
  EXPECT_EQ(best.at("objectives").at("adhesion").dump(), R"({"value": 2.5, "stderr": 0.1})");
  EXPECT_EQ(best.at("model").at("hash").as_string(), std::string(64, 'a'));
  EXPECT_EQ(best.at("tier").as_string(), "potential");
  EXPECT_EQ(best.at("status").as_string(), "ok");
}

}  // namespace
}  // namespace nacre
