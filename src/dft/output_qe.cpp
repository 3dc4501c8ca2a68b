// Output of pw.x, 6 and 7. Its numbers stand there more than once, so that a digit that changed is found: the energy is
// the sum of its terms, the total force the norm of the forces, the pressure the trace of the stress in two units.
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

constexpr double force_unit = units::rydberg_eV / units::bohr_A;  // Ry/bohr in eV/Å
constexpr double stress_unit = units::rydberg_eV / (units::bohr_A * units::bohr_A * units::bohr_A);
constexpr double kbar_per_unit = 147105.08;  // of Ry/bohr^3, as pw.x prints

struct Rule {
  char const* words;
  Failure failure;
};

/// Of "Error in routine NAME (n):" and the line behind it.
Failure class_of_error(std::string const& message) {
  static constexpr Rule rules[] = {
      {"overlap", Failure::bad_geometry},        {"check_atoms", Failure::bad_geometry},
      {"error writing", Failure::disk_full},     {"write_rhog", Failure::disk_full},
      {"No space left", Failure::disk_full},     {"i/o error in davcio", Failure::disk_full},
      {"error writing file", Failure::disk_full},
      {"cholesky", Failure::diagonalization},    {"diaghg", Failure::diagonalization},
      {"S matrix not positive", Failure::diagonalization}, {"c_bands", Failure::diagonalization},
      {"bands are not converged", Failure::diagonalization}, {"eigenvectors failed", Failure::diagonalization},
      {"allocat", Failure::out_of_memory},       {"memory", Failure::out_of_memory},
      {"bfgs", Failure::ions_not_converged},     {"dE0s", Failure::ions_not_converged},
      {"read_", Failure::bad_input},             {"card_", Failure::bad_input},
      {"readpp", Failure::bad_input},            {"upf", Failure::bad_input},
      {"pseudo", Failure::bad_input},            {"iosys", Failure::bad_input},
      {"input", Failure::bad_input},             {"setup", Failure::bad_input},
      {"smearing is needed", Failure::bad_input}, {"fixed occupations", Failure::bad_input},
      {"charge is wrong", Failure::bad_input},   {"electrons", Failure::bad_input},
      {"latgen", Failure::bad_input},            {"cell_base", Failure::bad_input},
      {"set_dft", Failure::bad_input},           {"not implemented", Failure::bad_input},
      {"temporary directory", Failure::infrastructure}, {"outdir", Failure::infrastructure},
      {"mp_", Failure::infrastructure},
  };
  auto const low = lower_case(message);
  for (auto const& rule : rules)
    if (low.find(lower_case(rule.words)) != std::string::npos) return rule.failure;
  return Failure::crashed;
}

std::string readable(std::string_view line) { return trim(printable(line)); }

/// What pw.x says went wrong, the worst of it first.
Verdict find_stop(Lines const& lines) {
  if (auto const at = lines.find("Error in routine"); at < lines.size()) {
    auto const message = readable(lines[at]) + " " + readable(lines[at + 1]);
    return {class_of_error(message), message};
  }
  struct Said {
    char const* words;
    Failure failure;
  };
  static constexpr Said said[] = {
      {"Maximum CPU time exceeded", Failure::walltime},
      {"Program stopped by user request", Failure::interrupted},
      {"Calculation stopped in", Failure::interrupted},
      {"convergence NOT achieved", Failure::scf_not_converged},
      {"SCF correction compared to forces is large", Failure::none},
      {"The maximum number of steps has been reached", Failure::ions_not_converged},
      {"bfgs failed after", Failure::ions_not_converged},
      {"history already reset at previous step", Failure::ions_not_converged},
      {"not enough space allocated", Failure::out_of_memory},
      {"Fortran runtime error: End of record", Failure::disk_full},
      {"Fortran runtime error", Failure::crashed},
      {"Program received signal", Failure::crashed},
  };
  for (auto const& one : said)
    if (auto const at = lines.find(one.words); at < lines.size() && one.failure != Failure::none)
      return {one.failure, readable(lines[at])};
  return {};
}

