#include "nacre/stack/membrane.hpp"

#include <cmath>
#include <limits>

#include "nacre/core/error.hpp"
#include "nacre/core/units.hpp"

namespace nacre {
namespace {

/// Length of the shortest lattice vector of a Gauss-reduced basis.
double shortest_vector(Eigen::Matrix2d const& basis) { return std::min(basis.col(0).norm(), basis.col(1).norm()); }

/// Poisson's ratio of the isotropic plane-stress tensor that is nearest: its mean over directions.
double poisson_ratio(PlaneStiffness const& q) {
  double const direct = 0.5 * (q(0, 0) + q(1, 1)), shear = q(2, 2), cross = q(0, 1);
  double const mean_direct = 0.75 * direct + 0.25 * cross + 0.5 * shear;
  double const mean_cross = 0.25 * direct + 0.75 * cross - 0.5 * shear;
  return mean_cross / mean_direct;
}

}  // namespace

double critical_thickness(double misfit, double burgers, double poisson) {
  require(burgers > 0.0, "invalid Burgers vector of ", burgers, " A (must be positive)");
  double const size = std::abs(misfit);
  if (size == 0.0) return std::numeric_limits<double>::infinity();
  double const factor = 1.0 / (8.0 * units::pi * size * (1.0 + poisson));
  if (factor < 1.0) return 0.0;  // no solution: the first dislocation already pays
  double ratio = factor * (std::log(factor) + 2.0);  // h/b; above the smaller root, so that the map leads to the larger
  for (int k = 0; k < 200; ++k) ratio = factor * (std::log(ratio) + 1.0);
  return ratio * burgers;
}

Membranes join_membranes(Coincidence const& coincidence, Eigen::Matrix2d const& bottom_basis,
                         Eigen::Matrix2d const& top_basis, std::array<PlaneStiffness, 2> const& stiffness,
                         std::array<double, 2> const& thickness) {
  Membranes result;
  if (coincidence.substrate_index != 1 || coincidence.film_index != 1) return result;
  auto const misfit = misfit_strain(coincidence, bottom_basis, top_basis);
  double const size = principal_strains(misfit).cwiseAbs().maxCoeff();
  double const burgers = 0.5 * (shortest_vector(bottom_basis) + shortest_vector(top_basis));
  double const poisson = 0.5 * (poisson_ratio(stiffness[0]) + poisson_ratio(stiffness[1]));
  result.critical_thickness = critical_thickness(size < 1e-9 ? 0.0 : size, burgers, poisson);
  double const together = thickness[0] * thickness[1] / (thickness[0] + thickness[1]);
  result.coherent = together < result.critical_thickness;
  if (!result.coherent) return result;
  result.elastic_energy = share_strain({Eigen::Vector3d::Zero(), misfit}, {thickness[0], thickness[1]},
                                       {stiffness[0], stiffness[1]})
                              .energy_per_area;
  return result;
}

}  // namespace nacre
