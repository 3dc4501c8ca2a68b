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

class Worker {
 public:
  explicit Worker(FarmWork work);
  /// Waits for the running task, which is told to end; not while an exception unwinds.
  ~Worker();
  Worker(Worker const&) = delete;
  Worker& operator=(Worker const&) = delete;

  void give(Assignment assignment);
  /// @throws whatever a broadcast threw
  std::optional<Answer> take();
  /// Every task up to this ticket ends at its next step.
  void cancel(std::uint64_t ticket);
  /// Until an answer is there, `seconds` at most.
  void wait(double seconds);
  /// Whether the destructor leaves the thread behind: its task outlived the deadline.
  void abandon(bool yes) { abandoned_ = yes; }

 private:
  struct Shared;
  static void loop(std::shared_ptr<Shared> shared, FarmWork work);

  std::shared_ptr<Shared> shared_;  // with the thread, which may outlive this object
  std::thread thread_;
  bool abandoned_ = false;
  int exceptions_;
};

}  // namespace nacre
