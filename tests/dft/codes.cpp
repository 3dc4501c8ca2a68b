// Decks that codes really run: Debian's pw.x, abinit and cp2k with GTH potentials from CP2K's own data file.
#include <gmock/gmock.h>

#include <cstdlib>

#include "nacre/core/error.hpp"
#include "nacre/core/text.hpp"
#include "nacre/core/units.hpp"
#include "nacre/dft/kinds.hpp"
#include "nacre/dft/pseudopotentials.hpp"
#include "nacre/dft/remedy.hpp"
#include "nacre/dft/result.hpp"
#include "nacre/potential/dispersion.hpp"
#include "support/support.hpp"

namespace nacre::dft {
namespace {

using testing::HasSubstr;

constexpr char const* gth_file = "/usr/share/cp2k/GTH_POTENTIALS";
constexpr double hartree_eV = 2.0 * units::rydberg_eV;

bool has_program(std::string const& name) { return test::run_command("command -v " + name).status == 0; }

Crystal crystal_of(Eigen::Matrix3d const& lattice, std::vector<int> numbers, Eigen::Matrix3Xd const& positions) {
  Crystal crystal;
  crystal.lattice = lattice;
  crystal.numbers = std::move(numbers);
  crystal.positions = positions;
  return crystal;
}

/// Two atoms of a face-centred cell, a quarter of the diagonal apart, or half of it.
Crystal pair(double a, int first, int second, double share) {
  Eigen::Matrix3d lattice;
  lattice << 0, 1, 1, 1, 0, 1, 1, 1, 0;
  Eigen::Matrix3Xd positions = Eigen::Matrix3Xd::Zero(3, 2);
  positions.col(1).setConstant(share * a);
  return crystal_of(0.5 * a * lattice, {first, second}, positions);
}

/// Four layers of silicon on four of germanium, (001), both with their own spacing (decks/tools/structs.py).
Crystal silicon_on_germanium() {
  double const side = 5.60 / std::sqrt(2.0), silicon = 5.47 * 5.47 * 5.47 / (5.60 * 5.60 * 4.0);
  double const germanium = 5.76 * 5.76 * 5.76 / (5.60 * 5.60 * 4.0);
  double const place[4][2] = {{0, 0}, {.5, 0}, {.5, .5}, {0, .5}};
  Eigen::Matrix3Xd positions(3, 8);
  double z = 0.0;
  for (int i = 0; i < 8; ++i) {
    positions.col(i) << place[i % 4][0] * side, place[i % 4][1] * side, z;
    z += i < 3 ? silicon : i == 3 || i == 7 ? 0.5 * (silicon + germanium) : germanium;
  }
  return crystal_of(Eigen::Vector3d(side, side, z).asDiagonal(), {14, 14, 14, 14, 32, 32, 32, 32}, positions);
}

class Codes : public testing::Test {
 protected:
  void SetUp() override {
    if (!std::filesystem::exists(gth_file)) GTEST_SKIP() << "needs Debian's cp2k-data";
    convert_gth(gth_file, folder_.path() / "gth", {"Si", "Ge", "Mg", "O", "H"});
  }

  Job job_of(Code code, Crystal crystal, double ecut_Ry, double kpoint_density) const {
    Job job;
    job.code = code;
    job.structure = std::move(crystal);
    job.settings.pseudo_dir = (folder_.path() / "gth").string();
    job.settings.ecutwfc_Ry = ecut_Ry;
    job.settings.kpoint_density = kpoint_density;
    job.settings.smearing = "fixed";
    return job;
  }

  /// Writes the deck, runs its command in a folder of its own, reads what it left.
  Result run(Job const& job, std::string const& restart_from = {}) {
    last_ = folder_.path() / concat("run", ++count_);
    auto const deck = write_deck(job, last_);
    for (auto const& name : deck.restart_files)
      if (!restart_from.empty()) test::run_command(concat("cp -r '", restart_from, "/", name, "' '", last_.string(), "'"));
    auto const ended = test::run_command(concat("cd '", last_.string(), "' && OMP_NUM_THREADS=1 ", join(deck.command, " "),
                                                " > ", deck.standard_output, " 2> stderr"));
    Ending ending;
    ending.exit_status = ended.status;
    return read_result(job, last_, ending);
  }

