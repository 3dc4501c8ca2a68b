#include "evaluation_context.hpp"

#include <cmath>

#include "nacre/core/error.hpp"
#include "nacre/core/text.hpp"
#include "stack_describe.hpp"

namespace nacre::detail {

Estimate widened(Estimate estimate, double change) {
  if (!estimate.ok() || std::isnan(change)) return estimate;
  estimate.standard_error = std::hypot(estimate.standard_error, change);
  estimate.shared_error = std::hypot(estimate.shared_error, change);
  return estimate;
}

Estimate widened(Estimate const& estimate, Candidate const& candidate) {
  return widened(widened(estimate, candidate.descriptor("thickness_change_J_per_m2")),
                 candidate.descriptor("strain_error_J_per_m2"));
}

Potential const& EvaluationContext::potential() const {
  require(potential_ != nullptr, "this campaign has no interatomic potential (its space is '", config_.space,
          "'); use an objective that needs none");
  return *potential_;
}

ContactEnergies const& EvaluationContext::contact_energies() {
  if (!contact_) {
    require(candidate_.stack != nullptr, "the candidate has no atoms on the ", to_string(tier_), " tier");
    bool const slab = config_.stacks.geometry == "slab";
    contact_ = std::make_unique<ContactEnergies>(slab ? slab_energies() : superlattice_energies());
    for (auto* estimate : {&contact_->work_of_adhesion, &contact_->work_of_separation, &contact_->interface_energy}) {
      *estimate = widened(*estimate, candidate_);
    }
  }
  return *contact_;
}

Superlattice const& EvaluationContext::superlattice(int repeats) {
  auto found = superlattices_.find(repeats);
  if (found == superlattices_.end()) found = superlattices_.emplace(repeats, make_superlattice(repeats)).first;
  return found->second;
}

InterfacePair const* EvaluationContext::pair() const {
  auto const found = superlattices_.find(0);
  return found == superlattices_.end() ? nullptr : &found->second.pair;
}

ContactEnergies EvaluationContext::slab_energies() const {
  return nacre::contact_energies(*candidate_.stack, candidate_.parts->bottom, candidate_.parts->top, potential(),
                                 contact_options(), cache_);
}

Superlattice EvaluationContext::make_superlattice(int repeats) const {
  require(candidate_.stack && candidate_.parts, "the candidate has no atoms on the ", to_string(tier_), " tier");
  auto const& parts = *candidate_.parts;
  auto const bottom = thicker(parts.bottom, repeats), top = thicker(parts.top, repeats);
  bool const built = parts.options.geometry == StackGeometry::superlattice && repeats == 0;  // a reference row never is
  auto stack = built ? *candidate_.stack : detail::without_vacuum(*candidate_.stack, bottom, top, parts);
  auto pair = interface_energy_pair(stack, bottom, top, potential(), contact_options(), cache_);
  return {std::move(stack), std::move(pair)};
}

Slab EvaluationContext::thicker(Slab const& slab, int repeats) {
  return repeats == 0 ? slab : make_slab(slab.plane, slab.termination, slab.repeats + repeats, slab.extra_planes);
}

ContactEnergies EvaluationContext::superlattice_energies() {
  auto const& pair = superlattice(0).pair;
  auto const refuse = [&](char const* why) {
    return Estimate::without_value(Status::refused, why, pair.mean.work, pair.mean.model);
  };
  ContactEnergies energies;
  energies.work_of_adhesion = refuse("no_vacuum: a superlattice has no outer surfaces to part; use geometry = \"slab\"");
  energies.work_of_separation = energies.work_of_adhesion;
  energies.interface_energy = pair.contacts_equivalent ? pair.mean
                                                       : refuse("contacts_differ: only interface_energy_pair_mean is defined");
  energies.stack_energy = pair.relaxed.size() > 0 ? pair.energy : std::nan("");
  energies.relaxed = pair.relaxed;
  energies.registry = pair.registry;
  energies.relaxed_shift = pair.relaxed_shift;
  return energies;
}

ContactOptions EvaluationContext::contact_options() const {
  return detail::contact_options(config_, [this] { return cancelled_.load(); });
}

}  // namespace nacre::detail
