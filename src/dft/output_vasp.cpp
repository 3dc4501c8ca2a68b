// OUTCAR of VASP, 5.4 and 6; the words of its standard output stand behind it in the text.
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

std::string readable(std::string_view line) { return trim(printable(line)); }

Verdict find_stop(Lines const& lines) {
  struct Said {
    char const* words;
    Failure failure;
  };
  static constexpr Said said[] = {
      {"Error EDDDAV: Call to ZHEGV failed", Failure::diagonalization},
      {"EDDRMM: call to ZHEGV failed", Failure::diagonalization},
      {"Error EDDRMM", Failure::diagonalization},
      {"LAPACK: Routine ZPOTRF failed", Failure::diagonalization},
      {"ZPOTRF", Failure::diagonalization},
      {"PSSYEVX", Failure::diagonalization},
      {"PDSYEVX", Failure::diagonalization},
      {"Sub-Space-Matrix is not hermitian", Failure::diagonalization},
      {"BRMIX: very serious problems", Failure::scf_not_converged},
      {"EDIFF was not reached (unconverged)", Failure::scf_not_converged},
      {"ZBRENT: fatal error", Failure::ions_not_converged},
      {"BRIONS problems: POTIM should be increased", Failure::ions_not_converged},
      {"PRICEL", Failure::bad_geometry},
      {"distance between some ions is very small", Failure::bad_geometry},
      {"hard stop encountered", Failure::interrupted},
      {"soft stop encountered", Failure::interrupted},
      {"insufficient virtual memory", Failure::out_of_memory},
      {"ALLOCATE failed", Failure::out_of_memory},
      {"No space left", Failure::disk_full},
      {"ERROR: there must be 1 or 3 items on line 2 of POSCAR", Failure::bad_input},
      {"Error reading item", Failure::bad_input},
      {"ERROR: the type information is not consistent with the number of types", Failure::bad_input},
      {"number of ionic types", Failure::bad_input},
      {"TOO FEW BANDS", Failure::bad_input},
      {"internal error in subroutine IBZKPT", Failure::bad_input},
      {"VERY BAD NEWS", Failure::crashed},
      {"I REFUSE TO CONTINUE WITH THIS SICK JOB", Failure::bad_input},
      {"POSMAP", Failure::bad_input},
      {"SIGSEGV", Failure::crashed},
      {"forrtl: severe", Failure::crashed},
      {"internal error", Failure::crashed},
  };
  for (auto const& one : said) {
    auto at = lines.find(one.words);
    if (at < lines.size()) return {one.failure, readable(lines[at])};
  }
  return {};
}

void read_header(Lines const& lines, Facts& facts) {
  auto& echo = facts.echo;
  auto const value = [&](char const* key) -> std::optional<double> {
    auto const at = lines.find(key);
    return at < lines.size() ? number_after(lines[at], key) : std::nullopt;
  };
  if (auto const ions = value("NIONS =")) echo.atoms = static_cast<std::int64_t>(*ions);
  if (auto const electrons = value("NELECT =")) echo.electrons = *electrons;
  if (auto const cutoff = value("ENCUT  =")) echo.cutoff_eV = *cutoff;
  std::vector<int> elements;
  for (std::size_t i = 0; i < lines.size(); ++i) {
    auto const at = lines[i].find("VRHFIN =");
    if (at == std::string_view::npos) continue;
    auto const name = trim(lines[i].substr(at + 8, lines[i].find(':', at) - at - 8));
    elements.push_back(atomic_number(name).value_or(0));
  }
  if (!elements.empty()) echo.kinds = static_cast<std::int64_t>(elements.size());
  auto const types = lines.find("ions per type =");
  if (types == lines.size()) return;
  auto const counts = split_words(lines[types].substr(lines[types].find('=') + 1));
  for (std::size_t k = 0; k < counts.size() && k < elements.size(); ++k) {
    auto const count = parse_integer(counts[k]).value_or(0);
    if (count < 0 || count > 1000000) return facts.damaged("the number of ions is no number");
    echo.numbers.insert(echo.numbers.end(), static_cast<std::size_t>(count), elements[k]);
  }
}

