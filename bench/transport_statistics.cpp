// Error bars put to the test: bench_transport_statistics [SEEDS] prints, for walks of known D, the mean and spread of
// the estimates, the mean error bar, the standard deviation of the pulls, and how often the 95 % interval holds the
// truth.
#include <array>
#include <cmath>
#include <cstdio>
#include <cstdlib>
#include <functional>
#include <string>
#include <vector>

#include "nacre/numerics/distributions.hpp"
#include "nacre/transport/diffusion.hpp"
#include "support/trajectories.hpp"

namespace {

using nacre::BlockBy;

struct Case {
  std::string name;
  double truth;
  int blocks;
  BlockBy by;
  double interval_ps;
  nacre::LagWindow window;
  std::function<nacre::test::Walk(std::uint64_t)> walk;
};

struct Tally {
  int count = 0, inside = 0;
  double sum = 0.0, square = 0.0, errors = 0.0, pull = 0.0, pull_square = 0.0;

  void add(double value, double error, double truth, double t) {
    ++count;
    sum += value;
    square += value * value;
    errors += error;
    pull += (value - truth) / error;
    pull_square += std::pow((value - truth) / error, 2);
    inside += std::abs(value - truth) <= t * error;
  }
  void print(std::string const& name, double truth) const {
    double const n = count, mean = sum / n;
    std::printf("%-44s true %.5f  mean %.5f  spread %.5f  mean error %.5f  pulls %.3f  coverage %.3f  (%d)\n",
                name.c_str(), truth, mean, std::sqrt(std::max(0.0, square / n - mean * mean)), errors / n,
                std::sqrt(std::max(0.0, pull_square / n - std::pow(pull / n, 2))), inside / n, count);
    std::fflush(stdout);
  }
};

std::vector<Case> cases() {
  using namespace nacre::test;
  return {
      {"Brownian, 10 blocks of time, 1-10 ps",
       0.5,
       10,
       BlockBy::time,
       0.1,
       {10, 100},
       [](auto seed) { return brownian(20, 4000, 0.1, 0.5, seed); }},
      {"Brownian, 10 blocks of ions, 1-10 ps",
       0.5,
       10,
       BlockBy::ion,
       0.1,
       {10, 100},
       [](auto seed) { return brownian(20, 4000, 0.1, 0.5, seed); }},
      {"Langevin, 10 blocks of time, 5-15 ps",
       0.5,
       10,
       BlockBy::time,
       0.1,
       {50, 150},
       [](auto seed) { return langevin(20, 4000, 0.1, 2.0, 1.0, seed); }},
      {"lattice walk, 10 blocks of time, 5-15 ps",
       0.05 * 6.25 / 0.6,
       10,
       BlockBy::time,
       0.1,
       {50, 150},
       [](auto seed) { return lattice_walk(20, 4000, 2.5, 0.05, seed); }},
      {"lattice walk, 24 ions, 600 steps, 8 of ions",
       0.1,
       8,
       BlockBy::ion,
       1.0,
       {5, 50},
       [](auto seed) { return lattice_walk(24, 600, 1.0, 0.6, seed); }},
  };
}

void run(Case const& c, int seeds) {
  Tally tally;
  double const t = nacre::student_t_quantile(0.975, c.blocks - 1.0);
  for (int seed = 1000; seed < 1000 + seeds; ++seed) {
    nacre::PathOptions options;
    options.interval_ps = c.interval_ps;
    options.drift = nacre::Drift::none;
    auto const paths = paths_of(c.walk(static_cast<std::uint64_t>(seed)), options);
    auto const estimates = nacre::diffusion_estimates(nacre::block_sums(paths, c.blocks, c.by, c.window.last), c.window,
                                                      c.interval_ps, {0, 1, 2});
    tally.add(estimates.value[0], estimates.error[0], c.truth, t);
  }
  tally.print(c.name, c.truth);
}

/// Three layers with D 1 : 0.1 : 1 and contacts of known permeability.
void run_layers(int seeds) {
  nacre::test::LayeredWalk const shape;
  std::array<Tally, 3> diffusion;
  Tally exchange;
  double const t = nacre::student_t_quantile(0.975, 9.0);
  double const j0 = shape.walkers / (shape.edge * shape.edge * 12.0) / (shape.a * shape.a) * shape.cross[0] / 1e-4;
  auto const truth = [&](std::size_t layer) { return shape.hop[layer] * shape.a * shape.a / 0.6; };
  for (int seed = 1; seed <= seeds; ++seed) {
    nacre::PathOptions path_options;
    path_options.interval_ps = 0.1;
    path_options.drift = nacre::Drift::none;
    nacre::DiffusionOptions options;
    options.charge = -2.0;
    options.temperature = 1000.0;
    options.window = nacre::Window{1.0, 10.0};
    options.hop_length = shape.a;
    options.with_layers = true;
    options.contacts = {10.0, 20.0, 30.0};
    auto const result = nacre::analyze_diffusion(
        paths_of(layered_walk(shape, static_cast<std::uint64_t>(seed)), path_options), options);
    for (std::size_t l = 0; l < 3; ++l)  // the layer below the contact at height 0 is the last one
      if (auto const& d = result.layers[l].estimate.D) diffusion[l].add(d->value, d->error, truth((l + 2) % 3), t);
    for (auto const& contact : result.contacts)
      if (contact.exchange.j0) exchange.add(*contact.exchange.j0, *contact.exchange.j0_error, j0, t);
  }
  for (std::size_t l = 0; l < 3; ++l) diffusion[l].print("D of layer " + std::to_string(l), truth((l + 2) % 3));
  exchange.print("j0 of contacts [1/(A^2 ns)]", j0);
}

}  // namespace

int main(int argc, char** argv) {
  int const seeds = argc > 1 ? std::atoi(argv[1]) : 2000;
  if (seeds < 2) {
    std::fprintf(stderr, "usage: bench_transport_statistics [SEEDS], at least 2\n");
    return 2;
  }
  for (auto const& c : cases()) run(c, seeds);
  run_layers(std::min(seeds, 100));
}
