#include "nacre/score/formula_descriptors.hpp"

#include <gtest/gtest.h>

#include <cmath>

#include "nacre/core/error.hpp"
#include "nacre/crystal/elements.hpp"

namespace nacre {
namespace {

TEST(FormulaDescriptors, read_parentheses_and_fractions) {
  using Amounts = std::vector<std::pair<int, double>>;

  EXPECT_EQ(parse_formula("Ca(OH)2"), (Amounts{{20, 1.0}, {8, 2.0}, {1, 2.0}}));
  EXPECT_EQ(parse_formula("Sr0.5Ba0.5TiO3"), (Amounts{{38, 0.5}, {56, 0.5}, {22, 1.0}, {8, 3.0}}));
}

TEST(FormulaDescriptors, refuse_what_is_no_formula) {
  for (auto const* text : {"", "tiO2", "Ti(O2", "TiO2)", "TiO0", "Ti..O", "Tx", "2"})
    EXPECT_THROW(parse_formula(text), InputError);
}

TEST(FormulaDescriptors, do_not_depend_on_the_order_of_parts_or_on_multiples) {
  EXPECT_EQ(stack_descriptors("SnS-ZnBr2"), stack_descriptors("ZnBr2/SnS"));
  auto const a = formula_descriptors("TiO2"), b = formula_descriptors("O4Ti2");
  for (std::size_t i = 0; i < a.size(); ++i) EXPECT_NEAR(a[i], b[i], 1e-13 * std::abs(a[i]));  // sums in another order
}

TEST(FormulaDescriptors, know_anion_and_cation) {
  auto const d = formula_descriptors("MoS2");

  EXPECT_EQ(d[1], 2.58);  // S
  EXPECT_EQ(d[2], 2.16);  // Mo
  EXPECT_EQ(d[4], 1.05);  // covalent radius of S
  EXPECT_EQ(d[9], 16.0);
  EXPECT_EQ(d[10], 6.0);
  EXPECT_NEAR(d[11], 2.0 / 3.0, 1e-15);
}

TEST(FormulaDescriptors, are_missing_where_nothing_is_tabulated) {
  EXPECT_TRUE(std::isnan(formula_descriptors("HeO")[0]));
  EXPECT_FALSE(van_der_waals_radius(101));
}

TEST(Elements, stand_in_their_groups) {
  for (auto const& [z, group] : {std::pair{1, 1},
                                 {2, 18},
                                 {3, 1},
                                 {5, 13},
                                 {10, 18},
                                 {21, 3},
                                 {26, 8},
                                 {30, 12},
                                 {47, 11},
                                 {57, 3},
                                 {58, 3},
                                 {71, 3},
                                 {72, 4},
                                 {86, 18},
                                 {103, 3}})
    EXPECT_EQ(periodic_group(z), group) << z;
}

}  // namespace
}  // namespace nacre
