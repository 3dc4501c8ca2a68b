// Standard output of CP2K, 2022 and later. Its exit status is 0 for much that went wrong.
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
constexpr double force_unit = hartree_eV / units::bohr_A;

std::string readable(std::string_view line) { return trim(printable(line)); }

Failure class_of_abort(std::string const& message) {
  struct Rule {
    char const* words;
    Failure failure;
  };
  static constexpr Rule rules[] = {
      {"geometry wrong", Failure::bad_geometry},
      {"emax_spline", Failure::bad_geometry},
      {"overlap", Failure::bad_geometry},
      {"same position", Failure::bad_geometry},
      {"scf run not converged", Failure::scf_not_converged},
      {"not converged", Failure::scf_not_converged},
      {"cholesky", Failure::diagonalization},
      {"diagonal", Failure::diagonalization},
      {"lapack", Failure::diagonalization},
      {"elpa", Failure::diagonalization},
      {"allocat", Failure::out_of_memory},
      {"memory", Failure::out_of_memory},
      {"no space left", Failure::disk_full},
      {"disk", Failure::disk_full},
      {"basis set", Failure::bad_input},
      {"potential", Failure::bad_input},
      {"keyword", Failure::bad_input},
      {"section", Failure::bad_input},
      {"unknown", Failure::bad_input},
      {"input", Failure::bad_input},
      {"file", Failure::bad_input},
      {"multiplicity", Failure::bad_input},
      {"number of electrons", Failure::bad_input},
      {"not implemented", Failure::bad_input},
  };
  auto const low = lower_case(message);
  for (auto const& rule : rules)
    if (low.find(rule.words) != std::string::npos) return rule.failure;
  return Failure::crashed;
}

/// What stands in the box around [ABORT].
std::string abort_message(Lines const& lines, std::size_t at) {
  std::string message;
  for (auto i = at; i < std::min(at + 12, lines.size()); ++i) {
    auto line = readable(lines[i]);
    line.erase(std::remove_if(line.begin(), line.end(), [](char c) { return c == '*' || c == '|' || c == '\\'; }),
               line.end());
    line = trim(line);
    if (line.empty() || line.find("[ABORT]") != std::string::npos ||
        line.find_first_not_of("_/O- ") == std::string::npos)
      continue;
    if (!message.empty()) message += ' ';
    message += line;
  }
  return message;
}

Verdict find_stop(Lines const& lines) {
  if (auto const at = lines.find("[ABORT]"); at < lines.size()) {
    auto const message = abort_message(lines, at);
    return {class_of_abort(message), message};
  }
  struct Said {
    char const* words;
    Failure failure;
  };
  static constexpr Said said[] = {
      {"exceeded requested execution time", Failure::walltime},
      {"requested execution time exceeded", Failure::walltime},
      {"EXIT file found", Failure::interrupted},
      {"External control", Failure::interrupted},
      {"SCF run NOT converged", Failure::scf_not_converged},
      {"MAXIMUM NUMBER OF OPTIMIZATION STEPS REACHED", Failure::ions_not_converged},
      {"Error allocating", Failure::out_of_memory},
      {"SIGSEGV", Failure::crashed},
      {"Program received signal", Failure::crashed},
  };
  for (auto const& one : said)
    if (auto const at = lines.find(one.words); at < lines.size()) return {one.failure, readable(lines[at])};
  return {};
}

void read_counts(Lines const& lines, Facts& facts) {
  auto const at = lines.find("- Atoms:");
  if (at < lines.size()) facts.echo.atoms = integer_after(lines[at], "- Atoms:");
  auto const kinds = lines.find("- Atomic kinds:");
  if (kinds < lines.size()) facts.echo.kinds = integer_after(lines[kinds], "- Atomic kinds:");
  double electrons = 0.0;  // of both spins: each has its own line before the first guess
  auto const guess = std::min(lines.find("Extrapolation method"), lines.find("SCF WAVEFUNCTION OPTIMIZATION"));
  for (std::size_t i = 0; i < guess; ++i)
    if (lines.has(i, "Number of electrons:")) electrons += number_after(lines[i], "electrons:").value_or(0.0);
  if (electrons > 0.0) facts.echo.electrons = electrons;
}

