#include "nacre/dft/queue.hpp"

#include "queue_fixture.hpp"

namespace nacre::dft {
namespace {

/// What every test here begins with: one calculation in the log.
Value added(std::string const& name) {
  Value record;
  record["t"] = 1.0;
  record["event"] = "add";
  record["id"] = request(name).id();
  record["design"] = name;
  record["kind"] = "scf";
  record["code"] = "shell";
  record["level"] = "pbe";
  return record;
}

TEST(QueueLog, ignores_and_mends_a_line_cut_off_by_a_kill) {
  TemporaryFolder folder;
  QueueLog(folder.path()).append(added("a"));
  std::ofstream(queue_log_path(folder.path()), std::ios::app) << added("b").dump().substr(0, 40);

  EXPECT_EQ(Queue::read(folder.path()).all().size(), 1u);
  QueueLog(folder.path()).append(added("c"));

  auto const queue = Queue::read(folder.path());
  ASSERT_EQ(queue.all().size(), 2u);
  EXPECT_EQ(queue.all()[1].request.design, "c");
}

TEST(QueueLog, names_the_line_that_is_damaged) {
  TemporaryFolder folder;
  QueueLog(folder.path()).append(added("a"));
  std::ofstream(queue_log_path(folder.path()), std::ios::app) << "not json\n";

  try {
    Queue::read(folder.path());
    FAIL() << "damage was not seen";
  } catch (Error const& error) {
    EXPECT_NE(std::string(error.what()).find("line 2"), std::string::npos) << error.what();
  }
}

TEST(QueueLog, counts_1381_calculations_with_planted_failures_exactly_once_each) {
  Queue queue;
  std::map<std::string, std::int64_t> planted;
  std::vector<std::pair<std::string, std::string>> const ends{
      {"done", "done"}, {"failed", "failed"}, {"broken", "failed"}, {"cancelled", "cancelled"}};
  for (int i = 0; i < 1381; ++i) {
    auto record = added(concat("design ", i));
    queue.apply(record);
    queue.apply(record);  // asked for twice
    if (i % 7 == 0) {
      ++planted["queued"];
      continue;
    }
    auto const& [state, outcome] = ends[static_cast<std::size_t>(i) % ends.size()];
    record["event"] = "intent";
    record["attempt"] = 1;
    record["name"] = concat("n", i);
    record["state"] = "submitted";
    queue.apply(record);
    record["event"] = "ended";
    record["state"] = state;
    record["outcome"] = outcome;
    record["class"] = outcome == "failed" ? "scf_not_converged" : "";
    queue.apply(record);
    ++planted[state];
  }

  std::int64_t sum = 0;
  for (auto const& [state, number] : queue.ledger()) {
    EXPECT_EQ(number, planted[std::string(to_string(state))]) << to_string(state);
    sum += number;
  }
  EXPECT_EQ(sum, 1381);
}

TEST(QueueLog, tells_calculations_apart_by_what_is_asked_for) {
  auto const base = request("a");
  auto other = base;
  other.priority = 3.0;
  other.words = "other words";

  EXPECT_EQ(base.id(), other.id()) << "the same wish is the same calculation";
  other.level = "hse06";
  EXPECT_NE(base.id(), other.id());
  EXPECT_EQ(base.id().size(), 16u);
}

}  // namespace
}  // namespace nacre::dft
