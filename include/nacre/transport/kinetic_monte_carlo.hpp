/// Vacancies that walk on a network of sites, jump by jump (rejection-free kinetic Monte Carlo): what the master equation of
/// one carrier does not know, site exclusion and the correlation of the ions' jumps.
///
/// A. B. Bortz, M. H. Kalos and J. L. Lebowitz, J. Comput. Phys. 17, 10 (1975), doi:10.1016/0021-9991(75)90060-1.
#pragma once

#include <Eigen/Core>
#include <cstdint>

#include "nacre/core/api.hpp"
#include "nacre/core/rng.hpp"
#include "nacre/transport/site_graph.hpp"

namespace nacre {

struct WalkOptions {
  double temperature = 1000.0;  ///< [K]
  double nu0 = 10.0;            ///< attempt frequency [1/ps]
  int carriers = 1;             ///< in the whole box
  Eigen::Vector3i cells = Eigen::Vector3i::Ones();  ///< the box, in cells of the graph
  int blocks = 20;              ///< errors are from the scatter between these
  std::int64_t jumps = 20000;   ///< of all carriers, per block
  std::int64_t warm_up = 2000;  ///< jumps before the first block
};

struct WalkResult {
  Eigen::Vector3d carrier = Eigen::Vector3d::Zero();        ///< of one carrier, from all carriers' summed way [Å^2/ps]
  Eigen::Vector3d carrier_error = Eigen::Vector3d::Zero();  ///< standard errors
  Eigen::Vector3d tracer = Eigen::Vector3d::Zero();         ///< of an ion [Å^2/ps]
  Eigen::Vector3d tracer_error = Eigen::Vector3d::Zero();
  double correlation = 0.0, correlation_error = 0.0;  ///< sum of the ions' squared ways over that of their jumps
  double time_ps = 0.0;
  std::int64_t sites = 0;  ///< of the box
};

/// @throws InputError for more carriers than leave an ion, a box without jumps, or a count out of range
NACRE_API WalkResult walk_vacancies(SiteGraph const& graph, WalkOptions const& options, Rng& rng);

/// Conductivity n_V (z e)^2 D_V/(k_B T) [S/cm] of carriers with density n_V [1/Å^3] (definitions.md 7); D_V has the site
/// exclusion in it.
NACRE_API double carrier_conductivity(double density, double charge, double diffusion, double temperature);

}  // namespace nacre
