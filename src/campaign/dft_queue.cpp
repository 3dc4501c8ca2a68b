#include "nacre/campaign/dft_queue.hpp"

#include <algorithm>
#include <cmath>
#include <map>
#include <set>

#include "nacre/campaign/status.hpp"
#include "nacre/core/error.hpp"
#include "nacre/core/log.hpp"
#include "nacre/core/text.hpp"

namespace nacre {
namespace {

namespace fs = std::filesystem;

dft::Request request_from(QueueRequest const& request) {
  return {request.design, request.kind, request.code, request.level, request.words, request.priority,
          request.why};
}

Value record_of(dft::Request const& request) {
  Value record;
  record["t"] = 0.0;
  record["event"] = "add";
  record["id"] = request.id();
  record["design"] = request.design;
  record["kind"] = request.kind;
  record["code"] = request.code;
  record["level"] = request.level;
  record["words"] = request.words;
  record["priority"] = request.priority;
  record["why"] = request.why;
  return record;
}

fs::path prepared(fs::path const& campaign) {
  auto const folder = campaign / "dft";
  std::error_code error;
  fs::create_directories(folder, error);
  if (error) throw Error(concat("cannot create '", folder.string(), "' (", error.message(), ")"));
  return folder;
}

}  // namespace

DftQueue::DftQueue(CampaignConfig const& config, bool take_over)
    : config_(config),
      structures_(std::make_shared<DftStructures>(config)),
      lock_(std::make_unique<CampaignLock>(prepared(config.folder), take_over)) {
  auto hooks = dft_hooks(config_, structures_);
  hooks.deliver = [this, tidy = hooks.deliver](dft::Calculation const& calculation, Value const& label) {
    drop_into_inbox(config_.folder, "label", label.dump());
    labels_wait_ = true;
    tidy(calculation, label);
  };
  worker_ =
      std::make_unique<dft::Worker>(config_.folder, worker_options(config_), make_executor(config_), std::move(hooks));
}

DftQueue::~DftQueue() = default;

dft::PassReport DftQueue::pass(bool submit) {
  lock_->heartbeat();
  take_requests();
  take_wishes();
  auto const report = worker_->pass(submit);
  settle_inbox();
  return report;
}

void DftQueue::take_requests() {
  std::error_code none;
  if (!fs::exists(config_.folder / "published" / "campaign.db", none)) return;
  for (auto const& request : structures_->published().requests()) worker_->add(request_from(request));
  if (!config_.queue.static_after) return;
  std::vector<dft::Request> followers;  // adding moves the calculations
  for (auto const& calculation : worker_->queue().all()) {
    auto follower = calculation.request;
    if (calculation.state != dft::State::done || !follower.kind.ends_with("relax")) continue;
    follower.kind.replace(follower.kind.size() - 5, 5, "static");
    follower.words += ", static";
    followers.push_back(std::move(follower));
  }
  for (auto const& follower : followers) worker_->add(follower);
}

void DftQueue::take_wishes() {
  for (auto const& message : read_inbox(config_.folder / "dft")) {
    try {
      auto const value = Value::parse_json(message.payload, "a wish");
      auto const text = [&](char const* key) { return value.at(key).as_string(); };
      if (message.kind == "cancel") {
        worker_->cancel(text("id"));
      } else if (message.kind == "retry") {
        worker_->retry(text("id"));
      } else if (message.kind == "add") {
        auto const* why = value.find("why");
        worker_->add({text("design"), text("kind"), text("code"), text("level"), text("words"),
                      value.at("priority").as_number(), why ? why->as_string() : std::string()});
      }
    } catch (InputError const& error) {
      log_warning("left out a wish: ", error.what());
    }
    std::error_code ignored;
    fs::remove(message.path, ignored);
  }
}

/// A run that holds the campaign takes labels in itself; else this is done here.
void DftQueue::settle_inbox() {
  std::error_code none;
  if (!labels_wait_ || campaign_is_held(config_.folder) != false || !fs::exists(config_.folder / "campaign.db", none))
    return;
  std::optional<CampaignLock> lock;
  try {
    lock.emplace(config_.folder, false);
  } catch (Error const&) {
    return;  // a run has begun just now
  }
  Store store(config_.folder, Store::Mode::write, config_.journal);
  auto number = static_cast<std::int64_t>(store.events().size());
  std::vector<fs::path> taken;
  store.begin();
  for (auto const& message : read_inbox(config_.folder)) {
    if (message.kind != "label") continue;
    auto const source = message.path.filename().string();
    taken.push_back(message.path);
    if (store.took(source)) continue;
    try {
      auto label = label_from(message.payload);
      label.event = number;
      store.put_event({number++, store.proposal_count(), "label", label_event(label), source});
      store.put_label(label);
    } catch (InputError const& error) {
      log_warning("left out a label: ", error.what());
    }
  }
  store.commit();
  if (!taken.empty()) store.publish();
  for (auto const& path : taken) fs::remove(path, none);
  labels_wait_ = false;
}

void wish(fs::path const& campaign, std::string const& kind, Value const& payload) {
  drop_into_inbox(prepared(campaign), kind, payload.dump());
}

std::optional<bool> queue_is_worked(fs::path const& campaign) { return campaign_is_held(campaign / "dft"); }

dft::Queue queue_view(fs::path const& campaign, Store const& store) {
  auto queue = dft::Queue::read(campaign);
  for (auto const& request : store.requests()) {
    auto const wanted = request_from(request);
    if (!queue.find(wanted.id())) queue.apply(record_of(wanted));
  }
  return queue;
}

std::vector<std::pair<std::string, std::int64_t>> queue_counts(dft::Queue const& queue) {
  std::vector<std::pair<std::string, std::int64_t>> counts;
  for (auto const& [state, number] : queue.ledger()) {
    if (number > 0) counts.emplace_back(dft::to_string(state), number);
  }
  return counts;
}

}  // namespace nacre
