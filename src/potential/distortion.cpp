#include "nacre/potential/distortion.hpp"

#include "layer_energy.hpp"
#include "nacre/stack/slab.hpp"

namespace nacre {
namespace {

constexpr double rattle_width = 0.05;  // [Å]

}  // namespace

Distortion strained_distortion(PlaneLattice const& plane, double strain, Potential const& potential,
                               std::uint64_t seed) {
  auto const cut = find_terminations(plane, ChargeRule::if_known).front();
  Eigen::Matrix2d const deformation = (1.0 + strain) * Eigen::Matrix2d::Identity();
  auto const primitive =
      detail::relax_third_vector(detail::oriented_bulk(make_slab(plane, cut, 1), deformation), potential);
  Distortion result;
  result.work = primitive.layer.work;
  result.failure = primitive.layer.failure;
  if (!result.failure.empty()) return result;
  auto start = supercell(primitive.crystal, {2, 2, 2});
  detail::rattle(start, rattle_width, seed, "strained-rattle", 0);
  auto const bulk_model = potential.with_slab_correction(false);
  RelaxOptions options;
  options.smax = 1e-5;
  options.cell = CellFreedom::third_vector;
  auto const rattled = relax(start, bulk_model ? *bulk_model : potential, options);
  result.work += rattled.work;
  if (!rattled.converged) result.failure = rattled.reason;
  result.gain = primitive.layer.energy / static_cast<double>(primitive.crystal.size()) -
                rattled.evaluation.energy / static_cast<double>(start.size());
  return result;
}

}  // namespace nacre
