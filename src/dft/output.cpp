// Lines, numbers and bytes of outputs; the code's verdict.
#include <algorithm>
#include <cmath>

#include "nacre/core/error.hpp"
#include "nacre/core/text.hpp"
#include "output_detail.hpp"

namespace nacre::dft::detail {

Lines::Lines(std::string_view text) : newline_(text.ends_with('\n')) {
  while (!text.empty()) {
    auto const end = std::min(text.find('\n'), text.size());
    auto line = text.substr(0, end);
    if (line.ends_with('\r')) line.remove_suffix(1);
    lines_.push_back(line);
    text.remove_prefix(std::min(end + 1, text.size()));
  }
}

std::size_t Lines::find(std::string_view part, std::size_t from) const {
  while (from < lines_.size() && !has(from, part)) ++from;
  return std::min(from, lines_.size());
}

int Lines::count(std::string_view part) const {
  int sum = 0;
  for (std::size_t i = 0; i < lines_.size(); ++i) sum += has(i, part);
  return sum;
}

namespace {

std::string_view word_after(std::string_view line, std::string_view key) {
  auto const at = line.find(key);
  if (at == std::string_view::npos) return {};
  line.remove_prefix(at + key.size());
  auto const begin = line.find_first_not_of(" \t=:<");
  if (begin == std::string_view::npos) return {};
  line.remove_prefix(begin);
  return line.substr(0, line.find_first_of(" \t,;"));
}

}  // namespace

std::optional<double> number_after(std::string_view line, std::string_view key) {
  auto const value = parse_double(word_after(line, key));
  return value && std::isfinite(*value) ? value : std::nullopt;
}

std::optional<std::int64_t> integer_after(std::string_view line, std::string_view key) {
  return parse_integer(word_after(line, key));
}

std::optional<std::vector<double>> last_numbers(std::string_view line, std::size_t count) {
  auto const words = split_words(line);
  if (words.size() < count) return std::nullopt;
  std::vector<double> numbers;
  for (auto i = words.size() - count; i < words.size(); ++i) {
    auto const value = parse_double(words[i]);
    if (!value || !std::isfinite(*value)) return std::nullopt;
    numbers.push_back(*value);
  }
  return numbers;
}

std::optional<Eigen::Vector3d> vector_at(std::string_view line, std::size_t first) {
  auto const words = split_words(line);
  if (words.size() < first + 3) return std::nullopt;
  Eigen::Vector3d v;
  for (std::size_t k = 0; k < 3; ++k) {
    auto const value = parse_double(words[first + k]);
    if (!value || !std::isfinite(*value)) return std::nullopt;
    v[static_cast<Eigen::Index>(k)] = *value;
  }
  return v;
}

std::string find_bad_bytes(std::string_view text) {
  auto const shown = printable(text);  // shows every byte that does not belong
  if (shown == text) return {};
  auto const at = std::mismatch(text.begin(), text.end(), shown.begin(), shown.end()).first;
  if (at != text.end() && (*at == '\r' || *at == '\f')) {  // some codes write them
    std::string plain;
    for (char const c : text)
      if (c != '\r' && c != '\f') plain += c;
    return printable(plain) == plain ? std::string() : find_bad_bytes(plain);
  }
  auto const line = 1 + std::count(text.begin(), at, '\n');
  return concat("line ", line, " holds bytes that no program wrote");
}

Verdict find_launch_failure(std::string_view text) {
  struct Sign {
    char const* words;
    Failure failure;
  };
  static constexpr Sign signs[] = {
      {"command not found", Failure::infrastructure},
      {"error while loading shared libraries", Failure::infrastructure},
      {"cannot execute", Failure::infrastructure},
      {"slurmstepd: error: Detected", Failure::out_of_memory},
      {"oom-kill", Failure::out_of_memory},
      {"Cannot allocate memory", Failure::out_of_memory},
      {"Out of memory", Failure::out_of_memory},
      {"No space left on device", Failure::disk_full},
      {"Disk quota exceeded", Failure::disk_full},
      {"DUE TO TIME LIMIT", Failure::walltime},
      {"DUE TO NODE FAILURE", Failure::infrastructure},
      {"Stale file handle", Failure::infrastructure},
      {"exited on signal 9", Failure::killed},
      {"exited on signal 15", Failure::killed},
      {"exited on signal 11", Failure::crashed},
      {"ORTE has lost communication", Failure::infrastructure},
      {"A daemon (pid", Failure::infrastructure},
  };
  for (auto const& sign : signs) {
    auto const at = text.find(sign.words);
    if (at == std::string_view::npos) continue;
    auto const begin = text.rfind('\n', at) == std::string_view::npos ? 0 : text.rfind('\n', at) + 1;
    return {sign.failure, trim(printable(text.substr(begin, text.find('\n', at) - begin)))};
  }
  return {};
}

namespace {

Verdict from_scheduler(SchedulerWord word) {
  switch (word) {
    case SchedulerWord::timeout: return {Failure::walltime, "the scheduler ended it at its time limit"};
    case SchedulerWord::out_of_memory: return {Failure::out_of_memory, "the scheduler says out of memory"};
    case SchedulerWord::node_failure: return {Failure::infrastructure, "the scheduler says that the node failed"};
    case SchedulerWord::cancelled: return {Failure::interrupted, "the scheduler says that it was cancelled"};
    case SchedulerWord::failed: return {Failure::crashed, "the scheduler says that it failed"};
    case SchedulerWord::none:
    case SchedulerWord::completed: return {};
  }
  return {};
}

/// A signal, or the exit status by which a shell reports one.
Verdict from_signal(Ending const& ending) {
  int const signal = ending.signal > 0 ? ending.signal
                     : ending.exit_status && *ending.exit_status > 128 && *ending.exit_status < 160
                         ? *ending.exit_status - 128
                         : 0;
  if (signal == 0) return {};
  auto const reason = concat("ended by signal ", signal);
  if (signal == 9 || signal == 15 || signal == 1 || signal == 2) return {Failure::killed, reason};
  if (signal == 24) return {Failure::walltime, reason + " (processor time used up)"};
  if (signal == 25) return {Failure::disk_full, reason + " (file too large)"};
  return {Failure::crashed, reason};
}

Verdict from_marks(Facts const& facts, Ending const& ending) {
  if (facts.ends == 0) {
    bool const clean = ending.exit_status == 0 && ending.signal == 0;
    return {clean ? Failure::truncated : Failure::killed, "the output stops before its end mark"};
  }
  if (ending.exit_status && *ending.exit_status != 0)
    return {Failure::crashed, concat("exit status ", *ending.exit_status, " without a word of the code")};
  if (!ending.exit_status) return {Failure::infrastructure, "the exit status of the program is unknown"};
  if (facts.starts != 1 || facts.ends != 1)
    return {Failure::damaged, concat("the output begins ", facts.starts, " times and ends ", facts.ends, " times")};
  return {};
}

Verdict from_numbers(Facts const& facts) {
  auto const& result = facts.result;
  if (facts.band && !facts.relaxed) return {Failure::ions_not_converged, "nothing says that the band converged"};
  if (facts.band && !result.barrier_eV) return {Failure::damaged, "it ends, but gives no energies of the images"};
  if (facts.band) return {};
  if (facts.final_energies == 0 || !result.energy_eV)
    return {Failure::damaged, "it ends, but gives no final energy"};
  if (!facts.relaxes && facts.final_energies != 1)
    return {Failure::damaged, concat("found ", facts.final_energies, " final energies where there is one")};
  if (!std::isfinite(*result.energy_eV)) return {Failure::damaged, "the energy is no number"};
  if (!facts.last_scf_converged)
    return {Failure::scf_not_converged, "nothing says that the last self-consistent cycle converged"};
  if (facts.relaxes && !facts.relaxed)
    return {Failure::ions_not_converged, "nothing says that the relaxation converged"};
  if (!result.forces) return {Failure::damaged, "it gives no forces of all atoms"};
  return {};
}

}  // namespace

Verdict judge_code(Facts const& facts, std::string_view text, Ending const& ending) {
  if (trim(text).empty()) {
    if (auto const said = from_scheduler(ending.scheduler); !said.fine()) return said;
    if (auto const said = from_signal(ending); !said.fine()) return said;
    return {Failure::not_started, "there is no output"};
  }
  if (!facts.stop.fine()) return facts.stop;
  auto const launch = find_launch_failure(text);
  if (facts.starts == 0) return launch.fine() ? Verdict{Failure::damaged, "the output is not of this code"} : launch;
  if (auto const bad = find_bad_bytes(text); !bad.empty()) return {Failure::damaged, bad};
  for (auto const& said : {from_scheduler(ending.scheduler), facts.ends == 0 ? launch : Verdict{}, from_signal(ending),
                           from_marks(facts, ending)})
    if (!said.fine()) return said;
  if (!facts.damage.empty()) return {Failure::damaged, facts.damage};
  return from_numbers(facts);
}

}  // namespace nacre::dft::detail
