#include <Eigen/LU>
#include <cmath>

#include "layer_energy.hpp"
#include "nacre/core/units.hpp"

namespace nacre {
namespace {

constexpr double rattle_width = 0.02;  // of the second start of a slab [Å]

/// Why this slab has no surface energy, or nothing.
std::string refusal(Slab const& slab, BulkState const& bulk) {
  if (slab.polar()) return "polar: the repeat has a dipole, its surface energy grows with thickness";
  double charge = 0.0;
  for (double const q : slab.crystal.oxidation) charge += q;
  if (std::abs(charge) > 1e-6) return "charged: the formal charges of the slab do not cancel";
  std::map<int, double> excess;
  for (int const z : slab.crystal.numbers) excess[z] += 1.0 / static_cast<double>(slab.crystal.size());
  for (int const z : bulk.crystal.numbers) excess[z] -= 1.0 / static_cast<double>(bulk.crystal.size());
  for (auto const& [z, e] : excess) {
    if (std::abs(e) > 1e-9) return "not_stoichiometric: the slab is no whole number of formula units";
  }
  return {};
}

}  // namespace

SurfaceEnergy surface_energy(Slab const& slab, BulkState const& bulk, Potential const& potential,
                             RelaxOptions const& options) {
  auto const model = potential.identity();
  if (bulk.status != Status::ok) {
    auto const broken = Estimate::without_value(bulk.status, bulk.reason, bulk.work, model);
    return {broken, broken, {}};
  }
  if (auto const reason = refusal(slab, bulk); !reason.empty()) {
    auto const refused = Estimate::without_value(Status::refused, reason, 0.0, model);
    return {refused, refused, {}};
  }
  detail::LayerCell const layer{slab, Eigen::Matrix2i::Identity(), Eigen::Matrix2d::Identity()};
  auto const cut = detail::isolated_slab(slab, layer.deformation, detail::slab_vacuum);
  auto const slab_model = potential.with_slab_correction(true);
  auto const unrelaxed = (slab_model ? *slab_model : potential).evaluate(cut);
  auto const relaxed = detail::slab_energy(layer, potential, options, rattle_width);

  double const bulk_energy = bulk.energy * static_cast<double>(cut.size()) / static_cast<double>(bulk.crystal.size());
  double const per_face = units::J_per_m2 / (2.0 * slab.plane.area());
  auto estimate = [&](double energy, double error, double work) {
    double const rounding = 1e-9 * std::abs(energy);
    return Estimate((energy - bulk_energy) * per_face, (error + rounding) * per_face, work, model);
  };
  auto const edges = static_cast<double>(unrelaxed.edges);
  SurfaceEnergy result{{}, estimate(unrelaxed.energy, 0.0, edges), detail::has_equal_faces(slab, layer.deformation)};
  result.relaxed = relaxed.failure.empty()
                       ? estimate(relaxed.energy, relaxed.error, relaxed.work)
                       : Estimate::without_value(Status::failed, relaxed.failure + ": slab", relaxed.work, model);
  return result;
}

PlaneBulk relax_on_plane(PlaneLattice const& plane, Potential const& potential) {
  PlaneBulk result{plane, {}};
  Eigen::Matrix3d const cell = plane.cell.cast<double>();
  Crystal turned = plane.primitive;
  turned.lattice = plane.frame * plane.primitive.lattice * cell;
  turned.positions = plane.frame * plane.primitive.positions;
  auto const energy = detail::relax_third_vector(turned, potential);
  auto& bulk = result.bulk;
  bulk.stiffness.setZero();
  bulk.energy = energy.layer.energy;
  bulk.work = energy.layer.work;
  bulk.crystal = plane.primitive;
  bulk.crystal.lattice = plane.frame.transpose() * energy.crystal.lattice * cell.inverse();
  bulk.crystal.positions = plane.frame.transpose() * energy.crystal.positions;
  if (!energy.layer.failure.empty()) {
    bulk.status = Status::failed;
    bulk.reason = energy.layer.failure + ": bulk with the plane's vectors imposed";
  }
  result.plane.primitive = bulk.crystal;
  result.plane.spacing = energy.crystal.lattice(2, 2);
  return result;
}

}  // namespace nacre
