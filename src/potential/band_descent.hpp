/// Brings a band of images to rest: what an elastic band does with any energy surface.
#pragma once

#include <Eigen/Core>
#include <deque>
#include <functional>
#include <string>
#include <vector>

#include "nacre/potential/elastic_band.hpp"
#include "spring_network.hpp"

namespace nacre::detail {

/// Energy and gradient of image k (0: the first that moves) at a point.
struct BandPoint {
  double energy = 0.0;
  Eigen::VectorXd gradient;
};
using BandSurface = std::function<BandPoint(std::size_t image, Eigen::VectorXd const& x)>;

/// The images that move lie between two that do not.
struct BandState {
  std::vector<Eigen::VectorXd> x;   ///< end points included
  std::vector<double> energy;       ///< of all
  std::vector<Eigen::VectorXd> gradient;  ///< of all; empty at the end points
};

/// Force on every moving image: what is left of the gradient across the band, and the springs along it. The climbing
/// image (0: none) goes up along the band and feels no spring.
std::vector<Eigen::VectorXd> band_forces(BandState const& band, double spring, std::size_t climbing);

struct BandDescentOptions {
  double spring = 3.0, fmax = 0.02, max_step = 0.1;
  double climb_below = 0.0;  ///< force at which the highest image starts to climb; 0: never
  int max_steps = 600, threads = 1;
  std::function<bool()> cancelled;
};
struct BandDescent {
  bool converged = false;
  std::string reason;
  int steps = 0;
  double fmax = 0.0;
};
/// Quasi-Newton without a line search (the forces of a band have no energy), FIRE where that does not get on.
BandDescent settle_band(BandState& band, BandSurface const& surface, SpringPreconditioner const& springs,
                        BandDescentOptions const& options);

}  // namespace nacre::detail
