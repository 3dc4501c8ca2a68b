/// The images of a crystal's atoms around its cell, in bins: every pair of ions within a cutoff, once, for cells of any
/// shape and size, in time that grows with the number of atoms.
///
/// The order of pairs depends on the configuration alone: by first atom, species of the second, bin, cell shift, second
/// atom.
#pragma once

#include <Eigen/Core>
#include <array>
#include <cmath>
#include <vector>

#include "nacre/core/isa.hpp"

namespace nacre::detail {

/// A basis of the same lattice with short vectors; vectors along which the crystal is not periodic are kept.
struct ReducedCell {
  Eigen::Matrix3d lattice;  ///< columns [Å]
  Eigen::Matrix3d inverse;
  Eigen::Matrix3i transform;  ///< reduced = given * transform, determinant 1 or -1
  std::array<bool, 3> periodic;
};
ReducedCell reduce_cell(Eigen::Matrix3d const& lattice, std::array<bool, 3> const& periodic);

/// Distance between opposite faces of the cell, for each lattice vector [Å].
Eigen::Vector3d cell_heights(Eigen::Matrix3d const& inverse);

class ImageGrid {
 public:
  /// @param species index of each atom's species, 0 .. species_count - 1
  void build(ReducedCell const& cell, Eigen::Matrix3Xd const& positions, std::vector<int> const& species,
             int species_count, double cutoff);

  /// The neighbours of one atom that belong to one species: vectors from the atom [Å], squared distances, atoms.
  struct Batch {
    int first, species, count;
    double const *dx, *dy, *dz, *r2;
    int const* second;
    int const* shift;  ///< index into shifts() for each neighbour
  };
  /// Calls visit(Batch const&) for every atom and species that has neighbours closer than the cutoff.
  template <class Visit>
  void for_each_batch(Visit&& visit);

  /// Cell shifts of the images, reduced basis, relative to the atoms moved into the cell.
  std::vector<Eigen::Vector3i> const& shifts() const { return shifts_; }
  /// What was added to each atom to move it into the cell, reduced basis.
  std::vector<Eigen::Vector3i> const& wraps() const { return wraps_; }

 private:
  struct Row {
    int first_bin, last_bin;
  };
  void wrap(ReducedCell const& cell, Eigen::Matrix3Xd const& positions);
  void find_shifts(ReducedCell const& cell);
  void lay_out_bins();
  void fill_bins(std::vector<int> const& species);
  template <class Visit>
  void visit_images(Visit&& visit) const;
  void find_rows(double x, double y, double z);
  int collect(int first, int species);

  Isa const isa_ = selected_isa();
  double cutoff_ = 0.0, edge_ = 0.0;
  int species_count_ = 0;
  Eigen::Matrix3Xd wrapped_, fractional_;
  std::vector<Eigen::Vector3i> wraps_, shifts_;
  Eigen::Matrix3Xd shift_vectors_;
  Eigen::Vector3d low_, high_;
  Eigen::Vector3i bins_;
  std::vector<int> start_;  // of each (species, bin) in the image arrays
  std::vector<double> x_, y_, z_;
  std::vector<int> atom_, rank_, shift_index_;  // rank: atom for the cell itself, larger than any atom for images
  std::vector<int> cursor_;
  std::vector<Row> rows_;
  std::vector<double> dx_, dy_, dz_, r2_;
  std::vector<int> second_, shift_;
};

template <class Visit>
void ImageGrid::for_each_batch(Visit&& visit) {
  for (int i = 0; i < wrapped_.cols(); ++i) {
    find_rows(wrapped_(0, i), wrapped_(1, i), wrapped_(2, i));
    for (int s = 0; s < species_count_; ++s) {
      int const count = collect(i, s);
      if (count == 0) continue;
      visit(Batch{i, s, count, dx_.data(), dy_.data(), dz_.data(), r2_.data(), second_.data(), shift_.data()});
    }
  }
}

}  // namespace nacre::detail
