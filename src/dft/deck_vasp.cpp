// Input of VASP: https://www.vasp.at/wiki
#include <algorithm>
#include <cmath>

#include "deck_detail.hpp"
#include "nacre/core/error.hpp"
#include "nacre/core/text.hpp"
#include "nacre/crystal/elements.hpp"
#include "tags.hpp"

namespace nacre::dft::detail {
namespace {

std::string flag(bool value) { return value ? ".TRUE." : ".FALSE."; }

/// Atoms by element; inside an element in the order of the crystal.
std::vector<std::size_t> grouped_order(DeckInput const& input) {
  std::vector<std::size_t> order;
  for (auto const& pseudo : input.pseudos)
    for (std::size_t i = 0; i < input.crystal().size(); ++i)
      if (symbol(input.crystal().numbers[i]) == pseudo.element) order.push_back(i);
  return order;
}

std::size_t count(DeckInput const& input, std::string const& element) {
  auto const& numbers = input.crystal().numbers;
  return static_cast<std::size_t>(
      std::count_if(numbers.begin(), numbers.end(), [&](int number) { return symbol(number) == element; }));
}

/// "5*0 3*3.9": the value of every atom, equal neighbours together.
std::string moments(DeckInput const& input, std::vector<std::size_t> const& order) {
  std::string text;
  for (std::size_t i = 0; i < order.size();) {
    double const moment = input.species[input.kind[order[i]]].moment;
    std::size_t end = i;
    while (end < order.size() && input.species[input.kind[order[end]]].moment == moment) ++end;
    text += concat(i == 0 ? "" : " ", end - i, "*", shortest(moment));
    i = end;
  }
  return text;
}

/// Labels like Gd_3 and Yb_2 keep the f electrons of a charge in the core.
bool f_in_core(Pseudopotential const& pseudo) { return pseudo.file.ends_with("_3") || pseudo.file.ends_with("_2"); }

bool has_f_shell(Pseudopotential const& pseudo) {
  return outer_shell(*atomic_number(pseudo.element)).back() == 'f' && pseudo.element != "La" && !f_in_core(pseudo);
}

void add_functional(DeckInput const& input, Tags& tags) {
  switch (input.job.level) {
    case Level::pbe:
    case Level::pbe_u: tags.set("GGA", "PE"); return;
    case Level::pbe_d3:
      tags.set("GGA", "PE");
      tags.set("IVDW", input.settings.dispersion == "d3bj" ? 12 : 11);
      return;
    case Level::r2scan:
      tags.set("METAGGA", "R2SCAN");
      tags.set("LMIXTAU", flag(true));
      tags.set("ENAUG", 2.0 * *input.settings.encut_eV);
      return;
    case Level::hse06:
      tags.set("GGA", "PE");
      tags.set("LHFCALC", flag(true));
      tags.set("HFSCREEN", 0.2);
      tags.set("AEXX", 0.25);
      tags.set("PRECFOCK", "Normal");
      return;
  }
}

void add_electrons(DeckInput const& input, Tags& tags) {
  auto const& s = input.settings;
  bool const all_bands = input.job.level == Level::hse06 || input.job.level == Level::r2scan;
  tags.set("ENCUT", *s.encut_eV);
  tags.set("EDIFF", s.scf_threshold_eV * static_cast<double>(input.crystal().size()));
  tags.set("NELM", s.max_scf_steps);
  tags.set("ALGO", input.job.adjustments.algorithm == "robust" || all_bands ? "All" : "Normal");
  tags.set("LASPH", flag(true));
  require(s.smearing != "cold", "smearing 'cold' for vasp (it has none); take 'gaussian' or 'fermi'");
  tags.set("ISMEAR", s.smearing == "fermi" ? -1 : 0);
  tags.set("SIGMA", s.smearing == "fixed" ? 0.01 : s.smearing_eV);  // narrow: one gap above no state is smeared
  tags.set("LREAL", input.crystal().size() > 32 ? "Auto" : ".FALSE.");
  double const mixing = input.job.adjustments.mixing_factor;
  if (mixing != 1.0 || input.job.vacuum) tags.set("AMIX", (input.job.vacuum ? 0.2 : 0.4) * mixing);
  if (input.job.vacuum) tags.set("BMIX", 0.001), tags.set("NELMIN", 8);
  if (input.job.vacuum || input.crystal().lattice.colwise().norm().maxCoeff() > 50.0)
    tags.set("AMIN", 0.01);  // slabs and long cells slosh
  if (input.job.adjustments.from_density) tags.set("ICHARG", 1);
  bool const f_shell = std::any_of(input.pseudos.begin(), input.pseudos.end(), has_f_shell);
  tags.set("LMAXMIX", f_shell ? 6 : 4);  // so that a density that is read again is whole
}

void add_spin(DeckInput const& input, std::vector<std::size_t> const& order, Tags& tags) {
  tags.set("ISPIN", input.spin ? 2 : 1);
  if (!input.spin) return;
  tags.set("MAGMOM", moments(input, order));
  tags.set("LORBIT", 11);  // moments of the atoms in OUTCAR
}

void add_u(DeckInput const& input, Tags& tags) {
  std::string l, u, j;
  bool any = false;
  for (auto const& pseudo : input.pseudos) {
    auto const entry = hubbard_u(*atomic_number(pseudo.element), input.job);
    int const shell = entry && !f_in_core(pseudo) ? entry->shell : -1;
    any |= shell >= 0;
    l += concat(l.empty() ? "" : " ", shell);
    u += concat(u.empty() ? "" : " ", shell >= 0 ? shortest(entry->u_eV) : std::string("0"));
    j += j.empty() ? "0" : " 0";
  }
  if (!any) return;
  tags.set("LDAU", flag(true));
  tags.set("LDAUTYPE", 2);
  tags.set("LDAUL", l);
  tags.set("LDAUU", u);
  tags.set("LDAUJ", j);
}

/// The slab's middle: the field is then compensated half a cell away, in the middle of the vacuum.
void add_dipole(DeckInput const& input, Tags& tags) {
  double const opposite = input.gap.centre + 0.5;
  tags.set("LDIPOL", flag(true));
  tags.set("IDIPOL", 3);
  tags.set("DIPOL", concat("0.5 0.5 ", shortest(opposite - std::floor(opposite))));
}

void add_ions(DeckInput const& input, Tags& tags) {
  auto const& s = input.settings;
  bool const moves = input.relaxes || input.job.kind == Kind::neb;
  tags.set("IBRION", !moves ? -1 : input.relaxes ? 2 : 3);
  tags.set("NSW", moves ? s.max_ionic_steps : 0);
  if (moves) tags.set("EDIFFG", -s.force_threshold);
  tags.set("ISIF", 2);
  if (input.job.kind != Kind::neb) return;
  tags.set("IMAGES", s.neb_images);  // VTST tools of the University of Texas
  tags.set("SPRING", -5);
  tags.set("LCLIMB", flag(true));
  tags.set("ICHAIN", 0);
  tags.set("POTIM", 0);
  tags.set("IOPT", 1);
}

std::string incar(DeckInput const& input, std::vector<std::size_t> const& order) {
  Tags tags;
  tags.set("SYSTEM", formula(input.crystal()));
  tags.set("PREC", "Accurate");
  add_functional(input, tags);
  add_electrons(input, tags);
  add_ions(input, tags);
  tags.set("LWAVE", flag(false));
  tags.set("LCHARG", flag(true));  // the next attempt may start from it
  add_spin(input, order, tags);
  add_u(input, tags);
  if (input.dipole) add_dipole(input, tags);
  if (input.job.charge != 0.0) {
    require(input.electrons.has_value(), "charge ", shortest(input.job.charge), " with a potential of unknown valence (",
            "VASP wants the number of electrons); add it to data/vasp_potentials.json");
    tags.set("NELECT", *input.electrons);
  }
  for (auto const& [key, value] : extra_tags(input)) tags.set(key, value);
  std::string text;
  for (auto const& [key, value] : tags.all()) text += concat(key, " = ", value, "\n");
  return text;
}

std::string poscar(DeckInput const& input, std::vector<std::size_t> const& order, Eigen::Matrix3Xd const& where) {
  std::string text = concat(formula(input.crystal()), "\n1.0\n"), symbols, counts;
  for (int i = 0; i < 3; ++i) text += concat("  ", row(input.crystal().lattice.col(i)), "\n");
  for (auto const& pseudo : input.pseudos) {
    symbols += concat(symbols.empty() ? "" : " ", pseudo.element);
    counts += concat(counts.empty() ? "" : " ", count(input, pseudo.element));
  }
  bool const selective = !input.job.frozen.empty();
  text += concat(symbols, "\n", counts, "\n", selective ? "Selective dynamics\nCartesian\n" : "Cartesian\n");
  for (auto const i : order) {
    text += "  " + row(where.col(static_cast<Eigen::Index>(i)));
    text += !selective ? "\n" : input.frozen(i) ? " F F F\n" : " T T T\n";
  }
  return text;
}

std::string kpoints(DeckInput const& input) {
  std::string mesh, shift;
  for (int const n : input.mesh) {
    mesh += concat(mesh.empty() ? "" : " ", n);
    shift += concat(shift.empty() ? "" : " ", input.settings.kpoint_origin == "shifted" && n > 1 ? "0.5" : "0");
  }
  return concat("Gamma-centred mesh\n0\nGamma\n", mesh, "\n", shift, "\n");
}

std::string two_digits(std::size_t number) { return concat(number < 10 ? "0" : "", number); }

}  // namespace

void write_vasp(DeckInput const& input, Deck& deck) {
  deck.atom_order = grouped_order(input);
  std::string order, labels;
  for (auto const i : deck.atom_order) order += concat(i, "\n");
  for (auto const& pseudo : input.pseudos) labels += pseudo.file + "\n";
  deck.files = {{"INCAR", assemble(input, "INCAR", {{"incar", incar(input, deck.atom_order)}})},
                {"KPOINTS", kpoints(input)},
                {"POTCAR.labels", labels},
                {"atom_order.txt", order}};
  deck.outputs = {"OUTCAR", "vasp.out", "OSZICAR", "CONTCAR"};
  if (input.job.kind == Kind::neb) {
    auto const images = band(input.job, input.settings.neb_images);
    deck.outputs = {"vasp.out"};
    for (std::size_t i = 0; i < images.size(); ++i) {
      deck.files[two_digits(i) + "/POSCAR"] = poscar(input, deck.atom_order, images[i]);
      for (auto const* name : {"/OUTCAR", "/CONTCAR"}) deck.outputs.push_back(two_digits(i) + name);
    }
  } else {
    deck.files["POSCAR"] = poscar(input, deck.atom_order, input.crystal().positions);
  }
  deck.command = {program(input, "vasp_std")};
  deck.standard_output = "vasp.out";
  deck.restart_files = {"CHGCAR", "CONTCAR"};
  deck.stop_files = {{"STOPCAR", "LSTOP = .TRUE.\nLABORT = .TRUE.\n"}};
  deck.stop_after_s = input.max_seconds;
}

}  // namespace nacre::dft::detail
