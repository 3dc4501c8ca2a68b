/// Evaluates a TensorNet: energies of atoms, features, and the derivatives of their sum by the vectors between atoms.
#pragma once

#include <Eigen/Core>
#include <vector>

#include "neighbor_table.hpp"
#include "tensornet_model.hpp"

namespace nacre::detail {

struct TensorNetResult {
  std::vector<double> atom_energies;  ///< [eV]
  Eigen::MatrixXf features;           ///< one column per atom
  Eigen::Matrix3Xd gradient;          ///< dE/dvector of every pair of the table [eV/Å]; empty if not asked for
};

/// The bits do not depend on the number of threads: rows are multiplied in blocks of fixed size.
/// @param species of each atom
TensorNetResult run_tensornet(TensorNetModel const& model, std::vector<int> const& species, NeighborTable const& neighbors,
                              bool derivatives, int threads);

}  // namespace nacre::detail
