/// Arrhenius lines: ln(σT) or ln D against 1/T, weighted by the errors of the points, and what follows at another
/// temperature with the covariance of the fit. One phase is assumed: no line crosses a transition.
#pragma once

#include <optional>
#include <string>
#include <vector>

#include "nacre/core/api.hpp"
#include "nacre/transport/ion_paths.hpp"

namespace nacre {

enum class ArrheniusQuantity {
  conductivity,  ///< ln(σT)
  diffusion,     ///< ln D
};

struct ArrheniusPoint {
  double temperature = 0.0;  ///< [K]
  double value = 0.0;        ///< σ [S/cm] or D [Å^2/ps]
  double error = 0.0;
};

/// ln(σT) or ln D = ln_prefactor - E_a/(k_B T).
struct NACRE_API ArrheniusFit {
  ArrheniusQuantity quantity = ArrheniusQuantity::conductivity;
  double activation_energy = 0.0, activation_error = 0.0;  ///< [eV]
  double ln_prefactor = 0.0, ln_prefactor_error = 0.0;
  double covariance = 0.0;  ///< of ln_prefactor and E_a [eV]
  double chi_square = 0.0;  ///< n - 2 expected

  /// σ or D at a temperature; the error is that of the logarithm times the value, the interval is not symmetric.
  struct Prediction {
    double value, error, low, high;
  };
  Prediction at(double temperature) const;
};

/// @throws InputError for fewer than three different temperatures, or values or errors that are not positive
NACRE_API ArrheniusFit fit_arrhenius(std::vector<ArrheniusPoint> const& points, ArrheniusQuantity quantity);

/// A fit with the points it came from, for pictures.
struct ArrheniusResult {
  std::vector<ArrheniusPoint> points;
  std::optional<ArrheniusFit> fit;
  double target_temperature = 0.0;  ///< [K]
};

}  // namespace nacre
