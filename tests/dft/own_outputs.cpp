// Outputs that Nacre's own decks led to (data/: abinit 9.6.2, pw.x and neb.x 6.7 of Debian 12), whole and damaged; and an
// OUTCAR in the shape of VASP 5.4 and 6, which nobody may run here.
#include <gmock/gmock.h>

#include <fstream>

#include "nacre/core/error.hpp"
#include "nacre/core/rng.hpp"
#include "nacre/core/text.hpp"
#include "nacre/core/units.hpp"
#include "nacre/dft/deck.hpp"
#include "output_fixture.hpp"
#include "support/support.hpp"

namespace nacre::dft {
namespace {

namespace fs = std::filesystem;
using testing::HasSubstr;

std::string recorded(char const* name) { return read_file(test::source_folder() / "tests" / "dft" / "data" / name); }

/// Two silicon atoms, displaced; energies, forces and stress stand where VASP prints them.
constexpr char const* outcar = R"( vasp.6.3.2 27Jun22 (build Jan 10 2023 12:00:00) complex
 executed on             LinuxIFC date 2023.02.01  10:00:00
   VRHFIN =Si: s2p2
   ions per type =               2
   number of dos      NEDOS =    301   number of ions     NIONS =      2
   ENCUT  =  520.0 eV  38.22 Ry    6.18 a.u.   7.40  7.40  7.40*2*pi/ulx,y,z
   NSW    =      0    number of steps for IOM
   IBRION =     -1    ionic relax: 0-MD 1-quasi-New 2-CG
   NELECT =       8.0000    total number of electrons
      direct lattice vectors                 reciprocal lattice vectors
     0.000000000  2.735000000  2.735000000    -0.182815356  0.182815356  0.182815356
     2.735000000  0.000000000  2.735000000     0.182815356 -0.182815356  0.182815356
     2.735000000  2.735000000  0.000000000     0.182815356  0.182815356 -0.182815356
--------------------------------------- Iteration      1(   1)  ---------------------------------------
  free energy    TOTEN  =       -10.70000000 eV
--------------------------------------- Iteration      1(   2)  ---------------------------------------
  free energy    TOTEN  =       -10.78123456 eV
------------------------ aborting loop because EDIFF is reached ----------------------------------------
  FORCE on cell =-STRESS in cart. coord.  units (eV):
  Direction    XX          YY          ZZ          XY          YZ          ZX
  Total       0.25540     0.25540     0.25540     0.02554    -0.01277     0.00000
  in kB      10.00053    10.00053    10.00053     1.00005    -0.50003     0.00000
  external pressure =       10.00 kB  Pullay stress =        0.00 kB
 POSITION                                       TOTAL-FORCE (eV/Angst)
 -----------------------------------------------------------------------------------
      0.00000      0.00000      0.00000        -0.029324      0.497345      0.497345
      1.36750      1.39485      1.39485         0.029324     -0.497345     -0.497345
 -----------------------------------------------------------------------------------
    total drift:                               -0.000011      0.000012     -0.000007

  FREE ENERGIE OF THE ION-ELECTRON SYSTEM (eV)
  ---------------------------------------------------
  free  energy   TOTEN  =       -10.78123456 eV

