#include "nacre/transport/contact_hops.hpp"

#include <Eigen/Geometry>
#include <Eigen/LU>
#include <algorithm>
#include <cmath>
#include <limits>
#include <map>
#include <numeric>
#include <set>

#include "nacre/core/error.hpp"
#include "nacre/core/text.hpp"
#include "nacre/core/units.hpp"
#include "nacre/crystal/elements.hpp"
#include "nacre/crystal/symmetry.hpp"
#include "nacre/potential/calibration.hpp"

namespace nacre {
namespace {

constexpr double plane_width = 0.3;       // ions this near to a layer's outermost ion make up its facing plane [Å]
constexpr double relaxed_slack = 0.05;    // a relaxed stack has the symmetry of one crystal to this [Å]
constexpr double least_width = 10.0;      // of a layer's own cell, as campaigns have it [Å]
constexpr double field_step = 0.05;       // over a period, that a dipole step is named from [V]
constexpr double carrier_charge = 2.0;    // of an oxygen vacancy; others by their oxidation states [e]

std::size_t at(int i) { return static_cast<std::size_t>(i); }

/// Heights along the normal of a and b.
struct Heights {
  std::vector<double> z;  ///< of every atom, each layer in one piece [Å]
  double period = 0.0;
};

/// Atoms of a layer around the border of the cell are put together: above the widest gap between them.
void join_layer(std::vector<double>& z, std::vector<std::size_t> const& atoms, double period) {
  std::vector<double> sorted;
  for (auto const a : atoms) sorted.push_back(z[a]);
  std::ranges::sort(sorted);
  double widest = sorted.front() + period - sorted.back(), begin = sorted.front();
  for (std::size_t k = 1; k < sorted.size(); ++k) {
    if (sorted[k] - sorted[k - 1] > widest) {
      widest = sorted[k] - sorted[k - 1];
      begin = sorted[k];
    }
  }
  for (auto const a : atoms) {
    if (z[a] < begin - 1e-9) z[a] += period;
  }
}

Heights heights_of(Crystal const& stack, std::map<int, std::vector<std::size_t>> const& layers) {
  Eigen::Vector3d const normal =
      Eigen::Vector3d(stack.lattice.col(0)).cross(Eigen::Vector3d(stack.lattice.col(1))).normalized();
  Heights heights;
  heights.period = std::abs(normal.dot(stack.lattice.col(2)));
  for (auto const& x : stack.positions.colwise()) {
    double const z = normal.dot(x);
    heights.z.push_back(z - heights.period * std::floor(z / heights.period));
  }
  for (auto const& [number, atoms] : layers) join_layer(heights.z, atoms, heights.period);
  return heights;
}

struct Extent {
  int number;
  double low, high;            ///< [Å]
  double low_plane, high_plane;  ///< mean heights of the outermost planes [Å]
};

/// The layers upward, each above the one before.
std::vector<Extent> stack_up(Heights const& heights, std::map<int, std::vector<std::size_t>> const& layers) {
  std::vector<Extent> extents;
  for (auto const& [number, atoms] : layers) {
    Extent extent{number, 1e300, -1e300, 0.0, 0.0};
    for (auto const a : atoms) {
      extent.low = std::min(extent.low, heights.z[a]);
      extent.high = std::max(extent.high, heights.z[a]);
    }
    int below = 0, above = 0;
    for (auto const a : atoms) {
      if (heights.z[a] < extent.low + plane_width) extent.low_plane += heights.z[a], ++below;
      if (heights.z[a] > extent.high - plane_width) extent.high_plane += heights.z[a], ++above;
    }
    extent.low_plane /= below;
    extent.high_plane /= above;
    extents.push_back(extent);
  }
  std::ranges::sort(extents, {}, [](auto const& e) { return std::pair(e.low, e.number); });
  for (std::size_t k = 0; k < extents.size(); ++k) {
    auto const& next = extents[(k + 1) % extents.size()];
    double const up = k + 1 == extents.size() ? heights.period : 0.0;
    require(next.low + up > extents[k].high - 0.5 * plane_width, "layers ", extents[k].number, " and ", next.number,
            " of the stack interleave (a contact lies between them); number the layers upward in the column layer");
  }
  return extents;
}

/// Activation of the hops of a layer alone, by their vectors.
struct KnownHop {
  Eigen::Vector3d vector;
  double activation;
};

std::vector<KnownHop> known_hops(LayerHops const& layer) {
  std::vector<KnownHop> known;
  auto const& graph = layer.analysis.graph;
  for (std::size_t h = 0; h < layer.network.hops.size(); ++h) {
    if (!layer.analysis.computed[h] || !std::isfinite(graph.edges[h].saddle)) continue;
    auto const& hop = layer.network.hops[h];
    double const higher = std::max(graph.energy[at(hop.from)], graph.energy[at(hop.to)]);
    known.push_back({hop.vector, graph.edges[h].saddle - higher});
  }
  return known;
}

double activation_along(std::vector<KnownHop> const& known, Eigen::Vector3d const& vector) {
  double best = 0.0, nearest = std::numeric_limits<double>::infinity();
  for (auto const& hop : known) {
    double const apart = std::min((hop.vector - vector).norm(), (hop.vector + vector).norm());
    if (apart < nearest - 1e-6) {
      nearest = apart;
      best = hop.activation;
    }
  }
  return best;
}

/// kT-weighted barrier of layers side by side (in plane) or one after the other (across).
std::optional<double> joint_barrier(std::vector<LayerHops> const& layers, int axis, double kt, std::string& reason) {
  double sum = 0.0, thickness = 0.0;
  double const sign = axis == 2 ? 1.0 : -1.0;
  double reference = 0.0;
  bool first = true;
  for (auto const& layer : layers) {
    if (!layer.carries && axis == 2) {
      reason = "no_carriers: " + layer.name + " has no sites of the species";
      return std::nullopt;
    }
    if (!layer.carries) continue;
    auto const barrier = layer.barrier(axis);
    if (!barrier) {
      auto const& direction = layer.analysis.direction[at(axis)];
      reason = "layer_failed: " + layer.name + ": " + (layer.failure.empty() ? direction.reason : layer.failure);
      return std::nullopt;
    }
    if (first) reference = *barrier;
    first = false;
    sum += layer.thickness * std::exp(sign * (*barrier - reference) / kt);
    thickness += layer.thickness;
  }
  if (first) {
    reason = "no_carriers: no layer has sites of the species";
    return std::nullopt;
  }
  return reference + sign * kt * std::log(sum / thickness);
}

/// Puts a contact_hops together.
class ContactStudy {
 public:
  ContactStudy(Crystal const& stack, std::vector<int> const& layer, std::vector<StrainedLayer> const& crystals,
               int species, Potential const& potential, ContactHopOptions const& options)
      : stack_(stack), layer_(layer), crystals_(crystals), species_(species), potential_(potential), options_(options) {}

