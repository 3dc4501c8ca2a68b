// How sure barriers are: second starts and doubled cells.
#include <algorithm>
#include <cmath>
#include <limits>

#include "nacre/core/error.hpp"
#include "nacre/transport/contact_hops.hpp"

namespace nacre {
namespace {

std::size_t at(int i) { return static_cast<std::size_t>(i); }

/// Saddle of a hop's bottleneck less the lowest site of its walk, both as `energies` finds them [eV].
double limiting_barrier(HopNetwork const& network, HopEnergies& energies, CriticalWalk const& walk) {
  auto const& hop = energies.hop(network.hops[at(walk.bottleneck)].orbit);
  auto const& site = energies.site(network.sites[at(walk.lowest)].orbit);
  if (hop.status != Status::ok || site.status != Status::ok) return std::numeric_limits<double>::infinity();
  return hop.saddle - site.energy;
}

/// The lowest site of the middle repeats that has an energy, or -1.
int lowest_inside(ContactHops const& contact) {
  int found = -1;
  auto const& energy = contact.analysis.graph.energy;
  for (std::size_t s = 0; s < contact.sites.size(); ++s) {
    if (!contact.sites[s].middle || !std::isfinite(energy[s])) continue;
    if (found < 0 || energy[s] < energy[at(found)]) found = static_cast<int>(s);
  }
  return found;
}

/// Of x and y the one with the lower computed barrier, or -1.
int easier_axis(ContactHops const& contact) {
  int best = -1;
  for (int axis = 0; axis < 2; ++axis) {
    auto const& direction = contact.analysis.direction[at(axis)];
    if (direction.status != Status::ok || !direction.walk) continue;
    if (best < 0 || direction.walk->barrier < contact.analysis.direction[at(best)].walk->barrier) best = axis;
  }
  return best;
}

}  // namespace

double BarrierError::total() const { return std::hypot(std::hypot(forces, start), std::hypot(cell, field), std::hypot(strain, model)); }

std::array<double, 3> check_start(Crystal const& cell, HopNetwork const& network, HopEnergies& first,
                                  HopAnalysis const& analysis, int species, Potential const& potential,
                                  HopSettings settings, double& work) {
  std::array<double, 3> change{};
  settings.seed += 1;
  HopEnergies second(cell, network, species, potential, settings);
  for (int axis = 0; axis < 3; ++axis) {
    auto const& direction = analysis.direction[at(axis)];
    if (direction.status != Status::ok || !direction.walk) continue;
    double const one = limiting_barrier(network, first, *direction.walk);
    double const other = limiting_barrier(network, second, *direction.walk);
    change[at(axis)] = std::isfinite(one) && std::isfinite(other) ? std::abs(other - one) : std::numeric_limits<double>::infinity();
  }
  work += second.work();
  return change;
}

LateralCheck check_lateral(ContactHops const& contact, Crystal const& stack, int species, Potential const& potential,
                           HopSettings settings) {
  LateralCheck check;
  int const inside = lowest_inside(contact);
  int const axis = easier_axis(contact);
  if (inside < 0 || axis < 0) {
    check.failure = "no_way: no way in the plane, or no site inside a layer, whose energies could be compared";
    return check;
  }
  auto const& walk = *contact.analysis.direction[at(axis)].walk;
  int const near = walk.lowest;
  double const a = settings.supercell[0] * stack.lattice.col(0).norm();
  double const b = settings.supercell[1] * stack.lattice.col(1).norm();
  settings.supercell[a <= b ? 0 : 1] *= 2;
  HopEnergies doubled(stack, contact.network, species, potential, settings);
  auto const& low = doubled.site(contact.network.sites[at(near)].orbit);
  auto const& middle = doubled.site(contact.network.sites[at(inside)].orbit);
  auto const& saddle = doubled.hop(contact.network.hops[at(walk.bottleneck)].orbit);
  check.work = doubled.work();
  for (auto const& [status, reason] : {std::pair(low.status, low.reason), {middle.status, middle.reason}, {saddle.status, saddle.reason}}) {
    if (status == Status::ok) continue;
    check.failure = reason + ": the doubled cell";
    return check;
  }
  check.barrier_change = std::abs((saddle.saddle - low.energy) - walk.barrier);
  auto const& energy = contact.analysis.graph.energy;
  check.change = std::abs((low.energy - middle.energy) - (energy[at(near)] - energy[at(inside)]));
  check.error = low.error + middle.error;
  return check;
}

}  // namespace nacre
