/// A carrier at the contact of two layers: site energies by distance, the way along and across, and how it compares
/// with the strained layers alone (definitions.md 6, 7).
#pragma once

#include <array>
#include <memory>
#include <optional>
#include <string>
#include <vector>

#include "nacre/core/api.hpp"
#include "nacre/stack/slab.hpp"
#include "nacre/transport/hop_analysis.hpp"

namespace nacre {

/// A layer's crystal in the in-plane cell of the stack: one repeat, third vector and atoms relaxed.
struct NACRE_API StrainedLayer {
  Crystal repeat;
  int primitive_atoms = 0;      ///< of its primitive cell
  double repeat_height = 0.0;   ///< [Å]
  std::string failure;          ///< empty, or the relaxation's reason
  double work = 0.0;
};
/// @param supercell ROWS: the stack's in-plane cell in the slab's basis  @param deformation of the slab's vectors into the
/// stack, as StackLayer has them
NACRE_API StrainedLayer strained_layer(Slab const& slab, Eigen::Matrix2i const& supercell,
                                       Eigen::Matrix2d const& deformation, Potential const& potential);

/// Hops in a strained layer alone.
struct NACRE_API LayerHops {
  std::string name;                 ///< formula
  double thickness = 0.0;           ///< of the layer in the stack [Å]
  bool carries = true;              ///< it has ions of the species
  HopNetwork network;
  HopAnalysis analysis;
  std::string failure;
  std::optional<CriticalHop> critical;  ///< of the easiest way in the plane
  std::optional<double> barrier(int axis) const;  ///< [eV]
};
/// @param height of the cell that it is computed in, made of whole repeats [Å]
NACRE_API LayerHops layer_hops(StrainedLayer const& layer, int species, Potential const& potential,
                               HopSettings const& settings, double height);

/// One site in a stack.
struct StackSite {
  int layer = 0;           ///< as the caller numbers them
  int contact = 0;         ///< the nearest one
  double distance = 0.0;   ///< from that contact's plane, positive above it [Å]
  bool middle = false;     ///< in the middle repeat of its layer
  double segregation = 0.0;  ///< energy less the mean of the layer's middle repeat [eV]
};

/// g = -(E_stack - E_bulk)/(kT ln 10) in one direction.
struct Enhancement {
  std::optional<double> value;
  double error = 0.0;
  double stack_barrier = 0.0, bulk_barrier = 0.0;  ///< [eV]
  Status status = Status::refused;
  std::string reason;
};

struct ContactHopOptions {
  HopSettings settings;
  double tolerance_A = 1e-3;     ///< of the symmetry search
  int most_computed = 12;        ///< kinds of hops, of the stack and of each layer
  double reach_A = 6.0;          ///< ways along a contact keep to sites this near to its plane (definitions.md 7)
  double temperature = 1500.0;   ///< that enhancements are for [K]
  std::array<bool, 3> directions{true, true, true};
  bool compare = true;  ///< also hops of the layers alone
};

struct NACRE_API ContactHops {
  std::vector<double> contacts;    ///< heights of the planes along the normal of a and b, in the first period [Å]
  double period = 0.0;             ///< [Å]
  std::vector<int> layers;         ///< numbers, upward
  std::vector<StackSite> sites;    ///< per site of the network
  std::vector<LayerHops> bulk;     ///< by layer, as `layers`
  HopNetwork network;
  HopAnalysis analysis;
  std::array<Enhancement, 3> enhancement;
  bool continued_crystal = false;  ///< the stack is one crystal, cut and joined: every enhancement is exactly 0
  std::shared_ptr<HopEnergies> energies;  ///< of the stack
  double work = 0.0;
  /// Lowest segregation energy near a contact (within reach) in a layer [eV]; none if it has no sites there.
  std::optional<double> segregation(int contact, int layer, double reach = 6.0) const;
  /// One sentence for each direction asked for: which hop limits the way, where, how it compares, how sure that is.
  std::vector<std::string> words(Crystal const& stack) const;
};

/// @param stack relaxed, periodic in three directions, without vacuum  @param layer per atom
/// @param crystals of the layers, by their numbers in rising order; empty: no comparison, estimates from site energies
/// @throws InputError for a stack with vacuum, one layer only, or layers that interleave
NACRE_API ContactHops contact_hops(Crystal const& stack, std::vector<int> const& layer,
                                   std::vector<StrainedLayer> const& crystals, int species, Potential const& potential,
                                   ContactHopOptions const& options);

}  // namespace nacre
