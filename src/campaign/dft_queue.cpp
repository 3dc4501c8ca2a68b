#include "nacre/campaign/dft_queue.hpp"

#include <algorithm>
#include <cmath>
#include <map>
#include <set>

#include "nacre/campaign/status.hpp"
#include "nacre/core/error.hpp"
#include "nacre/core/log.hpp"
#include "nacre/core/rng.hpp"
#include "nacre/core/text.hpp"
#include "nacre/core/units.hpp"
#include "nacre/crystal/io.hpp"

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

/// Cubic scaling of plane waves; the constant does not matter.
double plane_wave_work(EvaluatedDesign const& design) {
  auto const frames = parse_extxyz(design.structure, "a candidate");
  return std::pow(static_cast<double>(frames.back().crystal.size()), 3.0);
}

/// Designs of one leaf with one energy are one structure as far as a calculation goes, though their shifts may differ
/// (a superlattice relaxes its shift through its third vector, and the ranking looks at shifts).
bool equal_energy(EvaluatedDesign const& a, EvaluatedDesign const& b) {
  constexpr double same_J_per_m2 = 1e-3;  // definitions of duplicates, as in ranking.cpp
  return a.leaf == b.leaf && std::abs(a.energy_per_area - b.energy_per_area) < same_J_per_m2;
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

std::vector<DftWish> choose_for_dft(CampaignConfig const& config, Problem const& problem, Ranking const& ranking,
                                    std::span<EvaluatedDesign const* const> designs,
                                    std::set<std::string> const& asked) {
  struct Entry {
    std::size_t group;
    double value, gain_per_work;
  };
  std::vector<Entry> entries;
  auto const first = [&](std::size_t group) -> EvaluatedDesign const& {
    return *designs[ranking.groups[group].members.front()];
  };
  for (std::size_t g = 0; g < ranking.groups.size(); ++g) {
    auto const& design = first(g);
    if (design.structure.empty()) continue;
    auto const known =
        std::ranges::find_if(entries, [&](Entry const& entry) { return equal_energy(design, first(entry.group)); });
    if (known == entries.end()) {
      entries.push_back({g, minimised(problem.objectives.front(), design.objectives.front().value), 0.0});
    } else if (asked.contains(design.design.id().hex()) && !asked.contains(first(known->group).design.id().hex())) {
      known->group = g;  // of equal ones that which was asked for already
    }
  }
  if (entries.empty() || config.dft.top == 0) return {};
  // The cheap tier may be wrong by as much as its values differ: with this spread every candidate may turn out the
  // best.
  double mean = 0.0, spread = 0.0;
  auto best = entries.front().value;
  for (auto const& entry : entries)
    mean += entry.value / static_cast<double>(entries.size()), best = std::min(best, entry.value);
  for (auto const& entry : entries) spread += std::pow(entry.value - mean, 2) / static_cast<double>(entries.size());
  auto const sigma = std::max(std::sqrt(spread), 1e-9 * (1.0 + std::abs(mean)));
  for (auto& entry : entries) {  // expected improvement over the best, Gaussian
    double const z = (best - entry.value) / sigma;
    double const density = std::exp(-0.5 * z * z) / std::sqrt(2.0 * units::pi);
    double const gain = sigma * (density + 0.5 * z * std::erfc(-z / std::sqrt(2.0)));
    entry.gain_per_work = gain / plane_wave_work(first(entry.group));
  }
  std::stable_sort(entries.begin(), entries.end(),
                   [](Entry const& a, Entry const& b) { return a.gain_per_work > b.gain_per_work; });
  auto const top = std::min(entries.size(), static_cast<std::size_t>(config.dft.top));
  auto const drawn =
      static_cast<std::size_t>(std::floor(std::min(1.0, config.queue.explore) * static_cast<double>(top)));
  std::vector<DftWish> wishes;
  for (std::size_t i = 0; i < top - drawn; ++i) wishes.push_back({entries[i].group, entries[i].gain_per_work});
  std::vector<Entry> rest(entries.begin() + static_cast<std::ptrdiff_t>(top - drawn), entries.end());
  auto const middle = wishes.empty() ? 0.0 : wishes[wishes.size() / 2].priority;
  for (std::size_t i = 0; i < drawn; ++i) {
    Rng rng(config.seed, "dft", i);
    auto const pick = static_cast<std::size_t>(rng.uniform() * static_cast<double>(rest.size()));
    wishes.push_back({rest[pick].group, std::max(middle, rest[pick].gain_per_work)});
    rest.erase(rest.begin() + static_cast<std::ptrdiff_t>(pick));
  }
  return wishes;
}

}  // namespace nacre
