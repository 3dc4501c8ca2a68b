/// The reciprocal part of the Ewald sum on a mesh: smooth particle-mesh Ewald, U. Essmann et al., J. Chem. Phys. 103,
/// 8577 (1995), doi:10.1063/1.470117. Energy, forces and strain derivative of the same function of the positions, up to
/// the net force, which is taken out; the influence function is the one with the least error of the energy for splines
/// of this order (V. Ballenegger, J. J. Cerda and C. Holm, J. Chem. Theory Comput. 8, 936 (2012),
/// doi:10.1021/ct2001792).
#pragma once

#include <fftw3.h>

#include <Eigen/Core>
#include <array>
#include <map>
#include <memory>
#include <vector>

#include "mesh_kernel.hpp"

namespace nacre::detail {

struct MeshShape {
  std::array<int, 3> size{0, 0, 0};
  int order = 0;  ///< one of mesh_orders; 0: no mesh
  auto operator<=>(MeshShape const&) const = default;
};

/// The smallest number of points, at least `least`, whose transform is fast (factors 2, 3, 5, 7).
int fast_mesh_size(double least);

/// The largest alpha h, h the distance of mesh points along a lattice vector, whose error of forces (root mean square,
/// charges unlike and at random) is at most `error` sqrt(alpha) sum q^2 / sqrt(N V) [charge^2/Å^2]. From errors measured
/// with random charges.
double mesh_spacing(int order, double error);

class MeshSum {
 public:
  /// @param lattice columns [Å], reduced; charges carry the root of Coulomb's constant
  void compute(Isa isa, Eigen::Matrix3d const& lattice, Eigen::Matrix3Xd const& positions,
               Eigen::VectorXd const& charges, double alpha, MeshShape const& shape);

  Eigen::VectorXd atom_energies;  ///< half of each atom's charge times its potential; their sum is the energy
  Eigen::Matrix3Xd forces;
  Eigen::Matrix3d strain_derivative;  ///< dE/dstrain

 private:
  /// Plans and arrays of one shape.
  struct Mesh {
    explicit Mesh(MeshShape const& shape);
    ~Mesh();
    Mesh(Mesh const&) = delete;
    Mesh& operator=(Mesh const&) = delete;
    std::size_t rows() const { return static_cast<std::size_t>(size[0]) * static_cast<std::size_t>(size[1]); }

    std::array<int, 3> size;
    int stride, half;  // of a real row; complex numbers in a row
    double* real;
    fftw_complex* complex;
    fftw_plan forward, backward;
    std::array<std::vector<double>, 3> spline;  // influence of the splines along each axis
    Eigen::Matrix3d lattice;                    // of which influence and stretch are
    double alpha = 0.0;
    std::vector<double> influence, stretch;
  };
  Mesh& mesh_of(MeshShape const& shape);
  void set_influence(Isa isa, Mesh& mesh, Eigen::Matrix3d const& lattice, double alpha);
  void place_atoms(Isa isa, Mesh const& mesh, int order, Eigen::Matrix3d const& inverse,
                   Eigen::Matrix3Xd const& positions);
  void weigh(Isa isa, Mesh& mesh, Eigen::Matrix3d const& inverse);

  std::map<MeshShape, std::unique_ptr<Mesh>> meshes_;
  MeshSplines splines_;
  std::vector<double> place_, k2_, row_energy_, potential_, slopes_[3];
  std::array<std::vector<double>, 6> moments_;
};

}  // namespace nacre::detail
