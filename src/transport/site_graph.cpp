#include "nacre/transport/site_graph.hpp"

#include <algorithm>
#include <cmath>
#include <numeric>
#include <queue>

#include "nacre/core/error.hpp"
#include "nacre/core/units.hpp"

namespace nacre {
namespace {

constexpr double no_way = 1e-6;  // a winding vector shorter than this along a direction does not get on [Å]

std::size_t at(int i) { return static_cast<std::size_t>(i); }

void check(SiteGraph const& graph) {
  auto const n = static_cast<int>(graph.energy.size());
  require(graph.positions.cols() == n, "a network of ", n, " energies has ", graph.positions.cols(), " positions");
  for (auto const& edge : graph.edges) {
    require(edge.from >= 0 && edge.from < n && edge.to >= 0 && edge.to < n, "a hop of the network from ", edge.from,
            " to ", edge.to, " leads to no site (it has ", n, ")");
  }
}

/// Clusters of nodes, with the lattice vectors from each node to the root of its cluster.
class Clusters {
 public:
  explicit Clusters(std::size_t n) : parent_(n), cell_(n, Eigen::Vector3i::Zero()) {
    std::iota(parent_.begin(), parent_.end(), 0);
  }

  /// Joins the ends of an edge. @return the winding vector if they were joined already
  std::optional<Eigen::Vector3i> join(GraphEdge const& edge) {
    auto const [a, cell_a] = root(edge.from);
    auto const [b, cell_b] = root(edge.to);
    Eigen::Vector3i const between = cell_b + edge.cell - cell_a;
    if (a == b) return between;
    parent_[at(b)] = a;
    cell_[at(b)] = between;  // the root's own cell, seen from a
    return std::nullopt;
  }

 private:
  struct Root {
    int node;
    Eigen::Vector3i cell;
  };
  /// `cell`: where the root's frame puts the node.
  Root root(int node) const {
    Eigen::Vector3i cell = Eigen::Vector3i::Zero();
    while (parent_[at(node)] != node) {
      cell += cell_[at(node)];
      node = parent_[at(node)];
    }
    return {node, -cell};
  }

