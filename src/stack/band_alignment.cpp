#include "nacre/stack/band_alignment.hpp"

#include <algorithm>
#include <cmath>

#include "nacre/core/error.hpp"
#include "nacre/core/units.hpp"

namespace nacre {
namespace {

constexpr double per_eps0 = 4.0 * units::pi * units::coulomb_eV_A;  // e^2/eps0 [eV Å]

/// Per contact area, small densities left out.
DensityOfStates prepared(SlabStates const& slab, double area, double threshold) {
  auto states = slab.states;
  double const scale = slab.area > 0.0 ? area / slab.area : 1.0;
  for (double& density : states.density) density = density <= threshold ? 0.0 : density * scale;
  return states;
}

struct Flow {
  double charge = 0.0, donor_shift = 0.0, acceptor_shift = 0.0;
};

/// The donor's shift at which both windows hold the same charge; the difference falls with it.
Flow balance(DensityOfStates const& donor, double donor_fermi, DensityOfStates const& acceptor, double acceptor_fermi,
             double difference, double capacitor) {
  double low = 0.0, high = difference;
  auto const flow_at = [&](double shift) {
    double const charge = donor.integral(donor_fermi - shift, donor_fermi);
    return Flow{charge, shift, difference - shift - charge * capacitor};
  };
  for (int step = 0; step < 200 && low < high; ++step) {
    double const middle = 0.5 * (low + high);
    if (middle <= low || middle >= high) break;
    auto const flow = flow_at(middle);
    bool const too_little = flow.acceptor_shift > 0.0 &&
                            acceptor.integral(acceptor_fermi, acceptor_fermi + flow.acceptor_shift) > flow.charge;
    (too_little ? low : high) = middle;
  }
  auto flow = flow_at(0.5 * (low + high));
  flow.acceptor_shift = std::max(0.0, flow.acceptor_shift);
  return flow;
}

/// Where a window leaves its table, in words.
std::string beyond(DensityOfStates const& states, double from, double to, std::string_view which) {
  if (from >= states.energy.front() && to <= states.energy.back()) return {};
  return concat("range_of_states: the window ", from, " to ", to, " eV of the ", which,
                " layer leaves its density of states (", states.energy.front(), " to ", states.energy.back(), " eV)");
}

}  // namespace

BandOffset band_offset(BandLevels const& lower, BandLevels const& upper, double step) {
  for (auto const* side : {&lower, &upper}) {
    require(side->conduction_bottom >= side->valence_top, "conduction bottom ", side->conduction_bottom,
            " eV below valence top ", side->valence_top, " eV (a band gap is not negative)");
  }
  auto const raised = [](double energy, BandLevels const& levels) { return energy - levels.level; };
  BandOffset offset;
  offset.valence = raised(upper.valence_top, upper) - raised(lower.valence_top, lower) + step;
  offset.conduction = raised(upper.conduction_bottom, upper) - raised(lower.conduction_bottom, lower) + step;
  // On the lower layer's scale.
  double const lower_valence = raised(lower.valence_top, lower),
               lower_conduction = raised(lower.conduction_bottom, lower);
  double const upper_valence = lower_valence + offset.valence, upper_conduction = lower_conduction + offset.conduction;
  bool const broken = upper_valence > lower_conduction || lower_valence > upper_conduction;
  offset.type = broken ? "broken" : offset.valence * offset.conduction > 0.0 ? "staggered" : "straddling";
  return offset;
}

ChargeTransfer transfer_charge(SlabStates const& lower, SlabStates const& upper, ContactCapacitor const& contact,
                               double threshold) {
  require(contact.area > 0.0 && std::isfinite(contact.area), "invalid area ", contact.area, " A^2 (must be positive)");
  require(contact.distance >= 0.0 && std::isfinite(contact.distance), "invalid distance ", contact.distance,
          " A (0 or more)");
  require(contact.permittivity > 0.0 && std::isfinite(contact.permittivity), "invalid relative permittivity ",
          contact.permittivity, " (must be positive)");
  require(threshold >= 0.0 && std::isfinite(threshold), "invalid threshold ", threshold, " per eV (0 or more)");
  ChargeTransfer result;
  if (!lower.vacuum || !upper.vacuum) {
    result.status = Status::refused;
    result.reason = concat("no_common_vacuum_level: no vacuum level of the ", lower.vacuum ? "upper" : "lower",
                           " layer (both Fermi levels are compared through it)");
    return result;
  }
  result.work_function_lower = *lower.vacuum - lower.fermi;
  result.work_function_upper = *upper.vacuum - upper.fermi;
  bool const upward = result.work_function_lower <= result.work_function_upper;
  auto const& donor = upward ? lower : upper;
  auto const& acceptor = upward ? upper : lower;
  for (auto const* slab : {&lower, &upper}) band_edges(slab->states, slab->fermi, threshold);  // the level is inside
  auto const donor_states = prepared(donor, contact.area, threshold);
  auto const acceptor_states = prepared(acceptor, contact.area, threshold);
  double const difference = std::abs(result.work_function_upper - result.work_function_lower);
  double const capacitor = per_eps0 * contact.distance / (contact.permittivity * contact.area);
  auto const flow = balance(donor_states, donor.fermi, acceptor_states, acceptor.fermi, difference, capacitor);
  for (auto const& words :
       {beyond(donor_states, donor.fermi - flow.donor_shift, donor.fermi, upward ? "lower" : "upper"),
        beyond(acceptor_states, acceptor.fermi, acceptor.fermi + flow.acceptor_shift, upward ? "upper" : "lower")}) {
    if (words.empty()) continue;
    result.status = Status::refused;
    result.reason = words;
    return result;
  }
  auto const donor_edges = band_edges(donor.states, donor.fermi, threshold);
  auto const acceptor_edges = band_edges(acceptor.states, acceptor.fermi, threshold);
  bool const gap = donor_edges.gap || acceptor_edges.gap;
  // Levels against the common vacuum: the donor's valence top below the acceptor's conduction bottom.
  double const donor_top = donor_edges.valence_top - *donor.vacuum;
  double const acceptor_bottom = acceptor_edges.conduction_bottom - *acceptor.vacuum;
  if (gap && donor_top < acceptor_bottom) {
    result.reason = "gapped";
    result.fermi = std::max(donor_top, std::min(acceptor_bottom, -result.work_function_lower));
    return result;
  }
  double const sign = upward ? 1.0 : -1.0;
  result.electrons = sign * flow.charge;
  result.shift_lower = upward ? -flow.donor_shift : flow.acceptor_shift;
  result.shift_upper = upward ? flow.acceptor_shift : -flow.donor_shift;
  result.drop = -result.electrons * capacitor;
  result.fermi = -result.work_function_lower + result.shift_lower;
  return result;
}

}  // namespace nacre
