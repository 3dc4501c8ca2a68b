#include "nacre/dft/result.hpp"

#include <Eigen/LU>
#include <algorithm>
#include <array>
#include <cmath>

#include "nacre/core/error.hpp"
#include "nacre/core/text.hpp"
#include "nacre/core/units.hpp"
#include "nacre/crystal/elements.hpp"
#include "nacre/crystal/io.hpp"
#include "nacre/dft/kinds.hpp"
#include "output_detail.hpp"

namespace nacre::dft {
namespace {

namespace fs = std::filesystem;
using detail::Facts;

std::vector<std::string> const failure_words{
    "none",        "not_started",       "killed",             "out_of_memory",   "disk_full",    "walltime",
    "interrupted", "infrastructure",    "scf_not_converged",  "ions_not_converged", "diagonalization", "bad_geometry",
    "bad_input",   "crashed",           "truncated",          "damaged",         "mismatch",     "implausible"};

Facts facts_of(Code code, bool band, std::string_view text) {
  switch (code) {
    case Code::qe: return band ? detail::read_qe_neb(text) : detail::read_qe(text);
    case Code::vasp: return detail::read_vasp(text);
    case Code::cp2k: return detail::read_cp2k(text);
    case Code::abinit: return detail::read_abinit(text);
  }
  return {};
}

/// The file's bytes; nothing where it cannot be read.
std::optional<std::string> content(fs::path const& path) {
  std::error_code failed;
  if (!fs::is_regular_file(path, failed) || failed) return std::nullopt;
  try {
    return read_file(path);
  } catch (Error const&) {
    return std::nullopt;
  }
}

/// The file that the numbers are read from.
std::string main_output(Job const& job) {
  switch (job.code) {
    case Code::qe: return job.kind == Kind::neb ? "neb.out" : "pw.out";
    case Code::vasp: return "OUTCAR";
    case Code::cp2k: return "cp2k.out";
    case Code::abinit: return "run.abo";
  }
  return {};
}

/// Where a code says why it stopped, beside its main output.
std::vector<std::string> other_outputs(Job const& job) {
  switch (job.code) {
    case Code::qe: return {"CRASH", "stderr", "pw.err"};
    case Code::vasp: return {"vasp.out", "stderr"};
    case Code::cp2k: return {"stderr"};
    case Code::abinit: return {"abinit.log", "__ABI_MPIABORTFILE__", "stderr"};
  }
  return {};
}

/// From the order of the deck into the order of the job.
void reorder(Result& result, std::vector<std::size_t> const& order) {
  auto const place = [&](Eigen::Matrix3Xd const& from) {
    Eigen::Matrix3Xd to = from;
    for (std::size_t i = 0; i < order.size(); ++i)
      to.col(static_cast<Eigen::Index>(order[i])) = from.col(static_cast<Eigen::Index>(i));
    return to;
  };
  auto const atoms = static_cast<Eigen::Index>(order.size());
  if (result.forces && result.forces->cols() == atoms) result.forces = place(*result.forces);
  if (result.relaxed && result.relaxed->positions.cols() == atoms)
    result.relaxed->positions = place(result.relaxed->positions);
  if (result.moments.size() == order.size()) {
    auto const from = result.moments;
    for (std::size_t i = 0; i < order.size(); ++i) result.moments[order[i]] = from[i];
  }
}

/// The last geometry of CP2K stands in a file of its own, with coordinates only.
void read_trajectory(Facts& facts, Job const& job, fs::path const& folder) {
  auto const text = content(folder / "nacre-pos-1.xyz");
  auto const atoms = job.structure.size();
  if (!text) return facts.damaged("no geometries in 'nacre-pos-1.xyz'");
  detail::Lines const lines(*text);
  if (lines.size() < atoms + 2 || lines.size() % (atoms + 2) != 0 || !lines.ends_with_newline())
    return facts.damaged("'nacre-pos-1.xyz' is incomplete");
  Crystal crystal = job.structure;
  for (std::size_t a = 0; a < atoms; ++a) {
    auto const line = lines[lines.size() - atoms + a];
    auto const words = split_words(line);
    auto const where = detail::vector_at(line, 1);
    if (!where || words[0].rfind(symbol(job.structure.numbers[a]), 0) != 0)
      return facts.damaged("'nacre-pos-1.xyz' is of other atoms");
    crystal.positions.col(static_cast<Eigen::Index>(a)) = *where;
  }
  facts.result.relaxed = crystal;
}

/// The relaxed crystal as the job names it: elements, charges and cell to the last digit.
void complete_crystal(Result& result, Job const& job) {
  if (!result.relaxed) return;
  if (job.kind != Kind::relax || result.relaxed->positions.cols() != job.structure.positions.cols()) {
    result.relaxed.reset();
    return;
  }
  auto crystal = job.structure;
  crystal.positions = result.relaxed->positions;
  for (std::size_t i = 0; i < job.frozen.size(); ++i)
    if (job.frozen[i])
      crystal.positions.col(static_cast<Eigen::Index>(i)) = job.structure.positions.col(static_cast<Eigen::Index>(i));
  result.relaxed = crystal;
}

std::string find_stale(fs::path const& folder, std::string const& output) {
  std::error_code failed;
  auto const deck = fs::last_write_time(folder / "job.json", failed);
  if (failed) return {};
  auto const written = fs::last_write_time(folder / output, failed);
  if (failed || written >= deck) return {};
  return concat("'", output, "' is older than its deck");
}

Verdict with_other_outputs(Job const& job, fs::path const& folder, Facts& facts, Verdict verdict) {
  if (verdict.fine()) return verdict;
  bool const vague = verdict.failure == Failure::not_started || verdict.failure == Failure::crashed ||
                     verdict.failure == Failure::truncated || verdict.failure == Failure::damaged ||
                     verdict.failure == Failure::infrastructure || verdict.failure == Failure::killed;
  if (!vague) return verdict;
  for (auto const& name : other_outputs(job)) {
    auto const text = content(folder / name);
    if (!text) continue;
    auto said = facts_of(job.code, false, *text).stop;
    if (said.fine() && verdict.failure != Failure::killed) said = detail::find_launch_failure(*text);
    if (!said.fine()) return said;
  }
  (void)facts;
  return verdict;
}

}  // namespace

std::string_view to_string(Failure failure) { return failure_words[static_cast<std::size_t>(failure)]; }

Failure failure_from(std::string_view word) {
  auto const found = std::find(failure_words.begin(), failure_words.end(), word);
  require(found != failure_words.end(), "unknown failure '", word, "'", did_you_mean(word, failure_words));
  return static_cast<Failure>(found - failure_words.begin());
}

Result read_output(Code code, std::string_view text, Ending const& ending) {
  auto facts = facts_of(code, false, text);
  facts.result.code = detail::judge_code(facts, text, ending);
  Job job;
  job.kind = facts.relaxes ? Kind::relax : Kind::single_point;
  job.settings.force_threshold = 1.0;  // the deck would say; here only what no relaxation leaves
  if (facts.echo.lattice) job.structure.lattice = *facts.echo.lattice;
  if (facts.echo.positions) job.structure.positions = *facts.echo.positions;
  job.structure.numbers = facts.echo.numbers;
  if (facts.result.code.fine()) facts.result.physics = detail::judge_physics(facts.result, job);
  return facts.result;
}

Result read_result(Job const& job, fs::path const& folder, Ending const& ending) {
  if (job.kind == Kind::neb && job.code == Code::vasp) return detail::read_vasp_band(job, folder, ending);
  auto const name = main_output(job);
  auto text = content(folder / name).value_or("");
  if (job.code == Code::vasp)
    if (auto const words = content(folder / "vasp.out")) text += text.empty() ? "" : "\n" + *words;
  auto facts = facts_of(job.code, job.kind == Kind::neb, text);
  if (job.code == Code::cp2k && job.kind == Kind::relax && facts.relaxed) read_trajectory(facts, job, folder);
  if (facts.band && job.code == Code::qe)
    facts.echo = detail::read_qe_image(content(folder / "out" / "nacre_1" / "PW.out").value_or(""));
  auto& result = facts.result;
  result.code = with_other_outputs(job, folder, facts, detail::judge_code(facts, text, ending));
  if (result.code.failure == Failure::interrupted && job.code == Code::vasp && job.time_limit_s > 0.0)
    result.code.failure = Failure::walltime;  // by the stop file at the end of its time
  if (result.code.fine()) {
    auto difference = find_stale(folder, name);
    try {
      if (difference.empty()) difference = detail::compare_with_deck(facts, job, make_deck(job));
    } catch (Error const& error) {
      difference = concat("the deck cannot be written again: ", error.what());
    }
    if (!difference.empty()) result.code = {Failure::mismatch, difference};
  }
  if (job.code == Code::vasp) {
    try {
      reorder(result, make_deck(job).atom_order);
    } catch (Error const&) {
      result.forces.reset();
    }
  }
  complete_crystal(result, job);
  if (result.code.fine()) result.physics = detail::judge_physics(result, job);
  if (auto const reduced = find_reduced(job, result.moments); !reduced.empty()) {
    result.reduced = true;
    result.warnings.push_back("reduced: " + reduced);
  }
  if (job.adjustments.smearing_factor != 1.0) {
    result.changes_physics = true;
    result.warnings.push_back(concat("smearing ", shortest(job.adjustments.smearing_factor), " times that of the level"));
  }
  return result;
}

Value to_value(Result const& result) {
  auto const verdict = [](Verdict const& one) {
    return Value::Object{{"failure", to_string(one.failure)}, {"reason", one.reason}};
  };
  auto const maybe = [](std::optional<double> const& number) { return number ? Value(*number) : Value(); };
  auto const vectors = [](Eigen::Matrix3Xd const& columns) {
    Value list = Value::array();
    for (Eigen::Index i = 0; i < columns.cols(); ++i)
      list.push_back(Value::Array{columns(0, i), columns(1, i), columns(2, i)});
    return list;
  };
  Value moments = Value::array(), warnings = Value::array(), images = Value::array();
  for (double const moment : result.moments) moments.push_back(moment);
  for (auto const& warning : result.warnings) warnings.push_back(warning);
  for (double const energy : result.image_energies_eV) images.push_back(energy);
  return Value::Object{{"done", result.done()},
                       {"code", verdict(result.code)},
                       {"physics", verdict(result.physics)},
                       {"energy_eV", maybe(result.energy_eV)},
                       {"forces_eV_per_A", result.forces ? vectors(*result.forces) : Value()},
                       {"stress_eV_per_A3", result.stress ? vectors(*result.stress) : Value()},
                       {"relaxed_lattice_A", result.relaxed ? vectors(result.relaxed->lattice) : Value()},
                       {"relaxed_positions_A", result.relaxed ? vectors(result.relaxed->positions) : Value()},
                       {"moments_muB", moments},
                       {"total_moment_muB", maybe(result.total_moment)},
                       {"image_energies_eV", images},
                       {"barrier_eV", maybe(result.barrier_eV)},
                       {"electrons", maybe(result.electrons)},
                       {"scf_steps", result.scf_steps},
                       {"ionic_steps", result.ionic_steps},
                       {"wall_s", maybe(result.wall_s)},
                       {"code_version", result.code_version},
                       {"warnings", warnings},
                       {"reduced", result.reduced},
                       {"changes_physics", result.changes_physics}};
}

}  // namespace nacre::dft