  ContactHops run() && {
    find_layers();
    study_bulk();
    measure_field();
    find_network();
    result_.energies = std::make_shared<HopEnergies>(stack_, result_.network, species_, potential_, options_.settings);
    result_.analysis = analyze_hops(result_.network, *result_.energies, stack_.lattice, analysis_options());
    result_.work += result_.analysis.work;
    if (result_.own) forget_other_traps();
    spread_segregation();
    judge_errors();
    for (int axis = 0; axis < 3; ++axis) compare(axis);
    result_.conduction = contact_conduction(result_, options_.carriers, charge(), options_.temperature);
    return std::move(result_);
  }

 private:
  void find_layers() {
    require(layer_.size() == stack_.size(), "a stack of ", stack_.size(), " atoms has ", layer_.size(), " layer numbers");
    require_no_vacuum(stack_);
    std::map<int, std::vector<std::size_t>> layers;
    for (std::size_t a = 0; a < layer_.size(); ++a) layers[layer_[a]].push_back(a);
    require(layers.size() >= 2, "the stack has one layer only (a contact needs two); give the column layer");
    require(crystals_.empty() || crystals_.size() == layers.size(), "the stack has ", layers.size(), " layers, crystals of ",
            crystals_.size(), " are given");
    heights_ = heights_of(stack_, layers);
    extents_ = stack_up(heights_, layers);
    result_.period = heights_.period;
    result_.temperature = options_.temperature;
    for (std::size_t k = 0; k < extents_.size(); ++k) {
      auto const& next = extents_[(k + 1) % extents_.size()];
      double const up = k + 1 == extents_.size() ? heights_.period : 0.0;
      result_.contacts.push_back(0.5 * (extents_[k].high_plane + next.low_plane + up));
      result_.layers.push_back(extents_[k].number);
      if (options_.contact_above == extents_[k].number) result_.own = static_cast<int>(k);
    }
  }

