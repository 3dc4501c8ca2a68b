#include "nacre/transport/displacement_moments.hpp"

#include <fftw3.h>

#include <array>
#include <complex>
#include <limits>

#include "nacre/core/error.hpp"

namespace nacre {
namespace {

constexpr std::array<std::array<int, 2>, 6> pairs{{{0, 0}, {1, 1}, {2, 2}, {0, 1}, {0, 2}, {1, 2}}};
constexpr double cheaper_by_loop = 20000.0;  // terms; below, the double loop is faster than the transforms

/// Smallest 2^a 3^b 5^c 7^d that is not below `least`: what FFTW is fast for.
Eigen::Index transform_size(Eigen::Index least) {
  Eigen::Index best = 1;
  while (best < least) best *= 2;
  for (Eigen::Index a = 1; a < best; a *= 7)
    for (Eigen::Index b = a; b < best; b *= 5)
      for (Eigen::Index c = b; c < best; c *= 3) {
        Eigen::Index d = c;
        while (d < least) d *= 2;
        best = std::min(best, d);
      }
  return best;
}

struct FftwFree {
  void operator()(double* data) const { fftw_free(data); }
};
struct PlanDestroy {
  void operator()(fftw_plan plan) const { fftw_destroy_plan(plan); }
};
/// sums[p] += products of x, y, z for the six pairs, entry by entry; the same bits for every instruction set, since
/// nothing is added across entries.
__attribute__((target_clones("avx512f", "avx2", "default"))) void add_products(double const* x, double const* y,
                                                                               double const* z, std::size_t count,
                                                                               std::array<double*, 6> const& sums) {
  auto *xx = sums[0], *yy = sums[1], *zz = sums[2], *xy = sums[3], *xz = sums[4], *yz = sums[5];
  for (std::size_t i = 0; i < count; ++i) xx[i] += x[i] * x[i];
  for (std::size_t i = 0; i < count; ++i) yy[i] += y[i] * y[i];
  for (std::size_t i = 0; i < count; ++i) zz[i] += z[i] * z[i];
  for (std::size_t i = 0; i < count; ++i) xy[i] += x[i] * y[i];
  for (std::size_t i = 0; i < count; ++i) xz[i] += x[i] * z[i];
  for (std::size_t i = 0; i < count; ++i) yz[i] += y[i] * z[i];
}

using Buffer = std::unique_ptr<double, FftwFree>;
using Plan = std::unique_ptr<std::remove_pointer_t<fftw_plan>, PlanDestroy>;

Buffer make_buffer(Eigen::Index size) {
  return Buffer(static_cast<double*>(fftw_malloc(sizeof(double) * static_cast<std::size_t>(size))));
}

}  // namespace

MomentSums& MomentSums::operator+=(MomentSums const& other) {
  if (counts.size() == 0) return *this = other;
  products += other.products;
  counts += other.counts;
  return *this;
}

MomentSums& MomentSums::operator-=(MomentSums const& other) {
  products -= other.products;
  counts -= other.counts;
  return *this;
}

Eigen::VectorXd MomentSums::mean(int row, Eigen::Index first, Eigen::Index count) const {
  return products.row(row).segment(first, count).transpose().cwiseQuotient(counts.segment(first, count));
}

/// In-place transforms of x, y, z side by side, each with room for one padding pair.
struct DisplacementMoments::State {
  Eigen::Index longest, lags, size, stride;
  Buffer data;
  Plan forward, backward;
  Eigen::Matrix<double, Eigen::Dynamic, 6> spectra;  // products of spectra, real and imaginary parts side by side
  Eigen::Matrix<double, Eigen::Dynamic, 6> ends;     // products of frame k from either end of a stretch, over stretches
  Eigen::Matrix<double, Eigen::Dynamic, 6> whole;    // products of frame k of stretches as long as can be
  Eigen::VectorXd lengths;                           // how many stretches have so many frames
  MomentSums sums;                                   // of the stretches that went through the double loop
  bool transformed = false;

  State(Eigen::Index longest_, Eigen::Index max_lag)
      : longest(longest_), lags(max_lag + 1), size(transform_size(longest_ + max_lag)), stride(2 * (size / 2 + 1)) {
    require(longest_ >= 1 && max_lag >= 0 && max_lag < longest_, "invalid lag ", max_lag, " for a stretch of ",
            longest_, " frames");
    require(size < std::numeric_limits<int>::max(), "stretch of ", longest_, " frames is too long to be transformed");
    data = make_buffer(3 * stride);
    int const n = static_cast<int>(size), rows = static_cast<int>(stride);
    auto* complex = reinterpret_cast<fftw_complex*>(data.get());
    forward.reset(
        fftw_plan_many_dft_r2c(1, &n, 3, data.get(), nullptr, 1, rows, complex, nullptr, 1, rows / 2, FFTW_ESTIMATE));
    backward.reset(
        fftw_plan_many_dft_c2r(1, &n, 1, complex, nullptr, 1, rows / 2, data.get(), nullptr, 1, rows, FFTW_ESTIMATE));
    reset();
  }

  void reset() {
    spectra = Eigen::Matrix<double, Eigen::Dynamic, 6>::Zero(stride, 6);
    ends = Eigen::Matrix<double, Eigen::Dynamic, 6>::Zero(longest, 6);
    whole = Eigen::Matrix<double, Eigen::Dynamic, 6>::Zero(longest, 6);
    lengths = Eigen::VectorXd::Zero(longest + 1);
    sums.products = Eigen::Matrix<double, 6, Eigen::Dynamic>::Zero(6, lags);
    sums.counts = Eigen::VectorXd::Zero(lags);
    transformed = false;
  }

