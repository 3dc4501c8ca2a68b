// bench_utilisation: how busy the virtual clock keeps a machine. Tasks of lognormal length, their expected work wrong
// by a lognormal factor, results awaited where the clock makes them visible, start and drain included; the coordinator
// takes `service` seconds for each proposal with its result. Beside it the bound: the same tasks in the same order by a
// coordinator that never waits for a result.
#include <algorithm>
#include <cmath>
#include <cstdio>
#include <queue>
#include <vector>

#include "nacre/core/rng.hpp"
#include "nacre/parallel/clock.hpp"

namespace {

struct Machine {
  int workers = 64;
  double slots_per_worker = 2.0, slack = 0.5;
  double cv = 1.0;       ///< of the seconds that a task takes; their mean is 1
  double error = 0.3;    ///< deviation of the logarithm of expected over true work
  double service = 0.0;  ///< [s]
};

/// What the seconds of the tasks are spent on: workers, first come first served.
class Workers {
 public:
  explicit Workers(int workers) {
    for (int i = 0; i < workers; ++i) free_.push(0.0);
  }
  double run(double issued, double seconds) {
    auto const start = std::max(issued, free_.top());
    free_.pop();
    free_.push(start + seconds);
    intervals_.emplace_back(start, start + seconds);
    return start + seconds;
  }
  /// Share of the time until `end` in which a worker works.
  double busy(double end) const {
    double work = 0.0;
    for (auto const& [from, to] : intervals_) work += std::max(0.0, std::min(to, end) - from);
    return work / (static_cast<double>(free_.size()) * end);
  }
  double last() const {
    double last = 0.0;
    for (auto const& [from, to] : intervals_) last = std::max(last, to);
    return last;
  }

 private:
  std::vector<std::pair<double, double>> intervals_;
  std::priority_queue<double, std::vector<double>, std::greater<>> free_;
};

struct Shares {
  double clock = 0.0, before_drain = 0.0, bound = 0.0;
};

Shares busy_shares(Machine const& machine, int tasks, std::uint64_t seed) {
  nacre::VirtualClock clock(static_cast<int>(machine.slots_per_worker * machine.workers), machine.slack);
  nacre::Rng rng(seed, "utilisation", 0);
  auto const sigma = std::sqrt(std::log1p(machine.cv * machine.cv));
  Workers workers(machine.workers), unbound(machine.workers);
  std::vector<double> ends;
  double now = 0.0;  // of the coordinator, in seconds
  for (int k = 0; k < tasks; ++k) {
    auto const slot = clock.take_slot();
    while (auto const visible = clock.pop_visible()) now = std::max(now, ends[static_cast<std::size_t>(visible->number)]);
    now += machine.service;
    auto const seconds = std::exp(sigma * rng.normal() - 0.5 * sigma * sigma);
    clock.issue(slot, k, seconds * std::exp(machine.error * rng.normal()));
    ends.push_back(workers.run(now, seconds));
    unbound.run((k + 1) * machine.service, seconds);
  }
  return {workers.busy(workers.last()), workers.busy(now), unbound.busy(unbound.last())};
}

void row(Machine const& machine, int tasks) {
  double mean = 0.0, least = 1.0, before_drain = 0.0, bound = 0.0;
  for (std::uint64_t seed = 1; seed <= 5; ++seed) {
    auto const shares = busy_shares(machine, tasks, seed);
    mean += shares.clock / 5.0;
    least = std::min(least, shares.clock);
    before_drain += shares.before_drain / 5.0;
    bound += shares.bound / 5.0;
  }
  std::printf("| %d | %.0f | %.1f | %.1f | %.0f %% | %.0f us | %d | %.3f | %.3f | %.3f | %.3f |\n", machine.workers,
              machine.slots_per_worker, machine.slack, machine.cv, 100.0 * machine.error, 1e6 * machine.service, tasks,
              mean, least, before_drain, bound);
}

}  // namespace

int main() {
  std::puts("| workers | V / W | slack | cv | error | service | tasks | busy, mean | least of 5 | until the last proposal | never waiting |");
  std::puts("|---|---|---|---|---|---|---|---|---|---|---|");
  row({64, 2.0, 0.5, 1.0, 0.3, 0.0}, 20'000);
  row({64, 2.0, 0.5, 1.0, 0.6, 0.0}, 20'000);
  row({64, 2.0, 0.5, 2.0, 0.3, 0.0}, 20'000);
  row({64, 1.0, 0.0, 1.0, 0.3, 0.0}, 20'000);
  for (double const cv : {0.1, 1.0}) {
    for (int const tasks : {100'000, 300'000, 1'000'000}) row({10'000, 2.0, 0.5, cv, 0.3, 50e-6}, tasks);
  }
}
