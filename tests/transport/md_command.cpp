#include <fstream>

#include "ionic_crystals.hpp"
#include "nacre/core/text.hpp"
#include "nacre/core/value.hpp"
#include "nacre/crystal/io.hpp"
#include "support/support.hpp"

namespace nacre {
namespace {

/// CeO2 with one vacancy of oxygen for two Gd, hot enough that oxygen moves within a picosecond.
class MdCommand : public testing::Test {
 protected:
  void SetUp() override {
    Crystal cell;
    double const a = 5.45;
    cell.lattice *= a;
    cell.positions.resize(3, 12);
    cell.positions << 0, 0, .5, .5, .25, .25, .25, .25, .75, .75, .75, .75,  //
        0, .5, 0, .5, .25, .25, .75, .75, .25, .25, .75, .75,                //
        0, .5, .5, 0, .25, .75, .25, .75, .25, .75, .25, .75;
    cell.positions *= a;
    cell.numbers = {64, 58, 58, 64, 8, 8, 8, 8, 8, 8, 8, 8};
    cell.positions.conservativeResize(3, 11);
    cell.numbers.pop_back();
    Frame frame;
    frame.crystal = cell;
    write_file(path("cell.extxyz"), to_extxyz(frame));
  }
  std::string path(std::string const& name) const { return (folder_.path() / name).string(); }
  test::ProcessResult run(std::string const& options, std::string const& before = {}) const {
    return test::run_command(before + test::nacre_program() + " md " + path("cell.extxyz") +
                             " --model rigid-ion:grimes --cutoff 5 --accuracy 1e-3 --timestep-fs 2 " + options);
  }
  std::string const common_ =
      "--temperature 2500 --ps 3 --equilibrate-ps 0.4 --stream --window 0.2:0.7 --blocks 2 --json ";
  test::TemporaryFolder folder_;
};

TEST_F(MdCommand, analyses_on_the_fly_as_from_the_trajectory) {
  auto const result = run(common_ + "--output " + path("run.xyz"));
  ASSERT_EQ(result.status, 0) << result.err;
  auto const document = Value::parse_json(result.out, "output");

  auto const later =
      test::run_command(test::nacre_program() + " diffusion " + path("run.xyz") +
                        " --species O --charge -2 --dt-ps 0.1 --temperature 2500 --window 0.2:0.7 --blocks 2 --json");

  ASSERT_EQ(later.status, 0) << later.err;
  auto const analysis = Value::parse_json(later.out, "output");
  EXPECT_EQ(document.at("status").as_string(), "ok") << result.out;
  EXPECT_EQ(document.at("steps").as_integer(), 1700);
  EXPECT_EQ(document.at("diffusion").at("n_frames").as_integer(), 31);
  for (auto const* key : {"status", "jumps", "D_A2_per_ps", "D_upper", "exponent", "sigma_S_per_cm"})
    EXPECT_EQ(document.at("diffusion").at(key).dump(), analysis.at(key).dump()) << key;
}

TEST_F(MdCommand, goes_on_after_a_kill_to_the_same_bytes) {
  auto const whole = run(common_ + "--pressure-GPa 0 --cell-ps 0.6 --output " + path("whole.xyz"));
  ASSERT_EQ(whole.status, 0) << whole.err;
  auto const options = common_ + "--pressure-GPa 0 --cell-ps 0.6 --checkpoint-s 0 --checkpoint " + path("run.chk") +
                       " --output " + path("whole2.xyz");

  int kills = 0;
  auto result = run(options, "NACRE_DIE_AT=md_checkpoint:9 ");
  while (result.status == 128 + 9 && ++kills < 20) result = run(options, "NACRE_DIE_AT=md_checkpoint:9 ");

  ASSERT_EQ(result.status, 0) << result.err;
  EXPECT_GE(kills, 3);
  EXPECT_EQ(read_file(path("whole2.xyz")), read_file(path("whole.xyz")));
  auto expected = Value::parse_json(whole.out, "output"), found = Value::parse_json(result.out, "output");
  found["output"] = expected.at("output");
  EXPECT_EQ(found.dump(), expected.dump());
  EXPECT_FALSE(std::filesystem::exists(path("run.chk")));
  EXPECT_FALSE(std::filesystem::exists(path("run.chk.frames")));
}

TEST_F(MdCommand, goes_on_with_the_velocities_it_wrote) {
  std::string const options = "--temperature 500 --equilibrate-ps 0 --ensemble nve --frame-ps 0.02 --keep-velocities ";
  ASSERT_EQ(run("--temperature 500 --equilibrate-ps 0.4 --ps 0.1 --final " + path("warm.extxyz")).status, 0);
  std::filesystem::rename(path("warm.extxyz"), path("cell.extxyz"));
  ASSERT_EQ(run(options + "--ps 0.1 --final " + path("half.extxyz")).status, 0);
  ASSERT_EQ(run(options + "--ps 0.2 --final " + path("whole.extxyz")).status, 0);
  std::filesystem::rename(path("half.extxyz"), path("cell.extxyz"));

  ASSERT_EQ(run(options + "--ps 0.1 --final " + path("second.extxyz")).status, 0);

  EXPECT_EQ(read_crystal(path("second.extxyz")).positions, read_crystal(path("whole.extxyz")).positions);
}

TEST_F(MdCommand, refuses_what_makes_no_sense) {
  auto const refused = [&](std::string const& options, std::string const& word) {
    auto const result = run(options);
    EXPECT_EQ(result.status, 2) << options << result.out;
    EXPECT_NE(result.err.find(word), std::string::npos) << result.err;
    EXPECT_TRUE(result.out.empty());
  };
  refused("--ps 1", "--temperature");
  refused("--temperature 300", "--ps");
  refused("--temperature nan --ps 1", "--temperature");
  refused("--temperature 300 --ps 1 --supercell 0,1,1", "--supercell");
  refused("--temperature 300 --ps 1 --supercell 100,100,100", "atoms");
  refused("--temperature 300 --ps 1 --timestep-fs 1000", "timestep");
  refused("--temperature 300 --ps 1 --barostat normal", "--pressure-GPa");
  refused("--temperature 300 --ps 1 --stream --species Gd", "--charge");
  refused("--temperature 300 --ps 1 --species Xe", "no Xe");
  refused("--temperature 300 --ps 1 --stream --window 5", "--window");
  refused("--temperature 300 --ps 1 --keep-velocities", "velocity_A_per_ps");
  refused("--temperature 300 --ps 1 --frame 7", "frame 7");
  auto const nowhere = run("--temperature 300 --ps 1 --checkpoint " + path("nowhere/run.chk"));
  EXPECT_EQ(nowhere.status, 1);  // at once, not after the first half minute
  write_file(path("cell.extxyz"), "");
  refused("--temperature 300 --ps 1", "cell.extxyz");
}

}  // namespace
}  // namespace nacre
