/// One form for all descriptions of the same stack (definitions.md 11), and its hash.
#pragma once

#include <cstdint>
#include <optional>
#include <vector>

#include "nacre/core/api.hpp"
#include "nacre/core/ids.hpp"
#include "nacre/stack/contact.hpp"
#include "nacre/stack/stack.hpp"

namespace nacre {

struct NACRE_API CanonicalStack {
  std::vector<std::int64_t> values;  ///< equal for equal stacks, and for those alone
  Hash128 id;                        ///< of the values
};

/// Stacks are equal if they are congruent, or mirror images that operations of all layers bring about: each layer may
/// be described after any operation of its crystal, all of one hand; the whole may be turned over; a superlattice may
/// begin at any of its layers. Shifts are rounded to shift_grid, gaps to 1e-4 Å, before anything is compared. A layer is
/// its crystal as it was read, its plane, cut and repeats; a layer that no operation turns over, or that ends within a
/// repeat, keeps its side up.
/// The cell that is built (StackOptions::supercell) and the sharing of strain are no part of it.
NACRE_API CanonicalStack canonical_stack(SlabList const& slabs, std::vector<ContactDesign> const& contacts,
                                         StackOptions const& options = {});

/// Everything that build_stack takes.
struct StackDesign {
  std::vector<Slab> slabs;
  std::vector<ContactDesign> contacts;
  StackOptions options;
  SlabList list() const { return {slabs.begin(), slabs.end()}; }
};

/// The stack seen from below (definitions.md 11): order, terminations and shifts reverse together, twists keep their
/// sign. Its energies are the same; so is, for two layers and for isotropic strain, its sharing of strain, and to second
/// order in the strain else. Nothing if some layer has no operation that turns it over, or they differ in hand. The
/// supercell (StackOptions::supercell) is kept as it is.
NACRE_API std::optional<StackDesign> turned_over(SlabList const& slabs, std::vector<ContactDesign> const& contacts,
                                                 StackOptions const& options = {});

}  // namespace nacre
