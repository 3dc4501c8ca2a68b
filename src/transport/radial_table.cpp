#include "radial_table.hpp"

#include <cmath>

namespace nacre::detail {
namespace {

struct Node {
  double value, slope;  ///< f and df/d(R^2)
};

Node node(RadialEnergy const& function, double squared) {
  double const distance = std::sqrt(squared);
  auto const values = function.at(distance);
  return {values.energy, values.first / (2.0 * distance)};
}

}  // namespace

RadialTable::RadialTable(RadialEnergy const& function, double cutoff) {
  auto const last = std::bit_cast<std::uint64_t>(std::max(cutoff * cutoff, smallest)) >> shift;
  auto const edge = [](std::uint64_t k) { return std::bit_cast<double>(k << shift); };
  Node left = node(function, edge(first));
  for (auto k = first; k <= last; ++k) {
    double const width = edge(k + 1) - edge(k);
    Node const right = node(function, edge(k + 1));
    double const chord = (right.value - left.value) / width;  // Hermite: values and slopes at both ends
    cubics_.push_back({{left.value, left.slope, (3.0 * chord - 2.0 * left.slope - right.slope) / width,
                        (left.slope + right.slope - 2.0 * chord) / (width * width)}});
    left = right;
  }
}

}  // namespace nacre::detail
