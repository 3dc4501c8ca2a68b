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
  return direction.walk->barrier + size_shift[static_cast<std::size_t>(axis)];
}

namespace {

/// Whether two places are one up to lattice vectors of the crystal.
bool same_place(Eigen::Matrix3d const& inverse, Eigen::Matrix3d const& lattice, Eigen::Vector3d const& a,
                Eigen::Vector3d const& b) {
  Eigen::Vector3d f = inverse * (a - b);
  f -= f.array().round().matrix();
  return (lattice * f).norm() < 0.05;
}

/// The hop or site of a larger cell of one crystal that an own one stands for.
class Counterpart {
 public:
  Counterpart(HopNetwork const& own, Eigen::Matrix3d const& lattice, HopNetwork const& larger)
      : own_(own), larger_(larger), lattice_(lattice), inverse_(lattice.inverse()) {}

  std::optional<int> site(int number) const {
    for (std::size_t s = 0; s < larger_.sites.size(); ++s) {
      if (same_place(inverse_, lattice_, larger_.sites[s].position, place(number))) return static_cast<int>(s);
    }
    return std::nullopt;
  }
  std::optional<int> hop(int number) const {
    auto const& wanted = own_.hops[static_cast<std::size_t>(number)];
    for (std::size_t h = 0; h < larger_.hops.size(); ++h) {
      auto const& hop = larger_.hops[h];
      auto const& from = larger_.sites[static_cast<std::size_t>(hop.from)].position;
      auto const& to = larger_.sites[static_cast<std::size_t>(hop.to)].position;
      bool const forward = (hop.vector - wanted.vector).norm() < 0.05 && same_place(inverse_, lattice_, from, place(wanted.from));
      bool const back = (hop.vector + wanted.vector).norm() < 0.05 && same_place(inverse_, lattice_, to, place(wanted.from));
      if (forward || back) return static_cast<int>(h);
    }
    return std::nullopt;
  }

 private:
  Eigen::Vector3d place(int site) const { return own_.sites[static_cast<std::size_t>(site)].position; }
  HopNetwork const& own_;
  HopNetwork const& larger_;
  Eigen::Matrix3d lattice_, inverse_;
};

/// One repeat after the other, up to about a height.
Crystal repeats_up_to(StrainedLayer const& layer, double height) {
  return supercell(layer.repeat, {1, 1, std::max(1, static_cast<int>(std::lround(height / layer.repeat_height)))});
}

HopSearch search_for(HopSettings const& settings) {
  HopSearch search;
  search.supercell = settings.supercell;
  search.tolerance_A = 1e-3;
  return search;
}

}  // namespace

double fit_layer_hops(LayerHops& layer, StrainedLayer const& crystal, int species, Potential const& potential,
                      HopSettings const& settings, double height, std::array<bool, 3> const& directions) {
  auto const cell = repeats_up_to(crystal, height);
  auto const network = find_hops(cell, species, search_for(settings));
  HopEnergies energies(cell, network, species, potential, settings);
  // the crystal's own period: the layer's cell for one carrier holds several repeats
  Counterpart const counterpart(layer.network, crystal.repeat.lattice, network);
  for (std::size_t axis = 0; axis < 3; ++axis) {
    auto const& direction = layer.analysis.direction[axis];
    if (!directions[axis] || direction.status != Status::ok || !direction.walk) continue;
    auto const hop = counterpart.hop(direction.walk->bottleneck);
    auto const site = counterpart.site(direction.walk->lowest);
    auto const fail = [&](std::string const& why) { layer.failure = "cell_of_the_stack: " + why; };
    if (!hop || !site) {
      fail("the layer's limiting hop has no counterpart");
      break;
    }
    auto const& saddle = energies.hop(network.hops[static_cast<std::size_t>(*hop)].orbit);
    auto const& low = energies.site(network.sites[static_cast<std::size_t>(*site)].orbit);
    if (saddle.status != Status::ok || low.status != Status::ok) {
      fail(saddle.status != Status::ok ? saddle.reason : low.reason);
      break;
    }
    layer.size_shift[axis] = saddle.saddle - low.energy - direction.walk->barrier;
  }
  return energies.work();
}

LayerHops layer_hops(StrainedLayer const& layer, int species, Potential const& potential, HopSettings const& settings,
                     double height) {
  LayerHops hops;
  hops.name = formula(layer.repeat);
  hops.failure = layer.failure;
  hops.carries = std::ranges::find(layer.repeat.numbers, species) != layer.repeat.numbers.end();
  if (!hops.carries || !hops.failure.empty()) return hops;
  auto const cell = repeats_up_to(layer, height);
  hops.network = find_hops(cell, species, search_for(settings));
  HopEnergies energies(cell, hops.network, species, potential, settings);
  hops.analysis = analyze_hops(hops.network, energies, cell.lattice);
  hops.critical = critical_hop(hops.network, energies, hops.analysis, {true, true, false});
  hops.second_start = check_start(cell, hops.network, energies, hops.analysis, species, potential, settings,
                                  hops.analysis.work);
  return hops;
}

}  // namespace nacre
