/// Energies and forces of many pairs of ions at once: the real-space part of the Ewald sum and the short-range terms.
///
/// A batch holds the neighbours of one ion that belong to one species, so that every parameter is a scalar and the loop
/// is plain elementwise arithmetic. The compiler vectorises it for each instruction set; no operation is reordered, so
/// all give the same bits.
#pragma once

#include "nacre/core/isa.hpp"
#include "neighbor_kernel.hpp"

namespace nacre::detail {

/// Constants of a pair of species: V = qq erfc(alpha r)/r + first E + second E^2 + r6/r^6 + r12/r^12 with
/// E = exp(-decay (r - center)).
struct PairTerms {
  double qq = 0.0;           ///< k q_i q_j [eV Å]
  double decay = 0.0;        ///< [1/Å]
  double center = 0.0;       ///< [Å]
  double first = 0.0;        ///< [eV]
  double second = 0.0;       ///< [eV]
  double r6 = 0.0;           ///< [eV Å^6]
  double r12 = 0.0;          ///< [eV Å^12]
  bool short_range = false;  ///< false: Coulomb only
};

struct PairSettings {
  double alpha = 0.0;           ///< Ewald splitting [1/Å]; 0: bare 1/r
  double coulomb_cutoff = 0.0;  ///< of the erfc part [Å]
  double coulomb_shift = 0.0;   ///< subtracted from erfc(alpha r)/r within the cutoff [1/Å]
  double cutoff = 0.0;          ///< of the short-range terms [Å]
  double taper_width = 0.0;  ///< the short-range terms fall to zero as 1 - 3x^2 + 2x^3 over this width below the cutoff
                             ///< [Å]; 0: they end there
};

/// @param r2 squared distances [Å^2]
/// @param energy,slope energies [eV] and -(1/r) dV/dr [eV/Å^2] are written here
void evaluate_pairs(Isa isa, PairTerms const& terms, PairSettings const& settings, int count, double const* r2,
                    double* energy, double* slope);

/// Adds what evaluate_pairs gave to an atom and its neighbours.
struct PairSums {
  int first, count;
  PairEntry const* entries;
  double const *vectors, *energy, *slope;  ///< of measure_pairs and evaluate_pairs
  double* atoms;   ///< four for each atom: force [eV/Å] and half of the energies [eV]
  double* virial;  ///< twelve: sums of pair force times x, y, z of the vector, each as four [eV]
};
void add_pairs(Isa isa, PairSums const& sums);

/// The short-range terms of one pair without cutoff: energy [eV] and -dV/dr [eV/Å].
struct PairValue {
  double energy, force;
};
PairValue short_range(PairTerms const& terms, double r);

}  // namespace nacre::detail
