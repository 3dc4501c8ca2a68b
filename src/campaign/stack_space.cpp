#include "stack_space.hpp"

#include <Eigen/LU>
#include <algorithm>
#include <cmath>

#include "nacre/core/error.hpp"
#include "nacre/core/text.hpp"
#include "nacre/core/units.hpp"

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

StackSpace::StackSpace(CampaignConfig const& config, std::vector<LayerSlab> slabs)
    : slabs_(std::move(slabs)), gap_range_(config.stacks.gap_range) {
  for (auto const& material : config.materials) material_names_.push_back(material.name);
  options_.geometry = config.stacks.geometry == "slab" ? StackGeometry::slab : StackGeometry::superlattice;
  options_.vacuum = config.stacks.vacuum;
  root_.name = "bottom";
  list_leaves(config);
}

void StackSpace::list_leaves(CampaignConfig const& config) {
  auto const& limits = config.stacks;
  for (std::size_t b = 0; b < slabs_.size(); ++b) {
    for (std::size_t t = 0; t < slabs_.size(); ++t) {
      auto const &bottom = slabs_[b], &top = slabs_[t];
      // turned over, top on bottom is bottom on top (definitions.md 11): materials in the order of the campaign
      if (top.material < bottom.material) continue;
      if (top.material == bottom.material && (!limits.same_material || top.plane < bottom.plane)) continue;
      auto const found = find_coincidences(top.slab.plane.basis, bottom.slab.plane.basis,
                                           layer_point_group(top.slab.plane), layer_point_group(bottom.slab.plane),
                                           {limits.max_area, limits.max_strain});
      for (auto const& coincidence : found) {
        StackLeaf leaf{static_cast<int>(b), static_cast<int>(t), coincidence, atom_count(coincidence, bottom.slab, top.slab)};
        auto const twist = coincidence.twist * units::degrees;
        bool const in_window = twist >= limits.min_twist_deg.value_or(-360.0) && twist <= limits.max_twist_deg.value_or(360.0);
        if (leaf.atoms > limits.max_atoms || !in_window || is_identity(bottom, top, coincidence)) continue;
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
  for (auto const& [question, answer] : steps) {
    branch->name = question;
    auto const position = label_position(branch->labels, answer);
    if (position == branch->children.size()) branch->children.emplace_back();
    branch = &branch->children[position];
  }
  branch->name = "coincidence";
  auto label = coincidence_label(leaf.coincidence);
  if (std::find(branch->labels.begin(), branch->labels.end(), label) != branch->labels.end()) {
    label += " #" + std::to_string(branch->labels.size());
  }
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
    Eigen::Vector2d const shift(static_cast<double>(path[discrete_depth]), static_cast<double>(path[discrete_depth + 1]));
    node->name = "gap";
    node->kind = NodeKind::real;
    node->lower = lowest_gap(leaf, shift / static_cast<double>(torus_grid));
    node->upper = node->lower + 2.0 * gap_range_;
    node->step = gap_step;
    return node;
  }
  return nullptr;
}

double StackSpace::lowest_gap(StackLeaf const& leaf, Eigen::Vector2d const& shift) const {
  auto const middle = gap_from_radii(bottom(leaf), top(leaf), leaf.coincidence, shift, stack_options(leaf));
  return std::max(smallest_gap, std::round((middle - gap_range_) / gap_step) * gap_step);
}

std::vector<ShiftMap> const& StackSpace::symmetries(Design const& design) const {
  auto const index = leaf_index(design.values);
  auto found = symmetries_.find(index);
  if (found == symmetries_.end()) {
    auto const& leaf = leaves_[index];
    found = symmetries_.emplace(index, shift_symmetries(bottom(leaf).plane, top(leaf).plane, leaf.coincidence)).first;
  }
  return found->second;
}

Design StackSpace::canonical(Design const& design) const {
  auto result = design;
  auto const shift = canonical_shift(symmetries(design), {design.values[discrete_depth], design.values[discrete_depth + 1]});
  result.values[discrete_depth] = shift[0];
  result.values[discrete_depth + 1] = shift[1];
  return result;
}

StackLeaf const& StackSpace::leaf(Design const& design) const { return leaves_[leaf_index(design.values)]; }

StackOptions StackSpace::stack_options(StackLeaf const& leaf) const {
  auto options = options_;
  options.stiffness_first = slabs_[static_cast<std::size_t>(leaf.bottom)].stiffness;
  options.stiffness_second = slabs_[static_cast<std::size_t>(leaf.top)].stiffness;
  return options;
}

Eigen::Vector2d StackSpace::shift(Design const& design) const {
  return Eigen::Vector2d(static_cast<double>(design.values[discrete_depth]),
                         static_cast<double>(design.values[discrete_depth + 1])) / static_cast<double>(torus_grid);
}

double StackSpace::gap(Design const& design) const {
  return lowest_gap(leaf(design), shift(design)) + gap_step * static_cast<double>(design.values[discrete_depth + 2]);
}

}  // namespace nacre::detail
