// Input of ABINIT: https://docs.abinit.org/variables
#include <algorithm>
#include <cmath>
#include <set>

#include "deck_detail.hpp"
#include "nacre/core/error.hpp"
#include "nacre/core/text.hpp"
#include "nacre/core/units.hpp"
#include "nacre/crystal/elements.hpp"
#include "tags.hpp"

namespace nacre::dft::detail {
namespace {

constexpr double hartree_eV = 2.0 * units::rydberg_eV;

bool is_paw(DeckInput const& input) {
  return std::any_of(input.pseudos.begin(), input.pseudos.end(),
                     [](Pseudopotential const& one) { return lower_case(one.file).ends_with(".xml"); });
}

void add_functional(DeckInput const& input, Tags& tags) {
  auto const level = input.job.level;
  tags.set("ixc", level == Level::r2scan ? -497498 : level == Level::hse06 ? -428 : 11);  // negative: libxc
  if (level == Level::r2scan) tags.set("usekden", 1);
  if (level == Level::pbe_d3) tags.set("vdw_xc", input.settings.dispersion == "d3bj" ? 7 : 6);
  bool const any_u = std::any_of(input.species.begin(), input.species.end(), [](auto const& one) { return one.u.has_value(); });
  if (!any_u) return;
  require(is_paw(input), "level pbe+u for abinit with norm-conserving pseudopotentials (it has U in PAW spheres only); ",
          "take .xml files");
  std::string shells, values, zeros;
  for (auto const& one : input.species) {
    shells += concat(" ", one.u ? one.u->shell : -1);
    values += concat(" ", one.u ? shortest(one.u->u_eV) : std::string("0"));
    zeros += " 0";
  }
  tags.set("usepawu", 1);
  tags.set("lpawu", trim(shells));
  tags.set("upawu", trim(values) + " eV");
  tags.set("jpawu", trim(zeros) + " eV");
}

void add_electrons(DeckInput const& input, Tags& tags) {
  auto const& s = input.settings;
  static std::map<std::string, int> const occupations{{"fixed", 1}, {"fermi", 3}, {"cold", 4}, {"gaussian", 7}};
  tags.set("ecut", *s.ecutwfc_Ry / 2.0);  // Ha
  if (is_paw(input)) tags.set("pawecutdg", *s.ecutwfc_Ry / 2.0 * s.ecutrho_ratio.value_or(8.0) / 4.0);
  tags.set("nstep", s.max_scf_steps);
  if (input.relaxes)
    tags.set("toldff", 0.05 * s.force_threshold * units::bohr_A / hartree_eV);  // Ha/bohr
  else
    tags.set("toldfe", s.scf_threshold_eV / hartree_eV * static_cast<double>(input.crystal().size()));
  tags.set("occopt", occupations.at(s.smearing));
  if (s.smearing != "fixed") tags.set("tsmear", s.smearing_eV / hartree_eV);
  auto const& change = input.job.adjustments;
  if (change.mixing_factor != 1.0) tags.set("diemix", 0.7 * change.mixing_factor);
  if (change.algorithm == "robust") tags.set("nline", 8), tags.set("nnsclo", 2);
  if (change.from_density) tags.set("getden_filepath", "\"runo_DEN\"");
  if (input.job.charge != 0.0) tags.set("charge", input.job.charge);
  if (!input.spin) return;
  tags.set("nsppol", 2);
  std::string moments;
  for (auto const kind : input.kind) moments += concat("\n  0 0 ", shortest(input.species[kind].moment));
  tags.set("spinat", moments);
  if (s.smearing == "fixed") tags.set("spinmagntarget", input.job.unpaired_electrons);
}

void add_kpoints(DeckInput const& input, Tags& tags) {
  std::string mesh, shift;
  for (int const n : input.mesh) {
    mesh += concat(mesh.empty() ? "" : " ", n);
    shift += concat(shift.empty() ? "" : " ", input.settings.kpoint_origin == "shifted" && n > 1 ? "0.5" : "0");
  }
  tags.set("kptopt", input.job.level == Level::hse06 ? 3 : 1);
  tags.set("ngkpt", mesh);
  tags.set("nshiftk", 1);
  tags.set("shiftk", shift);
  tags.set("chksymbreak", 0);  // the mesh is the one that was asked for
}

void add_ions(DeckInput const& input, Tags& tags) {
  if (!input.relaxes) return;
  tags.set("ionmov", 2);
  tags.set("ntime", input.settings.max_ionic_steps);
  tags.set("tolmxf", input.settings.force_threshold * units::bohr_A / hartree_eV);  // Ha/bohr
  std::string fixed;
  int count = 0;
  for (std::size_t i = 0; i < input.crystal().size(); ++i)
    if (input.frozen(i)) fixed += concat(" ", i + 1), ++count;
  if (count == 0) return;
  tags.set("natfix", count);
  tags.set("iatfix", trim(fixed));
}

std::string header(DeckInput const& input) {
  auto const folder = pseudo_folder(input.settings);
  std::string files;
  for (auto const& one : input.species) files += concat(files.empty() ? "" : ", ", input.pseudo(one).file);
  return concat("pp_dirpath \"", folder.empty() ? "./pseudo" : std::filesystem::absolute(folder).string(),
                "\"\npseudos \"", files, "\"\n");
}

std::string variables(DeckInput const& input) {
  Tags tags;
  add_functional(input, tags);
  add_electrons(input, tags);
  add_kpoints(input, tags);
  add_ions(input, tags);
  tags.set("chkprim", 0);      // supercells are meant
  tags.set("chksymtnons", 0);  // as are atoms off the grid: both matter to many-body theory only
  tags.set("chkexit", 1);
  tags.set("prtwf", 0);
  tags.set("prtden", 1);  // the next attempt may start from it
  tags.set("prteig", 0);
  for (auto const& [key, value] : extra_tags(input)) tags.set(key, value);
  std::string text;
  for (auto const& [key, value] : tags.all()) text += concat(key, " ", value, "\n");
  return text;
}

std::string atoms(DeckInput const& input) {
  auto const& crystal = input.crystal();
  std::string numbers, kinds;
  for (auto const& one : input.species) numbers += concat(" ", one.number);
  for (auto const kind : input.kind) kinds += concat(" ", kind + 1);
  std::string text = concat("ntypat ", input.species.size(), "\nznucl", numbers, "\nnatom ", crystal.size(), "\ntypat",
                            kinds, "\nacell 1 1 1 angstrom\nrprim\n");
  for (int i = 0; i < 3; ++i) text += concat("  ", row(crystal.lattice.col(i)), "\n");
  text += "xcart\n";
  for (Eigen::Index i = 0; i < crystal.positions.cols(); ++i) text += concat("  ", row(crystal.positions.col(i)), "\n");
  return text + "  angstrom\n";
}

std::string clock(double seconds) {
  auto const whole = static_cast<long>(seconds);
  auto const two = [](long n) { return concat(n < 10 ? "0" : "", n); };
  return concat(two(whole / 3600), ":", two(whole / 60 % 60), ":", two(whole % 60));
}

}  // namespace

void write_abinit(DeckInput const& input, Deck& deck) {
  require(input.job.kind != Kind::neb, "kind 'neb' for abinit (no deck of it is written); take qe, cp2k or vasp");
  require(!input.dipole, "asymmetric slab ", formula(input.crystal()), " with vacuum for abinit (it has no dipole ",
          "correction); take qe, cp2k or vasp, or a superlattice");
  require(input.job.level != Level::hse06 || !input.relaxes, "relaxation at hse06 for abinit (it has no forces there)");
  deck.files["run.abi"] = assemble(
      input, "run.abi", {{"pseudos", header(input)}, {"variables", variables(input)}, {"atoms", atoms(input)}});
  deck.command = {program(input, "abinit"), "run.abi"};
  if (input.max_seconds > 0.0) deck.command.insert(deck.command.end(), {"--timelimit", clock(input.max_seconds)});
  deck.standard_output = "abinit.log";
  deck.outputs = {"run.abo", "abinit.log"};
  deck.restart_files = {"runo_DEN"};
  deck.stop_files = {{"abinit.exit", "exit\n"}};
}

}  // namespace nacre::dft::detail