  test::TemporaryFolder folder_;
  std::filesystem::path last_;
  int count_ = 0;
};

#define NACRE_NEEDS(program) \
  if (!has_program(program)) GTEST_SKIP() << "needs the program " program

// Energies: ../shared/dft/FACTS.md, section 2.
TEST_F(Codes, give_the_known_energies_of_small_cells) {
  NACRE_NEEDS("pw.x");
  struct Case {
    Crystal crystal;
    double ecut_Ry, energy_Ry;
  };
  for (auto const& one : {Case{pair(5.47, 14, 14, 0.25), 40.0, -15.740822}, Case{pair(5.60, 14, 32, 0.25), 40.0, -15.7208985},
                          Case{pair(4.25, 12, 8, 0.5), 80.0, -33.7554277}}) {
    auto const job = job_of(Code::qe, one.crystal, one.ecut_Ry, 12.0);  // 4 x 4 x 4
    auto const result = run(job);
    ASSERT_TRUE(result.done()) << result.verdict().reason;
    EXPECT_NEAR(*result.energy_eV / units::rydberg_eV, one.energy_Ry, 2e-6);
    if (!has_program("abinit")) continue;
    auto const other = run(job_of(Code::abinit, one.crystal, one.ecut_Ry, 12.0));
    ASSERT_TRUE(other.done()) << other.verdict().reason;
    EXPECT_NEAR(*other.energy_eV / hartree_eV, *result.energy_eV / hartree_eV, 1e-5);
    EXPECT_LT((*other.forces - *result.forces).cwiseAbs().maxCoeff(), 1e-4);
  }
}

TEST_F(Codes, give_the_known_energy_of_silicon_on_germanium) {
  NACRE_NEEDS("pw.x");
  auto job = job_of(Code::qe, silicon_on_germanium(), 20.0, 7.9);  // 2 x 2 x 1
  job.settings.smearing = "gaussian";
  job.settings.smearing_eV = 0.02 * units::rydberg_eV;

  auto const result = run(job);

  ASSERT_TRUE(result.done()) << result.verdict().reason;
  EXPECT_NEAR(*result.energy_eV / units::rydberg_eV, -62.585472, 2e-6);
  EXPECT_LT(result.forces->rowwise().sum().norm(), 1e-3);
  if (!has_program("abinit")) return;
  job.code = Code::abinit;
  auto const other = run(job);
  ASSERT_TRUE(other.done()) << other.verdict().reason;
  EXPECT_NEAR(*other.energy_eV / hartree_eV, *result.energy_eV / hartree_eV, 1e-5 * 8 / 2);
  EXPECT_LT((*other.forces - *result.forces).cwiseAbs().maxCoeff(), 2e-3);
}

TEST_F(Codes, print_our_dispersion_energy) {
  NACRE_NEEDS("pw.x");
  if (find_d3_table().empty()) GTEST_SKIP() << "needs the table of D3 (Debian: cp2k-data)";
  PotentialOptions plain;
  plain.taper = false;
  auto const ours = make_potential("d3:pbe,cutoff=50.2", plain);  // 95 bohr, as in pw.x
  for (auto crystal : {pair(4.25, 12, 8, 0.5), pair(5.60, 14, 32, 0.25)}) {
    crystal.positions.col(1) += Eigen::Vector3d(0.11, -0.07, 0.05);
    auto job = job_of(Code::qe, crystal, 12.0, 1.0);
    job.level = Level::pbe_d3;
    job.settings.smearing = "gaussian";
    auto const result = run(job);
    ASSERT_TRUE(result.done()) << result.verdict().reason;
    auto const text = read_file(last_ / "pw.out");
    auto const line = text.find("DFT-D3 Dispersion         =");
    ASSERT_NE(line, std::string::npos);
    auto const words = split_words(text.substr(line, 80));

    EXPECT_NEAR(ours->evaluate(crystal).energy, *parse_double(words[3]) * units::rydberg_eV, 1e-6);  // 1e-8 Ry are printed
  }
}

TEST_F(Codes, relax_what_is_free) {
  NACRE_NEEDS("pw.x");
  auto crystal = pair(5.60, 14, 32, 0.25);
  crystal.positions.col(1) += Eigen::Vector3d(0.05, -0.03, 0.0);
  for (auto const code : {Code::qe, Code::abinit}) {
    if (code == Code::abinit && !has_program("abinit")) continue;
    auto job = job_of(code, crystal, 15.0, 7.0);
    job.kind = Kind::relax;
    job.frozen = {true, false};
    job.settings.force_threshold = 0.01;

    auto const result = run(job);

    ASSERT_TRUE(result.done()) << to_string(code) << ": " << result.verdict().reason;
    ASSERT_TRUE(result.relaxed.has_value());
    EXPECT_EQ(result.relaxed->positions.col(0), crystal.positions.col(0));
    EXPECT_LT((result.relaxed->positions.col(1) - Eigen::Vector3d::Constant(1.4)).norm(), 0.01);
    EXPECT_GE(result.ionic_steps, 1);
    auto const again = static_after(job, result);
    EXPECT_EQ(again.kind, Kind::single_point);
    EXPECT_EQ(again.structure.positions, result.relaxed->positions);
    auto const static_run = run(again);
    ASSERT_TRUE(static_run.done()) << to_string(code) << ": " << static_run.verdict().reason;
    EXPECT_NEAR(*static_run.energy_eV, *result.energy_eV, 1e-4) << "the last step of the minimiser, once more";
  }
}

/// A hydrogen atom that passes from one to another: both ends are mirror images, and so has the saddle to be.
TEST_F(Codes, find_the_barrier_of_a_band) {
  NACRE_NEEDS("neb.x");
  Eigen::Matrix3Xd first = Eigen::Matrix3Xd::Constant(3, 3, 2.0), middle = first, last = first;
  first.row(0) << 0.7, 1.5, 3.0;
  middle.row(0) << 0.7, 1.75, 3.0;
  last.row(0) << 0.7, 2.2, 3.0;
  auto job = job_of(Code::qe, crystal_of(Eigen::Vector3d(6.0, 4.0, 4.0).asDiagonal(), {1, 1, 1}, first), 20.0, 4.0);
  job.kind = Kind::neb;
  for (auto const& image : {middle, last}) job.images.push_back(crystal_of(job.structure.lattice, {1, 1, 1}, image));
  job.frozen = {true, false, true};
  job.settings.smearing = "gaussian";
  job.settings.neb_images = 1;
  job.settings.force_threshold = 0.1;

  auto const result = run(job);

  ASSERT_TRUE(result.done()) << result.verdict().reason;
  ASSERT_EQ(result.image_energies_eV.size(), 3u);
  EXPECT_NEAR(result.image_energies_eV.front(), result.image_energies_eV.back(), 1e-3);
  EXPECT_GE(result.ionic_steps, 1);
  EXPECT_NEAR(*result.barrier_eV, 0.2571, 0.002) << "pw.x of the middle, less that of the end";
  EXPECT_FALSE(read_result(job, last_, {1, 0, SchedulerWord::none}).done());
}

TEST_F(Codes, say_how_they_failed) {
  NACRE_NEEDS("pw.x");
  auto const crystal = pair(5.60, 14, 32, 0.25);
  auto job = job_of(Code::qe, crystal, 15.0, 7.0);
  job.settings.max_scf_steps = 2;
  auto const stopped = run(job);
  EXPECT_EQ(to_string(stopped.verdict().failure), "scf_not_converged") << stopped.verdict().reason;
  auto const next = remedy(job, stopped.verdict().failure, 1);
  ASSERT_TRUE(next.has_value());
  EXPECT_FALSE(next->changes_physics);
  auto longer = next->job;
  longer.settings.max_scf_steps = 100;
  auto const mended = run(longer, last_.string());  // from the density of the first
  EXPECT_TRUE(mended.done()) << mended.verdict().reason;
  EXPECT_THAT(read_file(last_ / "pw.out"), HasSubstr("The initial density is read from file"));

  auto broken = job_of(Code::qe, crystal, 15.0, 7.0);
  broken.settings.extra = {{"qe", "SYSTEM.nonsense = 3"}};
  EXPECT_EQ(to_string(run(broken).verdict().failure), "bad_input");

  auto relax = job_of(Code::qe, crystal, 15.0, 7.0);
  relax.kind = Kind::relax;
  relax.structure.positions(0, 1) += 0.2;
  relax.settings.max_ionic_steps = 1;
  auto const short_of = run(relax);
  EXPECT_EQ(to_string(short_of.verdict().failure), "ions_not_converged") << short_of.verdict().reason;
  EXPECT_TRUE(short_of.relaxed.has_value());

  if (!has_program("abinit")) return;
  job.code = Code::abinit;
  EXPECT_EQ(to_string(run(job).verdict().failure), "scf_not_converged");
  broken.code = Code::abinit;
  broken.settings.extra = {{"abinit", "nonsense = 3"}};
  EXPECT_EQ(to_string(run(broken).verdict().failure), "bad_input");
}

TEST_F(Codes, are_not_believed_with_the_output_of_another_deck) {
  NACRE_NEEDS("pw.x");
  auto const job = job_of(Code::qe, pair(5.60, 14, 32, 0.25), 15.0, 7.0);
  ASSERT_TRUE(run(job).done());
  auto const judge = [&](Job const& other) { return read_result(other, last_, {0, 0, SchedulerWord::none}).code.reason; };

  auto moved = job;
  moved.structure.positions(0, 1) += 0.05;
  EXPECT_THAT(judge(moved), HasSubstr("atom 2 stands elsewhere"));
  auto swapped = job;
  std::swap(swapped.structure.numbers[0], swapped.structure.numbers[1]);
  EXPECT_THAT(judge(swapped), HasSubstr("atom 1 is no Ge"));
  auto finer = job;
  finer.settings.ecutwfc_Ry = 20.0;
  EXPECT_THAT(judge(finer), HasSubstr("a cut-off of 204.085 eV"));
  auto charged = job;
  charged.charge = 1.0;
  charged.settings.smearing = "gaussian";
  EXPECT_THAT(judge(charged), HasSubstr("8 electrons, the deck has 7"));
  write_file(folder_.path() / "gth" / "Si.pbe-q4.gth", read_file(folder_.path() / "gth" / "Si.pbe-q4.gth") + " \n");
  EXPECT_THAT(judge(job), HasSubstr("the pseudopotential of Si has the MD5 sum"));
}

TEST_F(Codes, agree_on_pressure) {
  auto const wide = pair(5.70, 14, 14, 0.25);
  for (auto const code : {Code::qe, Code::abinit, Code::cp2k}) {
    auto job = job_of(code, wide, 25.0, 9.0);
    job.settings.smearing = code == Code::cp2k ? "fermi" : "fixed";
    job.settings.cp2k_cutoff_Ry = 150.0;
    job.settings.cp2k_rel_cutoff_Ry = 40.0;
    if (!has_program(make_deck(job).command.front())) continue;
    auto const result = run(job);
    ASSERT_TRUE(result.done()) << to_string(code) << ": " << result.verdict().reason;
    EXPECT_GT(result.stress->trace() / 3.0 * units::GPa, 5.0) << to_string(code);  // stretched by 4 %: tension
  }
}

/// What a level adds to the energy of pbe, or the words with which the code says that it cannot.
class Levels : public Codes {
 protected:
  Job job_at(Code code, Level level) const {
    auto crystal = pair(5.47, 14, 14, 0.25);
    crystal.positions(0, 1) += 0.0547;  // forces that are not zero
    auto job = job_of(code, crystal, 15.0, 7.0);
    job.level = level;
    return job;
  }
  Result result_of(Code code, Level level) { return run(job_at(code, level)); }
};

TEST_F(Levels, agree_between_codes_on_dispersion) {
  NACRE_NEEDS("pw.x");
  NACRE_NEEDS("abinit");
  double added[2] = {0.0, 0.0};
  for (auto const code : {Code::qe, Code::abinit}) {
    auto const plain = result_of(code, Level::pbe), with = result_of(code, Level::pbe_d3);
    ASSERT_TRUE(plain.done()) << plain.verdict().reason;
    ASSERT_TRUE(with.done()) << with.verdict().reason;
    added[code == Code::qe ? 0 : 1] = *with.energy_eV - *plain.energy_eV;
  }
  EXPECT_LT(added[0], -0.1);
  EXPECT_NEAR(added[0], added[1], 1e-3);  // cut-offs of the pair sums
}

TEST_F(Levels, with_exact_exchange_have_one_final_energy) {
  NACRE_NEEDS("pw.x");
  for (auto const code : {Code::qe, Code::abinit}) {
    if (!has_program(make_deck(job_at(code, Level::hse06)).command.front())) continue;
    auto const result = result_of(code, Level::hse06);
    ASSERT_TRUE(result.done()) << to_string(code) << ": " << result.verdict().reason;
    if (code != Code::qe) continue;
    auto const text = read_file(last_ / "pw.out");
    auto const final_line = text.substr(text.find("!!   total energy"), 60);
    EXPECT_NEAR(*result.energy_eV / units::rydberg_eV, std::stod(final_line.substr(final_line.find('=') + 1)), 1e-9);
    auto const settled = text.find("     EXX self-consistency reached");
    ASSERT_NE(settled, std::string::npos);
    write_file(last_ / "pw.out", text.substr(0, settled) + text.substr(text.find('\n', settled) + 1));
    auto const unsettled = read_result(job_at(code, Level::hse06), last_, {0, 0, SchedulerWord::none});
    EXPECT_FALSE(unsettled.done()) << "the outer cycle is part of the convergence";
  }
}

TEST_F(Levels, run_or_are_refused_in_the_words_of_the_code) {
  NACRE_NEEDS("pw.x");
  auto const meta = result_of(Code::qe, Level::r2scan);
  if (!meta.done()) {  // Debian's pw.x is built without libxc
    EXPECT_EQ(to_string(meta.verdict().failure), "bad_input");
    EXPECT_THAT(meta.verdict().reason, HasSubstr("libxc"));
  }
  auto with_u = job_at(Code::qe, Level::pbe_u);
  with_u.settings.hubbard_u_eV = {{"Si", 2.0}};
  EXPECT_THROW(make_deck(with_u), InputError) << ".gth has no atomic wave functions";
  EXPECT_THROW(make_deck(job_at(Code::cp2k, Level::hse06)), InputError) << "k-points";
  NACRE_NEEDS("abinit");
  auto const other = result_of(Code::abinit, Level::r2scan);
  if (!other.done()) {
    EXPECT_EQ(to_string(other.verdict().failure), "bad_input");
    EXPECT_THAT(other.verdict().reason, HasSubstr("ibxc"));
  }
}

/// Nickel oxide with a file that has atomic wave functions (Debian's quantum-espresso-data).
TEST_F(Levels, with_u_open_the_gap_of_a_magnet) {
  NACRE_NEEDS("pw.x");
  std::string const folder = "/usr/share/espresso/pseudo";
  if (!std::filesystem::exists(folder + "/Ni.pbe-nd-rrkjus.UPF")) GTEST_SKIP() << "needs Debian's quantum-espresso-data";
  auto job = job_of(Code::qe, pair(4.18, 28, 8, 0.5), 25.0, 6.0);
  job.structure.oxidation = {2.0, -2.0};
  job.settings.pseudo_dir = folder;
  job.settings.pseudopotentials = {{"Ni", "Ni.pbe-nd-rrkjus.UPF"}, {"O", "O.pbe-rrkjus.UPF"}};
  job.settings.smearing = "gaussian";
  job.settings.scf_threshold_eV = 1e-5;
  job.settings.max_scf_steps = 80;
  auto const plain = run(job);
  ASSERT_TRUE(plain.done()) << plain.verdict().reason;
  job.level = Level::pbe_u;

  auto const with_u = run(job);

  ASSERT_TRUE(with_u.done()) << with_u.verdict().reason;
  EXPECT_GT(*with_u.energy_eV, *plain.energy_eV) << "U (n - n^2)/2 is never negative";
  EXPECT_GT(std::abs(with_u.moments.front()), std::abs(plain.moments.front()));
  EXPECT_NE(comparable_level(job), [&] { auto other = job; other.level = Level::pbe; return comparable_level(other); }());
}

}  // namespace
}  // namespace nacre::dft
