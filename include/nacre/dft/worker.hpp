/// One pass over the queue: submit what may run, ask the scheduler, collect what has ended, decide what comes next.
#pragma once

#include <filesystem>
#include <functional>
#include <map>
#include <memory>
#include <optional>
#include <string>
#include <vector>

#include "nacre/core/api.hpp"
#include "nacre/dft/attempt.hpp"
#include "nacre/dft/executor.hpp"
#include "nacre/dft/queue.hpp"

namespace nacre::dft {

struct WorkerOptions {
  int max_jobs = 1;                   ///< with the scheduler at a time
  double max_core_hours = 0.0;        ///< asked for by these at a time; 0: no limit
  double budget_core_hours = 0.0;     ///< spent and asked for in all; 0: no limit
  int cores = 1;                      ///< of one calculation
  double limit_s = 3600.0;
  double beat_s = 20.0;               ///< between signs of life of a calculation
  double stall_s = 3600.0;            ///< a calculation that writes nothing for so long is ended; 0: never
  double settle_s = 30.0;             ///< a finish tag may show up so long after the end of a job
  double unknown_s = 900.0;           ///< a job nobody knows is given up so long after its last sign of life
  double retry_wait_s = 60.0;         ///< before the first retry after a failure of the machine; doubles each time
  int infrastructure_retries = 5;     ///< of one calculation
};

/// What a calculation came to.
struct Judgement {
  bool done = false;             ///< the conjunction of all signs, nothing less
  std::string failure, reason;   ///< class and words if not
  std::string code, physics;     ///< what the code and the physics say
  Value label;                   ///< if done
};

/// What the worker does not know: how decks are written and outputs judged.
struct WorkerHooks {
  /// For the last attempt, whose `change` it applies. @throws InputError if no deck can be written: the calculation fails
  /// with class "no_deck"
  std::function<Payload(Calculation const&)> prepare;
  /// Called for an attempt that left a finish tag. Never throws for what stands in the outputs.
  std::function<Judgement(Calculation const&, std::filesystem::path const& folder, AttemptFacts const&)> judge;
  /// What to try after a failure of the calculation itself, or nothing: it is broken.
  std::function<std::optional<Change>(Calculation const&, std::string const& failure)> remedy;
  /// A label to be delivered; after it returns the queue counts it as delivered. It may come twice after a kill.
  std::function<void(Calculation const&, Value const& label)> deliver;
};

struct PassReport {
  int submitted = 0, ended = 0, changes = 0;
  int active = 0, waiting = 0;   ///< left: with the scheduler, and queued
  int over_budget = 0;           ///< of those waiting: nothing but a larger budget lets them run
  bool unreachable = false;
};

class NACRE_API Worker {
 public:
  Worker(std::filesystem::path campaign, WorkerOptions const& options, std::unique_ptr<Executor> executor,
         WorkerHooks hooks);
  ~Worker();
  Queue const& queue() const { return queue_; }

  /// Adds it unless it is there; a new priority is taken over.
  void add(Request const& request);
  void cancel(std::string const& id);
  /// Puts a calculation that failed, broke or was cancelled into the queue again.
  void retry(std::string const& id);
  PassReport pass(bool submit);

 private:
  using Snapshots = std::map<std::string, JobFact>;  ///< by id of the calculation
  void record(Value value);
  void set_state(Calculation const& calculation, State state, JobFact const& fact, std::string const& reason);
  Snapshots ask(PassReport& report);
  void follow(std::string const& id, JobFact const* fact);
  void follow_scheduler(Calculation const& calculation, AttemptFacts const& facts, JobFact const& fact);
  void doubt(Calculation const& calculation, AttemptFacts const& facts, JobFact const& fact);
  bool watch(Calculation const& calculation, AttemptFacts const& facts, JobFact const& fact);
  void collect(Calculation const& calculation, AttemptFacts const& facts, JobFact const* fact);
  void end(Calculation const& calculation, AttemptFacts const& facts, JobFact const* fact, Judgement const& judgement);
  void decide(std::string const& id);
  void deliver(std::string const& id, Value const& label);
  bool submit_one(std::string const& id, PassReport& report);
  void submit_due(PassReport& report);
  void note_waiting(std::string const& id, std::string const& reason);
  std::string why_waiting(Calculation const& calculation, int active) const;
  Ticket ticket_of(Calculation const& calculation) const;

  std::filesystem::path campaign_;
  WorkerOptions options_;
  std::unique_ptr<Executor> executor_;
  WorkerHooks hooks_;
  QueueLog log_;
  Queue queue_;
  std::map<std::string, Value> labels_;  ///< of done calculations, not yet delivered
  bool said_unreachable_ = false;
};

/// A failure of the machine, not of the calculation: the same input may run again.
NACRE_API bool is_infrastructure(std::string const& failure);

}  // namespace nacre::dft
