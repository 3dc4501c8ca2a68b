#include "nacre/parallel/farm.hpp"

#include <chrono>
#include <thread>

#include "nacre/core/error.hpp"
#include "nacre/core/text.hpp"
#include "support/mpi.hpp"
#include "support/support.hpp"

namespace nacre {
namespace {

using Cancelled = std::atomic<bool> const&;
using namespace std::chrono_literals;

/// Coordinates on rank 0, serves on the others.
template <class Coordinate>
void on_a_farm(FarmWork const& work, Coordinate const& coordinate) {
  auto& context = test::parallel_context();
  auto const workshop = [&] { return work; };
  if (context.rank() > 0) return serve(context, workshop);
  Farm farm(context, workshop);
  coordinate(farm);
}

FarmTask task(std::int64_t number, std::string payload = {}, double deadline_s = 0.0) {
  return {number, 0, 0, std::move(payload), deadline_s};
}

std::map<std::int64_t, FarmResult> all_results(Farm& farm) {
  std::map<std::int64_t, FarmResult> results;
  while (farm.outstanding() > 0) {
    auto result = farm.wait(10.0);
    if (!result) throw Error("no result within 10 s");
    EXPECT_TRUE(results.emplace(result->number, *result).second) << "a second result of task " << result->number;
  }
  return results;
}

int expected_workers() {
  int const size = test::parallel_context().size();
  return size > 8 ? size - 1 : size;  // rank 0 only coordinates many
}

std::string echo(FarmTask const& given, Cancelled) { return "<" + given.payload + ">"; }

TEST(Farm, runs_every_task_once) {
  on_a_farm(echo, [](Farm& farm) {
    EXPECT_EQ(farm.workers(), expected_workers());
    for (int i = 0; i < 500; ++i) farm.submit({i, 3, 2, std::to_string(i), 0.0});

    auto const results = all_results(farm);

    ASSERT_EQ(results.size(), 500u);
    for (auto const& [number, result] : results) {
      EXPECT_EQ(result.payload, "<" + std::to_string(number) + ">");
      EXPECT_EQ(result.outcome, FarmResult::Outcome::done);
      EXPECT_EQ(result.kind, 3);
      EXPECT_EQ(result.attempt, 2);
      EXPECT_LT(result.rank, test::parallel_context().size());
      EXPECT_GE(result.seconds, 0.0);
    }
    EXPECT_FALSE(farm.wait(10.0)) << "nothing is outstanding: no waiting";
  });
}

TEST(Farm, hands_tasks_out_in_the_order_of_submission) {
  on_a_farm(echo, [](Farm& farm) {
    for (int i = 0; i < 100; ++i) farm.submit(task(i));

    std::map<int, std::int64_t> last;  // of each rank
    while (farm.outstanding() > 0) {
      auto const result = farm.wait(10.0);
      ASSERT_TRUE(result);
      EXPECT_GT(result->number + 1, last[result->rank]);
      last[result->rank] = result->number + 1;
    }
  });
}

TEST(Farm, carries_large_payloads_both_ways) {
  auto const reverse = [](FarmTask const& given, Cancelled) {
    return std::string(given.payload.rbegin(), given.payload.rend());
  };
  on_a_farm(reverse, [](Farm& farm) {
    auto const payload = [](int i) {
      std::string bytes(300'000 + static_cast<std::size_t>(i), '\0');
      for (std::size_t j = 0; j < bytes.size(); ++j) bytes[j] = static_cast<char>(j * 31 + static_cast<std::size_t>(i));
      return bytes;
    };
    for (int i = 0; i < 12; ++i) farm.submit(task(i, payload(i)));

    for (auto const& [number, result] : all_results(farm)) {
      auto const sent = payload(static_cast<int>(number));
      EXPECT_EQ(result.payload, std::string(sent.rbegin(), sent.rend()));
    }
  });
}

TEST(Farm, turns_a_throw_into_a_result_with_its_message) {
  auto const work = [](FarmTask const& given, Cancelled) -> std::string {
    if (given.number == 1) throw Error("the bulk of 'XO2' is unstable");
    if (given.number == 2) throw 42;
    return "fine";
  };
  on_a_farm(work, [](Farm& farm) {
    for (int i = 0; i < 4; ++i) farm.submit(task(i));

    auto const results = all_results(farm);

    EXPECT_EQ(results.at(0).outcome, FarmResult::Outcome::done);
    EXPECT_EQ(results.at(1).outcome, FarmResult::Outcome::threw);
    EXPECT_EQ(results.at(1).payload, "the bulk of 'XO2' is unstable");
    EXPECT_EQ(results.at(2).outcome, FarmResult::Outcome::threw);
    EXPECT_EQ(results.at(3).payload, "fine");
  });
}

TEST(Farm, shows_a_task_the_broadcasts_submitted_before_it_and_no_other) {
  auto const known = std::make_shared<std::string>();  // of the worker thread alone
  auto const work = [known](FarmTask const& given, Cancelled) -> std::string {
    if (given.kind == 1) *known += given.payload.substr(0, 1);
    return *known;
  };
  on_a_farm(work, [](Farm& farm) {
    std::vector<std::string> expected;
    std::string so_far;
    for (char letter = 'a'; letter < 'h'; ++letter) {
      for (int i = 0; i < 5; ++i) {
        farm.submit(task(static_cast<std::int64_t>(expected.size())));
        expected.push_back(so_far);
      }
      farm.broadcast({0, 1, 0, std::string(100'000, letter), 0.0});  // longer on its way than the task behind it
      so_far += letter;
    }
    farm.submit(task(static_cast<std::int64_t>(expected.size())));
    expected.push_back(so_far);

    for (auto const& [number, result] : all_results(farm)) {
      EXPECT_EQ(result.payload, expected[static_cast<std::size_t>(number)]) << "task " << number;
    }
  });
}

std::string run_until_cancelled(FarmTask const&, Cancelled cancelled) {
  while (!cancelled) std::this_thread::sleep_for(1ms);
  return "stopped";
}

TEST(Farm, ends_running_tasks_and_drops_queued_ones_at_a_stop) {
  on_a_farm(run_until_cancelled, [](Farm& farm) {
    for (int i = 0; i < 10; ++i) farm.submit(task(i));
    EXPECT_EQ(farm.busy(), expected_workers());

    farm.cancel_all();

    auto const results = all_results(farm);
    EXPECT_EQ(results.size(), static_cast<std::size_t>(expected_workers()));
    for (auto const& [number, result] : results) EXPECT_EQ(result.payload, "stopped");
    EXPECT_EQ(farm.busy(), 0);
  });
}

TEST(Farm, ends_running_tasks_when_it_is_destroyed) {
  on_a_farm(run_until_cancelled, [](Farm& farm) { farm.submit(task(0)); });
}

/// A task with a payload is late: it runs until the file of that name exists, whatever it is told.
std::string outlive_the_deadline(FarmTask const& given, Cancelled) {
  if (given.payload.empty()) return "in time";
  while (!std::filesystem::exists(given.payload)) std::this_thread::sleep_for(1ms);
  return "late";
}

TEST(Farm, ends_a_task_at_its_deadline) {
  on_a_farm(run_until_cancelled, [](Farm& farm) {
    for (int i = 0; i < 2 * expected_workers(); ++i) farm.submit(task(i, {}, 0.05));

    for (auto const& [number, result] : all_results(farm)) {
      EXPECT_EQ(result.outcome, FarmResult::Outcome::ended) << "task " << number;
      EXPECT_GE(result.seconds, 0.05);
    }
    EXPECT_EQ(farm.workers(), expected_workers());
  });
}

TEST(Farm, leaves_a_task_behind_that_does_not_end_and_goes_on) {
  on_a_farm(outlive_the_deadline, [](Farm& farm) {
    static test::TemporaryFolder const folder;  // the threads look into it until they see the file
    auto const file = folder.path() / "go on";
    for (int i = 0; i < expected_workers(); ++i) farm.submit(task(i, file.string(), 0.05));  // every worker hangs
    for (int i = expected_workers(); i < 5 * expected_workers(); ++i) farm.submit(task(i));

    auto const results = all_results(farm);

    for (auto const& [number, result] : results) {
      bool const late = number < expected_workers();
      EXPECT_EQ(result.outcome, late ? FarmResult::Outcome::hung : FarmResult::Outcome::done) << "task " << number;
    }
    EXPECT_EQ(results.size(), static_cast<std::size_t>(5 * expected_workers()));
    EXPECT_EQ(farm.workers(), expected_workers());
    write_file(file, "");  // lets the threads go
  });
}

TEST(Farm, takes_tasks_back_that_were_sent_ahead_of_a_long_one) {
  auto const work = [](FarmTask const& given, Cancelled) -> std::string {
    std::this_thread::sleep_for(given.payload.empty() ? 1ms : 400ms);
    return {};
  };
  on_a_farm(work, [](Farm& farm) {
    for (int i = 0; i < 100; ++i) farm.submit(task(i));  // short ones are sent ahead
    farm.submit(task(100, "long"));
    for (int i = 101; i < 300; ++i) farm.submit(task(i));

    EXPECT_EQ(all_results(farm).size(), 300u);  // each once, whoever had it first
  });
}

}  // namespace
}  // namespace nacre
