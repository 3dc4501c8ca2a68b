#include "nacre/search/acquisition.hpp"

#include <algorithm>
#include <cmath>
#include <limits>

#include "nacre/core/units.hpp"

namespace nacre {
namespace {

double const half_log_2pi = 0.5 * std::log(2.0 * units::pi);

double log_density(double z) { return -0.5 * z * z - half_log_2pi; }

/// Φ(-t) / φ(t) for t >= 0: Mills' ratio, by its asymptotic series where erfc underflows.
double mills(double t) {
  if (t < 20.0) return std::sqrt(0.5 * units::pi) * std::exp(0.5 * t * t) * std::erfc(t / std::sqrt(2.0));
  auto const s = 1.0 / (t * t);
  return (1.0 - s * (1.0 - s * (3.0 - s * (15.0 - s * 105.0)))) / t;
}

/// 1 - t mills(t), whose leading terms cancel for large t.
double mills_rest(double t) {
  if (t < 20.0) return 1.0 - t * mills(t);
  auto const s = 1.0 / (t * t);
  return s * (1.0 - s * (3.0 - s * (15.0 - s * (105.0 - s * 945.0))));
}

/// h(z) = φ(z) + z Φ(z) as a logarithm, and Φ(z) / h(z).
struct Gain {
  double log_value, ratio;
};

Gain gain_of(double z) {
  if (z > -1.0) {
    auto const density = std::exp(log_density(z)), below = 0.5 * std::erfc(-z / std::sqrt(2.0));
    auto const value = density + z * below;
    return {std::log(value), below / value};
  }
  auto const rest = mills_rest(-z);
  return {log_density(z) + std::log(rest), mills(-z) / rest};
}

constexpr double least_deviation = 1e-150;

/// log(exp(a) - exp(b)), a >= b.
double log_difference(double a, double b) {
  if (b == -std::numeric_limits<double>::infinity()) return a;
  auto const gap = b - a;
  return gap >= 0.0 ? -std::numeric_limits<double>::infinity() : a + std::log(-std::expm1(gap));
}

}  // namespace

double log_normal_cdf(double z) {
  if (z > -1.0) return std::log(0.5 * std::erfc(-z / std::sqrt(2.0)));
  return log_density(z) + std::log(mills(-z));
}

Promise log_expected_improvement(Belief const& belief, double best) {
  auto const deviation = std::max(belief.deviation, least_deviation);
  auto const z = (best - belief.mean) / deviation;
  auto const gain = gain_of(z);
  return {std::log(deviation) + gain.log_value, -gain.ratio / deviation, (1.0 - z * gain.ratio) / deviation};
}

Promise log_probability_below(Belief const& belief, double limit) {
  auto const deviation = std::max(belief.deviation, least_deviation);
  auto const z = (limit - belief.mean) / deviation;
  auto const value = log_normal_cdf(z);
  auto const slope = z > -1.0 ? std::exp(log_density(z) - value) : 1.0 / mills(-z);
  return {value, -slope / deviation, -z * slope / deviation};
}

OpenSpace::OpenSpace(std::vector<std::vector<double>> front, std::vector<double> reference) {
  auto const dimensions = reference.size();
  std::erase_if(front, [&](auto const& point) { return !std::ranges::equal(point, reference, std::less<>{}); });
  std::ranges::sort(front);
  front.erase(std::unique(front.begin(), front.end()), front.end());
  auto const all = front;
  std::erase_if(front, [&](auto const& point) {
    return std::ranges::any_of(all, [&](auto const& other) {
      return other != point && std::ranges::equal(other, point, std::less_equal<>{});
    });
  });
  levels_.resize(dimensions);
  for (std::size_t m = 0; m < dimensions; ++m) {
    auto& levels = levels_[m];
    levels.push_back(-std::numeric_limits<double>::infinity());
    for (auto const& point : front) levels.push_back(point[m]);
    levels.push_back(reference[m]);
    std::ranges::sort(levels);
    levels.erase(std::unique(levels.begin(), levels.end()), levels.end());
  }
  std::vector<int> high;
  for (auto const& levels : levels_) high.push_back(static_cast<int>(levels.size()) - 1);
  cut(front, dimensions, {std::vector<int>(dimensions, 0), high});
}

/// Slices along the last of the first `dimensions` objectives. In a slice the points that end below it count, and what
/// they leave open of the other objectives is cut the same way.
void OpenSpace::cut(std::vector<std::vector<double>> const& front, std::size_t dimensions, Box box) {
  if (front.empty()) {
    boxes_.push_back(std::move(box));
    return;
  }
  auto const last = dimensions - 1;
  auto const& levels = levels_[last];
  auto const index_of = [&](double value) {
    return static_cast<int>(std::ranges::lower_bound(levels, value) - levels.begin());
  };
  if (dimensions == 1) {
    double least = front[0][0];
    for (auto const& point : front) least = std::min(least, point[0]);
    box.high[0] = index_of(least);
    boxes_.push_back(std::move(box));
    return;
  }
  auto sorted = front;
  std::ranges::sort(sorted,
                    [&](auto const& a, auto const& b) { return a[last] != b[last] ? a[last] < b[last] : a < b; });
  std::vector<std::vector<double>> below;
  int low = box.low[last];
  int const top = box.high[last];
  for (std::size_t i = 0; i <= sorted.size(); ++i) {
    auto slice = box;
    slice.low[last] = low;
    slice.high[last] = i < sorted.size() ? index_of(sorted[i][last]) : top;
    if (slice.high[last] > low) cut(below, last, slice);
    low = slice.high[last];
    if (i == sorted.size()) break;
    // a point that others below leave nothing to hide is no help in the slices above
    auto const covers = [&](auto const& other) {
      return std::equal(other.begin(), other.begin() + static_cast<std::ptrdiff_t>(last), sorted[i].begin(),
                        std::less_equal<>{});
    };
    if (std::ranges::any_of(below, covers)) continue;
    std::erase_if(below, [&](auto const& other) {
      return std::equal(sorted[i].begin(), sorted[i].begin() + static_cast<std::ptrdiff_t>(last), other.begin(),
                        std::less_equal<>{});
    });
    below.push_back(sorted[i]);
  }
}

double OpenSpace::log_expected_gain(std::span<Belief const> beliefs) const {
  std::vector<std::vector<double>> logs(levels_.size());  // log E[max(level - y, 0)]
  for (std::size_t m = 0; m < levels_.size(); ++m) {
    logs[m].push_back(-std::numeric_limits<double>::infinity());
    for (std::size_t i = 1; i < levels_[m].size(); ++i) {
      logs[m].push_back(log_expected_improvement(beliefs[m], levels_[m][i]).value);
    }
  }
  std::vector<double> terms;
  terms.reserve(boxes_.size());
  double largest = -std::numeric_limits<double>::infinity();
  for (auto const& box : boxes_) {
    double term = 0.0;
    for (std::size_t m = 0; m < levels_.size(); ++m) {
      term +=
          log_difference(logs[m][static_cast<std::size_t>(box.high[m])], logs[m][static_cast<std::size_t>(box.low[m])]);
    }
    terms.push_back(term);
    largest = std::max(largest, term);
  }
  if (largest == -std::numeric_limits<double>::infinity()) return -1e300;
  double sum = 0.0;
  for (auto const term : terms) sum += std::exp(term - largest);
  return largest + std::log(sum);
}

}  // namespace nacre