  double thickness(std::size_t k) const {
    double const below = k == 0 ? result_.contacts.back() - result_.period : result_.contacts[k - 1];
    return result_.contacts[k] - below;
  }

  void study_bulk() {
    if (crystals_.empty() || !options_.compare) return;
    std::set<int> const numbers(result_.layers.begin(), result_.layers.end());
    for (std::size_t k = 0; k < result_.layers.size(); ++k) {
      auto const index = std::distance(numbers.begin(), numbers.find(result_.layers[k]));
      auto const& crystal = crystals_[static_cast<std::size_t>(index)];
      bool const known = !result_.bulk.empty() && crystals_.size() == 2 && same_crystal(crystals_[0], crystals_[1]);
      auto hops = known ? result_.bulk.front() : layer_hops(crystal, species_, potential_, options_.settings, result_.period);
      if (known) hops.analysis.work = 0.0;
      hops.thickness = thickness(k);
      if (!options_.carriers.empty() && conducts_any()) hops.carries = hops.carries && carriers(index) > 0.0;
      result_.work += crystal.work + hops.analysis.work;
      result_.bulk.push_back(std::move(hops));
    }
    result_.continued_crystal = is_continued();
    for (std::size_t k = 0; k < result_.bulk.size(); ++k) compare_cells(k);
  }
  static bool same_crystal(StrainedLayer const& a, StrainedLayer const& b) {
    return a.repeat.numbers == b.repeat.numbers && a.repeat.lattice == b.repeat.lattice && a.repeat.positions == b.repeat.positions;
  }
  double carriers(std::ptrdiff_t index) const { return options_.carriers.at(static_cast<std::size_t>(index)); }
  bool conducts_any() const {
    return std::ranges::any_of(options_.carriers, [](double x) { return x > 0.0; });
  }

  /// What the size of the cell changes: the layer in the stack's cell and in one of its own.
  void compare_cells(std::size_t k) {
    auto const& layer = result_.bulk[k];
    if (!layer.carries || !layer.failure.empty() || result_.continued_crystal) return;
    std::set<int> const numbers(result_.layers.begin(), result_.layers.end());
    auto const index = static_cast<std::size_t>(std::distance(numbers.begin(), numbers.find(result_.layers[k])));
    auto const own = options_.alone.empty() ? layer_in_own_cell(crystals_[index]) : options_.alone.at(index);
    if (options_.alone.empty()) result_.work += own.analysis.work;
    for (int axis = 0; axis < 3; ++axis) {
      auto const here = layer.barrier(axis), there = own.barrier(axis);
      if (here && there) cell_error_[at(axis)] = std::max(cell_error_[at(axis)], std::abs(*here - *there));
    }
  }
  LayerHops layer_in_own_cell(StrainedLayer const& crystal) const {
    auto settings = options_.settings;
    settings.supercell = cells_for_width(crystal.repeat.lattice, least_width);
    double const height = settings.supercell[2] * crystal.repeat_height;
    settings.supercell[2] = 1;
    return layer_hops(crystal, species_, potential_, settings, height);
  }

