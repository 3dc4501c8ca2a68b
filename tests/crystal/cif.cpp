#include <gmock/gmock.h>

#include <Eigen/LU>

#include "crystal/crystals.hpp"
#include "nacre/core/text.hpp"
#include "nacre/crystal/io.hpp"
#include "nacre/crystal/symmetry.hpp"
#include "support/support.hpp"

namespace nacre {
namespace {

using test::input_error_of;
using testing::HasSubstr;

// Corundum, rhombohedral group in its hexagonal setting, by the name of the group alone.
std::string const corundum = R"(data_corundum
_chemical_formula_sum 'Al2 O3'
_cell_length_a 4.7602(4)
_cell_length_b 4.7602
_cell_length_c 12.9933
_cell_angle_alpha 90
_cell_angle_beta 90
_cell_angle_gamma 120
_space_group_name_H-M_alt 'R -3 c'
loop_
_atom_type_symbol
_atom_type_oxidation_number
Al3+ 3
O2- -2
loop_
_atom_site_label
_atom_site_type_symbol
_atom_site_fract_x
_atom_site_fract_y
_atom_site_fract_z
_atom_site_occupancy
Al1 Al3+ 0 0 0.35216(1) 1.0
O1 O2- 0.30624(4) 0 0.25 1.0
)";

std::string const fluorite = R"(data_ceria
_cell_length_a 5.411
_cell_length_b 5.411
_cell_length_c 5.411
_cell_angle_alpha 90
_cell_angle_beta 90
_cell_angle_gamma 90
_symmetry_space_group_name_H-M 'F m -3 m'
loop_
_atom_site_label
_atom_site_fract_x
_atom_site_fract_y
_atom_site_fract_z
CE1 0 0 0
O1 0.25 0.25 0.25
)";

std::string replaced(std::string text, std::string const& from, std::string const& to) {
  auto const at = text.find(from);
  EXPECT_NE(at, std::string::npos) << from;
  return text.replace(at, from.size(), to);
}

std::string cif_error(std::string const& text) {
  return input_error_of([&] { parse_cif(text, "a.cif"); });
}

TEST(Cif, expands_the_named_group) {
  auto const crystal = parse_cif(corundum, "a.cif");

  EXPECT_EQ(crystal.size(), 30u);
  EXPECT_EQ(formula(crystal), "Al2O3");
  EXPECT_EQ(formula_units(crystal), 6);
  EXPECT_EQ(find_space_group(crystal).number, 167);
  EXPECT_EQ(primitive_cell(crystal).size(), 10u);
  EXPECT_EQ(crystal.oxidation[0], 3.0);
  EXPECT_EQ(crystal.oxidation[29], -2.0);
  EXPECT_NEAR(shortest_distance(crystal).distance, 1.855, 1e-3);  // Al-O of corundum: 1.86 A
}

TEST(Cif, gives_the_same_crystal_in_every_setting) {
  auto const expected = find_space_group(parse_cif(fluorite, "a.cif"));
  EXPECT_EQ(expected.number, 225);

  for (auto const* group : {"'Fm-3m'", "'F m 3 m'", "Fm-3m"})
    EXPECT_EQ(parse_cif(replaced(fluorite, "'F m -3 m'", group), "a.cif").size(), 12u) << group;
  auto const hall =
      replaced(fluorite, "_symmetry_space_group_name_H-M 'F m -3 m'", "_space_group_name_Hall '-F 4 2 3'");
  EXPECT_EQ(find_space_group(parse_cif(hall, "a.cif")).number, 225);
  auto const number = replaced(fluorite, "_symmetry_space_group_name_H-M 'F m -3 m'", "_space_group_IT_number 225");
  EXPECT_EQ(find_space_group(parse_cif(number, "a.cif")).number, 225);
}

TEST(Cif, tells_rhombohedral_axes_by_the_angles) {
  auto text = replaced(replaced(corundum, "4.7602(4)", "5.1283"), "4.7602\n", "5.1283\n");
  text = replaced(text, "12.9933", "5.1283");
  text = replaced(text, "alpha 90", "alpha 55.28");
  text = replaced(text, "beta 90", "beta 55.28");
  text = replaced(text, "gamma 120", "gamma 55.28");
  text = replaced(text, "0 0 0.35216(1)", "0.35216 0.35216 0.35216");
  text = replaced(text, "0.30624(4) 0 0.25", "0.55624 0.94376 0.25");

  auto const crystal = parse_cif(text, "a.cif");

  EXPECT_EQ(crystal.size(), 10u);
  EXPECT_EQ(find_space_group(crystal).number, 167);
}

