#include "nacre/transport/slope.hpp"

#include <cmath>
#include <limits>

#include "nacre/core/error.hpp"

namespace nacre {
namespace {

constexpr double nan = std::numeric_limits<double>::quiet_NaN();
constexpr Eigen::Index fewest_lags = 10;
constexpr double rounding = 1e-9;  // of a lag: 0.1 ps is no binary number

Eigen::Index floor_lag(double time_ps, double interval_ps) {
  return static_cast<Eigen::Index>(std::floor(std::min(time_ps / interval_ps, 1e15) + rounding));
}

Eigen::Index ceil_lag(double time_ps, double interval_ps) {
  return std::max<Eigen::Index>(1,
                                static_cast<Eigen::Index>(std::ceil(std::min(time_ps / interval_ps, 1e15) - rounding)));
}

MomentSums total_without(std::vector<MomentSums> const& blocks, int left_out) {
  MomentSums total;
  for (std::size_t b = 0; b < blocks.size(); ++b)
    if (static_cast<int>(b) != left_out) total += blocks[b];
  return total;
}

Eigen::VectorXd lag_times(LagWindow const& window, double interval_ps) {
  return Eigen::VectorXd::LinSpaced(window.count(), static_cast<double>(window.first),
                                    static_cast<double>(window.last)) *
         interval_ps;
}

/// Slope of ln(MSD - intercept) against ln τ; NaN if there is nothing to take a logarithm of.
double exponent(Eigen::VectorXd const& times, Eigen::VectorXd const& above) {
  if (!(above.minCoeff() > 0.0)) return nan;
  return fit_line(times.array().log(), above.array().log()).slope;
}

}  // namespace

ChosenWindow choose_window(Eigen::Index block_frames, double interval_ps, std::optional<Window> const& asked) {
  auto const half = block_frames / 2;
  auto const too_short = [&](LagWindow const& lags) -> ChosenWindow {
    double const length = static_cast<double>(block_frames) * interval_ps;
    return {lags,
            Refusal{"blocks_too_short",
                    concat("blocks of ", length, " ps are too short for lags up to ",
                           static_cast<double>(lags.last) * interval_ps,
                           " ps (a block must be twice as long); use fewer blocks, a smaller window or a longer run")}};
  };
  if (asked) {
    require(std::isfinite(asked->first_ps) && std::isfinite(asked->last_ps) && asked->first_ps >= 0.0 &&
                asked->last_ps > asked->first_ps,
            "invalid window ", asked->first_ps, ":", asked->last_ps, " ps (two increasing times expected)");
    LagWindow const lags{ceil_lag(asked->first_ps, interval_ps), floor_lag(asked->last_ps, interval_ps)};
    if (lags.last > half) return too_short(lags);
    require(lags.count() >= 2, "window ", asked->first_ps, ":", asked->last_ps, " ps holds fewer than two lags of ",
            interval_ps, " ps");
    return {lags, std::nullopt};
  }
  LagWindow lags{ceil_lag(default_window_start_ps, interval_ps), block_frames / 4};
  if (lags.count() < fewest_lags) lags.last = lags.first + fewest_lags - 1;
  if (lags.last > half) return too_short(lags);
  return {lags, std::nullopt};
}

Line fit_line(Eigen::VectorXd const& x, Eigen::VectorXd const& y) {
  double const mean_x = x.mean(), mean_y = y.mean();
  Eigen::VectorXd const dx = x.array() - mean_x;
  double const slope = dx.dot((y.array() - mean_y).matrix()) / dx.squaredNorm();
  return {slope, mean_y - slope * mean_x};
}

Eigen::Index first_of_block(Eigen::Index ions, int blocks, int block) {
  return block * (ions / blocks) + std::min<Eigen::Index>(block, ions % blocks);
}

Jackknife jackknife(int blocks, std::function<Eigen::VectorXd(int)> const& f) {
  Jackknife result;
  result.value = f(-1);
  result.left_out.resize(result.value.size(), blocks);
  for (int b = 0; b < blocks; ++b) result.left_out.col(b) = f(b);
  Eigen::VectorXd const mean = result.left_out.rowwise().mean();
  auto const n = static_cast<double>(blocks);
  result.error = ((n - 1.0) / n * (result.left_out.colwise() - mean).rowwise().squaredNorm()).cwiseSqrt();
  return result;
}

Eigen::VectorXd mean_square(MomentSums const& sums, LagWindow const& window, std::vector<int> const& axes) {
  Eigen::VectorXd total = Eigen::VectorXd::Zero(window.count());
  for (int const axis : axes) total += sums.mean(axis, window.first, window.count());
  return total;
}

Jackknife diffusion_estimates(BlockSums const& blocks, LagWindow const& window, double interval_ps,
                              std::vector<int> const& axes) {
  Eigen::VectorXd const times = lag_times(window, interval_ps);
  double const factor = 2.0 * static_cast<double>(axes.size());
  return jackknife(static_cast<int>(blocks.tracer.size()), [&](int left_out) {
    Eigen::VectorXd values = Eigen::VectorXd::Constant(index(Derived::count), nan);
    auto const tracer = total_without(blocks.tracer, left_out);
    Eigen::VectorXd const msd = mean_square(tracer, window, axes);
    auto const line = fit_line(times, msd);
    values[index(Derived::D)] = line.slope / factor;
    values[index(Derived::exponent)] = exponent(times, msd.array() - line.intercept);
    for (int row = 0; row < 6; ++row)  // xx, yy, zz, xy, xz, yz as in Derived
      values[index(Derived::Dx) + row] = 0.5 * fit_line(times, tracer.mean(row, window.first, window.count())).slope;
    if (blocks.collective.size() != blocks.tracer.size()) return values;
    auto const collective = total_without(blocks.collective, left_out);
    values[index(Derived::collective)] = fit_line(times, mean_square(collective, window, axes)).slope / factor;
    values[index(Derived::haven)] = values[index(Derived::D)] / values[index(Derived::collective)];
    return values;
  });
}

std::vector<double> block_values(std::vector<MomentSums> const& blocks, LagWindow const& window, double interval_ps,
                                 std::vector<int> const& axes) {
  Eigen::VectorXd const times = lag_times(window, interval_ps);
  std::vector<double> values;
  for (auto const& block : blocks)
    values.push_back(fit_line(times, mean_square(block, window, axes)).slope /
                     (2.0 * static_cast<double>(axes.size())));
  return values;
}

}  // namespace nacre
