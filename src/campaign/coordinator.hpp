/// Rank 0 of a run: proposes, stores, observes. Internal to campaign.
#pragma once

#include <chrono>
#include <map>
#include <memory>
#include <optional>
#include <set>
#include <string>
#include <vector>

#include "correction.hpp"
#include "nacre/campaign/campaign.hpp"
#include "nacre/campaign/config.hpp"
#include "nacre/campaign/domain.hpp"
#include "nacre/campaign/evaluate.hpp"
#include "nacre/campaign/journal.hpp"
#include "nacre/campaign/ranking.hpp"
#include "nacre/campaign/store.hpp"
#include "nacre/core/value.hpp"
#include "nacre/parallel/clock.hpp"
#include "nacre/parallel/farm.hpp"
#include "nacre/search/problem.hpp"
#include "nacre/search/swarm.hpp"

namespace nacre::detail {

/// As the store numbers tasks: reference row i is -1 - i.
inline std::int64_t row_of(TaskKind kind, std::int64_t number) {
  return kind == TaskKind::reference ? -1 - number : number;
}

struct StopNow {};  ///< unwinds to run(): no new proposals, running tasks end at their next step

class Coordinator {
 public:
  /// @param potential null: what the settings say
  Coordinator(CampaignConfig config, Store& store, CampaignLock& lock, Farm& farm, RunOptions const& options,
              std::shared_ptr<Potential const> potential = nullptr);
  RunEnd run();
  /// For an exception that ends the run: what is known goes to disk, the state becomes "failed".
  void abandon() noexcept;

 private:
  struct Pending {
    StoredProposal proposal;
    std::int64_t model = -1;   ///< the fit visible when it was proposed
  };
  struct Tally {
    std::int64_t done = 0, failed = 0;                     ///< designs
    std::map<std::string, std::int64_t> by_status;
  };

  // --- before proposal 0 ---
  void open_campaign();
  void set_up();
  void issue_references();
  void replay_snapshot();
  void restore(Value const& value, std::string const& proposer);
  void reset_search();
  // --- the clock ---
  bool search();                                    ///< false: stopped by until_proposals
  void apply_events();
  void ask_for_labels();
  std::unique_ptr<Correction> make_correction() const;
  bool take_event(StoredEvent const& event);         ///< whether it concerns corrections
  void refresh_correction(bool tell_proposer);
  EvaluatedDesign const* visible_design(std::string const& hex);
  void apply_known_events();
  std::optional<Proposal> next_proposal();
  void make_visible(HiddenResult const& hidden);
  void observe(std::int64_t number);
  Observation make_observation(StoredProposal const& proposal, std::size_t index, Outcome const& outcome) const;
  Observation corrected(Observation observation, Family const& family) const;
  void count(StoredProposal const& proposal, Outcome const& outcome);
  void seal_prefix();
  void issue_due_fit(double time);
  void accept(Proposal const& proposal, int slot);
  StoredProposal reconcile(StoredProposal proposed, StoredProposal const& stored);
  double work_of(StoredProposal const& proposal) const;
  void drain();
  // --- from outside the clock (coordinator_arrival.cpp) ---
  void take_imports();
  void take_import(std::string const& lines, std::string const& source);
  void apply_import(std::size_t event);
  bool by_arrival() const { return config_.run.order == "arrival"; }
  void apply_arrival(Value const& payload);
  bool take_arrivals(bool wait);
  std::optional<Proposal> next_by_arrival();
  void finish();
  void rank(std::size_t queue_limit = 0);            ///< so many candidates at most are asked for at the dft tier
  void fill_queue(Ranking const& ranking, std::vector<EvaluatedDesign const*> const& designs,
                  std::vector<EvaluatedDesign const*> const& raw, std::size_t limit);
  std::vector<EvaluatedDesign> evaluated_designs() const;
  std::vector<EvaluatedDesign> at_level_of_labels(std::vector<EvaluatedDesign> designs) const;
  Provenance provenance_of_ranking() const;
  // --- the machine ---
  void issue_evaluation(std::int64_t number);
  void issue_fit(std::int64_t fit);
  void submit(std::int64_t number, TaskKind kind, std::string payload, int attempt = 0);
  void wait_outcome(std::int64_t number);
  void wait_fit(std::int64_t fit);
  void wait_for(TaskKind kind, std::int64_t number);
  bool receive(double seconds);                     ///< one result from the farm into the store
  void store_result(FarmResult const& result);
  void store_outcome(TaskKind kind, std::int64_t number, Outcome outcome);
  void retry_or_crash(FarmResult const& result);
  Outcome outcome_of(FarmResult const& result) const;
  static std::string word_of(FarmResult const& result);  ///< for the table of attempts
  std::string timeout_reason() const;
  static Outcome failed_outcome(Status status, std::string reason);
  // --- jobs of their own (coordinator_jobs.cpp) ---
  struct Round {
    Outcome so_far;
    std::vector<std::vector<std::optional<JobResult>>> results;  ///< by open study and job
    std::size_t missing = 0;
  };
  struct JobPlace {
    std::pair<TaskKind, std::int64_t> task;
    std::size_t study = 0, job = 0;
  };
  void begin_round(TaskKind kind, std::int64_t number, Outcome so_far);
  bool resume_round(TaskKind kind, std::int64_t number);
  void finish_round(std::pair<TaskKind, std::int64_t> const& key);
  void take_job(std::int64_t number, JobResult result);
  void store_round(FarmResult const& result, Outcome so_far);
  void store_job(FarmResult const& result);
  void crash_job(std::int64_t number);
  // --- groups of records, and what the world sees ---
  void begin();
  void commit();
  void commit_if_due();
  void save_snapshot();
  void tick();                                      ///< heartbeat, status, publication, inbox, stop requests
  void read_requests();
  void take_request(InboxMessage const& message);
  void add_event(std::string const& kind, std::string const& payload, std::string const& source = {});
  void take_label(std::string const& payload, std::string const& source);
  void replay_labels();                             ///< of the file of executor "replay" that are due
  Value status(std::string const& state);
  void publish_now(std::string const& state);
  bool replaying() const { return next_ < stored_proposals_; }   ///< what is published is further than this run
  void report_progress(bool last);
  static void show_progress(std::string const& line, bool last);