  /// From the energy that the neutral stack, relaxed without a field, would gain by its dipole's (definitions.md 3). A cell
  /// of zero mean field has it in the layers whatever their ions do: only the steps at the contacts count.
  void measure_field() {
    auto const corrected = potential_.with_slab_correction(true), plain = potential_.with_slab_correction(false);
    if (!corrected || !plain || result_.continued_crystal) return;
    Crystal joined = stack_;  // layers in one piece, so that the dipole is that of the contacts
    Eigen::Vector3d const up = stack_.lattice.col(2) / heights_.period;
    for (std::size_t a = 0; a < joined.size(); ++a) {
      auto column = joined.positions.col(static_cast<Eigen::Index>(a));
      Eigen::Vector3d const normal = in_plane_normal();
      column += std::round((heights_.z[a] - normal.dot(Eigen::Vector3d(column))) / heights_.period) * heights_.period * up;
    }
    auto const with = corrected->evaluate(joined), without = plain->evaluate(joined);
    result_.work += static_cast<double>(with.edges + without.edges);
    double const volume = std::abs(stack_.lattice.determinant());
    double const moment = std::sqrt(std::max(0.0, with.energy - without.energy) * volume / (2.0 * units::pi * units::coulomb_eV_A));
    result_.field = 4.0 * units::pi * units::coulomb_eV_A * moment / volume;
    result_.dipole_step = result_.field * result_.period > field_step;
  }
  Eigen::Vector3d in_plane_normal() const {
    return Eigen::Vector3d(stack_.lattice.col(0)).cross(Eigen::Vector3d(stack_.lattice.col(1))).normalized();
  }
  double charge() const {
    for (std::size_t a = 0; a < stack_.oxidation.size(); ++a) {
      if (stack_.numbers[a] == species_) return std::abs(stack_.oxidation[a]);
    }
    return species_ == 8 ? carrier_charge : 1.0;
  }

  void judge_errors() {
    if (result_.continued_crystal) return;
    std::array<double, 3> start{};
    if (options_.second_start && options_.most_computed > 0)
      start = check_start(stack_, result_.network, *result_.energies, result_.analysis, species_, potential_,
                          options_.settings, result_.work);
    for (int axis = 0; axis < 3; ++axis) {
      auto const& direction = result_.analysis.direction[at(axis)];
      if (!direction.walk) continue;
      auto& error = result_.error[at(axis)];
      error.forces = direction.error;
      error.start = start[at(axis)];
      error.cell = cell_error_[at(axis)];
      error.model = barrier_share(potential_, stack_.numbers) * direction.walk->barrier;
      auto const& hop = result_.network.hops[at(direction.walk->bottleneck)];
      double const low = site_height(at(direction.walk->lowest));
      double const apart = std::max(std::abs(site_height(at(hop.from)) - low), std::abs(site_height(at(hop.to)) - low));
      if (result_.dipole_step) error.field = charge() * result_.field * std::min(apart, result_.period - apart);
    }
  }

  /// The relaxed stack has a primitive cell as small as that of either crystal, and the same formula.
  bool is_continued() const {
    auto const primitive = primitive_cell(stack_, relaxed_slack);
    return std::ranges::all_of(crystals_, [&](auto const& crystal) {
      return static_cast<int>(primitive.size()) == crystal.primitive_atoms && formula(primitive) == formula(crystal.repeat);
    });
  }

  void find_network() {
    HopSearch search;
    search.supercell = options_.settings.supercell;
    search.tolerance_A = options_.tolerance_A;
    for (auto const& layer : result_.bulk) {
      if (layer.carries && layer.failure.empty())
        search.hop_length = std::max(search.hop_length.value_or(0.0), layer.network.hop_length);
    }
    result_.network = find_hops(stack_, species_, search);
    for (auto const& site : result_.network.sites) place_site(site);
    mark_middles();
  }

  void place_site(HopSite const& site) {
    StackSite place;
    place.layer = layer_[at(site.atom)];
    double const z = heights_.z[at(site.atom)];
    double nearest = std::numeric_limits<double>::infinity();
    for (std::size_t c = 0; c < result_.contacts.size(); ++c) {
      double d = z - result_.contacts[c];
      d -= result_.period * std::round(d / result_.period);
      if (std::abs(d) >= nearest - 1e-9) continue;
      nearest = std::abs(d);
      place.contact = static_cast<int>(c);
      place.distance = d;
    }
    result_.sites.push_back(place);
  }

