#include "nacre/numerics/hypervolume.hpp"

#include <algorithm>

namespace nacre {
namespace {

using Points = std::vector<std::vector<double>>;

/// Of two objectives, by a sweep along the first one.
double area(Points points, std::vector<double> const& reference) {
  std::ranges::sort(points);
  double sum = 0.0, height = reference[1];
  for (auto const& point : points) {
    if (point[1] >= height) continue;
    sum += (reference[0] - point[0]) * (height - point[1]);
    height = point[1];
  }
  return sum;
}

/// Of the first `dimensions` objectives; every point is better than the reference.
double volume(Points points, std::vector<double> const& reference, std::size_t dimensions) {
  if (points.empty()) return 0.0;
  if (dimensions == 1) return reference[0] - (*std::ranges::min_element(points))[0];
  if (dimensions == 2) return area(std::move(points), reference);
  auto const last = dimensions - 1;
  std::ranges::stable_sort(points, {}, [&](auto const& point) { return point[last]; });
  double sum = 0.0;
  Points below;
  for (std::size_t i = 0; i < points.size(); ++i) {
    below.push_back(points[i]);
    auto const end = i + 1 < points.size() ? points[i + 1][last] : reference[last];
    if (end > points[i][last]) sum += volume(below, reference, last) * (end - points[i][last]);
  }
  return sum;
}

}  // namespace

double hypervolume(Points points, std::vector<double> const& reference) {
  std::erase_if(points,
                [&](std::vector<double> const& point) { return !std::ranges::equal(point, reference, std::less<>{}); });
  return volume(std::move(points), reference, reference.size());
}

}  // namespace nacre