void read_header(Lines const& lines, Facts& facts) {
  auto& echo = facts.echo;
  auto const take = [&](char const* key, auto& target, auto const& reader, double unit) {
    auto const at = lines.find(key);
    if (at == lines.size()) return;
    auto const value = reader(lines[at], key);
    if (!value) return facts.damaged(concat("no number behind '", key, "'"));
    if constexpr (std::is_same_v<std::decay_t<decltype(target)>, std::optional<double>>)
      target = unit * static_cast<double>(*value);
    else
      target = *value;
  };
  take("number of atoms/cell", echo.atoms, integer_after, 1.0);
  take("number of atomic types", echo.kinds, integer_after, 1.0);
  take("number of electrons", echo.electrons, number_after, 1.0);
  take("kinetic-energy cutoff", echo.cutoff_eV, number_after, units::rydberg_eV);
  take("charge density cutoff", echo.density_cutoff_eV, number_after, units::rydberg_eV);
  for (std::size_t i = 0; i < lines.size(); ++i)
    if (lines.has(i, "MD5 check sum:")) echo.md5.push_back(readable(lines[i].substr(lines[i].find(':') + 1)));
}

/// "a(1) = (   0.000000   0.707107   0.707107 )" and "1  Si  tau(   1) = (   0.0   0.0   0.0  )", in units of alat.
std::optional<Eigen::Vector3d> vector_in_brackets(std::string_view line) {
  auto const open = line.rfind('('), close = line.rfind(')');
  if (open == std::string_view::npos || close == std::string_view::npos || close < open) return std::nullopt;
  return vector_at(line.substr(open + 1, close - open - 1), 0);
}

void read_cell(Lines const& lines, Facts& facts) {
  auto const scale = lines.find("celldm(1)=");
  auto const axes = lines.find("crystal axes:");
  if (scale == lines.size() || axes == lines.size()) return;
  auto const alat = number_after(lines[scale], "celldm(1)=");
  if (!alat) return facts.damaged("no lattice parameter behind 'celldm(1)='");
  Eigen::Matrix3d lattice;
  for (int i = 0; i < 3; ++i) {
    auto const axis = vector_in_brackets(lines[axes + 1 + static_cast<std::size_t>(i)]);
    if (!axis) return facts.damaged("the crystal axes are incomplete");
    lattice.col(i) = *alat * units::bohr_A * *axis;
  }
  facts.echo.lattice = lattice;
  facts.echo.precision_A = std::max(1e-4, 2e-6 * *alat * units::bohr_A);
  auto const sites = lines.find("site n.");
  if (sites == lines.size() || !facts.echo.atoms || *facts.echo.atoms < 1 || *facts.echo.atoms > 1000000) return;
  Eigen::Matrix3Xd positions(3, *facts.echo.atoms);
  for (Eigen::Index a = 0; a < positions.cols(); ++a) {
    auto const line = lines[sites + 1 + static_cast<std::size_t>(a)];
    auto const words = split_words(line);
    auto const where = vector_in_brackets(line);
    if (!where || words.size() < 3 || parse_integer(words[0]) != a + 1) return facts.damaged("the sites are incomplete");
    positions.col(a) = *alat * units::bohr_A * *where;
    auto const letters = words[1].substr(0, words[1].find_first_of("0123456789_-"));
    facts.echo.numbers.push_back(atomic_number(letters).value_or(0));
  }
  facts.echo.positions = positions;
}

