// Input of pw.x: https://www.quantum-espresso.org/Doc/INPUT_PW.html
#include <algorithm>
#include <cmath>

#include "deck_detail.hpp"
#include "nacre/core/error.hpp"
#include "nacre/core/text.hpp"
#include "nacre/core/units.hpp"
#include "nacre/crystal/elements.hpp"

namespace nacre::detail {
namespace {

std::string fortran_text(std::string const& text) {
  std::string quoted = "'";
  for (char const c : text) quoted += c == '\'' ? std::string("''") : std::string(1, c);
  return quoted + "'";
}

std::string fortran_flag(bool value) { return value ? ".true." : ".false."; }

/// "&NAME", one "key = value" for each pair, "/".
class Namelist {
 public:
  explicit Namelist(std::string_view name) : text_(concat("&", name, "\n")) {}
  void add(std::string_view key, std::string_view value) { text_ += concat("  ", key, " = ", value, "\n"); }
  void add(std::string_view key, double value) { add(key, shortest(value)); }
  std::string close() const { return text_ + "/\n"; }

 private:
  std::string text_;
};

/// Valence f shells of the lanthanides between Ce and Lu are open in every oxide.
bool starts_with_moment(int atomic_number) {
  return is_magnetic_metal(atomic_number) || (atomic_number >= 59 && atomic_number <= 70);
}

bool is_polarised(DeckInput const& input) {
  return std::any_of(input.elements.begin(), input.elements.end(), starts_with_moment);
}

std::string control(DeckInput const& input) {
  auto const& options = input.options;
  bool const relax = options.calculation == "relax";
  Namelist list("CONTROL");
  list.add("calculation", fortran_text(options.calculation));
  list.add("prefix", fortran_text("nacre"));
  list.add("outdir", fortran_text("./out"));
  list.add("pseudo_dir", fortran_text(options.pseudo_dir));
  list.add("tprnfor", fortran_flag(true));
  list.add("tstress", fortran_flag(!options.vacuum));  // pw.x has no stress with a dipole correction
  list.add("disk_io", fortran_text("low"));
  if (relax) {
    list.add("nstep", "200");
    list.add("forc_conv_thr", force_threshold_eV_per_A * units::bohr_A / units::rydberg_eV);  // Ry/bohr
  }
  if (options.dipole_correction) {
    list.add("tefield", fortran_flag(true));
    list.add("dipfield", fortran_flag(true));
  }
  return list.close();
}

/// The sawtooth falls from emaxpos to emaxpos + eopreg, which has to lie inside the vacuum: its middle third at most.
void add_dipole(Namelist& list, Gap const& gap) {
  double const width = std::min(0.1, gap.fraction / 3.0);
  double const start = gap.centre - 0.5 * width;
  list.add("edir", "3");
  list.add("emaxpos", start - std::floor(start));
  list.add("eopreg", width);
  list.add("eamp", 0.0);
}

std::string system(DeckInput const& input) {
  auto const& options = input.options;
  Namelist list("SYSTEM");
  list.add("ibrav", "0");
  list.add("nat", std::to_string(input.crystal.size()));
  list.add("ntyp", std::to_string(input.elements.size()));
  list.add("ecutwfc", options.ecutwfc_Ry);
  list.add("ecutrho", options.ecutwfc_Ry * options.ecutrho_ratio);
  list.add("input_dft", fortran_text("pbe"));
  list.add("occupations", fortran_text("smearing"));
  list.add("smearing", fortran_text("gaussian"));
  list.add("degauss", options.smearing_eV / units::rydberg_eV);
  if (is_polarised(input)) list.add("nspin", "2");
  bool any_u = false;
  for (std::size_t i = 0; i < input.elements.size(); ++i) {
    if (starts_with_moment(input.elements[i])) list.add(concat("starting_magnetization(", i + 1, ")"), 0.5);
    auto const u = options.hubbard_card ? std::nullopt : hubbard_u(input.elements[i], options);
    if (u) list.add(concat("Hubbard_U(", i + 1, ")"), u->u_eV);
    any_u |= u.has_value();
  }
  if (any_u) list.add("lda_plus_u", fortran_flag(true));
  if (options.dipole_correction) add_dipole(list, input.gap);
  return list.close();
}

std::string electrons(DeckInput const& input) {
  Namelist list("ELECTRONS");
  list.add("conv_thr", 1e-9 * static_cast<double>(input.crystal.size()));  // Ry
  list.add("electron_maxstep", "200");
  list.add("mixing_beta", 0.4);
  if (input.options.vacuum) list.add("mixing_mode", fortran_text("local-TF"));  // slabs slosh with plain mixing
  auto text = list.close();
  if (input.options.calculation == "relax") {
    Namelist ions("IONS");
    ions.add("ion_dynamics", fortran_text("bfgs"));
    text += ions.close();
  }
  return text;
}

std::string row(Eigen::Vector3d const& v) {
  return concat(shortest(v.x()), " ", shortest(v.y()), " ", shortest(v.z()));
}

std::string atoms(DeckInput const& input) {
  auto const& crystal = input.crystal;
  std::string text = "ATOMIC_SPECIES\n";
  for (int const number : input.elements)
    text += concat("  ", symbol(number), " ", shortest(atomic_mass(number)), " ", symbol(number), ".upf\n");
  text += "CELL_PARAMETERS angstrom\n";
  for (int i = 0; i < 3; ++i) text += concat("  ", row(crystal.lattice.col(i)), "\n");
  text += "ATOMIC_POSITIONS angstrom\n";
  for (std::size_t i = 0; i < crystal.size(); ++i) {
    bool const frozen = !input.options.frozen.empty() && input.options.frozen[i];
    text += concat("  ", symbol(crystal.numbers[i]), " ", row(crystal.positions.col(static_cast<Eigen::Index>(i))),
                   frozen ? " 0 0 0\n" : "\n");
  }
  return text;
}

std::string hubbard_card(DeckInput const& input) {
  if (!input.options.hubbard_card) return {};
  std::string text;
  for (int const number : input.elements)
    if (auto const u = hubbard_u(number, input.options))
      text += concat("U ", symbol(number), "-", u->manifold, " ", shortest(u->u_eV), "\n");
  return text.empty() ? text : "HUBBARD (atomic)\n" + text;
}

}  // namespace

Deck make_qe_deck(DeckInput const& input) {
  auto const& mesh = input.mesh;
  auto text = control(input) + system(input) + electrons(input) + atoms(input);
  text += concat("K_POINTS automatic\n  ", mesh[0], " ", mesh[1], " ", mesh[2], " 0 0 0\n");
  return {{"pw.in", text + hubbard_card(input)}};
}

}  // namespace nacre::detail
