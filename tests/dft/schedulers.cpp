// Schedulers that lie, forget and do not answer, played by a few lines of shell.
#include <sys/wait.h>
#include <unistd.h>

#include <csignal>
#include <cstdlib>

#include "queue_fixture.hpp"

namespace nacre::dft {
namespace {

/// A scheduler in a folder: NAME.id has a job's number, its script runs at once in the background.
class FakeScheduler {
 public:
  FakeScheduler() {
    write_text(file("count"), "0");
    GenericOptions options;
    auto const home = shell_quoted(folder_.path().string());
    options.submit = "cd " + home +
                     "; [ -e down ] && exit 255; [ -e refuse ] && { echo no such queue >&2; exit 1; }; " +
                     "n=$(($(cat count) + 1)); echo $n > count; echo $n > {name}.id; " +
                     "[ -e lose ] || [ -e hold ] || { sh {script} > /dev/null 2>&1 & echo $! > $n.pid; }; " +
                     "[ -e deaf ] && exit 255; echo job $n";
    options.status = "cd " + home + "; [ -e down ] && exit 255; [ -e hold ] && { echo Q; exit 0; }; " +
                     "[ -e {id}.pid ] && kill -0 $(cat {id}.pid) 2>/dev/null && echo R";
    options.cancel = "cd " + home + "; kill $(cat {id}.pid)";
    options.find = "cd " + home + "; [ -e down ] && exit 255; cat {name}.id";
    options_ = options;
  }
  std::unique_ptr<Executor> executor() const { return make_generic_executor(options_); }
  void set(std::string const& mood) const { write_text(file(mood), ""); }
  void unset(std::string const& mood) const { std::filesystem::remove(file(mood)); }
  int submitted() const { return std::stoi(read_file(file("count"))); }