void read_lattice(Lines const& lines, Facts& facts) {
  auto const at = lines.find("direct lattice vectors");
  if (at == lines.size()) return;
  Eigen::Matrix3d lattice;
  for (int i = 0; i < 3; ++i) {
    auto const row = vector_at(lines[at + 1 + static_cast<std::size_t>(i)], 0);
    if (!row) return facts.damaged("the lattice vectors are incomplete");
    lattice.col(i) = *row;
  }
  facts.echo.lattice = lattice;
}

/// "POSITION  TOTAL-FORCE (eV/Angst)", a rule, a row for each ion, a rule, the drift.
void read_forces(Lines const& lines, std::size_t at, Facts& facts) {
  facts.result.forces.reset();
  auto const atoms = facts.echo.atoms.value_or(0);
  if (atoms < 1 || atoms > 1000000) return facts.damaged("forces of an unknown number of ions");
  Eigen::Matrix3Xd positions(3, atoms), forces(3, atoms);
  for (Eigen::Index a = 0; a < atoms; ++a) {
    auto const line = lines[at + 2 + static_cast<std::size_t>(a)];
    auto const where = vector_at(line, 0), force = vector_at(line, 3);
    if (!where || !force || split_words(line).size() != 6) return facts.damaged(concat("no force of ion ", a + 1));
    positions.col(a) = *where;
    forces.col(a) = *force;
  }
  auto const rule = at + 2 + static_cast<std::size_t>(atoms);
  if (!trim(lines[rule]).starts_with("-----")) return facts.damaged("more forces than ions");
  auto const drift = lines.find("total drift:", rule);
  auto const sum = drift < rule + 3 ? last_numbers(lines[drift], 3) : std::nullopt;
  if (!sum) return facts.damaged("no drift behind the forces");
  // The drift was taken off: what is left adds up to nothing but rounding.
  if (forces.rowwise().sum().cwiseAbs().maxCoeff() > 1e-5 * static_cast<double>(atoms + 10))
    return facts.damaged("the forces do not add up to zero");
  if (std::hypot((*sum)[0], (*sum)[1], (*sum)[2]) > 0.1 * static_cast<double>(atoms))
    facts.result.warnings.push_back("large drift of the forces: " + readable(lines[drift]));
  facts.result.forces = forces;
  if (!facts.echo.positions) facts.echo.positions = positions;
  if (!facts.echo.lattice) return;
  Crystal crystal;
  crystal.lattice = *facts.echo.lattice;
  crystal.positions = positions;
  crystal.numbers = facts.echo.numbers;
  facts.result.relaxed = crystal;
}

/// "  in kB  XX YY ZZ XY YZ ZX", pressure positive.
void read_stress(Lines const& lines, std::size_t at, Facts& facts) {
  auto const v = last_numbers(lines[at], 6);
  if (!v) return facts.damaged("the stress is incomplete");
  Eigen::Matrix3d kbar;
  kbar << (*v)[0], (*v)[3], (*v)[5], (*v)[3], (*v)[1], (*v)[4], (*v)[5], (*v)[4], (*v)[2];
  // the line above has the same in eV of the cell
  auto const total = at > 0 && trim(lines[at - 1]).starts_with("Total") ? last_numbers(lines[at - 1], 6) : std::nullopt;
  double const volume = facts.echo.lattice ? std::abs(facts.echo.lattice->determinant()) : 0.0;
  for (std::size_t k = 0; total && volume > 0.0 && k < 6; ++k) {
    double const again = (*total)[k] / volume * 10.0 * units::GPa;
    if (std::abs(again - (*v)[k]) > 0.01 + 1e-3 * std::abs(again))
      return facts.damaged("the stress in kB and in eV do not agree");
  }
  auto const pressure = lines.find("external pressure", at);
  if (pressure < at + 4) {
    auto const printed = number_after(lines[pressure], "external pressure");
    if (!printed || std::abs(kbar.trace() / 3.0 - *printed) > 0.02 + 1e-4 * std::abs(*printed))
      return facts.damaged("the stress and the pressure do not agree");
  }
  facts.result.stress = -kbar / (10.0 * units::GPa);
}

