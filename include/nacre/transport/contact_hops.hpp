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

/// What a barrier, or a difference of two, is uncertain by in one model [eV]; standard errors that add in quadrature.
struct NACRE_API BarrierError {
  double forces = 0.0;  ///< what the minimisers left
  double start = 0.0;   ///< change when end points and saddle are found again from another start
  double cell = 0.0;    ///< change with the size of the cell: images of the carrier
  double field = 0.0;   ///< a dipole step's field over the way, which a charged cell cannot take off
  double model = 0.0;   ///< what a learned model's barriers are off (uncalibrated_share)
  double strain = 0.0;  ///< change of the strained layers' barrier by the strain of the coincidence (definitions.md 2)
  double total() const;
};

/// Hops in a strained layer alone.
struct NACRE_API LayerHops {
  std::string name;                 ///< formula
  double thickness = 0.0;           ///< of the layer in the stack [Å]
  bool carries = true;              ///< it has ions of the species
  HopNetwork network;
  HopAnalysis analysis;
  std::string failure;
  std::optional<CriticalHop> critical;   ///< of the easiest way in the plane
  std::array<double, 3> second_start{};  ///< how far the barriers change from another start [eV]; what `check_start` found
  std::array<double, 3> size_shift{};  ///< of the barriers in the cell of a stack, against those of the layer's own [eV]
  std::optional<double> barrier(int axis) const;  ///< [eV]
};
/// @param height of the cell that it is computed in, made of whole repeats [Å]
NACRE_API LayerHops layer_hops(StrainedLayer const& layer, int species, Potential const& potential,
                               HopSettings const& settings, double height);

/// Fills in `size_shift`: the limiting hop and the lowest site of each walk again, in a cell of the stack's shape.
/// @param crystal with the stack's in-plane cell @param height of the stack [Å] @return work
NACRE_API double fit_layer_hops(LayerHops& layer, StrainedLayer const& crystal, int species, Potential const& potential,
                                HopSettings const& settings, double height, std::array<bool, 3> const& directions);

/// How far the barrier along each axis changes when the lowest site of its walk and its bottleneck are relaxed again from
/// other rattles [eV]; 0 where there is no walk, infinite where the second start broke. Adds its work to `work`.
NACRE_API std::array<double, 3> check_start(Crystal const& cell, HopNetwork const& network, HopEnergies& first,
                                            HopAnalysis const& analysis, int species, Potential const& potential,
                                            HopSettings settings, double& work);

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
  BarrierError parts;  ///< of E_stack - E_bulk
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
  /// Of the same crystals in cells of their own, by the layers' numbers. Empty: computed here.
  std::vector<LayerHops> alone;
  bool second_start = true;  ///< also computes what limits the ways from a second start
  /// Ways in the plane are those of the contact above this layer alone, by the layers' numbers, and traps those of sites
  /// nearer to it than to others; else of any contact.
  std::optional<int> contact_above;
  /// Carriers per site inside each layer, by the layers' numbers: which layers conduct, and how well. Empty or all 0: all
  /// do, and there are no conductances.
  std::vector<double> carriers;
};

/// What a contact adds to the layers beside it (definitions.md 6), from the whole network of hops: interiors hold the
/// layers' carriers, sites near a contact what their energies ask for, no site more than one.
struct NACRE_API ContactConduction {
  std::array<double, 2> sheet{}, sheet_layers{};  ///< of a period, along x and y; of its layers alone [S]
  std::array<double, 2> dS{}, dS_error{};         ///< per contact [S]
  double resistance = 0.0, resistance_layers = 0.0;  ///< across a period [ohm m^2]
  double dR = 0.0, dR_error = 0.0;                   ///< per contact [ohm m^2]; NaN where a layer has no carriers
};

struct NACRE_API ContactHops {
  std::vector<double> contacts;    ///< heights of the planes along the normal of a and b, in the first period [Å]
  std::optional<int> own;          ///< the one that ways in the plane keep to, if it is one only; the others close the period
  double period = 0.0;             ///< [Å]
  std::vector<int> layers;         ///< numbers, upward
  std::vector<StackSite> sites;    ///< per site of the network
  std::vector<LayerHops> bulk;     ///< by layer, as `layers`
  HopNetwork network;
  HopAnalysis analysis;
  std::array<Enhancement, 3> enhancement;
  std::array<BarrierError, 3> error;  ///< of the stack's own barriers
  double temperature = 0.0;           ///< that enhancements are for [K]
  std::optional<ContactConduction> conduction;  ///< if the layers' carriers and hops are known
  double field = 0.0;      ///< in the layers, from a dipole step at the contacts [V/Å]
  bool dipole_step = false;  ///< that field drops more than 0.05 V over a period (definitions.md 3)
  bool continued_crystal = false;  ///< the stack is one crystal, cut and joined: every enhancement is exactly 0
  std::shared_ptr<HopEnergies> energies;  ///< of the stack
  double work = 0.0;
  /// Counts one more part of the error of every barrier and enhancement.
  void widen(double BarrierError::* part, double value);
  /// Lowest segregation energy near a contact (within reach) in a layer [eV]; none if it has no sites there.
  std::optional<double> segregation(int contact, int layer, double reach = 6.0) const;
  /// One sentence for each direction asked for, x and y in one if they are alike: which hop limits the way, where, how it
  /// compares with the layers, how sure that is.
  std::vector<std::string> words(Crystal const& stack) const;
};

/// @param stack relaxed, periodic in three directions, without vacuum  @param layer per atom
/// @param crystals of the layers, by their numbers in rising order; empty: no comparison, estimates from site energies
/// @throws InputError for a stack with vacuum, one layer only, or layers that interleave
NACRE_API ContactHops contact_hops(Crystal const& stack, std::vector<int> const& layer,
                                   std::vector<StrainedLayer> const& crystals, int species, Potential const& potential,
                                   ContactHopOptions const& options);

/// What changes when the narrower side of the stack's cell is doubled [eV]: the energy of the lowest site of the easiest
/// way in the plane, counted from the lowest site of a middle repeat (definitions.md 7 asks for less than 0.05), and the
/// barrier of that way.
struct LateralCheck {
  double change = 0.0;
  double error = 0.0;
  double barrier_change = 0.0;
  std::string failure;  ///< empty, or why there is none
  double work = 0.0;
};
NACRE_API LateralCheck check_lateral(ContactHops const& contact, Crystal const& stack, int species,
                                     Potential const& potential, HopSettings settings);

/// Conductances of a stack whose hops are known. @param charge of the ion [e] @param nu0 attempt frequency [1/ps]
NACRE_API std::optional<ContactConduction> contact_conduction(ContactHops const& contact,
                                                              std::vector<double> const& carriers, double charge,
                                                              double temperature, double nu0 = 10.0);

}  // namespace nacre
