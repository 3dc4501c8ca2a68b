/// campaign.db: one SQLite file holds the truth. One writer at a time; everybody else reads the published copy.
/// docs/schema.md documents every column with its unit.
#pragma once

#include <cstdint>
#include <filesystem>
#include <memory>
#include <optional>
#include <string>
#include <vector>

#include "nacre/campaign/outcome.hpp"
#include "nacre/core/api.hpp"
#include "nacre/core/estimate.hpp"

namespace nacre {

/// Proposal k of the virtual clock.
struct StoredProposal {
  std::int64_t number = 0;
  Tier tier = Tier::potential;
  std::vector<Design> designs;
  double now = 0.0;            ///< virtual time of the proposal
  double expected_work = 0.0;  ///< w
  std::string reason;
};

/// A label, an import, a new budget: numbered, stamped with the k at which it came.
struct StoredEvent {
  std::int64_t number = 0;
  std::int64_t at_proposal = 0;
  std::string kind;     ///< "budget", "label", ...
  std::string payload;  ///< JSON
  std::string source;   ///< name of its inbox file, so that none is taken twice; empty: none. Not hashed
};

/// One job of an objective that was a task of its own.
struct StoredJob {
  std::int64_t position = 0, objective = 0, number = 0;
  std::string key;
  Status status = Status::ok;
  std::string reason;
  double value = 0.0, standard_error = 0.0, work = 0.0;
};

/// Measured, never part of a decision, an export or a hash.
struct StoredAttempt {
  std::int64_t proposal = 0;
  int attempt = 0;
  int rank = 0;
  double seconds = 0.0;
  std::string outcome;  ///< "done", "threw", "lost", "job", "round"
};

/// A calculation that the campaign asks the DFT-validation queue for. What becomes of it is in dft/queue.log.
struct QueueRequest {
  std::string id;      ///< 16 hex digits, of dft::Request
  std::string design;  ///< 32 hex digits, with what is made of it behind a colon (docs/dft_queue.md), or "bulk:NAME"
  std::string kind;    ///< "scf", "relax", "bulk", "layer", "hop_saddle", "proxy", ...
  std::string code, level;
  std::string words;
  double priority = 0.0;  ///< predicted gain per work; larger first
  std::string why;        ///< it was chosen, in words
};

/// The answer of a calculation.
struct StoredLabel {
  std::string calculation;  ///< 16 hex digits
  std::int64_t event = 0;   ///< that brought it
  std::string design, kind, code, level;
  std::string comparable;   ///< what its energy may be compared with
  double energy_eV = 0.0;
  bool changes_physics = false;  ///< by a remedy
  std::string structure;    ///< extxyz with energy and forces
  std::string payload;      ///< JSON: everything, with its provenance
};

/// Who writes: `nacre run` or `nacre queue work`. Created with link(2), so it is safe on NFS.
class NACRE_API CampaignLock {
 public:
  /// Takes over a dead holder on this host at once; one on another host after 10 minutes without a heartbeat or with
  /// `take_over`. @throws Error naming the holder, host, pid and age
  CampaignLock(std::filesystem::path const& folder, bool take_over);
  ~CampaignLock();
  CampaignLock(CampaignLock const&) = delete;
  CampaignLock& operator=(CampaignLock const&) = delete;
  /// A sign of life, every minute or more often. @throws Error if another process has taken the lock over
  void heartbeat();

 private:
  std::filesystem::path path_;
  std::string token_;
};

/// Whether somebody writes the campaign now; nothing if that cannot be told from here (a holder on another host).
NACRE_API std::optional<bool> campaign_is_held(std::filesystem::path const& folder);

/// What the completeness ledger needs of a proposed design.
struct DesignSummary {
  Design design;
  std::optional<Status> task;         ///< of its proposal; nothing: no result yet
  std::string task_reason;
  bool evaluated = false;
  double energy_per_area = 0.0;       ///< NaN without atoms
  std::vector<Choice> choices;        ///< materials, planes and terminations alone
  std::vector<std::pair<Status, std::string>> objectives;   ///< status and reason
};

class NACRE_API Store {
 public:
  enum class Mode { write, read };
  /// Mode::write needs the lock held and creates the file; Mode::read opens published/campaign.db and never writes.
  /// @param journal "auto", "wal" or "delete"
  /// @throws InputError if there is no campaign here or, for Mode::read, nothing published yet; Error for a damaged or
  /// newer database. Every call that writes throws Stopped if the disk is full: nothing of the open group is stored.
  Store(std::filesystem::path const& folder, Mode mode, std::string const& journal = "auto");
  ~Store();
  Store(Store const&) = delete;
  Store& operator=(Store const&) = delete;

