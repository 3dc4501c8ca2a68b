/// The inner loops of the reciprocal sum, elementwise, for each instruction set (see pair_kernel.hpp).
#pragma once

#include "nacre/core/isa.hpp"

namespace nacre::detail {

/// Sums over atoms for l = 0 .. last: cc += qc cos, ss += qs sin, sc += qs cos, cs += qc sin.
struct StructureSums {
  int atoms, last, stride;  ///< row `atom` of cos and sin starts at atom * stride
  double const *q_cos, *q_sin, *cos, *sin;
  double *cc, *ss, *sc, *cs;
};
void add_structure_sums(Isa isa, StructureSums const& sums);

/// Potential of each atom: p = sum_l a cos + d sin, r = sum_l g cos + b sin, and their derivatives p3, r3 with respect
/// to the phase of l = 1.
struct PotentialSums {
  int atoms, last, stride;  ///< row l of cos and sin starts at l * stride
  double const *cos, *sin;
  double const *a, *b, *g, *d;
  double *p, *r, *p3, *r3;
};
void add_potential_sums(Isa isa, PotentialSums const& sums);

/// weight = exp(-k2 * scale)/k2, zero where k2 is zero or above the limit.
void weigh_vectors(Isa isa, int count, double scale, double limit, double const* k2, double* weight);

}  // namespace nacre::detail
