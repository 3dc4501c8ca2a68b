#include "nacre/dft/worker.hpp"

#include <algorithm>
#include <cmath>
#include <tuple>

#include "nacre/core/error.hpp"
#include "nacre/core/failure_point.hpp"
#include "nacre/core/ids.hpp"
#include "nacre/core/log.hpp"
#include "nacre/core/text.hpp"
#include "worker_events.hpp"

namespace nacre::dft {
namespace {

namespace fs = std::filesystem;

std::string scheduler_words(JobFact const* fact) {
  if (!fact) return {};
  auto words = fact->state;
  if (fact->phase == JobPhase::gone) words = "gone";
  if (!fact->reason.empty()) words += concat(" (", fact->reason, ")");
  if (!fact->exit.empty()) words += concat(" exit ", fact->exit);
  return words;
}

std::string process_words(AttemptFacts const& facts) {
  if (!facts.finished) return facts.claimed ? "no finish tag" : "never started";
  if (!facts.exit) return "finish tag is empty";
  return *facts.exit > 128 && *facts.exit < 193 ? concat("signal ", *facts.exit - 128) : concat("exit ", *facts.exit);
}

using Failure = std::pair<std::string, std::string>;  ///< class, words

/// What the scheduler did to a job, if it says so.
std::optional<Failure> failure_by_scheduler(JobFact const& fact) {
  auto const& state = fact.state;
  auto const one_of = [&](std::initializer_list<char const*> words) {
    return std::ranges::any_of(words, [&](char const* word) { return state.starts_with(word); });
  };
  if (one_of({"TIMEOUT", "DEADLINE"}) || fact.reason == "TimeLimit")  // "COMPLETING (TimeLimit)" comes before
    return Failure{"walltime", concat("the scheduler ended it at its limit (", state, ")")};
  if (one_of({"OUT_OF_ME"})) return Failure{"out_of_memory", "the scheduler ended it for its memory"};
  if (one_of({"NODE_FAIL", "BOOT_FAIL", "PREEMPTED"}))
    return Failure{"infrastructure", concat("the scheduler lost it (", scheduler_words(&fact), ")")};
  if (one_of({"CANCELLED"})) return Failure{"cancelled", "cancelled outside of nacre"};
  return std::nullopt;
}

Failure failure_without_tag(AttemptFacts const& facts, JobFact const& fact) {
  if (auto const told = failure_by_scheduler(fact)) return *told;
  if (!facts.claimed) return {"infrastructure", concat("it ended before it began (", scheduler_words(&fact), ")")};
  if (facts.signal == "LIMIT") return {"walltime", "ended at its time limit"};
  return {"killed", concat("killed: its script stopped without a finish tag (", scheduler_words(&fact), ")")};
}

bool ended_by_signal(AttemptFacts const& facts) { return facts.exit && *facts.exit > 128 && *facts.exit < 193; }

}  // namespace

bool is_infrastructure(std::string const& failure) {
  return failure == "infrastructure" || failure == "killed" || failure == "not_started" || failure == "held" ||
         failure == "stalled";
}

Worker::Worker(fs::path campaign, WorkerOptions const& options, std::unique_ptr<Executor> executor, WorkerHooks hooks)
    : campaign_(std::move(campaign)),
      options_(options),
      executor_(std::move(executor)),
      hooks_(std::move(hooks)),
      log_(campaign_),
      queue_(Queue::read(campaign_)) {}
Worker::~Worker() = default;

void Worker::record(Value value) {
  log_.append(value);
  queue_.apply(value);
}

void Worker::add(Request const& request) {
  auto const id = request.id();
  if (auto const* known = queue_.find(id)) {
    if (known->request.priority == request.priority || is_final(known->state)) return;
    auto event = event_of("priority", id);
    event["priority"] = request.priority;
    return record(event);
  }
  auto event = event_of("add", id);
  event["design"] = request.design;
  event["kind"] = request.kind;
  event["code"] = request.code;
  event["level"] = request.level;
  event["words"] = request.words;
  event["priority"] = request.priority;
  if (!request.why.empty()) event["why"] = request.why;
  record(event);
}

void Worker::cancel(std::string const& id) {
  auto const& calculation = queue_.resolve(id);
  if (is_final(calculation.state)) return;
  auto event = event_of("cancel", calculation.id);
  if (!calculation.is_active()) {
    event["state"] = to_string(State::cancelled);
    event["reason"] = "cancelled before it ran";
  }
  record(event);
}

void Worker::retry(std::string const& id) {
  auto const& calculation = queue_.resolve(id);
  require(is_final(calculation.state) && calculation.state != State::done, "calculation ", calculation.id, " is ",
          to_string(calculation.state), " (only what failed, broke or was cancelled can be tried again)");
  auto event = event_of("next", calculation.id);
  event["state"] = to_string(State::queued);
  event["reason"] = "asked for again";
  event["anew"] = true;
  record(event);
}

Ticket Worker::ticket_of(Calculation const& calculation) const {
  auto const& attempt = calculation.attempts.back();
  return {attempt.name,  attempt.handle,  calculation.folder(campaign_, attempt.number),
          attempt.cores, attempt.limit_s, attempt.change ? attempt.change->memory_factor : 1.0};
}

PassReport Worker::pass(bool submit) {
  PassReport report;
  std::vector<std::string> active;
  for (auto const& calculation : queue_.all()) {
    if (calculation.is_active()) active.push_back(calculation.id);
  }
  auto const facts = ask(report);
  for (auto const& id : active) {
    auto const fact = facts.find(id);
    follow(id, fact == facts.end() ? nullptr : &fact->second);
    report.ended += queue_.find(id)->is_active() ? 0 : 1;
  }
  for (auto const& calculation : queue_.all()) {  // interrupted between two lines of the log
    bool const undecided = !calculation.is_active() && calculation.state == State::collecting;
    bool const undelivered = calculation.state == State::done && !calculation.delivered;
    if (undecided || undelivered) decide(calculation.id);
  }
  if (submit && !report.unreachable) submit_due(report);
  for (auto const& calculation : queue_.all()) {
    report.active += calculation.is_active() ? 1 : 0;
    report.waiting += calculation.state == State::queued ? 1 : 0;
  }
  return report;
}

/// What the scheduler says of every job; nothing while it cannot be reached: then only finish tags are looked at.
Worker::Snapshots Worker::ask(PassReport& report) {
  std::vector<std::string> ids;
  std::vector<Ticket> tickets;
  for (auto const& calculation : queue_.all()) {
    if (!calculation.is_active()) continue;
    ids.push_back(calculation.id);
    tickets.push_back(ticket_of(calculation));
  }
  Snapshots facts;
  if (tickets.empty()) return facts;
  try {
    auto const answers = executor_->poll(tickets);
    for (std::size_t i = 0; i < ids.size(); ++i) facts.emplace(ids[i], answers[i]);
    if (said_unreachable_) log_info("the scheduler answers again");
    said_unreachable_ = false;
  } catch (Unreachable const& error) {
    report.unreachable = true;
    if (!said_unreachable_) log_warning("the scheduler cannot be reached (", error.what(), "); asking again later");
    said_unreachable_ = true;
  }
  return facts;
}

void Worker::set_state(Calculation const& calculation, State state, JobFact const& fact, std::string const& reason) {
  auto const& attempt = calculation.attempts.back();
  auto const folder = calculation.folder(campaign_, attempt.number);
  auto const facts = read_attempt(folder);
  auto const words = scheduler_words(&fact);
  bool const same = calculation.state == state && attempt.facts.scheduler == words && calculation.reason == reason &&
                    (fact.handle.empty() || fact.handle == attempt.handle);
  if (same) return;
  auto event = event_of("progress", calculation.id);
  event["state"] = to_string(state);
  event["reason"] = reason;
  event["scheduler"] = words;
  event["handle"] = fact.handle.empty() ? attempt.handle : fact.handle;
  event["host"] = facts.host;
  event["started"] = facts.began;
  if (state == State::unknown)
    event["doubtful_since"] = attempt.doubtful_since > 0.0 ? attempt.doubtful_since : seconds_now();
  record(event);
}

void Worker::follow(std::string const& id, JobFact const* fact) {
  auto const& calculation = *queue_.find(id);
  auto const folder = ticket_of(calculation).folder;
  auto const facts = read_attempt(folder);
  // who sent a signal is known to the scheduler alone, a moment later
  bool const wait = facts.finished && ended_by_signal(facts) && fact && fact->phase == JobPhase::running &&
                    seconds_now() - facts.ended < options_.settle_s;
  if (wait) return;
  if (facts.finished) {
    collect(calculation, facts, fact);
  } else if (facts.revoked) {  // a kill came between giving it up and writing so
    end(calculation, facts, fact, {false, "infrastructure", "given up before it began", "", "", {}});
  } else if (fact) {
    follow_scheduler(calculation, facts, *fact);
  }
  if (!queue_.find(id)->is_active()) decide(id);
}

void Worker::follow_scheduler(Calculation const& calculation, AttemptFacts const& facts, JobFact const& fact) {
  if (calculation.cancel_asked) executor_->cancel(ticket_of(calculation));
  switch (fact.phase) {
    case JobPhase::pending:
      set_state(calculation, State::submitted, fact, fact.reason);
      if (fact.stuck) {
        executor_->cancel(ticket_of(calculation));
        if (revoke(ticket_of(calculation).folder))
          end(calculation, facts, &fact, {false, "held", concat("it would wait for ever: ", fact.reason), "", "", {}});
      }
      return;
    case JobPhase::running:
      set_state(calculation, State::running, fact, calculation.cancel_asked ? "asked to end" : "");
      watch(calculation, facts, fact);
      return;
    case JobPhase::ended:
    case JobPhase::gone:
      return doubt(calculation, facts, fact);
    case JobPhase::unknown:
      set_state(calculation, State::unknown, fact, fact.reason);
      return;
  }
}

/// A program that writes nothing for too long hangs, however busy it is.
bool Worker::watch(Calculation const& calculation, AttemptFacts const& facts, JobFact const& fact) {
  if (options_.stall_s <= 0.0 || facts.idle_s < options_.stall_s) return false;
  auto const ticket = ticket_of(calculation);
  for (int times = 0; times < 2; ++times) executor_->cancel(ticket);
  write_file(ticket.folder / "claim" / "stalled", "");
  set_state(calculation, State::running, fact, concat("hangs: nothing written for ", facts.idle_s, " s; asked to end"));
  return true;
}

/// The job has ended, or the scheduler has forgotten it, and there is no finish tag (yet).
void Worker::doubt(Calculation const& calculation, AttemptFacts const& facts, JobFact const& fact) {
  auto const& attempt = calculation.attempts.back();
  auto const folder = ticket_of(calculation).folder;
  std::error_code none;
  if (!fs::exists(folder / "job.sh", none)) {  // the scheduler hears of a job only when its folder is complete
    if (fs::exists(folder, none)) revoke(folder);
    return end(calculation, facts, &fact, {false, "infrastructure", "interrupted before it was submitted", "", "", {}});
  }
  bool const sure = fact.phase == JobPhase::ended || attempt.executor == "local";
  if (attempt.doubtful_since == 0.0) {
    set_state(calculation, State::unknown, fact,
              fact.phase == JobPhase::ended ? "ended without a finish tag so far"
                                            : "the scheduler does not know it; waiting for a sign of it");
  }
  auto const now = seconds_now();
  auto const since = calculation.attempts.back().doubtful_since;
  // what a killed script left behind is ended by its sign of life, at the next beat
  auto const wait = sure ? std::max(options_.settle_s, facts.claimed ? 1.5 * options_.beat_s : 0.0) : options_.unknown_s;
  bool const never_began = fact.phase == JobPhase::ended && !facts.claimed && revoke(folder);
  if (!never_began && now - std::max(since, sure ? 0.0 : facts.last_sign) < wait) return;
  bool const lost_unseen = revoke(folder);
  if (!lost_unseen) end_soon(folder);
  auto [failure, reason] = failure_without_tag(facts, fact);
  if (fact.phase == JobPhase::gone && !sure) {
    failure = "infrastructure";
    reason =
        lost_unseen ? "the scheduler lost it before it began" : "the scheduler lost it, and its signs of life ended";
  }
  if (fs::exists(folder / "claim" / "stalled", none))
    failure = "stalled", reason = "hung: it wrote nothing, and was ended";
  end(calculation, facts, &fact, {false, failure, reason, "", "", {}});
}

void Worker::collect(Calculation const& calculation, AttemptFacts const& facts, JobFact const* fact) {
  auto const folder = ticket_of(calculation).folder;
  if (calculation.state != State::collecting) set_state(calculation, State::collecting, fact ? *fact : JobFact(), "");
  auto judgement = hooks_.judge(calculation, folder, facts);
  std::error_code ignored;
  if (!judgement.done && fs::exists(folder / "claim" / "stalled", ignored)) {
    judgement.failure = "stalled";
    judgement.reason = "hung: it wrote nothing, and was ended";
  } else if (auto const told = ended_by_signal(facts) && fact ? failure_by_scheduler(*fact) : std::nullopt; told) {
    std::tie(judgement.failure, judgement.reason) = *told;
  } else if (!judgement.done && facts.signal == "LIMIT") {
    judgement.failure = "walltime";
    judgement.reason = "ended at its time limit";
  } else if (!judgement.done && !facts.exit) {
    judgement.failure = "disk_full";
    judgement.reason = "its finish tag is empty, as on a full disk";
  }
  end(calculation, facts, fact, judgement);
}

void Worker::end(Calculation const& calculation, AttemptFacts const& facts, JobFact const* fact,
                 Judgement const& judgement) {
  auto event = event_of("ended", calculation.id);
  bool const cancelled = !judgement.done && (calculation.cancel_asked || judgement.failure == "cancelled");
  event["state"] = to_string(State::collecting);
  event["outcome"] = judgement.done ? "done" : cancelled ? "cancelled" : "failed";
  event["class"] = judgement.failure;
  event["reason"] = judgement.reason;
  event["scheduler"] = fact ? scheduler_words(fact) : calculation.attempts.back().facts.scheduler;
  event["process"] = process_words(facts);
  event["code"] = judgement.code;
  event["physics"] = judgement.physics;
  event["host"] = facts.host;
  event["started"] = facts.began;
  event["ended"] = facts.finished ? facts.ended : std::max(facts.began, facts.last_sign);
  if (judgement.done) labels_[calculation.id] = judgement.label;
  record(event);
}

/// After the end of an attempt: a label, another attempt, or the end of the calculation.
void Worker::decide(std::string const& id) {
  auto const& calculation = *queue_.find(id);
  auto const& attempt = calculation.attempts.back();
  auto event = event_of("next", id);
  event["class"] = attempt.failure;
  event["reason"] = attempt.reason;
  auto const finish = [&](State state) {
    event["state"] = to_string(state);
    record(event);
  };
  if (attempt.outcome == "done") {
    if (calculation.state != State::done) finish(State::done);
    if (!labels_.contains(id)) {  // collected before a kill
      auto const folder = calculation.folder(campaign_, attempt.number);
      labels_[id] = hooks_.judge(calculation, folder, read_attempt(folder)).label;
    }
    hooks_.deliver(calculation, labels_.at(id));
    failure_point("after_label");
    labels_.erase(id);
    return record(event_of("label", id));
  }
  if (attempt.outcome == "cancelled") return finish(State::cancelled);
  if (attempt.failure == "no_deck" || attempt.failure == "refused") return finish(State::failed);

  int const failures = calculation.failures(attempt.failure);
  if (is_infrastructure(attempt.failure)) {
    int const allowed = attempt.failure == "stalled" ? 1 : options_.infrastructure_retries;  // it burns its whole limit
    if (failures > allowed) return finish(State::broken);
    event["not_before"] = seconds_now() + options_.retry_wait_s * std::pow(2.0, std::min(failures, 8) - 1);
    event["reason"] = concat("again after: ", attempt.reason);
    if (attempt.change) event["change"] = to_value(*attempt.change);
    return finish(State::queued);
  }
  auto const change = hooks_.remedy(calculation, attempt.failure);
  if (!change) return finish(failures > 1 || attempt.change ? State::broken : State::failed);
  event["change"] = to_value(*change);
  event["reason"] = concat("again with ", change->description, " after: ", attempt.reason);
  finish(State::queued);
}

}  // namespace nacre::dft
