// Readers of outputs on outputs that codes wrote, whole and damaged.
#include <gmock/gmock.h>

#include <Eigen/LU>

#include "nacre/core/error.hpp"
#include "nacre/core/rng.hpp"
#include "nacre/core/text.hpp"
#include "nacre/core/units.hpp"
#include "output_fixture.hpp"
#include "support/support.hpp"

namespace nacre::dft {
namespace {

using testing::HasSubstr;

struct Sample {
  Code code;
  char const* name;
  int exit;
};

std::string output(char const* name) { return read_file(test::shared_file(concat("dft/decks/outputs/", name))); }

class Outputs : public testing::Test {
 protected:
  void SetUp() override { NACRE_NEEDS_SHARED(test::shared_file("dft/decks/outputs")); }
};

TEST_F(Outputs, give_their_numbers) {
  auto const scf = read_output(Code::qe, output("qe_SiGe2_gth_ok.out"), clean);
  EXPECT_TRUE(scf.done()) << scf.verdict().reason;
  EXPECT_NEAR(*scf.energy_eV, -15.72089852 * units::rydberg_eV, 1e-9);
  EXPECT_EQ(scf.forces->cols(), 2);
  EXPECT_NEAR((*scf.stress)(0, 0), -1.04 / 10.0 / units::GPa, 1e-6);  // + = tension; pw.x prints pressure in kbar
  EXPECT_EQ(scf.scf_steps, 12);
  EXPECT_THAT(scf.code_version, HasSubstr("Program PWSCF v.6.7MaX"));

  auto const relaxed = read_output(Code::qe, output("qe_SiGe001_relax_ok.out"), clean);
  EXPECT_TRUE(relaxed.done()) << relaxed.verdict().reason;
  EXPECT_NEAR(*relaxed.energy_eV, -62.91940577 * units::rydberg_eV, 1e-9);
  EXPECT_EQ(relaxed.ionic_steps, 7);
  ASSERT_TRUE(relaxed.relaxed.has_value());
  EXPECT_NEAR(relaxed.relaxed->positions(2, 7), 9.8379040531, 1e-12);
  EXPECT_NEAR(*relaxed.wall_s, 493.86, 1e-9);

  auto const cp2k = read_output(Code::cp2k, output("cp2k_SiGe001_ok.out"), clean);
  EXPECT_TRUE(cp2k.done()) << cp2k.verdict().reason;
  EXPECT_NEAR(*cp2k.energy_eV, -31.464211804936003 * 2.0 * units::rydberg_eV, 1e-9);
  EXPECT_NEAR((*cp2k.forces)(2, 0), -0.359, 1e-3);
}

TEST_F(Outputs, say_how_they_failed) {
  struct Case {
    Code code;
    char const* name;
    int exit;
    Failure failure;
    char const* reason;
  };
  Case const cases[] = {
      {Code::qe, "qe_disk_full_rc1.out", 1, Failure::disk_full, "error writing file"},
      {Code::qe, "qe_kill9_truncated.out", 137, Failure::killed, "signal 9"},
      {Code::qe, "qe_kill9_truncated.out", 0, Failure::truncated, "stops before its end mark"},
      {Code::qe, "qe_max_seconds_rc2.out", 2, Failure::walltime, "Maximum CPU time exceeded"},
      {Code::qe, "qe_near_overlap_rc0.out", 0, Failure::bad_geometry, "A apart"},
      {Code::qe, "qe_scf_not_converged.tail.txt", 2, Failure::scf_not_converged, "convergence NOT achieved after   1"},
      {Code::cp2k, "cp2k_not_converged.grep.txt", 0, Failure::scf_not_converged, "SCF run NOT converged"},
  };
  for (auto const& one : cases) {
    auto const result = read_output(one.code, output(one.name), {one.exit, 0, SchedulerWord::none});
    EXPECT_FALSE(result.done()) << one.name;
    EXPECT_EQ(to_string(result.verdict().failure), to_string(one.failure)) << one.name << ": " << result.verdict().reason;
    EXPECT_THAT(result.verdict().reason, HasSubstr(one.reason)) << one.name;
  }
  EXPECT_FALSE(read_output(Code::cp2k, output("cp2k_wrong_forces_low_cutoff.grep.txt"), clean).done());
}

TEST_F(Outputs, are_not_done_unless_the_program_ended_well) {
  auto const text = output("qe_SiGe2_gth_ok.out");
  EXPECT_EQ(read_output(Code::qe, text).code.failure, Failure::infrastructure);  // exit status unknown
  EXPECT_EQ(read_output(Code::qe, text, {2, 0, SchedulerWord::none}).code.failure, Failure::crashed);
  EXPECT_EQ(read_output(Code::qe, text, {std::nullopt, 9, SchedulerWord::none}).code.failure, Failure::killed);
  EXPECT_EQ(read_output(Code::qe, text, {0, 0, SchedulerWord::timeout}).code.failure, Failure::walltime);
  EXPECT_EQ(read_output(Code::qe, text, {0, 0, SchedulerWord::out_of_memory}).code.failure, Failure::out_of_memory);
  EXPECT_EQ(read_output(Code::qe, text + text, clean).code.failure, Failure::damaged);
  EXPECT_EQ(read_output(Code::qe, "", clean).code.failure, Failure::not_started);
  EXPECT_EQ(read_output(Code::qe, "bash: pw.x: command not found\n", {127, 0, SchedulerWord::none}).code.failure,
            Failure::infrastructure);
  EXPECT_EQ(read_output(Code::qe, output("cp2k_SiGe001_ok.out"), clean).code.failure, Failure::damaged);
}

Sample const whole[] = {{Code::qe, "qe_SiGe2_gth_ok.out", 0}, {Code::cp2k, "cp2k_SiGe001_ok.out", 0}};

TEST_F(Outputs, are_not_done_when_cut_off_at_any_line) {
  for (auto const& sample : whole) {
    auto const text = output(sample.name);
    auto const full = read_output(sample.code, text, clean);
    for (std::size_t at = 0; at < text.size(); at = text.find('\n', at) + 1) {
      auto const cut = read_output(sample.code, text.substr(0, at), clean);
      // Behind the end mark nothing is left that a number could be in.
      EXPECT_TRUE(!cut.done() || text.size() - at < 600) << sample.name << " cut at byte " << at;
      if (cut.done()) {
        EXPECT_EQ(*cut.energy_eV, *full.energy_eV);
      }
      if (text.find('\n', at) == std::string::npos) break;
    }
  }
}

TEST_F(Outputs, give_no_other_numbers_when_bytes_change) {
  for (auto const& sample : whole) {
    auto const text = output(sample.name);
    auto const full = read_output(sample.code, text, clean);
    Rng rng(7, "flip", 0);
    for (int trial = 0; trial < 1500; ++trial) {
      auto changed = text;
      auto const at = rng.below(text.size());
      changed[at] = static_cast<char>(changed[at] ^ (1 << rng.below(8)));
      auto const result = read_output(sample.code, changed, clean);
      EXPECT_TRUE(!result.done() || same_numbers(result, full)) << sample.name << " byte " << at;
    }
  }
}

TEST_F(Outputs, survive_garbage) {
  Rng rng(7, "garbage", 0);
  auto const text = output("qe_SiGe001_relax_ok.out");
  for (auto const code : {Code::qe, Code::vasp, Code::cp2k, Code::abinit})
    for (int trial = 0; trial < 60; ++trial) {
      std::string garbage;
      auto const size = rng.below(3000);
      for (std::uint64_t i = 0; i < size; ++i) garbage += static_cast<char>(rng.below(256));
      EXPECT_FALSE(read_output(code, garbage, clean).done());
      auto mixed = text.substr(0, rng.below(text.size())) + garbage + text.substr(rng.below(text.size()));
      EXPECT_FALSE(read_output(code, mixed, clean).done());
    }
}

}  // namespace
}  // namespace nacre::dft