/// 2023: "# Atom Kind Element X Y Z" and rows; from 2024: "FORCES|" before each row, without kind and element.
void read_forces(Lines const& lines, std::size_t at, Facts& facts) {
  facts.result.forces.reset();
  facts.echo.numbers.clear();
  auto const atoms = facts.echo.atoms.value_or(0);
  if (atoms < 1 || atoms > 1000000) return facts.damaged("forces of an unknown number of atoms");
  bool const fresh = lines.has(at, "FORCES|");
  auto line = at + 1;
  while (line < lines.size() && (trim(lines[line]).empty() || lines.has(line, "Atom"))) ++line;
  Eigen::Matrix3Xd forces(3, atoms);
  for (Eigen::Index a = 0; a < atoms; ++a, ++line) {
    auto words = split_words(lines[line]);
    if (fresh && !words.empty() && words[0] == "FORCES|") words.erase(words.begin());
    auto const row = vector_at(join(words, " "), fresh ? 1 : 3);
    if (words.size() < (fresh ? 4u : 6u) || !row || parse_integer(words[0]) != a + 1)
      return facts.damaged(concat("no force of atom ", a + 1));
    forces.col(a) = *row;
    if (!fresh)
      facts.echo.numbers.push_back(atomic_number(words[2].substr(0, words[2].find_first_of("0123456789"))).value_or(0));
  }
  auto words = split_words(lines[line]);
  bool const sum_there = lines.has(line, "SUM OF ATOMIC FORCES") || (fresh && lines.has(line, "Sum"));
  if (!sum_there) return facts.damaged("no sum behind the forces");
  auto const sum = last_numbers(lines[line], 4);
  if (!sum) return facts.damaged("no sum behind the forces");
  Eigen::Vector3d const printed((*sum)[0], (*sum)[1], (*sum)[2]);
  double const rounding = 1e-8 * static_cast<double>(atoms + 2);
  if ((forces.rowwise().sum() - printed).cwiseAbs().maxCoeff() > rounding ||
      std::abs(printed.norm() - (*sum)[3]) > 3e-8)
    return facts.damaged("the forces do not add up to their sum");
  facts.result.forces = force_unit * forces;
}

/// CP2K prints minus our stress [GPa].
void read_stress(Lines const& lines, std::size_t at, Facts& facts) {
  facts.result.stress.reset();
  Eigen::Matrix3d stress;
  for (int i = 0; i < 3; ++i) {
    auto const row = last_numbers(lines[at + 2 + static_cast<std::size_t>(i)], 3);
    if (!row) return facts.damaged("the stress is incomplete");
    for (int k = 0; k < 3; ++k) stress(i, k) = (*row)[static_cast<std::size_t>(k)];
  }
  auto const trace = last_numbers(lines[at + 5], 1);
  if (!lines.has(at + 5, "1/3 Trace") || !trace ||
      std::abs(stress.trace() / 3.0 - trace->front()) > 1e-9 * (1.0 + std::abs(trace->front())))
    return facts.damaged("the stress and its trace do not agree");
  if ((stress - stress.transpose()).cwiseAbs().maxCoeff() > 1e-6 * (1.0 + stress.cwiseAbs().maxCoeff()))
    return facts.damaged("the stress is not symmetric");
  facts.result.stress = -0.5 * (stress + stress.transpose()) / units::GPa;
}

/// The terms in the lines before "Total energy:" add up to it.
void check_terms(Lines const& lines, std::size_t at, Facts& facts) {
  auto const total = number_after(lines[at], "Total energy:");
  if (!total) return facts.damaged(concat("no energy in line ", at + 1));
  double sum = 0.0;
  for (auto i = at; i-- > 0 && !lines.has(i, "Total charge density");) {
    if (trim(lines[i]).empty() || lines.has(i, "Fermi energy") || !lines.has(i, "nergy")) continue;
    auto const term = last_numbers(lines[i], 1);
    if (!term) return facts.damaged(concat("no number in line ", i + 1));
    sum += term->front();
  }
  if (lines.find("Self energy of the core") < at && std::abs(sum - *total) > 1e-8 * (1.0 + std::abs(*total)))
    facts.damaged(concat("the terms of the energy add up to ", shortest(sum), " Ha, not to ", shortest(*total)));
  if (facts.result.energy_eV) facts.result.energy_eV = *total * hartree_eV;
}

