/// A periodic network of sites and hops with energies: which walk crosses it at the least height, and how fast a
/// single carrier diffuses on it.
#pragma once

#include <Eigen/Core>
#include <functional>
#include <optional>
#include <vector>

#include "nacre/core/api.hpp"

namespace nacre {

struct GraphEdge {
  int from = 0, to = 0;
  Eigen::Vector3i cell = Eigen::Vector3i::Zero();  ///< lattice vectors to add to `to`
  double saddle = 0.0;                             ///< [eV], on the scale of the nodes
};

struct NACRE_API SiteGraph {
  Eigen::Matrix3d lattice = Eigen::Matrix3d::Identity();  ///< columns [Å]
  Eigen::Matrix3Xd positions{3, 0};                       ///< [Å]
  std::vector<double> energy;                             ///< of a carrier on each node [eV]
  std::vector<GraphEdge> edges;

  Eigen::Vector3d vector(GraphEdge const& edge) const;  ///< from its first to its second end [Å]
};

struct GraphStep {
  int edge = 0;
  bool forward = true;
};

/// A closed walk that ends in an image of the node it began at.
struct NACRE_API CriticalWalk {
  std::vector<int> nodes;  ///< in order, the first one not repeated
  std::vector<GraphStep> steps;
  Eigen::Vector3i winding = Eigen::Vector3i::Zero();  ///< lattice vectors
  int bottleneck = 0;                                 ///< edge with the highest saddle
  int lowest = 0;                                     ///< node
  double barrier = 0.0;     ///< highest saddle less lowest node of the walk [eV]
  double trap_depth = 0.0;  ///< lowest node of the walk less lowest node of all [eV]
};

/// Of all closed walks that get on along `direction` the one with the smallest barrier (definitions.md 7), the fewest
/// steps of those; none if the network does not get on. @param allowed per node; empty: all
NACRE_API std::optional<CriticalWalk> find_critical_walk(SiteGraph const& graph, Eigen::Vector3d const& direction,
                                                         std::vector<bool> const& allowed = {});

/// Exact diffusion tensor of one carrier that jumps i -> j at nu0 exp(-(saddle - energy_i)/kT) [Å^2/ps]: the master
/// equation of the infinite crystal, solved by eliminating nodes (star-mesh), without subtractions of conductances.
/// Parts of the network that are not connected are weighted by how likely the carrier is there.
/// @param nu0 attempt frequency [1/ps]  @param temperature [K]
NACRE_API Eigen::Matrix3d diffusion_tensor(SiteGraph const& graph, double temperature, double nu0 = 10.0);

}  // namespace nacre