/// "!    total energy = ... Ry" at `at`, with the terms that it is the sum of.
void read_energy(Lines const& lines, std::size_t at, Facts& facts) {
  auto const energy = number_after(lines[at], "total energy");
  facts.last_scf_converged = false;
  ++facts.final_energies;
  if (!energy) return facts.damaged(concat("no energy in line ", at + 1));
  facts.result.energy_eV = *energy * units::rydberg_eV;
  auto const end = std::min({lines.find("convergence has been achieved", at), lines.find("Forces acting", at),
                             lines.find("Self-consistent Calculation", at)});
  facts.last_scf_converged = lines.has(end, "convergence has been achieved");
  double sum = 0.0;
  bool terms = false;
  for (auto i = at + 1; i < end; ++i) {
    if (lines.has(i, "is the sum of") || lines.has(i, "The total energy is")) terms = true;
    if (!terms || !lines.has(i, "=") || !lines.has(i, "Ry")) continue;
    if (lines.has(i, "internal energy") || lines.has(i, "The total energy")) continue;
    auto const term = number_after(lines[i], "=");
    if (!term) return facts.damaged(concat("no number in line ", i + 1));
    sum += *term;
  }
  auto const smearing = lines.find("smearing contrib. (-TS)", at);
  double const entropy = smearing < end ? number_after(lines[smearing], "(-TS)").value_or(0.0) : 0.0;
  bool const inside = smearing < end && lines.find("is the sum of", at) < smearing;
  // 7.x and earlier print -TS before the terms or among them.
  double const rounding = 1e-6;  // of some ten terms with eight digits
  if (terms && std::abs(sum - *energy) > rounding && std::abs(sum + (inside ? 0.0 : entropy) - *energy) > rounding)
    facts.damaged(concat("the terms of the energy add up to ", shortest(sum), " Ry, not to ", shortest(*energy)));
}

/// "!!   total energy" ends the outer cycle of a hybrid functional: its exact exchange has settled, and the estimate of
/// Harris and Foulkes in the next line is the same number but for what is left of the convergence.
void read_hybrid_energy(Lines const& lines, std::size_t at, Facts& facts) {
  auto const energy = number_after(lines[at], "total energy");
  auto const estimate = number_after(lines[at + 1], "Harris-Foulkes estimate");
  facts.last_scf_converged = false;
  ++facts.final_energies;
  if (!energy || !estimate) return facts.damaged(concat("no energy in line ", at + 1));
  if (std::abs(*energy - *estimate) > 1e-5)
    return facts.damaged(concat("the final energy is ", shortest(*energy), " Ry, its estimate ", shortest(*estimate)));
  facts.result.energy_eV = *energy * units::rydberg_eV;
  auto const end = std::min(lines.find("EXX self-consistency reached", at), lines.find("Self-consistent Calculation", at));
  facts.last_scf_converged = lines.has(end, "EXX self-consistency reached");
}

/// The inner cycles of a hybrid functional have an energy each; none of them is final.
void count_outer_cycles(Lines const& lines, Facts& facts, int inner_energies) {
  if (lines.find("EXX: now go back to refine exchange calculation") == lines.size()) return;
  if (facts.scf_cycles != inner_energies)
    facts.damaged(concat("found ", facts.scf_cycles, " self-consistent cycles and ", inner_energies, " energies"));
  facts.final_energies -= inner_energies;
  facts.scf_cycles = lines.count("EXX self-consistency reached");
}

/// 0 where a geometry says "0" behind the coordinates of an atom, else 1: only these count in the total force.
Eigen::Matrix3Xd free_components(Lines const& lines, Eigen::Index atoms) {
  Eigen::Matrix3Xd free = Eigen::Matrix3Xd::Ones(3, atoms);
  auto const at = lines.find("ATOMIC_POSITIONS (");
  for (Eigen::Index a = 0; at < lines.size() && a < atoms; ++a) {
    auto const words = split_words(lines[at + 1 + static_cast<std::size_t>(a)]);
    for (std::size_t k = 0; words.size() == 7 && k < 3; ++k)
      if (words[4 + k] == "0") free(static_cast<Eigen::Index>(k), a) = 0.0;
  }
  return free;
}

