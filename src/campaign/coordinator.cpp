#include "coordinator.hpp"

#include <unistd.h>

#include <algorithm>
#include <array>
#include <cmath>

#include "nacre/campaign/check.hpp"
#include "nacre/core/error.hpp"
#include "nacre/core/failure_point.hpp"
#include "nacre/core/log.hpp"
#include "nacre/core/text.hpp"
#include "nacre/core/value.hpp"

namespace nacre::detail {
namespace {

constexpr double fit_work_per_cube = 0.1;  // a fit of n = 200 takes about as long as 1e6 edges of a rigid-ion set

double fit_work(std::int64_t n) { return fit_work_per_cube * std::pow(static_cast<double>(n), 3); }

}  // namespace

EngineOptions engine_options(CampaignConfig const& config) {
  EngineOptions options;
  options.engine = config.search.engine;
  options.particles = config.search.particles;
  options.local_share = config.search.local;
  options.screen = std::max(1, config.search.screen);
  options.stagnation = 8;  // relaxations are dear: a particle that gains nothing in eight looks elsewhere
  if (config.search.screen > 0) options.tiers = {Tier::descriptor, Tier::potential};
  options.budget = config.run.budget;
  options.objectives = config.objectives.size();
  if (config.search.engine == "auto") {  // as `nacre optimize` sets it
    options.adapt = true;
    options.hops = 0.3;
    if (config.search.local == 0.0) options.local_share = 0.5;
  }
  options.top_share = 0.5;  // a block costs next to nothing, but takes one proposal of the budget
  return options;
}

Coordinator::Coordinator(CampaignConfig config, Store& store, CampaignLock& lock, Farm& farm, RunOptions const& options,
                         std::shared_ptr<Potential const> potential)
    : config_(std::move(config)), store_(store), lock_(lock), farm_(farm), options_(options),
      domain_(make_domain(config_, std::move(potential))), loaded_(LoadedProblem::load(config_)),
      clock_(config_.run.slots, config_.run.slack), started_(Clock::now()) {
  archive_ = std::make_unique<Archive>(loaded_.problem);
  progress_interval_ = std::chrono::milliseconds(isatty(STDERR_FILENO) ? 500 : 10000);
  last_status_ = last_publish_ = last_progress_ = last_inbox_ = last_heartbeat_ = started_;
}

RunEnd Coordinator::run() {
  try {
    open_campaign();
    if (stored_proposals_ == 0) publish_now("running");
    set_up();
    space_ = domain_->space();
    correction_ = make_correction();
    check_quantities(config_, loaded_.problem, *domain_);
    proposer_ = make_proposer(space_, engine_options(config_));
    issue_references();
    take_imports();
    replay_snapshot();
    read_requests();  // what lay in the inbox counts from the first new proposal, however short the run
    if (search()) {
      drain();
      finish();
      return RunEnd::finished;
    }
    while (farm_.outstanding() > 0) receive(1.0);
  } catch (StopNow const&) {
    log_info("stopping: running tasks end at their next step");
    farm_.cancel_all();
    auto const patience = Clock::now() + std::chrono::seconds(30);
    stop_requested_ = false;  // keep receiving
    while (farm_.outstanding() > 0 && Clock::now() < patience) receive(1.0);
  }
  commit();
  if (!replaying()) {
    rank();
    publish_now("stopped");
  }
  return RunEnd::stopped;
}

// --- the clock -------------------------------------------------------------------------------------------------------

bool Coordinator::search() {
  for (;;) {
    apply_events();
    if (next_ >= budget_) return true;
    ask_for_labels();
    if (options_.until_proposals && next_ >= std::max(*options_.until_proposals, stored_proposals_)) return false;
    if (stop_requested_) throw StopNow{};
    auto const slot = by_arrival() ? 0 : clock_.take_slot();
    auto const proposal = by_arrival() ? next_by_arrival() : next_proposal();
    if (!proposal) return true;  // the space is exhausted: a normal end
    accept(*proposal, slot);
  }
}

/// A quarter of the candidates that are calculated is chosen when a quarter of the budget is spent, and so on: labels of
/// the first ones move what comes after them.
void Coordinator::ask_for_labels() {
  if (next_ < stored_proposals_) return;
  for (std::int64_t quarter = 1; quarter < 4; ++quarter) {
    auto const wanted = static_cast<std::size_t>(config_.dft.top * quarter / 4);
    if (wanted > 0 && next_ == budget_ * quarter / 4) rank(wanted);
  }
}

std::optional<Proposal> Coordinator::next_proposal() {
  for (;;) {
    while (auto const visible = clock_.pop_visible()) make_visible(*visible);
    auto proposal = proposer_->propose(next_, *archive_, proposed_,
                                       Rng(config_.seed, "propose", static_cast<std::uint64_t>(next_)));
    if (proposal || !clock_.advance_to_hidden()) return proposal;
  }
}

void Coordinator::make_visible(HiddenResult const& hidden) {
  if (hidden.kind == HiddenResult::Kind::fit) {
    wait_fit(hidden.number);
    model_ = hidden.number;
  } else {
    observe(hidden.number);
  }
  issue_due_fit(hidden.time);
}

void Coordinator::issue_due_fit(double time) {
  auto const size = static_cast<std::int64_t>(archive_->count(Tier::potential));
  bool const due = size - fitted_size_ >= 8 && static_cast<double>(size) >= 1.1 * static_cast<double>(fitted_size_);
  if (config_.search.screen == 0 || !due) return;
  bool predicted = false;
  for (std::size_t i = 0; i < loaded_.objectives.size(); ++i) predicted = predicted || loaded_.predicted(i);
  if (!predicted) return;
  fitted_size_ = size;
  auto const fit = static_cast<std::int64_t>(fit_sizes_.size());
  fit_sizes_.push_back(size);
  if (by_arrival()) {
    open_fits_.insert(fit);
  } else {
    clock_.issue_fit(time, fit, fit_work(size));
  }
  if (!store_.fit(fit)) issue_fit(fit);
}

void Coordinator::observe(std::int64_t number) {
  wait_outcome(number);
  auto outcome = std::move(outcomes_.extract(number).mapped());
  auto entry = std::move(pending_.extract(number).mapped());
  bool labelled = false;
  for (std::size_t i = 0; i < entry.proposal.designs.size(); ++i) {
    auto observation = make_observation(entry.proposal, i, outcome);
    raw_.push_back(observation.objectives);
    families_.push_back(family_of(i < outcome.designs.size() ? outcome.designs[i].choices : std::vector<Choice>()));
    bool const top = entry.proposal.tier == Tier::potential;
    labelled = labelled || (top && correction_->waits() && correction_->waits_for(observation.design.id().hex()));
    archive_->observe(corrected(std::move(observation), families_.back()));
  }
  if (labelled) refresh_correction(true);
  count(entry.proposal, outcome);
  sealed_.push_back(number);
  unsealed_.emplace(number, std::pair(std::move(entry.proposal), std::move(outcome)));
  seal_prefix();
}

Observation Coordinator::make_observation(StoredProposal const& proposal, std::size_t index,
                                          Outcome const& outcome) const {
  Observation observation;
  observation.proposal = proposal.number;
  observation.design = proposal.designs[index];
  observation.tier = proposal.tier;
  if (outcome.status == Status::ok && index < outcome.designs.size()) {
    observation.objectives = outcome.designs[index].objectives;
    observation.constraints = outcome.designs[index].constraints;
  } else {
    observation.objectives.assign(loaded_.objectives.size(), Estimate::without_value(outcome.status, outcome.reason));
    observation.constraints.assign(loaded_.problem.constraints.size(), std::nan(""));
  }
  return observation;
}

Observation Coordinator::corrected(Observation observation, Family const& family) const {
  for (std::size_t i = 0; i < observation.objectives.size(); ++i) {
    if (!correction_->corrects(i)) continue;
    observation.objectives[i] = correction_->apply(i, observation.design.id(), family, observation.objectives[i]);
  }
  return observation;
}

void Coordinator::count(StoredProposal const& proposal, Outcome const& outcome) {
  work_ += outcome.work;
  auto& tally = tallies_[proposal.tier];
  bool any_value = false;
  for (std::size_t i = 0; i < proposal.designs.size(); ++i) {
    auto status = outcome.status;
    if (status == Status::ok && i < outcome.designs.size()) {
      auto const& objectives = outcome.designs[i].objectives;
      auto const broken = std::ranges::find_if_not(objectives, &Estimate::ok);
      if (broken != objectives.end()) status = broken->status;
      any_value = any_value || std::ranges::any_of(objectives, &Estimate::ok);
    }
    ++tally.by_status[std::string(to_string(status))];
    ++tally.done;
    tally.failed += status == Status::ok ? 0 : 1;
  }
  ++done_;
  failed_ += any_value ? 0 : 1;
}

void Coordinator::seal_prefix() {
  auto const add_events = [&](std::int64_t up_to) {
    for (; journal_next_event_ < events_.size() && events_[journal_next_event_].at_proposal <= up_to; ++journal_next_event_) {
      journal_.add(events_[journal_next_event_]);
    }
  };
  for (auto first = unsealed_.begin(); first != unsealed_.end() && first->first == journal_next_; first = unsealed_.begin()) {
    add_events(journal_next_);
    journal_.add(first->second.first, first->second.second);
    unsealed_.erase(first);
    ++journal_next_;
  }
}

void Coordinator::accept(Proposal const& proposal, int slot) {
  StoredProposal proposed{next_, proposal.tier, proposal.designs, clock_.now(), 0.0, proposal.reason};
  if (by_arrival()) proposed.now = static_cast<double>(sealed_.size());  // results that it knew
  proposed.expected_work = work_of(proposed);
  auto const stored = replaying() ? store_.proposal(next_) : std::nullopt;
  if (stored) proposed = reconcile(std::move(proposed), *stored);
  for (auto const& design : proposed.designs) proposed_.emplace(design.id(), proposed.tier);
  if (!by_arrival()) clock_.issue(slot, next_, proposed.expected_work);
  auto const number = next_++;
  pending_.emplace(number, Pending{proposed, model_});
  if (!stored) {
    begin();
    store_.put_proposal(proposed);
    // a snapshot is as long as the campaign: the longer it is, the rarer they are
    if (next_ - snapshot_at_ >= std::max<std::int64_t>(config_.run.snapshot_every, next_ / 20)) save_snapshot();
    commit_if_due();
  }
  failure_point("before_issue");
  if (!stored || !store_.outcome(number, Store::Detail::without_structures)) issue_evaluation(number);
  tick();
}

StoredProposal Coordinator::reconcile(StoredProposal proposed, StoredProposal const& stored) {
  bool const same = proposed.tier == stored.tier && proposed.designs == stored.designs && proposed.now == stored.now &&
                    proposed.expected_work == stored.expected_work;
  if (same) return proposed;
  if (!mixed_) {
    mixed_ = true;
    begin();
    store_.put_meta("mixed", concat("from proposal ", proposed.number));
    log_warning("proposal ", proposed.number, " differs from the stored one (another binary or CPU); the stored one ",
                "wins, and the campaign is marked 'mixed' in its provenance");
  }
  return stored;
}

double Coordinator::work_of(StoredProposal const& proposal) const {
  double work = 0.0;
  for (auto const& design : proposal.designs) {
    work += domain_->expected_work(design, proposal.tier);
    auto const candidate = domain_->describe(design);
    for (std::size_t i = 0; i < loaded_.objectives.size(); ++i) {
      if (proposal.tier == Tier::descriptor && loaded_.predicted(i)) continue;
      auto const plan = plan_guarded(*loaded_.objectives[i].objective, candidate, proposal.tier);
      for (auto const& job : plan.jobs) work += job.expected_work;
    }
  }
  return work;
}

void Coordinator::drain() {
  while (by_arrival() && !(pending_.empty() && open_fits_.empty())) take_arrivals(true);
  while (auto const hidden = clock_.drain()) {
    if (hidden->kind == HiddenResult::Kind::fit) {
      wait_fit(hidden->number);
    } else {
      observe(hidden->number);
    }
  }
  while (farm_.outstanding() > 0) receive(1.0);  // references
}

// --- the machine -----------------------------------------------------------------------------------------------------

void Coordinator::issue_evaluation(std::int64_t number) {
  if (resume_round(TaskKind::evaluate, number)) return;
  auto const& entry = pending_.at(number);
  auto const model = entry.proposal.tier == Tier::descriptor ? entry.model : -1;
  if (model >= 0 && broadcast_models_.insert(model).second) {
    auto const bytes = store_.fit(model);
    if (!bytes) throw Error(concat("fit ", model, " is missing from the store"));
    farm_.broadcast({model, static_cast<std::int32_t>(TaskKind::model), 0, *bytes, 0.0});
  }
  submit(number, TaskKind::evaluate, pack(EvaluationTask{entry.proposal.tier, model, entry.proposal.designs}));
}

void Coordinator::issue_fit(std::int64_t fit) {
  FitTask task;
  for (std::size_t i = 0; i < raw_.size(); ++i) {  // labels correct what the model says, not what it learns
    auto const& observation = archive_->all()[i];
    if (static_cast<std::int64_t>(task.designs.size()) == fit_sizes_[static_cast<std::size_t>(fit)]) break;
    if (observation.tier != Tier::potential) continue;
    task.designs.push_back(observation.design);
    task.estimates.push_back(raw_[i]);
  }
  submit(fit, TaskKind::fit, pack(task));
}

void Coordinator::submit(std::int64_t number, TaskKind kind, std::string payload, int attempt) {
  FarmTask task{number, static_cast<std::int32_t>(kind), attempt, std::move(payload), config_.run.task_timeout_s};
  in_flight_[{task.kind, number}] = task;
  farm_.submit(std::move(task));
}

/// Afterwards the outcome of the proposal is among outcomes_.
void Coordinator::wait_outcome(std::int64_t number) {
  std::pair const key{static_cast<std::int32_t>(TaskKind::evaluate), number};
  while (!outcomes_.contains(number)) {
    auto stored = in_flight_.contains(key) ? std::nullopt : store_.outcome(number, Store::Detail::without_structures);
    if (stored) {
      outcomes_.emplace(number, std::move(*stored));
    } else {
      wait_for(TaskKind::evaluate, number);
    }
  }
}

void Coordinator::wait_fit(std::int64_t fit) {
  while (!store_.fit(fit)) wait_for(TaskKind::fit, fit);
}

void Coordinator::wait_for(TaskKind kind, std::int64_t number) {
  std::pair const key{static_cast<std::int32_t>(kind), number};
  if (!in_flight_.contains(key)) throw Error(concat("task ", number, " is neither stored nor running"));
  while (in_flight_.contains(key)) {
    if (stop_requested_) throw StopNow{};
    receive(0.1);
  }
}

bool Coordinator::receive(double seconds) {
  if (farm_.outstanding() > 0 && farm_.busy() >= farm_.workers()) commit_if_due();
  auto const result = farm_.wait(std::min(seconds, 0.1));
  tick();
  if (!result) {
    commit();
    return false;
  }
  store_result(*result);
  return true;
}

void Coordinator::store_result(FarmResult const& result) {
  begin();
  if (result.outcome == FarmResult::Outcome::lost) return retry_or_crash(result);
  if (static_cast<TaskKind>(result.kind) == TaskKind::job) return store_job(result);
  auto const kind = static_cast<TaskKind>(result.kind);
  using Kind = FarmResult::Outcome;
  bool const shared = kind == TaskKind::setup || kind == TaskKind::fit;
  bool const late = result.outcome == Kind::ended || result.outcome == Kind::hung;
  if (shared && result.outcome == Kind::threw) {
    throw InputError(concat(kind == TaskKind::setup ? "set-up task failed (" : "fit failed (", result.payload, ")"));
  }
  if (shared && late) {
    throw Error(concat(kind == TaskKind::setup ? "a set-up task" : "a fit", " took longer than run.task_timeout_s = ",
                       config_.run.task_timeout_s, "; raise it"));
  }
  if (kind == TaskKind::setup) {
    setup_results_[result.number] = result.payload;
  } else if (kind == TaskKind::fit) {
    store_.put_fit(result.number, fit_sizes_.at(static_cast<std::size_t>(result.number)), result.payload);
  } else {
    auto outcome = outcome_of(result);
    if (outcome.status == Status::cancelled) {
      in_flight_.erase({result.kind, result.number});
      return;  // a stop request: it runs again after the resume
    }
    bool const again = result.outcome == Kind::done && held_open_.contains({kind, result.number});
    store_.put_attempt({result.number, result.attempt, result.rank, result.seconds, again ? "round" : word_of(result)});
    if (!outcome.open.empty()) return store_round(result, std::move(outcome));
    store_outcome(kind, result.number, std::move(outcome));
  }
  in_flight_.erase({result.kind, result.number});
  if (by_arrival() && (kind == TaskKind::evaluate || kind == TaskKind::fit)) arrived_.emplace_back(kind, result.number);
  ++results_;
  failure_point("after_store");
  commit_if_due();
}

void Coordinator::store_outcome(TaskKind kind, std::int64_t number, Outcome outcome) {
  if (held_open_.erase({kind, number}) > 0) store_.end_round(row_of(kind, number));
  if (kind == TaskKind::reference) {
    references_.designs.insert(references_.designs.end(), outcome.designs.begin(), outcome.designs.end());
    std::ranges::sort(references_.designs, {}, &EvaluatedDesign::design);  // they arrive in any order
    store_.put_reference(references_);
    return;
  }
  store_.put_outcome(number, outcome);
  for (auto& design : outcome.designs) design.structure.clear(), design.hops.clear();  // the search needs no atoms
  outcomes_[number] = std::move(outcome);
}

void Coordinator::retry_or_crash(FarmResult const& result) {
  auto const key = std::pair(result.kind, result.number);
  auto const task = in_flight_.at(key);
  auto const kind = static_cast<TaskKind>(result.kind);
  auto const owner = kind == TaskKind::job ? jobs_.at(result.number).task.second : result.number;
  store_.put_attempt({owner, result.attempt, result.rank, result.seconds, "lost"});
  if (result.attempt + 1 < config_.run.max_attempts) {
    log_warning("task ", result.number, " was lost on rank ", result.rank, " after ", result.seconds, " s; trying again");
    submit(result.number, kind, task.payload, result.attempt + 1);
    return;
  }
  if (kind == TaskKind::job) return crash_job(result.number);
  in_flight_.erase(key);
  if (kind == TaskKind::setup || kind == TaskKind::fit) {
    throw Error(concat("a shared task was lost ", config_.run.max_attempts, " times"));
  }
  log_warning("task ", result.number, " was lost ", config_.run.max_attempts, " times; stored as crashed");
  store_outcome(kind, result.number, failed_outcome(Status::crashed, "lost on every attempt"));
  if (by_arrival() && kind == TaskKind::evaluate) arrived_.emplace_back(kind, result.number);
}

std::string Coordinator::word_of(FarmResult const& result) {
  static std::array<char const*, 5> const words{"done", "threw", "lost", "ended", "hung"};  // by FarmResult::Outcome
  return words.at(static_cast<std::size_t>(result.outcome));
}

std::string Coordinator::timeout_reason() const {
  return concat("ended after run.task_timeout_s = ", config_.run.task_timeout_s, " s");
}

/// What a wall-time kill leaves is a fact of this run, as a crash is: it is stored, and a replay reads it.
Outcome Coordinator::outcome_of(FarmResult const& result) const {
  using Kind = FarmResult::Outcome;
  if (result.outcome == Kind::threw) return failed_outcome(Status::failed, "exception: " + result.payload);
  if (result.outcome == Kind::done) return unpack_outcome(result.payload);
  return failed_outcome(Status::timeout, timeout_reason());
}

Outcome Coordinator::failed_outcome(Status status, std::string reason) {
  Outcome outcome;
  outcome.status = status;
  outcome.reason = std::move(reason);
  return outcome;
}

}  // namespace nacre::detail
