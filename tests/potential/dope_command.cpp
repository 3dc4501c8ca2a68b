#include "nacre/core/text.hpp"
#include "nacre/core/value.hpp"
#include "nacre/crystal/io.hpp"
#include "support/support.hpp"

namespace nacre {
namespace {

class DopeCommand : public testing::Test {
 protected:
  void SetUp() override {
    std::filesystem::copy(test::source_folder() / "runs/oxide_membranes/structures/CeO2.cif", path("CeO2.cif"));
  }
  std::string path(std::string const& name) const { return (folder_.path() / name).string(); }
  test::ProcessResult run(std::string const& options) const {
    return test::run_command(test::nacre_program() + " dope " + path("CeO2.cif") + " " + options);
  }
  test::TemporaryFolder folder_;
};

TEST_F(DopeCommand, writes_arrangements_that_dynamics_reads) {
  auto const result = run("--supercell 2,2,2 --dopants Gd:Ce:0.12 --arrangements 3 --json -o " + path("doped.extxyz"));

  ASSERT_EQ(result.status, 0) << result.err;
  EXPECT_EQ(split(trim(result.out), '\n').size(), 3u);
  auto const frames = read_extxyz(path("doped.extxyz"));
  ASSERT_EQ(frames.size(), 3u);
  EXPECT_NE(frames[0].crystal.positions, frames[1].crystal.positions);
  for (auto const& frame : frames) {
    EXPECT_EQ(std::ranges::count(frame.crystal.numbers, 64), 4);
    EXPECT_EQ(frame.crystal.size(), 94u);
  }
  auto const moved =
      test::run_command(test::nacre_program() + " md " + path("doped.extxyz") +
                        " --frame 1 --model rigid-ion:grimes --cutoff 6 --accuracy 1e-3 --temperature 1000"
                        " --equilibrate-ps 0.1 --ps 0.1 --json");
  ASSERT_EQ(moved.status, 0) << moved.err;
  EXPECT_EQ(Value::parse_json(moved.out, "output").at("status").as_string(), "ok") << moved.out;
}

TEST_F(DopeCommand, anneals_with_a_model_and_threads_change_nothing) {
  std::string const options =
      "--supercell 1,1,1 --dopants Gd:Ce:0.5 --arrangements 2 --protocol annealed --swaps 5 --model rigid-ion:grimes "
      "--cutoff 5 --accuracy 1e-3 --temperature 20000 --json";

  auto const one = run(options), two = run(options + " --threads 2");

  ASSERT_EQ(one.status, 0) << one.err;
  EXPECT_EQ(one.out, two.out);
  auto const first = Value::parse_json(split(one.out, '\n')[0], "output");
  EXPECT_EQ(first.at("accepted").as_integer(), 10) << one.out;
  EXPECT_GE(first.at("attempts").as_integer(), 10);
}

TEST_F(DopeCommand, refuses_what_makes_no_sense) {
  auto const refused = [&](std::string const& options, std::string const& word) {
    auto const result = run(options);
    EXPECT_EQ(result.status, 2) << options;
    EXPECT_NE(result.err.find(word), std::string::npos) << result.err;
  };
  refused("", "--dopants");
  refused("--dopants Y:Mg:0.1", "Mg");
  refused("--dopants Gd:Ce:0.1 --arrangements 0", "--arrangements");
  refused("--dopants Gd:Ce:0.1 --protocol annealed", "no model");
  refused("--dopants Gd:Ce:0.1 --model rigid-ion:grimes", "frozen_random");
  refused("--dopants Gd:Ce:0.1 --protocol annealed --model rigid-ion:grimes --swaps 0", "--swaps");
}

}  // namespace
}  // namespace nacre
