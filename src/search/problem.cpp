#include "nacre/search/problem.hpp"

#include <algorithm>
#include <cmath>

namespace nacre {

bool Observation::ok() const {
  return !objectives.empty() && std::ranges::all_of(objectives, [](Estimate const& e) { return e.ok(); });
}

Proposer::~Proposer() = default;
void Proposer::revalue() {}

double violation(ConstraintSpec const& constraint, double value) {
  if (std::isnan(value)) return std::numeric_limits<double>::infinity();
  double excess = 0.0;
  if (constraint.lower) excess = std::max(excess, *constraint.lower - value);
  if (constraint.upper) excess = std::max(excess, value - *constraint.upper);
  return excess;
}

bool feasible(Problem const& problem, Observation const& observation) {
  for (std::size_t i = 0; i < problem.constraints.size(); ++i) {
    if (i >= observation.constraints.size()) return false;
    if (violation(problem.constraints[i], observation.constraints[i]) > 0.0) return false;
  }
  return true;
}

double minimised(ObjectiveSpec const& objective, double value) {
  return objective.direction == Direction::maximize ? -value : value;
}

bool dominates(Problem const& problem, Observation const& a, Observation const& b) {
  bool better = false;
  for (std::size_t i = 0; i < problem.objectives.size(); ++i) {
    auto const left = minimised(problem.objectives[i], a.objectives.at(i).value);
    auto const right = minimised(problem.objectives[i], b.objectives.at(i).value);
    if (!(left <= right)) return false;
    better = better || left < right;
  }
  return better;
}

Archive::Archive(Problem problem) : problem_(std::move(problem)) {}

void Archive::observe(Observation observation) {
  index_.try_emplace({observation.design.id(), observation.tier}, observations_.size());
  ++counts_[static_cast<std::size_t>(observation.tier)];
  observations_.push_back(std::move(observation));
}

void Archive::replace(std::size_t index, std::vector<Estimate> objectives) {
  observations_.at(index).objectives = std::move(objectives);
}

Observation const* Archive::find(Hash128 const& design, Tier tier) const {
  auto const found = index_.find({design, tier});
  return found == index_.end() ? nullptr : &observations_[found->second];
}

std::vector<Observation const*> Archive::pareto(Tier tier) const {
  std::vector<Observation const*> front;
  for (auto const& one : observations_) {
    if (one.tier != tier || !one.ok() || !feasible(problem_, one)) continue;
    if (std::ranges::any_of(front, [&](auto const* other) { return dominates(problem_, *other, one); })) continue;
    std::erase_if(front, [&](auto const* other) { return dominates(problem_, one, *other); });
    front.push_back(&one);
  }
  std::ranges::stable_sort(front, {}, &Observation::proposal);
  return front;
}

}  // namespace nacre
