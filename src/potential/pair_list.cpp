#include "pair_list.hpp"

#include <Eigen/LU>
#include <algorithm>
#include <bit>
#include <cmath>
#include <tuple>
#include <utility>

#include "nacre/core/error.hpp"

namespace nacre::detail {
namespace {

/// Atoms given farther apart than this many cells are moved into the cell first, and their list is not kept.
constexpr int farthest_cells = 16;
/// Up to here trying all images is faster than sorting them into bins.
constexpr std::size_t binned_images = 10000;

bool lexically_before(Eigen::Vector3i const& a, Eigen::Vector3i const& b) {
  return std::tuple(a[0], a[1], a[2]) < std::tuple(b[0], b[1], b[2]);
}

}  // namespace

void PairList::update(PairSystem const& system, double cutoff, double skin) {
  cell_ = reduce_cell(system.lattice, system.periodic);
  wrap(system);
  bool const keep = skin > 0.0 && !apart_;
  if (!keep || !stored_ || !holds(system, cutoff)) {
    stored_ = false;
    build(system, cutoff + skin);
    if (keep) store(system);
  }
  take_positions(system);
  set_shift_vectors(system.lattice);
}

/// Whether the stored list has every pair closer than the cutoff: with F the change of the lattice and u_i the motion of
/// an atom besides it (and besides all others'), a pair was at most |F^-1| cutoff + |u_i| + |u_j| apart.
bool PairList::holds(PairSystem const& system, double cutoff) const {
  bool const same = species_count_ == system.species_count && built_periodic_ == system.periodic &&
                    built_positions_.cols() == system.positions.cols() && built_species_ == system.species;
  if (!same) return false;
  Eigen::Matrix3d const back = built_lattice_ * system.lattice.inverse();
  Eigen::Matrix3Xd const motion = back * system.positions - built_positions_;
  Eigen::Vector3d const mean = motion.rowwise().mean();
  double first = 0.0, second = 0.0;  // the two largest squares
  for (Eigen::Index i = 0; i < motion.cols(); ++i) {
    double const square = (motion.col(i) - mean).squaredNorm();
    second = std::max(second, std::min(first, square));
    first = std::max(first, square);
  }
  double const stretch = 1.0 + (back - Eigen::Matrix3d::Identity()).norm();
  return stretch * cutoff + std::sqrt(first) + std::sqrt(second) + 1e-9 < reach_;
}

void PairList::wrap(PairSystem const& system) {
  auto const count = system.positions.cols();
  fractional_.noalias() = cell_.inverse * system.positions;
  wraps_.resize(static_cast<std::size_t>(count));
  Eigen::Vector3i least = Eigen::Vector3i::Zero(), most = least;
  for (Eigen::Index i = 0; i < count; ++i) {
    auto& wrap = wraps_[static_cast<std::size_t>(i)];
    for (int d = 0; d < 3; ++d) {
      bool const periodic = system.periodic[static_cast<std::size_t>(d)];
      require(!periodic || std::abs(fractional_(d, i)) < 1e8, "atom ", i + 1, " lies ", fractional_(d, i),
              " lattice vectors away from the cell: move it closer");
      wrap[d] = periodic ? static_cast<int>(-std::floor(fractional_(d, i))) : 0;
    }
    fractional_.col(i) += wrap.cast<double>();
    least = i == 0 ? wrap : least.cwiseMin(wrap);
    most = i == 0 ? wrap : most.cwiseMax(wrap);
  }
  wrap_spread_ = most - least;
  apart_ = wrap_spread_.maxCoeff() > farthest_cells;
}

/// The positions that pairs are measured with: as given, or inside the cell where those are far apart.
void PairList::take_positions(PairSystem const& system) {
  auto const count = static_cast<std::size_t>(system.positions.cols());
  atoms_.resize(4 * count);
  for (std::size_t i = 0; i < count; ++i) {
    auto const column = static_cast<Eigen::Index>(i);
    auto const place = (apart_ ? wrapped_ : system.positions).col(column);
    for (int d = 0; d < 3; ++d) atoms_[4 * i + static_cast<std::size_t>(d)] = place[d];
    atoms_[4 * i + 3] = 0.0;
  }
}

Eigen::Vector3i PairList::shift_between(int first, PairEntry const& entry) const {
  Eigen::Vector3i shift = shift_table_[static_cast<std::size_t>(entry.shift)];
  auto const wrap = [&](int atom) { return wraps_[static_cast<std::size_t>(atom)]; };
  if (apart_) shift += cell_.transform * (wrap(entry.atom) - wrap(first));
  return shift;
}

void PairList::build(PairSystem const& system, double reach) {
  ++builds_;
  reach_ = reach;
  species_count_ = system.species_count;
  wrapped_.resize(3, system.positions.cols());
  for (Eigen::Index i = 0; i < wrapped_.cols(); ++i) {
    wrapped_.col(i) =
        system.positions.col(i) + cell_.lattice * wraps_[static_cast<std::size_t>(i)].cast<double>();
  }
  order_atoms(system);
  find_shifts();
  tabulate_shifts();
  make_images(system);
  binned_ = x_.size() > binned_images;
  if (binned_) sort_into_bins(high_ - low_);
  start_.resize(static_cast<std::size_t>(species_count_) + 1);
}

/// Makes the whole list.
void PairList::store(PairSystem const& system) {
  all_entries_.clear();
  all_starts_.assign(1, 0);
  for (std::size_t rank = 0; rank < order_.size(); ++rank) {
    search(rank);
    for (std::size_t s = 1; s < start_.size(); ++s) all_starts_.push_back(all_entries_.size() + start_[s]);
    all_entries_.insert(all_entries_.end(), entries_.begin(), entries_.begin() + static_cast<std::ptrdiff_t>(start_.back()));
  }
  stored_ = true;
  built_periodic_ = system.periodic;
  built_lattice_ = system.lattice;
  built_positions_ = system.positions;
  built_species_ = system.species;
}

void PairList::order_atoms(PairSystem const& system) {
  order_.clear();
  for (int s = 0; s < species_count_; ++s) {
    for (std::size_t i = 0; i < system.species.size(); ++i) {
      if (system.species[i] == s) order_.push_back(static_cast<int>(i));
    }
  }
}

/// Lattice vectors whose images can reach an atom of the cell, in the order of their components in the given basis.
void PairList::find_shifts() {
  Eigen::Vector3d const spread = fractional_.rowwise().maxCoeff() - fractional_.rowwise().minCoeff();
  Eigen::Vector3d const heights = cell_heights(cell_.inverse);
  Eigen::Vector3i reach;
  for (int d = 0; d < 3; ++d) {
    bool const periodic = cell_.periodic[static_cast<std::size_t>(d)];
    reach[d] = periodic ? static_cast<int>(std::floor(spread[d] + reach_ / heights[d] + 1e-9)) : 0;
  }
  images_.clear();
  for (int a = -reach[0]; a <= reach[0]; ++a) {
    for (int b = -reach[1]; b <= reach[1]; ++b) {
      for (int c = -reach[2]; c <= reach[2]; ++c) images_.emplace_back(a, b, c);
    }
  }
  std::sort(images_.begin(), images_.end(), [&](Eigen::Vector3i const& a, Eigen::Vector3i const& b) {
    return lexically_before(cell_.transform * a, cell_.transform * b);
  });
  largest_ = apart_ ? reach : Eigen::Vector3i(reach + wrap_spread_);
  table_ = 2 * largest_ + Eigen::Vector3i::Ones();
}

/// All lattice vectors that can lie between two atoms as given, by the code of their components in the reduced basis.
void PairList::tabulate_shifts() {
  shift_table_.clear();
  for (int a = -largest_[0]; a <= largest_[0]; ++a) {
    for (int b = -largest_[1]; b <= largest_[1]; ++b) {
      for (int c = -largest_[2]; c <= largest_[2]; ++c)
        shift_table_.emplace_back(cell_.transform * Eigen::Vector3i(a, b, c));
    }
  }
}

void PairList::set_shift_vectors(Eigen::Matrix3d const& lattice) {
  shift_vectors_.resize(4 * shift_table_.size());
  for (std::size_t s = 0; s < shift_table_.size(); ++s) {
    Eigen::Map<Eigen::Vector4d, Eigen::Unaligned>(&shift_vectors_[4 * s]) << lattice * shift_table_[s].cast<double>(), 1.0;
  }
}

void PairList::make_images(PairSystem const& system) {
  low_ = wrapped_.rowwise().minCoeff().array() - reach_;
  high_ = wrapped_.rowwise().maxCoeff().array() + reach_;
  range_ = static_cast<float>(reach_ * (1.0 + 1e-6) + 1e-6 * (high_ - low_).norm());
  Eigen::Matrix3Xd vectors(3, static_cast<Eigen::Index>(images_.size()));
  for (std::size_t s = 0; s < images_.size(); ++s)
    vectors.col(static_cast<Eigen::Index>(s)) = cell_.lattice * images_[s].cast<double>();
  for (auto* array : {&x_, &y_, &z_}) array->clear();
  for (auto* array : {&image_atom_, &image_code_}) array->clear();
  own_image_.resize(order_.size());
  species_end_.assign(static_cast<std::size_t>(species_count_), 0);
  for (int const atom : order_) {
    auto const n = static_cast<std::size_t>(atom);
    Eigen::Vector3d const place = wrapped_.col(atom);
    for (std::size_t s = 0; s < images_.size(); ++s) {
      Eigen::Vector3d const at = place + vectors.col(static_cast<Eigen::Index>(s));
      if (!((at.array() >= low_.array()).all() && (at.array() <= high_.array()).all())) continue;
      if (images_[s].isZero()) own_image_[n] = static_cast<int>(x_.size());
      Eigen::Vector3f const from_corner = (at - low_).cast<float>();
      x_.push_back(from_corner[0]), y_.push_back(from_corner[1]), z_.push_back(from_corner[2]);
      image_atom_.push_back(atom);
      image_code_.push_back(code(apart_ ? images_[s] : Eigen::Vector3i(images_[s] + wraps_[n])));
    }
    species_end_[static_cast<std::size_t>(system.species[n])] = static_cast<int>(x_.size());
  }
  for (std::size_t s = 1; s < species_end_.size(); ++s) species_end_[s] = std::max(species_end_[s], species_end_[s - 1]);
  number_.resize(x_.size());
  for (std::size_t k = 0; k < number_.size(); ++k) number_[k] = static_cast<int>(k);
  found_.resize(x_.size() + 16);
  entries_.resize(x_.size());
}

/// Bins of a third of the cutoff, or larger where that would make more than a few for each atom.
void PairList::lay_out_bins(Eigen::Vector3d const& size) {
  double const most = 64.0 * static_cast<double>(order_.size()) + 4096.0;
  edge_ = static_cast<float>(std::max({reach_ / 3.0, std::cbrt(size.prod() / most), 1e-6}));
  for (int d = 0; d < 3; ++d) bins_[d] = 2 + static_cast<int>(static_cast<float>(size[d]) / edge_);
}

void PairList::sort_into_bins(Eigen::Vector3d const& size) {
  lay_out_bins(size);
  bin_of_.resize(x_.size());
  bin_start_.assign(static_cast<std::size_t>(bins_.prod()) + 1, 0);
  for (std::size_t k = 0; k < x_.size(); ++k) {
    int const bx = static_cast<int>(x_[k] / edge_), by = static_cast<int>(y_[k] / edge_);
    int const bz = static_cast<int>(z_[k] / edge_);
    bin_of_[k] = bx + bins_[0] * (by + bins_[1] * bz);
    ++bin_start_[static_cast<std::size_t>(bin_of_[k]) + 1];
  }
  for (std::size_t b = 1; b < bin_start_.size(); ++b) bin_start_[b] += bin_start_[b - 1];
  std::vector<int> cursor(bin_start_.begin(), bin_start_.end() - 1);
  for (auto* array : {&bx_, &by_, &bz_}) array->resize(x_.size());
  for (std::size_t k = 0; k < x_.size(); ++k) {
    auto const place = static_cast<std::size_t>(cursor[static_cast<std::size_t>(bin_of_[k])]++);
    bx_[place] = x_[k], by_[place] = y_[k], bz_[place] = z_[k];
    number_[place] = static_cast<int>(k);
  }
  marks_.assign(x_.size() / 64 + 1, 0);
  marked_words_.assign(marks_.size() / 64 + 1, 0);
}

/// Rows of bins along x that come closer than the range to the atom.
int PairList::search_bins(NeighborSearch const& near) const {
  auto const range = search_range(isa_);
  auto const gap = [&](float coordinate, int bin) {
    float const from = static_cast<float>(bin) * edge_;
    return std::max({0.0F, from - coordinate, coordinate - from - edge_});
  };
  auto const bin = [&](float coordinate, int d) {
    return std::clamp(static_cast<int>(std::floor(coordinate / edge_)), 0, bins_[d] - 1);
  };
  float const reach = range_ + 1e-3F * edge_;  // a bin's border and an atom in it may differ by rounding
  int count = 0;
  for (int bz = bin(near.z - reach, 2); bz <= bin(near.z + reach, 2); ++bz) {
    float const dz = gap(near.z, bz), left_z = reach * reach - dz * dz;
    for (int by = bin(near.y - reach, 1); by <= bin(near.y + reach, 1); ++by) {
      float const dy = gap(near.y, by), left = left_z - dy * dy;
      if (left < 0.0F) continue;
      float const half = std::sqrt(left);
      auto const row = static_cast<std::size_t>(bins_[0] * (by + bins_[1] * bz));
      int const begin = bin_start_[row + static_cast<std::size_t>(bin(near.x - half, 0))];
      int const end = bin_start_[row + static_cast<std::size_t>(bin(near.x + half, 0)) + 1];
      if (begin < end) count = range(near, begin, end, count);
    }
  }
  return count;
}

/// Ascending, by marking them in a field of bits; none is below `floor`.
void PairList::sort_found(int count, int floor) {
  for (int k = 0; k < count; ++k) {
    auto const number = static_cast<std::size_t>(found_[static_cast<std::size_t>(k)]), word = number / 64;
    marks_[word] |= std::uint64_t{1} << (number % 64);
    marked_words_[word / 64] |= std::uint64_t{1} << (word % 64);
  }
  std::size_t next = 0;
  for (std::size_t block = static_cast<std::size_t>(floor) / 4096; block < marked_words_.size(); ++block) {
    for (auto words = std::exchange(marked_words_[block], 0); words != 0; words &= words - 1) {
      std::size_t const word = 64 * block + static_cast<std::size_t>(std::countr_zero(words));
      for (auto bits = std::exchange(marks_[word], 0); bits != 0; bits &= bits - 1)
        found_[next++] = static_cast<int>(64 * word) + std::countr_zero(bits);
    }
  }
}

/// The pairs of one atom, into entries_ and start_. Its later neighbours are the images behind its own.
void PairList::search(std::size_t rank) {
  int const atom = order_[rank], own = own_image_[static_cast<std::size_t>(atom)];
  auto const here = static_cast<std::size_t>(own);
  NeighborSearch near{x_[here], y_[here], z_[here], range_ * range_, own, x_.data(), y_.data(), z_.data(),
                      number_.data(), found_.data()};
  int count = 0;
  if (binned_) {
    near.xs = bx_.data(), near.ys = by_.data(), near.zs = bz_.data();
    count = search_bins(near);
    sort_found(count, own);
  } else {
    count = search_range(isa_)(near, own + 1, static_cast<int>(x_.size()), 0);
  }
  int const base = code(largest_ - (apart_ ? Eigen::Vector3i(0, 0, 0) : wraps_[static_cast<std::size_t>(atom)]));
  std::size_t s = 0;
  for (int k = 0; k < count; ++k) {
    int const image = found_[static_cast<std::size_t>(k)];
    auto const at = static_cast<std::size_t>(image);
    for (; image >= species_end_[s]; ++s) start_[s + 1] = static_cast<std::size_t>(k);
    entries_[static_cast<std::size_t>(k)] = {image_atom_[at], image_code_[at] + base};
  }
  for (; s < species_end_.size(); ++s) start_[s + 1] = static_cast<std::size_t>(count);
  start_[0] = 0;
}

}  // namespace nacre::detail
