#include "nacre/numerics/distributions.hpp"

#include <algorithm>
#include <cmath>
#include <limits>
#include <vector>

#include "nacre/core/error.hpp"

namespace nacre {
namespace {

/// Continued fraction of I_x(a, b) by the method of Lentz (NIST DLMF 8.17.22); it converges fast for x < (a+1)/(a+b+2).
double beta_fraction(double a, double b, double x) {
  constexpr double tiny = 1e-300, enough = 1e-15;
  auto const away = [](double v) { return std::abs(v) < tiny ? tiny : v; };
  double c = 1.0, d = 1.0 / away(1.0 - (a + b) * x / (a + 1.0)), h = d;
  for (int m = 1; m < 10000; ++m) {
    double const even = m * (b - m) * x / ((a + 2 * m - 1.0) * (a + 2 * m));
    d = 1.0 / away(1.0 + even * d);
    c = away(1.0 + even / c);
    h *= c * d;
    double const odd = -(a + m) * (a + b + m) * x / ((a + 2 * m) * (a + 2 * m + 1.0));
    d = 1.0 / away(1.0 + odd * d);
    c = away(1.0 + odd / c);
    h *= c * d;
    if (std::abs(c * d - 1.0) < enough) break;
  }
  return h;
}

/// The x in [low, high] where a decreasing function crosses zero, to the last bits.
template <class Function>
double bisect(Function const& f, double low, double high) {
  for (int i = 0; i < 200 && low < high; ++i) {
    double const middle = 0.5 * (low + high);
    if (middle <= low || middle >= high) break;
    (f(middle) > 0.0 ? low : high) = middle;
  }
  return 0.5 * (low + high);
}

std::vector<double> ranks_of(std::span<double const> values) {
  std::vector<double> ranks;
  for (double const value : values) {
    double below = 0.0, equal = 0.0;
    for (double const other : values) {
      below += other < value;
      equal += other == value;
    }
    ranks.push_back(below + 0.5 * (equal + 1.0));
  }
  return ranks;
}

}  // namespace

double incomplete_beta(double a, double b, double x) {
  if (x <= 0.0) return 0.0;
  if (x >= 1.0) return 1.0;
  double const front =
      std::exp(std::lgamma(a + b) - std::lgamma(a) - std::lgamma(b) + a * std::log(x) + b * std::log1p(-x));
  if (x < (a + 1.0) / (a + b + 2.0)) return front * beta_fraction(a, b, x) / a;
  return 1.0 - front * beta_fraction(b, a, 1.0 - x) / b;
}

double student_t_two_sided(double t, double degrees) {
  return incomplete_beta(0.5 * degrees, 0.5, degrees / (degrees + t * t));
}

double student_t_quantile(double probability, double degrees) {
  require(probability > 0.0 && probability < 1.0 && degrees > 0.0, "invalid probability ", probability, " or degrees ",
          degrees, " (0 to 1, positive)");
  if (probability < 0.5) return -student_t_quantile(1.0 - probability, degrees);
  double const outside = 2.0 * (1.0 - probability);
  double high = 1.0;
  while (student_t_two_sided(high, degrees) > outside && high < 1e12) high *= 2.0;
  return bisect([&](double t) { return student_t_two_sided(t, degrees) - outside; }, 0.0, high);
}

double poisson_upper_limit(std::int64_t count, double confidence) {
  require(count >= 0 && confidence > 0.0 && confidence < 1.0, "invalid count ", count, " or confidence ", confidence,
          " (not negative, 0 to 1)");
  auto const excess = [&](double mean) {  // P(n <= count) - (1 - confidence)
    double probability = 0.0;
    for (std::int64_t k = 0; k <= count; ++k) {
      auto const n = static_cast<double>(k);
      probability += std::exp(n * std::log(mean) - mean - std::lgamma(n + 1.0));
    }
    return probability - (1.0 - confidence);
  };
  auto const n = static_cast<double>(count);
  return bisect(excess, std::numeric_limits<double>::min(), n + 40.0 + 10.0 * std::sqrt(n));
}

Trend rank_trend(std::span<double const> values) {
  auto const n = static_cast<double>(values.size());
  if (values.size() < 3) return {};
  auto const ranks = ranks_of(values);
  double cross = 0.0, own = 0.0, order = 0.0;
  for (std::size_t i = 0; i < ranks.size(); ++i) {
    double const a = ranks[i] - 0.5 * (n + 1.0), b = static_cast<double>(i + 1) - 0.5 * (n + 1.0);
    cross += a * b;
    own += a * a;
    order += b * b;
  }
  if (own == 0.0) return {};
  double const correlation = cross / std::sqrt(own * order);
  if (std::abs(correlation) >= 1.0) return {correlation, 2.0 / std::tgamma(n + 1.0)};  // 2 of the n! orders
  double const t = correlation * std::sqrt((n - 2.0) / (1.0 - correlation * correlation));
  return {correlation, student_t_two_sided(t, n - 2.0)};
}

}  // namespace nacre
