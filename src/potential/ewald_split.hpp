/// Where the Gaussians of the two Ewald sums end, the splitting between them, and whether the reciprocal part is summed
/// directly or on a mesh.
#pragma once

#include <Eigen/Core>

#include "ionic_sum.hpp"
#include "mesh_sum.hpp"

namespace nacre::detail {

struct EwaldSplit {
  double alpha = 0.0;              ///< [1/Å]
  double real_cutoff = 0.0;        ///< [Å]
  double shift = 0.0;              ///< makes the energy of an inexact sum continuous at that cutoff [1/Å]
  double reciprocal_cutoff = 0.0;  ///< of the direct sum [1/Å]
  MeshShape mesh;                  ///< order 0: direct
};

/// Up to here a sum that is asked for no accuracy is the exact one; above, the mesh at `mesh_accuracy`.
inline constexpr int exact_atoms = 500;
inline constexpr double mesh_accuracy = 1e-9;

/// The cheapest splitting. The costs are nanoseconds on a common processor, fixed so that the choice depends on the
/// model and the configuration alone.
/// @param lattice reduced @param square sum of the squared charges [e^2]
EwaldSplit choose_split(IonicModel const& model, Eigen::Matrix3d const& lattice, int atoms, double square);

}  // namespace nacre::detail
