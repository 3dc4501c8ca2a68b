// Input of VASP: https://www.vasp.at/wiki
#include <algorithm>
#include <cctype>
#include <cmath>

#include "deck_detail.hpp"
#include "nacre/core/error.hpp"
#include "nacre/core/text.hpp"
#include "nacre/core/value.hpp"
#include "nacre/crystal/elements.hpp"

namespace nacre::detail {
namespace {

/// Atoms by element; inside an element in the order of the crystal.
std::vector<std::size_t> grouped_order(DeckInput const& input) {
  std::vector<std::size_t> order;
  for (int const element : input.elements)
    for (std::size_t i = 0; i < input.crystal.size(); ++i)
      if (input.crystal.numbers[i] == element) order.push_back(i);
  return order;
}

int count(DeckInput const& input, int element) {
  return static_cast<int>(std::count(input.crystal.numbers.begin(), input.crystal.numbers.end(), element));
}

void add_moments(DeckInput const& input, std::string& text) {
  auto const& elements = input.elements;
  if (std::none_of(elements.begin(), elements.end(), is_magnetic_metal)) {
    text += "ISPIN = 1\n";
    return;
  }
  text += "ISPIN = 2\nMAGMOM =";
  for (int const element : elements)
    text += concat(" ", count(input, element), "*", is_magnetic_metal(element) ? 5 : 0);
  text += "\n";
}

void add_u(DeckInput const& input, std::string& text) {
  std::string l, u, j;
  int largest = 0;
  for (int const element : input.elements) {
    auto const entry = hubbard_u(element, input.options);
    int const shell = entry ? (entry->manifold.back() == 'f' ? 3 : 2) : -1;
    largest = std::max(largest, shell);
    l += concat(" ", shell);
    u += concat(" ", entry ? shortest(entry->u_eV) : std::string("0"));
    j += " 0";
  }
  if (largest == 0) return;
  text += concat("LDAU = .TRUE.\nLDAUTYPE = 2\nLDAUL =", l, "\nLDAUU =", u, "\nLDAUJ =", j, "\nLMAXMIX = ", 2 * largest,
                 "\n");
}

/// The slab's middle: the field is then compensated half a cell away, in the middle of the vacuum.
void add_dipole(DeckInput const& input, std::string& text) {
  double const opposite = input.gap.centre + 0.5;
  text += concat("LDIPOL = .TRUE.\nIDIPOL = 3\nDIPOL = 0.5 0.5 ", shortest(opposite - std::floor(opposite)), "\n");
}

std::string incar(DeckInput const& input) {
  auto const& options = input.options;
  bool const relax = options.calculation == "relax";
  std::string text =
      concat("SYSTEM = ", formula(input.crystal), "\nGGA = PE\nPREC = Accurate\nENCUT = ", shortest(options.encut_eV),
             "\nEDIFF = 1E-6\nNELM = 200\nALGO = Normal\nLASPH = .TRUE.\n");
  text += concat("ISMEAR = 0\nSIGMA = ", shortest(options.smearing_eV), "\n");
  text += concat("LREAL = ", input.crystal.size() > 32 ? "Auto" : ".FALSE.", "\n");
  text += relax ? "IBRION = 2\nNSW = 200\n" : "IBRION = -1\nNSW = 0\n";
  if (relax) text += concat("EDIFFG = ", shortest(-force_threshold_eV_per_A), "\n");
  text += "ISIF = 2\nLWAVE = .FALSE.\nLCHARG = .FALSE.\n";
  if (input.crystal.lattice.colwise().norm().maxCoeff() > 50.0) text += "AMIN = 0.01\n";  // long cells slosh
  add_moments(input, text);
  add_u(input, text);
  if (options.dipole_correction) add_dipole(input, text);
  return text;
}

std::string poscar(DeckInput const& input, std::vector<std::size_t> const& order) {
  auto const& crystal = input.crystal;
  auto const row = [](Eigen::Vector3d const& v) {
    return concat("  ", shortest(v.x()), " ", shortest(v.y()), " ", shortest(v.z()));
  };
  std::string text = concat(formula(crystal), "\n1.0\n"), symbols, counts;
  for (int i = 0; i < 3; ++i) text += concat(row(crystal.lattice.col(i)), "\n");
  for (int const element : input.elements) {
    symbols += concat(symbols.empty() ? "" : " ", symbol(element));
    counts += concat(counts.empty() ? "" : " ", count(input, element));
  }
  text += concat(symbols, "\n", counts, "\n");
  bool const selective = !input.options.frozen.empty();
  text += selective ? "Selective dynamics\nCartesian\n" : "Cartesian\n";
  for (auto const i : order) {
    text += row(crystal.positions.col(static_cast<Eigen::Index>(i)));
    text += !selective ? "\n" : input.options.frozen[i] ? " F F F\n" : " T T T\n";
  }
  return text;
}

std::string labels(DeckInput const& input) {
  static Value const table = [] {
    auto const path = data_file("vasp_potentials.json");
    return Value::parse_json(read_file(path), path.string()).at("labels");
  }();
  std::string text;
  for (int const element : input.elements) {
    auto const* label = table.find(symbol(element));
    require(label, "no potential label of '", symbol(element), "' (data/vasp_potentials.json)");
    text += concat(label->as_string(), "\n");
  }
  return text;
}

}  // namespace

Deck make_vasp_deck(DeckInput const& input) {
  auto const order = grouped_order(input);
  std::string order_text;
  for (auto const i : order) order_text += concat(i, "\n");
  auto const& mesh = input.mesh;
  return {{"INCAR", incar(input)},
          {"KPOINTS", concat("Gamma-centred mesh\n0\nGamma\n", mesh[0], " ", mesh[1], " ", mesh[2], "\n0 0 0\n")},
          {"POSCAR", poscar(input, order)},
          {"POTCAR.labels", labels(input)},
          {"atom_order.txt", order_text}};
}

}  // namespace nacre::detail
