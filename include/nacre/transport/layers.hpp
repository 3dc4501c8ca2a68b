/// Transport in the layers of a stack and across its contacts.
///
/// In a layer only stretches count in which an ion does not leave it (P. Liu, E. Harder and B. J. Berne, J. Phys. Chem.
/// B 108, 6595 (2004), doi:10.1021/jp0375057), relative to the layer's own framework. Across a contact there is no
/// slope: committed crossings per area and time are counted.
#pragma once

#include <optional>
#include <string>
#include <vector>

#include "nacre/core/api.hpp"
#include "nacre/transport/ion_paths.hpp"
#include "nacre/transport/jumps.hpp"
#include "nacre/transport/slope.hpp"

namespace nacre {

/// Contact planes at heights along the normal of the first two lattice vectors.
class NACRE_API ContactPlanes {
 public:
  /// @param heights  [Å] from the corner of the cell; put into one period, sorted
  /// @throws InputError if two coincide, if there is none, or if the third lattice vector is no stacking direction
  ContactPlanes(IonPaths const& paths, std::vector<double> heights);

  std::vector<double> const& heights() const { return heights_; }
  double period() const { return period_; }  ///< infinite without a period
  double area() const { return area_; }      ///< of the in-plane cell [Å^2]
  /// Planes below the height, counted through all periods: a path changes it by one at every plane.
  std::int64_t level(double height) const;
  int layers() const;
  int layer(std::int64_t level) const;
  int layer_at(double height) const { return layer(level(height)); }
  /// Contact between `level` and `level + 1`.
  int contact_above(std::int64_t level) const;
  double height_above(std::int64_t level) const;  ///< of that contact, in its period
  std::array<double, 2> bounds(int layer) const;  ///< [Å]; infinite where there is no plane

 private:
  std::vector<double> heights_;
  double period_, area_;
};

/// Heights where the framework changes from one material to another: between the last plane of the one and the first of
/// the other. Species that rise and fall together along the stack are one material; evenly spread ones tell nothing.
/// @throws InputError if no contact is found
NACRE_API std::vector<double> find_contacts(IonPaths const& paths);

struct LayerDiffusion {
  double low = 0.0, high = 0.0;    ///< [Å]
  double ions = 0.0;               ///< mobile ones, mean over time
  std::int64_t jumps = 0;          ///< that begin and end in the layer
  std::vector<MomentSums> blocks;  ///< of the survivors
  double survivors = 0.0;          ///< share of stretches left at the largest lag of the window
};

struct ContactExchange {
  double height = 0.0;                 ///< [Å]
  int below = 0, above = 0;            ///< layers
  std::int64_t up = 0, down = 0;       ///< committed crossings
  std::optional<double> j0, j0_error;  ///< per Å^2 and ns, mean of both directions; none without crossings
  std::optional<double> j0_upper;      ///< 95 % limit, without crossings
};

struct LayerAnalysis {
  std::vector<LayerDiffusion> layers;
  std::vector<ContactExchange> contacts;
  double sliding = 0.0;            ///< largest relative displacement of two layers' frameworks [Å]
  std::optional<Refusal> refusal;  ///< layers_slide
};

struct LayerOptions {
  int blocks = 10;
  bool by_ion = false;
  LagWindow window;
};
NACRE_API LayerAnalysis analyze_layers(IonPaths const& paths, ContactPlanes const& planes, SiteLattice const* sites,
                                       std::vector<Jump> const& jumps, LayerOptions const& options);

}  // namespace nacre
