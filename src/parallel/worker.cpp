#include "worker.hpp"

#include <chrono>

namespace nacre {

struct Worker::Shared {
  std::mutex mutex;
  std::condition_variable to_worker, to_main;
  std::deque<Assignment> tasks;
  std::deque<Answer> answers;
  std::exception_ptr failure;
  std::uint64_t cancelled_ticket = 0;
  std::uint64_t running_ticket = 0;
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
  auto const start = std::chrono::steady_clock::now();
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
  result.seconds = std::chrono::duration<double>(std::chrono::steady_clock::now() - start).count();
  return result;
}

}  // namespace

Worker::Worker(FarmWork work)
    : shared_(std::make_shared<Shared>()),
      thread_(&Worker::loop, shared_, std::move(work)),
      exceptions_(std::uncaught_exceptions()) {}

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

void Worker::loop(std::shared_ptr<Shared> shared, FarmWork work) {
  std::unique_lock lock(shared->mutex);
  for (;;) {
    shared->to_worker.wait(lock, [&] { return shared->stop || !shared->tasks.empty(); });
    if (shared->stop) return;
    auto const assignment = std::move(shared->tasks.front());
    shared->tasks.pop_front();
    shared->running_ticket = assignment.ticket;
    shared->cancelled = assignment.ticket <= shared->cancelled_ticket;
    lock.unlock();
    std::optional<FarmResult> result;
    std::exception_ptr failure;
    try {
      result = run_task(assignment, work, shared->cancelled);
    } catch (...) {
      failure = std::current_exception();
    }
    lock.lock();
    if (failure) {
      shared->failure = failure;
    } else if (!assignment.broadcast) {
      shared->answers.push_back({assignment.ticket, std::move(*result)});
    }
    shared->to_main.notify_one();
    if (failure) return;
  }
}

void Worker::give(Assignment assignment) {
  {
    std::scoped_lock const lock(shared_->mutex);
    shared_->tasks.push_back(std::move(assignment));
  }
  shared_->to_worker.notify_one();
}

std::optional<Answer> Worker::take() {
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
  if (shared_->running_ticket <= shared_->cancelled_ticket) shared_->cancelled = true;
}

void Worker::wait(double seconds) {
  std::unique_lock lock(shared_->mutex);
  shared_->to_main.wait_for(lock, std::chrono::duration<double>(seconds),
                            [&] { return !shared_->answers.empty() || shared_->failure; });
}

}  // namespace nacre
