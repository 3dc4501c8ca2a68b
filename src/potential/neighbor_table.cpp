#include "neighbor_table.hpp"

#include <algorithm>
#include <cmath>
#include <limits>

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

/// All atoms alike.
PairList& pairs_of(Crystal const& crystal, double cutoff, EvaluationState* state) {
  bool const cell = crystal.periodic[0] || crystal.periodic[1] || crystal.periodic[2];
  Eigen::Matrix3d const lattice = cell ? crystal.lattice : Eigen::Matrix3d(Eigen::Matrix3d::Identity());
  thread_local PairList scratch;
  thread_local std::vector<int> species;
  species.assign(crystal.size(), 0);
  auto& list = state == nullptr ? scratch : state->part<KeptPairs>().list;
  list.update({lattice, crystal.periodic, crystal.positions, species, 1}, cutoff, state == nullptr ? 0.0 : pair_list_skin);
  return list;
}

/// Vectors and squared distances of one atom's pairs.
struct Measured {
  std::vector<double> vectors, squares;
  double nearest = 0.0;

  void measure(Isa isa, PairList const& list, PairList::Center const& center, double cutoff) {
    auto const count = center.start[1] - center.start[0];
    vectors.resize(std::max(vectors.size(), 4 * count));
    squares.resize(std::max(squares.size(), count));
    PairGeometry pairs{static_cast<int>(count), center.entries + center.start[0],
                       list.atoms() + 4 * static_cast<std::ptrdiff_t>(center.atom), list.atoms(), list.shifts(),
                       cutoff * cutoff, vectors.data(), squares.data(), std::numeric_limits<double>::infinity(), 0};
    measure_pairs(isa, pairs);
    nearest = pairs.nearest;
  }
};

}  // namespace

bool any_pair_within(Crystal const& crystal, double limit) {
  if (crystal.size() == 0) return false;
  bool found = false;
  Measured measured;
  auto& list = pairs_of(crystal, limit, nullptr);
  list.for_each_center([&](PairList::Center const& center) {
    measured.measure(selected_isa(), list, center, limit);
    found = found || measured.nearest < limit * limit;
  });
  return found;
}

void for_each_center(Crystal const& crystal, double cutoff, EvaluationState* state, std::function<void(CenterPairs const&)> const& visit) {
  if (crystal.size() == 0) return;
  thread_local Measured measured;
  auto& list = pairs_of(crystal, cutoff, state);
  list.for_each_center([&](PairList::Center const& center) {
    measured.measure(selected_isa(), list, center, cutoff);
    auto const count = center.start[1] - center.start[0];
    auto const* entries = center.entries + center.start[0];
    for (std::size_t p = 0; p < count; ++p)
      if (measured.squares[p] < coincident_A * coincident_A)
        refuse_coincident(crystal, center.atom, entries[p].atom, std::sqrt(measured.squares[p]));
    visit({center.atom, count, entries, measured.vectors.data(), measured.squares.data()});
  });
}

void NeighborTable::collect(Crystal const& crystal, double cutoff, EvaluationState* state) {
  pairs_.clear();
  for_each_center(crystal, cutoff, state, [&](CenterPairs const& center) {
    for (std::size_t k = 0; k < center.count; ++k) {
      if (!(center.squares[k] < cutoff * cutoff)) continue;
      double const* const v = center.vectors + 4 * k;
      pairs_.push_back({center.atom, center.entries[k].atom, {v[0], v[1], v[2]}, std::sqrt(center.squares[k])});
    }
  });
}

void NeighborTable::build(Crystal const& crystal, double cutoff, EvaluationState* state) {
  auto const atoms = crystal.size();
  start.assign(atoms + 1, 0);
  atom.clear();
  if (atoms == 0) return;
  collect(crystal, cutoff, state);
  for (auto const& pair : pairs_) {
    ++start[static_cast<std::size_t>(pair.first) + 1];
    ++start[static_cast<std::size_t>(pair.second) + 1];
  }
  for (std::size_t i = 0; i < atoms; ++i) start[i + 1] += start[i];
  atom.resize(start.back());
  vector.resize(start.back());
  distance.resize(start.back());
  cursor_.assign(start.begin(), start.end() - 1);
  auto const put = [&](int from, int to, Eigen::Vector3d const& v, double r) {
    auto const k = cursor_[static_cast<std::size_t>(from)]++;
    atom[k] = to;
    vector[k] = v;
    distance[k] = r;
  };
  for (auto const& pair : pairs_) {
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