  std::vector<int> parent_;
  std::vector<Eigen::Vector3i> cell_;
};

/// Edges between nodes that may be visited, by saddle, then by number.
std::vector<int> open_edges(SiteGraph const& graph, std::vector<bool> const& open) {
  std::vector<int> order;
  for (std::size_t e = 0; e < graph.edges.size(); ++e) {
    auto const& edge = graph.edges[e];
    if (open[at(edge.from)] && open[at(edge.to)] && std::isfinite(edge.saddle)) order.push_back(static_cast<int>(e));
  }
  std::ranges::stable_sort(order, {}, [&](int e) { return graph.edges[at(e)].saddle; });
  return order;
}

/// The saddle at which the open nodes begin to lead along the direction.
std::optional<double> opening(SiteGraph const& graph, std::vector<bool> const& open, Eigen::Vector3d const& direction) {
  Clusters clusters(graph.energy.size());
  for (int const e : open_edges(graph, open)) {
    auto const winding = clusters.join(graph.edges[at(e)]);
    if (winding && std::abs((graph.lattice * winding->cast<double>()).dot(direction)) > no_way)
      return graph.edges[at(e)].saddle;
  }
  return std::nullopt;
}

/// A breadth-first tree over the edges up to a saddle.
struct Tree {
  std::vector<int> depth;              ///< -1: not reached
  std::vector<GraphStep> step;         ///< that led to the node
  std::vector<int> parent;
  std::vector<Eigen::Vector3i> cell;   ///< of the node, seen from the root
};

struct Branch {
  int edge, other;
  bool forward;
};

std::vector<std::vector<Branch>> branches_up_to(SiteGraph const& graph, std::vector<bool> const& open, double level) {
  std::vector<std::vector<Branch>> branches(graph.energy.size());
  for (std::size_t e = 0; e < graph.edges.size(); ++e) {
    auto const& edge = graph.edges[e];
    if (!open[at(edge.from)] || !open[at(edge.to)] || !(edge.saddle <= level)) continue;
    branches[at(edge.from)].push_back({static_cast<int>(e), edge.to, true});
    branches[at(edge.to)].push_back({static_cast<int>(e), edge.from, false});
  }
  return branches;
}

Tree grow_tree(SiteGraph const& graph, std::vector<std::vector<Branch>> const& branches, int root) {
  auto const n = graph.energy.size();
  Tree tree{std::vector<int>(n, -1), std::vector<GraphStep>(n), std::vector<int>(n, -1),
            std::vector<Eigen::Vector3i>(n, Eigen::Vector3i::Zero())};
  tree.depth[at(root)] = 0;
  std::queue<int> front;
  for (front.push(root); !front.empty(); front.pop()) {
    int const node = front.front();
    for (auto const& branch : branches[at(node)]) {
      if (tree.depth[at(branch.other)] >= 0) continue;
      tree.depth[at(branch.other)] = tree.depth[at(node)] + 1;
      tree.step[at(branch.other)] = {branch.edge, branch.forward};
      tree.parent[at(branch.other)] = node;
      int const sign = branch.forward ? 1 : -1;
      tree.cell[at(branch.other)] = tree.cell[at(node)] + sign * graph.edges[at(branch.edge)].cell;
      front.push(branch.other);
    }
  }
  return tree;
}

/// The edge that closes the shortest walk through the root along the direction, and that walk's length.
struct Closing {
  int edge = -1, length = 0;
};

Closing find_closing(SiteGraph const& graph, Tree const& tree, double level, Eigen::Vector3d const& direction) {
  Closing best;
  for (std::size_t e = 0; e < graph.edges.size(); ++e) {
    auto const& edge = graph.edges[e];
    if (!(edge.saddle <= level) || tree.depth[at(edge.from)] < 0 || tree.depth[at(edge.to)] < 0) continue;
    Eigen::Vector3i const winding = tree.cell[at(edge.from)] + edge.cell - tree.cell[at(edge.to)];
    if (std::abs((graph.lattice * winding.cast<double>()).dot(direction)) <= no_way) continue;
    int const length = tree.depth[at(edge.from)] + tree.depth[at(edge.to)] + 1;
    if (best.edge < 0 || length < best.length) best = {static_cast<int>(e), length};
  }
  return best;
}

CriticalWalk close_walk(SiteGraph const& graph, Tree const& tree, int root, int closing) {
  auto const& edge = graph.edges[at(closing)];
  CriticalWalk walk;
  for (int node = edge.from; node != root; node = tree.parent[at(node)]) {
    walk.nodes.push_back(node);
    walk.steps.push_back(tree.step[at(node)]);
  }
  walk.nodes.push_back(root);
  std::ranges::reverse(walk.nodes);
  std::ranges::reverse(walk.steps);
  walk.steps.push_back({closing, true});
  for (int node = edge.to; node != root; node = tree.parent[at(node)]) {
    walk.nodes.push_back(node);
    walk.steps.push_back({tree.step[at(node)].edge, !tree.step[at(node)].forward});
  }
  walk.winding = tree.cell[at(edge.from)] + edge.cell - tree.cell[at(edge.to)];
  return walk;
}

/// The shortest of the walks that stay at or below a saddle.
CriticalWalk shortest_walk(SiteGraph const& graph, std::vector<bool> const& open, double level,
                           Eigen::Vector3d const& direction) {
  auto const branches = branches_up_to(graph, open, level);
  Closing best;
  int best_root = 0;
  for (int root = 0; root < static_cast<int>(graph.energy.size()); ++root) {
    if (!open[at(root)]) continue;
    auto const closing = find_closing(graph, grow_tree(graph, branches, root), level, direction);
    if (closing.edge >= 0 && (best.edge < 0 || closing.length < best.length)) {
      best = closing;
      best_root = root;
    }
  }
  return close_walk(graph, grow_tree(graph, branches, best_root), best_root, best.edge);
}

void measure(CriticalWalk& walk, SiteGraph const& graph) {
  walk.bottleneck = walk.steps.front().edge;
  for (auto const& step : walk.steps) {
    if (graph.edges[at(step.edge)].saddle > graph.edges[at(walk.bottleneck)].saddle) walk.bottleneck = step.edge;
  }
  walk.lowest = *std::ranges::min_element(walk.nodes, {}, [&](int n) { return std::pair(graph.energy[at(n)], n); });
  walk.barrier = graph.edges[at(walk.bottleneck)].saddle - graph.energy[at(walk.lowest)];
  walk.trap_depth = graph.energy[at(walk.lowest)] - *std::ranges::min_element(graph.energy);
}

/// What is left of a network while nodes are eliminated: conductances between nodes and the way that each stands for.
class Mesh {
 public:
  Mesh(SiteGraph const& graph, std::vector<double> const& conductance)
      : n_(static_cast<Eigen::Index>(graph.energy.size())), conductance_(Eigen::MatrixXd::Zero(n_, n_)) {
    for (auto& part : way_) part = Eigen::MatrixXd::Zero(n_, n_);
    for (std::size_t e = 0; e < graph.edges.size(); ++e) {
      auto const& edge = graph.edges[e];
      add(edge.from, edge.to, conductance[e], graph.vector(edge));
    }
  }

