#include "nacre/campaign/status.hpp"

#include <chrono>

#include "nacre/campaign/config.hpp"
#include "nacre/campaign/dft_queue.hpp"
#include "nacre/campaign/store.hpp"
#include "nacre/core/error.hpp"
#include "nacre/core/text.hpp"
#include "nacre/core/units.hpp"

namespace nacre {
namespace {

namespace fs = std::filesystem;

/// A living coordinator rewrites the file every 2 s; the rest is for slow and shared disks.
constexpr std::chrono::seconds silence_of_the_dead{60};

Value counts_document(CampaignStatus::Counts const& counts) {
  auto entry = Value::object();
  for (auto const& [word, number] : counts) entry[word] = number;
  return entry;
}

/// Whether the run that wrote `path` is gone: its lock says so, or from another host its silence.
bool is_abandoned(fs::path const& path) {
  if (auto const held = campaign_is_held(path.parent_path())) return !*held;
  std::error_code error;
  auto const written = fs::last_write_time(path, error);
  return !error && fs::file_time_type::clock::now() - written > silence_of_the_dead;
}

/// A run that says it is running and is not was killed: it can be resumed, as a stopped one.
Value as_left(Value status, bool alive) {
  if (status.at("state").as_string() == "running" && !alive) status["state"] = "stopped";
  return status;
}

}  // namespace

Value twist_range_document(std::optional<std::pair<double, double>> const& range) {
  if (!range) return {};
  return Value::Array{range->first * units::degrees, range->second * units::degrees};
}

Value make_status(CampaignStatus const& status) {
  Value document;
  document["schema"] = "nacre.status/1";
  document["state"] = status.state;
  document["budget"] = status.budget;
  document["proposed"] = status.proposed;
  document["done"] = status.done;
  document["failed"] = status.failed;
  document["tiers"] = Value::object();
  for (auto const& [tier, counts] : status.tiers) document["tiers"][to_string(tier)] = counts_document(counts);
  document["best"] = status.best.is_null() ? Value::object() : status.best;
  document["queue"] = counts_document(status.queue);
  document["work"] = status.work;
  document["journal_hash"] = status.journal_hash.empty() ? Value() : Value(status.journal_hash);
  document["twist_range_deg"] = twist_range_document(status.twist_range);
  return document;
}

Value best_objectives(Value const& ranking) {
  auto best = Value::object();
  for (auto const& objective : ranking.at("objectives").as_array()) {
    auto const& name = objective.at("name").as_string();
    double const sign = objective.at("direction").as_string() == "maximize" ? -1.0 : 1.0;
    Value const* winner = nullptr;
    for (auto const& candidate : ranking.at("candidates").as_array()) {
      auto const value = [&](Value const& of) { return sign * of.at("objectives").at(name).at("value").as_number(); };
      if (!winner || value(candidate) < value(*winner)) winner = &candidate;  // the better rank on ties
    }
    if (!winner) continue;
    auto entry = winner->at("objectives").at(name);
    entry["unit"] = objective.at("unit");
    entry["id"] = winner->at("id");
    best[name] = entry;
  }
  return best;
}

void write_status(fs::path const& folder, Value const& status) {
  write_file(folder / "status.json", status.dump(2) + "\n");
}

Value read_status(fs::path const& folder) {
  auto const path = folder / "status.json";
  std::error_code ignored;
  if (fs::exists(path, ignored)) {
    auto status = as_left(Value::parse_json(read_file(path), concat("'", path.string(), "'")), !is_abandoned(path));
    bool const worked_on = fs::exists(dft::queue_log_path(folder), ignored) &&
                           fs::exists(folder / "published" / "campaign.db", ignored);
    if (worked_on) {  // the queue goes on when the run has ended
      auto const queue = queue_view(folder, Store(folder, Store::Mode::read));
      status["queue"] = counts_document(queue_counts(queue));
    }
    return status;
  }
  if (fs::exists(folder / "published" / "campaign.db", ignored)) {
    auto const stored = Store(folder, Store::Mode::read).meta("status");
    if (stored)
      return as_left(Value::parse_json(*stored, "the stored status"), campaign_is_held(folder).value_or(false));
  }
  CampaignStatus fresh;
  fresh.budget = read_campaign(folder).run.budget;
  return make_status(fresh);
}

}  // namespace nacre