TEST(Cif, expands_listed_operations) {  // silicon, second origin
  auto const silicon = replaced(replaced(fluorite, "'F m -3 m'", "'F d -3 m :2'"), "O1 0.25 0.25 0.25\n", "");
  auto const text = replaced(silicon, "CE1 0 0 0", "Si1 .125 .125 .125");
  auto const crystal = parse_cif(text, "a.cif");
  EXPECT_EQ(crystal.size(), 8u);
  EXPECT_EQ(find_space_group(crystal).number, 227);

  auto const listed = replaced(text, "_symmetry_space_group_name_H-M 'F d -3 m :2'",
                               "loop_\n_symmetry_equiv_pos_site_id\n_symmetry_equiv_pos_as_xyz\n"
                               "1 'x, y, z'\n2 '1/2+X,1/2+Y,Z'\n3 'x+.5,y,z+0.5'\n4 x,y+1/2,z+1/2\n"
                               "5 '-x,-y,-z'\n6 '-x+1/2,-y+1/2,-z'\n7 '1/2-x,-y,1/2-z'\n8 '-x,1/2-y,1/2-z'");
  EXPECT_EQ(parse_cif(listed, "a.cif").size(), 8u);
}

TEST(Cif, moves_rounded_sites_onto_their_special_position) {  // wurtzite-like 1/3 written with four digits
  auto const text = R"(data_zno
_cell_length_a 3.25
_cell_length_b 3.25
_cell_length_c 5.2
_cell_angle_alpha 90
_cell_angle_beta 90
_cell_angle_gamma 120
_space_group_IT_number 186
loop_
_atom_site_label
_atom_site_fract_x
_atom_site_fract_y
_atom_site_fract_z
Zn 0.3333 0.6667 0
O 0.3333 0.6667 0.382
)";
  auto const crystal = parse_cif(text, "a.cif");

  EXPECT_EQ(crystal.size(), 4u);
  EXPECT_EQ(find_space_group(crystal, 1e-6).number, 186);
}

TEST(Cif, says_which_site_is_partly_occupied) {
  auto const message = cif_error(replaced(corundum, "0 0.25 1.0", "0 0.25 0.95"));

  EXPECT_THAT(message, HasSubstr("site 'O1' is partly occupied (0.95) in the loop at 'a.cif' line 15"));
}

