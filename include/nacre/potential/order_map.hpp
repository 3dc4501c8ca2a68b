/// How far the surroundings of each atom are from those in its own crystal, and how wide a contact is by that measure
/// (F44).
///
/// Surroundings are the smoothed density of neighbours of every element, sum_j g_n(r_j) Y_lm(r_j) with Gaussians g_n
/// every 0.5 Å from 1.5 Å on, 0.5 Å wide, times a cosine that takes them smoothly to zero at the cutoff; its power
/// spectrum over pairs of elements, l = 0 .. 4, does not change when the crystal is turned (A. P. Bartok, R. Kondor and
/// G. Csanyi, Phys. Rev. B 87, 184115 (2013), doi:10.1103/PhysRevB.87.184115). The distance of two spectra is |p - p'|
/// / max(|p|, |p'|): 0 for equal surroundings, about 1 for unrelated ones; a few hundredths for some per cent of
/// strain.
#pragma once

#include <Eigen/Core>
#include <map>
#include <optional>
#include <vector>

#include "nacre/core/api.hpp"
#include "nacre/crystal/crystal.hpp"
#include "nacre/stack/layering.hpp"

namespace nacre {

struct OrderOptions {
  double cutoff = 4.5;     ///< atoms farther away are not seen [Å]
  double threshold = 0.1;  ///< above it an atom counts as disordered
};

/// Distance of each atom's surroundings from the nearest ones of its element in the crystal of its layer; NaN where
/// that is not known. Vacuum counts as surroundings: free surfaces are marked, too.
/// @param crystals of each layer, by its number
/// @throws InputError unless the cutoff is from 2 to 10 Å
NACRE_API std::vector<double> order_map(Crystal const& stack, std::vector<int> const& layer,
                                        std::map<int, Crystal> const& crystals, OrderOptions const& options = {});

/// How far disorder reaches from a contact into both layers.
struct ContactWidth {
  std::optional<double> lower,
      upper;                ///< from the middle of the contact [Å]; nothing where a layer's crystal is not known
  bool throughout = false;  ///< it reaches the middle of a layer: no crystal is left between contact and face
  std::optional<double> total() const { return lower && upper ? std::optional(*lower + *upper) : std::nullopt; }
};
/// Atoms of a layer's half that faces the contact count; disorder ends where the next disordered atom is more than the
/// cutoff deeper (a defect inside a layer is not part of the contact).
NACRE_API ContactWidth contact_width(Layering const& layering, ContactShape const& contact,
                                     std::vector<double> const& distance, OrderOptions const& options = {});

}  // namespace nacre
