// Sites of the mobile element, and the corridor between them.
#include <Eigen/LU>
#include <algorithm>
#include <cmath>

#include "nacre/core/error.hpp"
#include "nacre/crystal/symmetry.hpp"
#include "nacre/transport/migration.hpp"

namespace nacre {
namespace {

constexpr double same_site_A = 0.3;
constexpr double network_reach = 1.3;  // times the shortest distance between sites: neighbours (definitions.md 7)
constexpr double symmetry_A = 1e-3;

/// Lattice vectors, as integers, that can bring two points of the cell within `reach`.
std::vector<Eigen::Vector3i> near_cells(Eigen::Matrix3d const& lattice, std::array<bool, 3> const& periodic,
                                        double reach) {
  Eigen::Vector3d const span = reach * lattice.inverse().rowwise().norm();
  Eigen::Vector3i limit;
  for (int k = 0; k < 3; ++k) limit[k] = periodic[static_cast<std::size_t>(k)] ? static_cast<int>(span[k]) + 1 : 0;
  std::vector<Eigen::Vector3i> cells;
  for (int i = -limit[0]; i <= limit[0]; ++i)
    for (int j = -limit[1]; j <= limit[1]; ++j)
      for (int k = -limit[2]; k <= limit[2]; ++k) cells.emplace_back(i, j, k);
  return cells;
}

struct Segment {
  Eigen::Vector3d start, arrow;

  double distance(Eigen::Vector3d const& x) const {
    double const t = std::clamp((x - start).dot(arrow) / std::max(arrow.squaredNorm(), 1e-12), 0.0, 1.0);
    return (x - start - t * arrow).norm();
  }
};

/// Lines between neighbouring sites; a site without neighbours is a line of no length.
std::vector<Segment> network(EnergyGrid const& grid, Eigen::Matrix3Xd const& sites) {
  std::vector<Segment> all, kept;
  double const far = 2.0 * grid.lattice.colwise().norm().maxCoeff();
  double shortest = far;
  for (auto const& cell : near_cells(grid.lattice, grid.periodic, std::min(far, 6.0)))
    for (Eigen::Index i = 0; i < sites.cols(); ++i)
      for (Eigen::Index j = 0; j < sites.cols(); ++j) {
        Eigen::Vector3d const arrow = sites.col(j) + grid.lattice * cell.cast<double>() - sites.col(i);
        if (arrow.norm() < same_site_A) continue;
        shortest = std::min(shortest, arrow.norm());
        all.push_back({sites.col(i), arrow});
      }
  for (Eigen::Index i = 0; i < sites.cols(); ++i) kept.push_back({sites.col(i), Eigen::Vector3d::Zero()});
  for (auto const& segment : all)
    if (segment.arrow.norm() <= network_reach * shortest) kept.push_back(segment);
  return kept;
}

/// Opens the grid points within `distance` of a segment, by the boxes around points along it.
void open_around(EnergyGrid const& grid, Segment const& segment, double distance, std::vector<bool>& closed) {
  double const spacing = 0.5;
  int const parts = static_cast<int>(std::ceil(segment.arrow.norm() / spacing));
  Eigen::Matrix3d const inverse = grid.lattice.inverse();
  Eigen::Vector3d const reach = (distance + spacing) * inverse.rowwise().norm();
  Eigen::Vector3d const points = grid.points.cast<double>();
  for (int part = 0; part <= parts; ++part) {
    Eigen::Vector3d const centre =
        inverse * (segment.start + segment.arrow * (parts > 0 ? static_cast<double>(part) / parts : 0.0));
    Eigen::Vector3i const first = ((centre - reach).array() * points.array()).floor().cast<int>();
    Eigen::Vector3i const last = ((centre + reach).array() * points.array()).ceil().cast<int>();
    Eigen::Vector3i at;
    for (at[0] = first[0]; at[0] <= last[0]; ++at[0])
      for (at[1] = first[1]; at[1] <= last[1]; ++at[1])
        for (at[2] = first[2]; at[2] <= last[2]; ++at[2]) {
          Eigen::Vector3d const x = grid.lattice * (at.cast<double>().array() / points.array()).matrix();
          if (segment.distance(x) <= distance) closed[grid.nearest(x)] = false;
        }
  }
}

}  // namespace

Eigen::Matrix3Xd symmetric_sites(SiteEnergy const& field) {
  auto const& framework = field.framework();
  std::vector<SymmetryOperation> operations{{Eigen::Matrix3i::Identity(), Eigen::Vector3d::Zero()}};
  try {
    operations = find_space_group(framework, symmetry_A).operations;
  } catch (InputError const&) {  // no group found: the occupied sites alone
  }
  Eigen::Matrix3d const inverse = framework.lattice.inverse();
  std::vector<Eigen::Vector3d> sites;
  auto const known = [&](Eigen::Vector3d const& x) {
    return std::any_of(sites.begin(), sites.end(), [&](Eigen::Vector3d const& y) {
      Eigen::Vector3d difference = inverse * (x - y);
      for (int k = 0; k < 3; ++k)
        if (framework.periodic[static_cast<std::size_t>(k)]) difference[k] -= std::round(difference[k]);
      return (framework.lattice * difference).norm() < same_site_A;
    });
  };
  for (auto const& operation : operations)  // identity first: occupied sites first
    for (Eigen::Index a = 0; a < field.sites().cols(); ++a) {
      Eigen::Vector3d const fractional = inverse * field.sites().col(a);
      Eigen::Vector3d const x =
          field.wrapped(framework.lattice * (operation.rotation.cast<double>() * fractional + operation.translation));
      if (!known(x)) sites.push_back(x);
    }
  Eigen::Matrix3Xd result(3, static_cast<Eigen::Index>(sites.size()));
  for (std::size_t i = 0; i < sites.size(); ++i) result.col(static_cast<Eigen::Index>(i)) = sites[i];
  return result;
}

std::vector<bool> far_from_sites(EnergyGrid const& grid, Eigen::Matrix3Xd const& sites, double distance) {
  std::vector<bool> closed(grid.size(), true);
  for (auto const& segment : network(grid, sites)) open_around(grid, segment, distance, closed);
  return closed;
}

StationaryPoint site_energy(SiteEnergy const& field, Eigen::Vector3d const& site) {
  if (auto const minimum = find_minimum(field, site)) return *minimum;
  return {site, field.energy(site)};
}

}  // namespace nacre
