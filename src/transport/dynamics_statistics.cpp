#include "dynamics_statistics.hpp"

#include <cmath>
#include <limits>
#include <numeric>

namespace nacre::detail {
namespace {

constexpr std::size_t blocks = 10;

/// Means of equal blocks; the first values are left out where they do not divide.
std::vector<double> block_means(std::vector<double> const& values) {
  auto const length = values.size() / blocks, skipped = values.size() - blocks * length;
  std::vector<double> means;
  for (std::size_t b = 0; b < blocks; ++b) {
    double sum = 0.0;
    for (std::size_t k = 0; k < length; ++k) sum += values[skipped + b * length + k];
    means.push_back(sum / static_cast<double>(length));
  }
  return means;
}

}  // namespace

BlockMean block_mean(std::vector<double> const& values) {
  if (values.empty()) return {std::numeric_limits<double>::quiet_NaN(), std::numeric_limits<double>::infinity()};
  double const mean = std::accumulate(values.begin(), values.end(), 0.0) / static_cast<double>(values.size());
  if (values.size() < 2 * blocks) return {mean, std::numeric_limits<double>::infinity()};
  auto const means = block_means(values);
  double const center = std::accumulate(means.begin(), means.end(), 0.0) / blocks;
  double squares = 0.0;
  for (double const m : means) squares += (m - center) * (m - center);
  return {mean, std::sqrt(squares / (blocks * (blocks - 1)))};
}

Drift drift(std::vector<double> const& values, double interval) {
  if (values.size() < 2 * blocks) return {0.0, std::numeric_limits<double>::infinity()};
  auto const means = block_means(values);
  double const spacing = static_cast<double>(values.size() / blocks) * interval;
  double const center = std::accumulate(means.begin(), means.end(), 0.0) / blocks;
  double product = 0.0, square = 0.0, left = 0.0;
  for (std::size_t b = 0; b < blocks; ++b) {
    double const t = (static_cast<double>(b) - 0.5 * (blocks - 1)) * spacing;
    product += t * means[b];
    square += t * t;
  }
  double const slope = product / square;
  for (std::size_t b = 0; b < blocks; ++b) {
    double const t = (static_cast<double>(b) - 0.5 * (blocks - 1)) * spacing;
    double const residual = means[b] - center - slope * t;
    left += residual * residual;
  }
  return {slope, std::sqrt(left / ((blocks - 2) * square))};
}

}  // namespace nacre::detail