  /// The carrier's flux along unit fields, when all nodes are gone.
  Eigen::Matrix3d reduce() && {
    for (Eigen::Index k = 0; k < n_; ++k) eliminate(k);
    return flux_;
  }

 private:
  Eigen::Vector3d way(Eigen::Index i, Eigen::Index j) const { return {way_[0](i, j), way_[1](i, j), way_[2](i, j)}; }

  /// One conductance more between two nodes: together with what is there it acts as one along the mean way, and as a
  /// loop along the difference.
  void add(Eigen::Index i, Eigen::Index j, double g, Eigen::Vector3d const& d) {
    if (!(g > 0.0)) return;
    if (i == j) {
      flux_ += g * d * d.transpose();
      return;
    }
    double const there = conductance_(i, j), sum = there + g;
    Eigen::Vector3d const old = way(i, j), apart = d - old, mean = old + g / sum * apart;
    flux_ += there / sum * g * apart * apart.transpose();
    conductance_(i, j) = conductance_(j, i) = sum;
    for (std::size_t axis = 0; axis < 3; ++axis) {
      way_[axis](i, j) = mean[static_cast<Eigen::Index>(axis)];
      way_[axis](j, i) = -mean[static_cast<Eigen::Index>(axis)];
    }
  }

  void eliminate(Eigen::Index k) {
    std::vector<Eigen::Index> around;
    double sum = 0.0;
    for (Eigen::Index j = k + 1; j < n_; ++j) {
      if (!(conductance_(k, j) > 0.0)) continue;
      around.push_back(j);
      sum += conductance_(k, j);
    }
    for (std::size_t a = 0; a < around.size(); ++a) {
      for (std::size_t b = a + 1; b < around.size(); ++b) {
        auto const i = around[a], j = around[b];
        add(i, j, conductance_(k, i) / sum * conductance_(k, j), way(k, j) - way(k, i));
      }
    }
  }

  Eigen::Index n_;
  Eigen::MatrixXd conductance_;
  std::array<Eigen::MatrixXd, 3> way_;
  Eigen::Matrix3d flux_ = Eigen::Matrix3d::Zero();
};

}  // namespace

Eigen::Vector3d SiteGraph::vector(GraphEdge const& edge) const {
  return positions.col(edge.to) + lattice * edge.cell.cast<double>() - positions.col(edge.from);
}

std::optional<CriticalWalk> find_critical_walk(SiteGraph const& graph, Eigen::Vector3d const& direction,
                                               std::vector<bool> const& allowed) {
  check(graph);
  require(allowed.empty() || allowed.size() == graph.energy.size(), "the list of allowed sites has ", allowed.size(),
          " entries for ", graph.energy.size(), " sites");
  std::vector<double> floors = graph.energy;
  std::ranges::sort(floors);
  floors.erase(std::unique(floors.begin(), floors.end()), floors.end());
  std::optional<double> best, best_floor, best_level;
  std::vector<bool> open(graph.energy.size());
  for (double const floor : floors) {
    for (std::size_t i = 0; i < open.size(); ++i) open[i] = graph.energy[i] >= floor && (allowed.empty() || allowed[i]);
    auto const level = opening(graph, open, direction);
    if (!level) break;  // fewer nodes lead nowhere either
    if (best && *level - floor >= *best) continue;
    best = *level - floor;
    best_floor = floor;
    best_level = level;
  }
  if (!best) return std::nullopt;
  for (std::size_t i = 0; i < open.size(); ++i) {
    open[i] = graph.energy[i] >= *best_floor && (allowed.empty() || allowed[i]);
  }
  auto walk = shortest_walk(graph, open, *best_level, direction);
  measure(walk, graph);
  return walk;
}

Eigen::Matrix3d diffusion_tensor(SiteGraph const& graph, double temperature, double nu0) {
  check(graph);
  require(temperature > 0.0 && std::isfinite(temperature), "invalid temperature ", temperature, " K (must be positive)");
  require(nu0 > 0.0 && std::isfinite(nu0), "invalid attempt frequency ", nu0, " /ps (must be positive)");
  if (graph.energy.empty()) return Eigen::Matrix3d::Zero();
  double const kt = units::boltzmann_eV_per_K * temperature, lowest = *std::ranges::min_element(graph.energy);
  double weight = 0.0;
  for (double const e : graph.energy) weight += std::exp(-(e - lowest) / kt);
  std::vector<double> conductance;
  for (auto const& edge : graph.edges) {
    conductance.push_back(std::isfinite(edge.saddle) ? std::exp(-(edge.saddle - lowest) / kt) : 0.0);
  }
  return nu0 / weight * Mesh(graph, conductance).reduce();
}

}  // namespace nacre