 General timing and accounting informations for this job:
 ========================================================
                         Elapsed time (sec):       12.345
                 Voluntary context switches:        72703
)";

struct Sample {
  Code code;
  std::string text;
};

std::vector<Sample> samples() {
  return {{Code::abinit, recorded("abinit_si2.abo")}, {Code::qe, recorded("qe_si2_hse06.out")}, {Code::vasp, outcar}};
}

TEST(OwnOutputs, give_their_numbers) {
  auto const abinit = read_output(Code::abinit, recorded("abinit_si2.abo"), clean);
  EXPECT_TRUE(abinit.done()) << abinit.verdict().reason;
  EXPECT_NEAR(*abinit.energy_eV, -211.36522258223823, 1e-6);
  EXPECT_THAT(abinit.code_version, HasSubstr("9.6.2"));

  auto const hybrid = read_output(Code::qe, recorded("qe_si2_hse06.out"), clean);
  EXPECT_TRUE(hybrid.done()) << hybrid.verdict().reason;
  EXPECT_NEAR(*hybrid.energy_eV, -15.54121025 * units::rydberg_eV, 1e-9);
  EXPECT_NEAR((*hybrid.forces)(1, 0), 0.01934424 * units::rydberg_eV / units::bohr_A, 1e-9);

  auto const vasp = read_output(Code::vasp, outcar, clean);
  EXPECT_TRUE(vasp.done()) << vasp.verdict().reason;
  EXPECT_NEAR(*vasp.energy_eV, -10.78123456, 1e-12);
  EXPECT_NEAR((*vasp.forces)(1, 0), 0.497345, 1e-12);
  EXPECT_NEAR((*vasp.stress)(0, 0), -10.00053 / (10.0 * units::GPa), 1e-12);  // pressure is positive in kB
  EXPECT_NEAR((*vasp.stress)(0, 1), -1.00005 / (10.0 * units::GPa), 1e-12);
  EXPECT_NEAR(*vasp.wall_s, 12.345, 1e-12);
}

TEST(OwnOutputs, of_a_hybrid_are_not_done_before_the_exchange_has_settled) {
  auto text = recorded("qe_si2_hse06.out");
  auto const at = text.find("EXX self-consistency reached");
  text.replace(at, 28, "EXX self-consistency  missed");
  auto const result = read_output(Code::qe, text, clean);
  EXPECT_EQ(to_string(result.verdict().failure), "damaged") << result.verdict().reason;
}

TEST(OwnOutputs, of_vasp_say_how_it_failed) {
  auto const with = [](std::string const& line) {
    auto text = std::string(outcar);
    return read_output(Code::vasp, text.insert(text.find(" General timing"), line + "\n"), clean).verdict();
  };
  EXPECT_EQ(with(" Error EDDDAV: Call to ZHEGV failed. Returncode =   6 3   8").failure, Failure::diagonalization);
  EXPECT_EQ(with(" ZBRENT: fatal error in bracketing").failure, Failure::ions_not_converged);
  EXPECT_EQ(with(" hard stop encountered!  aborting job ...").failure, Failure::interrupted);
  auto unconverged = std::string(outcar);
  unconverged.erase(unconverged.find("------------------------ aborting"), 105);
  EXPECT_EQ(read_output(Code::vasp, unconverged, clean).verdict().failure, Failure::scf_not_converged);
}

TEST(OwnOutputs, are_not_done_when_cut_off_at_any_line) {
  for (auto const& sample : samples()) {
    auto const full = read_output(sample.code, sample.text, clean);
    for (std::size_t at = 0; at < sample.text.size(); at = sample.text.find('\n', at) + 1) {
      auto const cut = read_output(sample.code, sample.text.substr(0, at), clean);
      EXPECT_TRUE(!cut.done() || sample.text.size() - at < 600) << to_string(sample.code) << " cut at byte " << at;
      if (cut.done()) {
        EXPECT_EQ(*cut.energy_eV, *full.energy_eV);
      }
    }
  }
}

TEST(OwnOutputs, give_no_other_numbers_when_bytes_change) {
  for (auto const& sample : samples()) {
    auto const full = read_output(sample.code, sample.text, clean);
    Rng rng(7, "flip", 1);
    for (int trial = 0; trial < 1500; ++trial) {
      auto changed = sample.text;
      auto const at = rng.below(changed.size());
      changed[at] = static_cast<char>(changed[at] ^ (1 << rng.below(8)));
      auto const result = read_output(sample.code, changed, clean);
      EXPECT_TRUE(!result.done() || same_numbers(result, full)) << to_string(sample.code) << " byte " << at;
    }
  }
}

TEST(OwnOutputs, survive_lines_that_are_lost_doubled_or_garbage) {
  for (auto const& sample : samples()) {
    auto const lines = split(sample.text, '\n');
    Rng rng(7, "lines", 0);
    for (int trial = 0; trial < 300; ++trial) {
      auto const from = rng.below(lines.size()), count = 1 + rng.below(20), kind = rng.below(3);
      std::string text;
      for (std::size_t i = 0; i < lines.size(); ++i) {
        bool const inside = i >= from && i < from + count;
        if (inside && kind == 0) continue;
        text += lines[i] + "\n";
        if (inside && kind == 1) text += lines[i] + "\n";
        if (inside && kind == 2)
          for (int k = 0; k < 40; ++k) text += static_cast<char>(rng.below(256));
      }
      auto const result = read_output(sample.code, text, clean);
      if (result.done()) {
        EXPECT_NEAR(*result.energy_eV, *read_output(sample.code, sample.text, clean).energy_eV, 1e-6);
      }
    }
  }
}

/// The band of tests/dft/codes.cpp in a folder of its own.
class OwnBand : public testing::Test {
 protected:
  OwnBand() {
    Eigen::Matrix3Xd positions = Eigen::Matrix3Xd::Constant(3, 3, 2.0);
    positions.row(0) << 0.7, 1.5, 3.0;
    job_.kind = Kind::neb;
    job_.structure.lattice = Eigen::Vector3d(6.0, 4.0, 4.0).asDiagonal();
    job_.structure.numbers = {1, 1, 1};
    job_.structure.positions = positions;
    positions(0, 1) = 2.2;
    job_.images = {job_.structure};
    job_.images[0].positions = positions;
    job_.settings.ecutwfc_Ry = 20.0;
    job_.settings.kpoint_density = 4.0;
    job_.settings.neb_images = 1;
    fs::create_directories(folder_.path() / "out" / "nacre_1");
    write("out/nacre_1/PW.out", recorded("qe_h3_image1.out"));
  }
  void write(char const* name, std::string const& text) const { std::ofstream(folder_.path() / name) << text; }
  Result read(std::string const& text) const {
    write("neb.out", text);
    return read_result(job_, folder_.path(), clean);
  }
  Job job_;
  test::TemporaryFolder folder_;
};

TEST_F(OwnBand, is_done_as_a_whole_and_not_when_cut_off) {
  auto const text = recorded("qe_h3_neb.out");
  auto const whole = read(text);
  ASSERT_TRUE(whole.done()) << whole.verdict().reason;
  EXPECT_NEAR(*whole.barrier_eV, 0.257103, 1e-6);
  for (std::size_t at = 0; at < text.size(); at = text.find('\n', at) + 1)
    EXPECT_TRUE(!read(text.substr(0, at)).done() || text.size() - at < 200) << "cut at byte " << at;
}

TEST_F(OwnBand, of_another_deck_is_none) {
  auto const text = recorded("qe_h3_neb.out");
  job_.settings.ecutwfc_Ry = 25.0;
  EXPECT_EQ(read(text).verdict().failure, Failure::mismatch);
  job_.settings.ecutwfc_Ry = 20.0;
  job_.structure.positions(0, 1) += 0.05;
  EXPECT_EQ(read(text).verdict().failure, Failure::mismatch);
  fs::remove_all(folder_.path() / "out");
  EXPECT_EQ(read(text).verdict().failure, Failure::mismatch) << "nothing says whose it is";
}

}  // namespace
}  // namespace nacre::dft
