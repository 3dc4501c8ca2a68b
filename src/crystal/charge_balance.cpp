#include "nacre/crystal/charge_balance.hpp"

#include <cmath>
#include <numeric>

#include "nacre/core/error.hpp"

namespace nacre {

void require_charge_balance(Crystal const& crystal, std::string const& origin) {
  constexpr double rounding = 1e-3;  // of charges in files [e]
  double const sum = std::accumulate(crystal.oxidation.begin(), crystal.oxidation.end(), 0.0);
  require(std::abs(sum) < rounding, "the formal charges of '", origin, "' (", formula(crystal), ") sum to ", sum,
          " e per cell: electrons are missing or left over, which no model of the energy sees; correct the oxidation states ",
          "of the file, or give charges by element");
}

}  // namespace nacre
