// Kernels of the geometry engine: coincidence searches, pairs of planes, building stacks.
#include <benchmark/benchmark.h>

#include <Eigen/LU>
#include <cmath>
#include <map>
#include <string>

#include "nacre/crystal/elements.hpp"
#include "nacre/stack/plane_match.hpp"
#include "nacre/stack/slab.hpp"
#include "nacre/stack/stack.hpp"
#include "nacre/stack/twist.hpp"

namespace {

using namespace nacre;

struct Site {
  char const* element;
  Eigen::Vector3d fraction;
};

Crystal make_crystal(double a, std::vector<Site> const& sites, std::map<std::string, double> const& charges) {
  Crystal crystal;
  crystal.lattice = a * Eigen::Matrix3d::Identity();
  crystal.positions.resize(3, static_cast<Eigen::Index>(sites.size()));
  for (std::size_t i = 0; i < sites.size(); ++i) {
    crystal.positions.col(static_cast<Eigen::Index>(i)) = a * sites[i].fraction;
    crystal.numbers.push_back(*atomic_number(sites[i].element));
  }
  set_oxidation(crystal, charges);
  return crystal;
}

Crystal strontium_titanate() {
  return make_crystal(
      3.905,
      {{"Sr", {0, 0, 0}}, {"Ti", {0.5, 0.5, 0.5}}, {"O", {0.5, 0.5, 0}}, {"O", {0.5, 0, 0.5}}, {"O", {0, 0.5, 0.5}}},
      {{"Sr", 2.0}, {"Ti", 4.0}, {"O", -2.0}});
}

Crystal magnesia() {
  std::vector<Site> sites;
  for (auto const& f : {Eigen::Vector3d(0, 0, 0), Eigen::Vector3d(0, 0.5, 0.5), Eigen::Vector3d(0.5, 0, 0.5),
                        Eigen::Vector3d(0.5, 0.5, 0)}) {
    sites.push_back({"Mg", f});
    sites.push_back({"O", f + Eigen::Vector3d(0.5, 0.5, 0.5)});
  }
  return make_crystal(4.212, sites, {{"Mg", 2.0}, {"O", -2.0}});
}

Eigen::Matrix2d square(double a) { return a * Eigen::Matrix2d::Identity(); }
Eigen::Matrix2d hexagonal(double a) { return a * Eigen::Matrix2d{{1.0, -0.5}, {0.0, std::sqrt(0.75)}}; }

void search(benchmark::State& state, Eigen::Matrix2d const& film, Eigen::Matrix2d const& substrate, double max_strain) {
  CoincidenceOptions options;
  options.max_area = static_cast<double>(state.range(0));
  options.max_strain = max_strain;
  if (state.range(1) > 0) options.most = static_cast<std::size_t>(state.range(1));
  auto const film_group = lattice_holohedry(film), substrate_group = lattice_holohedry(substrate);
  std::size_t count = 0;
  for (auto _ : state)
    count = search_coincidences(film, substrate, film_group, substrate_group, options).classes.size();
  state.counters["classes"] = static_cast<double>(count);
}

void SrTiO3_on_MgO(benchmark::State& state) { search(state, square(3.905), square(4.212 / std::sqrt(2.0)), 0.03); }
BENCHMARK(SrTiO3_on_MgO)->Args({200, 0})->Args({400, 0})->Args({800, 0})->Args({1600, 0})->Args({1600, 50});

void graphene_on_MoS2(benchmark::State& state) { search(state, hexagonal(2.46), hexagonal(3.16), 0.02); }
BENCHMARK(graphene_on_MoS2)->Args({200, 0})->Args({800, 0})->Args({1600, 50});

void graphene_on_itself(benchmark::State& state) { search(state, hexagonal(2.46), hexagonal(2.46), 1e-6); }
BENCHMARK(graphene_on_itself)->Args({600, 0})->Args({15000, 0});

void first_planes(benchmark::State& state) {
  for (auto _ : state) benchmark::DoNotOptimize(make_plane(strontium_titanate(), {2, 1, 1}));
}
BENCHMARK(first_planes);

/// All pairs of planes to index 2, planes and symmetry included.
void whole_material_pair(benchmark::State& state) {
  auto const film = strontium_titanate(), substrate = magnesia();
  CoincidenceOptions options;
  options.max_area = 400.0;
  std::size_t count = 0;
  for (auto _ : state) {
    count = 0;
    for (auto const& pair : plane_pairs(film, substrate, 2)) {
      count += match_planes(make_plane(film, pair.film), make_plane(substrate, pair.substrate), MatchSymmetry::layer,
                            options)
                   .classes.size();
    }
  }
  state.counters["classes"] = static_cast<double>(count);
}
BENCHMARK(whole_material_pair)->Unit(benchmark::kMillisecond);

void build(benchmark::State& state, Slab const& bottom, Slab const& top, Coincidence const& match) {
  double shift = 0.0;
  for (auto _ : state) {
    shift = shift > 0.9 ? 0.0 : shift + 0.01;
    benchmark::DoNotOptimize(build_stack(bottom, top, match, {shift, 0.3}, 2.3));
  }
  state.counters["atoms"] = static_cast<double>(atom_count(match, bottom, top));
}

/// Five cells of SrTiO3 on nine of MgO; a thousand of these have to take less than a second.
void build_a_stack_of_200_atoms(benchmark::State& state) {
  auto const film = make_plane(strontium_titanate(), {0, 0, 1}), substrate = make_plane(magnesia(), {0, 0, 1});
  auto const match = match_planes(film, substrate, MatchSymmetry::layer).classes.front();
  auto const top = make_slab(film, find_terminations(film).front(), 4);
  auto const bottom = make_slab(substrate, find_terminations(substrate).front(), 6);
  build(state, bottom, top, match);
}
BENCHMARK(build_a_stack_of_200_atoms)->Unit(benchmark::kMillisecond);

/// SrTiO3 on itself near one degree.
void build_a_twisted_stack_of_20000_atoms(benchmark::State& state) {
  auto const plane = make_plane(strontium_titanate(), {0, 0, 1});
  CoincidenceOptions options;
  options.max_area = 2100.0 * plane.area();
  options.max_strain = 1e-6;
  options.most = 1;
  options.twist = TwistRequest{1.8 * 3.14159265358979323846 / 180.0, {}};
  auto const match = match_planes(plane, plane, MatchSymmetry::layer, options).classes.front();
  auto const slab = make_slab(plane, find_terminations(plane).front(), 1);
  build(state, slab, slab, match);
}
BENCHMARK(build_a_twisted_stack_of_20000_atoms)->Unit(benchmark::kMillisecond);

}  // namespace
