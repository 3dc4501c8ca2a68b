#include "stack_space.hpp"

#include <Eigen/LU>
#include <algorithm>
#include <cmath>

#include "nacre/core/error.hpp"
#include "nacre/core/text.hpp"
#include "nacre/core/units.hpp"
#include "nacre/stack/twist.hpp"

namespace nacre::detail {
namespace {

constexpr double gap_step = 1e-4;  // [Å], the grid of designs
constexpr double smallest_gap = 0.3;

std::string coincidence_label(Coincidence const& coincidence) {
  return concat(coincidence.substrate_index, ":", coincidence.film_index, " ",
                significant(coincidence.twist * units::degrees, 4), "deg ",
                significant(100.0 * coincidence.strain_max, 3), "/", significant(100.0 * coincidence.strain_min, 3), "%");
}

/// The crystal continuing itself: no strain, no twist but by an operation that leaves the layer as it is.
bool is_identity(LayerSlab const& bottom, LayerSlab const& top, Coincidence const& coincidence) {
  if (bottom.material != top.material || bottom.plane != top.plane) return false;
  if (bottom.slab.termination.first != top.slab.termination.first) return false;
  if (coincidence.film_index != 1 || coincidence.substrate_index != 1 || coincidence.largest_strain() > 1e-6) return false;
  Eigen::Matrix2d const x = coincidence.film.cast<double>().inverse() * coincidence.substrate.cast<double>();
  auto const group = layer_point_group(bottom.slab.plane);
  return std::any_of(group.begin(), group.end(), [&](Eigen::Matrix2i const& operation) {
    return (operation.transpose().cast<double>() - x).cwiseAbs().maxCoeff() < 1e-6;
  });
}

std::size_t label_position(std::vector<std::string>& labels, std::string const& label) {
  auto const found = std::find(labels.begin(), labels.end(), label);
  if (found != labels.end()) return static_cast<std::size_t>(found - labels.begin());
  labels.push_back(label);
  return labels.size() - 1;
}

}  // namespace

namespace {

/// Coincidence-site twists up to this index stay in a list that is cut.
constexpr int largest_kept_sigma = 41;

LayerPair pair_of(LayerSlab const& bottom, LayerSlab const& top) {
  return {bottom.material, bottom.plane, top.material, top.plane};
}

/// Of the slabs on a plane the one with the fewest atoms: with it a match is in if it is in for any of them.
LayerSlab const& lightest(std::vector<LayerSlab> const& slabs, int material, int plane) {
  LayerSlab const* best = nullptr;
  for (auto const& slab : slabs) {
    if (slab.material != material || slab.plane != plane) continue;
    if (!best || slab.slab.crystal.size() < best->slab.crystal.size()) best = &slab;
  }
  return *best;
}

bool in_window(Coincidence const& c, CampaignConfig::Stacks const& limits) {
  double const twist = c.twist * units::degrees;
  return twist >= limits.min_twist_deg.value_or(-360.0) && twist <= limits.max_twist_deg.value_or(360.0);
}

/// Keeps the first of a list and its coincidence-site twists.
void cut(PairMatches& found, std::size_t most, PlaneLattice const& bottom, PlaneLattice const& top) {
  if (most == 0 || found.matches.size() <= most) return;
  auto const special =
      special_twists(top.basis, bottom.basis, layer_point_group(top), layer_point_group(bottom), largest_kept_sigma);
  auto const is_special = [&](Coincidence const& c) {
    return std::any_of(special.begin(), special.end(), [&](SpecialTwist const& s) {
      return s.match.film == c.film && s.match.substrate == c.substrate;
    });
  };
  std::size_t position = 0;
  std::erase_if(found.matches, [&](Coincidence const& c) { return position++ >= most && !is_special(c); });
  found.truncated = true;
}

}  // namespace

std::vector<LayerPair> layer_pairs(CampaignConfig const& config, std::vector<LayerSlab> const& slabs) {
  std::vector<LayerPair> pairs;
  for (auto const& bottom : slabs) {
    for (auto const& top : slabs) {
      if (top.material < bottom.material) continue;
      bool const alike = top.material == bottom.material;
      if (alike && (!config.stacks.same_material || top.plane < bottom.plane)) continue;
      pairs.push_back(pair_of(bottom, top));
    }
  }
  std::sort(pairs.begin(), pairs.end());
  pairs.erase(std::unique(pairs.begin(), pairs.end()), pairs.end());
  return pairs;
}

PairMatches find_matches(CampaignConfig const& config, std::vector<LayerSlab> const& slabs, LayerPair const& pair) {
  auto const& limits = config.stacks;
  auto const& bottom = lightest(slabs, pair.bottom_material, pair.bottom_plane).slab;
  auto const& top = lightest(slabs, pair.top_material, pair.top_plane).slab;
  CoincidenceOptions options;
  options.max_area = limits.max_area;
  options.max_strain = limits.max_strain;
  options.max_atoms = limits.max_atoms;
  options.film_atoms = static_cast<std::int64_t>(top.crystal.size());
  options.substrate_atoms = static_cast<std::int64_t>(bottom.crystal.size());
  auto list = search_coincidences(top.plane.basis, bottom.plane.basis, layer_point_group(top.plane),
                                  layer_point_group(bottom.plane), options);
  PairMatches found{std::move(list.classes), list.truncated};
  std::erase_if(found.matches, [&](Coincidence const& c) { return !in_window(c, limits); });
  cut(found, static_cast<std::size_t>(limits.max_matches), bottom.plane, top.plane);
  return found;
}

StackSpace::StackSpace(CampaignConfig const& config, std::vector<LayerSlab> slabs,
                       std::map<LayerPair, PairMatches> const& matches)
    : slabs_(std::move(slabs)), gap_range_(config.stacks.gap_range) {
  for (auto const& material : config.materials) material_names_.push_back(material.name);
  options_.geometry = config.stacks.geometry == "slab" ? StackGeometry::slab : StackGeometry::superlattice;
  options_.vacuum = config.stacks.vacuum;
  root_.name = "bottom";
  list_leaves(config, matches);
}

void StackSpace::list_leaves(CampaignConfig const& config, std::map<LayerPair, PairMatches> const& matches) {
  for (std::size_t b = 0; b < slabs_.size(); ++b) {
    for (std::size_t t = 0; t < slabs_.size(); ++t) {
      auto const &bottom = slabs_[b], &top = slabs_[t];
      auto const found = matches.find(pair_of(bottom, top));
      if (found == matches.end()) continue;
      for (auto const& coincidence : found->second.matches) {
        StackLeaf leaf{static_cast<int>(b), static_cast<int>(t), coincidence, atom_count(coincidence, bottom.slab, top.slab)};
        if (leaf.atoms > config.stacks.max_atoms || is_identity(bottom, top, coincidence)) continue;
        leaves_.push_back(leaf);
      }
    }
  }
  for (std::size_t i = 0; i < leaves_.size(); ++i) grow(leaves_[i], i);
}

void StackSpace::grow(StackLeaf const& leaf, std::size_t index) {
  auto const &bottom = slabs_[static_cast<std::size_t>(leaf.bottom)], &top = slabs_[static_cast<std::size_t>(leaf.top)];
  auto const name = [&](LayerSlab const& slab) { return material_names_[static_cast<std::size_t>(slab.material)]; };
  auto const face = [](LayerSlab const& slab) {
    auto const& termination = slab.slab.termination;
    return termination.lower + "-" + termination.upper;
  };
  std::pair<char const*, std::string> const steps[] = {
      {"bottom", name(bottom)}, {"top", name(top)}, {"bottom_plane", bottom.plane_label}, {"top_plane", top.plane_label},
      {"bottom_termination", face(bottom)}, {"top_termination", face(top)}};
  Branch* branch = &root_;
  auto& path = paths_.emplace_back();
  for (auto const& [question, answer] : steps) {
    branch->name = question;
    auto const position = label_position(branch->labels, answer);
    path.push_back(static_cast<std::int64_t>(position));
    if (position == branch->children.size()) branch->children.emplace_back();
    branch = &branch->children[position];
  }
  branch->name = "coincidence";
  auto label = coincidence_label(leaf.coincidence);
  if (std::find(branch->labels.begin(), branch->labels.end(), label) != branch->labels.end()) {
    label += " #" + std::to_string(branch->labels.size());
  }
  path.push_back(static_cast<std::int64_t>(branch->labels.size()));
  branch->labels.push_back(label);
  branch->leaves.push_back(index);
}

std::size_t StackSpace::leaf_index(std::span<std::int64_t const> path) const {
  Branch const* branch = &root_;
  for (std::size_t i = 0; i + 1 < discrete_depth; ++i) branch = &branch->children.at(static_cast<std::size_t>(path[i]));
  return branch->leaves.at(static_cast<std::size_t>(path[discrete_depth - 1]));
}

std::shared_ptr<Node const> StackSpace::next(std::span<std::int64_t const> path) const {
  auto node = std::make_shared<Node>();
  if (path.size() < discrete_depth) {
    Branch const* branch = &root_;
    for (auto const answer : path) branch = &branch->children.at(static_cast<std::size_t>(answer));
    node->name = branch->name;
    node->labels = branch->labels;
    return node;
  }
  auto const& leaf = leaves_[leaf_index(path)];
  if (path.size() == discrete_depth) {
    node->name = "shift";
    node->kind = NodeKind::torus;
    node->cell = shift_cell(leaf.coincidence, common_cell(bottom(leaf), top(leaf), leaf.coincidence, stack_options(leaf)));
    return node;
  }
  if (path.size() == discrete_depth + 2) {
    node->name = "gap";
    node->kind = NodeKind::real;
    node->lower = lowest_gap({leaf_index(path), {path[discrete_depth], path[discrete_depth + 1]}});
    node->upper = node->lower + 2.0 * gap_range_;
    node->step = gap_step;
    return node;
  }
  return nullptr;
}

/// Measured where the design is counted, so that equal designs have the same range of gaps to the last bit.
double StackSpace::lowest_gap(Place const& place) const {
  auto const [index, grid] = canonical(place);
  auto const& leaf = leaves_[index];
  Eigen::Vector2d const shift(static_cast<double>(grid[0]), static_cast<double>(grid[1]));
  return lowest_gap(bottom(leaf), top(leaf), leaf, shift / static_cast<double>(torus_grid));
}

double StackSpace::lowest_gap(Slab const& bottom, Slab const& top, StackLeaf const& leaf, Eigen::Vector2d const& shift) const {
  auto const middle = gap_from_radii(bottom, top, leaf.coincidence, shift, stack_options(leaf));
  return std::max(smallest_gap, std::round((middle - gap_range_) / gap_step) * gap_step);
}

double StackSpace::middle_gap(Slab const& bottom, Slab const& top, StackLeaf const& leaf, Eigen::Vector2d const& shift) const {
  return lowest_gap(bottom, top, leaf, shift) + gap_range_;
}

std::vector<ShiftMap> const& StackSpace::symmetries(Design const& design) const {
  return equivalence(leaf_index(design.values)).symmetries;
}

/// The leaves of one material on itself, on one plane and with any cuts, and the matches that they have.
StackSpace::Siblings const& StackSpace::siblings(int material, int plane) const {
  auto const [entry, made] = siblings_.try_emplace({material, plane});
  auto& [candidates, matches] = entry->second;
  for (std::size_t i = 0; made && i < leaves_.size(); ++i) {
    auto const& leaf = leaves_[i];
    auto const is_wanted = [&](int slab) {
      auto const& layer = slabs_[static_cast<std::size_t>(slab)];
      return layer.material == material && layer.plane == plane;
    };
    if (!is_wanted(leaf.bottom) || !is_wanted(leaf.top)) continue;
    candidates.push_back(i);
    bool const known = std::any_of(matches.begin(), matches.end(), [&](auto const& c) {
      return c.film == leaf.coincidence.film && c.substrate == leaf.coincidence.substrate;
    });
    if (!known) matches.push_back(leaf.coincidence);
  }
  return entry->second;
}

/// The leaf that a leaf becomes when its stack is turned over, if the space has it; with true: it is the same leaf.
/// Only one material on one plane can be in the space both ways; a superlattice has its closing contact, too.
std::optional<std::pair<StackSpace::Turned, bool>> StackSpace::turned(std::size_t index) const {
  auto const& leaf = leaves_[index];
  auto const &lower = slabs_[static_cast<std::size_t>(leaf.bottom)], &upper = slabs_[static_cast<std::size_t>(leaf.top)];
  bool const alike = lower.material == upper.material && lower.plane == upper.plane;
  if (!alike || options_.geometry != StackGeometry::slab || lower.slab.repeats != upper.slab.repeats) return std::nullopt;
  auto const& [candidates, matches] = siblings(lower.material, lower.plane);
  auto const over = turn_over(lower.slab.plane, lower.slab.termination, upper.slab.plane, upper.slab.termination,
                              leaf.coincidence, matches);
  if (!over) return std::nullopt;
  auto const& match = matches[over->coincidence];
  auto const home = std::find_if(candidates.begin(), candidates.end(), [&](std::size_t i) {
    auto const& other = leaves_[i];
    return bottom(other).termination.first == over->bottom_first && top(other).termination.first == over->top_first &&
           other.coincidence.film == match.film && other.coincidence.substrate == match.substrate;
  });
  if (home == candidates.end()) return std::nullopt;
  return std::pair(Turned{*home, over->shift}, *home == index);
}

StackSpace::Equivalence const& StackSpace::equivalence(std::size_t index) const {
  auto const known = equivalences_.find(index);
  if (known != equivalences_.end()) return known->second;
  auto const& leaf = leaves_[index];
  Equivalence made;
  made.symmetries = shift_symmetries(bottom(leaf).plane, top(leaf).plane, leaf.coincidence);
  if (auto const over = turned(index); over && over->second) {
    auto const upright = made.symmetries.size();
    for (std::size_t g = 0; g < upright; ++g) {  // the map after each symmetry
      auto const& symmetry = made.symmetries[g];
      ShiftMap const map{over->first.map.matrix * symmetry.matrix, image(over->first.map, symmetry.offset)};
      if (std::find(made.symmetries.begin(), made.symmetries.end(), map) == made.symmetries.end()) {
        made.symmetries.push_back(map);
      }
    }
  } else if (over && over->first.leaf < index) {
    made.home = over->first;
  }
  return equivalences_.emplace(index, std::move(made)).first->second;
}

StackSpace::Place StackSpace::canonical(Place place) const {
  if (auto const& home = equivalence(place.leaf).home) place = {home->leaf, image(home->map, place.shift)};
  return {place.leaf, canonical_shift(equivalence(place.leaf).symmetries, place.shift)};
}

Design StackSpace::canonical(Design const& design) const {
  auto const place =
      canonical({leaf_index(design.values), {design.values[discrete_depth], design.values[discrete_depth + 1]}});
  auto result = design;
  std::copy(paths_[place.leaf].begin(), paths_[place.leaf].end(), result.values.begin());
  result.values[discrete_depth] = place.shift[0];
  result.values[discrete_depth + 1] = place.shift[1];
  return result;
}

StackLeaf const& StackSpace::leaf(Design const& design) const { return leaves_[leaf_index(design.values)]; }

StackOptions StackSpace::stack_options(StackLeaf const& leaf) const {
  auto options = options_;
  for (int const slab : {leaf.bottom, leaf.top}) {
    options.stiffness.push_back(slabs_[static_cast<std::size_t>(slab)].stiffness);
  }
  return options;
}

Eigen::Vector2d StackSpace::shift(Design const& design) const {
  return Eigen::Vector2d(static_cast<double>(design.values[discrete_depth]),
                         static_cast<double>(design.values[discrete_depth + 1])) / static_cast<double>(torus_grid);
}

double StackSpace::gap(Design const& design) const {
  Place const place{leaf_index(design.values), {design.values[discrete_depth], design.values[discrete_depth + 1]}};
  return lowest_gap(place) + gap_step * static_cast<double>(design.values[discrete_depth + 2]);
}

}  // namespace nacre::detail
