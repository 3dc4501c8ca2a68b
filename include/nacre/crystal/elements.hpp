/// Elements and ionic radii.
#pragma once

#include <optional>
#include <string>
#include <string_view>

#include "nacre/core/api.hpp"

namespace nacre {

inline constexpr int largest_atomic_number = 103;

NACRE_API std::string_view symbol(int atomic_number);                       ///< "Ce" for 58; 1 (H) to 103 (Lr)
NACRE_API std::optional<int> atomic_number(std::string_view symbol);        ///< 58 for "Ce"
/// @throws InputError "unknown element 'Tx' in <place>", with a suggestion
NACRE_API int require_atomic_number(std::string_view symbol, std::string_view place);
NACRE_API double atomic_mass(int atomic_number);                            ///< standard atomic weight [u]
NACRE_API std::optional<double> electronegativity(int atomic_number);       ///< Pauling scale

/// Shannon CRYSTAL radius [Å] for a charge [e] and coordination 6 (R. D. Shannon, Acta Cryst. A 32, 751 (1976),
/// doi:10.1107/S0567739476001551; data/shannon_radii.csv). Where 6 is missing, the nearest tabulated coordination,
/// the larger of two; high spin where the table has both; square and pyramidal sites only where it has nothing else.
/// @throws InputError for an ion that the table does not have
NACRE_API double shannon_radius(int atomic_number, double charge);

/// What a dopant on a site does: effective charge = dopant charge - host charge (data/dopants.json).
struct DopantSite {
  double dopant_charge;
  double host_charge;
  double effective_charge() const { return dopant_charge - host_charge; }
};
/// @throws InputError if the table does not list `dopant` on `host`, with what it lists
NACRE_API DopantSite dopant_site(std::string_view dopant, std::string_view host);

}  // namespace nacre
