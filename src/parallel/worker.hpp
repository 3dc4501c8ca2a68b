/// The worker thread of a rank. It never calls MPI: tasks come and results go through two queues.
#pragma once

#include <atomic>
#include <condition_variable>
#include <deque>
#include <exception>
#include <memory>
#include <mutex>
#include <optional>
#include <thread>

#include "nacre/parallel/farm.hpp"

namespace nacre {

/// A task on its way through a worker.
struct Assignment {
  std::uint64_t ticket = 0;  ///< increasing
  bool broadcast = false;    ///< no result; a throw in it ends the rank
  FarmTask task;
};

struct Answer {
  std::uint64_t ticket = 0;
  FarmResult result;  ///< its rank is not filled
};

/// Time that a task is given to end after it was told to at its deadline [s]: a tenth of it, 0.2 s to 30 s.
double grace_after(double deadline_s);

class Worker {
 public:
  explicit Worker(FarmWorkshop workshop);
  /// Waits for the running task, which is told to end; not while an exception unwinds, and for no thread that was left
  /// behind.
  ~Worker();
  Worker(Worker const&) = delete;
  Worker& operator=(Worker const&) = delete;

  void give(Assignment assignment);
  /// The next answer. A task past its deadline is told to end; one that does not is answered `hung`, and another thread
  /// goes on with what waits. @throws whatever a broadcast threw
  std::optional<Answer> take();
  /// Every task up to this ticket ends at its next step.
  void cancel(std::uint64_t ticket);
  /// Another worker has this task: it is not run, or ends at its next step.
  void drop(std::uint64_t ticket);
  /// Until an answer is there, `seconds` at most.
  void wait(double seconds);
  /// The destructor does not wait for the running task.
  void abandon() { abandoned_ = true; }
  /// Whether a thread was left behind, which only the end of the process ends.
  bool left_a_thread() const { return left_a_thread_; }

 private:
  struct Shared;
  static void loop(std::shared_ptr<Shared> shared, FarmWorkshop workshop);
  void start();
  void replace_if_hung();

  FarmWorkshop workshop_;
  std::shared_ptr<Shared> shared_;  // with the thread, which may outlive this object
  std::thread thread_;
  bool abandoned_ = false, left_a_thread_ = false;
  int exceptions_;
};

}  // namespace nacre
