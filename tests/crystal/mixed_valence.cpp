#include "nacre/crystal/mixed_valence.hpp"

#include <gtest/gtest.h>

#include "nacre/core/error.hpp"
#include "nacre/crystal/elements.hpp"

namespace nacre {
namespace {

/// Atoms alone: the composition is all that matters.
Crystal composed(std::vector<std::pair<std::string, int>> const& counts) {
  Crystal crystal;
  for (auto const& [name, count] : counts)
    crystal.numbers.insert(crystal.numbers.end(), static_cast<std::size_t>(count), *atomic_number(name));
  crystal.positions.setZero(3, std::ssize(crystal.numbers));
  return crystal;
}

TEST(MixedValence, iron_of_half_lithiated_phosphate_is_between_two_and_three) {
  auto const found = find_mixed_valence(composed({{"Li", 1}, {"Fe", 2}, {"P", 2}, {"O", 8}}));

  ASSERT_EQ(found.size(), 1u);
  EXPECT_EQ(found[0].element, "Fe");
  EXPECT_EQ(found[0].mean, 2.5);
  EXPECT_EQ(found[0].lower, 2);
  EXPECT_EQ(found[0].higher, 3);
}

TEST(MixedValence, is_found_for_any_fraction_and_in_oxides_of_one_metal) {
  auto const element = [](auto const& counts) {
    auto const found = find_mixed_valence(composed(counts));
    return found.size() == 1 ? found[0].element + std::to_string(found[0].lower) + std::to_string(found[0].higher) : "";
  };
  using Counts = std::vector<std::pair<std::string, int>>;

  for (int lithium = 1; lithium < 12; ++lithium) {
    EXPECT_EQ(element(Counts{{"Li", lithium}, {"Fe", 12}, {"P", 12}, {"O", 48}}), "Fe23") << lithium;
  }
  EXPECT_EQ(element(Counts{{"Fe", 3}, {"O", 4}}), "Fe23");
  EXPECT_EQ(element(Counts{{"Ce", 4}, {"O", 7}}), "Ce34");
  EXPECT_EQ(element(Counts{{"Li", 1}, {"Mn", 2}, {"O", 4}}), "Mn34");
  EXPECT_EQ(element(Counts{{"La", 2}, {"Sr", 1}, {"Mn", 3}, {"O", 9}}), "Mn34");
}

TEST(MixedValence, is_not_found_where_one_charge_for_each_element_is_neutral) {
  using Counts = std::vector<std::pair<std::string, int>>;
  for (auto const& counts : {Counts{{"Sr", 1}, {"O", 1}}, Counts{{"Al", 2}, {"O", 3}},
                             Counts{{"Li", 1}, {"Fe", 1}, {"P", 1}, {"O", 4}}, Counts{{"Fe", 1}, {"P", 1}, {"O", 4}},
                             Counts{{"Sr", 1}, {"Ti", 1}, {"O", 3}}, Counts{{"Zr", 6}, {"Y", 2}, {"O", 15}},
                             Counts{{"Fe", 2}}, Counts{{"Ni", 3}, {"Al", 1}}, Counts{{"C", 2}, {"H", 6}}, Counts{}}) {
    EXPECT_TRUE(find_mixed_valence(composed(counts)).empty()) << mixed_valence_warning(composed(counts));
    EXPECT_EQ(mixed_valence_warning(composed(counts)), "");
  }
}

TEST(MixedValence, oxidation_states_of_the_crystal_have_the_last_word) {
  auto magnetite = composed({{"Fe", 3}, {"O", 4}});
  magnetite.oxidation = {2.0, 3.0, 3.0, -2.0, -2.0, -2.0, -2.0};
  auto averaged = composed({{"Li", 1}, {"Fe", 2}, {"P", 2}, {"O", 8}});
  averaged.oxidation = {1.0, 2.5, 2.5, 5.0, 5.0, -2.0, -2.0, -2.0, -2.0, -2.0, -2.0, -2.0, -2.0};
  auto oxide = composed({{"Sr", 1}, {"O", 1}});
  oxide.oxidation = {2.0, -2.0};

  ASSERT_EQ(find_mixed_valence(magnetite).size(), 1u);
  EXPECT_TRUE(find_mixed_valence(magnetite)[0].given);
  EXPECT_NE(mixed_valence_warning(magnetite).find("Fe2+ and Fe3+"), std::string::npos);
  ASSERT_EQ(find_mixed_valence(averaged).size(), 1u);
  EXPECT_EQ(find_mixed_valence(averaged)[0].higher, 3);
  EXPECT_TRUE(find_mixed_valence(oxide).empty());
}

}  // namespace
}  // namespace nacre
