#include "reciprocal_kernel.hpp"

#include "nacre/core/vector_math.hpp"

namespace nacre::detail {
namespace {

/// Two atoms at a time, added in order.
NACRE_INLINE void structure_sums(StructureSums const& in) {
  double* __restrict cc = in.cc, * __restrict ss = in.ss, * __restrict sc = in.sc, * __restrict cs = in.cs;
  int const count = in.last + 1;
  int i = 0;
  for (; i + 1 < in.atoms; i += 2) {
    double const *c1 = in.cos + i * in.stride, *s1 = in.sin + i * in.stride, *c2 = c1 + in.stride, *s2 = s1 + in.stride;
    double const qc1 = in.q_cos[i], qs1 = in.q_sin[i], qc2 = in.q_cos[i + 1], qs2 = in.q_sin[i + 1];
    for (int l = 0; l < count; ++l) {
      cc[l] = cc[l] + qc1 * c1[l] + qc2 * c2[l];
      ss[l] = ss[l] + qs1 * s1[l] + qs2 * s2[l];
      sc[l] = sc[l] + qs1 * c1[l] + qs2 * c2[l];
      cs[l] = cs[l] + qc1 * s1[l] + qc2 * s2[l];
    }
  }
  for (; i < in.atoms; ++i) {
    double const *c = in.cos + i * in.stride, *s = in.sin + i * in.stride, qc = in.q_cos[i], qs = in.q_sin[i];
    for (int l = 0; l < count; ++l) {
      cc[l] += qc * c[l];
      ss[l] += qs * s[l];
      sc[l] += qs * c[l];
      cs[l] += qc * s[l];
    }
  }
}

NACRE_INLINE void potential_sums(PotentialSums const& in) {
  double* __restrict p = in.p, * __restrict r = in.r, * __restrict p3 = in.p3, * __restrict r3 = in.r3;
  for (int l = 0; l <= in.last; ++l) {
    double const *cos = in.cos + l * in.stride, *sin = in.sin + l * in.stride;
    double const a = in.a[l], b = in.b[l], g = in.g[l], d = in.d[l];
    double const la = l * a, lb = l * b, lg = l * g, ld = l * d;
    for (int i = 0; i < in.atoms; ++i) {
      double const c = cos[i], s = sin[i];
      p[i] += a * c + d * s;
      r[i] += g * c + b * s;
      p3[i] += ld * c - la * s;
      r3[i] += lb * c - lg * s;
    }
  }
}

NACRE_INLINE void weights(int count, double scale, double limit, double const* __restrict k2,
                          double* __restrict weight) {
  for (int l = 0; l < count; ++l) {
    double const k = k2[l], w = exponential(-k * scale) / (k > 0.0 ? k : 1.0);
    weight[l] = k <= limit ? (k > 0.0 ? w : 0.0) : 0.0;
  }
}

#define NACRE_VARIANTS(name, parameters, call)                          \
  void name##_generic parameters { call; }                              \
  __attribute__((target("avx2"))) void name##_avx2 parameters { call; } \
  __attribute__((target("avx512f,avx512dq,avx512vl"))) void name##_avx512 parameters { call; }

NACRE_VARIANTS(structure, (StructureSums const& in), structure_sums(in))
NACRE_VARIANTS(potential, (PotentialSums const& in), potential_sums(in))
NACRE_VARIANTS(weigh, (int n, double scale, double limit, double const* k2, double* w), weights(n, scale, limit, k2, w))
#undef NACRE_VARIANTS

}  // namespace

void add_structure_sums(Isa isa, StructureSums const& sums) {
  auto const run = isa == Isa::avx512 ? structure_avx512 : isa == Isa::avx2 ? structure_avx2 : structure_generic;
  run(sums);
}

void add_potential_sums(Isa isa, PotentialSums const& sums) {
  auto const run = isa == Isa::avx512 ? potential_avx512 : isa == Isa::avx2 ? potential_avx2 : potential_generic;
  run(sums);
}

void weigh_vectors(Isa isa, int count, double scale, double limit, double const* k2, double* weight) {
  auto const run = isa == Isa::avx512 ? weigh_avx512 : isa == Isa::avx2 ? weigh_avx2 : weigh_generic;
  run(count, scale, limit, k2, weight);
}

}  // namespace nacre::detail
