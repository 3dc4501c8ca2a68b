#include "image_grid.hpp"

#include <Eigen/LU>
#include <algorithm>
#include <cstdint>
#include <limits>

#include "neighbor_kernel.hpp"

namespace nacre::detail {
namespace {

/// Subtracts integer multiples of other vectors from vector i while that makes it shorter by more than rounding.
bool shorten(Eigen::Matrix3d& lattice, Eigen::Matrix3i& transform, int i, std::array<bool, 3> const& periodic) {
  constexpr double margin = 1.0 - 1e-9;
  bool changed = false;
  for (int j = 0; j < 3; ++j) {
    if (j == i || !periodic[j]) continue;
    double const n = std::round(lattice.col(i).dot(lattice.col(j)) / lattice.col(j).squaredNorm());
    Eigen::Vector3d const shorter = lattice.col(i) - n * lattice.col(j);
    if (n == 0.0 || shorter.squaredNorm() >= margin * lattice.col(i).squaredNorm()) continue;
    lattice.col(i) = shorter;
    transform.col(i) -= static_cast<int>(n) * transform.col(j);
    changed = true;
  }
  return changed;
}

}  // namespace

ReducedCell reduce_cell(Eigen::Matrix3d const& lattice, std::array<bool, 3> const& periodic) {
  ReducedCell cell{lattice, Eigen::Matrix3d::Identity(), Eigen::Matrix3i::Identity(), periodic};
  for (bool changed = true; changed;) {
    changed = false;
    for (int i = 0; i < 3; ++i) {
      if (periodic[i] && shorten(cell.lattice, cell.transform, i, periodic)) changed = true;
    }
  }
  cell.lattice = lattice * cell.transform.cast<double>();
  cell.inverse = cell.lattice.inverse();
  return cell;
}

Eigen::Vector3d cell_heights(Eigen::Matrix3d const& inverse) { return inverse.rowwise().norm().cwiseInverse(); }

void ImageGrid::build(ReducedCell const& cell, Eigen::Matrix3Xd const& positions, std::vector<int> const& species,
                      int species_count, double cutoff) {
  cutoff_ = cutoff;
  species_count_ = species_count;
  wrap(cell, positions);
  find_shifts(cell);
  lay_out_bins();
  fill_bins(species);
}

void ImageGrid::wrap(ReducedCell const& cell, Eigen::Matrix3Xd const& positions) {
  auto const count = positions.cols();
  fractional_ = cell.inverse * positions;
  wrapped_.resize(3, count);
  wraps_.resize(static_cast<std::size_t>(count));
  for (Eigen::Index i = 0; i < count; ++i) {
    auto& wrap = wraps_[static_cast<std::size_t>(i)];
    for (int d = 0; d < 3; ++d) wrap[d] = cell.periodic[d] ? static_cast<int>(-std::floor(fractional_(d, i))) : 0;
    fractional_.col(i) += wrap.cast<double>();
    wrapped_.col(i) = positions.col(i) + cell.lattice * wrap.cast<double>();
  }
  low_ = wrapped_.rowwise().minCoeff();
  high_ = wrapped_.rowwise().maxCoeff();
}

/// Shifts of the half space (first non-zero component positive) whose images can reach an atom of the cell; zero first.
void ImageGrid::find_shifts(ReducedCell const& cell) {
  Eigen::Vector3d const spread = fractional_.rowwise().maxCoeff() - fractional_.rowwise().minCoeff();
  Eigen::Vector3d const heights = cell_heights(cell.inverse);
  Eigen::Vector3i reach;
  for (int d = 0; d < 3; ++d) {
    reach[d] = cell.periodic[d] ? static_cast<int>(std::floor(spread[d] + cutoff_ / heights[d] + 1e-9)) : 0;
  }
  shifts_.assign(1, Eigen::Vector3i::Zero());
  for (int a = 0; a <= reach[0]; ++a) {
    for (int b = a == 0 ? 0 : -reach[1]; b <= reach[1]; ++b) {
      for (int c = a == 0 && b == 0 ? 1 : -reach[2]; c <= reach[2]; ++c) shifts_.emplace_back(a, b, c);
    }
  }
  shift_vectors_.resize(3, static_cast<Eigen::Index>(shifts_.size()));
  for (std::size_t s = 0; s < shifts_.size(); ++s) {
    shift_vectors_.col(static_cast<Eigen::Index>(s)) = cell.lattice * shifts_[s].cast<double>();
  }
}

/// Bins of a third of the cutoff, or larger where that would make more than a few for each atom.
void ImageGrid::lay_out_bins() {
  low_.array() -= cutoff_;
  high_.array() += cutoff_;
  Eigen::Vector3d const size = high_ - low_;
  double const most = 64.0 * static_cast<double>(wrapped_.cols()) + 4096.0;
  edge_ = std::max({cutoff_ / 3.0, std::cbrt(size.prod() / most), 1e-6});
  for (int d = 0; d < 3; ++d) bins_[d] = 1 + static_cast<int>(size[d] / edge_);
}

template <class Visit>
void ImageGrid::visit_images(Visit&& visit) const {
  for (int s = 0; s < shift_vectors_.cols(); ++s) {
    Eigen::Vector3d const shift = shift_vectors_.col(s);
    for (int j = 0; j < wrapped_.cols(); ++j) {
      double const x = wrapped_(0, j) + shift[0], y = wrapped_(1, j) + shift[1], z = wrapped_(2, j) + shift[2];
      bool const inside =
          x >= low_[0] && x <= high_[0] && y >= low_[1] && y <= high_[1] && z >= low_[2] && z <= high_[2];
      if (!inside) continue;
      int const bx = static_cast<int>((x - low_[0]) / edge_), by = static_cast<int>((y - low_[1]) / edge_);
      int const bz = static_cast<int>((z - low_[2]) / edge_);
      visit(s, j, x, y, z, bx + bins_[0] * (by + bins_[1] * bz));
    }
  }
}

void ImageGrid::fill_bins(std::vector<int> const& species) {
  int const per_species = bins_.prod();
  start_.assign(static_cast<std::size_t>(per_species) * static_cast<std::size_t>(species_count_) + 1, 0);
  auto const slot = [&](int j, int bin) {
    return static_cast<std::size_t>(species[static_cast<std::size_t>(j)]) * static_cast<std::size_t>(per_species) +
           static_cast<std::size_t>(bin);
  };
  visit_images([&](int, int j, double, double, double, int bin) { ++start_[slot(j, bin) + 1]; });
  for (std::size_t k = 1; k < start_.size(); ++k) start_[k] += start_[k - 1];
  auto const total = static_cast<std::size_t>(start_.back());
  for (auto* array : {&x_, &y_, &z_}) array->resize(total);
  for (auto* array : {&dx_, &dy_, &dz_, &r2_}) array->resize(total + 8);
  for (auto* array : {&atom_, &rank_, &shift_index_}) array->resize(total);
  for (auto* array : {&second_, &shift_}) array->resize(total + 8);
  cursor_.assign(start_.begin(), start_.end() - 1);
  visit_images([&](int s, int j, double x, double y, double z, int bin) {
    auto const k = static_cast<std::size_t>(cursor_[slot(j, bin)]++);
    x_[k] = x, y_[k] = y, z_[k] = z;
    atom_[k] = j;
    shift_index_[k] = s;
    rank_[k] = s == 0 ? j : std::numeric_limits<int>::max();
  });
}

/// Rows of bins along x that come closer than the cutoff to a point.
void ImageGrid::find_rows(double x, double y, double z) {
  rows_.clear();
  auto const gap = [&](double coordinate, double low, int bin) {
    double const from = low + bin * edge_;
    return std::max({0.0, from - coordinate, coordinate - from - edge_});
  };
  auto const bin = [&](double coordinate, int d) {
    return std::clamp(static_cast<int>(std::floor((coordinate - low_[d]) / edge_)), 0, bins_[d] - 1);
  };
  double const reach = cutoff_ * (1.0 + 1e-12) + 1e-9;  // a bin's border and an atom in it may differ by rounding
  for (int bz = bin(z - reach, 2); bz <= bin(z + reach, 2); ++bz) {
    double const dz = gap(z, low_[2], bz), left_z = reach * reach - dz * dz;
    for (int by = bin(y - reach, 1); by <= bin(y + reach, 1); ++by) {
      double const dy = gap(y, low_[1], by), left = left_z - dy * dy;
      if (left < 0.0) continue;
      double const half = std::sqrt(left);
      int const row = bins_[0] * (by + bins_[1] * bz);
      rows_.push_back({row + bin(x - half, 0), row + bin(x + half, 0)});
    }
  }
}

int ImageGrid::collect(int first, int species) {
  NeighborSearch const search{wrapped_(0, first), wrapped_(1, first), wrapped_(2, first), cutoff_ * cutoff_, first,
                              x_.data(), y_.data(), z_.data(), rank_.data(), atom_.data(), shift_index_.data(),
                              dx_.data(), dy_.data(), dz_.data(), r2_.data(), second_.data(), shift_.data()};
  auto const range = search_range(isa_);
  auto const base = static_cast<std::size_t>(species) * static_cast<std::size_t>(bins_.prod());
  int count = 0;
  for (auto const& row : rows_) {
    int const begin = start_[base + static_cast<std::size_t>(row.first_bin)];
    int const end = start_[base + static_cast<std::size_t>(row.last_bin) + 1];
    if (begin < end) count = range(search, begin, end, count);
  }
  return count;
}

}  // namespace nacre::detail
