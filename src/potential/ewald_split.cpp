#include "ewald_split.hpp"

#include <Eigen/LU>
#include <algorithm>
#include <array>
#include <cmath>
#include <limits>

#include "nacre/core/units.hpp"
#include "nacre/potential/ewald.hpp"

namespace nacre::detail {
namespace {

/// In steps of a factor, upward: a splitting that went with every small strain would change the error of the energy, and
/// so its slope.
double coarse(double value, double factor) { return std::pow(factor, std::ceil(std::log(value) / std::log(factor))); }

struct System {
  Eigen::Matrix3d const& lattice;
  double atoms, volume, square;
  double scale() const { return coarse(square / std::sqrt(atoms * volume), 1.5); }  // of the errors of random charges
};

double pair_cost(IonicModel const& model, System const& system, double cutoff) {
  constexpr double error_function = 5.0, short_range = 12.0;
  double const pairs = 2.0 / 3.0 * units::pi * system.atoms * system.atoms / system.volume;
  double const farther = std::max(cutoff, model.cutoff);
  return pairs * (error_function * std::pow(cutoff, 3) + short_range * std::pow(farther, 3));
}

double vector_cost(System const& system, double reciprocal_cutoff) {
  double const vectors = system.volume * std::pow(reciprocal_cutoff, 3) / (12.0 * units::pi * units::pi);
  return 1.2 * system.atoms * vectors;
}

struct Choice {
  EwaldSplit split;
  double cost = std::numeric_limits<double>::infinity();
};

/// Both sums end where their Gaussians have fallen to `end`.
Choice choose_direct(IonicModel const& model, System const& system, double end) {
  double const reach = std::sqrt(-std::log(end));
  if (model.alpha > 0.0) return {{model.alpha, reach / model.alpha, 0.0, 2.0 * model.alpha * reach, {}}, 0.0};
  Choice best;
  for (double cutoff = 4.0; cutoff <= 40.0; cutoff += 0.5) {
    double const reciprocal = 2.0 * reach * reach / cutoff;
    double const cost = pair_cost(model, system, cutoff) + vector_cost(system, reciprocal);
    if (cost < best.cost) best = {{reach / cutoff, cutoff, 0.0, reciprocal, {}}, cost};
  }
  return best;
}

/// Where the Gaussians may end for an error of forces: half of what the pair sum alone, cut at its shortest, would
/// allow, since the vectors leave as much (J. Kolafa and J. W. Perram, Mol. Simul. 9, 351 (1992),
/// doi:10.1080/08927029208049126).
double gaussian_end(System const& system, double accuracy) {
  constexpr double shortest = 4.0;
  double const end = 0.5 * accuracy * std::sqrt(shortest) / (2.0 * system.scale());
  return std::clamp(end, ewald_accuracy, 1e-2);
}

/// Mesh for a splitting: the coarsest one whose error is below the target.
MeshShape mesh_for(System const& system, double alpha, int order, double target) {
  double const alpha_h = mesh_spacing(order, target / (system.scale() * std::sqrt(alpha)));
  MeshShape shape{{0, 0, 0}, order};
  for (int d = 0; d < 3; ++d) {
    shape.size[static_cast<std::size_t>(d)] = std::max(4, fast_mesh_size(system.lattice.col(d).norm() * alpha / alpha_h));
  }
  return shape;
}

double mesh_cost(System const& system, MeshShape const& shape) {
  double const points = static_cast<double>(shape.size[0]) * shape.size[1] * shape.size[2], order = shape.order;
  return points * (6.0 + 0.6 * std::log2(points)) + system.atoms * (150.0 + 40.0 * order + 1.0 * order * order * order);
}

Choice choose_mesh(IonicModel const& model, System const& system, double accuracy) {
  double const target = accuracy / std::sqrt(2.0);
  Choice best;
  // below the cutoff of the short-range terms the pairs cost the same
  for (double cutoff = std::max(4.0, model.cutoff); cutoff <= std::max(20.0, model.cutoff); cutoff += 1.0) {
    double const gauss = target * std::sqrt(cutoff) / (2.0 * system.scale());
    double const alpha = std::sqrt(-std::log(std::min(gauss, 0.1))) / cutoff, pairs = pair_cost(model, system, cutoff);
    for (int const order : mesh_orders) {
      if (pairs >= best.cost) break;
      auto const shape = mesh_for(system, alpha, order, target);
      double const cost = pairs + mesh_cost(system, shape);
      if (cost < best.cost) best = {{alpha, cutoff, 0.0, 0.0, shape}, cost};
    }
  }
  return best;
}

}  // namespace

EwaldSplit choose_split(IonicModel const& model, Eigen::Matrix3d const& lattice, int atoms, double square) {
  using Sum = PotentialOptions::Sum;
  System const system{lattice, static_cast<double>(atoms), std::abs(lattice.determinant()), square};
  bool const exact = model.accuracy <= 0.0, direct_only = model.sum == Sum::direct || square <= 0.0;
  bool const small = model.sum == Sum::automatic && atoms <= exact_atoms;
  if (model.alpha > 0.0 || (exact && (direct_only || small)))
    return choose_direct(model, system, ewald_accuracy).split;
  System const about{lattice, system.atoms, coarse(system.volume, 1.1), square};
  double const accuracy = exact ? mesh_accuracy : model.accuracy;
  Choice direct, mesh;
  if (!exact && model.sum != Sum::pme) direct = choose_direct(model, about, gaussian_end(about, accuracy));
  if (!direct_only) mesh = choose_mesh(model, about, accuracy);
  auto split = direct.cost <= mesh.cost ? direct.split : mesh.split;
  split.shift = std::erfc(split.alpha * split.real_cutoff) / split.real_cutoff;
  return split;
}

}  // namespace nacre::detail
