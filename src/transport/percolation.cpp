#include "nacre/transport/percolation.hpp"

#include <Eigen/Geometry>
#include <Eigen/LU>
#include <algorithm>
#include <cmath>
#include <map>
#include <numeric>

#include "grid_neighbors.hpp"
#include "nacre/core/error.hpp"

namespace nacre {
namespace {

using detail::GridNeighbors;
using detail::rank_of;

constexpr std::int32_t absent = -1;

/// Whether `vector` adds a dimension to `known`, at most three independent ones; exact.
bool independent(std::vector<Eigen::Vector3i> const& known, Eigen::Vector3i const& vector) {
  using Vector = Eigen::Matrix<std::int64_t, 3, 1>;
  if (known.empty()) return true;
  if (known.size() == 3) return false;
  Vector const v = vector.cast<std::int64_t>(), first = known[0].cast<std::int64_t>();
  if (known.size() == 1) return !first.cross(v).isZero(0);
  return first.cross(Vector(known[1].cast<std::int64_t>())).dot(v) != 0;
}

/// Union-find; each point knows the cell in which it finds its root when it stands in cell 0 itself.
class Clusters {
 public:
  explicit Clusters(std::size_t points) : nodes_(points) {}

  bool contains(std::size_t i) const { return nodes_[i].parent != absent; }
  void insert(std::size_t i) { nodes_[i].parent = static_cast<std::int32_t>(i); }

  /// Joins point i in cell 0 and point j in `cell`. @return the wrapping vectors of a cluster that got a new one
  std::vector<Eigen::Vector3i> const* join(std::size_t i, std::size_t j, Eigen::Vector3i const& cell) {
    auto [root_i, cell_i] = find(i);
    auto [root_j, cell_j] = find(j);
    Eigen::Vector3i const between = cell + cell_j - cell_i;  // root of j seen from the root of i
    if (root_i == root_j) return between.isZero() ? nullptr : add_wrap(root_i, between);
    if (nodes_[root_i].size < nodes_[root_j].size) return attach(root_i, root_j, -between);
    return attach(root_j, root_i, between);
  }

 private:
  struct Node {
    std::int32_t parent = absent;
    std::int32_t size = 1;                           ///< of a root: points of its cluster
    Eigen::Vector3i cell = Eigen::Vector3i::Zero();  ///< of the parent
  };

  std::pair<std::size_t, Eigen::Vector3i> find(std::size_t i) {
    std::size_t root = i;
    Eigen::Vector3i cell = Eigen::Vector3i::Zero();
    while (static_cast<std::size_t>(nodes_[root].parent) != root) {
      cell += nodes_[root].cell;
      root = static_cast<std::size_t>(nodes_[root].parent);
    }
    Eigen::Vector3i rest = cell;
    for (std::size_t k = i; k != root;) {  // every point on the way hangs on the root from now on
      auto& node = nodes_[k];
      auto const next = static_cast<std::size_t>(node.parent);
      Eigen::Vector3i const own = node.cell;
      node.parent = static_cast<std::int32_t>(root);
      node.cell = rest;
      rest -= own;
      k = next;
    }
    return {root, cell};
  }

  std::vector<Eigen::Vector3i> const* add_wrap(std::size_t root, Eigen::Vector3i const& wrap) {
    auto& known = wraps_[root];
    if (!independent(known, wrap)) return nullptr;
    known.push_back(wrap);
    return &known;
  }

  /// `root` stands in `cell` seen from `onto` in cell 0.
  std::vector<Eigen::Vector3i> const* attach(std::size_t root, std::size_t onto, Eigen::Vector3i const& cell) {
    nodes_[root].parent = static_cast<std::int32_t>(onto);
    nodes_[root].cell = -cell;
    nodes_[onto].size += nodes_[root].size;
    auto const found = wraps_.find(root);
    if (found == wraps_.end()) return nullptr;
    auto const moved = found->second;
    wraps_.erase(found);
    for (auto const& wrap : moved) add_wrap(onto, wrap);
    return &wraps_.at(onto);
  }

