#include "stack_stability.hpp"

#include <algorithm>
#include <cmath>

#include "nacre/core/error.hpp"
#include "nacre/core/text.hpp"
#include "nacre/core/value.hpp"

namespace nacre::detail {
namespace {

bool is_about_phases(std::string const& quantity) {
  return quantity.starts_with("reaction_energy") || quantity.starts_with("hull_distance");
}

Phase phase_of(Crystal const& crystal, double energy) { return {crystal.name, amounts_of(crystal), energy}; }

KnownPhase const& known_phase(std::string const& key) {
  auto const& all = known_phases();
  auto const found = std::find_if(all.begin(), all.end(), [&](auto const& p) { return "phase/" + p.name == key; });
  if (found == all.end()) throw Error("no '" + key + "' in the list of phases (the list has changed)");
  return *found;
}

}  // namespace

StackStability::StackStability(CampaignConfig const& config) : max_strain_(config.stacks.max_strain), seed_(config.seed) {
  for (auto const& objective : config.objectives) asks_for_phases_ |= is_about_phases(objective.name);
  for (auto const& constraint : config.constraints) asks_for_phases_ |= is_about_phases(constraint.quantity);
}

std::vector<SetupTask> StackStability::phase_tasks(std::vector<std::vector<int>> const& numbers,
                                                   Potential const& potential) const {
  std::vector<SetupTask> tasks;
  if (!asks_for_phases_) return tasks;
  for (std::size_t i = 0; i < numbers.size(); ++i) {
    for (std::size_t j = i; j < numbers.size(); ++j) {
      auto both = numbers[i];
      both.insert(both.end(), numbers[j].begin(), numbers[j].end());
      for (auto const& phase : known_phases_of(both, potential)) {
        auto const key = "phase/" + phase.name;
        bool const listed = std::any_of(tasks.begin(), tasks.end(), [&](auto const& t) { return t.key == key; });
        if (!listed && !phases_.contains(key)) tasks.push_back({key, 1.0});
      }
    }
  }
  return tasks;
}

std::string StackStability::run_phase(std::string const& key, Potential const& potential) const {
  return to_text(phase_energy(known_phase(key), potential));
}

void StackStability::absorb_phase(std::string const& key, std::string const& outcome) {
  phases_[key] = phase_energy_from(outcome);
}

std::string StackStability::run_distortion(PlaneLattice const& plane, Potential const& potential) const {
  auto const compressed = strained_distortion(plane, -max_strain_, potential, seed_);
  auto const stretched = strained_distortion(plane, max_strain_, potential, seed_);
  Value value;
  value["gain_compressed_eV_per_atom"] = compressed.gain;
  value["gain_stretched_eV_per_atom"] = stretched.gain;
  value["failure"] = compressed.failure.empty() ? stretched.failure : compressed.failure;
  return value.dump();
}

void StackStability::absorb_distortion(std::string const& key, std::string const& outcome) {
  auto const value = Value::parse_json(outcome, "a stored distortion");
  auto const number = [&](char const* name) { return value.at(name).is_null() ? 0.0 : value.at(name).as_number(); };
  distortions_[key] = {number("gain_compressed_eV_per_atom"), number("gain_stretched_eV_per_atom"),
                       value.at("failure").as_string()};
}

bool StackStability::distorts(std::string const& key, double mean_strain) const {
  auto const found = distortions_.find(key);
  if (found == distortions_.end() || mean_strain == 0.0) return false;
  if (!found->second.failure.empty()) return true;  // a cell that broke is no crystal to rely on
  return (mean_strain > 0.0 ? found->second.stretched : found->second.compressed) > distorting_gain;
}

PhaseDiagram StackStability::diagram(std::vector<Phase> first) const {
  for (auto const& [key, phase] : phases_) {
    if (phase.status == Status::ok) first.push_back({phase.name, phase.amounts, phase.energy});
  }
  return PhaseDiagram(std::move(first));
}

PhaseReaction const& StackStability::strongest(Crystal const& a, double energy_a, Crystal const& b,
                                               double energy_b) const {
  auto const key = std::pair(a.name, b.name);
  auto found = reactions_.find(key);
  if (found == reactions_.end()) {
    auto const phases = diagram({phase_of(a, energy_a), phase_of(b, energy_b)});
    found = reactions_.emplace(key, phases.strongest_reaction(0, 1)).first;
  }
  return found->second;
}

double StackStability::reaction_energy(Crystal const& a, double energy_a, Crystal const& b, double energy_b) const {
  return asks_for_phases_ ? strongest(a, energy_a, b, energy_b).energy : std::nan("");
}

std::string StackStability::reaction(Crystal const& a, double energy_a, Crystal const& b, double energy_b) const {
  if (!asks_for_phases_) return {};
  auto const& reaction = strongest(a, energy_a, b, energy_b);
  if (reaction.energy >= 0.0) return {};
  return diagram({phase_of(a, energy_a), phase_of(b, energy_b)}).equation(0, 1, reaction);
}

/// A phase reacting with itself: what it falls into.
double StackStability::hull_distance(Crystal const& a, double energy) const {
  return asks_for_phases_ ? -strongest(a, energy, a, energy).energy : std::nan("");
}

std::vector<std::string> StackStability::notes() const {
  std::vector<std::string> notes;
  for (auto const& [key, gains] : distortions_) {
    double const most = std::max(gains.compressed, gains.stretched);
    if (gains.failure.empty() && most <= distorting_gain) continue;
    notes.push_back(gains.failure.empty()
                        ? concat(key, ": distorts_under_strain, a rattled cell gains ", significant(1e3 * gains.compressed, 3),
                                 " / ", significant(1e3 * gains.stretched, 3), " meV/atom at -/+ ", 100.0 * max_strain_, " %")
                        : concat(key, ": distorts_under_strain, ", gains.failure, " at the strain limits"));
  }
  for (auto const& [key, phase] : phases_) {
    if (phase.status != Status::ok) notes.push_back(concat(key, ": left out, ", phase.reason));
  }
  return notes;
}

}  // namespace nacre::detail