 private:
  std::filesystem::path file(std::string const& name) const { return folder_.path() / name; }
  TemporaryFolder folder_;
  GenericOptions options_;
};

Calculation const& only(Worker const& worker) { return worker.queue().all().front(); }

/// In a process of its own, which dies at `point`.
void work_and_die(ShellQueue& queue, FakeScheduler const& scheduler, char const* point) {
  auto const child = ::fork();
  if (child == 0) {
    ::setenv("NACRE_DIE_AT", point, 1);
    try {
      auto const worker = queue.worker(scheduler.executor());
      worker->add(request("a"));
      work_until(*worker, [] { return false; });
    } catch (...) {
    }
    ::_exit(1);
  }
  int status = 0;
  ::waitpid(child, &status, 0);
  ASSERT_TRUE(WIFSIGNALED(status) && WTERMSIG(status) == SIGKILL) << "it did not die at " << point;
}

struct Counted : ShellQueue {
  Counted() { commands["a"] = "echo run >> ../../../runs; echo fine > out"; }
  int runs() const {
    std::ifstream in(folder.path() / "runs");
    int lines = 0;
    for (std::string line; std::getline(in, line);) ++lines;
    return lines;
  }
};

/// First in this file: a process reads NACRE_DIE_AT once, so all have to die before this one comes to such a point.
TEST(Death, at_any_point_loses_nothing_and_runs_nothing_twice) {
  Counted before, after, at_label;
  FakeScheduler first, second, third;
  work_and_die(before, first, "after_intent:1");
  work_and_die(after, second, "after_submit:1");
  work_and_die(at_label, third, "after_label:1");

  {
    EXPECT_EQ(first.submitted(), 0);
    auto const worker = before.worker(first.executor());
    EXPECT_EQ(only(*worker).state, State::submitted);
    ASSERT_TRUE(work_to_the_end(*worker));
    EXPECT_EQ(only(*worker).state, State::done);
    EXPECT_EQ(only(*worker).attempts.size(), 2u) << "the attempt that was never submitted is on record";
    EXPECT_EQ(before.runs(), 1);
  }
  {
    auto const worker = after.worker(second.executor());
    EXPECT_TRUE(only(*worker).attempts[0].handle.empty());
    ASSERT_TRUE(work_to_the_end(*worker));
    EXPECT_EQ(only(*worker).state, State::done);
    EXPECT_EQ(only(*worker).attempts.size(), 1u) << "found by its name";
    EXPECT_EQ(second.submitted(), 1);
    EXPECT_EQ(after.runs(), 1);
  }
  {
    auto const worker = at_label.worker(third.executor());
    ASSERT_TRUE(work_until(*worker, [&] { return only(*worker).delivered; }));
    EXPECT_EQ(at_label.delivered.size(), 1u);
    EXPECT_EQ(at_label.runs(), 1);
  }
}

TEST(Scheduler, that_takes_a_job_and_does_not_answer_is_asked_again_by_name) {
  Counted queue;
  FakeScheduler scheduler;
  scheduler.set("deaf");
  auto const worker = queue.worker(scheduler.executor());
  worker->add(request("a"));

  ASSERT_TRUE(work_to_the_end(*worker));

  EXPECT_EQ(only(*worker).state, State::done);
  EXPECT_EQ(scheduler.submitted(), 1);
  EXPECT_EQ(queue.runs(), 1);
}

TEST(Scheduler, that_loses_a_job_cannot_start_it_later_beside_the_next_attempt) {
  Counted queue;
  FakeScheduler scheduler;
  scheduler.set("lose");
  auto const worker = queue.worker(scheduler.executor());
  worker->add(request("a"));
  ASSERT_TRUE(work_until(*worker, [&] { return only(*worker).attempts.size() == 2; }));
  scheduler.unset("lose");
  auto const lost = only(*worker).folder(queue.folder.path(), 1);

  EXPECT_EQ(std::system(("sh " + shell_quoted((lost / "job.sh").string())).c_str()) >> 8, 97) << "found again too late";

  ASSERT_TRUE(work_to_the_end(*worker));
  EXPECT_EQ(only(*worker).state, State::done);
  EXPECT_EQ(only(*worker).attempts[0].failure, "infrastructure");
  EXPECT_EQ(queue.runs(), 1);
}

TEST(Scheduler, that_cannot_be_reached_changes_nothing_and_finish_tags_still_count) {
  Counted queue;
  FakeScheduler scheduler;
  queue.commands["a"] = "while [ ! -e ../../../go ]; do sleep 0.02; done; " + queue.commands["a"];
  auto const worker = queue.worker(scheduler.executor());
  worker->add(request("a"));
  ASSERT_TRUE(work_until(*worker, [&] { return only(*worker).state == State::running; }));
  scheduler.set("down");
  worker->add(request("b"));

  auto const report = worker->pass(true);

  EXPECT_TRUE(report.unreachable);
  EXPECT_EQ(only(*worker).state, State::running);
  EXPECT_EQ(report.waiting, 1) << "nothing is submitted into the void";
  write_text(queue.folder.path() / "go", "");
  EXPECT_TRUE(work_until(*worker, [&] { return only(*worker).state == State::done; }));
}

TEST(Scheduler, that_refuses_a_job_makes_it_fail_with_its_words) {
  Counted queue;
  FakeScheduler scheduler;
  scheduler.set("refuse");
  auto const worker = queue.worker(scheduler.executor());
  worker->add(request("a"));

  ASSERT_TRUE(work_to_the_end(*worker));

  EXPECT_EQ(only(*worker).state, State::failed);
  EXPECT_EQ(only(*worker).failure, "refused");
  EXPECT_EQ(only(*worker).reason, "no such queue");
}

TEST(Scheduler, without_its_commands_or_with_bad_expressions_is_refused) {
  EXPECT_THROW(make_generic_executor({}), InputError);
  GenericOptions options{"a", "b", "c", "", "(", "", {}, 1.0};
  EXPECT_THROW(make_generic_executor(options), InputError);
}

}  // namespace
}  // namespace nacre::dft
