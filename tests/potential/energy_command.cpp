#include <cstdlib>

#include "nacre/core/text.hpp"
#include "nacre/core/value.hpp"
#include "nacre/crystal/io.hpp"
#include "nacre/potential/potential.hpp"
#include "support/support.hpp"

namespace nacre {
namespace {

constexpr char const* two_frames = R"(2
Lattice="0 2.1 2.1 2.1 0 2.1 2.1 2.1 0" Properties=species:S:1:pos:R:3:weight:R:1 pbc="T T T" energy=1
Mg 0.05 0.0 0.0 1
O 2.1 2.1 2.1 2
2
Lattice="3 0 0 0 3 0 0 0 20" Properties=species:S:1:pos:R:3 pbc="T T F"
Mg 0.0 0.0 5.0
O 1.5 1.5 5.2
)";
constexpr char const* one_more = R"(2
Lattice="0 2.7 2.7 2.7 0 2.7 2.7 2.7 0" Properties=species:S:1:pos:R:3 pbc="T T T"
Eu 0.0 0.0 0.0
O 2.7 2.7 2.7
)";

class EnergyCommand : public testing::Test {
 protected:
  test::ProcessResult run(std::string const& content, std::string const& options, std::string const& environment = {}) {
    auto const file = folder_.path() / "frames.extxyz";
    write_file(file, content);
    return test::run_command(environment + " " + test::nacre_program() + " energy " + file.string() + " " + options);
  }
  test::TemporaryFolder folder_;
};

std::vector<Value> lines(test::ProcessResult const& result) {
  std::vector<Value> values;
  for (auto const& line : split(trim(result.out), '\n')) values.push_back(Value::parse_json(line, "output"));
  return values;
}

TEST_F(EnergyCommand, prints_one_object_for_each_frame) {
  auto const result = run(two_frames, "--model rigid-ion:grimes --json");
  ASSERT_EQ(result.status, 0) << result.err;
  auto const frames = lines(result);
  ASSERT_EQ(frames.size(), 2u);
  auto const potential = make_potential("rigid-ion:grimes");
  auto const expected = potential->evaluate(read_extxyz(folder_.path() / "frames.extxyz")[0].crystal);

  EXPECT_EQ(frames[0].at("frame").as_integer(), 0);
  EXPECT_EQ(frames[1].at("frame").as_integer(), 1);
  EXPECT_EQ(frames[0].at("n_atoms").as_integer(), 2);
  EXPECT_EQ(frames[0].at("status").as_string(), "ok");
  EXPECT_EQ(frames[0].at("energy_eV").as_number(), expected.energy);
  EXPECT_EQ(frames[0].at("n_edges").as_integer(), expected.edges);
  EXPECT_EQ(frames[0].at("model").at("name").as_string(), "rigid-ion:grimes");
  EXPECT_EQ(frames[0].at("model").at("hash").as_string(), potential->identity());
  for (std::size_t i = 0; i < 2; ++i)
    for (std::size_t d = 0; d < 3; ++d) {
      auto const& forces = frames[0].at("forces_eV_per_A").as_array();
      EXPECT_EQ(forces[i].as_array()[d].as_number(), expected.forces(static_cast<int>(d), static_cast<int>(i)));
    }
  for (std::size_t k = 0; k < 9; ++k) {
    auto const& stress = frames[0].at("stress_eV_per_A3").as_array();
    EXPECT_EQ(stress[k / 3].as_array()[k % 3].as_number(),
              (*expected.stress)(static_cast<int>(k / 3), static_cast<int>(k % 3)));
  }
}

TEST_F(EnergyCommand, has_no_stress_without_a_cell_in_three_directions) {
  auto const frames = lines(run(two_frames, "--model rigid-ion:grimes --json"));

  EXPECT_TRUE(frames.at(1).at("stress_eV_per_A3").is_null());
  EXPECT_TRUE(frames.at(1).at("energy_eV").is_number());
}

TEST_F(EnergyCommand, gives_every_option_its_own_identity) {
  std::set<std::string> hashes;
  for (auto const* options : {"", "--cutoff 10", "--truncation plain", "--slab-correction z"}) {
    hashes.insert(lines(run(two_frames, std::string("--model rigid-ion:grimes --json ") + options))
                      .at(0)
                      .at("model")
                      .at("hash")
                      .as_string());
  }
  EXPECT_EQ(hashes.size(), 4u);
}

TEST_F(EnergyCommand, gives_the_same_bits_for_every_instruction_set) {
  auto const options = "--model rigid-ion:pedone2006 --json";

  EXPECT_EQ(run(two_frames, options, "NACRE_ISA=generic").out, run(two_frames, options).out);
}

TEST_F(EnergyCommand, refuses_a_frame_that_the_model_does_not_cover) {
  auto const frames = lines(run(std::string(two_frames) + one_more, "--model rigid-ion:grimes --json"));

  ASSERT_EQ(frames.size(), 3u);
  EXPECT_EQ(frames[2].at("status").as_string(), "refused");
  EXPECT_TRUE(frames[2].at("energy_eV").is_null());
  EXPECT_NE(frames[2].at("reason").as_string().find("'Eu'"), std::string::npos);
}

TEST_F(EnergyCommand, ends_with_two_for_bad_input_and_prints_nothing) {
  auto const expect_refused = [](test::ProcessResult const& result, std::string const& message) {
    EXPECT_EQ(result.status, 2);
    EXPECT_EQ(result.out, "");
    EXPECT_NE(result.err.find(message), std::string::npos) << result.err;
  };
  expect_refused(run(two_frames, "--json"), "no model");
  expect_refused(run(two_frames, "--model rigid-ion:grime --json"), "did you mean 'grimes'?");
  expect_refused(run(two_frames, "--model rigid-ions:grimes --json"), "did you mean 'rigid-ion'?");
  expect_refused(run(two_frames, "--model rigid-ion:grimes --accuracy 1 --json"), "invalid accuracy=1");
  expect_refused(run(two_frames, "--model rigid-ion:grimes --threads 0 --json"), "invalid threads=0");
  expect_refused(run(two_frames, "--model rigid-ion:grimes --cutoff 2 --json"), "invalid cutoff=2");
  expect_refused(run(two_frames, "--model rigid-ion:cooper_ceria_manybody --json"), "many-body");
  expect_refused(run(one_more, "--model rigid-ion:grimes --json"), "no rigid-ion set covers");
  expect_refused(run("", "--model rigid-ion:grimes --json"), "frames.extxyz");
  expect_refused(run(two_frames, "--model absent/weights.safetensors"), "no such model file 'absent/weights.safetensors'");
  expect_refused(run(two_frames, "--model 'committee()'"), "a model without a name");
  expect_refused(test::run_command(test::nacre_program() + " energy absent.extxyz --model rigid-ion:grimes"),
                 "absent.extxyz");
}

}  // namespace
}  // namespace nacre
