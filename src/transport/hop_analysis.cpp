#include "nacre/transport/hop_analysis.hpp"

#include <algorithm>
#include <cmath>
#include <limits>

#include "nacre/core/error.hpp"

namespace nacre {
namespace {

constexpr double never = std::numeric_limits<double>::infinity();

std::size_t at(int i) { return static_cast<std::size_t>(i); }

/// Computes hops on demand and keeps the graph up to date.
class Refinement {
 public:
  Refinement(HopNetwork const& network, HopEnergies& energies, Eigen::Matrix3d const& lattice,
             HopAnalysisOptions const& options)
      : network_(network), energies_(energies), options_(options) {
    result_.graph.lattice = lattice;
    result_.graph.positions.resize(3, std::ssize(network.sites));
    result_.computed.assign(network.hops.size(), false);
    place_sites();
    connect();
  }

  HopAnalysis run() && {
    if (options_.all && static_cast<int>(network_.hop_orbits.size()) <= options_.most_computed) {
      for (int orbit = 0; orbit < static_cast<int>(network_.hop_orbits.size()); ++orbit) compute(orbit);
    }
    while (refine_walks()) {
    }
    for (int axis = 0; axis < 3; ++axis) judge(axis);
    result_.work = energies_.work();
    return std::move(result_);
  }

 private:
  void place_sites() {
    std::vector<double> orbit_energy;
    double lowest = never;
    for (int orbit = 0; orbit < static_cast<int>(network_.site_orbits.size()); ++orbit) {
      auto const& state = energies_.site(orbit);
      orbit_energy.push_back(state.status == Status::ok ? state.energy : never);
      lowest = std::min(lowest, orbit_energy.back());
    }
    base_ = std::isfinite(lowest) ? lowest : 0.0;
    for (std::size_t s = 0; s < network_.sites.size(); ++s) {
      result_.graph.positions.col(static_cast<Eigen::Index>(s)) = network_.sites[s].position;
      result_.graph.energy.push_back(orbit_energy[at(network_.sites[s].orbit)] - base_);
    }
  }

  void connect() {
    for (auto const& hop : network_.hops) {
      double const higher = std::max(result_.graph.energy[at(hop.from)], result_.graph.energy[at(hop.to)]);
      double const activation = options_.activation.empty() ? 0.0 : options_.activation[at(hop.orbit)];
      result_.graph.edges.push_back({hop.from, hop.to, hop.cell, higher + activation});
    }
  }

  void compute(int orbit) {
    auto const& energy = energies_.hop(orbit);
    ++result_.hops_computed;
    for (std::size_t h = 0; h < network_.hops.size(); ++h) {
      auto const& hop = network_.hops[h];
      if (hop.orbit != orbit) continue;
      result_.computed[h] = true;
      auto const& node = result_.graph.energy;
      double const higher = std::max(node[at(hop.from)], node[at(hop.to)]);
      result_.graph.edges[h].saddle = energy.status == Status::ok ? std::max(energy.saddle - base_, higher) : never;
    }
  }

  std::vector<std::vector<bool>> regions(int axis) const {
    auto const& given = options_.regions[at(axis)];
    return given.empty() ? std::vector<std::vector<bool>>{{}} : given;
  }

  std::optional<CriticalWalk> walk(int axis) const {
    std::optional<CriticalWalk> best;
    for (auto const& region : regions(axis)) {
      auto found = find_critical_walk(result_.graph, Eigen::Vector3d::Unit(axis), region);
      if (found && (!best || found->barrier < best->barrier)) best = std::move(found);
    }
    return best;
  }

  /// Computes what is not known on the critical walks. @return whether anything was
  bool refine_walks() {
    bool any = false;
    for (int axis = 0; axis < 3; ++axis) {
      if (!options_.directions[at(axis)]) continue;
      auto const found = walk(axis);
      if (!found) continue;
      for (auto const& step : found->steps) {
        if (result_.computed[at(step.edge)] || result_.hops_computed >= options_.most_computed) continue;
        compute(network_.hops[at(step.edge)].orbit);
        any = true;
      }
    }
    return any;
  }

  void judge(int axis) {
    auto& direction = result_.direction[at(axis)];
    if (!options_.directions[at(axis)]) {
      direction.reason = "not_asked";
      return;
    }
    direction.walk = walk(axis);
    if (!direction.walk) {
      direction.reason = "no_walk: hops up to the reach do not lead on in this direction";
      for (int orbit = 0; orbit < static_cast<int>(network_.site_orbits.size()); ++orbit) {
        if (auto const& state = energies_.site(orbit); state.status != Status::ok) {
          direction.status = Status::failed;
          direction.reason = "sites_failed: " + state.reason;
        }
      }
      for (int orbit = 0; orbit < static_cast<int>(network_.hop_orbits.size()); ++orbit) {
        if (!energies_.knows_hop(orbit) || energies_.hop(orbit).status == Status::ok) continue;
        direction.status = Status::failed;
        direction.reason = "hops_failed: " + energies_.hop(orbit).reason;
      }
      return;
    }
    auto const& steps = direction.walk->steps;
    bool const known = std::ranges::all_of(steps, [&](auto const& step) { return result_.computed[at(step.edge)]; });
    direction.status = known ? Status::ok : Status::failed;
    if (!known)
      direction.reason = concat("path_not_refined: ", options_.most_computed, " kinds of hops were computed, the walk has more");
    if (known) direction.error = energies_.hop(network_.hops[at(direction.walk->bottleneck)].orbit).error;
  }

  HopNetwork const& network_;
  HopEnergies& energies_;
  HopAnalysisOptions const& options_;
  HopAnalysis result_;
  double base_ = 0.0;
};

}  // namespace

std::optional<int> HopAnalysis::easiest() const {
  std::optional<int> best;
  for (int axis = 0; axis < 3; ++axis) {
    auto const& found = direction[at(axis)];
    if (found.status != Status::ok || !found.walk) continue;
    if (!best || found.walk->barrier < direction[at(*best)].walk->barrier) best = axis;
  }
  return best;
}

std::optional<CriticalHop> critical_hop(HopNetwork const& network, HopEnergies const& energies,
                                        HopAnalysis const& analysis, std::array<bool, 3> directions) {
  CriticalWalk const* easiest = nullptr;
  for (std::size_t axis = 0; axis < 3; ++axis) {
    auto const& direction = analysis.direction[axis];
    if (!directions[axis] || direction.status != Status::ok || !direction.walk) continue;
    if (!easiest || direction.walk->barrier < easiest->barrier) easiest = &*direction.walk;
  }
  if (!easiest) return std::nullopt;
  int const orbit = network.hops[at(easiest->bottleneck)].orbit;
  auto const* energy = energies.known(orbit);
  auto const* images = energies.images(orbit);
  if (!energy || !images) return std::nullopt;
  return CriticalHop{*energy, *images};
}

HopAnalysis analyze_hops(HopNetwork const& network, HopEnergies& energies, Eigen::Matrix3d const& lattice,
                         HopAnalysisOptions const& options) {
  require(options.activation.empty() || options.activation.size() == network.hop_orbits.size(),
          "the list of activation energies has ", options.activation.size(), " entries for ", network.hop_orbits.size(),
          " kinds of hops");
  return Refinement(network, energies, lattice, options).run();
}

}  // namespace nacre
