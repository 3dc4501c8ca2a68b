/// Trajectories with known answers, made from counter-based random numbers.
#pragma once

#include <functional>
#include <string>
#include <vector>

#include "nacre/core/rng.hpp"
#include "nacre/transport/ion_paths.hpp"

namespace nacre::test {

/// A trajectory in memory: one matrix of positions a frame.
struct Walk {
  Eigen::Matrix3d lattice = 1000.0 * Eigen::Matrix3d::Identity();
  std::array<bool, 3> periodic{true, true, true};
  std::vector<int> numbers;
  std::vector<Eigen::Matrix3Xd> frames;
};

/// Its paths, frame by frame through the collector.
IonPaths paths_of(Walk const& walk, PathOptions options);

/// Independent Brownian particles (oxygen) with the given D [Å^2/ps].
Walk brownian(int particles, int frames, double interval_ps, double diffusion, std::uint64_t seed);
/// Langevin particles of friction gamma [1/ps] and kT/m [Å^2/ps^2], exact for any interval.
Walk langevin(int particles, int frames, double interval_ps, double gamma, double thermal, std::uint64_t seed);
/// Independent walkers on a simple cubic lattice of constant a, one hop a frame with probability p.
Walk lattice_walk(int particles, int frames, double a, double p, std::uint64_t seed);
/// Particles in harmonic wells: variance [Å^2] per axis, relaxation time [ps].
Walk confined(int particles, int frames, double interval_ps, double variance, double relaxation_ps, std::uint64_t seed);

/// Walkers on a simple cubic lattice of planes along z, periodic, cut into layers of equal thickness. A walker hops in
/// each of the six directions with probability hop[layer]/6 a frame; over the contact above layer l with cross[l]
/// instead.
struct LayeredWalk {
  double a = 2.5;  ///< [Å]
  int planes = 4;  ///< in each layer
  int edge = 8;    ///< sites along x and y
  std::vector<double> hop{0.05, 0.005, 0.05};
  std::vector<double> cross{2e-4, 2e-4, 2e-4};
  int walkers = 300;
  int frames = 4000;
};
Walk layered_walk(LayeredWalk const& options, std::uint64_t seed);

/// One vacancy on an n x n x n simple cubic lattice of constant a: every ion's path, one frame every `jumps_per_frame`
/// exchanges of the vacancy with a random neighbour.
Walk vacancy_walk(int n, int frames, int jumps_per_frame, double a, std::uint64_t seed);

/// Adds static framework atoms (zirconium) on a cubic lattice of constant `spacing`, n per edge.
void add_framework(Walk& walk, int n, double spacing);

std::string to_extxyz_text(Walk const& walk);
std::string to_xdatcar_text(Walk const& walk);
/// Columns: id type then the three named, e.g. "x y z ix iy iz".
std::string to_dump_text(Walk const& walk, std::string const& columns);

/// Every atom folded back into the cell.
Walk wrapped(Walk walk);

}  // namespace nacre::test
