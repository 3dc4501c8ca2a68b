/// Every pair of atoms within a cutoff, once, for cells of any shape and size, in time that grows with the number of
/// atoms; kept with a skin while a structure moves little by little.
///
/// Pairs come in an order, and with vectors, that depend on the configuration alone, not on when the list was made: by
/// first atom, species of the second, second atom, lattice vector between them. Atoms count by species, then index; the
/// second one is the later one. A list has pairs a little beyond the cutoff besides, which must add nothing.
#pragma once

#include <Eigen/Core>
#include <array>
#include <cstdint>
#include <vector>

#include "nacre/core/isa.hpp"
#include "nacre/crystal/crystal.hpp"
#include "nacre/potential/potential.hpp"
#include "neighbor_kernel.hpp"
#include "reduced_cell.hpp"

namespace nacre::detail {

/// Skin of the lists of moving structures [Å]: wider ones have more pairs, narrower ones are made more often.
inline constexpr double pair_list_skin = 0.7;

/// The atoms that a list is about.
struct PairSystem {
  Eigen::Matrix3d const& lattice;  ///< of directions without period: any vectors that make it invertible
  std::array<bool, 3> periodic;
  Eigen::Matrix3Xd const& positions;
  std::vector<int> const& species;  ///< index of each atom's species, 0 .. species_count - 1
  int species_count;
};

class PairList {
 public:
  /// Takes the configuration. With a skin the list that is there is kept if it must hold every pair below the cutoff;
  /// without one pairs are searched for as they are visited.
  void update(PairSystem const& system, double cutoff, double skin);

  /// The pairs of one atom: those with species s are entries[start[s]] .. entries[start[s + 1] - 1].
  struct Center {
    int atom;
    PairEntry const* entries;
    std::size_t const* start;
  };
  /// Calls visit(Center const&) for every atom, in order.
  template <class Visit>
  void for_each_center(Visit&& visit);

  /// Positions and lattice vectors that pairs are measured with, see PairGeometry.
  double const* atoms() const { return atoms_.data(); }
  double const* shifts() const { return shift_vectors_.data(); }
  /// The lattice vector of a pair for the positions as given.
  Eigen::Vector3i shift_between(int first, PairEntry const& entry) const;
  /// How often the list was made.
  std::int64_t builds() const { return builds_; }

 private:
  void take_positions(PairSystem const& system);
  bool holds(PairSystem const& system, double cutoff) const;
  void build(PairSystem const& system, double reach);
  void store(PairSystem const& system);
  void wrap(PairSystem const& system);
  void order_atoms(PairSystem const& system);
  void find_shifts();
  void tabulate_shifts();
  void set_shift_vectors(Eigen::Matrix3d const& lattice);
  void make_images(PairSystem const& system);
  void lay_out_bins(Eigen::Vector3d const& size);
  void sort_into_bins(Eigen::Vector3d const& size);
  void search(std::size_t rank);
  int search_bins(NeighborSearch const& near) const;
  void sort_found(int count, int floor);
  int code(Eigen::Vector3i const& shift) const { return (shift[0] * table_[1] + shift[1]) * table_[2] + shift[2]; }

  Isa const isa_ = selected_isa();
  double reach_ = 0.0;  // [Å]
  bool stored_ = false, apart_ = false;
  std::int64_t builds_ = 0;
  int species_count_ = 0;
  ReducedCell cell_;
  std::vector<double> atoms_, shift_vectors_;
  Eigen::Matrix3Xd wrapped_, fractional_;
  std::vector<Eigen::Vector3i> wraps_;   // what moves each atom into the cell, reduced basis
  std::vector<int> order_;               // atoms by species, then index
  Eigen::Vector3i wrap_spread_;          // largest difference of two of them
  std::vector<Eigen::Vector3i> images_;  // lattice vectors of images that can be near, reduced basis
  Eigen::Vector3i largest_, table_;      // components between two atoms, reduced basis; size of the table of shifts
  std::vector<Eigen::Vector3i> shift_table_;  // given basis
  Eigen::Vector3d low_, high_;                // corners of the box that images lie in
  std::vector<float> x_, y_, z_;              // of images from the lower corner: by atom, then lattice vector
  std::vector<int> image_atom_, image_code_, own_image_, species_end_;

  bool binned_ = false;
  float edge_ = 0.0F, range_ = 0.0F;  // of bins; of searches: the reach and what single precision may lack
  Eigen::Vector3i bins_;
  std::vector<int> bin_start_, bin_of_, number_;
  std::vector<float> bx_, by_, bz_;
  std::vector<int> found_;
  std::vector<std::uint64_t> marks_, marked_words_;

  std::vector<PairEntry> entries_, all_entries_;  // of one atom; of the stored list
  std::vector<std::size_t> start_, all_starts_;   // of each species; of each atom and species
  std::array<bool, 3> built_periodic_{};          // what the stored list is of
  Eigen::Matrix3d built_lattice_;
  Eigen::Matrix3Xd built_positions_;
  std::vector<int> built_species_;
};

/// A list for a moving structure.
struct KeptPairs final : EvaluationState::Part {
  PairList list;
};

template <class Visit>
void PairList::for_each_center(Visit&& visit) {
  auto const species = static_cast<std::size_t>(species_count_);
  for (std::size_t rank = 0; rank < order_.size(); ++rank) {
    if (stored_) {
      visit(Center{order_[rank], all_entries_.data(), &all_starts_[rank * species]});
    } else {
      search(rank);
      visit(Center{order_[rank], entries_.data(), start_.data()});
    }
  }
}

}  // namespace nacre::detail
