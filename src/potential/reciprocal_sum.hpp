/// The reciprocal part of the Ewald sum, directly: E = sum_k W_k |S_k|^2 over half of the vectors with |k| <= cutoff,
/// W_k = (4 pi / V) exp(-k^2/4 alpha^2)/k^2, S_k = sum_i q_i exp(i k r_i); charges here carry the root of Coulomb's
/// constant.
///
/// For each pair (h, k) of the first two indices the phases factor into exp(i theta) exp(i l psi), and the sums over l
/// and -l share four products, so that one atom and one k-vector cost six multiplications in all.
#pragma once

#include <Eigen/Core>
#include <vector>

#include "nacre/core/isa.hpp"

namespace nacre::detail {

class ReciprocalSum {
 public:
  /// @param lattice columns [Å]; a reduced cell is faster
  void compute(Isa isa, Eigen::Matrix3d const& lattice, Eigen::Matrix3Xd const& positions,
               Eigen::VectorXd const& charges, double alpha, double cutoff);

  Eigen::VectorXd atom_energies;  ///< half of each atom's charge times its potential; their sum is the energy
  Eigen::Matrix3Xd forces;
  Eigen::Matrix3d strain_derivative;  ///< dE/dstrain

 private:
  struct Range {
    int h, k, last;  // l = -last .. last
  };
  void set_cell(Eigen::Matrix3d const& lattice, double alpha, double cutoff);
  void tabulate_phases(Eigen::Matrix3Xd const& fractional);
  void add_plane(Isa isa, Range const& range, Eigen::VectorXd const& charges);
  void set_plane(Range const& range, Eigen::VectorXd const& charges);
  void weigh(Isa isa, Range const& range);
  void weigh_structure(Range const& range);
  int last_index(int h, int k) const;

  Eigen::Matrix3d inverse_;     // rows: fractional coordinates
  Eigen::Matrix3d reciprocal_;  // rows: b_0, b_1, b_2, with 2 pi; axes ordered so that the last range is largest
  double k2_limit_ = 0.0, inverse_4_alpha2_ = 0.0, prefactor_ = 0.0;
  Eigen::Vector3i largest_;
  // cos and sin of index * 2 pi * fractional: [axis][index][atom] for all axes, [atom][index] as well for the last one
  std::vector<double> cos_[3], sin_[3], cos_by_atom_, sin_by_atom_;
  std::vector<double> cos_plane_, sin_plane_, q_cos_, q_sin_;  // exp(i theta), times charge
  std::vector<double> cc_, ss_, sc_, cs_;                      // sums over atoms for each l
  std::vector<double> k2_plus_, k2_minus_, w_plus_, w_minus_;  // weights of +l and -l
  std::vector<double> weight_[4];                              // of c'c, s's, c's, s'c in the potential
  std::vector<double> p_, r_, p3_, r3_, t_[3];                 // per atom
};

}  // namespace nacre::detail
