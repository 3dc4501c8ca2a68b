#include "edges.hpp"

#include <Eigen/LU>
#include <algorithm>
#include <cmath>

namespace nacre::mlip {
namespace {

/// Images to look at on either side along each direction, for atoms inside the cell.
Eigen::Vector3i image_range(Crystal const& crystal, Eigen::Matrix3d const& inverse, double cutoff) {
  Eigen::Vector3i range = Eigen::Vector3i::Zero();
  for (int k = 0; k < 3; ++k) {
    // The rows of the inverse are the reciprocal vectors: 1/|row| is the distance between opposite faces.
    double const height = 1.0 / inverse.row(k).norm();
    if (crystal.periodic[static_cast<std::size_t>(k)]) range[k] = static_cast<int>(std::floor(cutoff / height)) + 1;
  }
  return range;
}

/// All shifts within the range, in lexical order.
std::vector<Eigen::Vector3d> list_shifts(Eigen::Vector3i const& range) {
  std::vector<Eigen::Vector3d> shifts;
  for (int i = -range[0]; i <= range[0]; ++i) {
    for (int j = -range[1]; j <= range[1]; ++j) {
      for (int k = -range[2]; k <= range[2]; ++k) shifts.emplace_back(i, j, k);
    }
  }
  return shifts;
}

Eigen::Matrix3Xd move_into_cell(Crystal const& crystal, Eigen::Matrix3d const& inverse) {
  Eigen::Matrix3Xd positions = crystal.positions;
  for (Eigen::Index i = 0; i < positions.cols(); ++i) {
    Eigen::Vector3d whole = (inverse * positions.col(i)).array().floor();
    for (int k = 0; k < 3; ++k) {
      if (!crystal.periodic[static_cast<std::size_t>(k)]) whole[k] = 0.0;
    }
    positions.col(i) -= crystal.lattice * whole;
  }
  return positions;
}

Eigen::Matrix3Xd as_matrix(std::vector<Eigen::Vector3d> const& columns) {
  Eigen::Matrix3Xd matrix(3, static_cast<Eigen::Index>(columns.size()));
  for (std::size_t i = 0; i < columns.size(); ++i) matrix.col(static_cast<Eigen::Index>(i)) = columns[i];
  return matrix;
}

}  // namespace

Edges find_edges(Crystal const& crystal, double cutoff) {
  Eigen::Matrix3d const inverse = crystal.lattice.inverse();
  Edges edges;
  edges.positions = move_into_cell(crystal, inverse);
  auto const shifts = list_shifts(image_range(crystal, inverse, cutoff));
  Eigen::Matrix3Xd const offsets = crystal.lattice * as_matrix(shifts);
  std::vector<Eigen::Vector3d> found_shifts, found_vectors;
  auto const atoms = static_cast<std::int64_t>(crystal.size());
  for (std::int64_t i = 0; i < atoms; ++i) {
    for (std::int64_t j = 0; j < atoms; ++j) {
      Eigen::Vector3d const direct = edges.positions.col(j) - edges.positions.col(i);
      for (std::size_t s = 0; s < shifts.size(); ++s) {
        Eigen::Vector3d const vector = direct + offsets.col(static_cast<Eigen::Index>(s));
        if (vector.squaredNorm() >= cutoff * cutoff || (i == j && shifts[s].isZero())) continue;
        edges.centre.push_back(i);
        edges.neighbour.push_back(j);
        found_shifts.push_back(shifts[s]);
        found_vectors.push_back(vector);
      }
    }
  }
  edges.shifts = as_matrix(found_shifts);
  edges.vectors = as_matrix(found_vectors);
  return edges;
}

}  // namespace nacre::mlip
