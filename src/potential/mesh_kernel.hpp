/// The inner loops of the mesh sum, elementwise, for each instruction set (see pair_kernel.hpp).
#pragma once

#include <vector>

#include "nacre/core/isa.hpp"

namespace nacre::detail {

/// Orders of the splines that are built: even, so that a spline has its maximum on a point.
inline constexpr int mesh_orders[] = {4, 6, 8, 10, 12};
inline constexpr int largest_mesh_order = 12;

/// Where an atom's splines begin on the mesh, and their values and derivatives by the mesh coordinate.
struct MeshSplines {
  int order = 0;
  std::vector<int> first;                 ///< [axis][atom]; may be negative along the first two axes
  std::vector<double> weights[3], slopes[3];  ///< [atom][point]
};

/// @param place mesh coordinates in [0, size) of each atom along one axis
void fill_splines(Isa isa, int order, int atoms, double const* place, int* first, double* weights, double* slopes);

/// A mesh of size[0] x size[1] rows, each `stride` long: size[2] points and order - 1 more that continue the row.
struct MeshView {
  int size[3];
  int stride;
  double* values;
};

void spread_charges(Isa isa, MeshSplines const& splines, int atoms, double const* charges, MeshView const& mesh);

/// Potential and its derivatives by the three mesh coordinates, at every atom.
void gather_potential(Isa isa, MeshSplines const& splines, int atoms, MeshView const& mesh, double* potential,
                      double* slope0, double* slope1, double* slope2);

/// One row of the transform: multiplies by the influence, and adds |S|^2 influence to `energy` and, times `stretch`, to
/// the six moments of the row's first two indices.
struct MeshRow {
  int count;
  double first, second;  ///< indices of the row
  double const *influence, *stretch;
  double* transform;     ///< interleaved real and imaginary parts
  double* energy;        ///< [count]
  double* moments[6];    ///< 1, h, k, hh, hk, kk
};
void weigh_row(Isa isa, MeshRow const& row);

}  // namespace nacre::detail
