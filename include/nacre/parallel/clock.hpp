/// The virtual clock of guide/clock: V slots with free times, and results hidden until their time has come.
/// Decisions depend on it and never on seconds, ranks or arrival.
#pragma once

#include <compare>
#include <cstdint>
#include <optional>
#include <set>
#include <utility>
#include <vector>

#include "nacre/core/api.hpp"

namespace nacre {

/// A result on its way: visible from `time` on. Ordered by (time, kind, number).
struct HiddenResult {
  double time = 0.0;
  enum class Kind : std::uint8_t { proposal, fit } kind = Kind::proposal;
  std::int64_t number = 0;
  auto operator<=>(HiddenResult const&) const = default;
};

class NACRE_API VirtualClock {
 public:
  /// @param slots V >= 1, slack >= 0
  VirtualClock(int slots, double slack);
  /// Moves now to the earliest free slot; returns the slot.
  int take_slot();
  /// The next hidden result that is visible now, removed from the hidden ones.
  std::optional<HiddenResult> pop_visible();
  /// Moves now to the first hidden result (pool exhausted for now). @return false if nothing is hidden
  bool advance_to_hidden();
  /// A proposal with `work` on `slot`: busy until now + work, visible at now + work (1 + slack).
  void issue(int slot, std::int64_t number, double work);
  void issue_fit(double time, std::int64_t number, double work);
  /// The first hidden one whatever the time, for the drain at the end; moves now.
  std::optional<HiddenResult> drain();
  double now() const { return now_; }
  std::set<HiddenResult> const& hidden() const { return hidden_; }

  struct State {
    std::vector<double> free;
    double now = 0.0;
    std::vector<HiddenResult> hidden;
  };
  State state() const;
  void restore(State const& state);

 private:
  void occupy(int slot, double until);

  double slack_;
  std::vector<double> free_;                ///< by slot
  std::set<std::pair<double, int>> order_;  ///< the same by time, then slot: thousands of slots cost no more than eight
  double now_ = 0.0;
  std::set<HiddenResult> hidden_;
};

}  // namespace nacre
