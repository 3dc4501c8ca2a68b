#include "nacre/transport/arrhenius.hpp"

#include <algorithm>
#include <cmath>
#include <set>

#include "nacre/core/error.hpp"
#include "nacre/core/units.hpp"

namespace nacre {
namespace {

constexpr double two_sided_95 = 1.959963984540054;  // normal quantile: the errors of the points are taken as known

double per_eV(double temperature) { return 1.0 / (units::boltzmann_eV_per_K * temperature); }

}  // namespace

ArrheniusFit fit_arrhenius(std::vector<ArrheniusPoint> const& points, ArrheniusQuantity quantity) {
  std::set<double> temperatures;
  double weights = 0.0, mean_x = 0.0, mean_y = 0.0;
  struct Row {
    double x, y, weight;
  };
  std::vector<Row> rows;
  for (auto const& point : points) {
    require(point.temperature > 0.0 && std::isfinite(point.temperature), "invalid temperature ", point.temperature,
            " K");
    require(point.value > 0.0 && point.error > 0.0 && std::isfinite(point.value) && std::isfinite(point.error),
            "no line through ", point.value, " +- ", point.error, " at ", point.temperature,
            " K (value and error must be positive)");
    temperatures.insert(point.temperature);
    double const scale = quantity == ArrheniusQuantity::conductivity ? point.temperature : 1.0;
    double const relative = point.error / point.value;
    rows.push_back({-per_eV(point.temperature), std::log(point.value * scale), 1.0 / (relative * relative)});
    weights += rows.back().weight;
    mean_x += rows.back().weight * rows.back().x;
    mean_y += rows.back().weight * rows.back().y;
  }
  require(temperatures.size() >= 3, "only ", temperatures.size(),
          " different temperatures (at least 3 make a line with an error)");
  mean_x /= weights;
  mean_y /= weights;
  double xx = 0.0, xy = 0.0;
  for (auto const& row : rows) {
    xx += row.weight * (row.x - mean_x) * (row.x - mean_x);
    xy += row.weight * (row.x - mean_x) * (row.y - mean_y);
  }
  ArrheniusFit fit;
  fit.quantity = quantity;
  fit.activation_energy = xy / xx;
  fit.activation_error = std::sqrt(1.0 / xx);
  fit.ln_prefactor = mean_y - fit.activation_energy * mean_x;
  fit.ln_prefactor_error = std::sqrt(1.0 / weights + mean_x * mean_x / xx);
  fit.covariance = -mean_x / xx;
  for (auto const& row : rows) {
    double const residual = row.y - fit.ln_prefactor - fit.activation_energy * row.x;
    fit.chi_square += row.weight * residual * residual;
  }
  return fit;
}

ArrheniusFit::Prediction ArrheniusFit::at(double temperature) const {
  double const x = -per_eV(temperature);
  double const variance =
      ln_prefactor_error * ln_prefactor_error + 2.0 * x * covariance + x * x * activation_error * activation_error;
  double const error = std::sqrt(std::max(0.0, variance));
  double const scale = quantity == ArrheniusQuantity::conductivity ? temperature : 1.0;
  double const value = std::exp(ln_prefactor + activation_energy * x) / scale;
  return {value, value * error, value * std::exp(-two_sided_95 * error), value * std::exp(two_sided_95 * error)};
}

}  // namespace nacre
