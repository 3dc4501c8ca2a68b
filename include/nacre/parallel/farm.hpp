/// Tasks out, results in: rank 0 hands tasks to the worker thread of every rank.
///
/// Every rank has one worker thread; rank 0's main thread coordinates (its own worker is off above 8 ranks); each
/// rank's main thread alone calls MPI (MPI_THREAD_FUNNELED). Two-sided, non-blocking; one task and one result message:
/// fixed header (magic, version, length, CRC32C) + bytes; wait by Test + sleep (50 us growing to 1 ms).
#pragma once

#include <atomic>
#include <cstdint>
#include <functional>
#include <memory>
#include <optional>
#include <string>

#include "nacre/core/api.hpp"
#include "nacre/parallel/context.hpp"

namespace nacre {

struct FarmTask {
  std::int64_t number = 0;  ///< unique within its kind
  std::int32_t kind = 0;    ///< the user's
  std::int32_t attempt = 0;
  std::string payload;
  double deadline_s = 0.0;  ///< wall time after which it is ended; 0: never
};

struct FarmResult {
  std::int64_t number = 0;
  std::int32_t kind = 0;
  std::int32_t attempt = 0;
  enum class Outcome : std::uint8_t {
    done,
    threw,
    lost,   ///< its worker died or went silent
    ended,  ///< told to end at its deadline, and did
    hung    ///< did not end; its thread was left behind and another one took its place
  } outcome = Outcome::done;
  std::string payload;        ///< of the worker; the message when it threw
  double seconds = 0.0;
  int rank = 0;
};

/// Runs on a worker thread. `cancelled` turns true at a stop request: end at the next step.
using FarmWork = std::function<std::string(FarmTask const& task, std::atomic<bool> const& cancelled)>;

/// Makes the work of a thread: for the first one of a rank, and for each that takes the place of one that hangs (whose
/// work still uses what it was made of). Called on the thread; what broadcasts brought is part of what it makes.
using FarmWorkshop = std::function<FarmWork()>;

/// On rank 0: hand out tasks in the order of submission. Everything is called on the main thread.
///
/// A task that outlives its deadline is ended by its own rank, and costs that task. A rank whose process is gone (seen
/// at once where it runs on this host), or that says nothing long after a deadline, is lost with the task it was at;
/// what else it had goes to others. A late answer is ignored, but shows that the worker lives, and it gets tasks again.
///
/// Tasks that take milliseconds are sent ahead, so that no worker waits for the next one; what lies behind a longer
/// one is taken back.
class NACRE_API Farm {
 public:
  Farm(ParallelContext& context, FarmWorkshop workshop);
  /// Tells running tasks to end, sends the stop message and waits for both, ten seconds each; for nobody while an
  /// exception unwinds. MPI is finalised on no rank if a worker was lost or a thread was left behind.
  ~Farm();
  Farm(Farm const&) = delete;
  Farm& operator=(Farm const&) = delete;

  void submit(FarmTask task);
  /// Runs once on every worker before any task submitted later and after every task submitted before, so that a task
  /// sees the same broadcasts on any number of ranks; no result. For shared data: set-up outcomes, models. An exception
  /// in it ends the run.
  void broadcast(FarmTask task);
  /// The next result, waiting up to `seconds` for it; nothing at once if nothing is outstanding.
  /// @throws Error if every worker is lost and tasks are waiting; whatever a broadcast threw
  std::optional<FarmResult> wait(double seconds);
  std::size_t outstanding() const;  ///< submitted, result not yet handed out
  int workers() const;              ///< that are not lost
  int busy() const;
  void cancel_all();  ///< running tasks end at their next step; queued ones are dropped

 private:
  struct State;
  std::unique_ptr<State> state_;
};

/// On every other rank: serve until rank 0 says stop. @throws whatever a broadcast threw
NACRE_API void serve(ParallelContext& context, FarmWorkshop workshop);

}  // namespace nacre