void read_energy(Lines const& lines, std::size_t at, Facts& facts) {
  ++facts.final_energies;
  auto const energy = last_numbers(lines[at], 1);
  if (!energy) return facts.damaged(concat("no energy in line ", at + 1));
  auto total = at;
  while (total > 0 && !lines.has(total, "  Total energy:")) --total;
  if (total > 0) check_terms(lines, total, facts);
  auto const again = number_after(lines[total], "Total energy:");
  // The last is extrapolated to the end of the cycle, and may differ by what is left of its convergence.
  if (again && std::abs(*again - energy->front()) > 1e-4 * (1.0 + 0.01 * std::abs(*again)))
    facts.damaged(
        concat("the final energy is ", shortest(energy->front()), " Ha, the last total energy ", shortest(*again)));
  facts.result.energy_eV = energy->front() * hartree_eV;
}

/// Spin moments of Mulliken's analysis: the last number of each row.
void read_moments(Lines const& lines, std::size_t at, Facts& facts) {
  auto const atoms = facts.echo.atoms.value_or(0);
  auto const head = lines.find("Spin moment", at);
  if (head > at + 4) return;
  facts.result.moments.clear();
  for (Eigen::Index a = 0; a < atoms; ++a) {
    auto const row = last_numbers(lines[head + 1 + static_cast<std::size_t>(a)], 4);
    if (!row) return facts.damaged("the moments of the atoms are incomplete");
    facts.result.moments.push_back(row->back());
  }
}

void read_body(Lines const& lines, Facts& facts) {
  for (std::size_t i = 0; i < lines.size(); ++i) {
    if (lines.has(i, "SCF WAVEFUNCTION OPTIMIZATION"))
      ++facts.scf_cycles, facts.last_scf_converged = false;
    else if (lines.has(i, "*** SCF run converged in"))
      facts.last_scf_converged = true,
      facts.result.scf_steps += static_cast<int>(integer_after(lines[i], "converged in").value_or(0));
    else if (lines.has(i, "ENERGY| Total FORCE_EVAL"))
      read_energy(lines, i, facts);
    else if (lines.has(i, "ATOMIC FORCES in [a.u.]") || lines.has(i, "FORCES| Atomic forces [hartree/bohr]"))
      read_forces(lines, i, facts);
    else if (lines.has(i, "STRESS| Analytical stress tensor [GPa]"))
      read_stress(lines, i, facts);
    else if (lines.has(i, "Mulliken Population Analysis"))
      read_moments(lines, i, facts);
  }
  facts.relaxes = lines.find("Run type") < lines.size() && lines.has(lines.find("Run type"), "GEO_OPT");
  facts.relaxed = lines.find("GEOMETRY OPTIMIZATION COMPLETED") < lines.size();
  if (facts.relaxes) facts.result.ionic_steps = facts.scf_cycles;
}

}  // namespace

Facts read_cp2k(std::string_view text) {
  Lines const lines(text);
  Facts facts;
  facts.stop = find_stop(lines);
  facts.starts = lines.count("PROGRAM STARTED AT");
  if (facts.starts == 0) return facts;
  auto const version = lines.find("CP2K| version string:");
  facts.result.code_version =
      version < lines.size() ? readable(lines[version].substr(lines[version].find(':') + 1)) : "CP2K";
  auto const last = lines.find("PROGRAM ENDED AT");
  if (lines.find("PROGRAM STOPPED IN", last) < lines.size() && lines.ends_with_newline())
    facts.ends = lines.count("PROGRAM ENDED AT");
  read_counts(lines, facts);
  read_body(lines, facts);
  if (!facts.result.stress && lines.find("STRESS|") < lines.size()) facts.damaged("the stress is missing");
  auto const timing = lines.find(" CP2K                                 1  1.0");
  if (auto const numbers = last_numbers(lines[timing], 1)) facts.result.wall_s = numbers->front();
  return facts;
}

}  // namespace nacre::dft::detail