  // --- writing: everything between begin and commit becomes durable together ---
  void begin();   ///< opens a group unless one is open
  void commit();  ///< closes it; durable (synchronous=FULL) when it returns
  bool in_group() const;
  void put_meta(std::string const& key, std::string const& value);
  void put_setup(std::string const& key, std::string const& outcome, double work);
  void put_proposal(StoredProposal const& proposal);
  void put_outcome(std::int64_t proposal, Outcome const& outcome);  ///< the one result of k; a second one is an Error
  void put_reference(Outcome const& outcome);                       ///< reference rows, replaced as a whole
  // a task that waits for jobs of its own, and their results; proposal: -1 - i for reference row i
  void put_round(std::int64_t proposal, std::string const& so_far);
  void end_round(std::int64_t proposal);
  void put_job(std::int64_t proposal, std::int64_t position, std::int64_t objective, Job const& job,
               JobResult const& result);
  void put_attempt(StoredAttempt const& attempt);
  void put_fit(std::int64_t number, std::int64_t size,
               std::string const& model);    ///< fit over the first `size` observations
  void put_event(StoredEvent const& event);  ///< @throws Error if its source was taken before
  void put_snapshot(std::int64_t proposal, std::string const& bytes);
  void put_ranking(std::string const& json);      ///< of the last ranking, for top and export
  void put_request(QueueRequest const& request);  ///< a new one, or a new priority of an old one
  void put_label(StoredLabel const& label);       ///< replaces an older one of the same calculation
  /// A consistent copy as published/campaign.db (VACUUM INTO a temporary name, fsync, rename), unless nothing changed
  /// since the last one. Commits an open group first. Takes about 1 s per 200 MB.
  void publish();
  std::string journal() const;  ///< "wal" or "delete"; of the file system for "auto"

  // --- reading; everything ordered ---
  std::optional<std::string> meta(std::string const& key) const;
  std::optional<std::string> setup(std::string const& key) const;
  std::int64_t proposal_count() const;
  std::optional<StoredProposal> proposal(std::int64_t number) const;
  enum class Detail { all, without_structures };  ///< a replay needs no atoms
  std::optional<Outcome> outcome(std::int64_t number, Detail detail = Detail::all) const;
  std::optional<Outcome> reference() const;
  std::optional<std::string> round(std::int64_t proposal) const;
  std::optional<JobResult> job(std::int64_t proposal, std::int64_t position, std::int64_t objective,
                               std::int64_t number) const;
  std::vector<StoredJob> jobs(std::int64_t proposal) const;  ///< by position, objective, number
  std::optional<std::string> fit(std::int64_t number) const;
  std::vector<StoredEvent> events() const;
  bool took(std::string const& source) const;                            ///< an event came from this inbox file
  std::optional<std::pair<std::int64_t, std::string>> snapshot() const;  ///< the last one
  std::optional<std::string> ranking() const;
  std::vector<QueueRequest> requests() const;     ///< by id
  std::vector<StoredLabel> labels() const;        ///< by calculation
  /// Number of designs of a tier by status word ("ok", "failed", ...); the completeness ledger.
  /// Proposed ones without a result are "pending"; those of a task without designs count under its status.
  std::vector<std::pair<std::string, std::int64_t>> ledger(Tier tier) const;
  /// Every design proposed on a tier, in order, in a few queries.
  std::vector<DesignSummary> summaries(Tier tier) const;
  /// Proposal in which a design was evaluated on a tier.
  std::optional<std::int64_t> find_design(Hash128 const& design, Tier tier) const;
  /// Ids of evaluated designs that begin with these hexadecimal digits, ascending, at most `limit`.
  std::vector<std::string> designs_beginning_with(std::string const& digits, std::int64_t limit) const;
  std::vector<StoredAttempt> attempts() const;

 private:
  struct State;
  std::unique_ptr<State> state_;
};

/// Files dropped into inbox/ by rename: requests from other processes, in order of name (time, then a random part).
/// The holder stores a message as an event with `source` = its file name, then removes the file; a message that is
/// still there after a kill is known by its source.
struct InboxMessage {
  std::filesystem::path path;
  std::string kind;
  std::string payload;
};
/// @param kind small letters, digits and underscores
NACRE_API void drop_into_inbox(std::filesystem::path const& folder, std::string const& kind,
                               std::string const& payload);
NACRE_API std::vector<InboxMessage> read_inbox(std::filesystem::path const& folder);

}  // namespace nacre
