#include "stack_thickness.hpp"

#include <array>

#include "nacre/core/text.hpp"
#include "nacre/core/value.hpp"

namespace nacre::detail {
namespace {

constexpr double accepted_energy = 0.02;      // definitions.md 3 [J/m^2]
constexpr double accepted_separation = 0.02;  // and of the z-separation [Å]

/// Fractions of the shift cell; in some of them ions of one sign face each other.
std::array<Eigen::Vector2d, 4> const tried_shifts{Eigen::Vector2d(0.0, 0.0), Eigen::Vector2d(0.5, 0.5),
                                                  Eigen::Vector2d(0.5, 0.0), Eigen::Vector2d(0.0, 0.5)};

struct Contact {
  Estimate energy = Estimate::without_value(Status::failed, "not run");
  double separation = 0.0;
};

/// The contact with every layer so many repeats thicker than the campaign's.
Contact contact_with(int more, Eigen::Vector2d const& shift, StackSpace const& space, StackLeaf const& leaf,
                     Potential const& potential, ContactOptions const& options) {
  auto const thicken = [&](Slab const& slab) {
    return make_slab(slab.plane, slab.termination, slab.repeats + more, slab.extra_planes);
  };
  auto const bottom = thicken(space.bottom(leaf)), top = thicken(space.top(leaf));
  auto const stack_options = space.stack_options(leaf);
  double const gap = space.middle_gap(bottom, top, leaf, shift);
  auto const stack = build_stack(bottom, top, leaf.coincidence, shift, gap, stack_options);
  if (auto const close = find_overlap(stack, {bottom, top}); !close.empty()) {
    return {Estimate::without_value(Status::failed, "atoms_too_close: " + close), 0.0};
  }
  ContactCache cache;
  if (stack_options.geometry == StackGeometry::superlattice) {
    return {interface_energy_pair(stack, bottom, top, potential, options, cache).mean, 0.0};
  }
  auto const energies = contact_energies(stack, bottom, top, potential, options, cache);
  return {energies.work_of_adhesion, energies.z_separation};
}

std::string to_text(Contact const& thin, Contact const& thick) {
  Value value;
  value["change_J_per_m2"] = std::abs(thick.energy.value - thin.energy.value);
  value["change_A"] = std::abs(thick.separation - thin.separation);
  return value.dump();
}

}  // namespace

std::string StackThickness::run(StackSpace const& space, std::vector<StackLeaf const*> const& leaves,
                                Potential const& potential, ContactOptions options) {
  options.separation = false;
  Contact thin, thick;
  for (auto const* leaf : leaves) {
    for (auto const& shift : tried_shifts) {
      thin = contact_with(0, shift, space, *leaf, potential, options);
      if (!thin.energy.ok()) continue;
      thick = contact_with(1, shift, space, *leaf, potential, options);
      if (thick.energy.ok()) return to_text(thin, thick);
    }
  }
  Value value;
  value["failure"] = thin.energy.ok() ? "with one more repeat: " + thick.energy.reason : thin.energy.reason;
  return value.dump();
}

void StackThickness::absorb(std::string const& key, std::string const& outcome) {
  auto const value = Value::parse_json(outcome, "a stored thickness test");
  auto& change = changes_[key];
  if (auto const failure = value.find("failure")) {
    change.failure = failure->as_string();
  } else {
    change.energy = value.at("change_J_per_m2").as_number();
    change.separation = value.at("change_A").as_number();
  }
}

ThicknessChange StackThickness::change(std::string const& key) const {
  auto const found = changes_.find(key);
  return found == changes_.end() ? ThicknessChange{} : found->second;
}

std::vector<std::string> StackThickness::notes() const {
  std::vector<std::string> notes;
  for (auto const& [key, change] : changes_) {
    if (!change.failure.empty()) {
      notes.push_back(concat(key, ": not tested, the smallest coincidence gives '", change.failure, "'"));
    } else if (change.energy > accepted_energy || change.separation > accepted_separation) {
      notes.push_back(concat(key, ": not_converged_in_thickness, one more repeat of each layer moves the energy by ",
                             significant(change.energy, 2), " J/m2 and the gap by ", significant(change.separation, 2),
                             " A; that is in the standard errors; raise repeats or min_thickness"));
    }
  }
  return notes;
}

}  // namespace nacre::detail
