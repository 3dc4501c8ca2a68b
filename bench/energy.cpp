/// Energies, forces and stress of the structures in NACRE_BENCH_STRUCTURES (bench/energy_structures.py writes them) with
/// rigid-ion:grimes, through the library: `moving/N` one supercell, a step of dynamics at 300 K between evaluations, its
/// lists of pairs kept; `cell/N` the same supercell from nothing; `stacks` 500 small structures, each once. Second
/// argument: accuracy of forces as 10^-x, 0 for the exact sum.
#include <benchmark/benchmark.h>

#include <cstdlib>

#include "nacre/core/rng.hpp"
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

/// Velocity Verlet with a step of 1 fs and masses of 50 u, as bench/energy_lammps.py has it.
void moving(benchmark::State& state) {
  constexpr double fs = 0.09822694788, mass = 50.0, kelvin = 300.0;  // [Å sqrt(u/eV)]
  auto crystal = read_crystal(structures("cell_" + std::to_string(state.range(0))));
  auto const potential = model(state.range(1));
  Eigen::Matrix3Xd velocities(3, crystal.positions.cols());
  Rng rng(1, "bench", 0);
  for (double& v : velocities.reshaped()) v = rng.normal() * std::sqrt(8.617333e-5 * kelvin / mass);
  EvaluationState kept;
  auto forces = potential->evaluate_next(crystal, kept).forces;
  for (auto _ : state) {
    velocities += 0.5 * fs / mass * forces;
    crystal.positions += fs * velocities;
    forces = potential->evaluate_next(crystal, kept).forces;
    velocities += 0.5 * fs / mass * forces;
  }
}
BENCHMARK(moving)->ArgsProduct({{135, 1080, 8640, 34295, 98415}, {5}})->Unit(benchmark::kMillisecond);

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
