#include <fstream>

#include "nacre/core/error.hpp"
#include "nacre/core/text.hpp"
#include "nacre/core/value.hpp"
#include "support/support.hpp"
#include "support/trajectories.hpp"

namespace nacre {
namespace {

class DiffusionCommand : public ::testing::Test {
 protected:
  std::string write(std::string const& name, std::string const& text) const {
    auto const path = folder_.path() / name;
    std::ofstream(path, std::ios::binary) << text;
    return path.string();
  }
  static std::string call(std::string const& trajectory, std::string const& rest) {
    return test::nacre_program() + " diffusion " + trajectory +
           " --species O --charge -2 --dt-ps 0.1 --temperature 1500 " + rest + " --json";
  }
  static Value document_of(test::ProcessResult const& result) {
    EXPECT_EQ(result.status, 0) << result.err;
    return Value::parse_json(result.out, "output");
  }
  test::Walk walk(double diffusion, std::uint64_t seed) const {
    auto w = test::brownian(8, 600, 0.1, diffusion, seed);
    w.lattice = 12.0 * Eigen::Matrix3d::Identity();
    add_framework(w, 2, 6.0);
    return wrapped(w);
  }
  test::TemporaryFolder folder_;
};

TEST_F(DiffusionCommand, prints_every_field_of_the_interface) {
  auto const file = write("walk.xyz", to_extxyz_text(walk(0.5, 1)));

  auto const document = document_of(test::run_command(call(file, "--blocks 5 --window 0.5:4 --hop-length 2.5")));

  EXPECT_EQ(document.at("status").as_string(), "ok");
  for (auto const* key : {"reasons",
                          "flags",
                          "n_mobile",
                          "n_frames",
                          "jumps",
                          "D_A2_per_ps",
                          "D_stderr",
                          "D_ci95",
                          "D_upper",
                          "D_collective",
                          "D_collective_stderr",
                          "haven",
                          "haven_stderr",
                          "sigma_S_per_cm",
                          "sigma_stderr",
                          "sigma_NE_S_per_cm",
                          "Dx",
                          "Dy",
                          "Dz",
                          "layers",
                          "contacts",
                          "cell_volume"})
    EXPECT_NE(document.find(key), nullptr) << key;
  EXPECT_EQ(document.at("n_mobile").as_integer(), 8);
  EXPECT_EQ(document.at("n_frames").as_integer(), 600);
  EXPECT_NEAR(document.at("cell_volume").as_number(), 1728.0, 1e-9);
  EXPECT_TRUE(document.at("D_upper").is_null());
  EXPECT_EQ(document.at("coordinates").as_string(), "wrapped");
}

TEST_F(DiffusionCommand, gives_the_same_numbers_for_every_kind_of_file) {
  auto const w = walk(0.5, 2);
  auto const rest = std::string("--blocks 5 --window 0.5:4 --hop-length 2.5 --types 8:O,40:Zr");
  std::vector<double> values;
  for (auto const& file : {write("walk.xyz", to_extxyz_text(w)), write("XDATCAR", to_xdatcar_text(w)),
                           write("walk.dump", to_dump_text(w, "xs ys zs"))})
    values.push_back(document_of(test::run_command(call(file, rest))).at("D_A2_per_ps").as_number());

  EXPECT_NEAR(values[1], values[0], 1e-10);
  EXPECT_NEAR(values[2], values[0], 1e-10);
}

TEST_F(DiffusionCommand, ends_with_0_for_a_bound_and_a_refusal) {
  auto still = test::confined(8, 600, 0.1, 0.04, 0.5, 3);
  add_framework(still, 2, 6.0);
  auto const bound = document_of(
      test::run_command(call(write("still.xyz", to_extxyz_text(still)), "--blocks 5 --window 0.5:4 --hop-length 2.5")));
  EXPECT_EQ(bound.at("status").as_string(), "bound");
  EXPECT_TRUE(bound.at("D_A2_per_ps").is_null());
  EXPECT_GT(bound.at("D_upper").as_number(), 0.0);

  auto const refused = document_of(
      test::run_command(call(write("walk.xyz", to_extxyz_text(walk(0.5, 4))), "--blocks 10 --window 5:15")));
  EXPECT_EQ(refused.at("status").as_string(), "refused");
  EXPECT_EQ(refused.at("reasons").as_array().front().as_string(), "blocks_too_short");
}

TEST_F(DiffusionCommand, tells_wrong_input_from_an_answer) {
  auto const file = write("walk.xyz", to_extxyz_text(walk(0.5, 5)));
  EXPECT_EQ(test::run_command(call((folder_.path() / "missing").string(), "")).status, 2);
  EXPECT_EQ(test::run_command(call(write("empty.xyz", ""), "")).status, 2);
  EXPECT_EQ(test::run_command(call(file, "--window 5")).status, 2);
  EXPECT_EQ(test::run_command(call(file, "--blocks 1")).status, 2);
  EXPECT_EQ(test::run_command(call(file, "--blocks 99999999999")).status, 2);
  EXPECT_EQ(test::run_command(call(file, "--framework Y")).status, 2);
  EXPECT_EQ(test::run_command(call(file, "--framework O")).status, 2);  // mobile
  EXPECT_EQ(test::run_command(call(file, "--layers 1,x")).status, 2);
  EXPECT_EQ(test::run_command(call(file, "--skip-ps 1e300")).status, 2);
}

TEST_F(DiffusionCommand, feeds_an_arrhenius_line) {
  std::string points;
  for (double const temperature : {1200.0, 1500.0, 2000.0}) {
    double const d = 400.0 * std::exp(-0.8 / (8.617333e-5 * temperature));
    auto const file = write("walk.xyz", to_extxyz_text(walk(d, static_cast<std::uint64_t>(temperature))));
    auto const command = test::nacre_program() + " diffusion " + file +
                         " --species O --charge -2 --dt-ps 0.1 --temperature " + shortest(temperature) +
                         " --blocks 5 --window 0.5:4 --hop-length 1 --json";
    auto const saved = write(shortest(temperature) + ".json", test::run_command(command).out);
    points += " " + shortest(temperature) + ":" + saved;
  }

  auto const line =
      document_of(test::run_command(test::nacre_program() + " arrhenius" + points + " --at 1000 --quantity D --json"));

  ASSERT_EQ(line.at("status").as_string(), "ok") << line.dump();
  EXPECT_NEAR(line.at("E_a_eV").as_number(), 0.8, 4.0 * line.at("E_a_stderr").as_number());
  EXPECT_LT(line.at("E_a_stderr").as_number(), 0.2);
  EXPECT_EQ(line.at("flags").as_array().front().as_string(), "extrapolated");
}

TEST_F(DiffusionCommand, draws_no_line_through_a_bound) {
  std::string const ok = R"({"status":"ok","D_A2_per_ps":0.1,"D_stderr":0.01,"sigma_S_per_cm":1,"sigma_stderr":0.1})";
  std::string const bound = R"({"status":"bound","D_A2_per_ps":null,"D_upper":0.01})";
  auto const a = write("a.json", ok), b = write("b.json", bound);

  auto const line = document_of(test::run_command(
      concat(test::nacre_program(), " arrhenius 1800:", a, " 1500:", a, " 1300:", b, " --at 1000 --json")));

  EXPECT_EQ(line.at("status").as_string(), "refused");
  EXPECT_EQ(line.at("reasons").as_array().front().as_string(), "bound_point");
  EXPECT_TRUE(line.at("sigma_S_per_cm").is_null());
  EXPECT_EQ(test::run_command(test::nacre_program() + " arrhenius 1800:" + a + " --at 0 --json").status, 2);
  EXPECT_EQ(test::run_command(test::nacre_program() + " arrhenius x:" + a + " --at 1000 --json").status, 2);
  EXPECT_EQ(
      test::run_command(test::nacre_program() + " arrhenius 1800:" + write("c.json", "{") + " --at 1000 --json").status,
      2);
}

TEST_F(DiffusionCommand, draws_a_picture_or_says_what_is_missing) {
  auto const file = write("walk.xyz", to_extxyz_text(walk(0.5, 6)));
  auto const picture = folder_.path() / "msd.svg";
  auto const options = "--blocks 5 --window 0.5:4 --hop-length 2.5 --plot " + picture.string();

  auto const without = test::run_command("PATH=/nowhere " + call(file, options));
  EXPECT_EQ(without.status, 1);
  EXPECT_NE(without.err.find("gnuplot"), std::string::npos);

  if (test::run_command("command -v gnuplot").status != 0) GTEST_SKIP() << "needs gnuplot, which is absent";
  EXPECT_EQ(test::run_command(call(file, options)).status, 0);
  EXPECT_NE(read_file(picture).find("<svg"), std::string::npos);
}

}  // namespace
}  // namespace nacre
