#include "worker.hpp"

#include <algorithm>
#include <chrono>

#include "nacre/core/error.hpp"

namespace nacre {
namespace {

using Clock = std::chrono::steady_clock;

double seconds_since(Clock::time_point start) { return std::chrono::duration<double>(Clock::now() - start).count(); }

}  // namespace

struct Worker::Shared {
  /// What the thread is at.
  struct Running {
    Assignment assignment;  ///< without its payload
    Clock::time_point since;
    bool late = false;  ///< told to end at its deadline
  };

  std::mutex mutex;
  std::condition_variable to_worker, to_main;
  std::deque<Assignment> tasks;
  std::deque<Answer> answers;
  std::exception_ptr failure;
  std::uint64_t cancelled_ticket = 0;
  std::optional<Running> running;
  std::atomic<bool> cancelled = false;  ///< of the running task
  bool stop = false;
};

namespace {

FarmResult result_of(FarmTask const& task) {
  FarmResult result;
  result.number = task.number;
  result.kind = task.kind;
  result.attempt = task.attempt;
  return result;
}

/// A throw in a task is a result; in a broadcast it goes on.
FarmResult run_task(Assignment const& assignment, FarmWork const& work, std::atomic<bool> const& cancelled) {
  auto result = result_of(assignment.task);
  auto const start = Clock::now();
  try {
    result.payload = work(assignment.task, cancelled);
  } catch (std::exception const& error) {
    if (assignment.broadcast) throw;
    result.outcome = FarmResult::Outcome::threw;
    result.payload = error.what();
  } catch (...) {
    if (assignment.broadcast) throw;
    result.outcome = FarmResult::Outcome::threw;
    result.payload = "an exception that is not a std::exception";
  }
  result.seconds = seconds_since(start);
  return result;
}

/// Its number, attempt and deadline.
Assignment outline(Assignment const& assignment) {
  auto const& task = assignment.task;
  return {assignment.ticket, assignment.broadcast, {task.number, task.kind, task.attempt, {}, task.deadline_s}};
}

}  // namespace

double grace_after(double deadline_s) { return std::clamp(0.1 * deadline_s, 0.2, 30.0); }

Worker::Worker(FarmWorkshop workshop)
    : workshop_(std::move(workshop)), shared_(std::make_shared<Shared>()), exceptions_(std::uncaught_exceptions()) {
  start();
}

void Worker::start() { thread_ = std::thread(&Worker::loop, shared_, workshop_); }

Worker::~Worker() {
  {
    std::scoped_lock const lock(shared_->mutex);
    shared_->stop = true;
    shared_->cancelled = true;
    shared_->tasks.clear();
  }
  shared_->to_worker.notify_one();
  if (abandoned_ || std::uncaught_exceptions() > exceptions_) {
    thread_.detach();
  } else {
    thread_.join();
  }
}

void Worker::loop(std::shared_ptr<Shared> shared, FarmWorkshop workshop) {
  FarmWork work;
  std::exception_ptr failure;
  try {
    work = workshop();
  } catch (...) {
    failure = std::current_exception();
  }
  std::unique_lock lock(shared->mutex);
  for (;;) {
    if (failure) {
      shared->failure = failure;
      shared->to_main.notify_one();
      return;
    }
    shared->to_worker.wait(lock, [&] { return shared->stop || !shared->tasks.empty(); });
    if (shared->stop) return;
    auto const assignment = std::move(shared->tasks.front());
    shared->tasks.pop_front();
    shared->running = {outline(assignment), Clock::now()};
    shared->cancelled = assignment.ticket <= shared->cancelled_ticket;
    lock.unlock();
    std::optional<FarmResult> result;
    try {
      result = run_task(assignment, work, shared->cancelled);
    } catch (...) {
      failure = std::current_exception();
    }
    lock.lock();
    if (!failure && !assignment.broadcast) {
      if (shared->running->late) result->outcome = FarmResult::Outcome::ended, result->payload.clear();
      shared->answers.push_back({assignment.ticket, std::move(*result)});
    }
    shared->running.reset();
    shared->to_main.notify_one();
  }
}

void Worker::give(Assignment assignment) {
  {
    std::scoped_lock const lock(shared_->mutex);
    shared_->tasks.push_back(std::move(assignment));
  }
  shared_->to_worker.notify_one();
}

void Worker::replace_if_hung() {
  std::unique_lock lock(shared_->mutex);
  auto& running = shared_->running;
  if (!running || running->assignment.task.deadline_s <= 0.0) return;
  double const deadline = running->assignment.task.deadline_s, seconds = seconds_since(running->since);
  if (seconds < deadline) return;
  running->late = true;
  shared_->cancelled = true;
  if (seconds < deadline + grace_after(deadline)) return;
  auto result = result_of(running->assignment.task);
  result.outcome = FarmResult::Outcome::hung;
  result.seconds = seconds;
  auto next = std::make_shared<Shared>();
  next->tasks = std::move(shared_->tasks);
  next->answers = std::move(shared_->answers);
  next->answers.push_back({running->assignment.ticket, std::move(result)});
  next->cancelled_ticket = shared_->cancelled_ticket;
  shared_->tasks.clear();
  shared_->stop = true;  // should it ever come back
  lock.unlock();
  thread_.detach();
  left_a_thread_ = true;
  shared_ = std::move(next);
  start();
}

std::optional<Answer> Worker::take() {
  replace_if_hung();
  std::scoped_lock const lock(shared_->mutex);
  if (shared_->failure) std::rethrow_exception(shared_->failure);
  if (shared_->answers.empty()) return std::nullopt;
  auto answer = std::move(shared_->answers.front());
  shared_->answers.pop_front();
  return answer;
}

void Worker::cancel(std::uint64_t ticket) {
  std::scoped_lock const lock(shared_->mutex);
  shared_->cancelled_ticket = std::max(shared_->cancelled_ticket, ticket);
  if (shared_->running && shared_->running->assignment.ticket <= shared_->cancelled_ticket) shared_->cancelled = true;
}

void Worker::drop(std::uint64_t ticket) {
  std::scoped_lock const lock(shared_->mutex);
  std::erase_if(shared_->tasks, [&](Assignment const& waiting) { return waiting.ticket == ticket; });
  if (shared_->running && shared_->running->assignment.ticket == ticket) shared_->cancelled = true;
}

void Worker::wait(double seconds) {
  std::unique_lock lock(shared_->mutex);
  shared_->to_main.wait_for(lock, std::chrono::duration<double>(seconds),
                            [&] { return !shared_->answers.empty() || shared_->failure; });
}

}  // namespace nacre
