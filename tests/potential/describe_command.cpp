#include <gtest/gtest.h>

#include <cmath>
#include <set>
#include <string>

#include "nacre/core/text.hpp"
#include "nacre/core/value.hpp"
#include "support/support.hpp"

namespace nacre {
namespace {

/// Magnesia on itself, at the lattice constant of rigid-ion:grimes (reference/physics: 4.2087 A), so that the crystals
/// of the file are those that the model finds again.
struct TwistedMagnesia {
  test::TemporaryFolder folder;
  std::string crystal = (folder.path() / "MgO.vasp").string(), stack = (folder.path() / "stack.extxyz").string();

  TwistedMagnesia() {
    write_file(crystal,
               "MgO\n4.2087\n1 0 0\n0 1 0\n0 0 1\nMg O\n4 4\nDirect\n0 0 0\n0 .5 .5\n.5 0 .5\n.5 .5 0\n"
               ".5 .5 .5\n.5 0 0\n0 .5 0\n0 0 .5\n");
  }
  std::string design() const {
    return crystal + " " + crystal + " --planes 0,0,1 --repeats 3 --twists 36.87 --shifts 0.37,0.81 --gaps 2.4 ";
  }
  Value run(std::string const& arguments) const {
    auto const result = test::run_command(test::nacre_program() + " " + arguments);
    EXPECT_EQ(result.status, 0) << result.err;
    return result.out.starts_with('{') ? Value::parse_json(result.out, "output") : Value{};
  }
};

// Five cells on five, without strain: the atoms know all but where names of the design count from.
TEST(DescribeCommand, atoms_of_a_stack_have_the_descriptors_of_their_design) {
  TwistedMagnesia const magnesia;
  magnesia.run("build " + magnesia.design() + "-o " + magnesia.stack);
  auto const designed = magnesia.run("describe " + magnesia.design() + "--json").at("descriptors");

  auto const found = magnesia.run("describe " + magnesia.stack + " --model rigid-ion:grimes --json");

  EXPECT_EQ(found.at("status").as_string(), "ok") << found.at("reason").as_string();
  std::set<std::string> missing;
  for (auto const& name : found.at("missing").as_array()) missing.insert(name.as_string());
  for (char const* name : {"max_strain", "mismatch", "twist_deg", "strain_top_1", "shift_u", "miller_h_top"})
    EXPECT_TRUE(missing.contains(name)) << name;
  for (char const* name :
       {"atom_count", "area_A2", "film_index", "substrate_index", "gap_A", "thickness_top_A",
        "plane_cell_area_bottom_A2", "coordination_face_top", "registry_atoms_per_A4", "registry_charge_e2_per_A4"}) {
    auto const& value = found.at("descriptors").at(name);
    ASSERT_FALSE(value.is_null()) << name;
    double const expected = designed.at(name).as_number();
    EXPECT_NEAR(value.as_number(), expected, 1e-4 * std::abs(expected)) << name;  // the constant has 5 digits
  }
}

}  // namespace
}  // namespace nacre
