/// A model whose forces and stress are averaged over a space group, so that a relaxation keeps the symmetry exactly.
#pragma once

#include <vector>

#include "nacre/crystal/symmetry.hpp"
#include "nacre/potential/potential.hpp"

namespace nacre::detail {

class SymmetrizedPotential final : public Potential {
 public:
  /// @param crystal the cell that is relaxed; later ones are deformations of it with the same order of atoms
  SymmetrizedPotential(Potential const& model, Crystal const& crystal, SpaceGroup const& group);
  Evaluation evaluate(Crystal const& crystal) const override { return average(crystal, model_.evaluate(crystal)); }
  Evaluation evaluate_next(Crystal const& crystal, EvaluationState& state) const override {
    return average(crystal, model_.evaluate_next(crystal, state));
  }
  std::string name() const override { return model_.name(); }
  std::string identity() const override { return model_.identity(); }
  double cutoff() const override { return model_.cutoff(); }
  std::vector<int> elements() const override { return model_.elements(); }
  bool fixed_charges() const override { return model_.fixed_charges(); }
  Contents contents() const override { return model_.contents(); }
  bool concurrent() const override { return model_.concurrent(); }

  /// The crystal with lattice and positions averaged over the group: what a file with rounded numbers meant.
  Crystal idealized(Crystal const& crystal) const;

 private:
  Evaluation average(Crystal const& crystal, Evaluation result) const;

  struct Operation {
    Eigen::Matrix3d rotation;  ///< fractional
    Eigen::Vector3d translation;
    std::vector<Eigen::Index> image;  ///< per atom: the atom that it is carried to
  };
  Potential const& model_;
  std::vector<Operation> operations_;
};

}  // namespace nacre::detail
