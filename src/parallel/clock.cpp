#include "nacre/parallel/clock.hpp"

#include <algorithm>
#include <cmath>

#include "nacre/core/error.hpp"

namespace nacre {

VirtualClock::VirtualClock(int slots, double slack) : slack_(slack) {
  require(slots >= 1, "invalid slots=", slots, " (must be at least 1)");
  require(slack >= 0.0 && std::isfinite(slack), "invalid slack=", slack, " (must be zero or positive)");
  free_.assign(static_cast<std::size_t>(slots), 0.0);
  for (int slot = 0; slot < slots; ++slot) order_.emplace(0.0, slot);
}

int VirtualClock::take_slot() {
  auto const [time, slot] = *order_.begin();  // the lowest of equals
  now_ = std::max(now_, time);
  return slot;
}

void VirtualClock::occupy(int slot, double until) {
  auto& time = free_.at(static_cast<std::size_t>(slot));
  auto entry = order_.extract({time, slot});
  entry.value().first = time = until;
  order_.insert(std::move(entry));
}

std::optional<HiddenResult> VirtualClock::pop_visible() {
  if (hidden_.empty() || hidden_.begin()->time > now_) return std::nullopt;
  return hidden_.extract(hidden_.begin()).value();
}

bool VirtualClock::advance_to_hidden() {
  if (hidden_.empty()) return false;
  now_ = std::max(now_, hidden_.begin()->time);
  return true;
}

void VirtualClock::issue(int slot, std::int64_t number, double work) {
  require(work >= 0.0 && std::isfinite(work), "invalid work=", work, " of proposal ", number, " (must be finite)");
  occupy(slot, now_ + work);
  hidden_.insert({now_ + work * (1.0 + slack_), HiddenResult::Kind::proposal, number});
}

void VirtualClock::issue_fit(double time, std::int64_t number, double work) {
  require(work >= 0.0 && std::isfinite(work), "invalid work=", work, " of fit ", number, " (must be finite)");
  hidden_.insert({time + work * (1.0 + slack_), HiddenResult::Kind::fit, number});
}

std::optional<HiddenResult> VirtualClock::drain() {
  if (!advance_to_hidden()) return std::nullopt;
  return hidden_.extract(hidden_.begin()).value();
}

VirtualClock::State VirtualClock::state() const { return {free_, now_, {hidden_.begin(), hidden_.end()}}; }

void VirtualClock::restore(State const& state) {
  if (state.free.size() != free_.size()) {
    throw Error(concat("saved clock has ", state.free.size(), " slots instead of ", free_.size()));
  }
  for (int slot = 0; slot < static_cast<int>(free_.size()); ++slot) occupy(slot, state.free[static_cast<std::size_t>(slot)]);
  now_ = state.now;
  hidden_ = {state.hidden.begin(), state.hidden.end()};
}

}  // namespace nacre
