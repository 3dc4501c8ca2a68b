#include "nacre/transport/arrhenius.hpp"

#include "nacre/core/error.hpp"
#include "nacre/core/rng.hpp"
#include "nacre/core/units.hpp"
#include "support/support.hpp"

namespace nacre {
namespace {

double diffusion(double temperature) { return 50.0 * std::exp(-0.8 / (units::boltzmann_eV_per_K * temperature)); }

std::vector<ArrheniusPoint> exact_points(double relative_error) {
  std::vector<ArrheniusPoint> points;
  for (double const t : {1300.0, 1500.0, 1800.0, 2000.0})
    points.push_back({t, diffusion(t), relative_error * diffusion(t)});
  return points;
}

TEST(Arrhenius, finds_the_line_that_was_planted) {
  auto const fit = fit_arrhenius(exact_points(0.05), ArrheniusQuantity::diffusion);

  EXPECT_NEAR(fit.activation_energy, 0.8, 1e-12);
  EXPECT_NEAR(fit.ln_prefactor, std::log(50.0), 1e-11);
  EXPECT_NEAR(fit.chi_square, 0.0, 1e-18);
  EXPECT_NEAR(fit.at(1000.0).value / diffusion(1000.0), 1.0, 1e-11);
}

TEST(Arrhenius, of_conductivity_fits_sigma_times_temperature) {
  auto points = exact_points(0.05);
  for (auto& p : points) {
    p.value /= p.temperature;
    p.error /= p.temperature;
  }
  auto const fit = fit_arrhenius(points, ArrheniusQuantity::conductivity);

  EXPECT_NEAR(fit.activation_energy, 0.8, 1e-12);
  EXPECT_NEAR(fit.at(1000.0).value, diffusion(1000.0) / 1000.0, 1e-12 * diffusion(1000.0));
}

TEST(Arrhenius, errors_are_those_of_repeated_experiments) {
  constexpr int repeats = 4000;
  double energy_square = 0.0, target_square = 0.0;
  Rng rng(1, "arrhenius", 0);
  auto const stated = fit_arrhenius(exact_points(0.02), ArrheniusQuantity::diffusion);
  for (int i = 0; i < repeats; ++i) {
    auto points = exact_points(0.02);
    for (auto& p : points) {
      p.value *= std::exp(0.02 * rng.normal());
      p.error = 0.02 * p.value;
    }
    auto const fit = fit_arrhenius(points, ArrheniusQuantity::diffusion);
    energy_square += std::pow(fit.activation_energy - 0.8, 2) / repeats;
    target_square += std::pow(std::log(fit.at(1000.0).value / diffusion(1000.0)), 2) / repeats;
  }

  // the standard deviation of 4000 normal numbers is known to 1.1 %
  EXPECT_NEAR(std::sqrt(energy_square) / stated.activation_error, 1.0, 0.04);
  EXPECT_NEAR(std::sqrt(target_square) / (stated.at(1000.0).error / stated.at(1000.0).value), 1.0, 0.04);
}

TEST(Arrhenius, error_grows_with_the_distance_of_the_extrapolation) {
  auto const fit = fit_arrhenius(exact_points(0.02), ArrheniusQuantity::diffusion);
  auto const relative = [&](double t) { return fit.at(t).error / fit.at(t).value; };

  EXPECT_LT(relative(1600.0), 0.02);
  EXPECT_GT(relative(1000.0), relative(1300.0));
  EXPECT_GT(relative(500.0), relative(1000.0));
}

TEST(Arrhenius, needs_three_temperatures_and_positive_numbers) {
  auto points = exact_points(0.02);
  points.resize(2);
  points.push_back(points.front());
  EXPECT_THROW(fit_arrhenius(points, ArrheniusQuantity::diffusion), InputError);
  points = exact_points(0.02);
  points[0].error = 0.0;
  EXPECT_THROW(fit_arrhenius(points, ArrheniusQuantity::diffusion), InputError);
}

}  // namespace
}  // namespace nacre