  CampaignConfig config_;
  Store& store_;
  CampaignLock& lock_;
  Farm& farm_;
  RunOptions options_;
  std::unique_ptr<Domain> domain_;
  LoadedProblem loaded_;
  std::shared_ptr<Space const> space_;
  std::unique_ptr<Proposer> proposer_;
  std::unique_ptr<Archive> archive_;                ///< with values as labels correct them
  std::vector<std::vector<Estimate>> raw_;          ///< by observation, as they were computed
  std::vector<Family> families_;                    ///< by observation
  std::unique_ptr<Correction> correction_;
  std::map<std::string, EvaluatedDesign> labelled_; ///< visible designs that labels are about
  VirtualClock clock_;

  std::int64_t next_ = 0;                           ///< k
  std::int64_t budget_ = 0;
  std::int64_t snapshot_at_ = 0;                    ///< proposals in the last snapshot
  std::int64_t stored_proposals_ = 0;               ///< those before it are replayed
  std::int64_t model_ = -1;                         ///< the visible fit; -1: none
  std::int64_t fitted_size_ = 0;                    ///< potential-tier observations at the last fit
  std::vector<std::int64_t> fit_sizes_;             ///< by fit
  std::vector<std::int64_t> sealed_;                ///< proposals in the order of observation
  std::set<std::pair<Hash128, Tier>> proposed_;
  std::map<std::int64_t, Pending> pending_;         ///< proposed, not yet observed
  std::map<std::int64_t, Outcome> outcomes_;        ///< known, not yet observed
  std::map<std::pair<std::int32_t, std::int64_t>, FarmTask> in_flight_;  ///< by kind and number, for another attempt
  std::map<std::pair<TaskKind, std::int64_t>, Round> rounds_;
  std::set<std::pair<TaskKind, std::int64_t>> held_open_;  ///< tasks with a stored round
  std::map<std::int64_t, JobPlace> jobs_;           ///< by the number of their task in this run
  std::int64_t next_job_ = 0;
  std::map<std::int64_t, std::string> setup_results_;
  std::set<std::int64_t> broadcast_models_;
  Outcome references_;
  std::vector<StoredEvent> events_;
  std::size_t next_event_ = 0;
  std::vector<std::pair<std::int64_t, std::int64_t>> imports_;  ///< event, size of the archive before it
  std::vector<std::pair<TaskKind, std::int64_t>> arrived_;      ///< order = "arrival": results that were not observed yet
  std::set<std::int64_t> open_fits_;                ///< of that order: issued, not visible
  std::int64_t applied_ = -1;                       ///< the k whose events were applied last
  std::vector<std::pair<std::int64_t, std::string>> label_replay_;  ///< proposal that it follows, label

  JournalHash journal_;
  std::int64_t journal_next_ = 0;
  std::size_t journal_next_event_ = 0;
  std::map<std::int64_t, std::pair<StoredProposal, Outcome>> unsealed_;  ///< observed, waiting for a smaller k
  std::map<Tier, Tally> tallies_;
  std::int64_t done_ = 0, failed_ = 0;              ///< proposals observed, and those without a single value
  Value best_;                                      ///< of the last ranking, for the status
  double work_ = 0.0;
  bool stop_requested_ = false, mixed_ = false;

  using Clock = std::chrono::steady_clock;          // paces files and messages, never a proposal
  int results_ = 0;                                 ///< in the open group
  std::chrono::milliseconds publish_interval_{2000}, progress_interval_;
  std::optional<std::pair<Clock::time_point, std::int64_t>> live_;  ///< first report of new results, results before it
  Clock::time_point started_, group_opened_, last_status_, last_publish_, last_progress_, last_inbox_, last_heartbeat_;
};

/// Settings of the engine that a campaign asks for.
EngineOptions engine_options(CampaignConfig const& config);

}  // namespace nacre::detail
