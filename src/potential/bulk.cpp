#include <Eigen/Geometry>
#include <Eigen/LU>
#include <algorithm>
#include <cmath>

#include "nacre/core/error.hpp"
#include "nacre/core/rng.hpp"
#include "nacre/crystal/symmetry.hpp"
#include "nacre/potential/contact_energy.hpp"
#include "symmetrized_potential.hpp"

namespace nacre {
namespace {

constexpr double largest_gain = 5e-3;  // definitions.md 1 [eV/atom]
constexpr double rattle_width = 0.05;  // [Å]
constexpr double strain_step = 5e-4;   // of the central differences: error below 1e-5 of C, noise below 1e-6

/// How far rounding moves forces [eV/Å] and stress [eV/Å^3].
struct Noise {
  double force = 0.0, stress = 0.0;
};

/// By a turned copy, whose forces are turned back: 1e-12 in double precision, 1e-5 in networks of single precision.
Noise noise_of(Potential const& potential, Crystal const& crystal) {
  Eigen::Matrix3d const turn = Eigen::AngleAxisd(0.7, Eigen::Vector3d(1.0, -2.0, 0.5).normalized()).toRotationMatrix();
  auto turned = crystal;
  turned.lattice = turn * crystal.lattice;
  turned.positions = turn * crystal.positions;
  auto const here = potential.evaluate(crystal), there = potential.evaluate(turned);
  Noise noise;
  if (here.forces.size() > 0) noise.force = (turn.transpose() * there.forces - here.forces).cwiseAbs().maxCoeff();
  if (here.stress && there.stress)
    noise.stress = (turn.transpose() * *there.stress * turn - *here.stress).cwiseAbs().maxCoeff();
  return noise;
}

/// As near to the minimum as the numbers of the model have a meaning.
RelaxOptions tight(CellFreedom cell, Noise const& noise) {
  RelaxOptions options;
  options.fmax = std::max(1e-7, 4.0 * noise.force);
  options.smax = std::max(1e-9, 4.0 * noise.stress);
  options.max_steps = 400;
  options.cell = cell;
  return options;
}

/// Converged, or as near as a truncation without taper allows: there stress and energy jump where a shell of
/// neighbours crosses the cutoff, and the last digits have no zero to go to.
bool is_settled(Relaxation const& relaxation) {
  return relaxation.converged || (relaxation.reason == "max_steps" && relaxation.fmax < 1e-4 && relaxation.smax < 1e-4);
}

Eigen::Matrix3d voigt_strain(int component, double size) {
  static constexpr int rows[] = {0, 1, 2, 1, 0, 0}, columns[] = {0, 1, 2, 2, 2, 1};
  Eigen::Matrix3d strain = Eigen::Matrix3d::Zero();
  int const a = rows[component], b = columns[component];
  if (a == b)
    strain(a, a) = size;
  else
    strain(a, b) = strain(b, a) = 0.5 * size;
  return strain;
}

Eigen::Vector<double, 6> voigt_stress(Eigen::Matrix3d const& s) {
  return {s(0, 0), s(1, 1), s(2, 2), 0.5 * (s(1, 2) + s(2, 1)), 0.5 * (s(0, 2) + s(2, 0)), 0.5 * (s(0, 1) + s(1, 0))};
}

/// Central differences of the stress, ions relaxed. @return false and the reason in `bulk` if a strained cell broke
bool add_stiffness(BulkState& bulk, Potential const& potential, Noise const& noise) {
  for (int j = 0; j < 6; ++j) {
    Eigen::Vector<double, 6> stress[2];
    for (int side = 0; side < 2; ++side) {
      Eigen::Matrix3d const f = Eigen::Matrix3d::Identity() + voigt_strain(j, side == 0 ? -strain_step : strain_step);
      Crystal strained = bulk.crystal;
      strained.lattice = f * bulk.crystal.lattice;
      strained.positions = f * bulk.crystal.positions;
      auto const relaxed = relax(strained, potential, tight(CellFreedom::fixed, noise));
      bulk.work += relaxed.work;
      if (!is_settled(relaxed)) {
        bulk.status = Status::failed;
        bulk.reason = relaxed.reason + ": ions of a cell strained by " + concat(strain_step);
        return false;
      }
      stress[side] = voigt_stress(*relaxed.evaluation.stress);
    }
    bulk.stiffness.col(j) = (stress[1] - stress[0]) / (2.0 * strain_step);
  }
  bulk.stiffness = (0.5 * (bulk.stiffness + bulk.stiffness.transpose())).eval();
  return true;
}

/// What a rattled 2x2x2 conventional cell gains with every freedom [eV/atom]; none if it broke.
void add_stability(BulkState& bulk, Potential const& potential, std::uint64_t seed) {
  auto const cell = supercell(conventional_cell(bulk.crystal), {2, 2, 2});
  auto start = cell;
  Rng rng(seed, "bulk-rattle", 0);
  for (double& x : start.positions.reshaped()) x += rattle_width * rng.normal();
  RelaxOptions options;
  options.smax = 1e-5;
  options.max_steps = 1000;
  options.cell = CellFreedom::full;
  auto const relaxed = relax(start, potential, options);
  bulk.work += relaxed.work;
  auto const atoms = static_cast<double>(cell.size());
  bulk.rattle_gain = bulk.energy / static_cast<double>(bulk.crystal.size()) - relaxed.evaluation.energy / atoms;
  if (bulk.rattle_gain > largest_gain) {
    bulk.status = Status::refused;
    bulk.reason = concat("unstable_in_model: a rattled 2x2x2 cell gains ", 1e3 * bulk.rattle_gain, " meV/atom (limit ",
                         1e3 * largest_gain, ")");
  } else if (!relaxed.converged) {
    bulk.status = Status::failed;
    bulk.reason = relaxed.reason + ": rattled 2x2x2 cell";
  }
}

}  // namespace

BulkState relax_bulk(Crystal const& crystal, Potential const& potential, std::uint64_t seed, bool test_stability) {
  auto const bulk_model = potential.with_slab_correction(false);
  Potential const& model = bulk_model ? *bulk_model : potential;
  detail::SymmetrizedPotential const symmetric(model, crystal, find_space_group(crystal));
  auto const noise = noise_of(model, crystal);
  auto relaxed = relax(symmetric.idealized(crystal), symmetric, tight(CellFreedom::full, noise));
  BulkState bulk;
  bulk.stiffness.setZero();
  bulk.energy = relaxed.evaluation.energy;
  bulk.work = relaxed.work;
  bulk.crystal = std::move(relaxed.crystal);
  if (!is_settled(relaxed)) {
    bulk.status = Status::failed;
    bulk.reason = relaxed.reason + ": bulk cell";
    return bulk;
  }
  if (!add_stiffness(bulk, model, noise)) return bulk;
  if (test_stability) add_stability(bulk, model, seed);
  return bulk;
}

}  // namespace nacre
