/// The lattice that all layers of a stack share, by integer algebra.
#pragma once

#include <Eigen/Core>
#include <vector>

#include "nacre/stack/coincidence.hpp"

namespace nacre::detail {

/// Rows: the smallest cell common to all layers, in the basis of each, from the coincidences of successive layers.
/// @param basis of layer 1, columns [Å]; the cell is Gauss-reduced in it unless the first coincidence's cell serves
/// @throws InputError if it has more than a million cells of a layer
std::vector<Eigen::Matrix2i> common_supercells(std::vector<Coincidence> const& contacts, Eigen::Matrix2d const& basis);

}  // namespace nacre::detail
