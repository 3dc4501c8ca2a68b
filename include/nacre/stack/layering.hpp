/// Layers of a structure by height: their order, their atomic planes, how far apart the facing planes are, and how much
/// they are corrugated. Any number of layers, any cell, wherever its border cuts the stack.
#pragma once

#include <Eigen/Core>
#include <string>
#include <vector>

#include "nacre/core/api.hpp"
#include "nacre/crystal/crystal.hpp"

namespace nacre {

/// Along the normal of the first two lattice vectors, from below.
struct NACRE_API Layering {
  Eigen::Matrix3d frame;        ///< rows: unit vectors, the third one the normal; layers lie across it
  double area = 0.0;            ///< of the in-plane cell [Å^2]
  double period = 0.0;          ///< height of the cell [Å]; 0 where the third direction is not periodic
  std::vector<int> order;       ///< numbers of the layers, lowest first
  std::vector<int> layer;       ///< per atom, as given
  Eigen::VectorXd height;       ///< per atom, every layer in one piece and the layers in order [Å]
  double vacuum = 0.0;          ///< between the highest atom and the next image of the lowest [Å]; infinite without period
  bool has_vacuum() const;      ///< of 6 Å or more: a slab, whose outermost layers do not touch
};

inline constexpr double least_vacuum_A = 6.0;

/// A periodic stack begins above its widest empty space if that is a vacuum, else with the layer of the lowest number.
/// @param layer per atom, any numbers
/// @throws InputError if layers lie in one another, or there are none
NACRE_API Layering find_layering(Crystal const& crystal, std::vector<int> const& layer);

/// Layers that no bond connects (bonds.hpp), numbered from below; a vacuum is no layer. All 1 for a single piece.
NACRE_API std::vector<int> layers_by_bonds(Crystal const& crystal);
/// Layers parted at heights above the origin along the normal [Å]: a slab in vacuum has one layer more than heights, the
/// first below all of them; a superlattice as many, the first above the first height.
/// @throws InputError unless the heights increase and lie within one period
NACRE_API std::vector<int> layers_by_height(Crystal const& crystal, std::vector<double> const& heights);

/// Per atom the number of its plane, counted from below through all layers: successive heights of one layer closer than
/// the tolerance [Å] belong to one plane.
NACRE_API std::vector<int> planes_by_height(Layering const& layering, double tolerance = 0.05);

/// The mean and the spread of an atomic plane's heights.
struct PlaneShape {
  int atoms = 0;
  double height = 0.0;       ///< mean [Å]
  double corrugation = 0.0;  ///< highest less lowest atom [Å]
  double roughness = 0.0;    ///< standard deviation of the heights [Å]
};

struct LayerShape {
  int layer = 0;
  int atoms = 0;
  double thickness = 0.0;    ///< mean height of the highest plane less that of the lowest [Å]
  PlaneShape lower, upper;   ///< the faces
};

/// Where one layer lies on the next.
struct ContactShape {
  int lower = 0, upper = 0;     ///< numbers of the layers
  double z_separation = 0.0;    ///< mean height of the upper layer's lowest plane less that of the lower one's highest
                                ///< (definitions.md 3) [Å]
  double closest = 0.0;         ///< lowest atom of the upper layer less highest of the lower one [Å]
  double middle = 0.0;          ///< height halfway between the facing planes [Å]
};

/// @param plane per atom, increasing upward within each layer: of the UNRELAXED stack, so that a relaxed plane keeps its
///        atoms. The heights are those of the layering.
NACRE_API std::vector<LayerShape> layer_shapes(Layering const& layering, std::vector<int> const& plane);
/// From below; of a stack without vacuum also the last layer under the next image of the first.
NACRE_API std::vector<ContactShape> contact_shapes(Layering const& layering, std::vector<int> const& plane);

/// The atoms of one layer in the layering's frame (normal along z), heights as in the layering.
NACRE_API Crystal layer_alone(Crystal const& crystal, Layering const& layering, int layer);

}  // namespace nacre
