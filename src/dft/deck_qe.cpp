// Input of pw.x and neb.x: https://www.quantum-espresso.org/Doc/INPUT_PW.html, INPUT_NEB.html
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

std::string quoted(std::string const& text) {
  std::string out = "'";
  for (char const c : text) out += c == '\'' ? std::string("''") : std::string(1, c);
  return out + "'";
}

std::string flag(bool value) { return value ? ".true." : ".false."; }

/// "&NAME", one "key = value" for each pair, "/".
std::string namelist(std::string const& name, Tags const& tags) {
  std::string text = concat("&", name, "\n");
  for (auto const& [key, value] : tags.all()) text += concat("  ", key, " = ", value, "\n");
  return text + "/\n";
}

Tags control(DeckInput const& input) {
  auto const& s = input.settings;
  Tags tags;
  tags.set("calculation", quoted(input.relaxes ? "relax" : "scf"));
  if (input.job.adjustments.continue_run) tags.set("restart_mode", quoted("restart"));
  tags.set("prefix", quoted("nacre"));
  tags.set("outdir", quoted("./out"));
  auto const folder = pseudo_folder(s);
  tags.set("pseudo_dir", quoted(folder.empty() ? "./pseudo" : std::filesystem::absolute(folder).string()));
  tags.set("tprnfor", flag(true));
  tags.set("tstress", flag(!input.job.vacuum && input.job.level != Level::hse06));  // none with a dipole correction
  tags.set("disk_io", quoted("low"));
  if (input.max_seconds > 0.0) tags.set("max_seconds", input.max_seconds);
  if (input.relaxes) {
    tags.set("nstep", s.max_ionic_steps);
    tags.set("forc_conv_thr", s.force_threshold * units::bohr_A / units::rydberg_eV);  // Ry/bohr
  }
  if (input.dipole) {
    tags.set("tefield", flag(true));
    tags.set("dipfield", flag(true));
  }
  return tags;
}

/// The sawtooth falls from emaxpos to emaxpos + eopreg, which has to lie inside the vacuum: its middle third at most.
void add_dipole(Tags& tags, Gap const& gap) {
  double const width = std::min(0.1, gap.fraction / 3.0);
  double const start = gap.centre - 0.5 * width;
  tags.set("edir", 3);
  tags.set("emaxpos", start - std::floor(start));
  tags.set("eopreg", width);
  tags.set("eamp", 0.0);
}

void add_functional(DeckInput const& input, Tags& tags) {
  auto const& mesh = input.mesh;
  switch (input.job.level) {
    case Level::pbe:
    case Level::pbe_u: tags.set("input_dft", quoted("pbe")); return;
    case Level::pbe_d3:
      tags.set("input_dft", quoted("pbe"));
      tags.set("vdw_corr", quoted("dft-d3"));
      tags.set("dftd3_version", input.settings.dispersion == "d3bj" ? 4 : 3);
      tags.set("dftd3_threebody", flag(false));  // as the other codes have it
      return;
    case Level::r2scan:  // MGGA_X_R2SCAN and MGGA_C_R2SCAN of libxc, with which pw.x must be built
      tags.set("input_dft", quoted("XC-000I-000I-000I-000I-497L-498L"));
      return;
    case Level::hse06:
      tags.set("input_dft", quoted("hse"));
      tags.set("exxdiv_treatment", quoted("gygi-baldereschi"));
      tags.set("x_gamma_extrapolation", flag(true));
      for (std::size_t i = 0; i < 3; ++i) tags.set(concat("nqx", i + 1), mesh[i]);
      return;
  }
}

void add_occupations(DeckInput const& input, Tags& tags) {
  auto const& s = input.settings;
  if (s.smearing == "fixed") {
    tags.set("occupations", quoted("fixed"));
    if (input.spin) tags.set("tot_magnetization", input.job.unpaired_electrons);
    return;
  }
  tags.set("occupations", quoted("smearing"));
  tags.set("smearing", quoted(s.smearing == "fermi" ? "fermi-dirac" : s.smearing));
  tags.set("degauss", s.smearing_eV / units::rydberg_eV);
}

/// Share of the valence electrons that is polarised at the start; half of them where the valence is unknown.
double polarisation(DeckInput const& input, Species const& one) {
  double const valence = input.pseudo(one).valence;
  if (one.moment == 0.0) return 0.0;
  if (valence == 0.0) return std::copysign(0.5, one.moment);
  return std::clamp(one.moment / valence, -1.0, 1.0);
}

