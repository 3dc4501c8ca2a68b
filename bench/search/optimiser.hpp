/// Optimisers side by side: each runs on a function until it is told to stop.
#pragma once

#include <Eigen/Core>
#include <cstdint>
#include <functional>
#include <string>
#include <vector>

namespace nacre::bench {

struct Stop {};  ///< thrown by the function when the budget is spent or the last target is met

using Function = std::function<double(Eigen::VectorXd const&)>;

/// Runs until `function` throws Stop, starting anew where the optimiser ends early and can.
struct Optimiser {
  std::string name;
  std::function<void(int dimensions, std::uint64_t seed, Function const& function)> run;
};

std::vector<Optimiser> own_engines();
std::vector<Optimiser> pagmo_peers();
std::vector<Optimiser> nlopt_peers();

}  // namespace nacre::bench
