/// The two thermostats as functions of the kinetic energy.
#pragma once

#include <array>

#include "nacre/core/rng.hpp"
#include "nacre/potential/dynamics.hpp"

namespace nacre::detail {

/// Sum of the squares of `count` normal numbers, drawn as a gamma variable (G. Marsaglia and W. W. Tsang, ACM Trans.
/// Math. Softw. 26, 363 (2000), doi:10.1145/358407.358414).
double sum_of_squared_normals(int count, Rng& rng);

/// Kinetic energy after a time `step` under stochastic rescaling with relaxation time `time`; the sign of the scale of
/// the velocities is always taken positive.
/// @param mean  kinetic energy at the temperature of the bath, freedom k T/2
double rescaled_kinetic_energy(double kinetic, double mean, int freedom, double step, double time, Rng& rng);

struct Chain {
  std::array<double, chain_length>& position;
  std::array<double, chain_length>& velocity;
};
/// Half a time step of the chains. @return what the velocities of the atoms are multiplied by
double advance_chain(Chain chain, double kinetic, double thermal_energy, int freedom, double step, double time);
/// The chains' part of the conserved energy [eV].
double chain_energy(std::array<double, chain_length> const& position, std::array<double, chain_length> const& velocity,
                    double thermal_energy, int freedom, double time);

}  // namespace nacre::detail
