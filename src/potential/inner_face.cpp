#include "nacre/potential/inner_face.hpp"

#include <Eigen/LU>
#include <algorithm>
#include <cmath>
#include <optional>

#include "layer_energy.hpp"
#include "nacre/core/error.hpp"
#include "nacre/core/units.hpp"

namespace nacre {
namespace {

constexpr double softness = 5.0;  // of the minimisers' own estimates of what is left, as for contacts

/// The slab with one face on both sides; nothing where no operation turns the crystal over.
std::optional<Slab> symmetric_slab(Slab const& slab, bool upper) {
  auto const cuts = find_terminations(slab.plane, ChargeRule::if_known);
  auto const same_first = [&](int first) {
    return std::find_if(cuts.begin(), cuts.end(), [&](auto const& c) { return c.first == first; });
  };
  SlabRequest request;
  request.repeats = slab.repeats;
  if (upper) {
    auto const top = same_first(slab.upper.first);
    if (top == cuts.end() || !top->turned_over) return {};
    request.top = top->index;
    request.bottom = *top->turned_over;
  } else {
    auto const bottom = same_first(slab.termination.first);
    if (bottom == cuts.end()) return {};
    auto const top = std::ranges::find(cuts, std::optional(bottom->index), &Termination::turned_over);
    if (top == cuts.end()) return {};
    request.bottom = bottom->index;
    request.top = top->index;
  }
  return cut_slab(slab.plane, cuts, request);
}

InnerFace failed(std::string reason, double work = 0.0) { return {{}, std::move(reason), 0.0, work}; }

}  // namespace

InnerFace inner_face(Slab const& slab, StackLayer const& place, bool upper, Potential const& potential,
                     ContactOptions const& options, ChemicalWindow const& window, ContactCache& cache) {
  auto const symmetric = symmetric_slab(slab, upper);
  if (!symmetric)
    return failed("no_symmetric_slab: no operation turns the crystal over, so no slab has this face twice");
  if (symmetric->polar()) return failed("polar: the slab with this face on both sides");
  bool const whole = symmetric->stoichiometric();
  if (!whole && !window.failure.empty()) return failed(window.failure);
  Excess excess;
  if (!whole) excess = window.excess_of(symmetric->crystal.numbers);
  if (std::abs(excess.anions) > 1e-6 && !window.anion_potential) {
    return failed("oxygen_exchange: the slab with this face on both sides is no sum of neutral compounds");
  }
  detail::LayerCell const layer{*symmetric, place.supercell, place.deformation};
  auto const bulk = detail::cached_strained_bulk(layer, potential, cache);
  auto const energy = detail::cached_slab(layer, potential, options, cache);
  double const work = bulk.work + energy.work;
  if (!bulk.failure.empty()) return failed(bulk.failure + ": strained bulk", work);
  if (!energy.failure.empty()) return failed(energy.failure + ": symmetric slab", work);

  double const index = layer.index();
  double const per_formula = bulk.energy / static_cast<double>(formula_units(symmetric->plane.primitive));
  double const area = index * symmetric->plane.area() * std::abs(place.deformation.determinant());
  double const per_face = units::J_per_m2 / (2.0 * area);
  InnerFace face{{}, {}, (softness * energy.error + index * symmetric->bulk_repeats() * bulk.error) * per_face, work};
  if (whole) {
    face.corners.push_back((energy.energy - index * symmetric->bulk_repeats() * bulk.energy) * per_face);
    return face;
  }
  double const anions = excess.anions * window.anion_potential.value_or(0.0);
  for (std::size_t k = 0; k < window.corners(); ++k) {
    double const reference = index * (excess.crystals * per_formula + window.energy_of(excess, k) + anions);
    face.corners.push_back((energy.energy - reference) * per_face);
  }
  return face;
}

}  // namespace nacre
