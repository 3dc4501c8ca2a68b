/// Arrangements of compensating vacancies by their energy (definitions.md 4).
#pragma once

#include <cstdint>
#include <vector>

#include "nacre/core/api.hpp"
#include "nacre/stack/compensation.hpp"

namespace nacre {

struct VacancyArrangement {
  std::size_t choice;            ///< index in Compensation::choices
  std::uint64_t mask;            ///< one of its arrangements
  double energy_per_area = 0.0;  ///< unrelaxed Ewald energy of the formal charges, slab in empty space [eV/Å^2]
};

/// Every arrangement of every choice, lowest energy per area first; ties (1e-7 eV/Å^2) by hash. `arrangement = k` of a
/// design is the k-th.
NACRE_API std::vector<VacancyArrangement> order_by_ewald_energy(Slab const& slab, Compensation const& compensation);

}  // namespace nacre