  /// Each component less its value in the middle, zeros behind: displacements do not change, and little cancels.
  void load(std::array<PathView const*, 3> const& path) {
    auto const frames = path[0]->size();
    for (std::size_t k = 0; k < 3; ++k) {
      Eigen::Map<Eigen::VectorXd> row(data.get() + static_cast<Eigen::Index>(k) * stride, stride);
      row.head(frames) = path[k]->array() - (*path[k])[frames / 2];
      row.tail(stride - frames).setZero();
    }
  }

  void multiply(Eigen::Matrix<double, Eigen::Dynamic, 6>& target, Eigen::Index count) const {
    std::array<double*, 6> columns;
    for (std::size_t p = 0; p < 6; ++p) columns[p] = target.col(static_cast<Eigen::Index>(p)).data();
    add_products(data.get(), data.get() + stride, data.get() + 2 * stride, static_cast<std::size_t>(count), columns);
  }

  void add_ends(Eigen::Index frames) {
    lengths[frames] += 1.0;
    if (frames == longest) return multiply(whole, longest);
    Eigen::Map<Eigen::ArrayXXd const> const rows(data.get(), stride, 3);
    for (std::size_t p = 0; p < 6; ++p) {
      product = rows.col(pairs[p][0]).head(frames) * rows.col(pairs[p][1]).head(frames);
      ends.col(static_cast<Eigen::Index>(p)).head(frames).array() += product + product.reverse();
    }
  }

  void add_spectra() {
    fftw_execute(forward.get());
    multiply(spectra, stride);
    transformed = true;
  }

  /// Σ over stretches of products of frames m and later, and of as many from the other end.
  void add_totals() {
    ends += whole + whole.colwise().reverse();
    for (Eigen::Index p = 0; p < 6; ++p) {
      double total = 0.0;
      for (Eigen::Index m = longest - 1; m >= 0; --m) {
        total += ends(m, p);
        if (m < lags) sums.products(p, m) += total;
      }
    }
    double stretches = 0.0, origins = 0.0;  // stretches with more than m frames, and their origins of lag m
    for (Eigen::Index m = longest - 1; m >= 0; --m) {
      stretches += lengths[m + 1];
      origins += stretches;
      if (m < lags) sums.counts[m] += origins;
    }
  }

  void subtract_correlations() {
    using Pairs = Eigen::Map<Eigen::Array<double, 2, Eigen::Dynamic> const>;
    for (Eigen::Index p = 0; p < 6; ++p) {
      Pairs const parts(spectra.col(p).data(), 2, stride / 2);
      Eigen::Map<Eigen::ArrayXcd>(reinterpret_cast<std::complex<double>*>(data.get()), stride / 2) =
          parts.colwise().sum().transpose().cast<std::complex<double>>();
      fftw_execute(backward.get());
      sums.products.row(p) -= 2.0 / static_cast<double>(size) * Eigen::Map<Eigen::RowVectorXd const>(data.get(), lags);
    }
  }

  Eigen::ArrayXd product;
};

DisplacementMoments::DisplacementMoments(Eigen::Index longest, Eigen::Index max_lag)
    : state_(std::make_unique<State>(longest, max_lag)) {}
DisplacementMoments::~DisplacementMoments() = default;
DisplacementMoments::DisplacementMoments(DisplacementMoments&&) noexcept = default;

void DisplacementMoments::add(PathView const& x, PathView const& y, PathView const& z) {
  auto& state = *state_;
  auto const frames = x.size();
  require(frames <= state.longest && y.size() == frames && z.size() == frames, "stretch of ", frames,
          " frames (at most ", state.longest, ", x, y and z alike)");
  if (frames == 0) return;
  if (static_cast<double>(frames) * static_cast<double>(std::min(frames, state.lags)) < cheaper_by_loop) {
    state.sums += displacement_moments_brute_force(x, y, z, state.lags - 1);
    return;
  }
  state.load({&x, &y, &z});
  state.add_ends(frames);
  state.add_spectra();
}

MomentSums DisplacementMoments::take() {
  if (state_->transformed) {
    state_->add_totals();
    state_->subtract_correlations();
  }
  MomentSums result = state_->sums;
  state_->reset();
  return result;
}

MomentSums displacement_moments_brute_force(PathView const& x, PathView const& y, PathView const& z,
                                            Eigen::Index max_lag) {
  auto const frames = x.size();
  MomentSums sums{Eigen::Matrix<double, 6, Eigen::Dynamic>::Zero(6, max_lag + 1), Eigen::VectorXd::Zero(max_lag + 1)};
  for (Eigen::Index m = 0; m <= std::min(max_lag, frames - 1); ++m) {
    std::array<Eigen::ArrayXd, 3> const d{x.tail(frames - m) - x.head(frames - m),
                                          y.tail(frames - m) - y.head(frames - m),
                                          z.tail(frames - m) - z.head(frames - m)};
    for (std::size_t p = 0; p < 6; ++p)
      sums.products(static_cast<Eigen::Index>(p), m) =
          (d[static_cast<std::size_t>(pairs[p][0])] * d[static_cast<std::size_t>(pairs[p][1])]).sum();
    sums.counts[m] = static_cast<double>(frames - m);
  }
  return sums;
}

}  // namespace nacre
