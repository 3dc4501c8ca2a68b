// Which calculations of the queue are submitted now, and how.
#include <algorithm>
#include <cmath>
#include <filesystem>
#include <random>

#include "nacre/core/error.hpp"
#include "nacre/core/failure_point.hpp"
#include "nacre/core/ids.hpp"
#include "nacre/core/log.hpp"
#include "nacre/core/text.hpp"
#include "nacre/dft/worker.hpp"
#include "worker_events.hpp"

namespace nacre::dft {
namespace {

namespace fs = std::filesystem;

std::string random_word() {
  std::random_device device;
  return Hash128::of(concat(device(), "-", device(), "-", device(), "-", device())).hex().substr(0, 12);
}

}  // namespace

std::string Worker::why_waiting(Calculation const& calculation, int active) const {
  auto const now = seconds_now();
  double const factor = calculation.next ? calculation.next->limit_factor : 1.0;
  double const asked = options_.cores * options_.limit_s * factor / 3600.0;
  if (calculation.not_before > now) return concat("retry in ", std::ceil(calculation.not_before - now), " s");
  if (active >= options_.max_jobs) return "max_jobs";
  auto const spent = queue_.core_hours_spent(), committed = queue_.core_hours_committed();
  if (options_.budget_core_hours > 0.0 && committed + asked > options_.budget_core_hours * (1.0 + 1e-9))
    return "budget";
  if (options_.max_core_hours > 0.0 && committed - spent + asked > options_.max_core_hours * (1.0 + 1e-9))
    return "max_core_hours";
  return {};
}

void Worker::note_waiting(std::string const& id, std::string const& reason) {
  auto const& calculation = *queue_.find(id);
  auto const words = concat("waits for ", reason);
  if (calculation.reason == words) return;
  auto event = event_of("wait", id);
  event["state"] = to_string(calculation.state);
  event["class"] = calculation.failure;
  event["reason"] = words;
  record(event);
}

void Worker::submit_due(PassReport& report) {
  std::vector<Calculation const*> waiting;
  int active = 0;
  for (auto const& calculation : queue_.all()) {
    if (calculation.state == State::queued && !calculation.is_active()) waiting.push_back(&calculation);
    active += calculation.is_active() ? 1 : 0;
  }
  std::ranges::sort(waiting, [](auto const* a, auto const* b) {
    if (a->request.priority != b->request.priority) return a->request.priority > b->request.priority;
    return a->id < b->id;
  });
  std::vector<std::string> ids;
  for (auto const* calculation : waiting) ids.push_back(calculation->id);
  int refusals = 0;
  for (auto const& id : ids) {
    if (active >= options_.max_jobs) break;
    auto const reason = why_waiting(*queue_.find(id), active);
    if (reason == "budget" || reason == "max_core_hours") note_waiting(id, reason);
    report.over_budget += reason == "budget" ? 1 : 0;
    if (!reason.empty()) continue;
    auto const before = report.submitted;
    if (!submit_one(id, report)) break;
    active += report.submitted - before;
    refusals = queue_.find(id)->failure == "refused" ? refusals + 1 : 0;
    if (refusals == 3) {
      log_warning(
          "the scheduler refused three jobs in a row; nothing more is submitted now (nacre queue list says why)");
      break;
    }
  }
}

/// The intent is on disk before the scheduler hears of the job, with the name that the job will carry.
/// @return false if nothing more should be submitted now
bool Worker::submit_one(std::string const& id, PassReport& report) {
  auto const& calculation = *queue_.find(id);
  int const number = static_cast<int>(calculation.attempts.size()) + 1;
  auto const name = concat("nacre-", id.substr(0, 8), "-", number, "-", random_word());
  auto const change = calculation.next;
  auto intent = event_of("intent", id);
  intent["attempt"] = number;
  intent["name"] = name;
  intent["executor"] = executor_->name();
  intent["cores"] = options_.cores;
  intent["limit_s"] = options_.limit_s * (change ? change->limit_factor : 1.0);
  if (change) intent["change"] = to_value(*change);
  intent["state"] = to_string(State::submitted);
  intent["reason"] = "being submitted";
  record(intent);
  auto const give_up = [&](std::string const& failure, std::string const& reason) {
    std::error_code none;
    auto const folder = ticket_of(calculation).folder;
    if (fs::exists(folder, none)) revoke(folder);
    end(calculation, {}, nullptr, {false, failure, reason, "", "", {}});
    decide(id);
  };
  auto const ticket = ticket_of(calculation);
  try {
    auto const payload = hooks_.prepare(calculation);
    ScriptOptions script{executor_->header(ticket),
                         concat("attempt ", number, " of ", id, ": ", calculation.request.words),
                         executor_->limits_itself() ? ticket.limit_s : 0.0, options_.beat_s};
    write_attempt(ticket.folder, payload, script);
  } catch (InputError const& error) {
    give_up("no_deck", error.what());
    return true;
  }
  failure_point("after_intent");
  try {
    auto event = event_of("submitted", id);
    event["handle"] = executor_->submit(ticket);
    failure_point("after_submit");
    event["state"] = to_string(State::submitted);
    event["t"] = seconds_now();
    record(event);
    ++report.submitted;
    return true;
  } catch (Refused const& error) {
    give_up("refused", error.what());
    return true;
  } catch (Unreachable const& error) {  // in doubt: the next passes look for the job by its name
    log_warning("no answer to a submission (", error.what(), "); looking for job ", name, " later");
    report.unreachable = true;
    return false;
  }
}

}  // namespace nacre::dft
