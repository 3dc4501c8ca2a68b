#include "nacre/transport/migration.hpp"

#include <Eigen/LU>
#include <algorithm>
#include <cassert>
#include <cmath>
#include <map>

#include "grid_neighbors.hpp"
#include "nacre/core/error.hpp"
#include "nacre/crystal/elements.hpp"

namespace nacre {
namespace {

constexpr double near_site_A = 1.0;
constexpr double search_window_eV = 0.05;  // minima of the grid that may lie lower off the grid than its lowest one
constexpr std::size_t most_minima = 64;

std::vector<PercolationTarget> all_targets(EnergyGrid const& grid, MigrationOptions const& options) {
  auto targets = standard_targets();
  if (options.plane) {
    targets.push_back(in_plane_target(grid.lattice, *options.plane));
    targets.push_back(across_target(*options.plane));
  }
  if (options.direction) targets.push_back(direction_target(grid.lattice, *options.direction));
  return targets;
}

/// The lowest minimum off the grid, from the lowest local minima on it.
std::optional<StationaryPoint> lowest_minimum(SiteEnergy const& field, EnergyGrid const& grid, double lowest) {
  detail::GridNeighbors const neighbors(grid, 26);
  std::vector<std::size_t> starts;
  for (std::size_t i = 0; i < grid.size() && starts.size() < most_minima; ++i) {
    if (grid.energy[i] > lowest + search_window_eV) continue;
    bool local = true;
    neighbors.for_each(i, [&](std::size_t j, auto const&, auto const&) { local &= grid.energy[j] >= grid.energy[i]; });
    if (local) starts.push_back(i);
  }
  std::optional<StationaryPoint> best;
  for (auto const start : starts) {
    auto const minimum = find_minimum(field, grid.position(start));
    if (minimum && (!best || minimum->energy < best->energy - 1e-9)) best = minimum;
  }
  return best;
}

/// Occupied sites as the map sees them.
struct Site {
  StationaryPoint point;
  std::size_t nearest;  ///< grid point
};

std::vector<Site> occupied_sites(SiteEnergy const& field, EnergyGrid const& grid) {
  std::vector<Site> sites;
  for (Eigen::Index a = 0; a < field.sites().cols(); ++a) {
    auto const point = site_energy(field, field.sites().col(a));
    sites.push_back({point, grid.nearest(point.position)});
  }
  return sites;
}

double periodic_distance(EnergyGrid const& grid, Eigen::Matrix3d const& inverse, Eigen::Vector3d const& a,
                         Eigen::Vector3d const& b) {
  Eigen::Vector3d difference = inverse * (a - b);
  for (int k = 0; k < 3; ++k)
    if (grid.periodic[static_cast<std::size_t>(k)]) difference[k] -= std::round(difference[k]);
  double shortest = std::numeric_limits<double>::infinity();  // rounding alone is not enough in a skew cell
  for (int i = -1; i <= 1; ++i)
    for (int j = -1; j <= 1; ++j)
      for (int k = -1; k <= 1; ++k) {
        Eigen::Vector3i const cell(grid.periodic[0] ? i : 0, grid.periodic[1] ? j : 0, grid.periodic[2] ? k : 0);
        shortest = std::min(shortest, (grid.lattice * (difference + cell.cast<double>())).norm());
      }
  return shortest;
}

/// Distance of the nearest of `sites` to a walk's farthest point.
double farthest_from_sites(EnergyGrid const& grid, std::vector<GridWalk> const& walks, Eigen::Matrix3Xd const& sites) {
  Eigen::Matrix3d const inverse = grid.lattice.inverse();
  double farthest = 0.0;
  for (auto const& walk : walks)
    for (auto const point : walk.points) {
      double nearest = std::numeric_limits<double>::infinity();
      for (Eigen::Index s = 0; s < sites.cols(); ++s)
        nearest = std::min(nearest, periodic_distance(grid, inverse, grid.position(point), sites.col(s)));
      if (sites.cols() > 0) farthest = std::max(farthest, nearest);
    }
  return farthest;
}

/// Energy of the highest occupied site within reach of the walks; nullopt if they visit none.
std::optional<double> highest_visited(EnergyGrid const& grid, std::vector<Site> const& sites,
                                      std::vector<GridWalk> const& walks) {
  Eigen::Matrix3d const inverse = grid.lattice.inverse();
  std::optional<double> highest;
  for (auto const& site : sites) {
    bool visited = false;
    for (auto const& walk : walks)
      for (auto const point : walk.points)
        visited |= periodic_distance(grid, inverse, grid.position(point), site.point.position) <= near_site_A;
    if (visited) highest = std::max(highest.value_or(site.point.energy), site.point.energy);
  }
  return highest;
}

void refine(SiteEnergy const& field, EnergyGrid const& grid, double reference, MigrationBarrier& barrier) {
  for (auto const& walk : barrier.walks) {
    auto const saddle = highest_saddle(field, walk.positions(grid));
    if (!saddle) {
      barrier.saddle.reset();
      barrier.reason = "no saddle near the highest point of the walk";
      return;
    }
    if (!barrier.saddle || saddle->energy > barrier.saddle->energy) barrier.saddle = saddle;
  }
  if (barrier.saddle) barrier.refined = barrier.saddle->energy - reference;
}

/// Thresholds of all targets, and the walks behind them; targets that open at one point are searched together.
void find_ways(MigrationMap& map, PercolationOptions const& way, bool walks) {
  std::vector<PercolationTarget> targets;
  for (auto const& barrier : map.barriers) targets.push_back(barrier.target);
  auto const thresholds = percolate(map.grid, targets, way);
  std::map<std::size_t, std::vector<std::size_t>> by_point;
  for (std::size_t t = 0; t < targets.size(); ++t) {
    map.barriers[t].threshold = thresholds[t];
    if (thresholds[t]) by_point[thresholds[t]->point].push_back(t);
    if (!thresholds[t])
      map.barriers[t].reason = way.closed.empty() ? "no way through" : "no way through near the sites";
  }
  if (!walks) return;
  for (auto const& [point, members] : by_point) {
    std::vector<PercolationTarget> shared;
    for (auto const t : members) shared.push_back(targets[t]);
    auto found = find_walks(map.grid, shared, *thresholds[members.front()], way);
    for (std::size_t k = 0; k < members.size(); ++k) map.barriers[members[k]].walks = std::move(found[k]);
  }
}

void check(SiteEnergy const& field, MigrationOptions const& options) {
  double const distance = options.max_site_distance;
  require(distance > 0.0, "invalid distance from the sites ", distance, " A (must be positive)");
  bool const needs_sites = options.reference == BarrierReference::sites || std::isfinite(distance);
  require(!needs_sites || field.sites().cols() > 0, "no ", symbol(field.mobile().number),
          " in the crystal (barriers from occupied sites need some); count from the minimum");
  for (auto const* miller : {&options.plane, &options.direction})
    require(!*miller || !(*miller)->isZero(), "invalid plane or direction 0,0,0 (it has none); give other indices");
}

}  // namespace

MigrationBarrier const& MigrationMap::at(std::string const& name) const {
  auto const found =
      std::find_if(barriers.begin(), barriers.end(), [&](auto const& b) { return b.target.name == name; });
  assert(found != barriers.end());
  return *found;
}

MigrationMap map_migration(SiteEnergy const& field, MigrationOptions const& options) {
  check(field, options);
  MigrationMap map;
  map.grid = energy_grid(field, options.grid);
  map.lowest = map.grid.lowest();
  double const lowest = map.grid.energy[map.lowest];
  require(std::isfinite(lowest),
          "no point of the grid has a finite energy (every point is on an ion); make the step "
          "smaller");
  auto const& grid = map.grid;
  bool const from_sites = options.reference == BarrierReference::sites;
  auto const sites = occupied_sites(field, grid);
  for (auto const& site : sites) map.site_energies.push_back(site.point.energy);
  auto const network = symmetric_sites(field);
  PercolationOptions way{options.connectivity, {}};
  if (std::isfinite(options.max_site_distance)) way.closed = far_from_sites(grid, network, options.max_site_distance);
  if (options.refine) map.minimum = lowest_minimum(field, grid, lowest);

  for (auto& target : all_targets(grid, options)) map.barriers.emplace_back().target = std::move(target);
  find_ways(map, way, options.walks || from_sites || options.refine);
  for (auto& barrier : map.barriers) {
    if (!barrier.threshold) continue;
    barrier.site_distance = farthest_from_sites(grid, barrier.walks, network);
    auto const reference = from_sites ? highest_visited(grid, sites, barrier.walks) : std::optional(lowest);
    if (!reference) {
      barrier.reason = "no occupied site on the walk";
      continue;
    }
    barrier.reference = *reference;
    barrier.barrier = barrier.threshold->level - *reference;
    double const refined = from_sites || !map.minimum ? *reference : map.minimum->energy;
    if (options.refine) refine(field, grid, refined, barrier);
  }
  return map;
}

std::vector<std::string> trust_notes(Ion mobile, BarrierReference reference) {
  std::vector<std::string> notes;
  notes.emplace_back("a coarse rank or filter within one anion framework, never an Arrhenius energy across families");
  notes.emplace_back(
      "the lattice is frozen and has no carriers: vacancies, dopants and relaxation need a descriptor of their own");
  if (reference == BarrierReference::minimum)
    notes.emplace_back("counted from the lowest energy in the cell, which need not be an occupied site");
  if (mobile.charge < 0)
    notes.emplace_back(
        "anions in close-packed lattices (perovskite, rock salt) are overestimated by more than 1 eV: a picture, not "
        "an "
        "objective; use a relaxed vacancy hop");
  return notes;
}

}  // namespace nacre
