#include <gtest/gtest.h>

#include "nacre/core/text.hpp"
#include "nacre/core/value.hpp"
#include "nacre/crystal/io.hpp"
#include "support/support.hpp"

namespace nacre {
namespace {

/// Rock-salt MgO, squeezed and with one ion displaced.
constexpr char const* magnesia =
    "8\n"
    "Lattice=\"4.1 0 0 0 4.1 0 0 0 4.1\" Properties=species:S:1:pos:R:3 pbc=\"T T T\"\n"
    "Mg 0.1 0 0\nMg 0 2.05 2.05\nMg 2.05 0 2.05\nMg 2.05 2.05 0\n"
    "O 2.05 2.05 2.05\nO 2.05 0 0\nO 0 2.05 0\nO 0 0 2.05\n";

struct Fixture {
  test::TemporaryFolder folder;
  std::string file = (folder.path() / "mgo.extxyz").string(), out = (folder.path() / "out.extxyz").string();
  Fixture() { write_file(file, magnesia); }
  test::ProcessResult relax(std::string const& arguments) const {
    return test::run_command(test::nacre_program() + " relax " + file + " " + arguments);
  }
};

TEST(RelaxCommand, relaxes_the_whole_cell_and_writes_what_it_found) {
  Fixture const f;

  auto const result =
      f.relax("--model rigid-ion:grimes --truncation plain --fmax 1e-5 --smax 1e-7 -o " + f.out + " --json");

  ASSERT_EQ(result.status, 0) << result.err;
  auto const line = Value::parse_json(result.out, "output");
  EXPECT_EQ(line.at("status").as_string(), "ok");
  EXPECT_TRUE(line.at("converged").as_bool());
  EXPECT_EQ(line.at("reason").as_string(), "converged");
  EXPECT_LT(line.at("fmax_eV_per_A").as_number(), 1e-5);
  EXPECT_EQ(line.at("output").as_string(), f.out);
  EXPECT_EQ(line.at("model").at("hash").as_string().size(), 64u);
  EXPECT_EQ(line.at("forces_eV_per_A").size(), 8u);
  // published for this set (potentials.md 3): a = 4.2087 A, -20.590980 eV per atom
  EXPECT_NEAR(line.at("energy_eV").as_number() / 8.0, -20.590980, 1e-6);
  auto const relaxed = read_extxyz(f.out);
  ASSERT_EQ(relaxed.size(), 1u);
  EXPECT_NEAR(std::cbrt(relaxed[0].crystal.volume()), 4.2087, 1e-4);
}

TEST(RelaxCommand, keeps_the_first_two_vectors_when_asked) {
  Fixture const f;

  auto const result = f.relax("--model rigid-ion:grimes --fix-inplane -o " + f.out + " --json");

  ASSERT_EQ(result.status, 0) << result.err;
  auto const lattice = read_extxyz(f.out)[0].crystal.lattice;
  EXPECT_EQ(lattice(0, 0), 4.1);
  EXPECT_EQ(lattice(1, 1), 4.1);
  EXPECT_GT(lattice(2, 2), 4.2);  // squeezed in the plane, longer across it
}

TEST(RelaxCommand, a_relaxation_that_does_not_converge_is_a_status) {
  Fixture const f;

  auto const result = f.relax("--model rigid-ion:grimes --max-steps 2 --json");

  EXPECT_EQ(result.status, 0) << result.err;
  auto const line = Value::parse_json(result.out, "output");
  EXPECT_EQ(line.at("status").as_string(), "failed");
  EXPECT_FALSE(line.at("converged").as_bool());
  EXPECT_EQ(line.at("reason").as_string(), "max_steps");
  EXPECT_TRUE(line.at("output").is_null());
}

TEST(RelaxCommand, wrong_input_is_one_message_and_nothing_is_written) {
  Fixture const f;

  auto const unknown = f.relax("--model rigid-ion:grims -o " + f.out);
  auto const missing =
      test::run_command(test::nacre_program() + " relax nowhere.extxyz --model rigid-ion:grimes -o " + f.out);

  EXPECT_EQ(unknown.status, 2);
  EXPECT_NE(unknown.err.find("did you mean 'grimes'"), std::string::npos) << unknown.err;
  EXPECT_EQ(missing.status, 2);
  EXPECT_FALSE(std::filesystem::exists(f.out));
}

constexpr char const* two_layers = R"(4
Lattice="2.98 0 0 0 2.98 0 0 0 24" Properties=species:S:1:pos:R:3:layer:I:1 pbc="T T T"
Mg 0.0 0.0 5.0 1
O 1.49 1.49 5.0 1
O 0.0 0.1 7.6 2
Mg 1.49 1.59 7.6 2
)";

TEST(RelaxCommand, brings_rigid_layers_together_along_the_normal) {
  Fixture const f;
  write_file(f.file, two_layers);

  auto const result = f.relax("--model rigid-ion:grimes --layers rigid --motion normal -o " + f.out + " --json");

  ASSERT_EQ(result.status, 0) << result.err;
  auto const line = Value::parse_json(result.out, "output");
  EXPECT_TRUE(line.at("converged").as_bool()) << line.dump();
  EXPECT_EQ(line.at("cell").as_string(), "fixed");
  auto const positions = read_extxyz(f.out)[0].crystal.positions;
  EXPECT_NEAR(positions(1, 3), 1.59, 1e-9);
  EXPECT_LT(positions(2, 2) - positions(2, 0), 2.5);
  EXPECT_NEAR(positions(2, 3), positions(2, 2), 1e-9);
}

TEST(RelaxCommand, keeps_fixed_layers_and_finds_the_gap_of_the_others) {
  Fixture const f;
  write_file(f.file, two_layers);

  auto const result =
      f.relax("--model rigid-ion:grimes --layers gap --fix-layers 1 --cell fixed -o " + f.out + " --json");

  ASSERT_EQ(result.status, 0) << result.err;
  EXPECT_TRUE(Value::parse_json(result.out, "output").at("converged").as_bool());
  auto const positions = read_extxyz(f.out)[0].crystal.positions;
  EXPECT_EQ(positions(2, 0), 5.0);
  EXPECT_EQ(positions(0, 1), 1.49);
  EXPECT_LT(positions(2, 2), 7.5);
}

TEST(RelaxCommand, refuses_layers_that_are_not_there) {
  Fixture const f;
  auto const refused = [&](std::string const& options, char const* message) {
    auto const result = f.relax("--model rigid-ion:grimes --json " + options);
    EXPECT_EQ(result.status, 2);
    EXPECT_EQ(result.out, "");
    EXPECT_NE(result.err.find(message), std::string::npos) << result.err;
  };
  refused("--layers rigid", "no column 'layer'");
  refused("--max-steps -1", "invalid max-steps=-1");
  refused("--motion normal --cell full", "motion along the normal");
  write_file(f.file, two_layers);
  refused("--fix-layers 7", "no layer '7'");
}

}  // namespace
}  // namespace nacre
