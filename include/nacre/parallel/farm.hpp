/// Tasks out, results in: rank 0 hands tasks to the worker thread of every rank.
///
/// Every rank has one worker thread; rank 0's main thread coordinates (its own worker is off above 8 ranks); each rank's
/// main thread alone calls MPI (MPI_THREAD_FUNNELED). Two-sided, non-blocking; one task and one result message: fixed
/// header (magic, version, length, CRC32C) + bytes; wait by Test + sleep (50 us growing to 1 ms).
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
  std::int64_t number = 0;       ///< unique within its kind
  std::int32_t kind = 0;         ///< the user's
  std::int32_t attempt = 0;
  std::string payload;
  double deadline_s = 0.0;       ///< wall time after which the worker is taken for dead; 0: never
};

struct FarmResult {
  std::int64_t number = 0;
  std::int32_t kind = 0;
  std::int32_t attempt = 0;
  enum class Outcome : std::uint8_t { done, threw, lost } outcome = Outcome::done;  ///< lost: its worker missed the deadline
  std::string payload;           ///< of the worker; the message when it threw
  double seconds = 0.0;
  int rank = 0;
};

/// Runs on a worker thread. `cancelled` turns true at a stop request: end at the next step.
using FarmWork = std::function<std::string(FarmTask const& task, std::atomic<bool> const& cancelled)>;

/// On rank 0: hand out tasks in the order of submission.
class NACRE_API Farm {
 public:
  Farm(ParallelContext& context, FarmWork work);
  ~Farm();                                   ///< sends the stop message; waits for running tasks only if none is lost
  void submit(FarmTask task);
  /// Runs once on every worker before any task submitted later; no result. For shared data: set-up outcomes, models.
  void broadcast(FarmTask task);
  /// The next result, waiting up to `seconds` for it.
  std::optional<FarmResult> wait(double seconds);
  std::size_t outstanding() const;           ///< submitted, no result yet
  int workers() const;
  int busy() const;
  void cancel_all();                         ///< running tasks end at their next step; queued ones are dropped

 private:
  struct State;
  std::unique_ptr<State> state_;
};

/// On every other rank: serve until rank 0 says stop.
NACRE_API void serve(ParallelContext& context, FarmWork work);

}  // namespace nacre
