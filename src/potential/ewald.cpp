#include "nacre/potential/ewald.hpp"

#include <algorithm>
#include <cmath>

#include "ionic_sum.hpp"
#include "nacre/core/error.hpp"
#include "nacre/core/units.hpp"

namespace nacre {

void require_accuracy(double accuracy) {
  require(accuracy == 0.0 || (accuracy >= 1e-11 && accuracy <= 1e-2), "invalid accuracy=", accuracy,
          " (of forces, relative: 1e-11 to 0.01; 0 for the exact sum)");
}

Evaluation ewald(Crystal const& crystal, Eigen::VectorXd const& charges, EwaldOptions const& options) {
  require(static_cast<std::size_t>(charges.size()) == crystal.size(), charges.size(), " charges for ", crystal.size(),
          " atoms (one for each is needed)");
  require_accuracy(options.accuracy);
  detail::IonicModel model;
  model.charges.assign(charges.begin(), charges.end());
  std::sort(model.charges.begin(), model.charges.end());
  model.charges.erase(std::unique(model.charges.begin(), model.charges.end()), model.charges.end());
  for (double const first : model.charges) {
    for (double const second : model.charges) model.terms.push_back({.qq = units::coulomb_eV_A * first * second});
  }
  std::vector<int> species;
  for (double const charge : charges) {
    auto const place = std::lower_bound(model.charges.begin(), model.charges.end(), charge);
    species.push_back(static_cast<int>(place - model.charges.begin()));
  }
  model.sum = options.sum;
  model.accuracy = options.accuracy;
  model.background = options.background;
  model.alpha = options.alpha;
  model.slab_correction = options.slab_correction;
  return detail::evaluate_ions(crystal, species, model);
}

}  // namespace nacre
