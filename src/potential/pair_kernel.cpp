#include "pair_kernel.hpp"

#include <array>
#include <cmath>
#include <cstddef>

#include "nacre/core/vector_math.hpp"

namespace nacre::detail {
namespace {

/// erfc(x) exp(x^2) (x + shift) as a polynomial in u, which is linear in (x - shift)/(x + shift): relative error below
/// 2e-15 for 0 <= x <= 11, where erfc is 1e-54.
struct ScaledErfc {
  static constexpr int degree = 18;
  static constexpr double shift = 3.0;
  std::array<double, degree + 1> coefficients;
  double scale, offset;  // u = scale (x - shift)/(x + shift) + offset

  ScaledErfc();
};

/// Chebyshev interpolation in long double, written out in powers of u.
ScaledErfc::ScaledErfc() {
  constexpr int n = degree + 1;
  constexpr long double largest_x = 12.0L, pi = 3.141592653589793238462643383279502884L;
  long double const top = (largest_x - shift) / (largest_x + shift), middle = (top - 1) / 2, half = (top + 1) / 2;
  std::array<long double, n> value;
  for (int j = 0; j < n; ++j) {
    long double const t = middle + half * std::cos(pi * (j + 0.5L) / n), x = shift * (1 + t) / (1 - t);
    value[j] = std::exp(x * x) * std::erfc(x) * (x + shift);
  }
  std::array<long double, n> before{}, chebyshev{}, sum{};  // T_k-1 and T_k as powers of u
  before[1] = 1.0L;                                         // T_-1 = T_1
  chebyshev[0] = 1.0L;
  for (int k = 0; k < n; ++k) {
    long double projection = 0;
    for (int j = 0; j < n; ++j) projection += value[j] * std::cos(pi * k * (j + 0.5L) / n);
    projection *= (k == 0 ? 1.0L : 2.0L) / n;
    std::array<long double, n> next{};
    for (int i = 0; i < n; ++i) {
      sum[i] += projection * chebyshev[i];
      next[i] = (i > 0 ? 2 * chebyshev[i - 1] : 0.0L) - before[i];
    }
    before = chebyshev;
    chebyshev = next;
  }
  for (int i = 0; i < n; ++i) coefficients[i] = static_cast<double>(sum[i]);
  scale = static_cast<double>(1 / half);
  offset = static_cast<double>(-middle / half);
}

ScaledErfc const scaled_erfc;

/// Horner's rule without a loop, which would keep the loop around it from being vectorised.
template <int k = 0>
NACRE_INLINE double polynomial(double u, double const* c) {
  if constexpr (k == ScaledErfc::degree) {
    return c[k];
  } else {
    return polynomial<k + 1>(u, c) * u + c[k];
  }
}

template <bool ShortRange, bool Taper>
NACRE_INLINE void evaluate(PairTerms const& terms, PairSettings const& settings, int count, double const* __restrict r2,
                           double* __restrict energy, double* __restrict slope) {
  double const alpha = settings.alpha, two_alpha_over_root_pi = 2.0 * alpha / 1.7724538509055160273;
  double const coulomb_r2 = settings.coulomb_cutoff * settings.coulomb_cutoff;
  double const cutoff_r2 = settings.cutoff * settings.cutoff, shift = settings.coulomb_shift;
  double const taper_start = settings.cutoff - settings.taper_width,
               taper_scale = Taper ? 1.0 / settings.taper_width : 0.0;
  double const scale = scaled_erfc.scale, offset = scaled_erfc.offset;
  double coefficients[ScaledErfc::degree + 1];
  for (int k = 0; k <= ScaledErfc::degree; ++k) coefficients[k] = scaled_erfc.coefficients[k];
  auto const [qq, decay, center, first, second, r6, r12, unused] = terms;
  for (int p = 0; p < count; ++p) {
    double const s = r2[p], r = __builtin_sqrt(s), x = alpha * r, denominator = x + ScaledErfc::shift;
    double const inverse = 1.0 / (r * denominator), inverse_r = inverse * denominator;
    double const u = scale * ((x - ScaledErfc::shift) * (inverse * r)) + offset;
    double const gauss = exponential(-(x * x));
    double const erfc_over_r = gauss * polynomial(u, coefficients) * inverse;
    double const charge = s < coulomb_r2 ? qq : 0.0;
    double e = charge * (erfc_over_r - shift);
    double f = charge * (erfc_over_r * inverse_r + two_alpha_over_root_pi * gauss * inverse_r);  // -dV/dr
    if constexpr (ShortRange) {
      double const decayed = exponential(decay * (center - r)), linear = first * decayed,
                   square = second * decayed * decayed;
      double const i2 = inverse_r * inverse_r, i6 = i2 * i2 * i2, t6 = r6 * i6, t12 = r12 * (i6 * i6);
      double v = linear + square + t6 + t12;
      double g = decay * (linear + 2.0 * square) + inverse_r * (6.0 * t6 + 12.0 * t12);
      if constexpr (Taper) {
        double const y = (r - taper_start) * taper_scale, z = y > 0.0 ? y : 0.0;
        double const factor = 1.0 - z * z * (3.0 - 2.0 * z);
        g = factor * g + v * (6.0 * z * (1.0 - z) * taper_scale);
        v = factor * v;
      }
      e += s < cutoff_r2 ? v : 0.0;
      f += s < cutoff_r2 ? g : 0.0;
    }
    energy[p] = e;
    slope[p] = f * inverse_r;
  }
}

using Kernel = void (*)(PairTerms const&, PairSettings const&, int, double const*, double*, double*);

template <bool ShortRange, bool Taper>
void generic(PairTerms const& t, PairSettings const& s, int n, double const* r2, double* e, double* g) {
  evaluate<ShortRange, Taper>(t, s, n, r2, e, g);
}
template <bool ShortRange, bool Taper>
__attribute__((target("avx2"))) void avx2(PairTerms const& t, PairSettings const& s, int n, double const* r2, double* e,
                                          double* g) {
  evaluate<ShortRange, Taper>(t, s, n, r2, e, g);
}
template <bool ShortRange, bool Taper>
__attribute__((target("avx512f,avx512dq,avx512vl"))) void avx512(PairTerms const& t, PairSettings const& s, int n,
                                                                 double const* r2, double* e, double* g) {
  evaluate<ShortRange, Taper>(t, s, n, r2, e, g);
}

template <bool ShortRange, bool Taper>
Kernel kernel(Isa isa) {
  if (isa == Isa::avx512) return avx512<ShortRange, Taper>;
  return isa == Isa::avx2 ? avx2<ShortRange, Taper> : generic<ShortRange, Taper>;
}

}  // namespace

void evaluate_pairs(Isa isa, PairTerms const& terms, PairSettings const& settings, int count, double const* r2,
                    double* energy, double* slope) {
  bool const taper = settings.taper_width > 0.0;
  auto const run = !terms.short_range ? kernel<false, false>(isa)
                   : taper            ? kernel<true, true>(isa)
                                      : kernel<true, false>(isa);
  run(terms, settings, count, r2, energy, slope);
}

namespace {

/// Pair by pair, so that pairs beyond the cutoff, which have no energy and no force, change no bit.
NACRE_INLINE void sum_pairs(PairSums const& in) {
  Four own = {}, by_x, by_y, by_z;
  load_four(in.virial, by_x), load_four(in.virial + 4, by_y), load_four(in.virial + 8, by_z);
  for (int p = 0; p < in.count; ++p) {
    Four vector, sum;
    load_four(in.vectors + 4 * static_cast<std::ptrdiff_t>(p), vector);
    double const g = in.slope[p];
    Four const pair = vector * Four{g, g, g, 0.5 * in.energy[p]};
    double* const other = in.atoms + 4 * static_cast<std::ptrdiff_t>(in.entries[p].atom);
    load_four(other, sum);
    store_four(other, sum + pair);
    own += pair;
    by_x += pair * vector[0];
    by_y += pair * vector[1];
    by_z += pair * vector[2];
  }
  double* const first = in.atoms + 4 * static_cast<std::ptrdiff_t>(in.first);
  Four sum;
  load_four(first, sum);
  store_four(first, sum - own * Four{1.0, 1.0, 1.0, -1.0});
  store_four(in.virial, by_x), store_four(in.virial + 4, by_y), store_four(in.virial + 8, by_z);
}

void sum_generic(PairSums const& in) { sum_pairs(in); }
__attribute__((target("avx2"))) void sum_avx2(PairSums const& in) { sum_pairs(in); }
__attribute__((target("avx512f,avx512dq,avx512vl"))) void sum_avx512(PairSums const& in) { sum_pairs(in); }

}  // namespace

void add_pairs(Isa isa, PairSums const& sums) {
  auto const run = isa == Isa::avx512 ? sum_avx512 : isa == Isa::avx2 ? sum_avx2 : sum_generic;
  run(sums);
}

PairValue short_range(PairTerms const& terms, double r) {
  if (!terms.short_range) return {0.0, 0.0};
  double const decayed = std::exp(-terms.decay * (r - terms.center)), linear = terms.first * decayed;
  double const square = terms.second * decayed * decayed;
  double const r3 = r * r * r, t6 = terms.r6 / (r3 * r3), t12 = terms.r12 / (r3 * r3 * r3 * r3);
  return {linear + square + t6 + t12, terms.decay * (linear + 2.0 * square) + (6.0 * t6 + 12.0 * t12) / r};
}

}  // namespace nacre::detail
