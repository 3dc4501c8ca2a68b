#include "nacre/dft/worker.hpp"

#include <chrono>
#include <csignal>
#include <thread>

#include "queue_fixture.hpp"

namespace nacre::dft {
namespace {

Calculation const& named(Worker const& worker, std::string const& name) {
  return *worker.queue().find(request(name).id());
}

TEST(Worker, takes_a_calculation_from_the_queue_to_its_label) {
  ShellQueue queue;
  queue.commands["a"] = "echo fine > out";
  auto const worker = queue.worker();
  worker->add(request("a"));

  ASSERT_TRUE(work_to_the_end(*worker));

  auto const& calculation = named(*worker, "a");
  EXPECT_EQ(calculation.state, State::done);
  ASSERT_EQ(calculation.attempts.size(), 1u);
  auto const& attempt = calculation.attempts.front();
  EXPECT_EQ(attempt.facts.process, "exit 0");
  EXPECT_EQ(attempt.facts.code, "fine");
  EXPECT_FALSE(attempt.host.empty());
  EXPECT_EQ(queue.delivered.size(), 1u);
}

TEST(Worker, goes_on_with_the_others_when_some_fail_in_every_way) {
  ShellQueue queue;
  queue.options.max_jobs = 4;
  queue.options.infrastructure_retries = 1;
  queue.commands = {{"good", "echo fine > out"},
                    {"liar", "echo fine > out; exit 3"},
                    {"silent", "true"},
                    {"suicide", "sh -c 'kill -9 $$'"},
                    {"late", "sleep 0.1; echo fine > out"}};
  auto const worker = queue.worker();
  for (auto const* name : {"good", "liar", "silent", "suicide", "no_command", "late"}) worker->add(request(name));

  ASSERT_TRUE(work_to_the_end(*worker));

  EXPECT_EQ(named(*worker, "good").state, State::done);
  EXPECT_EQ(named(*worker, "late").state, State::done);
  EXPECT_EQ(named(*worker, "liar").state, State::failed);
  EXPECT_EQ(named(*worker, "liar").attempts[0].facts.process, "exit 3");
  EXPECT_EQ(named(*worker, "silent").state, State::failed) << "status 0 alone is no success";
  EXPECT_EQ(named(*worker, "suicide").state, State::broken);
  EXPECT_EQ(named(*worker, "suicide").failure, "killed");
  EXPECT_EQ(named(*worker, "suicide").attempts.size(), 2u);
  EXPECT_EQ(named(*worker, "no_command").failure, "no_deck");
  EXPECT_EQ(queue.delivered.size(), 2u);
}

TEST(Worker, tries_remedies_in_fresh_folders_and_says_broken_when_they_are_used_up) {
  ShellQueue queue;
  queue.commands["a"] = "if grep -q second input; then echo fine > out; else echo class scf_not_converged > out; fi";
  queue.commands["b"] = "echo class scf_not_converged > out";
  queue.remedy = [](Calculation const& calculation, std::string const& failure) -> std::optional<Change> {
    EXPECT_EQ(failure, "scf_not_converged");
    if (calculation.failures(failure) > 2) return std::nullopt;
    return Change{
        calculation.failures(failure) == 1 ? "first remedy" : "second remedy", Value(), false, false, 1.0, 1.0};
  };
  auto const worker = queue.worker();
  worker->add(request("a"));
  worker->add(request("b"));

  ASSERT_TRUE(work_to_the_end(*worker));

  EXPECT_EQ(named(*worker, "a").state, State::done);
  ASSERT_EQ(named(*worker, "a").attempts.size(), 3u);
  EXPECT_EQ(named(*worker, "a").attempts[2].change->description, "second remedy");
  EXPECT_EQ(named(*worker, "b").state, State::broken);
  for (int n = 1; n <= 3; ++n) EXPECT_TRUE(std::filesystem::exists(named(*worker, "b").folder(queue.folder.path(), n)));
}

TEST(Worker, ends_what_hangs_what_runs_too_long_and_what_is_cancelled) {
  ShellQueue queue;
  queue.options.max_jobs = 3;
  queue.options.stall_s = 1.0;
  queue.options.infrastructure_retries = 0;
  queue.commands["hangs"] = "sleep 600";
  queue.commands["long"] = "while :; do echo busy >> out; sleep 0.05; done";
  queue.commands["unwanted"] = queue.commands["long"];
  auto const worker = queue.worker();
  worker->add(request("hangs"));
  worker->add(request("unwanted"));
  ASSERT_TRUE(work_until(*worker, [&] { return named(*worker, "unwanted").state == State::running; }));
  worker->cancel(request("unwanted").id());
  EXPECT_TRUE(work_until(*worker, [&] { return named(*worker, "hangs").attempts.back().is_over(); }));
  worker->cancel(request("hangs").id());
  ASSERT_TRUE(work_to_the_end(*worker));

  EXPECT_EQ(named(*worker, "hangs").attempts.front().failure, "stalled");
  EXPECT_EQ(named(*worker, "unwanted").state, State::cancelled);

  queue.options.limit_s = 1.0;
  auto const next = queue.worker();
  next->add(request("long"));
  ASSERT_TRUE(work_to_the_end(*next));
  EXPECT_EQ(named(*next, "long").failure, "walltime");
}

TEST(LocalExecutor, finds_a_script_whose_number_nobody_wrote_down) {
  TemporaryFolder folder;
  write_text(folder.path() / "job.sh", "(sleep 600)\nexit 0\n");
  Ticket ticket;
  ticket.name = "nacre-a";
  ticket.folder = folder.path();
  ticket.handle = make_local_executor()->submit(ticket);
  auto unnumbered = ticket;
  unnumbered.handle.clear();
  auto const other = make_local_executor();

  JobFact fact;  // the system shows the words of a program a moment after it has begun
  for (int times = 0; times < 1000 && fact.phase != JobPhase::running; ++times) {
    fact = other->poll({unnumbered}).front();
    if (fact.phase != JobPhase::running) std::this_thread::sleep_for(std::chrono::milliseconds(10));
  }

  EXPECT_EQ(fact.phase, JobPhase::running);
  EXPECT_EQ(fact.handle, ticket.handle);
  other->cancel(ticket);
  unnumbered.folder = folder.path() / "elsewhere";
  EXPECT_EQ(other->poll({unnumbered}).front().phase, JobPhase::gone);
}

TEST(Worker, kills_what_is_left_when_the_script_of_a_job_was_killed) {
  ShellQueue queue;
  queue.options.infrastructure_retries = 0;
  queue.commands["a"] = "sleep 600";
  auto const worker = queue.worker();
  worker->add(request("a"));
  auto const folder = named(*worker, "a").folder(queue.folder.path(), 1);
  ASSERT_TRUE(work_until(*worker, [&] { return read_attempt(folder).pid > 0; }));

  ::kill(static_cast<pid_t>(read_attempt(folder).pid), SIGKILL);

  ASSERT_TRUE(work_to_the_end(*worker));
  EXPECT_EQ(named(*worker, "a").state, State::broken);
  EXPECT_EQ(named(*worker, "a").failure, "killed");
  EXPECT_EQ(named(*worker, "a").attempts[0].facts.process, "no finish tag");
}

TEST(Worker, finds_its_calculations_again_after_it_ended) {
  ShellQueue queue;
  queue.commands["a"] = "sleep 0.3; echo fine > out";
  {
    auto const first = queue.worker();
    first->add(request("a"));
    first->pass(true);
  }
  auto const second = queue.worker();

  EXPECT_EQ(named(*second, "a").attempts.size(), 1u);
  ASSERT_TRUE(work_to_the_end(*second));
  EXPECT_EQ(named(*second, "a").state, State::done);
  EXPECT_EQ(named(*second, "a").attempts.size(), 1u);
}

TEST(Worker, keeps_to_the_number_of_jobs_and_to_the_budget) {
  ShellQueue queue;
  queue.options.max_jobs = 2;
  queue.options.budget_core_hours = 3.5;
  queue.options.limit_s = 3600.0;
  for (int i = 0; i < 6; ++i)
    queue.commands[concat("c", i)] = "while [ ! -e ../../../go ]; do sleep 0.02; done; echo fine > out";
  auto const worker = queue.worker();
  for (int i = 0; i < 6; ++i) worker->add(request(concat("c", i), i));

  worker->pass(true);

  EXPECT_EQ(worker->pass(true).active, 2);
  EXPECT_TRUE(named(*worker, "c5").is_active()) << "the largest priority goes first";
  EXPECT_TRUE(named(*worker, "c4").is_active());
  queue.options.max_jobs = 6;
  auto const wider = queue.worker();
  EXPECT_EQ(wider->pass(true).active, 3) << "a fourth hour and a half is not in the budget";
  write_text(queue.folder.path() / "go", "");
  EXPECT_TRUE(work_to_the_end(*wider)) << "what they did not use is free again";
}

TEST(Worker, runs_again_what_the_user_asks_for_again) {
  ShellQueue queue;
  queue.commands["a"] = "echo class crashed > out; exit 1";
  auto const worker = queue.worker();
  worker->add(request("a"));
  ASSERT_TRUE(work_to_the_end(*worker));
  EXPECT_EQ(named(*worker, "a").state, State::failed);
  queue.commands["a"] = "echo fine > out";

  worker->retry(named(*worker, "a").id.substr(0, 6));

  ASSERT_TRUE(work_to_the_end(*worker));
  EXPECT_EQ(named(*worker, "a").state, State::done);
  EXPECT_THROW(worker->retry(named(*worker, "a").id), InputError) << "done is done";
  EXPECT_THROW(worker->cancel("zz"), InputError);
}

TEST(Worker, runs_in_a_scratch_folder_and_brings_back_the_named_files_alone) {
  ShellQueue queue;
  TemporaryFolder scratch;
  queue.commands["a"] = "cat input > copy; echo big > wave; echo fine > out";
  auto const worker = std::make_unique<Worker>(queue.folder.path(), queue.options, make_local_executor(), [&] {
    auto hooks = queue.hooks();
    auto const prepare = hooks.prepare;
    hooks.prepare = [&, prepare](Calculation const& calculation) {
      auto payload = prepare(calculation);
      payload.scratch = scratch.path().string();
      payload.copy_back = {"out", "copy"};
      return payload;
    };
    return hooks;
  }());
  worker->add(request("a"));

  ASSERT_TRUE(work_to_the_end(*worker));

  auto const folder = named(*worker, "a").folder(queue.folder.path(), 1);
  EXPECT_EQ(named(*worker, "a").state, State::done);
  EXPECT_TRUE(std::filesystem::exists(folder / "copy"));
  EXPECT_FALSE(std::filesystem::exists(folder / "wave"));
  EXPECT_TRUE(std::filesystem::is_empty(scratch.path())) << "scratch is left clean";
}

}  // namespace
}  // namespace nacre::dft
