#include <array>
#include <Eigen/LU>
#include <algorithm>
#include <cmath>
#include <map>

#include "layer_energy.hpp"
#include "nacre/core/error.hpp"
#include "nacre/core/units.hpp"
#include "nacre/potential/committee.hpp"
#include "nacre/crystal/elements.hpp"

namespace nacre {
namespace {

constexpr double rattle_width = 0.02;  // of the second start of a slab [Å]

double charge_of(Crystal const& crystal) {
  double charge = 0.0;
  for (double const q : crystal.oxidation) charge += q;
  return charge;
}

/// Whether the slab has the elements of its bulk in the same proportions.
bool is_composed_as(Slab const& slab, BulkState const& bulk) {
  std::map<int, double> excess;
  for (int const z : slab.crystal.numbers) excess[z] += 1.0 / static_cast<double>(slab.crystal.size());
  for (int const z : bulk.crystal.numbers) excess[z] -= 1.0 / static_cast<double>(bulk.crystal.size());
  return std::ranges::all_of(excess, [](auto const& e) { return std::abs(e.second) < 1e-9; });
}

/// Why this slab has no surface energy, or nothing. @param excess what it has more than whole crystals, if that is
/// known
std::string refusal(Slab const& slab, bool stoichiometric, ChemicalWindow const* window, Excess const& excess) {
  if (slab.polar()) return "polar: the repeat has a dipole, its surface energy grows with thickness";
  if (stoichiometric) {
    bool const charged = std::abs(charge_of(slab.crystal)) > 1e-6;
    return charged ? "charged: the formal charges of the slab do not cancel" : "";
  }
  if (!window) {
    return "not_stoichiometric: the slab is no whole number of formula units, so its energy depends on a chemical "
           "potential";
  }
  if (!window->failure.empty()) return window->failure;
  if (std::abs(excess.anions) > 1e-6 && !window->anion_potential) {
    return concat("oxygen_exchange: the slab has ", excess.anions, " ", symbol(window->anion),
                  " per cell more than neutral compounds, which needs a chemical potential of that element");
  }
  return {};
}

/// d gamma / d strain for equal stretching of both in-plane vectors, per 1 % [J/m^2]. @param excess of the slab over its
/// bulk [eV]
double strain_sensitivity(detail::LayerCell const& layer, detail::LayerEnergy const& slab, double excess,
                          Potential const& potential) {
  auto const bulk = detail::strained_bulk_energy(layer.slab, layer.deformation, potential);
  if (!slab.failure.empty() || !bulk.failure.empty()) return std::nan("");
  auto const repeats = static_cast<double>(layer.slab.crystal.size()) /
                       static_cast<double>(detail::oriented_bulk(layer.slab, layer.deformation).size());
  double const stretching = slab.virial.trace() - repeats * bulk.virial.trace();
  double const area = layer.slab.plane.area();
  return 0.01 * (stretching - 2.0 * excess) / (2.0 * area) * units::J_per_m2;
}

}  // namespace

SurfaceEnergy surface_energy(Slab const& slab, BulkState const& bulk, Potential const& potential,
                             RelaxOptions const& options, ChemicalWindow const* window) {
  auto const model = potential.identity();
  if (bulk.status != Status::ok) {
    auto const broken = Estimate::without_value(bulk.status, bulk.reason, bulk.work, model);
    return {broken, broken, {}};
  }
  bool const stoichiometric = is_composed_as(slab, bulk);
  Excess excess;
  if (!stoichiometric && window && window->failure.empty()) excess = window->excess_of(slab.crystal.numbers);
  if (auto const reason = refusal(slab, stoichiometric, window, excess); !reason.empty()) {
    auto const refused = Estimate::without_value(Status::refused, reason, 0.0, model);
    return {refused, refused, {}};
  }
  detail::LayerCell const layer{slab, Eigen::Matrix2i::Identity(), Eigen::Matrix2d::Identity()};
  auto const cut = detail::isolated_slab(slab, layer.deformation, detail::slab_vacuum);
  auto const slab_model = potential.with_slab_correction(true);
  auto const unrelaxed = (slab_model ? *slab_model : potential).evaluate(cut);
  auto const relaxed = detail::slab_energy(layer, potential, options, rattle_width);

  double const per_face = units::J_per_m2 / (2.0 * slab.plane.area());
  double const per_atom = bulk.energy / static_cast<double>(bulk.crystal.size());
  SurfaceEnergy result{{}, {}, detail::has_equal_faces(slab, layer.deformation)};
  double reference = per_atom * static_cast<double>(cut.size());
  if (!stoichiometric) {
    double const crystals = excess.crystals * per_atom * static_cast<double>(bulk.crystal.size()) /
                            static_cast<double>(formula_units(bulk.crystal));
    double const anions = excess.anions * window->anion_potential.value_or(0.0);
    reference = 0.0;
    for (std::size_t k = 0; k < window->corners(); ++k) {
      double const chemical = crystals + anions + window->energy_of(excess, k);
      reference += chemical / static_cast<double>(window->corners());
      result.corners.push_back({(relaxed.energy - chemical) * per_face, (unrelaxed.energy - chemical) * per_face});
    }
  }
  std::vector<Eigen::VectorXd> members{{}, {}};
  if (stoichiometric && relaxed.members.size() > 0) members[1] = potential.evaluate(bulk.crystal).member_energies;
  double const crystals = static_cast<double>(cut.size()) / static_cast<double>(bulk.crystal.size());
  auto const spread = [&](Eigen::VectorXd const& slab_members) {
    members[0] = slab_members;
    return committee_deviation(members, std::array{1.0, -crystals});
  };
  auto estimate = [&](double energy, double error, double work) {
    double const rounding = 1e-9 * std::abs(energy);
    return Estimate((energy - reference) * per_face, (error + rounding) * per_face, work, model);
  };
  result.unrelaxed = estimate(unrelaxed.energy, spread(unrelaxed.member_energies), static_cast<double>(unrelaxed.edges));
  result.relaxed = relaxed.failure.empty()
                       ? estimate(relaxed.energy, std::hypot(relaxed.error, spread(relaxed.members)), relaxed.work)
                       : Estimate::without_value(Status::failed, relaxed.failure + ": slab", relaxed.work, model);
  if (stoichiometric) result.strain_sensitivity = strain_sensitivity(layer, relaxed, relaxed.energy - reference, potential);
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
