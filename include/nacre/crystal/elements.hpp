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

/// Single-bond covalent radius [Å] (B. Cordero et al., Dalton Trans. 2832 (2008), doi:10.1039/b801115j; low spin).
NACRE_API std::optional<double> covalent_radius(int atomic_number);
/// [Å] (S. Alvarez, Dalton Trans. 42, 8617 (2013), doi:10.1039/c3dt50599e); both from data/element_radii.csv.
NACRE_API std::optional<double> van_der_waals_radius(int atomic_number);
NACRE_API int periodic_group(int atomic_number);  ///< 1 to 18; the f elements stand in 3

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