  std::vector<Node> nodes_;
  std::map<std::size_t, std::vector<Eigen::Vector3i>> wraps_;  ///< of roots; at most three independent ones each
};

/// Hands out open points by (energy, index), sorting no more of them than are asked for.
class Ascending {
 public:
  Ascending(EnergyGrid const& grid, std::vector<bool> const& closed) : grid_(grid) {
    for (std::size_t i = 0; i < grid.size(); ++i)
      if (std::isfinite(grid.energy[i]) && (closed.empty() || !closed[i]))
        order_.push_back(static_cast<std::int32_t>(i));
  }

  std::optional<std::size_t> next() {
    if (next_ == sorted_ && !sort_more()) return std::nullopt;
    return static_cast<std::size_t>(order_[next_++]);
  }

 private:
  bool sort_more() {
    if (sorted_ == order_.size()) return false;
    auto const less = [this](std::int32_t a, std::int32_t b) {
      double const ea = grid_.energy[static_cast<std::size_t>(a)], eb = grid_.energy[static_cast<std::size_t>(b)];
      return ea != eb ? ea < eb : a < b;
    };
    auto const end = std::min(order_.size(), std::max<std::size_t>(2 * sorted_, order_.size() / 32 + 1));
    auto const at = [this](std::size_t k) { return order_.begin() + static_cast<std::ptrdiff_t>(k); };
    if (end < order_.size()) std::nth_element(at(sorted_), at(end), order_.end(), less);
    std::sort(at(sorted_), at(end), less);
    sorted_ = end;
    return true;
  }

  EnergyGrid const& grid_;
  std::vector<std::int32_t> order_;
  std::size_t sorted_ = 0, next_ = 0;
};

Eigen::Matrix3d cross_matrix(Eigen::Vector3d const& n) {
  Eigen::Matrix3d m;
  m << 0.0, -n[2], n[1], n[2], 0.0, -n[0], -n[1], n[0], 0.0;
  return m;
}

}  // namespace

std::vector<PercolationTarget> standard_targets() {
  Eigen::Matrix3d const all = Eigen::Matrix3d::Identity();
  auto const rows = [&](std::vector<int> const& kept) {
    return Eigen::Matrix<double, Eigen::Dynamic, 3>(all(kept, Eigen::all));
  };
  return {{"E1D", all, 1},           {"E2D", all, 2},           {"E3D", all, 3},
          {"Ex", rows({0}), 1},      {"Ey", rows({1}), 1},      {"Ez", rows({2}), 1},
          {"E_ab", rows({0, 1}), 2}, {"E_bc", rows({1, 2}), 2}, {"E_ac", rows({0, 2}), 2}};
}

PercolationTarget in_plane_target(Eigen::Matrix3d const& lattice, Eigen::Vector3i const& miller) {
  Eigen::Vector3d const normal = (lattice.inverse().transpose() * miller.cast<double>()).normalized();
  return {"E_plane", cross_matrix(normal) * lattice, 2};  // n x v: the projection, turned by a quarter
}

PercolationTarget across_target(Eigen::Vector3i const& miller) {
  return {"E_across", miller.transpose().cast<double>(), 1};
}

PercolationTarget direction_target(Eigen::Matrix3d const& lattice, Eigen::Vector3i const& direction) {
  return {"E_direction", (lattice * direction.cast<double>()).transpose() * lattice, 1};
}

std::vector<std::optional<Threshold>> percolate(EnergyGrid const& grid, std::vector<PercolationTarget> const& targets,
                                                PercolationOptions const& options) {
  GridNeighbors const neighbors(grid, options.connectivity);
  std::vector<std::optional<Threshold>> thresholds(targets.size());
  std::size_t open = targets.size();
  Clusters clusters(grid.size());
  Ascending points(grid, options.closed);
  while (open > 0) {
    auto const point = points.next();
    if (!point) break;
    clusters.insert(*point);
    neighbors.for_each(*point, [&](std::size_t other, Eigen::Vector3i const& cell, auto const&) {
      if (!clusters.contains(other)) return;
      auto const* wraps = clusters.join(*point, other, cell);
      for (std::size_t t = 0; wraps && t < targets.size(); ++t) {
        if (thresholds[t] || rank_of(targets[t].map, *wraps) < targets[t].rank) continue;
        thresholds[t] = {grid.energy[*point], *point};
        --open;
      }
    });
  }
  return thresholds;
}

}  // namespace nacre
