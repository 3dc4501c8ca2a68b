#include "nacre/transport/conductivity.hpp"

#include "nacre/core/units.hpp"

namespace nacre {
namespace {

constexpr double per_A3_in_per_cm3 = 1e24, A2_per_ps_in_cm2_per_s = 1e-4;
constexpr double per_A2_ns_in_per_m2_s = 1e29;

/// (z e)²/(k_B T) [C^2/J] = z² e [C] / (k_B T [eV])
double charge_factor(double charge, double temperature) {
  return charge * charge * units::elementary_charge_C / (units::boltzmann_eV_per_K * temperature);
}

}  // namespace

double conductivity_S_per_cm(double density, double charge, double diffusion, double temperature) {
  return density * per_A3_in_per_cm3 * charge_factor(charge, temperature) * diffusion * A2_per_ps_in_cm2_per_s;
}

double exchange_conductance_S_per_m2(double j0_per_A2_ns, double charge, double temperature) {
  return charge_factor(charge, temperature) * j0_per_A2_ns * per_A2_ns_in_per_m2_s;
}

}  // namespace nacre
