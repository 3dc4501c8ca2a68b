/// Two membranes as they are, not as a periodic cell strains them: their physical misfit, whether they can bear it, and
/// the balance of adhesion and elastic energy (definitions.md 2, 3).
#pragma once

#include <Eigen/Core>
#include <array>

#include "nacre/core/api.hpp"
#include "nacre/stack/coincidence.hpp"
#include "nacre/stack/strain.hpp"

namespace nacre {

/// Thickness above which a film of misfit f relaxes by dislocations, h = b / (8 pi f (1 + nu)) (ln(h/b) + 1): an
/// estimate after J. W. Matthews and A. E. Blakeslee, J. Cryst. Growth 27, 118 (1974). 0 where no thickness is coherent,
/// infinite without misfit. @param misfit size of f; @param burgers b [Å]; @return [Å]
NACRE_API double critical_thickness(double misfit, double burgers, double poisson);

struct Membranes {
  bool coherent = false;            ///< one cell on one cell, and thinner than critical
  double critical_thickness = 0.0;  ///< of a film on the other membrane as a substrate [Å]; 0 for other coincidences
  double elastic_energy = 0.0;      ///< sum t_i w_i of the physical misfit; 0 for an incoherent contact [eV/Å^2]
};

/// One in-plane cell of each on the other shares the misfit by stiffness; every other coincidence is an artefact of
/// periodicity and counts as incoherent. A pair of thicknesses t1, t2 stores what a film of t1 t2 / (t1 + t2) on a
/// substrate does, which is compared with the critical thickness. The Burgers vector is the shortest in-plane lattice
/// vector (perovskite (001): a<100>, rock salt and fluorite (001): a/2<110>).
/// @param stiffness Q_1, Q_2 in the frame of layer 1; @param thickness t_1, t_2 [Å]
NACRE_API Membranes join_membranes(Coincidence const& coincidence, Eigen::Matrix2d const& bottom_basis,
                                   Eigen::Matrix2d const& top_basis, std::array<PlaneStiffness, 2> const& stiffness,
                                   std::array<double, 2> const& thickness);

/// Griffith's criterion: W_ad less the elastic energy that parting sets free; negative: the stack delaminates.
/// Both in one unit.
constexpr double stability_margin(double work_of_adhesion, double elastic_energy) {
  return work_of_adhesion - elastic_energy;
}

}  // namespace nacre