/// The block behind "Forces acting on atoms"; with it the line "Total force".
void read_forces(Lines const& lines, std::size_t at, Facts& facts) {
  facts.result.forces.reset();
  auto const atoms = facts.echo.atoms.value_or(0);
  if (atoms < 1 || atoms > 1000000) return facts.damaged("forces of an unknown number of atoms");
  Eigen::Matrix3Xd forces(3, atoms);
  auto line = at + 1;
  while (line < lines.size() && trim(lines[line]).empty()) ++line;
  for (Eigen::Index a = 0; a < atoms; ++a, ++line) {
    auto const equals = lines[line].find('=');
    if (!lines.has(line, "force =") || integer_after(lines[line], "atom") != a + 1)
      return facts.damaged(concat("no force of atom ", a + 1));
    auto const numbers = last_numbers(lines[line].substr(equals + 1), 3);
    if (!numbers) return facts.damaged(concat("no force of atom ", a + 1));
    for (int k = 0; k < 3; ++k) forces(k, a) = (*numbers)[static_cast<std::size_t>(k)];
  }
  auto const total_line = lines.find("Total force", line);
  auto const total = number_after(lines[total_line], "Total force");
  if (!total) return facts.damaged("no total force behind the forces");
  double const norm = forces.cwiseProduct(free_components(lines, atoms)).norm();
  if (std::abs(norm - *total) > 2e-6 + 1e-6 * norm)
    return facts.damaged(concat("the forces have the norm ", significant(norm, 8), ", not ", shortest(*total)));
  facts.result.forces = force_unit * forces;
}

/// pw.x prints minus our stress, in Ry/bohr^3 and in kbar.
void read_stress(Lines const& lines, std::size_t at, Facts& facts) {
  facts.result.stress.reset();
  auto const pressure = number_after(lines[at], "P=");
  Eigen::Matrix3d stress, kbar;
  for (int i = 0; i < 3; ++i) {
    auto const numbers = last_numbers(lines[at + 1 + static_cast<std::size_t>(i)], 6);
    if (!numbers || !pressure) return facts.damaged("the stress is incomplete");
    for (int k = 0; k < 3; ++k) {
      stress(i, k) = (*numbers)[static_cast<std::size_t>(k)];
      kbar(i, k) = (*numbers)[static_cast<std::size_t>(k) + 3];
    }
  }
  if ((stress * kbar_per_unit - kbar).cwiseAbs().maxCoeff() > 0.01 + 1e-5 * kbar.cwiseAbs().maxCoeff() ||
      std::abs(kbar.trace() / 3.0 - *pressure) > 0.02 + 1e-5 * std::abs(*pressure))
    return facts.damaged("the stress in Ry/bohr^3, in kbar and its trace do not agree");
  facts.result.stress = -stress_unit * stress;
}

/// "ATOMIC_POSITIONS (angstrom)" and an atom in each line.
void read_positions(Lines const& lines, std::size_t at, Facts& facts) {
  if (!lines.has(at, "angstrom") || facts.echo.atoms.value_or(0) < 1 || !facts.echo.lattice) return;
  Crystal crystal;
  crystal.lattice = *facts.echo.lattice;
  crystal.positions.resize(3, *facts.echo.atoms);
  for (Eigen::Index a = 0; a < crystal.positions.cols(); ++a) {
    auto const line = lines[at + 1 + static_cast<std::size_t>(a)];
    auto const where = vector_at(line, 1);
    if (!where) return facts.damaged("a geometry is incomplete");
    crystal.positions.col(a) = *where;
  }
  crystal.numbers = facts.echo.numbers;
  facts.result.relaxed = crystal;
}

/// "atom: 1 charge: 1.7 magn: 0.04", in older versions "atom 1 (R=0.357) charge= 6.7 magn= 2.2".
void read_moments(Lines const& lines, std::size_t at, Facts& facts) {
  facts.result.moments.clear();
  for (auto i = at + 1; lines.has(i, "magn"); ++i) {
    auto const moment = number_after(lines[i], "magn");
    if (!moment) return facts.damaged("the moments of the atoms are incomplete");
    facts.result.moments.push_back(*moment);
  }
}

