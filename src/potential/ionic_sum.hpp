/// Energy, forces and stress of point charges with short-range pair terms: one pass over the pairs, the reciprocal sum,
/// the self energy and the slab correction. What ewald and the rigid-ion sets share.
#pragma once

#include <Eigen/Core>
#include <vector>

#include "core_terms.hpp"
#include "nacre/crystal/crystal.hpp"
#include "nacre/potential/potential.hpp"
#include "pair_kernel.hpp"

namespace nacre::detail {

/// What a model says about its ions.
struct IonicModel {
  std::vector<double> charges;   ///< of each species [e]
  std::vector<PairTerms> terms;  ///< [first * species + second]
  std::vector<CoreTerms> cores;  ///< likewise; empty: none
  double cutoff = 0.0;           ///< of the short-range terms [Å]
  double taper_width = 0.0;      ///< [Å]
  PotentialOptions::Sum sum = PotentialOptions::Sum::direct;
  double accuracy = 0.0;  ///< of forces, of that between unit charges 1 Å apart; 0: exact
  double alpha = 0.0;     ///< of a direct sum [1/Å]; 0: the cheapest
  bool slab_correction = false;
  bool background = false;  ///< a charge that does not vanish is made up for by a uniform background
};

/// @param species index of each atom
/// @throws InputError if the charges do not sum to zero (without background, or where none is defined), atoms coincide, or the crystal has a periodicity that
/// ewald.hpp does not list
/// @param state where the list of pairs is kept; null: it is not
Evaluation evaluate_ions(Crystal const& crystal, std::vector<int> const& species, IonicModel const& model,
                         EvaluationState* state = nullptr);

/// @param height of the atoms along the normal of a cell with this period [Å]
/// @throws InputError for a slab that lies on both sides of the cell's border: it has no dipole as given
void require_whole_slab(Eigen::VectorXd const& height, double period);

}  // namespace nacre::detail
