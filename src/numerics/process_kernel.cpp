#include "process_kernel.hpp"

#include <cmath>

#include "nacre/core/vector_math.hpp"

namespace nacre::detail {
namespace {

NACRE_INLINE void matern(MaternRow const& row) {
  constexpr double root5 = 2.23606797749978969641;
  double* __restrict const correlation = row.correlation;
  double* __restrict const slope = row.slope;
  for (Eigen::Index i = 0; i < row.points; ++i) correlation[i] = 0.0;
  for (int f = 0; f < row.features; ++f) {
    double const* __restrict const x = row.coordinates + f * row.stride;
    double const q = row.query[f];
    for (Eigen::Index i = 0; i < row.points; ++i) correlation[i] += (x[i] - q) * (x[i] - q);
  }
  for (Eigen::Index i = 0; i < row.points; ++i) {
    double const r2 = correlation[i], r = root5 * std::sqrt(r2), decay = exponential(-r);
    slope[i] = 5.0 / 3.0 * (1.0 + r) * decay;
    correlation[i] = (1.0 + r + 5.0 / 3.0 * r2) * decay;
  }
}

NACRE_INLINE void lower_block(LowerRows const& lower, double* __restrict block) {
  for (Eigen::Index i = 0; i < lower.size; ++i) {
    double const* __restrict const row = lower.rows + i * lower.stride;
    double sum[solve_width];
    for (Eigen::Index c = 0; c < solve_width; ++c) sum[c] = block[i * solve_width + c];
    for (Eigen::Index j = 0; j < i; ++j) {
      double const factor = row[j];
      for (Eigen::Index c = 0; c < solve_width; ++c) sum[c] -= factor * block[j * solve_width + c];
    }
    double const inverse = 1.0 / row[i];
    for (Eigen::Index c = 0; c < solve_width; ++c) block[i * solve_width + c] = sum[c] * inverse;
  }
}

/// Eight partial sums, so that the order of the additions is the same however many the processor does at once.
NACRE_INLINE void lower_one(LowerRows const& lower, double* __restrict right) {
  constexpr Eigen::Index lanes = 8;
  for (Eigen::Index i = 0; i < lower.size; ++i) {
    double const* __restrict const row = lower.rows + i * lower.stride;
    double sum[lanes] = {};
    Eigen::Index j = 0;
    for (; j + lanes <= i; j += lanes) {
      for (Eigen::Index c = 0; c < lanes; ++c) sum[c] += row[j + c] * right[j + c];
    }
    double rest = 0.0;
    for (; j < i; ++j) rest += row[j] * right[j];
    double const total = ((sum[0] + sum[1]) + (sum[2] + sum[3])) + ((sum[4] + sum[5]) + (sum[6] + sum[7])) + rest;
    right[i] = (right[i] - total) / row[i];
  }
}

NACRE_INLINE void upper_one(LowerRows const& lower, double* __restrict right) {
  for (Eigen::Index i = lower.size; i-- > 0;) {
    double const* __restrict const row = lower.rows + i * lower.stride;
    double const x = right[i] / row[i];
    right[i] = x;
    for (Eigen::Index j = 0; j < i; ++j) right[j] -= row[j] * x;
  }
}

#define NACRE_VARIANTS(name, parameters, call)                          \
  void name##_generic parameters { call; }                              \
  __attribute__((target("avx2"))) void name##_avx2 parameters { call; } \
  __attribute__((target("avx512f,avx512dq,avx512vl"))) void name##_avx512 parameters { call; }

NACRE_VARIANTS(matern, (MaternRow const& row), matern(row))
NACRE_VARIANTS(block, (LowerRows const& lower, double* block), lower_block(lower, block))
NACRE_VARIANTS(lower, (LowerRows const& lower, double* right), lower_one(lower, right))
NACRE_VARIANTS(upper, (LowerRows const& lower, double* right), upper_one(lower, right))
#undef NACRE_VARIANTS

template <class Function>
Function variant(Isa isa, Function generic, Function avx2, Function avx512) {
  return isa == Isa::avx512 ? avx512 : isa == Isa::avx2 ? avx2 : generic;
}

}  // namespace

void evaluate_matern(Isa isa, MaternRow const& row) { variant(isa, matern_generic, matern_avx2, matern_avx512)(row); }
void solve_lower_block(Isa isa, LowerRows const& lower, double* block) {
  variant(isa, block_generic, block_avx2, block_avx512)(lower, block);
}
void solve_lower_one(Isa isa, LowerRows const& lower, double* right) {
  variant(isa, lower_generic, lower_avx2, lower_avx512)(lower, right);
}
void solve_upper_one(Isa isa, LowerRows const& lower, double* right) {
  variant(isa, upper_generic, upper_avx2, upper_avx512)(lower, right);
}

}  // namespace nacre::detail