TEST(Cif, is_refused_with_a_reason) {
  EXPECT_THAT(cif_error(""), HasSubstr("no atoms in 'a.cif'"));
  EXPECT_THAT(cif_error("hello"), HasSubstr("'a.cif' line 1"));
  EXPECT_THAT(cif_error("data_x\n_cell_length_a 3\n"), HasSubstr("no atoms in 'a.cif'"));
  EXPECT_THAT(cif_error(corundum + replaced(corundum, "data_corundum", "data_two")),
              HasSubstr("two structures ('corundum' and 'two')"));
  EXPECT_THAT(cif_error(replaced(fluorite, "_cell_length_c 5.411\n", "")), HasSubstr("no _cell_length_c in 'a.cif'"));
  EXPECT_THAT(cif_error(replaced(fluorite, "_cell_length_c 5.411", "_cell_length_c 0")),
              HasSubstr("invalid _cell_length_c=0 in 'a.cif' line 4"));
  EXPECT_THAT(cif_error(replaced(fluorite, "_cell_length_c 5.411", "_cell_length_c ?")),
              HasSubstr("unreadable _cell_length_c '?'"));
  EXPECT_THAT(cif_error(replaced(fluorite, "_cell_angle_gamma 90", "_cell_angle_gamma 180")),
              HasSubstr("invalid _cell_angle_gamma=180"));
  EXPECT_THAT(cif_error(replaced(fluorite, "_cell_angle_gamma 90", "_cell_angle_gamma 80")),
              HasSubstr("does not fit the cell"));
  EXPECT_THAT(cif_error(replaced(fluorite, "_cell_length_c 5.411", "_cell_length_c 5.9")),
              HasSubstr("does not fit the cell"));
  EXPECT_THAT(cif_error(replaced(fluorite, "'F m -3 m'", "'F m -7 m'")), HasSubstr("unknown space group 'F m -7 m'"));
  EXPECT_THAT(cif_error(replaced(fluorite, "'F m -3 m'", "'F d -3 m'")), HasSubstr("two choices of origin"));
  EXPECT_THAT(cif_error(replaced(fluorite, "_symmetry_space_group_name_H-M 'F m -3 m'\n", "")),
              HasSubstr("no symmetry in 'a.cif'"));
  EXPECT_THAT(cif_error(replaced(fluorite, "CE1 0 0 0", "Xx1 0 0 0")), HasSubstr("unknown element 'Xx' in site 'Xx1'"));
  EXPECT_THAT(cif_error(replaced(fluorite, "CE1 0 0 0", "CE1 0 ? 0")), HasSubstr("coordinate of site 'CE1'"));
  EXPECT_THAT(cif_error(replaced(fluorite, "CE1 0 0 0", "CE1 0 0")), HasSubstr("Wrong number of values in the loop"));
  EXPECT_THAT(cif_error(replaced(fluorite, "CE1 0 0 0", "CE1 0 0 0\nCe2 .5 .5 0")), HasSubstr("sites 'CE1' and 'Ce2'"));
  EXPECT_THAT(cif_error(replaced(corundum, "'Al2 O3'", "'Al2 O2'")), HasSubstr("_chemical_formula_sum says 'Al2 O2'"));
  EXPECT_THAT(cif_error(replaced(corundum, "'Al2 O3'", "'Al2 O3")), HasSubstr("unterminated"));
  auto const operations = [](char const* list) {
    return replaced(fluorite, "_symmetry_space_group_name_H-M 'F m -3 m'",
                    std::string("loop_\n_space_group_symop_operation_xyz\n") + list);
  };
  EXPECT_THAT(cif_error(operations("'x,y,z'\n'y,z,x'")), HasSubstr("form no group"));
  EXPECT_THAT(cif_error(operations("'-x,-y,-z'")), HasSubstr("no identity"));
  EXPECT_THAT(cif_error(operations("'x,y'")), HasSubstr("found 2 parts in symmetry operation 'x,y' in 'a.cif'"));
  EXPECT_THAT(cif_error(operations("'x,y,w'")), HasSubstr("unreadable term"));
  EXPECT_THAT(cif_error(operations("'x,y,y'")), HasSubstr("no rotation"));
}

TEST(Cif, cut_anywhere_is_refused) {
  auto const last = corundum.rfind(" 0.25 1.0");  // the last coordinate and the occupancy are the last to be missed
  for (std::size_t length = 0; length <= last + 1; ++length)
    EXPECT_THROW(parse_cif(corundum.substr(0, length), "a.cif"), InputError) << length;
}

TEST(Cif, leaves_oxidation_states_out_where_one_is_missing) {
  EXPECT_TRUE(parse_cif(replaced(corundum, "O2- -2\n", "O2- ?\n"), "a.cif").oxidation.empty());
  EXPECT_EQ(parse_cif(replaced(corundum, "O2- -2\n", "O -2\n"), "a.cif").oxidation.size(), 30u);  // by element
}

TEST(Cif, reads_published_structures) {
  auto const folder = test::shared_file("data/obelix/cifs");
  NACRE_NEEDS_SHARED(folder);
  int ordered = 0, partial = 0;
  for (auto const& entry : std::filesystem::directory_iterator(folder)) {
    auto const message = input_error_of([&] { ordered += read_crystal(entry.path()).size() > 0; });
    bool const is_partial = message.find("is partly occupied") != std::string::npos;
    partial += is_partial;
    EXPECT_TRUE(is_partial || message.empty()) << message;
  }
  EXPECT_EQ(ordered, 72);  // as its README counts
  EXPECT_EQ(partial, 249);
}

}  // namespace
}  // namespace nacre
