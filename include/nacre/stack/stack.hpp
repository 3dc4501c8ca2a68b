/// Slabs on a common cell: strain shared, twisted, shifted, joined at gaps.
///
/// Layers count from the bottom, contact i lies between layers i and i + 1. Frame: that of layer 1, its in-plane cell
/// vector a along x before it is strained. Each contact brings its coincidence; the common cell is the smallest one that
/// all layers share, found by integer algebra. It is layer 1's supercell strained by exp(s_1); every further layer is
/// turned counterclockwise by its twist, seen from +z, and deformed so that its supercell coincides with it exactly.
#pragma once

#include <Eigen/Core>
#include <cstdint>
#include <functional>
#include <optional>
#include <string>
#include <vector>

#include "nacre/core/api.hpp"
#include "nacre/crystal/crystal.hpp"
#include "nacre/stack/coincidence.hpp"
#include "nacre/stack/slab.hpp"
#include "nacre/stack/strain.hpp"

namespace nacre {

enum class StackGeometry { slab, superlattice };

using SlabList = std::vector<std::reference_wrapper<Slab const>>;

/// How a layer sits on the one below.
struct ContactDesign {
  Coincidence coincidence;                         ///< film = the upper layer, substrate = the lower one
  Eigen::Vector2d shift = Eigen::Vector2d::Zero();  ///< fractional in the contact's shift cell
  double gap = 0.0;                                ///< distance between the facing atomic planes [Å]
};

struct StackOptions {
  StackGeometry geometry = StackGeometry::slab;
  double vacuum = 18.0;  ///< between the outermost planes of a slab stack [Å]
  /// Who yields to the misfit: by elastic energy if every layer's stiffness is given (own slab frame [eV/Å^3]), else
  /// by `strain_weights` (share_strain), else the common cell is the mean of the layers' own.
  std::vector<PlaneStiffness> stiffness = {};
  std::vector<double> strain_weights = {};
  /// Rows: the cell built, in vectors of the smallest common one.
  Eigen::Matrix2i supercell = Eigen::Matrix2i::Identity();
  // The closing contact of a superlattice, between the last layer and the next layer 1:
  std::optional<double> closing_gap = std::nullopt;         ///< [Å]; the first contact's if not given
  Eigen::Vector2d closing_shift = Eigen::Vector2d::Zero();  ///< fractional in its own shift cell
};

/// A layer as it lies in a stack.
struct StackLayer {
  Eigen::Matrix2i supercell;     ///< ROWS: the common cell in the slab's in-plane basis
  Eigen::Matrix2d deformation;   ///< in-plane map of the slab's vectors into the stack
  Eigen::Vector3d strain;        ///< log strain, Voigt (11, 22, 2*12), frame of layer 1
  double twist = 0.0;            ///< against layer 1, counterclockwise seen from +z [rad]
  Eigen::Vector2d origin;        ///< where the point that the slab is built around stands [Å]
  int cells() const { return supercell(0, 0) * supercell(1, 1) - supercell(0, 1) * supercell(1, 0); }
};

/// A contact as it lies in a stack.
struct StackContact {
  Coincidence coincidence;
  /// Fractional, in the shift cell. Zero: the point that the upper slab is built around stands above that of the next
  /// repeat of the lower one, so that a crystal on itself goes on, and thickness does not change the registry.
  Eigen::Vector2d shift;
  Eigen::Matrix2d shift_cell;  ///< columns [Å]: non-identical displacements (DSC lattice of both strained layers)
  double gap = 0.0;            ///< designed distance between the mean heights of the facing planes [Å]
};

/// Everything of a stack but its atoms.
struct NACRE_API StackFrame {
  Eigen::Matrix2d cell;                  ///< common in-plane cell, columns [Å]
  double area = 0.0;                     ///< [Å^2]
  std::vector<StackLayer> layers;
  std::vector<StackContact> contacts;    ///< one less than layers; of a superlattice also the closing one
  double strain_energy_per_area = 0.0;   ///< [eV/Å^2]; 0 without stiffness
  Eigen::Vector2d next_origin = Eigen::Vector2d::Zero();  ///< superlattice: in-plane place of the next layer 1 [Å]
};

struct NACRE_API Stack : StackFrame {
  Crystal crystal;         ///< slab: column 2 along z with vacuum; superlattice: full period; heights are not wrapped
  std::vector<int> layer;  ///< per atom, from 1
  std::vector<int> plane;  ///< per atom, atomic plane counted from the bottom of the unrelaxed stack
};

/// Common cell, strains and places of all layers, before building.
/// @throws InputError if a coincidence belongs to other planes, for lists whose lengths disagree, or if the layers share
///         no cell of less than a million cells
NACRE_API StackFrame make_frame(SlabList const& slabs, std::vector<ContactDesign> const& contacts,
                                StackOptions const& options = {});

/// Number of atoms of the stack, before building.
NACRE_API std::int64_t atom_count(StackFrame const& frame, SlabList const& slabs);

/// Atoms ordered by layer, plane, atom of the slab, cell.
/// @throws InputError as make_frame, and for a gap or vacuum that is not positive
NACRE_API Stack build_stack(SlabList const& slabs, std::vector<ContactDesign> const& contacts,
                            StackOptions const& options = {});

/// A start for every gap from the radii of facing ions: the smallest at which no unlike pair across the contact is
/// closer than the sum of its Shannon radii and no like-charged pair (or pair with an uncharged atom) closer than 0.9
/// of the shortest such distance in either bulk; the gaps given are not looked at. One per contact, of a superlattice
/// the closing one last. [Å]
NACRE_API std::vector<double> gaps_from_radii(SlabList const& slabs, std::vector<ContactDesign> contacts,
                                              StackOptions const& options = {});

/// definitions.md 11 (F04): unlike pairs of different layers below 0.7 x the sum of Shannon radii, like-charged pairs
/// below 0.7 x the shortest such distance in either bulk. Empty if fine, else the two atoms, the distance and the limit
/// in words, of the pair that falls short most. Atoms of one layer are not looked at: strain is limited elsewhere.
NACRE_API std::string find_overlap(Stack const& stack, SlabList const& slabs);

/// An operation of the superlattice that carries one contact into another.
struct ContactMap {
  std::size_t from = 0, to = 0;      ///< contacts, from 0
  Eigen::Matrix3i rotation;          ///< x -> rotation x + translation, fractional in the stack's lattice
  Eigen::Vector3d translation;
};
/// For every contact but the first of its kind one operation that carries the first one into it; empty where all
/// contacts differ. @param tolerance of a position [Å]; @param crystal the stack's, relaxed or not
NACRE_API std::vector<ContactMap> equivalent_contacts(Stack const& superlattice, Crystal const& crystal,
                                                      double tolerance);

// Two layers, as most stacks have:

/// The in-plane cell that build_stack gives both layers, columns [Å].
NACRE_API Eigen::Matrix2d common_cell(Slab const& bottom, Slab const& top, Coincidence const& coincidence,
                                      StackOptions const& options = {});

/// DSC cell of a coincidence's cell: lattice generated by both strained layers' lattices; columns [Å], Gauss-reduced
/// for the unstrained substrate. @param cell the substrate's supercell as strained, columns [Å]
NACRE_API Eigen::Matrix2d shift_cell(Coincidence const& coincidence, Eigen::Matrix2d const& cell);

NACRE_API std::int64_t atom_count(Coincidence const& coincidence, Slab const& bottom, Slab const& top);
NACRE_API Stack build_stack(Slab const& bottom, Slab const& top, Coincidence const& coincidence,
                            Eigen::Vector2d const& shift, double gap, StackOptions const& options = {});
NACRE_API double gap_from_radii(Slab const& bottom, Slab const& top, Coincidence const& coincidence,
                                Eigen::Vector2d const& shift, StackOptions const& options = {});

/// The slab continued by itself as one crystal, twice its thickness (definitions.md 6: the reference row); as a
/// superlattice the perfect bulk.
NACRE_API Stack continue_crystal(Slab const& slab, StackOptions options = {});

}  // namespace nacre
