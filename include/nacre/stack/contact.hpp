/// What a contact is apart from its atoms: equivalent shifts, the stack turned over, bound charge.
#pragma once

#include <Eigen/Core>
#include <array>
#include <cstdint>
#include <optional>
#include <string>
#include <vector>

#include "nacre/core/api.hpp"
#include "nacre/stack/coincidence.hpp"
#include "nacre/stack/plane.hpp"
#include "nacre/stack/slab.hpp"
#include "nacre/stack/stack.hpp"

namespace nacre {

/// A shift in units of 1/shift_grid of the shift cell's vectors, each in [0, shift_grid).
using GridShift = std::array<std::int64_t, 2>;
/// Holds all multiples of 1e-6 and of 1/12: decimals, and what crystallographic operations do, without rounding.
inline constexpr std::int64_t shift_grid = 3'000'000;

/// shift -> matrix shift + offset, modulo the shift cell; columns of grid coordinates.
struct ShiftMap {
  Eigen::Matrix2i matrix = Eigen::Matrix2i::Identity();
  GridShift offset{0, 0};
  bool operator==(ShiftMap const&) const = default;
};
NACRE_API GridShift image(ShiftMap const& map, GridShift const& shift);

/// The operations of both half-crystals that agree in the coincidence, as they act on the shift: stacks whose shifts
/// are images are congruent (or mirror images, where both half-crystals have the mirror). A group, exact on the grid,
/// since slabs are built around points with half translations only. Identity first; depends on no termination or
/// thickness.
NACRE_API std::vector<ShiftMap> shift_symmetries(PlaneLattice const& bottom, PlaneLattice const& top,
                                                 Coincidence const& coincidence);
/// The same for one contact of any stack: only operations that leave all other contacts, with their shifts, as they are;
/// of a superlattice the closing one, too. @param contact from 0, not the closing one
NACRE_API std::vector<ShiftMap> shift_symmetries(SlabList const& slabs, std::vector<ContactDesign> const& contacts,
                                                 std::size_t contact, StackOptions const& options = {});
/// The lexicographically smallest image.
NACRE_API GridShift canonical_shift(std::vector<ShiftMap> const& symmetries, GridShift const& shift);

/// The same contact seen from below (definitions.md 11): what was the top is the bottom.
struct TurnedContact {
  int bottom_first = 0;         ///< Termination::first of the new bottom layer, on the plane of the old top
  int top_first = 0;            ///< of the new top layer, on the plane of the old bottom
  std::size_t coincidence = 0;  ///< index in the list given
  /// Old shift to new shift. It carries the contact's shift symmetries exactly into those of the turned one. An offset
  /// that is no multiple of 1/12 (planes of high index, oblique crystals) is rounded to the grid so that this holds.
  ShiftMap shift;
  bool onto_itself = false;     ///< the turned contact is the same one; then the map's square is a symmetry of it
};

/// Both materials must have operations that turn their normals over and agree in handedness; order, terminations and
/// shift reverse together. For two layers of one material on one plane both descriptions are in the same space.
/// @param turned_list find_coincidences with film = `bottom`, substrate = `top`, under layer_point_group
/// @return nothing if no such operations exist, or `turned_list` lacks the match (its strain is measured the other way)
NACRE_API std::optional<TurnedContact> turn_over(PlaneLattice const& bottom, Termination const& bottom_termination,
                                                 PlaneLattice const& top, Termination const& top_termination,
                                                 Coincidence const& coincidence,
                                                 std::vector<Coincidence> const& turned_list);

/// Bound sheet charges of a stack [e/Å^2] (definitions.md 4): lower surface, contact, upper surface; each half-crystal
/// per its own unstrained area. A superlattice has the contact and, above layer 2, its negative.
struct SheetCharges {
  double lower = 0.0, contact = 0.0, upper = 0.0;
};
NACRE_API SheetCharges sheet_charges(Slab const& bottom, Slab const& top);

/// Empty if every contact and outer surface is neutral within 1e-6 e/Å^2, and no contact of two materials is so only in
/// the cell that strain makes both share; else the refusal in words: which face, its Q, and what to do.
NACRE_API std::string polarity_refusal(Slab const& bottom, Slab const& top, StackGeometry geometry);

}  // namespace nacre
