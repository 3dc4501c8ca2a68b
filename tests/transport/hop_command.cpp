#include <gtest/gtest.h>

#include "hop_crystals.hpp"
#include "nacre/core/text.hpp"
#include "nacre/core/value.hpp"
#include "nacre/crystal/io.hpp"
#include "support/nequix_weights.hpp"
#include "support/support.hpp"

namespace nacre {
namespace {

class HopCommand : public testing::Test {
 protected:
  void write(Crystal const& crystal) {
    Frame frame;
    frame.crystal = crystal;
    write_file(file(), to_extxyz(frame));
  }
  std::string file() const { return (folder_.path() / "crystal.extxyz").string(); }
  test::ProcessResult run(std::string const& options) const {
    return test::run_command(test::nacre_program() + " hop " + file() + " --model rigid-ion:grimes " + options);
  }
  /// With random weights, which are soft and wrong but learned.
  Value learned(std::string const& command, std::string const& options) const {
    auto const weights = folder_.path() / "w.safetensors";
    test::write_nequix(weights, test::random_nequix(7));
    auto const result = test::run_command(test::nacre_program() + " " + command + " " + file() + " --model nequix:" + weights.string() +
                                          " --species O --supercell 1,1,1 --fmax 0.1 --json " + options);
    EXPECT_EQ(result.status, 0) << result.err;
    return Value::parse_json(result.out, "output");
  }
  Value json(std::string const& options) const {
    auto const result = run(options + " --json");
    EXPECT_EQ(result.status, 0) << result.err;
    return Value::parse_json(result.out, "output");
  }
  test::TemporaryFolder folder_;
};

TEST_F(HopCommand, prints_hops_and_barriers) {
  write(test::fluorite(58, 8, 10.82048878256813 / 2.0));

  auto const document = json("--species O --supercell 2,2,2 --cutoff 9 --truncation plain");

  ASSERT_EQ(document.at("hops").size(), 1u);
  auto const& hop = document.at("hops").as_array()[0];
  EXPECT_NEAR(hop.at("E_forward_eV").as_number(), 0.62897, 1e-3);  // reference/physics2/hops.json
  EXPECT_EQ(hop.at("method").as_string(), "midpoint");
  EXPECT_EQ(hop.at("status").as_string(), "ok");
  EXPECT_NEAR(hop.at("length_A").as_number(), 2.70512, 1e-4);
  for (auto const* axis : {"x", "y", "z"})
    EXPECT_EQ(document.at("hop_barrier_eV").at(axis).as_number(), hop.at("E_forward_eV").as_number());
  EXPECT_EQ(document.at("trap_depth_eV").as_number(), 0.0);
  EXPECT_EQ(document.at("charge_e").as_number(), 2.0);
  EXPECT_EQ(document.at("n_atoms").as_integer(), 95);
}

TEST_F(HopCommand, carries_a_fifth_of_what_an_uncalibrated_learned_model_says) {
  auto crystal = test::rock_salt(12, 4.2);
  crystal.positions(0, 4) += 0.3;  // more than one kind of site
  write(crystal);

  auto const sites = learned("sites", "");
  EXPECT_EQ(sites.at("model_share").as_number(), 0.2);
  double largest = 0.0;
  for (auto const& site : sites.at("sites").as_array()) {
    double const energy = std::abs(site.at("energy_eV").as_number());
    EXPECT_GE(site.at("error_eV").as_number(), 0.2 * energy);
    largest = std::max(largest, energy);
  }
  EXPECT_GT(largest, 1e-4);

  auto const hop = learned("hop", "--most-hops 1 --method midpoint");
  EXPECT_EQ(hop.at("model_share").as_number(), 0.2);
  for (auto const& site : hop.at("sites").as_array())
    EXPECT_GE(site.at("error_eV").as_number(), 0.2 * site.at("energy_eV").as_number());
}

TEST_F(HopCommand, refuses_by_name_what_fixed_charges_cannot_know) {
  auto const refused = [&](std::vector<int> numbers, std::vector<double> charges, std::string const& species) {
    auto crystal = test::rock_salt(12, 4.2);
    crystal.numbers = std::move(numbers);
    crystal.oxidation = std::move(charges);
    write(crystal);
    auto const document = json("--species " + species);
    EXPECT_EQ(document.at("status").as_string(), "refused");
    EXPECT_TRUE(document.at("hop_barrier_eV").at("x").is_null());
    auto const reason = document.at("reason").as_string();
    return reason.substr(0, reason.find(':'));
  };

  EXPECT_EQ(refused({12, 12, 12, 12, 13, 13, 13, 13}, std::vector<double>(8, 0.0), "Mg"), "metal");
  EXPECT_EQ(refused({12, 1, 1, 12, 8, 8, 8, 8}, {3, 1, 1, 3, -2, -2, -2, -2}, "O"), "hydroxyl");
  EXPECT_EQ(refused({12, 6, 6, 12, 8, 8, 8, 8}, {2, 2, 2, 2, -2, -2, -2, -2}, "O"), "carbonate");
  EXPECT_EQ(refused({26, 26, 26, 26, 8, 8, 8, 8}, {1, 2, 2, 3, -2, -2, -2, -2}, "O"), "mixed_valence");
  EXPECT_EQ(refused({26, 26, 26, 26, 8, 8, 8, 8}, {2, 2, 2, 2, -2, -2, -2, -2}, "Fe"), "mixed_valence");
  EXPECT_EQ(refused({12, 12, 12, 12, 8, 8, 8, 8}, {2, 2, 2, 2, -1, -1, -2, -1}, "Mg"), "mixed_valence");
  EXPECT_EQ(refused({12, 12, 12, 12, 8, 8, 8, 8}, {1, 1, 1, 1, -2, -2, -2, -2}, "O"), "redox");
}

TEST_F(HopCommand, computes_one_direction_if_asked) {
  write(test::fluorite(40, 8, 5.0692));

  auto const document = json("--species O2- --supercell 2,2,2 --direction y");

  EXPECT_TRUE(document.at("hop_barrier_eV").at("y").is_number());
  EXPECT_TRUE(document.at("hop_barrier_eV").at("x").is_null());
}

TEST_F(HopCommand, says_what_is_wrong_with_the_input) {
  write(test::fluorite(58, 8, 5.41));
  for (auto const* options :
       {"", "--species Li", "--species Qq", "--species O --supercell 0,2,2", "--species O --supercell 2,2",
        "--species O --supercell 90,90,90", "--species O --direction w", "--species O --method guess",
        "--species O --images 0", "--species O --fmax nan", "--species O --fmax -1",
        "--species O --temperature -5"}) {
    auto const result = run(options);
    EXPECT_EQ(result.status, 2) << options << result.err;
    EXPECT_TRUE(result.out.empty()) << options;
    EXPECT_FALSE(result.err.empty()) << options;
  }
  write_file(file(), "");
  EXPECT_EQ(run("--species O").status, 2);
  auto slab = supercell(test::fluorite(58, 8, 5.41), {1, 1, 2});
  slab.lattice(2, 2) += 18.0;
  write(slab);
  auto const vacuum = run("--species O");
  EXPECT_EQ(vacuum.status, 2);
  EXPECT_NE(vacuum.err.find("vacuum"), std::string::npos);
}

}  // namespace
}  // namespace nacre
