#include "nacre/parallel/clock.hpp"

#include <cstdint>
#include <deque>
#include <functional>
#include <limits>

#include "nacre/core/error.hpp"
#include "nacre/core/ids.hpp"
#include "nacre/core/rng.hpp"

namespace nacre {
namespace {

TEST(VirtualClock, takes_the_earliest_slot_and_the_lowest_of_equals) {
  VirtualClock clock(3, 0.5);

  EXPECT_EQ(clock.take_slot(), 0);
  clock.issue(0, 0, 5.0);
  EXPECT_EQ(clock.take_slot(), 1);
  clock.issue(1, 1, 2.0);
  EXPECT_EQ(clock.take_slot(), 2);
  clock.issue(2, 2, 2.0);
  EXPECT_EQ(clock.take_slot(), 1);  // free at 2, as slot 2
  EXPECT_EQ(clock.now(), 2.0);
}

TEST(VirtualClock, hides_a_result_for_its_work_and_the_slack) {
  VirtualClock clock(1, 0.5);
  clock.issue(clock.take_slot(), 7, 2.0);

  clock.take_slot();
  EXPECT_EQ(clock.now(), 2.0);
  EXPECT_FALSE(clock.pop_visible());
  ASSERT_TRUE(clock.advance_to_hidden());
  EXPECT_EQ(clock.now(), 3.0);
  auto const result = clock.pop_visible();
  ASSERT_TRUE(result);
  EXPECT_EQ(result->number, 7);
  EXPECT_FALSE(clock.advance_to_hidden());
}

TEST(VirtualClock, shows_equal_times_by_kind_then_number) {
  VirtualClock clock(3, 0.0);
  clock.issue(2, 9, 1.0);
  clock.issue_fit(0.0, 4, 1.0);
  clock.issue(1, 8, 1.0);

  EXPECT_EQ(clock.drain()->number, 8);
  EXPECT_EQ(clock.drain()->number, 9);
  EXPECT_EQ(clock.drain()->kind, HiddenResult::Kind::fit);
  EXPECT_FALSE(clock.drain());
}

TEST(VirtualClock, refuses_what_would_break_the_order) {
  EXPECT_THROW(VirtualClock(0, 0.5), InputError);
  EXPECT_THROW(VirtualClock(1, -0.5), InputError);
  VirtualClock clock(1, 0.5);
  EXPECT_THROW(clock.issue(0, 0, std::numeric_limits<double>::quiet_NaN()), InputError);
  EXPECT_THROW(clock.issue_fit(0.0, 0, -1.0), InputError);
  EXPECT_THROW(clock.restore({{0.0, 0.0}, 0.0, {}}), Error);
}

/// A farm with real seconds: workers of random speed, lognormal tasks, workers that die and leave their task behind.
class SimulatedFarm {
 public:
  SimulatedFarm(int workers, std::uint64_t seed)
      : rng_(seed, "machine", 0), free_(static_cast<std::size_t>(workers), 0.0) {
    for (int i = 0; i < workers; ++i) speeds_.push_back(0.3 + 3.0 * rng_.uniform());
  }

  void submit(std::int64_t number, double work) { queue_.push_back({number, work}); }

  /// Lets the machine run until the result of `number` is there.
  double wait(std::int64_t number) {
    while (!results_.contains(number)) {
      auto const worker = std::ranges::min_element(free_);
      auto const [next, work] = queue_.front();
      queue_.pop_front();
      double const seconds = work * speeds_[static_cast<std::size_t>(worker - free_.begin())] * std::exp(rng_.normal());
      *worker += seconds;
      if (rng_.uniform() < 0.02) {
        queue_.push_back({next, work});  // died: issued again
      } else {
        results_[next] = std::sin(static_cast<double>(next)) + work;  // what is computed never depends on who does it
      }
    }
    return results_.at(number);
  }

 private:
  Rng rng_;
  std::vector<double> free_, speeds_;
  std::deque<std::pair<std::int64_t, double>> queue_;
  std::map<std::int64_t, double> results_;
};

/// The loop of guide/clock: every decision depends on what is visible. `wait(j)` is the only contact with the machine.
class ToySearch {
 public:
  ToySearch(int slots, double slack, int pool) : clock_(slots, slack), pool_(pool) {}

