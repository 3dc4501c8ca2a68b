// Walks on the grid below a level: shortest paths from a point to its images.
#include <algorithm>
#include <cmath>
#include <limits>
#include <queue>
#include <utility>

#include "grid_neighbors.hpp"
#include "nacre/core/error.hpp"
#include "nacre/transport/percolation.hpp"

namespace nacre {
namespace {

using detail::GridNeighbors;
using detail::rank_of;

constexpr double softness_eV = 0.1;
constexpr double shortness = 0.01;  // what a step costs far below the level: walks do not wander there

/// Points that may be entered: by (energy, index) not above the threshold, and open.
class OpenPoints {
 public:
  OpenPoints(EnergyGrid const& grid, Threshold threshold, PercolationOptions const& options)
      : grid_(grid), threshold_(threshold), options_(options) {}
  bool operator()(std::size_t i) const {
    if (!options_.closed.empty() && options_.closed[i]) return false;
    double const energy = grid_.energy[i];
    return energy < threshold_.level || (energy == threshold_.level && i <= threshold_.point);
  }

 private:
  EnergyGrid const& grid_;
  Threshold threshold_;
  PercolationOptions const& options_;
};

/// Shortest paths from one point; each point is reached in one cell, that of its first visit.
struct Tree {
  struct Node {
    double distance = std::numeric_limits<double>::infinity();
    std::int32_t parent = -1;
    bool settled = false;
    Eigen::Vector3i cell = Eigen::Vector3i::Zero();
  };
  std::vector<Node> nodes;
  std::vector<std::size_t> order;  ///< settled points, nearest first
};

double step_weight(EnergyGrid const& grid, double level, std::size_t a, std::size_t b, double length) {
  auto const cost = [&](std::size_t i) { return std::exp((grid.energy[i] - level) / softness_eV) + shortness; };
  return 0.5 * length * (cost(a) + cost(b));
}

Tree shortest_paths(EnergyGrid const& grid, GridNeighbors const& neighbors, Threshold const& threshold,
                    OpenPoints const& open) {
  using Entry = std::pair<double, std::size_t>;
  std::priority_queue<Entry, std::vector<Entry>, std::greater<>> queue;
  Tree tree;
  tree.nodes.resize(grid.size());
  tree.nodes[threshold.point].distance = 0.0;
  queue.emplace(0.0, threshold.point);
  while (!queue.empty()) {
    auto const at = queue.top().second;
    queue.pop();
    auto& node = tree.nodes[at];
    if (std::exchange(node.settled, true)) continue;
    tree.order.push_back(at);
    neighbors.for_each(at, [&](std::size_t to, Eigen::Vector3i const& cell, GridNeighbors::Step const& step) {
      if (tree.nodes[to].settled || !open(to)) return;
      double const distance = node.distance + step_weight(grid, threshold.level, at, to, step.length);
      if (distance >= tree.nodes[to].distance) return;
      tree.nodes[to] = {distance, static_cast<std::int32_t>(at), false, node.cell + cell};
      queue.emplace(distance, to);
    });
  }
  return tree;
}

/// A step that is not of the tree and closes a walk around the crystal.
struct Closure {
  double length = std::numeric_limits<double>::infinity();
  std::size_t from = 0, to = 0;
  Eigen::Vector3i wrap = Eigen::Vector3i::Zero();
};

/// The shortest walk whose wrapping vector adds a dimension to `known` (the vectors that do not are a subgroup, so the
/// shortest walk is two paths of the tree and one more step).
Closure shortest_closure(EnergyGrid const& grid, GridNeighbors const& neighbors, Threshold const& threshold,
                         Tree const& tree, PercolationTarget const& target, std::vector<Eigen::Vector3i> known) {
  Closure best;
  auto const rank = static_cast<int>(known.size());
  known.emplace_back();
  for (auto const from : tree.order) {
    auto const& a = tree.nodes[from];
    if (a.distance >= best.length) break;
    neighbors.for_each(from, [&](std::size_t to, Eigen::Vector3i const& cell, GridNeighbors::Step const& step) {
      auto const& b = tree.nodes[to];
      Eigen::Vector3i const wrap = a.cell + cell - b.cell;
      if (!b.settled || wrap.isZero()) return;
      double const length = a.distance + b.distance + step_weight(grid, threshold.level, from, to, step.length);
      if (length >= best.length) return;
      known.back() = wrap;
      if (rank_of(target.map, known) > rank) best = {length, from, to, wrap};
    });
  }
  return best;
}

GridWalk walk_through(Tree const& tree, std::size_t start, Closure const& closure) {
  GridWalk walk;
  walk.wrap = closure.wrap;
  for (auto i = closure.from;; i = static_cast<std::size_t>(tree.nodes[i].parent)) {
    walk.points.push_back(i);
    walk.cells.push_back(tree.nodes[i].cell);
    if (i == start) break;
  }
  std::reverse(walk.points.begin(), walk.points.end());
  std::reverse(walk.cells.begin(), walk.cells.end());
  for (auto i = closure.to; i != start; i = static_cast<std::size_t>(tree.nodes[i].parent)) {
    walk.points.push_back(i);
    walk.cells.push_back(tree.nodes[i].cell + closure.wrap);
  }
  return walk;
}

}  // namespace

Eigen::Matrix3Xd GridWalk::positions(EnergyGrid const& grid) const {
  Eigen::Matrix3Xd result(3, static_cast<Eigen::Index>(points.size()) + 1);
  for (std::size_t k = 0; k < points.size(); ++k)
    result.col(static_cast<Eigen::Index>(k)) = grid.position(points[k]) + grid.lattice * cells[k].cast<double>();
  result.rightCols<1>() = grid.position(points.front()) + grid.lattice * (cells.front() + wrap).cast<double>();
  return result;
}

std::vector<std::vector<GridWalk>> find_walks(EnergyGrid const& grid, std::vector<PercolationTarget> const& targets,
                                              Threshold const& threshold, PercolationOptions const& options) {
  GridNeighbors const neighbors(grid, options.connectivity);
  auto const tree = shortest_paths(grid, neighbors, threshold, OpenPoints(grid, threshold, options));
  std::vector<std::vector<GridWalk>> walks;
  for (auto const& target : targets) {
    auto& found = walks.emplace_back();
    std::vector<Eigen::Vector3i> wraps;
    while (static_cast<int>(found.size()) < target.rank) {
      auto const closure = shortest_closure(grid, neighbors, threshold, tree, target, wraps);
      if (!std::isfinite(closure.length)) break;
      found.push_back(walk_through(tree, threshold.point, closure));
      wraps.push_back(closure.wrap);
    }
  }
  return walks;
}

std::vector<std::size_t> cluster(EnergyGrid const& grid, std::size_t start, double level,
                                 PercolationOptions const& options) {
  GridNeighbors const neighbors(grid, options.connectivity);
  OpenPoints const open(grid, {level, grid.size()}, options);
  std::vector<bool> seen(grid.size(), false);
  std::vector<std::size_t> found;
  if (!open(start)) return found;
  seen[start] = true;
  found.push_back(start);
  for (std::size_t k = 0; k < found.size(); ++k)
    neighbors.for_each(found[k], [&](std::size_t to, Eigen::Vector3i const&, GridNeighbors::Step const&) {
      if (seen[to] || !open(to)) return;
      seen[to] = true;
      found.push_back(to);
    });
  std::sort(found.begin(), found.end());
  return found;
}

}  // namespace nacre
