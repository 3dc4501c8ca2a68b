// Groups of records, requests from outside, and what the world sees of a run: paced by the clock on the wall, which no
// proposal depends on.
#include <unistd.h>

#include <algorithm>
#include <iostream>

#include "coordinator.hpp"
#include "nacre/campaign/dft_queue.hpp"
#include "nacre/campaign/progress.hpp"
#include "nacre/campaign/status.hpp"
#include "nacre/core/error.hpp"
#include "nacre/core/log.hpp"
#include "nacre/parallel/stop.hpp"

namespace nacre::detail {
namespace {

using std::chrono::milliseconds;

constexpr int group_results = 64;
constexpr milliseconds group_time{100};

}  // namespace

void Coordinator::begin() {
  if (store_.in_group()) return;
  store_.begin();
  group_opened_ = Clock::now();
}

void Coordinator::commit() {
  if (store_.in_group()) store_.commit();
  results_ = 0;
}

void Coordinator::commit_if_due() {
  if (!store_.in_group()) return;
  if (results_ >= group_results || Clock::now() - group_opened_ > group_time) commit();
}

void Coordinator::tick() {
  auto const now = Clock::now();
  auto const due = [&](Clock::time_point& last, std::chrono::milliseconds interval) {
    if (now - last < interval) return false;
    last = now;
    return true;
  };
  if (stop_requested()) stop_requested_ = true;
  if (due(last_inbox_, milliseconds(500))) read_requests();
  if (due(last_heartbeat_, milliseconds(5000))) lock_.heartbeat();
  if (replaying()) return;
  if (due(last_status_, milliseconds(2000))) write_status(config_.folder, status("running"));
  if (due(last_progress_, progress_interval_)) report_progress(false);
  if (due(last_publish_, publish_interval_)) {
    rank();
    publish_now("running");
    // in a large campaign both cost seconds: never more than a twentieth of the time
    auto const cost = std::chrono::duration_cast<milliseconds>(Clock::now() - now);
    publish_interval_ = std::max(std::min(2 * publish_interval_, milliseconds(30000)), 20 * cost);
  }
}

void Coordinator::read_requests() {
  for (auto const& message : read_inbox(config_.folder)) {
    if (message.kind == "import" && !space_) continue;  // it can be read once the set-up is done
    take_request(message);
    std::error_code ignored;
    std::filesystem::remove(message.path, ignored);
  }
}

void Coordinator::take_request(InboxMessage const& message) {
  auto const source = message.path.filename().string();
  try {
    if (message.kind == "stop") {
      stop_requested_ = true;
    } else if (message.kind == "label") {
      if (!store_.took(source)) take_label(message.payload, source);
    } else if (message.kind == "import") {
      if (!store_.took(source)) take_import(message.payload, source);
    } else {
      log_warning("ignored a message of kind '", message.kind, "' in the inbox");
    }
    commit();  // acknowledged by the removal of its file
  } catch (InputError const& error) {
    log_warning("left out ", message.kind == "label" ? "a label: " : "results to import: ", error.what());
  }
}

Value Coordinator::status(std::string const& state) {
  CampaignStatus status;
  status.state = state;
  status.budget = budget_;
  status.proposed = next_;
  status.done = done_;
  status.failed = failed_;
  for (auto const& [tier, tally] : tallies_) {
    status.tiers.emplace_back(tier, CampaignStatus::Counts(tally.by_status.begin(), tally.by_status.end()));
  }
  status.best = best_;
  status.queue = queue_counts(queue_view(config_.folder, store_));
  status.work = work_;
  status.journal_hash = journal_.hex();
  status.twist_range = domain_->twist_range();
  return make_status(status);
}

void Coordinator::publish_now(std::string const& state) {
  begin();
  auto const document = status(state);
  store_.put_meta("state", state);
  store_.put_meta("journal_hash", journal_.hex());
  store_.put_meta("status", document.dump());
  commit();
  store_.publish();
  write_status(config_.folder, document);
}

void Coordinator::report_progress(bool last) {
  if (!options_.progress) return;
  auto const began = Clock::now();
  Progress progress;
  progress.proposed = next_;
  progress.budget = budget_;
  for (auto const& [tier, tally] : tallies_) progress.tiers.push_back({tier, tally.done, tally.failed});
  auto const front = archive_->pareto(Tier::potential);
  progress.best = best_words(loaded_.problem, front);
  progress.hypervolume = hypervolume_of(loaded_.problem, front);
  progress.busy = farm_.busy();
  progress.workers = farm_.workers();
  if (!live_) live_ = {began, done_};  // what was replayed before says nothing about the speed
  auto const seconds = std::chrono::duration<double>(began - live_->first).count();
  auto const done = done_ - live_->second;
  if (done > 0 && !last) progress.seconds_left = seconds * static_cast<double>(budget_ - done_) / static_cast<double>(done);
  show_progress(progress_line(progress), last);
  progress_interval_ = std::max(progress_interval_, 20 * std::chrono::duration_cast<milliseconds>(Clock::now() - began));
}

void Coordinator::show_progress(std::string const& line, bool last) {
  if (isatty(STDERR_FILENO)) {
    std::cerr << "\r\033[K" << line << (last ? "\n" : "") << std::flush;
  } else {
    log_info(line);
  }
}

}  // namespace nacre::detail
