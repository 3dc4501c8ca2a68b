/// Energies, forces and stress of the structures in NACRE_BENCH_STRUCTURES (bench/energy_structures.py writes them) with
/// rigid-ion:grimes, through the library: `cell/N` one supercell, its ions moved before every evaluation; `stacks` 500
/// small structures, each once. Second argument: accuracy of forces as 10^-x, 0 for the exact sum.
#include <benchmark/benchmark.h>

#include <cstdlib>

#include "nacre/crystal/io.hpp"
#include "nacre/potential/batch.hpp"

namespace {

using namespace nacre;

std::filesystem::path structures(std::string const& name) {
  auto const* const folder = std::getenv("NACRE_BENCH_STRUCTURES");
  return std::filesystem::path(folder == nullptr ? "." : folder) / (name + ".extxyz");
}

std::shared_ptr<Potential const> model(std::int64_t digits) {
  PotentialOptions options;
  options.taper = false;
  if (digits > 0) options.accuracy = std::pow(10.0, -static_cast<double>(digits));
  return make_potential("rigid-ion:grimes", options);
}

void cell(benchmark::State& state) {
  auto crystal = read_crystal(structures("cell_" + std::to_string(state.range(0))));
  auto const potential = model(state.range(1));
  double move = 1e-3;
  for (auto _ : state) {
    crystal.positions.row(0).array() += move;
    move = -move;
    benchmark::DoNotOptimize(potential->evaluate(crystal).energy);
  }
}
BENCHMARK(cell)
    ->ArgsProduct({{135, 1080, 8640}, {5}})
    ->Args({135, 0})
    ->Args({1080, 0})
    ->Args({34295, 5})
    ->Args({98415, 5})
    ->Unit(benchmark::kMillisecond);

void stacks(benchmark::State& state) {
  std::vector<Crystal> crystals;
  for (auto& frame : read_extxyz(structures("stacks"))) crystals.push_back(std::move(frame.crystal));
  auto const potential = model(state.range(0));
  for (auto _ : state) benchmark::DoNotOptimize(evaluate_batch(*potential, crystals).size());
  state.counters["structures"] = static_cast<double>(crystals.size());
}
BENCHMARK(stacks)->Arg(5)->Arg(0)->Unit(benchmark::kMillisecond);

}  // namespace
