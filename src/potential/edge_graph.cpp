#include "edge_graph.hpp"

#include <Eigen/Geometry>
#include <algorithm>
#include <cmath>

#include "nacre/core/error.hpp"
#include "nacre/core/parallel_for.hpp"
#include "nacre/crystal/elements.hpp"
#include "nacre/potential/neighbors.hpp"

namespace nacre::detail {
namespace {

/// @param seen at what distance the model sees the pair: derivatives are those by the vector as it is
void fill_edge(EdgeBlock& block, BlockEdges& edges, RadialGrid const& grid, Neighbor const& pair, CoreBlend::Seen const& seen) {
  int const e = block.count++;
  double const distance = pair.vector.norm();
  auto const frame = edge_frame(pair.vector);
  auto const y = spherical_harmonics(frame.col(0));
  Eigen::Matrix<double, harmonics, 2> const tangent = y.gradient * frame.rightCols<2>() / distance;
  for (int k = 0; k < harmonics; ++k) {
    block.harmonic[0][k][e] = static_cast<float>(y.value[k]);
    block.harmonic[1][k][e] = static_cast<float>(tangent(k, 0));
    block.harmonic[2][k][e] = static_cast<float>(tangent(k, 1));
  }
  auto place = grid.place(seen.distance);
  for (auto& slope : place.slope) slope *= static_cast<float>(seen.slope);
  std::copy(std::begin(place.value), std::end(place.value), block.value[e]);
  std::copy(std::begin(place.slope), std::end(place.slope), block.slope[e]);
  edges.neighbour[e] = pair.second;
  edges.interval[e] = place.interval;
  for (int k = 0; k < 3; ++k) edges.vector[e][k] = pair.vector[k];
}

/// Neighbours of one interval of the radial table stand together, so that its rows are read once.
template <class Seen>
void sort_by_interval(std::vector<Neighbor>& pairs, std::size_t begin, std::size_t end, RadialGrid const& grid, Seen const& seen) {
  std::vector<std::pair<int, std::size_t>> order;
  for (std::size_t k = begin; k < end; ++k) order.emplace_back(grid.interval(seen(pairs[k]).distance), k);
  std::ranges::sort(order);
  std::vector<Neighbor> sorted;
  for (auto const& [interval, k] : order) sorted.push_back(pairs[k]);
  std::ranges::copy(sorted, pairs.begin() + static_cast<std::ptrdiff_t>(begin));
}

void check_distances(Crystal const& crystal, std::vector<Neighbor> const& pairs) {
  constexpr double nearest = 1e-3;  // Å; nearer pairs have no direction in single precision
  for (auto const& pair : pairs) {
    auto const name = [&](int atom) { return concat(symbol(crystal.numbers[static_cast<std::size_t>(atom)]), " ", atom + 1); };
    require(pair.vector.squaredNorm() > nearest * nearest, "atoms lie on each other (", name(pair.first), " and ",
            name(pair.second), " are ", pair.vector.norm(), " A apart); no model covers that");
  }
}

}  // namespace

Eigen::Matrix3d edge_frame(Eigen::Vector3d const& vector) {
  Eigen::Vector3d const n = vector.normalized();
  Eigen::Index smallest = 0;
  n.cwiseAbs().minCoeff(&smallest);
  Eigen::Matrix3d frame;
  frame.col(0) = n;
  frame.col(1) = Eigen::Vector3d::Unit(smallest).cross(n).normalized();
  frame.col(2) = n.cross(frame.col(1));
  return frame;
}

Harmonics spherical_harmonics(Eigen::Vector3d const& unit) {
  double const x = unit[0], y = unit[1], z = unit[2], xx = x * x, yy = y * y, zz = z * z;
  double const a = std::sqrt(3.0), b = std::sqrt(15.0), c = std::sqrt(5.0);
  double const d = std::sqrt(35.0 / 8.0), e = std::sqrt(105.0), f = std::sqrt(21.0 / 8.0), g = std::sqrt(7.0) / 2.0;
  Harmonics h;
  h.value << 1, a * x, a * y, a * z,                                                              //
      b * x * z, b * x * y, c * (yy - (xx + zz) / 2), b * y * z, b / 2 * (zz - xx),                //
      d * x * (3 * zz - xx), e * x * y * z, f * x * (4 * yy - xx - zz), g * y * (2 * yy - 3 * xx - 3 * zz),
      f * z * (4 * yy - xx - zz), e / 2 * y * (zz - xx), d * z * (zz - 3 * xx);
  h.gradient << 0, 0, 0,                                                                           //
      a, 0, 0, 0, a, 0, 0, 0, a,                                                                   //
      b * z, 0, b * x, b * y, b * x, 0, -c * x, 2 * c * y, -c * z, 0, b * z, b * y, -b * x, 0, b * z,  //
      3 * d * (zz - xx), 0, 6 * d * x * z,                                                         //
      e * y * z, e * x * z, e * x * y,                                                             //
      f * (4 * yy - 3 * xx - zz), 8 * f * x * y, -2 * f * x * z,                                   //
      -6 * g * x * y, g * (6 * yy - 3 * xx - 3 * zz), -6 * g * y * z,                              //
      -2 * f * x * z, 8 * f * y * z, f * (4 * yy - xx - 3 * zz),                                   //
      -e * x * y, e / 2 * (zz - xx), e * y * z,                                                    //
      -6 * d * x * z, 0, 3 * d * (zz - xx);
  return h;
}

EdgeGraph make_graph(Crystal const& crystal, double cutoff, int threads, CoreBlend const* core) {
  auto pairs = find_neighbors(crystal, cutoff);
  check_distances(crystal, pairs);
  RadialGrid const grid(cutoff);
  auto const seen = [&](Neighbor const& pair) {
    double const r = pair.vector.norm();
    auto const number = [&](int atom) { return crystal.numbers[static_cast<std::size_t>(atom)]; };
    return core == nullptr ? CoreBlend::Seen{r, 1.0} : core->seen(number(pair.first), number(pair.second), r);
  };
  EdgeGraph graph;
  graph.count = static_cast<std::int64_t>(pairs.size());
  auto const atoms = crystal.size();
  std::vector<std::size_t> begin(atoms + 1, 0);
  for (auto const& pair : pairs) ++begin[static_cast<std::size_t>(pair.first) + 1];
  graph.first.assign(atoms + 1, 0);
  for (std::size_t i = 0; i < atoms; ++i) {
    graph.first[i + 1] = graph.first[i] + static_cast<int>((begin[i + 1] + edge_block - 1) / edge_block);
    begin[i + 1] += begin[i];
  }
  auto const blocks = static_cast<std::size_t>(graph.first.back());
  graph.blocks.assign(blocks, EdgeBlock{});
  graph.edges.resize(blocks);
  constexpr std::size_t atoms_per_task = 16;
  parallel_for((atoms + atoms_per_task - 1) / atoms_per_task, threads, [&](std::size_t task) {
    for (std::size_t i = task * atoms_per_task; i < std::min(atoms, (task + 1) * atoms_per_task); ++i) {
      sort_by_interval(pairs, begin[i], begin[i + 1], grid, seen);
      for (std::size_t k = begin[i]; k < begin[i + 1]; ++k) {
        auto const b = static_cast<std::size_t>(graph.first[i]) + (k - begin[i]) / edge_block;
        graph.edges[b].centre = static_cast<int>(i);
        fill_edge(graph.blocks[b], graph.edges[b], grid, pairs[k], seen(pairs[k]));
      }
    }
  });
  return graph;
}

}  // namespace nacre::detail