  /// Sites of the repeat around the middle of each layer.
  void mark_middles() {
    for (std::size_t k = 0; k < extents_.size(); ++k) {
      double const middle = 0.5 * (extents_[k].low + extents_[k].high), full = extents_[k].high - extents_[k].low;
      double const height = crystals_.empty() ? full / 3.0 : repeat_height(k);
      double const half = std::min(0.5 * height, 0.5 * full + 1e-6);
      double nearest = std::numeric_limits<double>::infinity();
      for (std::size_t s = 0; s < result_.sites.size(); ++s) {
        if (result_.sites[s].layer == extents_[k].number) nearest = std::min(nearest, std::abs(site_height(s) - middle));
      }
      for (std::size_t s = 0; s < result_.sites.size(); ++s) {
        double const off = site_height(s) - middle;
        bool const inside = off >= -half - 1e-3 && off < half - 1e-3;
        result_.sites[s].middle =
            result_.sites[s].middle ||
            (result_.sites[s].layer == extents_[k].number && (inside || std::abs(off) < nearest + 1e-3));
      }
    }
  }
  double site_height(std::size_t site) const { return heights_.z[at(result_.network.sites[site].atom)]; }
  double repeat_height(std::size_t k) const {
    std::set<int> const numbers(result_.layers.begin(), result_.layers.end());
    auto const index = std::distance(numbers.begin(), numbers.find(result_.layers[k]));
    return crystals_[static_cast<std::size_t>(index)].repeat_height;
  }

  HopAnalysisOptions analysis_options() const {
    HopAnalysisOptions analysis;
    analysis.directions = options_.directions;
    analysis.most_computed = options_.most_computed;
    for (std::size_t c = 0; c < result_.contacts.size(); ++c) {
      if (result_.own && *result_.own != static_cast<int>(c)) continue;
      std::vector<bool> near;
      for (std::size_t k = 0; k < result_.sites.size(); ++k) near.push_back(is_near(k, c));
      for (auto const axis : {0, 1}) analysis.regions[at(axis)].push_back(near);
    }
    if (!result_.bulk.empty()) analysis.activation = activations();
    return analysis;
  }
  bool is_near(std::size_t site, std::size_t contact) const {
    double d = site_height(site) - result_.contacts[contact];
    d -= result_.period * std::round(d / result_.period);
    return std::abs(d) <= options_.reach_A;
  }

  /// Of the first hop of each orbit: that of its layer; between layers the larger of both.
  std::vector<double> activations() const {
    std::map<int, std::vector<KnownHop>> known;
    for (std::size_t k = 0; k < result_.layers.size(); ++k) known[result_.layers[k]] = known_hops(result_.bulk[k]);
    std::vector<double> activation;
    for (auto const& orbit : result_.network.hop_orbits) {
      auto const& hop = result_.network.hops[at(orbit.hop)];
      activation.push_back(std::max(activation_along(known[result_.sites[at(hop.from)].layer], hop.vector),
                                    activation_along(known[result_.sites[at(hop.to)].layer], hop.vector)));
    }
    return activation;
  }

  /// Traps of ways in the plane are counted from the lowest site of their own contact's half.
  void forget_other_traps() {
    auto const& energy = result_.analysis.graph.energy;
    double lowest = std::numeric_limits<double>::infinity();
    for (std::size_t s = 0; s < energy.size(); ++s) {
      if (result_.sites[s].contact == *result_.own) lowest = std::min(lowest, energy[s]);
    }
    for (auto const axis : {0, 1}) {
      auto& walk = result_.analysis.direction[at(axis)].walk;
      if (walk) walk->trap_depth = energy[at(walk->lowest)] - lowest;
    }
  }

