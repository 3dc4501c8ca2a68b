#include "nacre/potential/core_blend.hpp"

#include <algorithm>
#include <cmath>

#include "nacre/core/error.hpp"
#include "nacre/core/units.hpp"
#include "nacre/potential/potential.hpp"
#include "screened_coulomb.hpp"

namespace nacre {
namespace {

constexpr double radius_beyond_the_table = 1.7;  // of the heaviest elements [Å]

/// The model's share of the force between the two ends, and the integral of it from x to 1 (a half at x = 0).
double share_of_model(double x) { return x * x * x * (10.0 - x * (15.0 - 6.0 * x)); }
double integral_to_end(double x) { return 0.5 - x * x * x * x * (2.5 - x * (3.0 - x)); }

/// Nodes in 0..1 and weights of the Gauss-Legendre rule.
constexpr int nodes = 16;  // of the screened repulsion over the range: 1e-14 of the energy
struct Rule {
  std::array<double, nodes> x{}, weight{};
  Rule() {
    for (int k = 0; k < nodes; ++k) {
      double t = std::cos(units::pi * (k + 0.75) / (nodes + 0.5)), slope = 1.0;
      for (int step = 0; step < 8; ++step) {
        double before = 1.0, value = t;
        for (int n = 2; n <= nodes; ++n) {
          double const next = ((2.0 * n - 1.0) * t * value - (n - 1.0) * before) / n;
          before = value, value = next;
        }
        slope = nodes * (before - t * value) / (1.0 - t * t);
        t -= value / slope;
      }
      x[static_cast<std::size_t>(k)] = 0.5 * (1.0 + t);
      weight[static_cast<std::size_t>(k)] = 1.0 / ((1.0 - t * t) * slope * slope);
    }
  }
};

}  // namespace

CoreBlend::CoreBlend(RepulsionRange const& range) : range_(range) {
  bool const by_radii = range.inner == 0.0 && range.outer == 0.0;
  require(by_radii || (range.inner >= 0.0 && range.outer > range.inner && range.outer <= 10.0), "invalid range ",
          range.inner, " to ", range.outer, " Å of a core (0 <= inner < outer <= 10 Å)");
  for (int z = 1; z <= largest_atomic_number; ++z)
    radii_[static_cast<std::size_t>(z)] = covalent_radius(z).value_or(radius_beyond_the_table);
  longest_ = by_radii ? 2.0 * outer_share * *std::ranges::max_element(radii_) : range.outer;
}

RepulsionRange CoreBlend::range(int first, int second) const {
  if (range_.outer > 0.0) return range_;
  double const sum = radii_[static_cast<std::size_t>(first)] + radii_[static_cast<std::size_t>(second)];
  return {inner_share * sum, outer_share * sum};
}

CoreBlend::Seen CoreBlend::seen(int first, int second, double r) const {
  if (r >= longest_) return {r, 1.0};
  auto const [inner, outer] = range(first, second);
  if (r >= outer) return {r, 1.0};
  double const width = outer - inner, x = std::max(0.0, (r - inner) / width);
  return {outer - width * integral_to_end(x), share_of_model(x)};
}

Eigen::Vector3d CoreBlend::seen(int first, int second, Eigen::Vector3d const& vector) const {
  double const r = vector.norm();
  auto const at = seen(first, second, r);
  return at.distance == r ? vector : Eigen::Vector3d(at.distance / r * vector);
}

Eigen::Vector3d CoreBlend::gradient(int first, int second, Eigen::Vector3d const& vector,
                                    Eigen::Vector3d const& by_seen) const {
  double const r = vector.norm();
  auto const at = seen(first, second, r);
  if (at.distance == r) return by_seen;
  Eigen::Vector3d const unit = vector / r, along = unit * unit.dot(by_seen);
  return at.slope * along + at.distance / r * (by_seen - along);
}

CoreBlend::Added CoreBlend::added(int first, int second, double r) const {
  static Rule const rule;
  auto const [inner, outer] = range(first, second);
  if (r >= outer) return {};
  auto const core = detail::screened_coulomb(first, second);
  double const start = std::max(r, inner), width = outer - inner;
  Added sum;
  for (std::size_t k = 0; k < nodes; ++k) {
    double const at = start + (outer - start) * rule.x[k];
    sum.energy += (outer - start) * rule.weight[k] * (1.0 - share_of_model((at - inner) / width)) * core.at(at).force;
  }
  if (r < inner) sum.energy += core.at(r).energy - core.at(inner).energy;
  sum.force = (1.0 - share_of_model(std::max(0.0, (r - inner) / width))) * core.at(r).force;
  return sum;
}

void CoreBlend::update(Sha256& sum) const {
  sum.update("nacre.core_blend/1").update(range_.inner).update(range_.outer).update(units::coulomb_eV_A);
  if (range_.outer > 0.0) return;
  sum.update(inner_share).update(outer_share);
  for (double const radius : radii_) sum.update(radius);
}

TakesCore::~TakesCore() = default;

std::shared_ptr<Potential const> with_core(Potential const& model, CoreBlend const& blend) {
  auto const* taker = dynamic_cast<TakesCore const*>(&model);
  return taker == nullptr ? nullptr : taker->with_core(blend);
}

std::string identity_with_core(std::string const& model_identity, CoreBlend const& blend) {
  Sha256 sum;
  blend.update(sum.update("nacre.core/1").update(std::string_view(model_identity)));
  return sum.hex();
}

Value CoreBlend::about() const {
  if (range_.outer > 0.0) return Value::Object{{"inner_A", range_.inner}, {"outer_A", range_.outer}};
  return Value::Object{{"inner_of_covalent_radii", inner_share}, {"outer_of_covalent_radii", outer_share}};
}

}  // namespace nacre
