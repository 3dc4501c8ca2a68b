#include "neighbor_table.hpp"

#include <algorithm>
#include <cmath>

#include "image_grid.hpp"
#include "nacre/core/error.hpp"
#include "nacre/crystal/elements.hpp"

namespace nacre::detail {

void refuse_coincident(Crystal const& crystal, int a, int b, double distance) {
  auto const [first, second] = std::minmax(a, b);
  auto const name = [&](int atom) { return symbol(crystal.numbers[static_cast<std::size_t>(atom)]); };
  input_error("atoms ", first + 1, " (", name(first), ") and ", second + 1, " (", name(second), ") are ", distance,
              " Å apart (less than ", coincident_A, " Å): remove one of them");
}

void require_sane(Crystal const& crystal) {
  require(crystal.positions.cols() == static_cast<Eigen::Index>(crystal.size()), crystal.positions.cols(),
          " positions for ", crystal.size(), " atoms");
  require(crystal.positions.allFinite() && crystal.lattice.allFinite(), "a position or lattice vector is not finite");
  bool const cell = crystal.periodic[0] || crystal.periodic[1] || crystal.periodic[2];
  require(!cell || crystal.volume() > 1e-6, "the cell has no volume (its lattice vectors lie in a plane)");
}

namespace {

/// All atoms alike, in a grid that keeps its memory.
ImageGrid& grid_of(Crystal const& crystal, double cutoff) {
  bool const cell = crystal.periodic[0] || crystal.periodic[1] || crystal.periodic[2];
  Eigen::Matrix3d const lattice = cell ? crystal.lattice : Eigen::Matrix3d(Eigen::Matrix3d::Identity());
  thread_local ImageGrid grid;
  thread_local std::vector<int> species;
  species.assign(crystal.size(), 0);
  grid.build(reduce_cell(lattice, crystal.periodic), crystal.positions, species, 1, cutoff);
  return grid;
}

}  // namespace

bool any_pair_within(Crystal const& crystal, double limit) {
  if (crystal.size() == 0) return false;
  bool found = false;
  grid_of(crystal, limit).for_each_batch([&](ImageGrid::Batch const&) { found = true; });
  return found;
}

void NeighborTable::build(Crystal const& crystal, double cutoff) {
  auto const atoms = crystal.size();
  start.assign(atoms + 1, 0);
  atom.clear();
  if (atoms == 0) return;
  auto& grid = grid_of(crystal, cutoff);
  struct Pair {
    int first, second;
    Eigen::Vector3d vector;
    double distance;
  };
  thread_local std::vector<Pair> pairs;
  pairs.clear();
  grid.for_each_batch([&](ImageGrid::Batch const& batch) {
    for (int p = 0; p < batch.count; ++p) {
      double const r = std::sqrt(batch.r2[p]);
      if (r < coincident_A) refuse_coincident(crystal, batch.first, batch.second[p], r);
      pairs.push_back({batch.first, batch.second[p], {batch.dx[p], batch.dy[p], batch.dz[p]}, r});
    }
  });
  for (auto const& pair : pairs) {
    ++start[static_cast<std::size_t>(pair.first) + 1];
    ++start[static_cast<std::size_t>(pair.second) + 1];
  }
  for (std::size_t i = 0; i < atoms; ++i) start[i + 1] += start[i];
  atom.resize(start.back());
  vector.resize(start.back());
  distance.resize(start.back());
  thread_local std::vector<std::size_t> cursor;
  cursor.assign(start.begin(), start.end() - 1);
  auto const put = [&](int from, int to, Eigen::Vector3d const& v, double r) {
    auto const k = cursor[static_cast<std::size_t>(from)]++;
    atom[k] = to;
    vector[k] = v;
    distance[k] = r;
  };
  for (auto const& pair : pairs) {
    put(pair.first, pair.second, pair.vector, pair.distance);
    put(pair.second, pair.first, -pair.vector, pair.distance);
  }
}

PairAccumulator::PairAccumulator(Crystal const& crystal) : crystal_(crystal) {
  auto const atoms = static_cast<Eigen::Index>(crystal.size());
  result_.atom_energies.setZero(atoms);
  result_.forces.setZero(3, atoms);
}

Evaluation PairAccumulator::finish(std::int64_t edges) && {
  result_.energy = result_.atom_energies.sum();
  result_.edges = edges;
  auto const& [a, b, c] = crystal_.periodic;
  if (a && b && c) result_.stress = 0.5 * (strain_ + strain_.transpose()) / crystal_.volume();
  return std::move(result_);
}

}  // namespace nacre::detail
