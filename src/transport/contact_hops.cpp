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

namespace nacre {
namespace {

constexpr double plane_width = 0.3;       // ions this near to a layer's outermost ion make up its facing plane [Å]
constexpr double relaxed_slack = 0.05;    // a relaxed stack has the symmetry of one crystal to this [Å]
constexpr double finite_size = 0.02;      // that two cells of one shape leave in a difference of barriers [eV]

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
    find_network();
    result_.energies = std::make_shared<HopEnergies>(stack_, result_.network, species_, potential_, options_.settings);
    result_.analysis = analyze_hops(result_.network, *result_.energies, stack_.lattice, analysis_options());
    result_.work += result_.analysis.work;
    spread_segregation();
    for (int axis = 0; axis < 3; ++axis) compare(axis);
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
    for (std::size_t k = 0; k < extents_.size(); ++k) {
      auto const& next = extents_[(k + 1) % extents_.size()];
      double const up = k + 1 == extents_.size() ? heights_.period : 0.0;
      result_.contacts.push_back(0.5 * (extents_[k].high_plane + next.low_plane + up));
      result_.layers.push_back(extents_[k].number);
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
      auto hops = layer_hops(crystal, species_, potential_, options_.settings, result_.period);
      hops.thickness = thickness(k);
      result_.work += crystal.work + hops.analysis.work;
      result_.bulk.push_back(std::move(hops));
    }
    result_.continued_crystal = is_continued();
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
    double const model = uncalibrated_share(potential_) * std::abs(g.stack_barrier - g.bulk_barrier);  // too soft, both are
    g.error = std::hypot(direction.error, finite_size, model) / (kt * std::log(10.0));
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
  ContactHops result_;
};

std::string place_of(StackSite const& site) {
  return concat(significant(std::abs(site.distance), 2), " A ", site.distance < 0.0 ? "below" : "above", " contact ",
                site.contact + 1, " in layer ", site.layer);
}

}  // namespace

std::optional<double> ContactHops::segregation(int contact, int layer, double reach) const {
  std::optional<double> lowest;
  for (auto const& site : sites) {
    if (site.contact != contact || site.layer != layer || std::abs(site.distance) > reach) continue;
    if (std::isfinite(site.segregation)) lowest = std::min(lowest.value_or(site.segregation), site.segregation);
  }
  return lowest;
}

std::vector<std::string> ContactHops::words(Crystal const& stack) const {
  constexpr std::array<char const*, 3> along{"along x", "along y", "across"};
  std::vector<std::string> sentences;
  for (int axis = 0; axis < 3; ++axis) {
    auto const& direction = analysis.direction[at(axis)];
    auto const& g = enhancement[at(axis)];
    if (direction.reason == "not_asked") continue;
    if (!direction.walk) {
      sentences.push_back(concat(along[at(axis)], ": ", direction.reason));
      continue;
    }
    auto const& hop = network.hops[at(direction.walk->bottleneck)];
    auto text = concat(along[at(axis)], ": ", g.value && *g.value > 0.0 ? "fast" : g.value && *g.value < 0.0 ? "slow" : "as the crystal",
                       "; the way is limited by the hop ", symbol(stack.numbers[at(network.sites[at(hop.from)].atom)]),
                       network.sites[at(hop.from)].atom, " to ", network.sites[at(hop.to)].atom, " (",
                       significant(hop.vector.norm(), 3), " A), from ", place_of(sites[at(hop.from)]), " to ",
                       place_of(sites[at(hop.to)]), ": ", significant(direction.walk->barrier, 3), " eV");
    if (g.value) text += concat(" against ", significant(g.bulk_barrier, 3), " eV in the strained layers");
    text += concat(", ", direction.status == Status::ok ? "computed" : "estimated (" + direction.reason + ")", ", sure to ",
                   significant(std::hypot(direction.error, finite_size), 1), " eV in this model and cell");
    sentences.push_back(text);
  }
  return sentences;
}

ContactHops contact_hops(Crystal const& stack, std::vector<int> const& layer, std::vector<StrainedLayer> const& crystals,
                         int species, Potential const& potential, ContactHopOptions const& options) {
  require(options.temperature > 0.0 && std::isfinite(options.temperature), "invalid temperature ", options.temperature,
          " K (must be positive)");
  return ContactStudy(stack, layer, crystals, species, potential, options).run();
}

}  // namespace nacre