void add_hubbard(DeckInput const& input, Tags& tags) {
  bool any = false;
  for (std::size_t i = 0; i < input.species.size(); ++i) {
    auto const& one = input.species[i];
    if (!one.u) continue;
    require(!lower_case(input.pseudo(one).file).ends_with(".gth"), "level pbe+u with '", input.pseudo(one).file,
            "' (U acts on atomic wave functions, and this format has none); take a UPF file");
    any = true;
    if (input.settings.hubbard_form == "namelist") tags.set(concat("Hubbard_U(", i + 1, ")"), one.u->u_eV);
  }
  if (any && input.settings.hubbard_form == "namelist") tags.set("lda_plus_u", flag(true));
}

Tags system(DeckInput const& input) {
  auto const& s = input.settings;
  bool const conserving = std::all_of(input.pseudos.begin(), input.pseudos.end(),
                                      [](Pseudopotential const& one) { return one.norm_conserving; });
  Tags tags;
  tags.set("ibrav", 0);
  tags.set("nat", std::to_string(input.crystal().size()));
  tags.set("ntyp", std::to_string(input.species.size()));
  tags.set("ecutwfc", *s.ecutwfc_Ry);
  tags.set("ecutrho", *s.ecutwfc_Ry * s.ecutrho_ratio.value_or(conserving ? 4.0 : 8.0));
  add_functional(input, tags);
  add_occupations(input, tags);
  if (input.job.charge != 0.0) tags.set("tot_charge", input.job.charge);
  if (input.spin) tags.set("nspin", 2);
  for (std::size_t i = 0; i < input.species.size(); ++i)
    if (double const share = polarisation(input, input.species[i]); share != 0.0)
      tags.set(concat("starting_magnetization(", i + 1, ")"), share);
  add_hubbard(input, tags);
  if (input.dipole) add_dipole(tags, input.gap);
  return tags;
}

Tags electrons(DeckInput const& input) {
  auto const& s = input.settings;
  auto const& change = input.job.adjustments;
  Tags tags;
  tags.set("conv_thr", s.scf_threshold_eV / units::rydberg_eV * static_cast<double>(input.crystal().size()));  // Ry
  tags.set("electron_maxstep", s.max_scf_steps);
  tags.set("mixing_beta", s.mixing);
  if (!change.mixing_mode.empty())
    tags.set("mixing_mode", quoted(change.mixing_mode));
  else if (input.job.vacuum)
    tags.set("mixing_mode", quoted("local-TF"));  // slabs slosh with plain mixing
  if (change.algorithm == "robust") tags.set("diagonalization", quoted("cg"));
  if (change.from_density) tags.set("startingpot", quoted("file"));
  return tags;
}

/// Lines "SYSTEM.nbnd = 40" of the user go into their namelists and replace what stands there.
void add_extra(DeckInput const& input, std::map<std::string, Tags>& lists) {
  for (auto const& [key, value] : extra_tags(input)) {
    auto const dot = key.find('.');
    std::string name = dot == std::string::npos ? "" : key.substr(0, dot);
    std::transform(name.begin(), name.end(), name.begin(), [](unsigned char c) { return static_cast<char>(std::toupper(c)); });
    require(lists.contains(name), "invalid line '", key, "' in [dft.extra] qe (write CONTROL.key, SYSTEM.key, ",
            "ELECTRONS.key or IONS.key = value)");
    lists[name].set(key.substr(dot + 1), value);
  }
}

std::string namelists(DeckInput const& input, std::map<std::string, Tags>& lists) {
  lists["CONTROL"] = control(input);
  lists["SYSTEM"] = system(input);
  lists["ELECTRONS"] = electrons(input);
  lists["IONS"];
  if (input.relaxes) lists["IONS"].set("ion_dynamics", quoted("bfgs"));
  add_extra(input, lists);
  return namelist("CONTROL", lists["CONTROL"]) + namelist("SYSTEM", lists["SYSTEM"]) +
         namelist("ELECTRONS", lists["ELECTRONS"]) + (input.relaxes ? namelist("IONS", lists["IONS"]) : std::string());
}

std::string species(DeckInput const& input) {
  std::string text = "ATOMIC_SPECIES\n";
  for (auto const& one : input.species)
    text += concat("  ", one.name, " ", shortest(atomic_mass(one.number)), " ", input.pseudo(one).file, "\n");
  return text;
}