void read_energy(Lines const& lines, std::size_t at, Facts& facts) {
  ++facts.final_energies;
  auto const energy = number_after(lines[at], "TOTEN");
  if (!energy) return facts.damaged(concat("no energy in line ", at + 1));
  facts.result.energy_eV = *energy;
  auto before = at;  // the same number ended the electronic steps
  while (before > 0 && !lines.has(before, "free energy    TOTEN")) --before;
  auto const again = number_after(lines[before], "TOTEN");
  auto const dipole = lines.find("adding dipol energy to TOTEN NOW", before);  // then it is in the last one alone
  if (dipole < at) return;
  if (before > 0 && (!again || std::abs(*again - *energy) > 1e-6 * (1.0 + std::abs(*energy))))
    facts.damaged("the energy of the last electronic step is another");
}

/// "magnetization (x)": a row for each ion whose last number is the total.
void read_moments(Lines const& lines, std::size_t at, Facts& facts) {
  auto row = lines.find("-----", at) + 1;
  facts.result.moments.clear();
  for (std::int64_t a = 0; a < facts.echo.atoms.value_or(0); ++a, ++row) {
    auto const words = split_words(lines[row]);
    auto const total = last_numbers(lines[row], 1);
    if (words.empty() || parse_integer(words[0]) != a + 1 || !total)
      return facts.damaged("the moments of the ions are incomplete");
    facts.result.moments.push_back(total->front());
  }
}

void read_body(Lines const& lines, Facts& facts) {
  auto& result = facts.result;
  for (std::size_t i = 0; i < lines.size(); ++i) {
    if (lines.has(i, "free  energy   TOTEN")) read_energy(lines, i, facts);
    else if (lines.has(i, "TOTAL-FORCE (eV/Angst)")) read_forces(lines, i, facts);
    else if (lines.has(i, "  in kB  ")) read_stress(lines, i, facts);
    else if (lines.has(i, "magnetization (x)")) read_moments(lines, i, facts);
    else if (lines.has(i, "number of electron ") && lines.has(i, "magnetization"))
      result.total_moment = number_after(lines[i], "magnetization");
    else if (lines.has(i, "Iteration ")) {
      ++result.scf_steps;
      if (lines.has(i, "(   1)")) ++facts.scf_cycles, facts.last_scf_converged = false;
    } else if (lines.has(i, "aborting loop because EDIFF is reached")) facts.last_scf_converged = true;
    else if (lines.has(i, "IBRION =")) facts.relaxes = number_after(lines[i], "IBRION =").value_or(-1.0) > 0.0;
    else if (lines.has(i, "TOTEN") && lines.has(i, "NaN")) facts.damaged("the energy is no number");
  }
  facts.relaxed = lines.find("reached required accuracy") < lines.size();
  if (facts.relaxes)
    result.ionic_steps = facts.final_energies;
  else
    result.relaxed.reset();
}

}  // namespace

Facts read_vasp(std::string_view text) {
  Lines const lines(text);
  Facts facts;
  facts.stop = find_stop(lines);
  auto const first = std::find_if(text.begin(), text.end(), [](char c) { return c != ' ' && c != '\n'; });
  if (std::string_view(first, text.end()).starts_with("vasp.")) facts.starts = 1;
  if (facts.starts == 0) return facts;
  facts.result.code_version = readable(lines[lines.find("vasp.")]);
  for (std::size_t i = 1; i < lines.size(); ++i) facts.starts += trim(lines[i]).starts_with("vasp.") && lines.has(i, "build");
  auto const timing = lines.find("General timing and accounting");
  if (lines.find("Voluntary context switches:", timing) < lines.size()) facts.ends = lines.count("General timing and accounting");
  auto const elapsed = lines.find("Elapsed time (sec):");
  if (elapsed < lines.size()) facts.result.wall_s = number_after(lines[elapsed], "(sec):");
  read_header(lines, facts);
  read_lattice(lines, facts);
  read_body(lines, facts);
  return facts;
}

}  // namespace nacre::dft::detail
