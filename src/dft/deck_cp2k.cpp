// Input of CP2K: https://manual.cp2k.org
#include <algorithm>
#include <cmath>

#include "deck_detail.hpp"
#include "nacre/core/error.hpp"
#include "nacre/core/text.hpp"
#include "nacre/core/units.hpp"
#include "nacre/crystal/elements.hpp"
#include "tags.hpp"

namespace nacre::dft::detail {
namespace {

/// Nested sections, indented.
class Sections {
 public:
  void open(std::string const& name) { line("&" + name), names_.push_back(name.substr(0, name.find(' '))); }
  void close() {
    auto const name = names_.back();
    names_.pop_back();
    line("&END " + name);
  }
  template <class... Parts>
  void add(Parts const&... parts) { line(concat(parts...)); }
  std::string take() { return std::move(text_); }

 private:
  void line(std::string const& content) { text_ += std::string(2 * names_.size(), ' ') + content + "\n"; }
  std::string text_;
  std::vector<std::string> names_;
};

bool has_kpoints(DeckInput const& input) { return input.mesh != std::array<int, 3>{1, 1, 1}; }

std::string global(DeckInput const& input) {
  Sections s;
  s.open("GLOBAL");
  s.add("PROJECT nacre");
  s.add("RUN_TYPE ", input.job.kind == Kind::neb ? "BAND" : input.relaxes ? "GEO_OPT" : "ENERGY_FORCE");
  s.add("PRINT_LEVEL LOW");
  if (input.max_seconds > 0.0) s.add("WALLTIME ", shortest(input.max_seconds));
  s.close();
  return s.take();
}

void write_functional(DeckInput const& input, Sections& s) {
  s.open("XC");
  s.open(input.job.level == Level::r2scan || input.job.level == Level::hse06 ? "XC_FUNCTIONAL" : "XC_FUNCTIONAL PBE");
  if (input.job.level == Level::r2scan) {
    for (auto const* part : {"MGGA_X_R2SCAN", "MGGA_C_R2SCAN"}) s.open(part), s.close();
  } else if (input.job.level == Level::hse06) {
    s.open("PBE"), s.add("SCALE_X 0.0"), s.add("SCALE_C 1.0"), s.close();
    s.open("XWPBE"), s.add("SCALE_X -0.25"), s.add("SCALE_X0 1.0"), s.add("OMEGA 0.11"), s.close();
  }
  s.close();
  if (input.job.level == Level::hse06) {
    s.open("HF");
    s.add("FRACTION 0.25");
    s.open("SCREENING"), s.add("EPS_SCHWARZ 1.0E-7"), s.add("SCREEN_ON_INITIAL_P FALSE"), s.close();
    s.open("INTERACTION_POTENTIAL"), s.add("POTENTIAL_TYPE SHORTRANGE"), s.add("OMEGA 0.11"), s.close();
    s.close();
  }
  if (input.job.level == Level::pbe_d3) {
    s.open("VDW_POTENTIAL"), s.add("POTENTIAL_TYPE PAIR_POTENTIAL"), s.open("PAIR_POTENTIAL");
    s.add("TYPE ", input.settings.dispersion == "d3bj" ? "DFTD3(BJ)" : "DFTD3");
    s.add("PARAMETER_FILE_NAME dftd3.dat"), s.add("REFERENCE_FUNCTIONAL PBE"), s.add("R_CUTOFF [angstrom] 16.0");
    s.close(), s.close();
  }
  s.close();
}

/// CP2K has one smearing at a temperature: the width kT of a Fermi distribution.
void write_smearing(DeckInput const& input, Sections& s) {
  auto const& settings = input.settings;
  if (settings.smearing == "fixed") return;
  require(settings.smearing == "fermi", "smearing '", settings.smearing, "' for cp2k (it has Fermi-Dirac only); take ",
          "'fermi' or 'fixed'");
  double const states = input.electrons.value_or(0.0) / 2.0;
  s.add("ADDED_MOS ", std::max(20, static_cast<int>(std::ceil(0.2 * states))));
  s.open("SMEAR ON");
  s.add("METHOD FERMI_DIRAC");
  s.add("ELECTRONIC_TEMPERATURE [K] ", shortest(settings.smearing_eV / units::boltzmann_eV_per_K));
  s.close();
}

void write_scf(DeckInput const& input, Sections& s) {
  auto const& settings = input.settings;
  auto const& change = input.job.adjustments;
  s.open("SCF");
  s.add("SCF_GUESS ", change.from_density || change.continue_run ? "RESTART" : "ATOMIC");
  s.add("EPS_SCF ", "1.0E-6");
  s.add("MAX_SCF ", settings.max_scf_steps);
  s.open("DIAGONALIZATION"), s.add("ALGORITHM STANDARD"), s.close();
  s.open("MIXING");
  s.add("METHOD ", change.algorithm == "robust" ? "PULAY_MIXING" : "BROYDEN_MIXING"), s.add("ALPHA ", shortest(0.75 * settings.mixing)), s.add("NBUFFER 8");
  s.close();
  write_smearing(input, s);
  s.open("PRINT"), s.open("RESTART ON"), s.add("BACKUP_COPIES 0"), s.close(), s.close();
  s.close();
}

void write_charge_and_spin(DeckInput const& input, Sections& s) {
  if (input.job.charge != 0.0) {
    require(std::abs(input.job.charge - std::round(input.job.charge)) < 1e-9, "charge ", shortest(input.job.charge),
            " for cp2k (must be a whole number)");
    s.add("CHARGE ", static_cast<int>(std::lround(input.job.charge)));
  }
  if (!input.spin) return;
  s.add("UKS TRUE");
  double sum = 0.0;
  for (auto const kind : input.kind) sum += input.species[kind].moment;
  auto unpaired = static_cast<int>(std::lround(std::abs(sum)));
  if (input.electrons && (static_cast<int>(std::lround(*input.electrons)) - unpaired) % 2 != 0) ++unpaired;
  s.add("MULTIPLICITY ", unpaired + 1);
  if (input.settings.smearing != "fixed") s.add("RELAX_MULTIPLICITY 0.001");
}

/// Points (2 i - n - 1)/(2 n) + shift: an even number of them leaves the Gamma point out unless it is shifted onto it.
std::string mesh(DeckInput const& input) {
  std::string points, shifts;
  for (int const n : input.mesh) {
    bool const wants_gamma = input.settings.kpoint_origin == "gamma" || n == 1;
    points += concat(" ", n);
    shifts += concat(" ", shortest((n % 2 == 1) == wants_gamma ? 0.0 : 0.5 / n));
  }
  return points + shifts;
}

void write_dft(DeckInput const& input, Sections& s) {
  auto const& settings = input.settings;
  s.open("DFT");
  for (auto const* file : {"BASIS_MOLOPT", "BASIS_MOLOPT_UCL"}) s.add("BASIS_SET_FILE_NAME ", file);
  s.add("POTENTIAL_FILE_NAME GTH_POTENTIALS");
  write_charge_and_spin(input, s);
  if (std::any_of(input.species.begin(), input.species.end(), [](Species const& one) { return one.u.has_value(); })) {
    require(!has_kpoints(input), "level pbe+u for cp2k with k-points (it has U at the Gamma point only); take a larger ",
            "cell or another code");
    s.add("PLUS_U_METHOD MULLIKEN");
  }
  if (input.dipole) s.add("SURFACE_DIPOLE_CORRECTION TRUE"), s.add("SURF_DIP_DIR Z");
  s.open("MGRID");
  s.add("CUTOFF [Ry] ", shortest(*settings.cp2k_cutoff_Ry)), s.add("REL_CUTOFF [Ry] ", shortest(*settings.cp2k_rel_cutoff_Ry));
  s.add("NGRIDS 5");
  s.close();
  s.open("QS"), s.add("EPS_DEFAULT 1.0E-12"), s.close();
  write_scf(input, s);
  if (input.spin) s.open("PRINT"), s.open("MULLIKEN ON"), s.close(), s.close();
  write_functional(input, s);
  if (has_kpoints(input)) {
    require(input.job.level != Level::hse06, "level hse06 for cp2k with k-points (it has exact exchange at the Gamma ",
            "point only); take a larger cell or another code");
    s.open("KPOINTS");
    s.add("SCHEME MACDONALD", mesh(input));
    s.close();
  }
  s.close();
}

std::string atoms(DeckInput const& input) {
  Sections s;
  s.open("SUBSYS");
  s.open("CELL");
  for (int i = 0; i < 3; ++i)
    s.add(std::string(1, static_cast<char>('A' + i)), " [angstrom] ", row(input.crystal().lattice.col(i)));
  s.add("PERIODIC XYZ");
  s.close();
  s.open("COORD");
  s.add("UNIT angstrom");
  for (std::size_t i = 0; i < input.crystal().size(); ++i)
    s.add(input.species[input.kind[i]].name, " ", row(input.crystal().positions.col(static_cast<Eigen::Index>(i))));
  s.close();
  for (auto const& one : input.species) {
    auto const& pseudo = input.pseudo(one);
    auto const own = input.settings.basis_sets.find(pseudo.element);
    s.open("KIND " + one.name);
    s.add("ELEMENT ", pseudo.element);
    s.add("BASIS_SET ", own != input.settings.basis_sets.end()
                            ? own->second
                            : concat("DZVP-MOLOPT-SR-GTH-q", static_cast<int>(pseudo.valence)));
    s.add("POTENTIAL ", pseudo.file);
    if (one.moment != 0.0) s.add("MAGNETIZATION ", shortest(one.moment));
    if (one.u)
      s.open("DFT_PLUS_U"), s.add("L ", one.u->shell), s.add("U_MINUS_J [eV] ", shortest(one.u->u_eV)), s.close();
    s.close();
  }
  s.close();
  return s.take();
}

/// Hartree per bohr
std::string force_limit(DeckInput const& input) {
  return shortest(input.settings.force_threshold * units::bohr_A / (2.0 * units::rydberg_eV));
}

void write_band(DeckInput const& input, Sections& s) {
  auto const images = band(input.job, input.settings.neb_images);
  s.open("BAND");
  s.add("BAND_TYPE CI-NEB");
  s.add("NUMBER_OF_REPLICA ", images.size());
  s.add("K_SPRING 0.02");
  s.add("ALIGN_FRAMES FALSE");
  s.add("ROTATE_FRAMES FALSE");
  s.open("CONVERGENCE_CONTROL"), s.add("MAX_FORCE ", force_limit(input)), s.close();
  s.open("OPTIMIZE_BAND"), s.add("OPT_TYPE DIIS"), s.open("DIIS");
  s.add("MAX_STEPS ", input.settings.max_ionic_steps), s.close(), s.close();
  for (auto const& image : images) {
    s.open("REPLICA"), s.open("COORD");
    for (Eigen::Index i = 0; i < image.cols(); ++i) s.add(row(image.col(i) / units::bohr_A));  // has no unit of its own
    s.close(), s.close();
  }
  s.close();
}

std::string motion(DeckInput const& input) {
  Sections s;
  if (!input.relaxes && input.job.kind != Kind::neb) return {};
  s.open("MOTION");
  if (input.job.kind == Kind::neb) {
    write_band(input, s);
  } else {
    s.open("GEO_OPT");
    s.add("OPTIMIZER BFGS");
    s.add("MAX_ITER ", input.settings.max_ionic_steps);
    s.add("MAX_FORCE ", force_limit(input));
    s.close();
  }
  std::string list;
  for (std::size_t i = 0; i < input.crystal().size(); ++i)
    if (input.frozen(i)) list += concat(" ", i + 1);
  if (!list.empty()) s.open("CONSTRAINT"), s.open("FIXED_ATOMS"), s.add("LIST", list), s.close(), s.close();
  s.close();
  return s.take();
}

std::string force_evaluation(DeckInput const& input) {
  Sections s;
  s.open("FORCE_EVAL");
  s.add("METHOD QUICKSTEP");
  bool const stress = !input.job.vacuum && input.job.kind != Kind::neb;
  if (stress) s.add("STRESS_TENSOR ANALYTICAL");
  write_dft(input, s);
  auto text = s.take() + atoms(input);
  Sections print;
  print.open("PRINT");
  print.open("FORCES ON"), print.close();
  if (stress) print.open("STRESS_TENSOR ON"), print.close();
  print.close();
  return text + print.take() + "&END FORCE_EVAL\n";
}

}  // namespace

void write_cp2k(DeckInput const& input, Deck& deck) {
  require(extra_tags(input).empty(), "lines in [dft.extra] cp2k (its input is nested); use a template");
  deck.files["cp2k.inp"] = assemble(
      input, "cp2k.inp",
      {{"global", global(input)}, {"force_eval", force_evaluation(input)}, {"motion", motion(input)}});
  deck.command = {program(input, "cp2k.psmp"), "-i", "cp2k.inp"};
  deck.standard_output = "cp2k.out";
  deck.outputs = {"cp2k.out"};
  if (input.relaxes) deck.outputs.push_back("nacre-pos-1.xyz");
  deck.restart_files = {has_kpoints(input) ? "nacre-RESTART.kp" : "nacre-RESTART.wfn"};
  deck.stop_files = {{"EXIT", ""}};
}

}  // namespace nacre::dft::detail
