/// The degrees of freedom of a relaxation as one vector: translations of atoms and groups, then the cell.
///
/// Atoms sit at r = F y, y their reference positions plus translations; F = 1 + q n^T (third vector; n the normal of
/// a and b; q along c where its length alone is free) or 1 + e (full; e symmetric). After the translations come those of
/// whole layers, then the cell. Both are scaled so that a unit step costs about as much energy there as a unit step of an
/// atom does.
#pragma once

#include <Eigen/Core>
#include <vector>

#include "nacre/potential/relax.hpp"
#include "spring_network.hpp"

namespace nacre::detail {

class RelaxCoordinates {
 public:
  RelaxCoordinates(Crystal const& start, RelaxOptions const& options, SpringNetwork const& springs);

  Eigen::Index size() const { return 3 * translations_ + layer_size() + cell_size(); }
  Eigen::Index translations() const { return translations_; }
  Eigen::Index layer_size() const;
  Eigen::Index cell_size() const;
  /// Per atom: which translation moves it, or -1.
  std::vector<int> const& variables() const { return variable_; }

  Crystal at(Eigen::VectorXd const& x) const;
  Eigen::VectorXd gradient(Eigen::VectorXd const& x, Crystal const& crystal, Evaluation const& evaluation) const;
  /// Largest norm of a force on what moves [eV/Å].
  double fmax(Evaluation const& evaluation) const;
  /// Largest component of the stress that the free cell parts feel [eV/Å^3]. Groups that cannot turn carry a torque, so
  /// that the stress is not symmetric; what is symmetric of it, referred to the start, must go.
  double smax(Eigen::VectorXd const& x, Crystal const& crystal, Evaluation const& evaluation) const;
  /// Factor in (0, 1] that keeps the step dx within `max_step` for every atom and 2 % for the cell.
  double limit(Eigen::VectorXd const& dx, double max_step) const;

 private:
  Eigen::Matrix3d deformation(Eigen::VectorXd const& x) const;
  void add_layer_gradient(Eigen::VectorXd& g, Eigen::Matrix3Xd const& atoms) const;
  void number_layers(RelaxOptions const& options, SpringNetwork const& springs);
  Eigen::Vector3d layer_shift(Eigen::VectorXd const& x, std::size_t atom) const;
  /// What a force or a displacement can do: all of it, or its part along the normal.
  Eigen::Vector3d free_part(Eigen::Vector3d const& v) const;
  Eigen::Matrix3d virial(Crystal const& crystal, Evaluation const& evaluation) const;
  Eigen::Matrix3Xd net_forces(Evaluation const& evaluation) const;
  Eigen::Matrix3Xd centres(Eigen::Matrix3Xd const& positions) const;

  Crystal start_;
  CellFreedom cell_;
  Motion motion_;
  LayerShift layer_shift_;
  Eigen::Vector3d normal_, along_c_;  // unit vectors
  std::vector<int> variable_;
  std::vector<int> members_;  ///< per translation: atoms that it moves
  Eigen::Index translations_ = 0;
  std::vector<int> layer_;           ///< per atom: its layer's shift, or -1
  std::vector<double> layer_scale_;  ///< per shift
  double cell_scale_ = 1.0;          ///< [Å]
};

}  // namespace nacre::detail