  /// Up to proposal `end`; false when the pool is exhausted for good.
  bool run_to(std::int64_t end, std::function<void(std::int64_t, double)> const& submit,
              std::function<double(std::int64_t)> const& wait) {
    for (; number_ < end; ++number_) {
      int const slot = clock_.take_slot();
      for (;;) {
        take_in_visible(submit, wait);
        if (proposed_ < pool_ + 0.5 * observed_) break;  // a pool that grows with what is known
        if (!clock_.advance_to_hidden()) return false;
      }
      Rng rng(7, "propose", static_cast<std::uint64_t>(number_));
      double const work = std::exp(rng.normal()) * (1.0 + 0.1 * std::abs(state_)) * (model_ > 3.0 ? 0.5 : 1.0);
      clock_.issue(slot, number_, work);
      submit(number_, work);
      ++proposed_;
      journal_.update(static_cast<std::uint64_t>(number_)).update(clock_.now()).update(work).update(state_);
    }
    return true;
  }

  void drain(std::function<double(std::int64_t)> const& wait) {
    while (auto const result = clock_.drain()) observe(*result, wait);
  }

  std::string hash() const { return journal_.hex(); }
  std::int64_t proposals() const { return number_; }
  VirtualClock const& clock() const { return clock_; }

  static constexpr std::int64_t fits = 1'000'000;  // numbers of fits on the farm

 private:
  void take_in_visible(std::function<void(std::int64_t, double)> const& submit,
                       std::function<double(std::int64_t)> const& wait) {
    while (auto const result = clock_.pop_visible()) {
      observe(*result, wait);
      if (result->kind == HiddenResult::Kind::proposal && observed_ % 8 == 0) {
        double const work = 1e-4 * std::pow(observed_, 2);
        clock_.issue_fit(result->time, observed_, work);
        submit(fits + observed_, work);
      }
    }
  }

  void observe(HiddenResult const& result, std::function<double(std::int64_t)> const& wait) {
    if (result.kind == HiddenResult::Kind::fit) {
      model_ = wait(fits + result.number);
    } else {
      state_ = 0.9 * state_ + wait(result.number);
      ++observed_;
    }
    journal_.update(result.time).update(static_cast<std::uint64_t>(result.number)).update(state_).update(model_);
  }

  VirtualClock clock_;
  double pool_;
  std::int64_t number_ = 0, proposed_ = 0, observed_ = 0;
  double state_ = 0.0, model_ = 0.0;
  Sha256 journal_;
};

std::string search_with(int workers, std::uint64_t machine_seed) {
  SimulatedFarm farm(workers, machine_seed);
  ToySearch search(8, 0.5, 300);
  auto const submit = [&](std::int64_t number, double work) { farm.submit(number, work); };
  auto const wait = [&](std::int64_t number) { return farm.wait(number); };
  search.run_to(700, submit, wait);
  search.drain(wait);
  return search.hash();
}

TEST(VirtualClock, gives_one_order_on_any_number_of_workers) {
  auto const expected = search_with(1, 1);

  for (int const workers : {1, 2, 3, 4, 7, 64}) {
    for (std::uint64_t const seed : {2, 3}) EXPECT_EQ(search_with(workers, seed), expected) << workers << " workers";
  }
}

TEST(VirtualClock, waits_for_results_when_the_pool_is_exhausted) {
  SimulatedFarm farm(3, 1);
  ToySearch search(8, 0.5, 20);
  auto const wait = [&](std::int64_t number) { return farm.wait(number); };

  bool const complete = search.run_to(
      1000, [&](std::int64_t number, double work) { farm.submit(number, work); }, wait);

  EXPECT_FALSE(complete);
  EXPECT_EQ(search.proposals(), 40);  // n < 20 + n/2 while everything proposed is observed
}

TEST(VirtualClock, goes_on_from_a_saved_state_on_other_workers) {
  auto const expected = search_with(1, 1);
  SimulatedFarm first(2, 5), second(7, 6);
  std::vector<std::pair<std::int64_t, double>> issued;
  ToySearch search(8, 0.5, 300);
  search.run_to(
      350,
      [&](std::int64_t number, double work) {
        first.submit(number, work);
        issued.push_back({number, work});
      },
      [&](std::int64_t number) { return first.wait(number); });

  auto saved = search;  // everything but the clock is plain data here; the clock goes through its state
  VirtualClock restored(8, 0.5);
  restored.restore(search.clock().state());
  EXPECT_EQ(restored.hidden(), search.clock().hidden());
  EXPECT_EQ(restored.now(), search.clock().now());
  EXPECT_EQ(restored.state().free, search.clock().state().free);
  for (auto const& [number, work] : issued) second.submit(number, work);  // results of the first machine are lost
  auto const submit = [&](std::int64_t number, double work) { second.submit(number, work); };
  auto const wait = [&](std::int64_t number) { return second.wait(number); };
  saved.run_to(700, submit, wait);
  saved.drain(wait);

  EXPECT_EQ(saved.hash(), expected);
}

}  // namespace
}  // namespace nacre
