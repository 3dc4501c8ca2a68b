// Opening, set-up, snapshots and external events: what surrounds the clock.
#include <algorithm>

#include "coordinator.hpp"
#include "nacre/campaign/dft_queue.hpp"
#include "nacre/core/error.hpp"
#include "nacre/core/failure_point.hpp"
#include "nacre/core/log.hpp"
#include "nacre/core/serialize.hpp"
#include "nacre/core/text.hpp"
#include "nacre/core/value.hpp"
#include "stack_values.hpp"

namespace nacre::detail {
namespace {

constexpr Envelope snapshot_envelope{0x4e534e50, 3};  // "NSNP"

/// What a campaign may not change between its runs: everything but the budget, and where its calculations run.
std::string fixed_settings(std::string const& text) {
  auto settings = Value::parse_toml(text, "campaign.toml");
  if (settings.find("run")) settings["run"]["budget"] = 0;
  if (settings.find("dft")) settings["dft"] = 0;
  return settings.dump();
}

std::vector<std::pair<std::int64_t, std::string>> read_label_replay(CampaignConfig const& config) {
  std::vector<std::pair<std::int64_t, std::string>> labels;
  if (config.queue.executor != "replay") return labels;
  for (auto const& line : split(read_file(config.queue.replay), '\n')) {
    if (trim(line).empty()) continue;
    auto const value = Value::parse_json(line, concat("'", config.queue.replay.string(), "'"));
    labels.emplace_back(value.at("after").as_integer(), value.at("label").dump());
    label_from(labels.back().second);  // what is wrong with it shows before the run
  }
  return labels;
}

Value to_value(std::vector<std::int64_t> const& numbers) {
  Value value = Value::array();
  for (auto const number : numbers) value.push_back(number);
  return value;
}

std::vector<std::int64_t> integers_from(Value const& value) {
  std::vector<std::int64_t> numbers;
  for (auto const& item : value.as_array()) numbers.push_back(item.as_integer());
  return numbers;
}

}  // namespace

void Coordinator::open_campaign() {
  begin();
  auto const stored = store_.meta("config");
  if (stored) {
    require(fixed_settings(*stored) == fixed_settings(config_.text), "campaign.toml in '", config_.folder.string(),
            "' changed since this campaign began (only run.budget and [dft] may); restore it, or start a new folder");
  } else {
    store_.put_meta("config", config_.text);
    store_.put_meta("name", config_.name);
    store_.put_meta("seed", std::to_string(config_.seed));
    store_.put_meta("first_budget", std::to_string(config_.run.budget));
    store_.put_meta("first_correction", to_json(rule_of(config_)));
    store_.put_meta("version", NACRE_VERSION);
    Value objectives = Value::array();
    for (std::size_t i = 0; i < loaded_.objectives.size(); ++i) {
      auto const& spec = loaded_.problem.objectives[i];
      Value entry;
      entry["name"] = spec.name;
      entry["unit"] = spec.unit;
      entry["direction"] = to_string(spec.direction);
      entry["sha256"] = loaded_.objectives[i].sha256;
      objectives.push_back(entry);
    }
    store_.put_meta("objectives", objectives.dump());
    if (auto const potential = domain_->potential()) {
      store_.put_meta("model_name", potential->name());
      store_.put_meta("model_hash", potential->identity());
    }
  }
  stored_proposals_ = store_.proposal_count();
  label_replay_ = read_label_replay(config_);
  budget_ = *parse_integer(*store_.meta("first_budget"));
  events_ = store_.events();
  auto last_budget = budget_;
  for (auto const& event : events_) {
    if (event.kind == "budget") last_budget = Value::parse_json(event.payload, "an event").at("budget").as_integer();
  }
  require(config_.run.budget >= std::min(stored_proposals_, last_budget), "invalid run.budget=", config_.run.budget, " (",
          stored_proposals_, " proposals are done); it may only be raised");
  if (config_.run.budget != last_budget) {
    Value payload;
    payload["budget"] = config_.run.budget;
    add_event("budget", payload.dump());
  }
  auto rule = *store_.meta("first_correction");
  for (auto const& event : events_) {
    if (event.kind == "correction") rule = event.payload;
  }
  if (correction_rule_from(rule) != rule_of(config_)) add_event("correction", to_json(rule_of(config_)));
  mixed_ = store_.meta("mixed").has_value();
  commit();
}

/// For the first k whose events were not applied yet: a replay applies it there as well.
void Coordinator::add_event(std::string const& kind, std::string const& payload, std::string const& source) {
  // on the clock nothing may change between the events of k and its proposal; by arrival that is all that happens there
  auto const at = std::max({stored_proposals_, next_, by_arrival() ? 0 : applied_ + 1});
  StoredEvent const event{static_cast<std::int64_t>(events_.size()), at, kind, payload, source};
  begin();
  store_.put_event(event);
  events_.push_back(event);
}

void Coordinator::take_label(std::string const& payload, std::string const& source) {
  auto label = label_from(payload);
  label.event = static_cast<std::int64_t>(events_.size());
  add_event("label", label_event(label), source);
  store_.put_label(label);
  log_info("label: ", label.code, " ", label.level, " ", label.kind, " of ", label.design.substr(0, 12), ", ",
           shortest(label.energy_eV), " eV");
}

/// One JSON object per line: {"after": K, "label": {...}}. A label comes when K proposals are made, on any machine.
void Coordinator::replay_labels() {
  for (std::size_t i = 0; i < label_replay_.size(); ++i) {
    auto const& [after, label] = label_replay_[i];
    auto const source = concat("replay-", i);
    if (after <= next_ && !store_.took(source)) take_label(label, source);
  }
}

void Coordinator::apply_events() {
  replay_labels();
  apply_known_events();
  applied_ = next_;
}

void Coordinator::apply_known_events() {
  bool labels = false;
  for (; next_event_ < events_.size() && events_[next_event_].at_proposal <= next_; ++next_event_) {
    auto const& event = events_[next_event_];
    labels = take_event(event) || labels;
    if (labels && by_arrival()) {  // between two results, then and in a replay
      refresh_correction(true);
      labels = false;
    }
    if (event.kind == "import") apply_import(next_event_);
    if (event.kind == "arrival") apply_arrival(Value::parse_json(event.payload, "an event"));
  }
  if (labels) refresh_correction(true);
}

bool Coordinator::take_event(StoredEvent const& event) {
  if (event.kind == "budget") budget_ = Value::parse_json(event.payload, "an event").at("budget").as_integer();
  if (event.kind == "correction") correction_->rule(correction_rule_from(event.payload));
  if (event.kind == "label") correction_->take(fact_of_event(event.payload));
  return event.kind == "correction" || event.kind == "label";
}

std::unique_ptr<Correction> Coordinator::make_correction() const {
  std::vector<LabelFact> bulks;
  if (config_.space == "stacks" && config_.stacks.geometry == "superlattice") {
    for (auto const& material : config_.materials) {
      auto const stored = store_.setup("bulk/" + material.name);
      if (!stored) continue;
      auto const bulk = bulk_from(*stored);
      LabelFact fact;
      fact.design = "bulk:" + material.name;
      fact.kind = "bulk";
      fact.energy_eV = bulk.energy;
      for (int const number : bulk.crystal.numbers) ++fact.atoms[number];
      bulks.push_back(std::move(fact));
    }
  }
  auto correction = std::make_unique<Correction>(config_, loaded_.problem, std::move(bulks));
  correction->rule(correction_rule_from(*store_.meta("first_correction")));
  return correction;
}

/// What labels say, made anew from those that are in force and the designs that are visible.
void Coordinator::refresh_correction(bool tell_proposer) {
  bool const changed = correction_->update([this](std::string const& hex) { return visible_design(hex); });
  if (!changed) return;
  for (std::size_t i = 0; i < raw_.size(); ++i) {
    auto observation = archive_->all()[i];
    observation.objectives = raw_[i];
    archive_->replace(i, corrected(std::move(observation), families_[i]).objectives);
  }
  if (!tell_proposer) return;
  proposer_->revalue();
  for (std::size_t i = 0; i < loaded_.objectives.size(); ++i) {
    if (correction_->corrects(i) && !replaying())
      log_info(loaded_.problem.objectives[i].name, " is corrected to ", correction_->level(i), " by ",
               correction_->labels(i), " labels");
  }
}

EvaluatedDesign const* Coordinator::visible_design(std::string const& hex) {
  if (hex.size() != 32) return nullptr;
  auto const known = labelled_.find(hex);
  if (known != labelled_.end()) return &known->second;
  auto const id = Hash128::from_hex(hex);
  auto const* seen = archive_->find(id, Tier::potential);
  auto outcome = seen ? store_.outcome(seen->proposal) : std::nullopt;
  if (!outcome) return nullptr;
  for (auto& design : outcome->designs)
    if (design.design.id() == id) return &labelled_.emplace(hex, std::move(design)).first->second;
  return nullptr;
}

void Coordinator::set_up() {
  for (auto tasks = domain_->setup_tasks(); !tasks.empty(); tasks = domain_->setup_tasks()) {
    auto const base = static_cast<std::int64_t>(setup_results_.size());
    for (std::size_t i = 0; i < tasks.size(); ++i) {
      auto const number = base + static_cast<std::int64_t>(i);
      if (auto const stored = store_.setup(tasks[i].key)) {
        setup_results_[number] = *stored;
      } else {
        log_info("set-up: ", tasks[i].key);
        submit(number, TaskKind::setup, tasks[i].key);
      }
    }
    for (std::size_t i = 0; i < tasks.size(); ++i) {
      auto const number = base + static_cast<std::int64_t>(i);
      if (!setup_results_.contains(number)) wait_for(TaskKind::setup, number);
      begin();
      if (!store_.setup(tasks[i].key)) store_.put_setup(tasks[i].key, setup_results_[number], tasks[i].expected_work);
      domain_->absorb(tasks[i], setup_results_[number]);
      farm_.broadcast({number, static_cast<std::int32_t>(TaskKind::absorb), 0,
                       join_fields({tasks[i].key, setup_results_[number]}), 0.0});
    }
    commit();
  }
}

void Coordinator::issue_references() {
  auto const designs = domain_->references();
  if (auto stored = store_.reference()) references_ = std::move(*stored);
  for (std::size_t i = 0; i < designs.size(); ++i) {
    bool const known = std::any_of(references_.designs.begin(), references_.designs.end(),
                                   [&](EvaluatedDesign const& done) { return done.design == designs[i]; });
    if (!known && !resume_round(TaskKind::reference, static_cast<std::int64_t>(i))) {
      submit(static_cast<std::int64_t>(i), TaskKind::reference, pack(EvaluationTask{Tier::potential, -1, {designs[i]}}));
    }
  }
}

// --- the snapshot: only saves time ---------------------------------------------------------------------------------

void Coordinator::save_snapshot() {
  auto const state = clock_.state();
  Value value;
  value["next"] = next_;
  value["model"] = model_;
  value["fitted_size"] = fitted_size_;
  value["fit_sizes"] = to_value(fit_sizes_);
  value["sealed"] = to_value(sealed_);
  value["imports"] = Value::array();
  for (auto const& [event, size] : imports_) value["imports"].push_back(Value::Array{event, size});
  value["open_fits"] = to_value({open_fits_.begin(), open_fits_.end()});
  value["now"] = state.now;
  value["events"] = static_cast<std::int64_t>(next_event_);
  value["free"] = Value::array();
  for (auto const time : state.free) value["free"].push_back(time);
  value["hidden"] = Value::array();
  for (auto const& hidden : state.hidden) {
    Value::Array entry{hidden.time, hidden.kind == HiddenResult::Kind::fit, hidden.number};
    value["hidden"].push_back(entry);
  }
  value["models"] = Value::array();
  for (auto const& [number, pending] : pending_) value["models"].push_back(Value::Array{number, pending.model});
  snapshot_at_ = next_;
  failure_point("in_snapshot");
  store_.put_snapshot(next_, seal(snapshot_envelope, join_fields({value.dump(), proposer_->save()})));
}

void Coordinator::replay_snapshot() {
  auto const stored = store_.snapshot();
  if (!stored) return;
  try {
    auto const fields = split_fields(open_envelope(snapshot_envelope, stored->second));
    restore(Value::parse_json(fields.at(0), "the snapshot"), fields.at(1));
    snapshot_at_ = next_;
    log_info("resuming from the snapshot at proposal ", next_, " of ", stored_proposals_);
  } catch (std::exception const& error) {
    log_warning("the snapshot is ignored (", error.what(), "); replaying all ", stored_proposals_, " proposals");
    reset_search();
  }
}

void Coordinator::reset_search() {
  clock_ = VirtualClock(config_.run.slots, config_.run.slack);
  correction_ = make_correction();
  raw_.clear(), families_.clear(), labelled_.clear();
  proposer_ = make_proposer(space_, engine_options(config_));
  archive_ = std::make_unique<Archive>(loaded_.problem);
  journal_ = JournalHash();
  next_ = journal_next_ = fitted_size_ = 0;
  next_event_ = journal_next_event_ = 0;
  model_ = -1;
  imports_.clear(), open_fits_.clear(), arrived_.clear();
  fit_sizes_.clear(), sealed_.clear(), proposed_.clear(), pending_.clear(), outcomes_.clear(), unsealed_.clear();
  tallies_.clear();
  done_ = failed_ = 0;
  work_ = 0.0;
  budget_ = *parse_integer(*store_.meta("first_budget"));
}

void Coordinator::restore(Value const& value, std::string const& proposer) {
  auto const next = value.at("next").as_integer();
  proposer_->load(proposer);
  for (std::int64_t number = 0; number < next; ++number) {
    auto const proposal = store_.proposal(number);
    if (!proposal) throw Error(concat("proposal ", number, " is missing"));
    for (auto const& design : proposal->designs) proposed_.emplace(design.id(), proposal->tier);
    pending_.emplace(number, Pending{*proposal, -1});
  }
  auto const& imports = value.at("imports").as_array();
  auto const import_up_to_here = [&] {
    while (imports_.size() < imports.size()) {
      auto const& [event, size] = std::pair(imports[imports_.size()].as_array().at(0).as_integer(),
                                            imports[imports_.size()].as_array().at(1).as_integer());
      if (size > static_cast<std::int64_t>(archive_->all().size())) return;
      apply_import(static_cast<std::size_t>(event));
    }
  };
  import_up_to_here();
  for (auto const number : integers_from(value.at("sealed"))) {
    if (!store_.outcome(number, Store::Detail::without_structures)) throw Error(concat("the outcome of proposal ", number, " is missing"));
    observe(number);
    import_up_to_here();
  }
  auto const events = static_cast<std::size_t>(value.at("events").as_integer());
  if (events > events_.size()) throw Error("an event is missing");
  for (; next_event_ < events; ++next_event_) take_event(events_[next_event_]);
  refresh_correction(false);  // the engine's state knows it already
  for (auto const& entry : value.at("models").as_array()) {
    pending_.at(entry.as_array().at(0).as_integer()).model = entry.as_array().at(1).as_integer();
  }
  VirtualClock::State state;
  state.now = value.at("now").as_number();
  for (auto const& time : value.at("free").as_array()) state.free.push_back(time.as_number());
  for (auto const& item : value.at("hidden").as_array()) {
    auto const& entry = item.as_array();
    auto const kind = entry.at(1).as_bool() ? HiddenResult::Kind::fit : HiddenResult::Kind::proposal;
    state.hidden.push_back({entry.at(0).as_number(), kind, entry.at(2).as_integer()});
  }
  clock_.restore(state);
  next_ = next;
  model_ = value.at("model").as_integer();
  fitted_size_ = value.at("fitted_size").as_integer();
  fit_sizes_ = integers_from(value.at("fit_sizes"));
  for (auto const fit : integers_from(value.at("open_fits"))) open_fits_.insert(fit);
  if (by_arrival()) {
    for (auto const& [number, pending] : pending_) {
      if (!store_.outcome(number, Store::Detail::without_structures)) issue_evaluation(number);
    }
    for (auto const fit : open_fits_) {
      if (!store_.fit(fit)) issue_fit(fit);
    }
  }
  for (auto const& hidden : state.hidden) {
    bool const fit = hidden.kind == HiddenResult::Kind::fit;
    if (fit && !store_.fit(hidden.number)) issue_fit(hidden.number);
    if (!fit && !store_.outcome(hidden.number, Store::Detail::without_structures)) issue_evaluation(hidden.number);
  }
}

}  // namespace nacre::detail
