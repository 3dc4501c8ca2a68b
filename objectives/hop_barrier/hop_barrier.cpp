#include <algorithm>
#include <array>
#include <cmath>

#include "nacre/score/hop_tier.hpp"

namespace {

constexpr double band_error = 2e-3;  // what relaxations and bands leave of a barrier [eV]
constexpr std::array<char const*, 3> names{"barrier_x_eV", "barrier_y_eV", "barrier_z_eV"};

/// The lower of the in-plane barriers (definitions.md 7). A superlattice: of the ways along its contacts. A slab: of its
/// strained layers alone, of which the easier one counts.
class HopBarrier final : public nacre::Objective {
 public:
  nacre::Info info() const override {
    return {"hop_barrier",
            "eV",
            nacre::Direction::minimize,
            {nacre::Tier::potential},
            "bottleneck of a vacancy's way in the plane: along the contacts of a superlattice, in the strained layers of a slab"};
  }
  nacre::JobResult run(nacre::Job const&, nacre::Context& context) const override {
    auto const& tier = nacre::hop_tier(context);
    nacre::JobResult result;
    if (tier.status != nacre::Status::ok) {
      result.estimate = nacre::Estimate::without_value(tier.status, tier.reason, tier.work, tier.model);
      return result;
    }
    double lowest = INFINITY;
    for (int axis = 0; axis < 3; ++axis) {
      double const barrier = tier.contact ? of_contact(*tier.contact, axis) : of_layers(tier.layers, axis);
      if (std::isfinite(barrier)) result.values[names[static_cast<std::size_t>(axis)]] = barrier;
      if (axis < 2) lowest = std::min(lowest, barrier);
    }
    result.estimate = std::isfinite(lowest)
                          ? nacre::Estimate(lowest, std::hypot(band_error, tier.model_share * lowest), tier.work, tier.model)
                          : nacre::Estimate::without_value(nacre::Status::failed, why_none(tier), tier.work, tier.model);
    return result;
  }

 private:
  static double of_contact(nacre::ContactHops const& contact, int axis) {
    auto const& direction = contact.analysis.direction[static_cast<std::size_t>(axis)];
    return direction.status == nacre::Status::ok && direction.walk ? direction.walk->barrier : INFINITY;
  }
  static double of_layers(std::vector<nacre::LayerHops> const& layers, int axis) {
    double lowest = INFINITY;
    for (auto const& layer : layers) lowest = std::min(lowest, layer.barrier(axis).value_or(INFINITY));
    return lowest;
  }
  static std::string why_none(nacre::HopTier const& tier) {
    if (tier.contact) return tier.contact->analysis.direction[0].reason;
    for (auto const& layer : tier.layers) {
      if (!layer.failure.empty()) return layer.failure;
      if (layer.carries) return layer.analysis.direction[0].reason;
    }
    return "no_carriers";
  }
};

}  // namespace

NACRE_OBJECTIVE(HopBarrier)
