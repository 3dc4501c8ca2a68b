#include <Eigen/LU>
#include <algorithm>
#include <cmath>

#include "layer_energy.hpp"
#include "nacre/core/error.hpp"
#include "nacre/core/units.hpp"
#include "nacre/stack/contact.hpp"
#include "registry.hpp"
#include "start_protocol.hpp"

namespace nacre {
namespace {

constexpr double widest_gap = 10.0;      // empty along z: a slab with vacuum, not a superlattice [Å]
constexpr double symmetry_slack = 0.02;  // a relaxed structure has its symmetry to this [Å]

std::string refusal(Stack const& stack, Slab const& bottom, Slab const& top) {
  auto const polar = polarity_refusal(bottom, top, StackGeometry::superlattice);
  if (!polar.empty()) return polar;
  for (auto const* slab : {&bottom, &top}) {
    if (!slab->stoichiometric()) return "not_stoichiometric: " + slab->crystal.name + " is no whole number of formula units";
  }
  auto const z = stack.crystal.positions.row(2);
  double const empty = stack.crystal.lattice(2, 2) - (z.maxCoeff() - z.minCoeff());
  if (empty > widest_gap) return concat("vacuum: the stack has ", empty, " A of vacuum along z, so one contact only");
  return {};
}

/// sum n_i E_i(h) with its error and work.
detail::LayerEnergy strained_bulks(Stack const& stack, Slab const& bottom, Slab const& top, Potential const& potential,
                                   ContactCache& cache) {
  detail::LayerCell const layers[2] = {{bottom, stack.layers[0].supercell, stack.layers[0].deformation},
                                       {top, stack.layers[1].supercell, stack.layers[1].deformation}};
  detail::LayerEnergy sum;
  for (auto const& layer : layers) {
    auto const bulk = detail::cached_strained_bulk(layer, potential, cache);
    double const repeats = layer.index() * layer.slab.bulk_repeats();
    sum.energy += repeats * bulk.energy;
    sum.error += repeats * bulk.error;
    sum.work += bulk.work;
    if (sum.failure.empty() && !bulk.failure.empty()) sum.failure = bulk.failure + ": strained bulk";
  }
  return sum;
}

detail::Minima relax_starts(Stack const& stack, Potential const& potential, ContactOptions const& options) {
  auto const zero_displacement = potential.with_slab_correction(true);
  RelaxOptions relaxation = options.relaxation;
  relaxation.cell = CellFreedom::third_vector;
  detail::Minima minima;
  minima.add_starts(
      options.shifts * options.gaps, options.threads,
      [&](int k) { return detail::make_start(stack, options, k, 0.0, StackGeometry::superlattice); },
      zero_displacement ? *zero_displacement : potential, relaxation);
  return minima;
}

}  // namespace

InterfacePair interface_energy_pair(Stack const& stack, Slab const& bottom, Slab const& top, Potential const& potential,
                                    ContactOptions const& options, ContactCache& cache) {
  require(options.shifts > 0 && options.gaps > 0, "invalid start protocol shifts=", options.shifts,
          " gaps=", options.gaps, " (both must be positive)");
  auto const model = potential.identity();
  InterfacePair pair;
  if (auto const reason = refusal(stack, bottom, top); !reason.empty()) {
    pair.mean = Estimate::without_value(Status::refused, reason, 0.0, model);
    return pair;
  }
  auto const bulks = strained_bulks(stack, bottom, top, potential, cache);
  if (!bulks.failure.empty()) {
    pair.mean = Estimate::without_value(Status::failed, bulks.failure, bulks.work, model);
    return pair;
  }
  auto minima = relax_starts(stack, potential, options);
  double const work = bulks.work + minima.work;
  if (!minima.failure.empty()) {
    auto const status = minima.cancelled() ? Status::cancelled : Status::failed;
    pair.mean = Estimate::without_value(status, minima.failure, work, model);
    return pair;
  }
  double const error = detail::softness * bulks.error + minima.numerical_error() + minima.protocol_error();
  double const per_contact = 0.5 * units::J_per_m2 / stack.area;
  pair.mean = {(minima.best.evaluation.energy - bulks.energy) * per_contact, error * per_contact, work, model};
  pair.relaxed = std::move(minima.best.crystal);
  pair.energy = minima.best.evaluation.energy;
  pair.registry = detail::superlattice_fingerprint(stack, pair.relaxed);
  pair.relaxed_shift = detail::relaxed_shift(stack, pair.relaxed);
  pair.contacts_equivalent = !equivalent_contacts(stack, pair.relaxed, symmetry_slack).empty();
  return pair;
}

}  // namespace nacre
