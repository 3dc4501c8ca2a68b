// Mean squared displacements of a trajectory of the usual size.
#include <benchmark/benchmark.h>

#include "nacre/core/rng.hpp"
#include "nacre/transport/diffusion.hpp"

namespace {

nacre::IonPaths const& paths() {
  static nacre::IonPaths const made = [] {
    constexpr int ions = 208, frames = 6000;
    nacre::PathOptions options;
    options.mobile = 8;
    options.interval_ps = 0.1;
    options.drift = nacre::Drift::none;
    nacre::PathCollector collector(std::vector<int>(ions, 8), options);
    nacre::Rng rng(1, "bench", 0);
    nacre::TrajectoryFrame frame;
    frame.unwrapped = true;
    frame.lattice *= 100.0;
    frame.positions = Eigen::Matrix3Xd::Zero(3, ions);
    for (int f = 0; f < frames; ++f) {
      collector.add(frame);
      for (Eigen::Index i = 0; i < frame.positions.size(); ++i) frame.positions.data()[i] += 0.1 * rng.normal();
    }
    return std::move(collector).finish();
  }();
  return made;
}

/// Ten blocks of time: up to the lags of a window that ends at a quarter of a block, and all lags.
void Blocks(benchmark::State& state) {
  auto const& made = paths();
  for (auto _ : state) benchmark::DoNotOptimize(nacre::block_sums(made, 10, nacre::BlockBy::time, state.range(0)));
}
BENCHMARK(Blocks)->Arg(150)->Arg(599)->Unit(benchmark::kMillisecond);

/// One block, all lags.
void Whole(benchmark::State& state) {
  auto const& made = paths();
  for (auto _ : state) benchmark::DoNotOptimize(nacre::block_sums(made, 1, nacre::BlockBy::time, 5999));
}
BENCHMARK(Whole)->Unit(benchmark::kMillisecond);

/// Jumps, layers left out: everything that `nacre diffusion` does after reading.
void Analysis(benchmark::State& state) {
  auto const& made = paths();
  nacre::DiffusionOptions options;
  options.charge = -2.0;
  options.temperature = 1000.0;
  for (auto _ : state) benchmark::DoNotOptimize(nacre::analyze_diffusion(made, options));
}
BENCHMARK(Analysis)->Unit(benchmark::kMillisecond);

}  // namespace
