/// Energy of a stack whose upper part slides rigidly on the lower one: a map over the shift cell of one contact.
#pragma once

#include <Eigen/Core>
#include <array>
#include <cstddef>
#include <cstdint>
#include <string>
#include <vector>

#include "nacre/core/api.hpp"
#include "nacre/potential/potential.hpp"
#include "nacre/stack/contact.hpp"
#include "nacre/stack/stack.hpp"

namespace nacre {

struct SlidingOptions {
  std::size_t contact = 0;   ///< from 0; not the closing one of a superlattice
  int grid = 12;             ///< points along each vector of the shift cell; shift (0, 0) is one of them
  bool optimise_gap = true;  ///< at every point, else the designed gap
  double gap_tolerance = 1e-3;  ///< of the optimised gap [Å]
};

/// One point of the grid, the first of those that the symmetry makes alike.
struct SlidingPoint {
  std::array<int, 2> index{0, 0};  ///< shift = index / grid
  int multiplicity = 1;            ///< points of the grid that it stands for
  double gap = 0.0;                ///< [Å]
  bool gap_at_limit = false;       ///< no minimum within 1.6 Å of the gap from radii: the layers do not bind here
  double energy = 0.0;             ///< of the cell [eV]
  double per_area = 0.0;           ///< (energy - that of both parts apart)/area, of a superlattice against the lowest [J/m^2]
  std::string refusal;             ///< overlap in words; then there is no energy
};

/// A place where the interpolated map is flat.
struct StationaryPoint {
  enum class Kind { minimum, saddle, maximum } kind;
  Eigen::Vector2d shift;  ///< fractional
  double per_area;        ///< [J/m^2]
  /// Of a saddle: the minima that the ways down to both sides end in, indices into the list; -1: the way is lost.
  std::array<int, 2> minima{-1, -1};
};

struct NACRE_API SlidingMap {
  int grid = 0;
  double area = 0.0;                            ///< [Å^2]
  Eigen::Matrix2d shift_cell;                   ///< columns [Å]
  std::size_t symmetries = 1;                   ///< operations of the stack that act on the grid
  std::vector<SlidingPoint> points;             ///< irreducible, by index
  std::vector<std::size_t> point_of;            ///< per grid point, row by row: index into `points`
  /// Of the trigonometric polynomial through all points, by kind, energy, shift; empty if a point has no energy.
  std::vector<StationaryPoint> stationary;
  bool relative_to_parts = true;                ///< false: energies are against the lowest point
  double work = 0.0;                            ///< directed pairs evaluated

  SlidingPoint const& at(int i, int j) const;   ///< periodic
};

/// Shifts are reduced by the operations that leave all layers and all other contacts as they are (`shift_symmetries`).
/// The slab correction is on. Overlaps (find_overlap) are refused, not evaluated.
/// @throws InputError for a grid below 1, a contact that does not exist, an element that the model does not have
NACRE_API SlidingMap sliding_map(SlabList const& slabs, std::vector<ContactDesign> const& contacts,
                                 StackOptions const& options, Potential const& potential,
                                 SlidingOptions const& sliding);

/// Grid points along each vector that one operation of `symmetries` maps to each other, without evaluating anything:
/// per grid point, row by row, the first point that is alike.
NACRE_API std::vector<std::size_t> reduce_grid(int grid, std::vector<ShiftMap> const& symmetries);

/// Interpolates a periodic n x n map by its trigonometric polynomial and finds where it is flat.
/// @param values row by row, values[i * n + j] at shift (i, j)/n
NACRE_API std::vector<StationaryPoint> stationary_points(int n, std::vector<double> const& values);

}  // namespace nacre
