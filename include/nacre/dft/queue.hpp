/// The DFT-validation queue: what was asked for, what became of it, attempt by attempt.
///
/// dft/queue.log is the truth: one JSON object per line, appended and synced before anything else happens, so that a
/// kill at any point leaves a state that the next worker goes on from. Reading it takes no lock.
#pragma once

#include <cstdint>
#include <filesystem>
#include <map>
#include <optional>
#include <string>
#include <vector>

#include "nacre/core/api.hpp"
#include "nacre/core/value.hpp"

namespace nacre::dft {

enum class State { queued, submitted, running, collecting, done, failed, broken, cancelled, unknown };
NACRE_API std::string_view to_string(State state);
/// @throws InputError
NACRE_API State state_from(std::string_view word);
/// Nothing more happens to it by itself.
NACRE_API bool is_final(State state);
NACRE_API std::vector<State> const& all_states();

/// What is asked for. The same request is the same calculation, however often it is made.
struct Request {
  std::string design;       ///< 32 hex digits; of a reference: "bulk:NAME"
  std::string kind;         ///< "scf", "relax", "static", "bulk", "layer", "hop_saddle", "proxy", ...
  std::string code, level;  ///< "qe", "pbe"
  std::string words;        ///< for people
  double priority = 0.0;    ///< predicted gain per work; larger first, then by id
  std::string why = {};     ///< it was chosen, for people
  NACRE_API std::string id() const;  ///< 16 hex digits
};

/// What is done differently in an attempt than in the first one.
struct Change {
  std::string description;           ///< "mixing 0.4 -> 0.32, start from the last density"
  Value settings;                    ///< for the writer of the deck
  bool changes_physics = false;      ///< marks the label
  bool from_last_attempt = false;    ///< starts from files of the attempt before
  double limit_factor = 1.0;         ///< more time,
  double memory_factor = 1.0;        ///< and memory, than the first attempt
};

/// Four separate facts: what the scheduler, the process, the code and the physics say.
struct Facts {
  std::string scheduler;  ///< "TIMEOUT (TimeLimit)"
  std::string process;    ///< "exit 2", "signal 9", "no finish tag"
  std::string code;       ///< "converged", "scf not converged", ...
  std::string physics;    ///< "sane", or what is not
};

struct Attempt {
  int number = 1;
  std::string name;      ///< unique; jobs carry it
  std::string executor;
  std::string handle;    ///< number of the job
  int cores = 1;
  double limit_s = 0.0;
  std::optional<Change> change;      ///< against the first attempt
  double intended = 0.0, submitted = 0.0, started = 0.0, ended = 0.0;  ///< seconds since 1970; 0: not yet
  std::string host;
  double doubtful_since = 0.0;  ///< the scheduler does not know it
  Facts facts;
  std::string outcome;          ///< empty while it lasts; done, failed, cancelled
  std::string failure;          ///< class: "scf_not_converged", "walltime", ...
  std::string reason;
  bool is_over() const { return !outcome.empty(); }
  double core_hours() const;    ///< spent; what was asked for while it is not over
};

struct NACRE_API Calculation {
  Request request;
  std::string id;
  State state = State::queued;
  std::string failure, reason;  ///< of the state: why it waits, why it failed
  double since = 0.0;           ///< when it came into its state
  double not_before = 0.0;      ///< a retry waits until then
  bool cancel_asked = false;
  bool delivered = false;       ///< its label was handed to the campaign
  std::vector<Attempt> attempts;
  std::optional<Change> next;        ///< for the next attempt
  std::size_t counted_from = 0;        ///< attempts before it do not count against the retries (the user asked again)
  /// Attempts that count and ended in this class.
  int failures(std::string const& word) const;
  bool is_active() const { return !attempts.empty() && !attempts.back().is_over(); }
  std::filesystem::path folder(std::filesystem::path const& campaign, int attempt) const;
};

/// The log as it stands.
class NACRE_API Queue {
 public:
  /// An absent log is an empty queue; an unfinished last line is ignored. @throws Error if another line is damaged
  static Queue read(std::filesystem::path const& campaign);
  std::vector<Calculation> const& all() const { return calculations_; }
  Calculation const* find(std::string const& id) const;
  /// The one whose id begins so. @throws InputError if none or several do
  Calculation const& resolve(std::string const& prefix) const;
  /// Calculations by state; every state is there, and the numbers add up to all().size().
  std::vector<std::pair<State, std::int64_t>> ledger() const;
  double core_hours_spent() const;
  double core_hours_committed() const;  ///< spent, and asked for by attempts that are not over

  /// Takes in one line. @throws InputError if it is damaged
  void apply(Value const& record);

 private:
  std::vector<Calculation> calculations_;
  std::map<std::string, std::size_t> index_;
};

/// Appends to dft/queue.log; one writer at a time (the caller holds the lock).
class NACRE_API QueueLog {
 public:
  explicit QueueLog(std::filesystem::path const& campaign);
  ~QueueLog();
  QueueLog(QueueLog const&) = delete;
  QueueLog& operator=(QueueLog const&) = delete;
  /// Durable when it returns. @throws Stopped if the disk is full (nothing of the line is left), Error otherwise
  void append(Value const& record);

 private:
  std::filesystem::path path_;
  int file_ = -1;
};

NACRE_API std::filesystem::path queue_log_path(std::filesystem::path const& campaign);

}  // namespace nacre::dft
