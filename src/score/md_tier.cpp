// What the jobs of molecular dynamics say together.
#include "nacre/score/md_tier.hpp"

#include <algorithm>
#include <cmath>
#include <map>

#include "md_names.hpp"
#include "nacre/core/error.hpp"
#include "nacre/core/text.hpp"

namespace nacre {
namespace {

constexpr int contacts_of_a_pair = 2;
constexpr int fewest_arrangements = 2;  // that tell of each other
constexpr double ln10 = 2.302585092994046;

/// The job broke, and says nothing of the candidate.
bool broke(JobResult const& result) {
  auto const& estimate = result.estimate;
  return estimate.status == Status::crashed || estimate.status == Status::timeout ||
         (estimate.status == Status::failed && estimate.reason.starts_with("exception: "));
}

Conduction none(JobResult const& result) {
  Conduction number;
  number.status = result.estimate.ok() ? Status::failed : result.estimate.status;
  number.reason = result.estimate.reason;
  return number;
}

bool is(JobResult const& result, char const* name, double value) {
  auto const found = result.values.find(name);
  return found != result.values.end() && found->second == value;
}
bool is(JobResult const& result, MdStep step) { return is(result, "step", static_cast<double>(step)); }

Conduction read(JobResult const& result, std::string const& name) {
  auto const found = result.values.find(name + " status");
  if (found == result.values.end()) return none(result);
  Conduction number;
  number.status = static_cast<Status>(static_cast<int>(found->second));
  number.value = result.values.at(name);
  number.error = result.values.at(name + " error");
  if (number.status != Status::ok) number.reason = result.estimate.reason;
  return number;
}

/// The trajectories of one subject with one arrangement.
using Trajectories = std::vector<JobResult const*>;

Conduction over_seeds(Trajectories const& runs, std::string const& name) {
  std::vector<Conduction> values;
  for (auto const* run : runs) values.push_back(read(*run, name));
  return over_arrangements(values);
}

CellConduction cell_of(Trajectories const& runs) {
  CellConduction cell;
  cell.sheet = {over_seeds(runs, "sheet x"), over_seeds(runs, "sheet y")};
  cell.resistance = over_seeds(runs, "resistance");
  return cell;
}

/// One arrangement: its trajectories by subject.
struct Arrangement {
  std::array<Trajectories, 3> runs;
  Conduction failure;  ///< status ok: none
  bool broke = false;
};

/// All that belongs to one temperature and number of repeats.
struct Measured {
  std::map<int, Arrangement> arrangements;
  std::array<bool, 3> carries{true, true, true};
  Conduction failure;  ///< of what all of them need; status ok: none
};

void take_input(Measured& measured, JobResult const& result, double temperature, int repeats) {
  bool const common = (is(result, MdStep::prepare) && is(result, "repeats", repeats)) ||
                      (is(result, MdStep::expansion) && is(result, "temperature", temperature));
  if (common && !result.estimate.ok()) measured.failure = none(result);
  if (!is(result, "repeats", repeats)) return;
  if (is(result, MdStep::prepare) && result.estimate.ok())
    for (int k : {1, 2}) measured.carries[static_cast<std::size_t>(k)] = is(result, k == 1 ? "carries 1" : "carries 2", 1.0);
  if (!is(result, MdStep::arrangement)) return;
  auto& arrangement = measured.arrangements[detail::integer_of(result.values, "arrangement")];
  if (result.estimate.ok()) return;
  arrangement.failure = none(result);
  arrangement.broke = arrangement.broke || broke(result);
}

Measured measured_at(std::span<JobResult const> results, double temperature, int repeats) {
  Measured measured;
  measured.failure.status = Status::ok;
  for (auto const& result : results) take_input(measured, result, temperature, repeats);
  for (auto const& result : results) {
    if (!is(result, MdStep::trajectory) || !is(result, "repeats", repeats) || !is(result, "temperature", temperature))
      continue;
    auto& arrangement = measured.arrangements[detail::integer_of(result.values, "arrangement")];
    // a broken trajectory costs its arrangement that one
    if (!broke(result)) arrangement.runs[static_cast<std::size_t>(detail::subject_of(result.values))].push_back(&result);
  }
  return measured;
}

/// Values of the arrangements that have one, or that say why they cannot.
template <class Pick>
std::vector<Conduction> values_of(Measured const& measured, bool layers, int& left_out, Pick const& pick) {
  std::vector<Conduction> values;
  left_out = 0;
  for (auto const& [number, arrangement] : measured.arrangements) {
    bool whole = true;
    for (std::size_t k = 0; k < (layers ? 3u : 1u); ++k)
      whole = whole && (!measured.carries[k] || !arrangement.runs[k].empty());
    bool const failed = arrangement.failure.reason.empty() ? false : !arrangement.broke;
    if (failed) {
      values.push_back(arrangement.failure);
    } else if (whole) {
      values.push_back(pick(arrangement));
    } else {
      ++left_out;
    }
  }
  return values;
}

Conduction without(Status status, std::string reason) {
  Conduction number;
  number.status = status;
  number.reason = std::move(reason);
  return number;
}

Conduction over(Measured const& measured, std::vector<Conduction> const& values, int left_out) {
  if (measured.failure.status != Status::ok) return measured.failure;
  auto const mean = over_arrangements(values);
  bool const few = left_out > 0 && static_cast<int>(values.size()) < fewest_arrangements;
  if (few && (values.empty() || mean.status == Status::ok))  // else it says why the stack has no value
    return without(Status::failed, concat("few_arrangements: ", left_out, " of ", left_out + values.size(),
                                          " broke, and ", fewest_arrangements, " must be left"));
  return mean;
}

Conduction mean_of_two(Conduction const& a, Conduction const& b) {
  if (a.status != Status::ok) return a;
  if (b.status != Status::ok) return b;
  return {Status::ok, "", 0.5 * (a.value + b.value), 0.5 * std::hypot(a.error, b.error)};
}

}  // namespace

MdTransport md_transport(std::span<JobResult const> results, double temperature, int repeats) {
  auto const measured = measured_at(results, temperature, repeats);
  MdTransport mean;
  auto const of_each = [&](auto const& pick) {
    auto const values = values_of(measured, true, mean.left_out, [&](Arrangement const& arrangement) {
      std::array const layers{cell_of(arrangement.runs[1]), cell_of(arrangement.runs[2])};
      return pick(contact_transport(cell_of(arrangement.runs[0]), layers, {measured.carries[1], measured.carries[2]},
                                    contacts_of_a_pair));
    });
    mean.arrangements = static_cast<int>(values.size());
    return over(measured, values, mean.left_out);
  };
  mean.in_plane = of_each([](auto const& t) { return mean_of_two(t.g[0], t.g[1]); });
  for (std::size_t k = 0; k < 3; ++k) mean.transport.g[k] = of_each([k](auto const& t) { return t.g[k]; });
  for (std::size_t k = 0; k < 2; ++k) mean.transport.dS[k] = of_each([k](auto const& t) { return t.dS[k]; });
  mean.transport.dR = of_each([](auto const& t) { return t.dR; });
  int left_out = 0;
  auto const of_stack = [&](char const* name) {
    auto const values = values_of(measured, false, left_out, [&](auto const& a) { return over_seeds(a.runs[0], name); });
    return over(measured, values, left_out);
  };
  mean.exchange = of_stack("exchange");
  mean.stress = of_stack("stress");
  return mean;
}

Conduction md_log_conductivity(std::span<JobResult const> results, double temperature) {
  auto const measured = measured_at(results, temperature, 0);
  int left_out = 0;
  auto const values = values_of(measured, false, left_out, [](Arrangement const& arrangement) {
    std::vector<Conduction> seeds;
    for (auto const* run : arrangement.runs[0]) {
      auto const& sigma = run->estimate;
      seeds.push_back({sigma.status, sigma.reason, sigma.ok() ? sigma.value : 0.0, sigma.ok() ? sigma.standard_error : 0.0});
    }
    auto number = over_arrangements(seeds);
    if (number.status != Status::ok) return number;
    number.error /= number.value * ln10;
    number.value = std::log10(number.value);
    return number;
  });
  return over(measured, values, left_out);
}

}  // namespace nacre
