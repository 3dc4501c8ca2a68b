// Main output of ABINIT (run.abo), 9 and later. Energy, forces and stress stand there in two units or two places each.
#include <Eigen/LU>
#include <algorithm>
#include <cmath>

#include "nacre/core/error.hpp"
#include "nacre/core/text.hpp"
#include "nacre/core/units.hpp"
#include "nacre/crystal/elements.hpp"
#include "output_detail.hpp"

namespace nacre::dft::detail {
namespace {

constexpr double hartree_eV = 2.0 * units::rydberg_eV;
constexpr double stress_unit = hartree_eV / (units::bohr_A * units::bohr_A * units::bohr_A);

std::string readable(std::string_view line) { return trim(printable(line)); }

Failure class_of_error(std::string const& message) {
  struct Rule {
    char const* words;
    Failure failure;
  };
  static constexpr Rule rules[] = {
      {"no space left", Failure::disk_full},
      {"disk", Failure::disk_full},
      {"allocat", Failure::out_of_memory},
      {"memory", Failure::out_of_memory},
      {"cholesky", Failure::diagonalization},
      {"zhegv", Failure::diagonalization},
      {"zheev", Failure::diagonalization},
      {"lapack", Failure::diagonalization},
      {"too close", Failure::bad_geometry},
      {"distance", Failure::bad_geometry},
      {"same position", Failure::bad_geometry},
      {"identical", Failure::bad_geometry},
      {"spheres overlap", Failure::bad_geometry},
      {"symrel", Failure::bad_geometry},
      {"keyword", Failure::bad_input},
      {"input", Failure::bad_input},
      {"variable", Failure::bad_input},
      {"pseudo", Failure::bad_input},
      {"psp", Failure::bad_input},
      {"chkinp", Failure::bad_input},
      {"occ", Failure::bad_input},
      {"nelect", Failure::bad_input},
  };
  auto const low = lower_case(message);
  for (auto const& rule : rules)
    if (low.find(rule.words) != std::string::npos) return rule.failure;
  return Failure::crashed;
}

Verdict find_stop(Lines const& lines) {
  for (auto const* kind : {"--- !ERROR", "--- !BUG"}) {
    auto const at = lines.find(kind);
    if (at == lines.size()) continue;
    std::string message;
    for (auto i = lines.find("message:", at) + 1; i < lines.size() && trim(lines[i]) != "..."; ++i) {
      if (!message.empty()) message += ' ';
      message += readable(lines[i]);
    }
    return {class_of_error(message), message};
  }
  struct Said {
    char const* words;
    Failure failure;
  };
  static constexpr Said said[] = {
      {"Approaching time limit", Failure::walltime},
      {"cpu time limit exceeded", Failure::walltime},
      {"timelimit is approaching", Failure::walltime},
      {"exit_requested_by_user: yes", Failure::interrupted},
      {"requested by the user", Failure::interrupted},
      {"was not enough SCF cycles to converge", Failure::scf_not_converged},
      {"was not enough Broyd/MD steps", Failure::ions_not_converged},
      {"not enough Broyd", Failure::ions_not_converged},
  };
  for (auto const& one : said)
    if (auto const at = lines.find(one.words); at < lines.size()) return {one.failure, readable(lines[at])};
  return {};
}

/// Numbers behind a variable's name in "-outvars: echo values of preprocessed input variables", and in the lines that
/// go on without a name; units are left out.
std::vector<double> variable(Lines const& lines, std::size_t from, std::string_view name) {
  std::vector<double> values;
  for (auto i = from; i < lines.size() && !lines.has(i, "====="); ++i) {
    auto words = split_words(lines[i]);
    if (!words.empty() && (words[0] == "-" || words[0] == "P")) words.erase(words.begin());
    if (words.empty() || words[0] != name) continue;
    words.erase(words.begin());
    while (true) {
      for (auto const& word : words)
        if (auto const value = parse_double(word)) values.push_back(*value);
      words = split_words(lines[++i]);
      if (words.empty() || !parse_double(words[0])) return values;
    }
  }
  return values;
}

void read_header(Lines const& lines, Facts& facts) {
  auto const start = lines.find("-outvars: echo values of preprocessed input variables");
  if (start == lines.size()) return;
  auto& echo = facts.echo;
  auto const natom = variable(lines, start, "natom"), ecut = variable(lines, start, "ecut");
  auto const kinds = variable(lines, start, "ntypat"), typat = variable(lines, start, "typat");
  auto const znucl = variable(lines, start, "znucl"), acell = variable(lines, start, "acell");
  auto const rprim = variable(lines, start, "rprim"), xcart = variable(lines, start, "xcart");
  echo.atoms = natom.size() == 1 ? static_cast<std::int64_t>(natom[0]) : 1;  // one atom is not echoed
  echo.kinds = kinds.size() == 1 ? static_cast<std::int64_t>(kinds[0]) : 1;
  if (ecut.size() == 1) echo.cutoff_eV = ecut[0] * hartree_eV;
  for (double const kind : typat.empty() ? std::vector<double>{1.0} : typat)
    if (kind >= 1.0 && kind <= static_cast<double>(znucl.size()))
      echo.numbers.push_back(static_cast<int>(znucl[static_cast<std::size_t>(kind) - 1]));
  if (acell.size() == 3 && (rprim.size() == 9 || rprim.empty())) {
    Eigen::Matrix3d lattice = Eigen::Matrix3d::Identity();
    for (std::size_t k = 0; k < rprim.size(); ++k) lattice(static_cast<int>(k % 3), static_cast<int>(k / 3)) = rprim[k];
    for (int k = 0; k < 3; ++k) lattice.col(k) *= acell[static_cast<std::size_t>(k)] * units::bohr_A;
    echo.lattice = lattice;
  }
  if (xcart.size() == 3 * static_cast<std::size_t>(std::max<std::int64_t>(*echo.atoms, 0)) && !xcart.empty()) {
    Eigen::Matrix3Xd positions(3, *echo.atoms);
    for (std::size_t k = 0; k < xcart.size(); ++k)
      positions(static_cast<int>(k % 3), static_cast<Eigen::Index>(k / 3)) = xcart[k] * units::bohr_A;
    echo.positions = positions;
  }
  auto const electrons = lines.find("nelect:");
  if (electrons < lines.size()) echo.electrons = number_after(lines[electrons], "nelect:");
}

/// Rows "  1   x   y   z" behind a headline.
std::optional<Eigen::Matrix3Xd> rows(Lines const& lines, std::string_view headline, std::int64_t atoms) {
  auto const at = lines.find(headline);
  if (at == lines.size() || atoms < 1 || atoms > 1000000) return std::nullopt;
  Eigen::Matrix3Xd table(3, atoms);
  for (Eigen::Index a = 0; a < atoms; ++a) {
    auto const line = lines[at + 1 + static_cast<std::size_t>(a)];
    auto const words = split_words(line);
    auto const row = vector_at(line, 1);
    if (words.size() != 4 || !row || parse_integer(words[0]) != a + 1) return std::nullopt;
    table.col(a) = *row;
  }
  return table;
}

void read_energy(Lines const& lines, Facts& facts) {
  int blocks = 0;
  std::size_t terms = lines.size();
  for (std::size_t i = 0; i < lines.size(); ++i)
    if (trim(lines[i]) == "--- !EnergyTerms" && ++blocks == 1)
      terms = i;  // "!EnergyTermsDC" is another way to add them up
  auto const after = lines.find("-outvars: echo values of variables after computation");
  auto const total = number_after(lines[lines.find("total_energy        :", terms)], "total_energy");
  auto const in_eV = number_after(lines[lines.find("total_energy_eV", terms)], "total_energy_eV");
  auto const echoed = variable(lines, after, "etotal");
  facts.final_energies = blocks;
  if (!total || echoed.size() != 1) return facts.damaged("the final energy is not there twice");
  if (std::abs(echoed[0] - *total) > 1e-8 * std::abs(*total) ||
      (in_eV && std::abs(*in_eV - *total * hartree_eV) > 1e-6 * std::abs(*in_eV)))
    return facts.damaged(concat("the final energy is ", shortest(*total), " Ha in one place and ", shortest(echoed[0]),
                                " Ha in another"));
  facts.result.energy_eV = *total * hartree_eV;
}

void read_forces(Lines const& lines, Facts& facts) {
  auto const atoms = facts.echo.atoms.value_or(0);
  auto const in_eV = rows(lines, "cartesian forces (eV/Angstrom) at end", atoms);
  auto const atomic = rows(lines, "cartesian forces (hartree/bohr) at end", atoms);
  if (!in_eV || !atomic) return facts.damaged("the forces are incomplete");
  double const unit = hartree_eV / units::bohr_A;
  if ((*in_eV - unit * *atomic).cwiseAbs().maxCoeff() > 1e-6 * (1.0 + in_eV->cwiseAbs().maxCoeff()))
    return facts.damaged("the forces in two units do not agree");
  facts.result.forces = *in_eV;
}

/// " sigma(1 1)=  x  sigma(3 2)=  y" in three lines: 11, 22, 33 and 32, 31, 21.
std::optional<Eigen::Matrix3d> stress_block(Lines const& lines, std::size_t at) {
  Eigen::Matrix3d stress;
  int const place[3][2] = {{2, 1}, {2, 0}, {1, 0}};
  for (int i = 0; i < 3; ++i) {
    auto const line = lines[at + 1 + static_cast<std::size_t>(i)];
    auto const first = number_after(line, concat("sigma(", i + 1, " ", i + 1, ")="));
    auto const second = number_after(line, concat("sigma(", place[i][0] + 1, " ", place[i][1] + 1, ")="));
    if (!first || !second) return std::nullopt;
    stress(i, i) = *first;
    stress(place[i][0], place[i][1]) = stress(place[i][1], place[i][0]) = *second;
  }
  return stress;
}

void read_stress(Lines const& lines, Facts& facts) {
  auto const in_GPa = lines.find("-Cartesian components of stress tensor (GPa)");
  if (in_GPa == lines.size()) {
    if (lines.find("components of stress tensor") < lines.size()) facts.damaged("the stress is incomplete");
    return;
  }
  auto atomic = in_GPa;
  while (atomic > 0 && !lines.has(atomic, "stress tensor (hartree/bohr^3)")) --atomic;
  auto const stress = stress_block(lines, atomic), again = stress_block(lines, in_GPa);
  if (!stress || !again) return facts.damaged("the stress is incomplete");
  if ((*stress * stress_unit * units::GPa - *again).cwiseAbs().maxCoeff() >
      1e-5 * (1e-3 + again->cwiseAbs().maxCoeff()))
    return facts.damaged("the stress in two units does not agree");
  facts.result.stress = stress_unit * *stress;
}

/// "   1   2.00000   up   down   total   difference" in the spheres around the atoms.
void read_moments(Lines const& lines, Facts& facts) {
  auto at = lines.size();
  for (std::size_t i = 0; i < lines.size(); ++i)
    if (lines.has(i, "Diff(up-dn)")) at = i;
  for (Eigen::Index a = 0; at < lines.size() && a < facts.echo.atoms.value_or(0); ++a) {
    auto const numbers = last_numbers(lines[at + 1 + static_cast<std::size_t>(a)], 6);
    if (!numbers) return facts.damaged("the moments of the atoms are incomplete");
    facts.result.moments.push_back(numbers->back());
  }
  auto const total = lines.find("Total magnetization");
  if (total < lines.size()) facts.result.total_moment = number_after(lines[total], ")");
}

void read_cycles(Lines const& lines, Facts& facts) {
  for (std::size_t i = 0; i < lines.size(); ++i) {
    if (lines[i].starts_with(" ETOT ")) {
      ++facts.result.scf_steps;
      if (split_words(lines[i]).size() > 1 && split_words(lines[i])[1] == "1")
        ++facts.scf_cycles, facts.last_scf_converged = false;
    }
    bool const says = lines.has(i, "At SCF step") && lines.has(i, "converged");
    if (says && !lines.has(i, "not")) facts.last_scf_converged = true;
    if (lines[i].find("NaN") != std::string_view::npos && lines.has(i, "ETOT"))
      facts.damaged("the energy is no number");
  }
  facts.relaxes = lines.find("=== [ionmov=") < lines.size();
  facts.relaxed = lines.find("gradients are converged") < lines.size();
  if (facts.relaxes) facts.result.ionic_steps = facts.scf_cycles;
}

}  // namespace

Facts read_abinit(std::string_view text) {
  Lines const lines(text);
  Facts facts;
  facts.stop = find_stop(lines);
  facts.starts = lines.count("of ABINIT") == 0 ? 0 : lines.count(".Version ");
  if (facts.starts == 0) return facts;
  facts.result.code_version = readable(lines[lines.find(".Version ")]);
  if (facts.result.code_version.starts_with('.')) facts.result.code_version.erase(0, 1);
  auto const last = lines.find("+Overall time at end");
  if (last < lines.size() && number_after(lines[last], "wall=") && lines.ends_with_newline() &&
      lines.find(" Calculation completed.") < last)
    facts.ends = lines.count("+Overall time at end");
  read_header(lines, facts);
  read_cycles(lines, facts);
  if (facts.ends == 0) return facts;
  facts.result.wall_s = number_after(lines[last], "wall=");
  if (lines.count("== END DATASET") != 1) facts.damaged("not one data set");
  read_energy(lines, facts);
  read_forces(lines, facts);
  read_stress(lines, facts);
  read_moments(lines, facts);
  if (!facts.relaxes) return facts;
  auto const where = rows(lines, "cartesian coordinates (angstrom) at end", facts.echo.atoms.value_or(0));
  if (!where || !facts.echo.lattice) {
    facts.damaged("the last geometry is incomplete");
    return facts;
  }
  Crystal crystal;
  crystal.lattice = *facts.echo.lattice;
  crystal.positions = *where;
  crystal.numbers = facts.echo.numbers;
  facts.result.relaxed = crystal;
  return facts;
}

}  // namespace nacre::dft::detail
