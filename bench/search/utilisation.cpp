// bench_utilisation: how busy the virtual clock keeps a machine. Tasks of lognormal length, their expected work wrong
// by a lognormal factor, results awaited where the clock makes them visible, the drain at the end included; the
// coordinator takes `service` seconds for each proposal with its result.
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

/// Share of the time until the last result in which a worker works.
double busy_share(Machine const& machine, int tasks, std::uint64_t seed) {
  nacre::VirtualClock clock(static_cast<int>(machine.slots_per_worker * machine.workers), machine.slack);
  nacre::Rng rng(seed, "utilisation", 0);
  auto const sigma = std::sqrt(std::log1p(machine.cv * machine.cv));
  std::priority_queue<double, std::vector<double>, std::greater<>> free;
  for (int i = 0; i < machine.workers; ++i) free.push(0.0);
  std::vector<double> ends;
  double now = 0.0, work = 0.0;  // of the coordinator, in seconds
  for (int k = 0; k < tasks; ++k) {
    auto const slot = clock.take_slot();
    while (auto const visible = clock.pop_visible())
      now = std::max(now, ends[static_cast<std::size_t>(visible->number)]);
    now += machine.service;
    auto const seconds = std::exp(sigma * rng.normal() - 0.5 * sigma * sigma);
    clock.issue(slot, k, seconds * std::exp(machine.error * rng.normal()));
    auto const start = std::max(now, free.top());  // first come, first served
    free.pop();
    free.push(start + seconds);
    ends.push_back(start + seconds);
    work += seconds;
  }
  return work / (machine.workers * *std::ranges::max_element(ends));
}

void row(Machine const& machine, int tasks) {
  double sum = 0.0, least = 1.0;
  for (std::uint64_t seed = 1; seed <= 5; ++seed) {
    auto const share = busy_share(machine, tasks, seed);
    sum += share / 5.0;
    least = std::min(least, share);
  }
  std::printf("| %d | %.0f | %.1f | %.1f | %.0f %% | %.0f us | %d | %.3f | %.3f |\n", machine.workers,
              machine.slots_per_worker, machine.slack, machine.cv, 100.0 * machine.error, 1e6 * machine.service, tasks,
              sum, least);
}

}  // namespace

int main() {
  std::puts("| workers | V / W | slack | cv | error | service | tasks | busy, mean | least of 5 |");
  std::puts("|---|---|---|---|---|---|---|---|---|");
  row({64, 2.0, 0.5, 1.0, 0.3, 0.0}, 20'000);
  row({64, 2.0, 0.5, 1.0, 0.6, 0.0}, 20'000);
  row({64, 2.0, 0.5, 2.0, 0.3, 0.0}, 20'000);
  row({64, 1.0, 0.0, 1.0, 0.3, 0.0}, 20'000);
  row({10'000, 2.0, 0.5, 0.1, 0.3, 33e-6}, 100'000);
  row({10'000, 2.0, 0.5, 0.1, 0.3, 50e-6}, 100'000);
}
