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

constexpr Eigen::Index rows_at_once = 4, columns_at_once = 8;  ///< so many sums fit into registers
/// Columns next to each other: GCC maps them to registers of any width, with the same operations on each.
using Lanes = double __attribute__((vector_size(8 * columns_at_once), aligned(8), may_alias));

NACRE_INLINE Lanes& lanes(double* place) { return *reinterpret_cast<Lanes*>(place); }
NACRE_INLINE Lanes const& lanes(double const* place) { return *reinterpret_cast<Lanes const*>(place); }

/// Rows of a matrix times some columns of a block, over j in [begin, end), taken off `sums` or added to them.
template <bool subtract>
NACRE_INLINE void multiply(double const* rows, Eigen::Index stride, Eigen::Index begin, Eigen::Index end,
                           double const* block, Lanes (&sums)[rows_at_once]) {
  Lanes a = sums[0], b = sums[1], c = sums[2], d = sums[3];
  for (Eigen::Index j = begin; j < end; ++j) {
    Lanes const right = subtract ? -lanes(block + j * solve_width) : lanes(block + j * solve_width);
    a += rows[j] * right;
    b += rows[stride + j] * right;
    c += rows[2 * stride + j] * right;
    d += rows[3 * stride + j] * right;
  }
  sums[0] = a;
  sums[1] = b;
  sums[2] = c;
  sums[3] = d;
}

NACRE_INLINE void lower_block(LowerRows const& lower, double* whole) {
  for (Eigen::Index start = 0; start < solve_width; start += columns_at_once) {
    double* const block = whole + start;
    for (Eigen::Index first = 0; first < lower.size; first += rows_at_once) {
      bool const full = first + rows_at_once <= lower.size;
      auto const rows = full ? rows_at_once : lower.size - first;
      Lanes sums[rows_at_once] = {};
      for (Eigen::Index r = 0; r < rows; ++r) sums[r] = lanes(block + (first + r) * solve_width);
      if (full) multiply<true>(lower.rows + first * lower.stride, lower.stride, 0, first, block, sums);
      for (Eigen::Index r = 0; r < rows; ++r) {
        double const* const row = lower.rows + (first + r) * lower.stride;
        for (Eigen::Index j = full ? first : 0; j < first + r; ++j) sums[r] -= row[j] * lanes(block + j * solve_width);
        lanes(block + (first + r) * solve_width) = sums[r] * (1.0 / row[first + r]);
      }
    }
  }
}

NACRE_INLINE void squares_block(LowerRows const& upper, double const* whole, double* squares) {
  for (Eigen::Index start = 0; start < solve_width; start += columns_at_once) {
    double const* const block = whole + start;
    for (Eigen::Index first = 0; first < upper.size; first += rows_at_once) {
      bool const full = first + rows_at_once <= upper.size;
      auto const rows = full ? rows_at_once : upper.size - first;
      double const* const matrix = upper.rows + first * upper.stride;
      Lanes sums[rows_at_once] = {};
      for (Eigen::Index r = 0; r < rows; ++r)
        for (Eigen::Index j = first + r; j < first + rows; ++j)
          sums[r] += matrix[r * upper.stride + j] * lanes(block + j * solve_width);
      if (full) multiply<false>(matrix, upper.stride, first + rows, upper.size, block, sums);
      for (Eigen::Index r = 0; r < rows; ++r) lanes(squares + start) += sums[r] * sums[r];
    }
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
NACRE_VARIANTS(squares, (LowerRows const& upper, double const* block, double* sums), squares_block(upper, block, sums))
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
void add_squares_block(Isa isa, LowerRows const& upper, double const* block, double* sums) {
  variant(isa, squares_generic, squares_avx2, squares_avx512)(upper, block, sums);
}
void solve_lower_one(Isa isa, LowerRows const& lower, double* right) {
  variant(isa, lower_generic, lower_avx2, lower_avx512)(lower, right);
}
void solve_upper_one(Isa isa, LowerRows const& lower, double* right) {
  variant(isa, upper_generic, upper_avx2, upper_avx512)(lower, right);
}

}  // namespace nacre::detail
