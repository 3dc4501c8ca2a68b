/// A potential in which one ion stays in a plane, measured from the mean position of all others: in an absolute plane
/// the lattice would drift away under it (definitions.md 7).
#pragma once

#include <Eigen/Core>
#include <memory>
#include <string>
#include <vector>

#include "nacre/potential/potential.hpp"

namespace nacre::detail {

/// Configurations are put into the plane before they are evaluated, and forces out of it are taken off, so that any
/// minimiser may be used; what it returns has to be put into the plane once more.
class PlanePotential final : public Potential {
 public:
  /// The plane through `ion` as it lies in `start`.
  PlanePotential(Potential const& potential, Crystal const& start, Eigen::Index ion, Eigen::Vector3d const& normal)
      : potential_(potential), ion_(ion), normal_(normal.normalized()), height_(height(start)) {}

  /// Of the ion above the mean position of all others [Å].
  double height(Crystal const& crystal) const {
    auto const n = static_cast<double>(crystal.positions.cols());
    double const all = (normal_.transpose() * crystal.positions).sum(), own = normal_.dot(crystal.positions.col(ion_));
    return own - (all - own) / (n - 1.0);
  }
  /// The nearest configuration with the ion in the plane.
  Crystal projected(Crystal crystal) const {
    double const excess = height(crystal) - height_;
    crystal.positions.colwise() += excess / static_cast<double>(crystal.positions.cols()) * normal_;
    crystal.positions.col(ion_) -= excess * normal_;
    return crystal;
  }
  /// What pushes the ion out of the plane [eV/Å].
  double force_along(Crystal const& crystal) const {
    auto const n = static_cast<double>(crystal.positions.cols());
    return pull(potential_.evaluate(crystal).forces) * (n - 1.0) / n;
  }

  Evaluation evaluate(Crystal const& crystal) const override {
    auto evaluation = potential_.evaluate(projected(crystal));
    double const out = pull(evaluation.forces);
    evaluation.forces.colwise() += out / static_cast<double>(crystal.positions.cols()) * normal_;
    evaluation.forces.col(ion_) -= out * normal_;
    evaluation.stress.reset();
    return evaluation;
  }
  std::string name() const override { return potential_.name(); }
  std::string identity() const override { return potential_.identity(); }
  double cutoff() const override { return potential_.cutoff(); }
  std::vector<int> elements() const override { return potential_.elements(); }
  bool concurrent() const override { return potential_.concurrent(); }

 private:
  /// Force on the ion less the mean force on all others.
  double pull(Eigen::Matrix3Xd const& forces) const {
    auto const n = static_cast<double>(forces.cols());
    double const all = (normal_.transpose() * forces).sum(), own = normal_.dot(forces.col(ion_));
    return own - (all - own) / (n - 1.0);
  }

  Potential const& potential_;
  Eigen::Index ion_;
  Eigen::Vector3d normal_;
  double height_;
};

}  // namespace nacre::detail
