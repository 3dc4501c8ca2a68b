// How fast stacks are built: many small ones, one large twisted one, and what stands around them.
#include <benchmark/benchmark.h>

#include <Eigen/LU>

#include "nacre/core/error.hpp"
#include "nacre/crystal/io.hpp"
#include "nacre/stack/identity.hpp"

namespace nacre {
namespace {

Slab oxide(char const* name, int repeats) {
  auto crystal = read_crystal(std::string(NACRE_SOURCE_DIR) + "/runs/oxide_membranes/structures/" + name + ".cif");
  if (crystal.oxidation.empty()) assign_oxidation(crystal);
  auto const plane = make_plane(crystal, {0, 0, 1});
  return make_slab(plane, find_terminations(plane).front(), repeats);
}

/// Pairs of SrTiO3 and MgO slabs with matches of about 200 atoms.
struct Small {
  Slab bottom = oxide("SrTiO3", 3), top = oxide("MgO", 4);
  std::vector<Coincidence> matches;
  Small() {
    for (auto const& c : find_coincidences(top.plane.basis, bottom.plane.basis, layer_point_group(top.plane),
                                           layer_point_group(bottom.plane), {150.0, 0.08})) {
      auto const atoms = atom_count(c, bottom, top);
      if (atoms > 150 && atoms < 260) matches.push_back(c);
    }
    if (matches.empty()) throw Error("no match of about 200 atoms");
  }
};

/// A square layer on itself, turned by 2 atan(1/n): n^2 + 1 cells of each, half of that for odd n.
Coincidence small_twist(Slab const& slab, int n) {
  Eigen::Matrix2i const film{{n, 1}, {-1, n}}, substrate{{n, -1}, {1, n}};
  return make_coincidence(slab.plane.basis, slab.plane.basis, film, substrate);
}

void build_1000_of_200_atoms(benchmark::State& state) {
  Small const small;
  for (auto _ : state) {
    std::size_t atoms = 0;
    for (std::size_t k = 0; k < 1000; ++k) {
      Eigen::Vector2d const shift(0.001 * static_cast<double>(k), 0.37);
      atoms += build_stack(small.bottom, small.top, small.matches[k % small.matches.size()], shift, 2.3).crystal.size();
    }
    state.counters["mean_atoms"] = static_cast<double>(atoms) / 1000.0;
  }
}
BENCHMARK(build_1000_of_200_atoms)->Unit(benchmark::kMillisecond);

void build_20000_atoms(benchmark::State& state) {
  auto const slab = oxide("MgO", 4);
  auto const c = small_twist(slab, 36);
  for (auto _ : state) {
    auto const stack = build_stack(slab, slab, c, {0.1, 0.2}, 2.3);
    benchmark::DoNotOptimize(stack.crystal.positions.data());
    state.counters["atoms"] = static_cast<double>(stack.crystal.size());
  }
}
BENCHMARK(build_20000_atoms)->Unit(benchmark::kMillisecond);

void overlap_of_20000_atoms(benchmark::State& state) {
  auto const slab = oxide("MgO", 4);
  auto const stack = build_stack(slab, slab, small_twist(slab, 36), {0.1, 0.2}, 2.3);
  for (auto _ : state) benchmark::DoNotOptimize(find_overlap(stack, {slab, slab}));
}
BENCHMARK(overlap_of_20000_atoms)->Unit(benchmark::kMillisecond);

void gap_of_200_atoms(benchmark::State& state) {
  Small const small;
  for (auto _ : state) {
    benchmark::DoNotOptimize(gap_from_radii(small.bottom, small.top, small.matches[0], {0.1, 0.2}));
  }
}
BENCHMARK(gap_of_200_atoms)->Unit(benchmark::kMillisecond);

void name_of_a_stack(benchmark::State& state) {
  Small const small;
  for (auto _ : state) {
    benchmark::DoNotOptimize(
        canonical_stack({small.bottom, small.top}, {{small.matches[0], {0.1, 0.2}, 2.3}}).values.data());
  }
}
BENCHMARK(name_of_a_stack)->Unit(benchmark::kMillisecond);

}  // namespace
}  // namespace nacre
