#include <cmath>
#include <map>

#include "nacre/core/error.hpp"
#include "nacre/core/text.hpp"
#include "nacre/crystal/elements.hpp"
#include "nacre/stack/contact.hpp"

namespace nacre {
namespace {

constexpr double neutral_limit = 1e-6;  ///< [e/Å^2], definitions.md 4

constexpr int largest_cell = 16;  ///< plane cells that a compensating vacancy is looked for in

/// Ions of one atomic plane: charge -> symbol.
std::map<double, std::string> ions_of_plane(Slab const& slab, int plane) {
  std::map<double, std::string> ions;
  for (std::size_t a = 0; a < slab.crystal.size(); ++a) {
    if (slab.atom_plane[a] == plane) ions.emplace(slab.crystal.oxidation[a], symbol(slab.crystal.numbers[a]));
  }
  return ions;
}

/// A missing ion leaves a charge of the other sign: the fewest plane cells whose bound charge whole ions make up.
std::string compensation(Slab const& slab, int plane, double charge_per_area) {
  if (std::abs(charge_per_area) < neutral_limit) return {};
  for (int cells = 1; cells <= largest_cell; ++cells) {
    for (auto const& [charge, element] : ions_of_plane(slab, plane)) {
      double const vacancies = cells * charge_per_area * slab.plane.area() / charge;
      double const whole = std::round(vacancies);
      if (whole < 1.0 || std::abs(vacancies - whole) > 1e-3) continue;  // formal charges are whole or simple fractions
      return concat("; ", whole, " vacant ", element, " per ", cells, cells == 1 ? " plane cell" : " plane cells",
                    " would compensate it");
    }
  }
  return {};
}

std::string refusal(std::string const& face, double charge, std::string const& compensated) {
  if (std::abs(charge) < neutral_limit) return {};
  return concat("polar ", face, ": bound sheet charge Q = ", significant(charge, 6), " e/A^2", compensated,
                " (uncompensated, so no tier gives it an energy per area); choose terminations whose repeats carry no "
                "dipole, or set allow_polar = true to keep such designs without an energy");
}

}  // namespace

SheetCharges sheet_charges(Slab const& bottom, Slab const& top) {
  return {-bottom.termination.bound_charge, bottom.upper.bound_charge - top.termination.bound_charge,
          top.upper.bound_charge};
}

std::string polarity_refusal(Slab const& bottom, Slab const& top, StackGeometry geometry) {
  auto const charges = sheet_charges(bottom, top);
  int const last = bottom.atom_plane.back();
  std::string remedy = compensation(bottom, last, charges.contact);
  if (remedy.empty()) remedy = compensation(top, 0, charges.contact);
  std::string words = refusal("contact " + bottom.crystal.name + " " + bottom.upper.upper + " | " +
                                  top.termination.lower + " " + top.crystal.name,
                              charges.contact, remedy);
  if (!words.empty() || geometry == StackGeometry::superlattice) return words;
  words = refusal("lower surface " + bottom.crystal.name + " " + bottom.termination.lower, charges.lower,
                  compensation(bottom, 0, charges.lower));
  if (!words.empty()) return words;
  return refusal("upper surface " + top.crystal.name + " " + top.upper.upper, charges.upper,
                 compensation(top, top.atom_plane.back(), charges.upper));
}

}  // namespace nacre
