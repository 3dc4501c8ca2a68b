/// For every atom its neighbours within a cutoff, from both ends, in flat arrays: what many-body terms walk over.
#pragma once

#include <Eigen/Core>
#include <cstddef>
#include <functional>
#include <vector>

#include "nacre/crystal/crystal.hpp"
#include "nacre/potential/potential.hpp"
#include "pair_list.hpp"

namespace nacre::detail {

/// Below this two atoms coincide: no formula of ours means anything there [Å].
inline constexpr double coincident_A = 0.1;
/// Throws "atoms 1 (Mg) and 2 (O) are ... apart".
[[noreturn]] void refuse_coincident(Crystal const& crystal, int first, int second, double distance);

/// @throws InputError for positions that are not finite or disagree with the atoms, or a periodic cell without volume
void require_sane(Crystal const& crystal);

/// Whether two atoms or images are closer than `limit` [Å].
bool any_pair_within(Crystal const& crystal, double limit);

/// The pairs of one atom; each pair of the structure stands with one of its atoms. Sorted by the second atom.
struct CenterPairs {
  int atom;
  std::size_t count;
  PairEntry const* entries;
  double const* vectors;  ///< from the atom to the second one, four numbers each [Å]
  double const* squares;  ///< of distances; those beyond the cutoff must add nothing [Å^2]
};
/// Visits every atom, in an order that depends on the configuration alone. @throws InputError if two atoms coincide
void for_each_center(Crystal const& crystal, double cutoff, EvaluationState* state, std::function<void(CenterPairs const&)> const& visit);

class NeighborTable {
 public:
  std::vector<std::size_t> start;  ///< neighbours of atom i: start[i] .. start[i + 1]
  std::vector<int> atom;
  std::vector<Eigen::Vector3d> vector;  ///< from the atom to the neighbour [Å]
  std::vector<double> distance;         ///< [Å]

  /// The order depends on the configuration alone. Keeps its memory between calls.
  /// @param state where the list of pairs is kept; null: it is not
  /// @throws InputError if two atoms coincide
  void build(Crystal const& crystal, double cutoff, EvaluationState* state);

 private:
  struct Pair {
    int first, second;
    Eigen::Vector3d vector;
    double distance;
  };
  void collect(Crystal const& crystal, double cutoff, EvaluationState* state);

  std::vector<Pair> pairs_;
  std::vector<std::size_t> cursor_;
};

/// Collects dE/dvector of pairs into forces and strain derivative.
class PairAccumulator {
 public:
  explicit PairAccumulator(Crystal const& crystal);
  void add_energy(int atom, double energy) { result_.atom_energies[atom] += energy; }
  /// @param gradient dE/dvector of the vector from first to second
  void add(int first, int second, Eigen::Vector3d const& vector, Eigen::Vector3d const& gradient) {
    result_.forces.col(first) += gradient;
    result_.forces.col(second) -= gradient;
    strain_.noalias() += gradient * vector.transpose();
  }
  /// Energy, forces, and the stress of a cell periodic in three directions.
  Evaluation finish(std::int64_t edges) &&;

 private:
  Crystal const& crystal_;
  Evaluation result_;
  Eigen::Matrix3d strain_ = Eigen::Matrix3d::Zero();
};

/// Adds up `atom(i, neighbors, sum)` over all atoms i, which sees its neighbours within the cutoff.
/// @param state where the list of pairs is kept; null: it is not
template <class Atom>
Evaluation sum_over_atoms(Crystal const& crystal, double cutoff, EvaluationState* state, Atom const& atom) {
  require_sane(crystal);
  thread_local NeighborTable neighbors;
  neighbors.build(crystal, cutoff, state);
  PairAccumulator sum(crystal);
  for (int i = 0; i < static_cast<int>(crystal.size()); ++i) atom(i, neighbors, sum);
  return std::move(sum).finish(static_cast<std::int64_t>(neighbors.atom.size()));
}

}  // namespace nacre::detail