  void spread_segregation() {
    std::map<int, std::pair<double, int>> middle;
    auto const& energy = result_.analysis.graph.energy;
    for (std::size_t s = 0; s < result_.sites.size(); ++s) {
      if (!result_.sites[s].middle || !std::isfinite(energy[s])) continue;
      middle[result_.sites[s].layer].first += energy[s];
      ++middle[result_.sites[s].layer].second;
    }
    for (std::size_t s = 0; s < result_.sites.size(); ++s) {
      auto const found = middle.find(result_.sites[s].layer);
      result_.sites[s].segregation =
          found == middle.end() ? std::nan("") : energy[s] - found->second.first / found->second.second;
    }
  }

  void compare(int axis) {
    auto& g = result_.enhancement[at(axis)];
    if (!options_.directions[at(axis)] || result_.bulk.empty()) {
      g.reason = options_.directions[at(axis)] ? "no_reference: the layers' crystals are not known" : "not_asked";
      return;
    }
    double const kt = units::boltzmann_eV_per_K * options_.temperature;
    auto const& direction = result_.analysis.direction[at(axis)];
    if (result_.continued_crystal) {
      g.value = 0.0;
      g.status = Status::ok;
      if (direction.walk) g.stack_barrier = g.bulk_barrier = direction.walk->barrier;
      return;
    }
    auto const bulk = joint_barrier(result_.bulk, axis, kt, g.reason);
    if (!bulk) return;
    g.bulk_barrier = *bulk;
    if (direction.status != Status::ok || !direction.walk) {
      g.status = direction.status == Status::ok ? Status::failed : direction.status;
      g.reason = direction.reason;
      return;
    }
    g.stack_barrier = direction.walk->barrier;
    g.value = -(g.stack_barrier - g.bulk_barrier) / (kt * std::log(10.0));
    g.parts = result_.error[at(axis)];
    for (auto const& layer : result_.bulk) {
      if (!layer.carries) continue;
      g.parts.forces = std::hypot(g.parts.forces, layer.analysis.direction[at(axis)].error);
      g.parts.start = std::max(g.parts.start, layer.second_start[at(axis)]);
    }
    g.parts.model = barrier_share(potential_, stack_.numbers) * std::abs(g.stack_barrier - g.bulk_barrier);  // too soft, both are
    g.error = g.parts.total() / (kt * std::log(10.0));
    g.status = Status::ok;
  }

  Crystal const& stack_;
  std::vector<int> const& layer_;
  std::vector<StrainedLayer> const& crystals_;
  int species_;
  Potential const& potential_;
  ContactHopOptions const& options_;
  Heights heights_;
  std::vector<Extent> extents_;
  std::array<double, 3> cell_error_{};  ///< [eV]
  ContactHops result_;
};

}  // namespace

void ContactHops::widen(double BarrierError::* part, double value) {
  double const decade = units::boltzmann_eV_per_K * temperature * std::log(10.0);
  for (std::size_t axis = 0; axis < 3; ++axis) {
    error[axis].*part = std::hypot(error[axis].*part, value);
    auto& g = enhancement[axis];
    if (!g.value) continue;
    g.parts.*part = std::hypot(g.parts.*part, value);
    g.error = g.parts.total() / decade;
  }
}

std::optional<double> ContactHops::segregation(int contact, int layer, double reach) const {
  std::optional<double> lowest;
  for (auto const& site : sites) {
    if (site.contact != contact || site.layer != layer || std::abs(site.distance) > reach) continue;
    if (std::isfinite(site.segregation)) lowest = std::min(lowest.value_or(site.segregation), site.segregation);
  }
  return lowest;
}

ContactHops contact_hops(Crystal const& stack, std::vector<int> const& layer, std::vector<StrainedLayer> const& crystals,
                         int species, Potential const& potential, ContactHopOptions const& options) {
  require(options.temperature > 0.0 && std::isfinite(options.temperature), "invalid temperature ", options.temperature,
          " K (must be positive)");
  return ContactStudy(stack, layer, crystals, species, potential, options).run();
}

}  // namespace nacre
