/// Where one layer lies on another in integers and rationals, and how operations of the crystals relabel it.
#pragma once

#include <Eigen/Core>
#include <vector>

#include "nacre/stack/contact.hpp"
#include "repeat.hpp"

namespace nacre::detail {

/// Rationals that occur here have denominators below 1e5, so two that agree to this are equal.
inline constexpr double rational_tolerance = 1e-9;

/// A relabelling of a layer's in-plane coordinates (rows): x -> x matrix + shift.
struct RowMap {
  Eigen::Matrix2d matrix;
  Eigen::RowVector2d shift;
};
RowMap row_map(LayerOperation const& s);

/// Bottom coordinates = film coordinates * x + shift, rows.
struct Placement {
  Eigen::Matrix2d x;
  Eigen::RowVector2d shift;
};
/// The same stack after both layers' coordinates are relabelled.
Placement relabelled(Placement const& p, RowMap const& film, RowMap const& bottom);
/// The same contact seen from the film: film coordinates = bottom coordinates * x + shift.
Placement inverse(Placement const& p);

bool equal(Eigen::Matrix2d const& a, Eigen::Matrix2d const& b);

/// X of a coincidence: film coordinates to substrate coordinates, rows.
Eigen::Matrix2d ratio(Coincidence const& c);
/// Rows: the shift cell's vectors in coordinates of the bottom layer's basis.
Eigen::Matrix2d shift_vectors(Coincidence const& c);

Eigen::Matrix2i rounded(Eigen::Matrix2d const& m);
/// x modulo the grid, in [0, shift_grid).
std::int64_t wrapped(std::int64_t x);
/// Rounded to the grid.
GridShift to_grid(Eigen::RowVector2d const& shift);
/// The map of shifts in grid units that (matrix, offset) stand for; the offset in cells is rounded to the grid.
ShiftMap make_shift_map(Eigen::Matrix2d const& rows, Eigen::RowVector2d const& offset);
/// b after a.
ShiftMap composed(ShiftMap const& a, ShiftMap const& b);
/// What undoes a map.
ShiftMap inverse(ShiftMap const& map);

/// A layer turned over: the new cut and the relabelling, seen from the face where the cut was.
struct TurnedLayer {
  std::size_t operation;  ///< of the plane
  int first;              ///< Termination::first of the turned layer
  RowMap map;
  bool mirrored;          ///< the operation is improper
};
/// All ways to turn a layer over onto a cut that is listed. `upper`: it lies above the contact and will lie below.
std::vector<TurnedLayer> turned_layers(PlaneLattice const& plane, int first, bool upper);

}  // namespace nacre::detail