/// "1m 5.14s CPU   8m13.86s WALL", "2h 3m WALL"
std::optional<double> wall_time(std::string_view line) {
  auto const end = line.find("WALL");
  auto const begin = line.find("CPU");
  if (end == std::string_view::npos || begin == std::string_view::npos || end < begin) return std::nullopt;
  double seconds = 0.0;
  std::string number;
  for (char const c : line.substr(begin + 3, end - begin - 3)) {
    if ((c >= '0' && c <= '9') || c == '.') number += c;
    double const unit = c == 'd' ? 86400.0 : c == 'h' ? 3600.0 : c == 'm' ? 60.0 : c == 's' ? 1.0 : 0.0;
    if (unit == 0.0) continue;
    seconds += unit * parse_double(number).value_or(0.0);
    number.clear();
  }
  return seconds;
}

void read_body(Lines const& lines, Facts& facts) {
  auto& result = facts.result;
  int energies = 0;  // of self-consistent cycles
  for (std::size_t i = 0; i < lines.size(); ++i) {
    if (lines[i].starts_with("!!") && lines.has(i, "total energy")) read_hybrid_energy(lines, i, facts);
    else if (lines[i].starts_with('!') && lines.has(i, "total energy")) ++energies, read_energy(lines, i, facts);
    else if (lines.has(i, "Forces acting on atoms")) read_forces(lines, i, facts);
    else if (lines.has(i, "total   stress")) read_stress(lines, i, facts);
    else if (lines[i].starts_with("ATOMIC_POSITIONS")) read_positions(lines, i, facts);
    else if (lines.has(i, "Magnetic moment per site")) read_moments(lines, i, facts);
    else if (lines.has(i, "total magnetization")) result.total_moment = number_after(lines[i], "total magnetization");
    else if (lines.has(i, "Self-consistent Calculation")) ++facts.scf_cycles;
    else if (lines.has(i, "     iteration #")) ++result.scf_steps;
    else if (lines.has(i, "PWSCF        :")) result.wall_s = wall_time(lines[i]);
    else if (lines.has(i, "NaN") && (lines.has(i, "energy") || lines.has(i, "scf accuracy")))
      facts.damaged(concat("no number in line ", i + 1, ": ", readable(lines[i])));
  }
  count_outer_cycles(lines, facts, energies);
}

}  // namespace

Echo read_qe_image(std::string_view text) {
  Lines const lines(text);
  Facts facts;
  read_header(lines, facts);
  read_cell(lines, facts);
  auto const kinds = static_cast<std::size_t>(facts.echo.kinds.value_or(0));
  if (facts.echo.md5.size() > kinds) facts.echo.md5.resize(kinds);  // each iteration says it again
  return facts.echo;
}

Facts read_qe(std::string_view text) {
  Lines const lines(text);
  Facts facts;
  facts.stop = find_stop(lines);
  facts.starts = lines.count("Program PWSCF");
  for (std::size_t i = 0; i < lines.size(); ++i)
    if (trim(lines[i]) == "JOB DONE." && trim(lines[i + 1]) == "=" + std::string(78, '-') + "=") ++facts.ends;
  if (facts.starts == 0) return facts;
  facts.result.code_version = readable(lines[lines.find("Program PWSCF")]);
  read_header(lines, facts);
  read_cell(lines, facts);
  facts.relaxes = lines.find("BFGS Geometry Optimization") < lines.size() || lines.find("number of bfgs steps") < lines.size() ||
                  lines.find("force convergence thresh.") < lines.size();
  read_body(lines, facts);
  facts.relaxed = lines.find("bfgs converged in") < lines.size() && lines.find("End final coordinates") < lines.size();
  facts.result.ionic_steps = facts.relaxes ? facts.final_energies : 0;
  if (facts.final_energies != 0 && facts.scf_cycles != facts.final_energies)
    facts.damaged(concat("found ", facts.scf_cycles, " self-consistent cycles and ", facts.final_energies, " energies"));
  if (!facts.result.stress && lines.find("Computing stress") < lines.size()) facts.damaged("the stress is missing");
  if (!facts.relaxes) facts.result.relaxed.reset();
  return facts;
}

}  // namespace nacre::dft::detail
