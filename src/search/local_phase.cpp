#include "local_phase.hpp"

#include <cmath>

namespace nacre::detail {

double merit(Problem const& problem, Observation const& result) {
  if (!result.ok()) return std::numeric_limits<double>::infinity();
  double excess = 0.0;
  for (std::size_t i = 0; i < problem.constraints.size(); ++i) {
    excess += violation(problem.constraints[i], i < result.constraints.size() ? result.constraints[i] : std::nan(""));
  }
  if (excess > 0.0) return unusable * (1.0 + std::min(excess, 1e100));
  return std::min(minimised(problem.objectives[0], result.objectives[0].value), unusable);
}

LocalPhase::LocalPhase(std::shared_ptr<Space const> space, Design base, Tier top, bool cmaes_only)
    : box_(std::move(space), std::move(base)),
      top_(top),
      portfolio_(box_.periodic(), cmaes_only ? cmaes_options() : portfolio_options(box_.size())) {}

std::optional<Design> LocalPhase::draw(int attempt, Archive const& archive, Rng& rng) {
  constexpr int most_tries = 32;
  if (attempt > 0 && !drawn_.values.empty()) drop(drawn_);  // proposed by others, and not seen yet
  for (int i = 0; i < most_tries; ++i) {
    auto asked = portfolio_.ask(rng);
    auto const design = box_.design(asked.x);
    if (!design) {
      portfolio_.tell(asked, std::numeric_limits<double>::infinity());
    } else if (auto const* known = archive.find(design->id(), top_)) {
      portfolio_.tell(asked, merit(archive.problem(), *known));
    } else {
      auto& waiting = waiting_[*design];
      waiting.push_back(std::move(asked));
      if (waiting.size() > 1) continue;
      drawn_ = *design;
      return design;
    }
  }
  drawn_ = {};
  return std::nullopt;
}

void LocalPhase::adopt(Design const& design) {
  if (!drawn_.values.empty() && design != drawn_) drop(drawn_);
  drawn_ = {};
}

void LocalPhase::credit(Archive const& archive, Observation const& result) {
  auto const value = merit(archive.problem(), result);
  if (waiting_.contains(result.design)) {
    settle(result.design, value);
  } else if (box_.holds(result.design)) {
    portfolio_.note(box_.point(result.design), value);
  }
}

void LocalPhase::drop(Design const& design) { settle(design, std::numeric_limits<double>::infinity()); }

void LocalPhase::settle(Design const& design, double value) {
  auto const found = waiting_.find(design);
  if (found == waiting_.end()) return;
  auto const asked = std::move(found->second);
  waiting_.erase(found);
  for (auto const& one : asked) portfolio_.tell(one, value);
}

}  // namespace nacre::detail
