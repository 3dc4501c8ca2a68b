#include "start_protocol.hpp"

#include <cmath>

#include "layer_energy.hpp"
#include "nacre/core/rng.hpp"

namespace nacre::detail {
namespace {

constexpr double shift_reach = 0.25;   // of further starts around the designed registry, in the shift cell
constexpr double gap_increment = 0.4;  // between the gaps of the protocol [Å]
constexpr double shaking = 10.0;       // of the rattle where shift and gap are not the designed ones

Eigen::Vector3d random_shift(Stack const& stack, Rng& rng) {
  double const u = rng.uniform(-shift_reach, shift_reach), v = rng.uniform(-shift_reach, shift_reach);
  Eigen::Vector2d const shift = stack.contacts[0].shift_cell * Eigen::Vector2d(u, v);
  return {shift.x(), shift.y(), 0.0};
}

}  // namespace

Crystal make_start(Stack const& stack, ContactOptions const& options, int k, double widen, StackGeometry geometry) {
  Crystal start = stack.crystal;
  start.periodic = {true, true, true};
  Eigen::Vector3d move = Eigen::Vector3d::Zero(), second = Eigen::Vector3d::Zero();
  if (int const s = k / options.gaps; s > 0) {
    Rng rng(options.seed, "contact-shift", static_cast<std::uint64_t>(s));
    move = random_shift(stack, rng);
    second = random_shift(stack, rng);
  }
  move.z() = second.z() = gap_increment * (k % options.gaps) + widen;
  for (std::size_t i = 0; i < stack.layer.size(); ++i) {
    if (stack.layer[i] == 2) start.positions.col(static_cast<Eigen::Index>(i)) += move;
  }
  if (geometry == StackGeometry::slab)
    start.lattice(2, 2) += move.z();
  else
    start.lattice.col(2) += move + second;
  bool const shaken = k / options.gaps > 0 && k % options.gaps > 0;
  if (options.rattle > 0.0)
    rattle(start, (shaken ? shaking : 1.0) * options.rattle, options.seed, "contact-rattle", static_cast<std::uint64_t>(k));
  return start;
}

void Minima::add_starts(int count, int threads, std::function<Crystal(int)> const& make, Potential const& model,
                        RelaxOptions const& options) {
  std::vector<RelaxTask> tasks;
  for (int k = 0; k < count; ++k) tasks.push_back({make(k), options});
  auto relaxed = relax_batch(tasks, model, threads);
  for (auto& one : relaxed) {
    add(std::move(one));
    if (cancelled()) return;
  }
}

void Minima::add(Relaxation relaxed) {
  work += relaxed.work;
  if (!relaxed.converged) {
    if (relaxed.reason == "cancelled" || (energies.empty() && failure.empty())) failure = relaxed.reason;
    return;
  }
  if (!cancelled()) failure.clear();
  energies.push_back(relaxed.evaluation.energy);
  if (!best.converged || relaxed.evaluation.energy < best.evaluation.energy) best = std::move(relaxed);
}

double Minima::protocol_error() const {
  auto const n = static_cast<double>(energies.size());
  if (n < 2.0) return 0.0;
  double excess = 0.0;
  for (double const energy : energies) excess += energy - best.evaluation.energy;
  return excess / (n - 1.0) / n;
}

double Minima::numerical_error() const {
  return softness * best.energy_error + 1e-9 * std::abs(best.evaluation.energy);
}

}  // namespace nacre::detail