std::string cell(DeckInput const& input) {
  std::string text = "CELL_PARAMETERS angstrom\n";
  for (int i = 0; i < 3; ++i) text += concat("  ", row(input.crystal().lattice.col(i)), "\n");
  return text;
}

std::string positions(DeckInput const& input, Eigen::Matrix3Xd const& where) {
  std::string text = "ATOMIC_POSITIONS angstrom\n";
  for (std::size_t i = 0; i < input.crystal().size(); ++i)
    text += concat("  ", input.species[input.kind[i]].name, " ", row(where.col(static_cast<Eigen::Index>(i))),
                   input.frozen(i) ? " 0 0 0\n" : "\n");
  return text;
}

std::string kpoints(DeckInput const& input) {
  std::string mesh, shift;
  for (int const n : input.mesh) {
    mesh += concat(" ", n);
    shift += input.settings.kpoint_origin == "shifted" && n > 1 ? " 1" : " 0";
  }
  return concat("K_POINTS automatic\n ", mesh, shift, "\n");
}

std::string hubbard_card(DeckInput const& input) {
  if (input.settings.hubbard_form != "card") return {};
  std::string text;
  for (auto const& one : input.species)
    if (one.u) text += concat("U ", one.name, "-", one.u->manifold, " ", shortest(one.u->u_eV), "\n");
  return text.empty() ? text : "HUBBARD (atomic)\n" + text;
}

}  // namespace

void write_qe(DeckInput const& input, Deck& deck) {
  std::map<std::string, Tags> lists;
  deck.files["pw.in"] = assemble(input, "pw.in",
                                 {{"namelists", namelists(input, lists)},
                                  {"species", species(input)},
                                  {"cell", cell(input)},
                                  {"positions", positions(input, input.crystal().positions)},
                                  {"kpoints", kpoints(input)},
                                  {"hubbard", hubbard_card(input)}});
  deck.command = {program(input, "pw.x"), "-in", "pw.in"};
  deck.standard_output = "pw.out";
  deck.outputs = {"pw.out", "CRASH"};
  deck.restart_files = {"out"};
  deck.stop_files = {{"nacre.EXIT", ""}};
}

void write_qe_neb(DeckInput const& input, Deck& deck) {
  auto const images = band(input.job, input.settings.neb_images);
  Tags path;
  path.set("restart_mode", quoted(input.job.adjustments.continue_run ? "restart" : "from_scratch"));
  path.set("string_method", quoted("neb"));
  path.set("nstep_path", input.settings.max_ionic_steps);
  path.set("num_of_images", std::to_string(images.size()));
  path.set("opt_scheme", quoted("broyden"));
  path.set("CI_scheme", quoted("auto"));
  path.set("path_thr", input.settings.force_threshold);  // eV/Å
  path.set("k_max", 0.3);
  path.set("k_min", 0.2);
  std::map<std::string, Tags> lists;
  std::string places;
  for (std::size_t i = 0; i < images.size(); ++i) {
    places += i == 0 ? "FIRST_IMAGE\n" : i + 1 == images.size() ? "LAST_IMAGE\n" : "INTERMEDIATE_IMAGE\n";
    places += positions(input, images[i]);
  }
  deck.files["neb.in"] = assemble(
      input, "neb.in",
      {{"path", concat("BEGIN\nBEGIN_PATH_INPUT\n", namelist("PATH", path), "END_PATH_INPUT\nBEGIN_ENGINE_INPUT\n")},
       {"namelists", namelists(input, lists)},
       {"species", species(input)},
       {"positions", concat("BEGIN_POSITIONS\n", places, "END_POSITIONS\n")},
       {"kpoints", kpoints(input)},
       {"cell", cell(input)},
       {"hubbard", hubbard_card(input)},
       {"end", "END_ENGINE_INPUT\nEND\n"}});
  auto command = program(input, "pw.x");
  if (auto const at = command.rfind("pw.x"); at != std::string::npos) command.replace(at, 4, "neb.x");
  deck.command = {command, "-inp", "neb.in"};
  deck.standard_output = "neb.out";
  deck.outputs = {"neb.out", "nacre.dat", "nacre.path", "nacre.xyz", "CRASH"};
  deck.restart_files = {"out", "nacre.path"};
  deck.stop_files = {{"nacre.EXIT", ""}};
}

}  // namespace nacre::dft::detail
