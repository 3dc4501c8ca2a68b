#include "thermostat.hpp"

#include <cmath>

namespace nacre::detail {
namespace {

/// Shape at least 1; scale 1.
double gamma_variable(double shape, Rng& rng) {
  double const d = shape - 1.0 / 3.0, c = 1.0 / std::sqrt(9.0 * d);
  while (true) {
    double const x = rng.normal(), root = 1.0 + c * x;
    if (root <= 0.0) continue;
    double const v = root * root * root, u = 1.0 - rng.uniform();
    if (std::log(u) < 0.5 * x * x + d - d * v + d * std::log(v)) return d * v;
  }
}

/// Masses of the chains [eV ps²]: the first one carries all degrees of freedom.
double chain_mass(std::size_t link, double thermal_energy, int freedom, double time) {
  return (link == 0 ? freedom : 1) * thermal_energy * time * time;
}

}  // namespace

double sum_of_squared_normals(int count, Rng& rng) {
  if (count <= 0) return 0.0;
  double sum = 0.0;
  if (count % 2 == 1) {
    double const x = rng.normal();
    sum = x * x;
  }
  return count < 2 ? sum : sum + 2.0 * gamma_variable(0.5 * (count - count % 2), rng);
}

double rescaled_kinetic_energy(double kinetic, double mean, int freedom, double step, double time, Rng& rng) {
  double const kept = std::exp(-step / time), share = mean / freedom * (1.0 - kept);
  double const first = rng.normal(), others = sum_of_squared_normals(freedom - 1, rng);
  double const along = std::sqrt(kept * kinetic) + std::sqrt(share) * first;  // the component along the old velocities
  return along * along + share * others;
}

double advance_chain(Chain chain, double kinetic, double thermal_energy, int freedom, double step, double time) {
  double const third = std::cbrt(2.0), outer = 1.0 / (2.0 - third);
  std::array<double, 3> const weights{outer, 1.0 - 2.0 * outer, outer};  // fourth order (Suzuki, Yoshida)
  constexpr auto last = chain_length - 1;
  double scale = 1.0;
  auto const force = [&](std::size_t link) {
    auto const before = link == 0 ? 0.0
                                  : chain_mass(link - 1, thermal_energy, freedom, time) * chain.velocity[link - 1] *
                                        chain.velocity[link - 1];
    double const drive = link == 0 ? 2.0 * kinetic * scale * scale - freedom * thermal_energy : before - thermal_energy;
    return drive / chain_mass(link, thermal_energy, freedom, time);
  };
  for (double const weight : weights) {
    double const half = 0.25 * weight * step, eighth = 0.125 * weight * step;
    auto const push = [&](std::size_t link) {
      double const damped = link == last ? 1.0 : std::exp(-eighth * chain.velocity[link + 1]);
      chain.velocity[link] = damped * (damped * chain.velocity[link] + half * force(link));
    };
    for (std::size_t link = chain_length; link-- > 0;) push(link);
    scale *= std::exp(-2.0 * half * chain.velocity[0]);
    for (std::size_t link = 0; link < chain_length; ++link) chain.position[link] += 2.0 * half * chain.velocity[link];
    for (std::size_t link = 0; link < chain_length; ++link) push(link);
  }
  return scale;
}

double chain_energy(std::array<double, chain_length> const& position, std::array<double, chain_length> const& velocity,
                    double thermal_energy, int freedom, double time) {
  double energy = 0.0;
  for (std::size_t link = 0; link < chain_length; ++link) {
    energy += 0.5 * chain_mass(link, thermal_energy, freedom, time) * velocity[link] * velocity[link] +
              (link == 0 ? freedom : 1) * thermal_energy * position[link];
  }
  return energy;
}

}  // namespace nacre::detail
