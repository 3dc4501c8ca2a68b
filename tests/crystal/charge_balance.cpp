#include "nacre/crystal/charge_balance.hpp"

#include "nacre/core/error.hpp"
#include "nacre/core/text.hpp"
#include "support/nequix_weights.hpp"
#include "support/support.hpp"

namespace nacre {
namespace {

constexpr char const* magnesia =
    "2\nLattice=\"0 2.1 2.1 2.1 0 2.1 2.1 2.1 0\" Properties=species:S:1:pos:R:3:oxidation_state:R:1 pbc=\"T T T\"\n"
    "Mg 0 0 0 2\nO 2.1 2.1 2.1 ";

TEST(ChargeBalance, is_that_of_the_formal_charges) {
  Crystal crystal;
  crystal.numbers = {12, 8};
  crystal.positions = Eigen::Matrix3Xd::Zero(3, 2);
  EXPECT_NO_THROW(require_charge_balance(crystal, "x"));
  crystal.oxidation = {2.0, -2.0};
  EXPECT_NO_THROW(require_charge_balance(crystal, "x"));
  crystal.oxidation = {2.0, -1.0};
  EXPECT_THROW(require_charge_balance(crystal, "x"), InputError);
}

// A learned model has no charges: nothing else would stop it.
TEST(ChargeBalance, is_checked_before_a_model_without_charges_runs) {
  test::TemporaryFolder folder;
  test::write_nequix(folder.path() / "w.safetensors", test::random_nequix(7));
  auto const file = (folder.path() / "MgO.extxyz").string();
  auto const run = [&](std::string const& command) {
    return test::run_command(
        concat("'", test::nacre_program(), "' ", command, " --model 'nequix:", (folder.path() / "w.safetensors").string(), "' --json"));
  };
  write_file(file, std::string(magnesia) + "-1\n");

  auto const surface = run("surface '" + file + "' --plane 0,0,1");
  EXPECT_EQ(surface.status, 2);
  EXPECT_NE(surface.err.find("sum to 1 e per cell"), std::string::npos) << surface.err;
  write_file(file, std::string(magnesia) + "-3.5\n");
  auto const hop = run("hop '" + file + "' --species O");
  EXPECT_EQ(hop.status, 0);  // a refusal is an answer
  EXPECT_NE(hop.out.find("redox"), std::string::npos) << hop.out << hop.err;
}

TEST(ChargeBalance, is_checked_of_the_materials_of_a_campaign) {
  test::TemporaryFolder folder;
  write_file(folder.path() / "MgO.extxyz", std::string(magnesia) + "-1\n");
  write_file(folder.path() / "campaign.toml",
             "[campaign]\nname = \"x\"\nseed = 1\n[potential]\nmodel = \"tersoff:tersoff1989\"\n"
             "[[material]]\nname = \"MgO\"\nfile = \"MgO.extxyz\"\nplanes = [[0, 0, 1]]\nrepeats = 2\n"
             "[[objective]]\nname = \"work_of_adhesion\"\n[stacks]\nsame_material = true\n");

  auto const check = test::run_command(concat("'", test::nacre_program(), "' check '", folder.path().string(), "'"));

  EXPECT_EQ(check.status, 2);
  EXPECT_NE(check.err.find("sum to 1 e per cell"), std::string::npos) << check.err;
}

}  // namespace
}  // namespace nacre
