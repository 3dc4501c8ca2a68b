/// The search tree of two-layer stacks: materials, planes, terminations, coincidence, shift, gap. Internal to campaign.
#pragma once

#include <compare>
#include <map>
#include <memory>
#include <optional>
#include <string>
#include <vector>

#include "nacre/campaign/config.hpp"
#include "nacre/potential/contact_energy.hpp"
#include "nacre/search/space.hpp"
#include "nacre/stack/contact.hpp"
#include "nacre/stack/slab.hpp"
#include "nacre/stack/stack.hpp"

namespace nacre::detail {

/// A slab that may be a layer: neutral or charge-compensated within its repeat, so that it has a surface energy.
struct LayerSlab {
  int material = 0;                  ///< index into the campaign's materials
  int plane = 0;                     ///< index into the material's planes
  std::string plane_label;           ///< "111"
  Slab slab;
  PlaneStiffness stiffness;          ///< in its own slab frame [eV/Å^3]
  bool surface_known = false, reference_known = false;
  Estimate reference;                ///< W_ad of the crystal cut here and joined again [J/m^2]
  SurfaceEnergy surface;             ///< of the unstrained slab [J/m^2]
};

/// One path of discrete choices.
struct StackLeaf {
  int bottom = 0, top = 0;           ///< indices into the slabs
  Coincidence coincidence;
  std::int64_t atoms = 0;
};

/// Two planes of materials, indices as in LayerSlab. Turned over, top on bottom is bottom on top (definitions.md 11):
/// materials come in the order of the campaign.
struct LayerPair {
  int bottom_material = 0, bottom_plane = 0, top_material = 0, top_plane = 0;
  auto operator<=>(LayerPair const&) const = default;
};

/// The pairs that the campaign asks for, once each, in increasing order.
std::vector<LayerPair> layer_pairs(CampaignConfig const& config, std::vector<LayerSlab> const& slabs);

/// Matches of any two slabs on a pair of planes.
struct PairMatches {
  std::vector<Coincidence> matches;
  bool truncated = false;  ///< there are more within the limits
};
PairMatches find_matches(CampaignConfig const& config, std::vector<LayerSlab> const& slabs, LayerPair const& pair);

class StackSpace final : public Space {
 public:
  /// @param matches of all `layer_pairs`
  StackSpace(CampaignConfig const& config, std::vector<LayerSlab> slabs, std::map<LayerPair, PairMatches> const& matches);

  std::shared_ptr<Node const> next(std::span<std::int64_t const> path) const override;
  Design canonical(Design const& design) const override;

  std::vector<LayerSlab> const& slabs() const { return slabs_; }
  std::vector<StackLeaf> const& leaves() const { return leaves_; }
  /// The leaf that the first `discrete_depth` answers lead to.
  StackLeaf const& leaf(Design const& design) const;
  StackOptions stack_options(StackLeaf const& leaf) const;
  Slab const& bottom(StackLeaf const& leaf) const { return slabs_[static_cast<std::size_t>(leaf.bottom)].slab; }
  Slab const& top(StackLeaf const& leaf) const { return slabs_[static_cast<std::size_t>(leaf.top)].slab; }
  /// Shift and gap of a design, as build_stack takes them.
  Eigen::Vector2d shift(Design const& design) const;
  double gap(Design const& design) const;
  /// Middle of the gaps that are searched [Å], for slabs that may be thicker than the leaf's.
  double middle_gap(Slab const& bottom, Slab const& top, StackLeaf const& leaf, Eigen::Vector2d const& shift) const;
  /// How the symmetry of the design's leaf acts on shifts, turning the stack over included where that leads back to the
  /// leaf; identity first.
  std::vector<ShiftMap> const& symmetries(Design const& design) const;

  static constexpr std::size_t discrete_depth = 7;

 private:
  struct Branch {
    std::string name;
    std::vector<std::string> labels;
    std::vector<Branch> children;    ///< empty above a leaf
    std::vector<std::size_t> leaves; ///< above a leaf: index per label
  };
  /// A leaf with a shift.
  struct Place {
    std::size_t leaf;
    GridShift shift;
  };
  /// What turning a leaf over gives (definitions.md 11).
  struct Turned {
    std::size_t leaf;
    ShiftMap map;
  };
  /// How equal designs of one leaf are found.
  struct Equivalence {
    std::vector<ShiftMap> symmetries;  ///< with the turned ones, if the leaf is turned onto itself
    std::optional<Turned> home;        ///< where its designs are counted, if not here
  };
  struct Siblings {
    std::vector<std::size_t> leaves;
    std::vector<Coincidence> matches;
  };
  Siblings const& siblings(int material, int plane) const;
  Equivalence const& equivalence(std::size_t index) const;
  std::optional<std::pair<Turned, bool>> turned(std::size_t index) const;
  Place canonical(Place place) const;
  void list_leaves(CampaignConfig const& config, std::map<LayerPair, PairMatches> const& matches);
  void grow(StackLeaf const& leaf, std::size_t index);
  std::size_t leaf_index(std::span<std::int64_t const> path) const;
  double lowest_gap(Place const& place) const;
  double lowest_gap(Slab const& bottom, Slab const& top, StackLeaf const& leaf, Eigen::Vector2d const& shift) const;

  std::vector<LayerSlab> slabs_;
  std::vector<std::string> material_names_;
  std::vector<StackLeaf> leaves_;
  std::vector<std::vector<std::int64_t>> paths_;  ///< answers that lead to each leaf
  Branch root_;
  double gap_range_;
  StackOptions options_;
  mutable std::map<std::pair<int, int>, Siblings> siblings_;  ///< by material and plane
  mutable std::map<std::size_t, Equivalence> equivalences_;   ///< by leaf; made when first asked for
};

}  // namespace nacre::detail
