#include "nacre/potential/contact_energy.hpp"

#include <Eigen/LU>
#include <algorithm>
#include <array>
#include <cmath>

#include "layer_energy.hpp"
#include "nacre/core/error.hpp"
#include "nacre/core/units.hpp"
#include "nacre/potential/committee.hpp"
#include "nacre/stack/contact.hpp"
#include "registry.hpp"
#include "start_protocol.hpp"

namespace nacre {
namespace {

using detail::LayerCell;
using detail::LayerEnergy;

constexpr double least_vacuum = 15.0;    // definitions.md 3 [Å]
constexpr double least_adhesion = 0.05;  // below it the layers are not joined [J/m^2]
constexpr double reacted_below = -0.05;  // interface energy of a reaction or a phase change [J/m^2]
constexpr double retry_increment = 0.8;  // of the gap after a relaxation that ended unbound [Å]

/// Everything the functions below work on.
struct Contact {
  Stack const& stack;
  Slab const& bottom;
  Slab const& top;
  Potential const& potential;
  ContactOptions const& options;
  ContactCache& cache;
  LayerCell first() const { return {bottom, stack.layers[0].supercell, stack.layers[0].deformation}; }
  LayerCell second() const { return {top, stack.layers[1].supercell, stack.layers[1].deformation}; }
};

/// The layers' energies and the best relaxed stack.
struct Parts {
  LayerEnergy bulk[2], slab[2];
  detail::Minima stack;
  std::string failure;
  double work = 0.0;
};

/// Why no energy per area exists, or nothing.
std::string refusal(Contact const& contact) {
  auto const polar = polarity_refusal(contact.bottom, contact.top, StackGeometry::slab);
  if (!polar.empty()) return polar;
  auto const& crystal = contact.stack.crystal;
  auto const z = crystal.positions.row(2);
  double const vacuum = crystal.lattice(2, 2) - (z.maxCoeff() - z.minCoeff());
  Eigen::Vector3d const third = crystal.lattice.col(2);
  if (vacuum < least_vacuum || third.head<2>().norm() > 1e-9 * third.norm()) {
    return concat("no_vacuum: the stack has ", vacuum, " A of vacuum along z, work of adhesion needs ", least_vacuum);
  }
  return {};
}

double adhesion(Contact const& contact, Parts const& parts) {
  double const apart = parts.slab[0].energy + parts.slab[1].energy;
  return (apart - parts.stack.best.evaluation.energy) / contact.stack.area * units::J_per_m2;
}

/// Runs the start protocol; a stack that ends unbound is tried again from a larger gap.
void relax_stack(Contact const& contact, Potential const& model, Parts& parts) {
  RelaxOptions options = contact.options.relaxation;
  options.cell = CellFreedom::fixed;
  auto& minima = parts.stack;
  auto const start = [&](int k, double widen) {
    return detail::make_start(contact.stack, contact.options, k, widen, StackGeometry::slab);
  };
  int const starts = contact.options.shifts * contact.options.gaps;
  minima.add_starts(starts, contact.options.threads, [&](int k) { return start(k, 0.0); }, model, options);
  bool const unbound = minima.energies.empty() || adhesion(contact, parts) < 0.0;
  if (unbound && !minima.cancelled()) minima.add(relax(start(0, retry_increment), model, options));
  parts.work += minima.work;
  parts.failure = minima.failure;
}

/// Layers first: they are cached, and a broken one spares the stack.
Parts compute_parts(Contact const& contact, Potential const& model) {
  Parts parts;
  LayerCell const layers[2] = {contact.first(), contact.second()};
  for (int i = 0; i < 2; ++i) {
    parts.slab[i] = detail::cached_slab(layers[i], contact.potential, contact.options, contact.cache);
    parts.bulk[i] = detail::cached_strained_bulk(layers[i], contact.potential, contact.cache);
    parts.work += parts.slab[i].work + parts.bulk[i].work;
    if (!parts.slab[i].failure.empty()) {
      parts.failure = concat(parts.slab[i].failure, ": slab ", i + 1);
      return parts;
    }
  }
  relax_stack(contact, model, parts);
  return parts;
}

/// Energy of one layer alone, frozen as in the relaxed stack, in the stack's cell.
Evaluation frozen_layer(Stack const& stack, Crystal const& relaxed, int layer, Potential const& model) {
  Crystal alone = relaxed;
  alone.numbers.clear();
  alone.oxidation.clear();
  Eigen::Index next = 0;
  for (std::size_t i = 0; i < stack.layer.size(); ++i) {
    if (stack.layer[i] != layer) continue;
    alone.positions.col(next++) = relaxed.positions.col(static_cast<Eigen::Index>(i));
    alone.numbers.push_back(relaxed.numbers[i]);
    if (!relaxed.oxidation.empty()) alone.oxidation.push_back(relaxed.oxidation[i]);
  }
  alone.positions.conservativeResize(3, next);
  return model.evaluate(alone);
}

/// Error of the energies [eV]: what the minimisers left, and rounding.
double numerical_error(Parts const& parts) {
  return detail::softness * (parts.slab[0].error + parts.slab[1].error) + parts.stack.numerical_error();
}

/// Standard deviation of W_ad among the members of a committee [eV].
double committee_error(Parts const& parts) {
  std::array const energies{parts.slab[0].members, parts.slab[1].members, parts.stack.best.evaluation.member_energies};
  return committee_deviation(energies, std::array{1.0, 1.0, -1.0});
}

/// W_sep: first order in the stack's residual displacement, bounded by Cauchy-Schwarz with the relaxation energies.
Estimate separation(Contact const& contact, Parts& parts, Potential const& model) {
  auto const& relaxed = parts.stack.best.crystal;
  double apart = 0.0, work = 0.0;
  std::vector<Eigen::VectorXd> members{parts.stack.best.evaluation.member_energies};
  for (int const layer : {1, 2}) {
    auto const alone = frozen_layer(contact.stack, relaxed, layer, model);
    members.push_back(alone.member_energies);
    apart += alone.energy;
    work += static_cast<double>(alone.edges);
  }
  parts.work += work;
  double const relaxation = std::max(0.0, apart - parts.slab[0].energy - parts.slab[1].energy);
  double const numerical =
      2.0 * std::sqrt(detail::softness * parts.stack.best.energy_error * relaxation) + numerical_error(parts);
  double const error = std::hypot(numerical, committee_deviation(members, std::array{-1.0, 1.0, 1.0}));
  double const per_area = units::J_per_m2 / contact.stack.area;
  return {(apart - parts.stack.best.evaluation.energy) * per_area, error * per_area, parts.work,
          contact.potential.identity()};
}

/// Whether both layers show the same slab: then upper and lower face together are one cleavage.
bool is_same_slab(Slab const& a, Slab const& b) {
  return a.extra_planes == 0 && b.extra_planes == 0 && a.termination.first == b.termination.first && a.plane.miller == b.plane.miller &&
         a.plane.primitive.numbers == b.plane.primitive.numbers && a.plane.basis.isApprox(b.plane.basis, 1e-6) &&
         std::abs(a.repeat_height - b.repeat_height) < 1e-6;
}

/// gamma_int by the slab route (definitions.md 3): the inner faces are half of each layer's cleavage sum where the
/// faces of a slab are alike, or together one cleavage where both layers are the same slab.
Estimate interface_energy(Contact const& contact, Parts const& parts) {
  auto const model = contact.potential.identity();
  LayerCell const layers[2] = {contact.first(), contact.second()};
  for (int i = 0; i < 2; ++i) {
    if (!parts.bulk[i].failure.empty()) {
      return Estimate::without_value(Status::failed, concat(parts.bulk[i].failure, ": strained bulk ", i + 1),
                                     parts.work, model);
    }
  }
  for (auto const& layer : layers) {
    if (!layer.slab.stoichiometric()) {
      return Estimate::without_value(Status::refused, "not_stoichiometric: a layer is no whole number of formula units",
                                     parts.work, model);
    }
  }
  bool const symmetric = detail::has_equal_faces(contact.bottom, contact.stack.layers[0].deformation) &&
                         detail::has_equal_faces(contact.top, contact.stack.layers[1].deformation);
  if (!symmetric && !is_same_slab(contact.bottom, contact.top)) {
    return Estimate::without_value(Status::refused,
                                   "unequal_faces: the faces of a layer differ, only the sum over both contacts of a "
                                   "superlattice is defined",
                                   parts.work, model);
  }
  std::vector<Eigen::VectorXd> members{parts.stack.best.evaluation.member_energies};
  std::vector<double> factors{1.0};
  double cleavage[2], error = numerical_error(parts) + parts.stack.protocol_error();
  for (int i = 0; i < 2; ++i) {
    double const repeats = layers[i].index() * layers[i].slab.bulk_repeats();
    cleavage[i] = parts.slab[i].energy - repeats * parts.bulk[i].energy;
    error += repeats * parts.bulk[i].error;
    members.insert(members.end(), {parts.slab[i].members, parts.bulk[i].members});
    factors.insert(factors.end(), {-0.5, -0.5 * repeats});
  }
  if (!symmetric) error += 0.5 * std::abs(cleavage[0] - cleavage[1]);
  error = std::hypot(error, committee_deviation(members, factors));
  double const per_area = units::J_per_m2 / contact.stack.area;
  double const value = 0.5 * (cleavage[0] + cleavage[1]) * per_area - adhesion(contact, parts);
  return {value, error * per_area, parts.work, model};
}

/// The verdict on a relaxed stack that is no contact, or an estimate that is ok.
Estimate judge(Contact const& contact, ContactEnergies const& result, Parts const& parts) {
  auto const model = contact.potential.identity();
  double const value = adhesion(contact, parts);
  double const limit = detail::bonding_limit(contact.stack, detail::facing_planes(contact.stack));
  if (value < least_adhesion || (limit > 0.0 && result.z_separation > limit)) {
    return Estimate::without_value(
        Status::not_bonded,
        concat("not_bonded: W_ad ", value, " J/m2, planes ", result.z_separation, " A apart (limit ", limit, ")"),
        parts.work, model);
  }
  if (result.interface_energy.ok() && result.interface_energy.value < reacted_below) {
    return Estimate::without_value(
        Status::reacted,
        concat("reacted_or_phase_change: interface energy ", result.interface_energy.value, " J/m2, W_ad ", value),
        parts.work, model);
  }
  double const spread = std::hypot(numerical_error(parts) + parts.stack.protocol_error(), committee_error(parts));
  double const error = spread / contact.stack.area * units::J_per_m2;
  return {value, error, parts.work, model};
}

ContactEnergies without_values(Status status, std::string const& reason, double work, std::string const& model) {
  ContactEnergies result;
  result.work_of_adhesion = Estimate::without_value(status, reason, work, model);
  result.work_of_separation = result.interface_energy = result.work_of_adhesion;
  result.work = work;
  return result;
}

}  // namespace

ContactEnergies contact_energies(Stack const& stack, Slab const& bottom, Slab const& top, Potential const& potential,
                                 ContactOptions const& options, ContactCache& cache) {
  require(options.shifts > 0 && options.gaps > 0, "invalid start protocol shifts=", options.shifts,
          " gaps=", options.gaps, " (both must be positive)");
  Contact const contact{stack, bottom, top, potential, options, cache};
  if (auto const reason = refusal(contact); !reason.empty()) {
    return without_values(Status::refused, reason, 0.0, potential.identity());
  }
  auto const slab_model = potential.with_slab_correction(true);
  Potential const& model = slab_model ? *slab_model : potential;
  auto parts = compute_parts(contact, model);
  if (!parts.failure.empty()) {
    auto const status = parts.failure.starts_with("cancelled") ? Status::cancelled : Status::failed;
    return without_values(status, parts.failure, parts.work, potential.identity());
  }
  ContactEnergies result;
  result.relaxed = parts.stack.best.crystal;
  result.relaxed.periodic = stack.crystal.periodic;
  result.stack_energy = parts.stack.best.evaluation.energy;
  result.z_separation = detail::z_separation(detail::facing_planes(stack), result.relaxed);
  result.relaxed_shift = detail::relaxed_shift(stack, result.relaxed);
  result.registry = detail::registry_fingerprint(stack, result.relaxed);
  if (options.separation)
    result.work_of_separation = separation(contact, parts, model);
  else
    result.work_of_separation = Estimate::without_value(Status::refused, "not_asked", 0.0, potential.identity());
  result.interface_energy = interface_energy(contact, parts);
  result.work_of_adhesion = judge(contact, result, parts);
  if (!result.work_of_adhesion.ok()) {
    if (options.separation) result.work_of_separation = result.work_of_adhesion;
    if (result.interface_energy.ok()) result.interface_energy = result.work_of_adhesion;
  }
  result.work = parts.work;
  return result;
}

}  // namespace nacre
