// Shortest distance by a cell list whose cutoff is known beforehand: no periodic arrangement of N points in a volume V
// has a shortest distance above that of a close packing, d^3 = sqrt(2) V/N.
#include <Eigen/LU>
#include <cmath>
#include <limits>
#include <tuple>

#include "nacre/crystal/crystal.hpp"

namespace nacre {
namespace {

/// The cell, with room along the directions that are not periodic: images there are farther than any pair.
Eigen::Matrix3d padded_lattice(Crystal const& crystal) {
  Eigen::Matrix3d lattice = crystal.lattice;
  Eigen::Vector3d const extent = crystal.positions.rowwise().maxCoeff() - crystal.positions.rowwise().minCoeff();
  double pad = extent.norm() + 1.0;
  for (int i = 0; i < 3; ++i)
    if (crystal.periodic[i]) pad += crystal.lattice.col(i).norm();
  for (int i = 0; i < 3; ++i) {
    if (crystal.periodic[i]) continue;
    double const height = 1.0 / crystal.lattice.inverse().row(i).norm();
    lattice.col(i) = crystal.lattice.col(i) * ((extent.norm() + pad) / height);
  }
  return lattice;
}

struct Bins {
  Eigen::Vector3i counts, reach;
  std::vector<std::vector<int>> atoms;
  std::vector<Eigen::Vector3i> bin_of;
  Eigen::Matrix3Xd wrapped;  // Cartesian positions inside the cell

  std::vector<int> const& at(Eigen::Vector3i const& bin) const {
    return atoms[static_cast<std::size_t>((bin.x() * counts.y() + bin.y()) * counts.z() + bin.z())];
  }
};

Bins fill_bins(Eigen::Matrix3d const& lattice, Eigen::Matrix3Xd const& positions, double cutoff) {
  Bins bins;
  Eigen::Matrix3d const inverse = lattice.inverse();
  int const most = 2 + static_cast<int>(std::cbrt(static_cast<double>(positions.cols())));
  for (int i = 0; i < 3; ++i) {
    double const height = 1.0 / inverse.row(i).norm();
    bins.counts[i] = std::max(1, static_cast<int>(std::min(height / cutoff, 4.0 * most)));
    bins.reach[i] = static_cast<int>(std::ceil(cutoff * bins.counts[i] / height));
  }
  bins.atoms.resize(static_cast<std::size_t>(bins.counts.prod()));
  bins.wrapped.resize(3, positions.cols());
  for (Eigen::Index a = 0; a < positions.cols(); ++a) {
    Eigen::Vector3d fractional = inverse * positions.col(a);
    fractional.array() -= fractional.array().floor();
    Eigen::Vector3i bin = (fractional.array() * bins.counts.cast<double>().array()).cast<int>();
    bin = bin.cwiseMin(bins.counts - Eigen::Vector3i::Ones());  // x - floor(x) may round up to 1
    bins.bin_of.push_back(bin);
    bins.wrapped.col(a) = lattice * fractional;
    bins.atoms[static_cast<std::size_t>((bin.x() * bins.counts.y() + bin.y()) * bins.counts.z() + bin.z())].push_back(
        static_cast<int>(a));
  }
  return bins;
}

void search_bin(Bins const& bins, Eigen::Matrix3d const& lattice, int a, Eigen::Vector3i const& offset,
                ShortestDistance& best) {
  Eigen::Vector3i bin = bins.bin_of[static_cast<std::size_t>(a)] + offset, image;
  for (int i = 0; i < 3; ++i) {
    image[i] = static_cast<int>(std::floor(static_cast<double>(bin[i]) / bins.counts[i]));
    bin[i] -= image[i] * bins.counts[i];
  }
  Eigen::Vector3d const origin = lattice * image.cast<double>() - bins.wrapped.col(a);
  for (int const b : bins.at(bin)) {
    if (b < a || (b == a && image == Eigen::Vector3i::Zero())) continue;
    double const distance = (bins.wrapped.col(b) + origin).norm();
    if (std::tuple(distance, a, b) < std::tuple(best.distance, best.first, best.second)) best = {distance, a, b};
  }
}

}  // namespace

ShortestDistance shortest_distance(Crystal const& crystal) {
  ShortestDistance best{std::numeric_limits<double>::infinity()};
  auto const& periodic = crystal.periodic;
  auto const atoms = static_cast<int>(crystal.size());
  if (atoms == 0 || (atoms == 1 && !periodic[0] && !periodic[1] && !periodic[2])) return best;
  auto const lattice = padded_lattice(crystal);
  double const cutoff = 1.001 * std::cbrt(std::sqrt(2.0) * std::abs(lattice.determinant()) / atoms);
  auto const bins = fill_bins(lattice, crystal.positions, cutoff);
  for (int a = 0; a < atoms; ++a)
    for (int i = -bins.reach.x(); i <= bins.reach.x(); ++i)
      for (int j = -bins.reach.y(); j <= bins.reach.y(); ++j)
        for (int k = -bins.reach.z(); k <= bins.reach.z(); ++k)
          search_bin(bins, lattice, a, Eigen::Vector3i(i, j, k), best);
  return best;
}

}  // namespace nacre
