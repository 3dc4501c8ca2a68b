#include <algorithm>
#include <cmath>
#include <map>

#include "nacre/core/error.hpp"
#include "nacre/core/text.hpp"
#include "nacre/stack/compensation.hpp"
#include "nacre/stack/contact.hpp"

namespace nacre {
namespace {

constexpr double neutral_limit = 1e-6;  ///< [e/Å^2], definitions.md 4

std::string refusal(std::string const& face, double charge, std::string const& compensated) {
  if (std::abs(charge) < neutral_limit) return {};
  return concat("polar ", face, ": bound sheet charge Q = ", significant(charge, 6), " e/A^2", compensated,
                " (uncompensated, so no tier gives it an energy per area); choose terminations whose repeats carry no "
                "dipole, or set allow_polar = true to keep such designs without an energy");
}

/// Whether both are whole numbers of one formula unit.
bool same_composition(Crystal const& a, Crystal const& b) {
  std::map<int, std::size_t> in_a, in_b;
  for (int const z : a.numbers) ++in_a[z];
  for (int const z : b.numbers) ++in_b[z];
  return in_a.size() == in_b.size() && std::ranges::all_of(in_a, [&](auto const& entry) {
           auto const found = in_b.find(entry.first);
           return found != in_b.end() && entry.second * b.size() == found->second * a.size();
         });
}

/// Faces of two materials whose charges cancel in the strained cell that both share: at their own areas they do not.
std::string strain_refusal(Slab const& bottom, Slab const& top) {
  double const charge = bottom.upper.bound_charge;
  if (std::abs(charge) < neutral_limit || same_composition(bottom.plane.primitive, top.plane.primitive)) return {};
  return concat("polar contact ", bottom.crystal.name, " ", bottom.upper.upper, " | ", top.termination.lower, " ",
                top.crystal.name, ": the repeats of both layers carry dipoles (bound charges ", significant(charge, 6),
                " and ", significant(-top.termination.bound_charge, 6), " e/A^2), which cancel only at equal area, not at "
                "that of each crystal; choose terminations whose repeats carry no dipole");
}

}  // namespace

SheetCharges sheet_charges(Slab const& bottom, Slab const& top) {
  return {-bottom.termination.bound_charge, bottom.upper.bound_charge - top.termination.bound_charge,
          top.upper.bound_charge};
}

std::string polarity_refusal(Slab const& bottom, Slab const& top, StackGeometry geometry) {
  auto const charges = sheet_charges(bottom, top);
  int const last = bottom.atom_plane.back();
  std::string remedy = smallest_compensation(bottom, last, charges.contact);
  if (remedy.empty()) remedy = smallest_compensation(top, 0, charges.contact);
  std::string words = refusal("contact " + bottom.crystal.name + " " + bottom.upper.upper + " | " +
                                  top.termination.lower + " " + top.crystal.name,
                              charges.contact, remedy);
  if (words.empty()) words = strain_refusal(bottom, top);
  if (!words.empty() || geometry == StackGeometry::superlattice) return words;
  words = refusal("lower surface " + bottom.crystal.name + " " + bottom.termination.lower, charges.lower,
                  smallest_compensation(bottom, 0, charges.lower));
  if (!words.empty()) return words;
  return refusal("upper surface " + top.crystal.name + " " + top.upper.upper, charges.upper,
                 smallest_compensation(top, top.atom_plane.back(), charges.upper));
}

}  // namespace nacre
