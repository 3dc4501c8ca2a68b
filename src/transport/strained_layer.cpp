#include <Eigen/Geometry>
#include <Eigen/LU>
#include <algorithm>
#include <cmath>

#include "nacre/core/error.hpp"
#include "nacre/potential/relax.hpp"
#include "nacre/transport/contact_hops.hpp"

namespace nacre {
namespace {

/// The bulk's cell in the stack's frame: in-plane vectors of the plane, deformed, and the stacking vector.
Crystal oriented_cell(PlaneLattice const& plane, Eigen::Matrix2d const& deformation) {
  Crystal cell;
  cell.lattice.setZero();
  cell.lattice.topLeftCorner<2, 2>() = deformation * plane.basis;
  cell.lattice.topRightCorner<2, 1>() = deformation * plane.stacking_offset();
  cell.lattice(2, 2) = plane.spacing;
  cell.positions = cell.lattice * plane.coordinates();
  cell.numbers = plane.primitive.numbers;
  cell.oxidation = plane.primitive.oxidation;
  cell.name = plane.primitive.name;
  return cell;
}

/// The cell repeated so that its in-plane vectors are the rows of `m`.
Crystal in_plane_cells(Crystal const& cell, Eigen::Matrix2i const& m) {
  Crystal result = cell;
  result.lattice.leftCols<2>() = cell.lattice.leftCols<2>() * m.transpose().cast<double>();
  Eigen::Matrix2d const inverse = m.transpose().cast<double>().inverse();
  int const reach = m.cwiseAbs().sum();
  std::vector<Eigen::Vector2d> shifts;
  for (int i = -reach; i <= reach; ++i) {
    for (int j = -reach; j <= reach; ++j) {
      Eigen::Vector2d const f = inverse * Eigen::Vector2d(i, j);
      if (f.minCoeff() > -1e-9 && f.maxCoeff() < 1.0 - 1e-9) shifts.emplace_back(i, j);
    }
  }
  auto const n = cell.positions.cols();
  result.positions.resize(3, n * std::ssize(shifts));
  result.numbers.clear();
  result.oxidation.clear();
  for (std::size_t k = 0; k < shifts.size(); ++k) {
    result.positions.middleCols(static_cast<Eigen::Index>(k) * n, n) =
        cell.positions.colwise() + cell.lattice.leftCols<2>() * shifts[k];
    result.numbers.insert(result.numbers.end(), cell.numbers.begin(), cell.numbers.end());
    result.oxidation.insert(result.oxidation.end(), cell.oxidation.begin(), cell.oxidation.end());
  }
  return result;
}

}  // namespace

StrainedLayer strained_layer(Slab const& slab, Eigen::Matrix2i const& supercell, Eigen::Matrix2d const& deformation,
                             Potential const& potential) {
  require(supercell.determinant() != 0, "a layer's supercell has no area");
  RelaxOptions options;
  options.fmax = 1e-4;
  options.cell = CellFreedom::third_vector;
  auto relaxed = relax(oriented_cell(slab.plane, deformation), potential, options);
  StrainedLayer layer;
  layer.work = relaxed.work;
  if (!relaxed.converged) layer.failure = relaxed.reason + ": strained bulk";
  layer.primitive_atoms = static_cast<int>(relaxed.crystal.size());
  layer.repeat_height = relaxed.crystal.lattice(2, 2);
  layer.repeat = in_plane_cells(relaxed.crystal, supercell);
  return layer;
}

std::optional<double> LayerHops::barrier(int axis) const {
  auto const& direction = analysis.direction[static_cast<std::size_t>(axis)];
  if (!failure.empty() || direction.status != Status::ok || !direction.walk) return std::nullopt;
  return direction.walk->barrier;
}

LayerHops layer_hops(StrainedLayer const& layer, int species, Potential const& potential, HopSettings const& settings,
                     double height) {
  LayerHops hops;
  hops.name = formula(layer.repeat);
  hops.failure = layer.failure;
  hops.carries = std::ranges::find(layer.repeat.numbers, species) != layer.repeat.numbers.end();
  if (!hops.carries || !hops.failure.empty()) return hops;
  int const repeats = std::max(1, static_cast<int>(std::lround(height / layer.repeat_height)));
  auto const cell = supercell(layer.repeat, {1, 1, repeats});
  HopSearch search;
  search.supercell = settings.supercell;
  search.tolerance_A = 1e-3;
  hops.network = find_hops(cell, species, search);
  HopEnergies energies(cell, hops.network, species, potential, settings);
  hops.analysis = analyze_hops(hops.network, energies, cell.lattice);
  hops.critical = critical_hop(hops.network, energies, hops.analysis, {true, true, false});
  return hops;
}

}  // namespace nacre
