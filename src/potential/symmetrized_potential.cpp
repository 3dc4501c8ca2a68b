#include "symmetrized_potential.hpp"

#include <Eigen/LU>
#include <cmath>

#include "nacre/core/error.hpp"

namespace nacre::detail {
namespace {

Eigen::Vector3d nearest_image(Eigen::Vector3d const& delta) { return delta - delta.array().round().matrix(); }

/// The atom of the same element nearest to a fractional position.
Eigen::Index atom_at(Crystal const& crystal, Eigen::Matrix3Xd const& fractional, Eigen::Vector3d const& place,
                     int number) {
  Eigen::Index best = -1;
  double shortest = 0.0;
  for (Eigen::Index j = 0; j < fractional.cols(); ++j) {
    if (crystal.numbers[static_cast<std::size_t>(j)] != number) continue;
    double const distance = (crystal.lattice * nearest_image(place - fractional.col(j))).norm();
    if (best < 0 || distance < shortest) {
      best = j;
      shortest = distance;
    }
  }
  return best;
}

/// The symmetric square root of a matrix within 1e-2 of the identity, by Newton's iteration.
Eigen::Matrix3d square_root(Eigen::Matrix3d const& m) {
  Eigen::Matrix3d root = Eigen::Matrix3d::Identity();
  for (int i = 0; i < 6; ++i) root = 0.5 * (root + m * root.inverse());
  return 0.5 * (root + root.transpose());
}

}  // namespace

SymmetrizedPotential::SymmetrizedPotential(Potential const& model, Crystal const& crystal, SpaceGroup const& group)
    : model_(model) {
  Eigen::Matrix3Xd const fractional = crystal.lattice.inverse() * crystal.positions;
  for (auto const& operation : group.operations) {
    Operation mine{operation.rotation.cast<double>(), operation.translation, {}};
    for (Eigen::Index i = 0; i < fractional.cols(); ++i) {
      Eigen::Vector3d const place = mine.rotation * fractional.col(i) + mine.translation;
      mine.image.push_back(atom_at(crystal, fractional, place, crystal.numbers[static_cast<std::size_t>(i)]));
    }
    operations_.push_back(std::move(mine));
  }
}

Evaluation SymmetrizedPotential::average(Crystal const& crystal, Evaluation result) const {
  Eigen::Matrix3d const inverse = crystal.lattice.inverse();
  Eigen::Matrix3Xd forces = Eigen::Matrix3Xd::Zero(3, result.forces.cols());
  Eigen::Matrix3d stress = Eigen::Matrix3d::Zero();
  for (auto const& operation : operations_) {
    Eigen::Matrix3d const rotation = crystal.lattice * operation.rotation * inverse;
    for (Eigen::Index i = 0; i < forces.cols(); ++i) {
      forces.col(operation.image[static_cast<std::size_t>(i)]) += rotation * result.forces.col(i);
    }
    if (result.stress) stress += rotation * *result.stress * rotation.transpose();
  }
  auto const order = static_cast<double>(operations_.size());
  result.forces = forces / order;
  if (result.stress) result.stress = stress / order;
  return result;
}

Crystal SymmetrizedPotential::idealized(Crystal const& crystal) const {
  Eigen::Matrix3d const inverse = crystal.lattice.inverse(), metric = crystal.lattice.transpose() * crystal.lattice;
  Eigen::Matrix3Xd const fractional = inverse * crystal.positions;
  Eigen::Matrix3Xd moved = Eigen::Matrix3Xd::Zero(3, fractional.cols());
  Eigen::Matrix3d mean = Eigen::Matrix3d::Zero();
  for (auto const& operation : operations_) {
    mean += operation.rotation.transpose() * metric * operation.rotation;
    for (Eigen::Index i = 0; i < fractional.cols(); ++i) {
      auto const j = operation.image[static_cast<std::size_t>(i)];
      moved.col(j) += nearest_image(operation.rotation * fractional.col(i) + operation.translation - fractional.col(j));
    }
  }
  auto const order = static_cast<double>(operations_.size());
  Crystal result = crystal;
  result.lattice = square_root(inverse.transpose() * (mean / order) * inverse) * crystal.lattice;
  result.positions = result.lattice * (fractional + moved / order);
  return result;
}

}  // namespace nacre::detail
