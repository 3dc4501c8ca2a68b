#include "core_terms.hpp"

#include <algorithm>
#include <cmath>

namespace nacre::detail {
namespace {

PairValue at(InnerWall const& wall, double r) {
  double const power = wall.repulsion * std::pow(r, -wall.exponent);
  return {power + wall.quadratic * r * r, wall.exponent * power / r - 2.0 * wall.quadratic * r};
}

/// Short-range terms with the wall, and the Coulomb energy of the two point charges.
PairValue total(PairTerms const& terms, InnerWall const& wall, double r) {
  auto const value = r < wall.radius ? at(wall, r) : short_range(terms, r);
  return {value.energy + terms.qq / r, value.force + terms.qq / (r * r)};
}

/// Where the force of a pair that turns attractive on the way in is largest; 0 for a pair that does not.
double guard_radius(PairTerms const& terms, InnerWall const& wall) {
  constexpr double outermost = 3.0, innermost = 0.02, step = 0.002;
  constexpr int steps = static_cast<int>((outermost - innermost) / step);
  double best = 0.0, radius = 0.0;
  bool repelled = false;
  for (int k = 0; k <= steps; ++k) {
    double const r = outermost - k * step, force = total(terms, wall, r).force;
    repelled = repelled || force > 0.0;
    if (repelled && force <= 0.0) return radius;
    if (force > best) best = force, radius = r;
  }
  return 0.0;
}

}  // namespace

InnerWall join_inner_wall(PairTerms const& terms, double radius, double exponent) {
  if (radius <= 0.0) return {};
  auto const joint = short_range(terms, radius);
  double const power = (2.0 * joint.energy + radius * joint.force) / (exponent + 2.0);  // B/r^n at the radius
  return {radius, exponent, power * std::pow(radius, exponent), (joint.energy - power) / (radius * radius)};
}

double CoreTerms::radius() const { return std::max(wall.radius, guard_radius); }

PairValue CoreTerms::correction(PairTerms const& terms, double r) const {
  auto const plain = short_range(terms, r);
  if (r < guard_radius) {
    auto const core = screened.at(r);
    return {guard_scale * core.energy + guard_shift - terms.qq / r - plain.energy,
            guard_scale * core.force - terms.qq / (r * r) - plain.force};
  }
  if (r >= wall.radius) return {0.0, 0.0};
  auto const inner = detail::at(wall, r);
  return {inner.energy - plain.energy, inner.force - plain.force};
}

CoreTerms make_core(PairTerms const& terms, InnerWall const& wall, int first_number, int second_number, bool guard) {
  CoreTerms core;
  core.wall = wall;
  double const radius = guard && terms.short_range ? guard_radius(terms, wall) : 0.0;
  if (radius <= 0.0) return core;
  core.screened = screened_coulomb(first_number, second_number);
  auto const joint = total(terms, wall, radius), screened = core.screened.at(radius);
  core.guard_radius = radius;
  core.guard_scale = joint.force / screened.force;
  core.guard_shift = joint.energy - core.guard_scale * screened.energy;
  return core;
}

}  // namespace nacre::detail
