#include <cmath>

#include "nacre/core/error.hpp"
#include "nacre/core/text.hpp"
#include "nacre/stack/contact.hpp"

namespace nacre {
namespace {

constexpr double neutral_limit = 1e-6;  ///< [e/Å^2], definitions.md 4

std::string refusal(std::string const& face, double charge) {
  if (std::abs(charge) < neutral_limit) return {};
  return concat(
      "polar ", face, ": bound sheet charge Q = ", significant(charge, 6),
      " e/A^2 (uncompensated, so no tier gives it an energy per area); choose terminations whose repeats carry no "
      "dipole, or set allow_polar = true to keep such designs without an energy");
}

}  // namespace

SheetCharges sheet_charges(Termination const& bottom, Termination const& top) {
  return {-bottom.bound_charge, bottom.bound_charge - top.bound_charge, top.bound_charge};
}

std::string polarity_refusal(Slab const& bottom, Slab const& top, StackGeometry geometry) {
  auto const charges = sheet_charges(bottom.termination, top.termination);
  auto const& b = bottom.termination;
  auto const& t = top.termination;
  std::string words = refusal(
      "contact " + bottom.crystal.name + " " + b.upper + " | " + t.lower + " " + top.crystal.name, charges.contact);
  if (!words.empty() || geometry == StackGeometry::superlattice) return words;
  words = refusal("lower surface " + bottom.crystal.name + " " + b.lower, charges.lower);
  return words.empty() ? refusal("upper surface " + top.crystal.name + " " + t.upper, charges.upper) : words;
}

}  // namespace nacre
