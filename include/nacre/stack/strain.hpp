/// Strain of layers on one in-plane cell, and how layers share it (definitions.md 2).
#pragma once

#include <Eigen/Core>
#include <vector>

#include "nacre/core/api.hpp"
#include "nacre/stack/coincidence.hpp"

namespace nacre {

/// Plane-stress stiffness of a layer, Voigt (11, 22, 12 engineering), in its own slab frame [eV/Å^3].
using PlaneStiffness = Eigen::Matrix3d;

/// Q = C_pp - C_pz C_zz^-1 C_zp (p = 11, 22, 12; z = 33, 23, 13), C (6x6 Voigt, order 11 22 33 23 13 12) rotated first.
/// definitions.md 2. @param frame rows are the layer's axes in the frame of C
NACRE_API PlaneStiffness plane_stiffness(Eigen::Matrix<double, 6, 6> const& stiffness, Eigen::Matrix3d const& frame);

/// The stiffness of a layer that is turned counterclockwise by `angle` [rad], in the frame that does not turn.
NACRE_API PlaneStiffness turned(PlaneStiffness const& stiffness, double angle);

/// Log strains (Voigt 11, 22, 2*12) of all layers in the frame of layer 1: s_1 brings layer 1 into the common cell and
/// s_i = s_1 - h_i layer i, h_i its misfit.
struct StrainShare {
  std::vector<Eigen::Vector3d> layers;
  double energy_per_area = 0.0;  ///< sum t/2 s^T Q s [eV/Å^2]; 0 without stiffness
};

/// The common cell of least elastic energy, sum t_i/2 s_i^T Q_i s_i: s_1 = (sum t_i Q_i)^-1 sum t_i Q_i h_i.
/// @param misfits h_i as from misfit_strain, h_1 = 0
/// @param stiffness Q_i in the frame of layer 1, see `turned`
NACRE_API StrainShare share_strain(std::vector<Eigen::Vector3d> const& misfits, std::vector<double> const& thickness,
                                   std::vector<PlaneStiffness> const& stiffness);

/// s_1 = sum w_i h_i / sum w_i: the common cell is the mean of the layers' own, so (1, 0) leaves layer 1 unstrained.
/// @throws InputError for a negative weight, a wrong number of them, or none above zero
NACRE_API StrainShare share_strain(std::vector<Eigen::Vector3d> const& misfits, std::vector<double> const& weights);

/// h = ln U of E = U R = (S_1 A_1)^-1 S_2 A_2 (row vectors): layer 1 strained to another, frame of layer 1.
/// @param rows,other_rows the common cell in the bases of both, which are given as columns [Å]
NACRE_API Eigen::Vector3d misfit_strain(Eigen::Matrix2i const& rows, Eigen::Matrix2d const& basis,
                                        Eigen::Matrix2i const& other_rows, Eigen::Matrix2d const& other_basis);
/// The same for a coincidence: layer 1 = substrate, the other = film.
NACRE_API Eigen::Vector3d misfit_strain(Coincidence const& coincidence, Eigen::Matrix2d const& bottom_basis,
                                        Eigen::Matrix2d const& top_basis);

/// exp(s) - 1 along the principal axes of a Voigt log strain, the larger one first.
NACRE_API Eigen::Vector2d principal_strains(Eigen::Vector3d const& strain);

}  // namespace nacre
