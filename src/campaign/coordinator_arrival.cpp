// What comes into the search from outside the virtual clock: results in the order of their arrival (order = "arrival"),
// and imported points. Each is an event of the journal, so that a replay meets it at the same place.
#include <algorithm>

#include "coordinator.hpp"
#include "nacre/campaign/imports.hpp"
#include "nacre/core/error.hpp"
#include "nacre/core/log.hpp"

namespace nacre::detail {
namespace {

std::string arrival(char const* what, std::int64_t number) {
  Value payload;
  payload[what] = number;
  return payload.dump();
}

}  // namespace

// --- imported points -------------------------------------------------------------------------------------------------

/// Once, before the first proposal; after that they are in the store, and their files may go.
void Coordinator::take_imports() {
  auto const& search = config_.search;
  auto const take = [&](std::string const& source, auto const& read) {
    if (stored_proposals_ > 0 || store_.took(source)) return;
    ImportedPoints const points = read();
    add_event("import", points.payload, source);
    log_info("imported ", points.taken, " results from '", source, "'",
             points.left_out > 0 ? concat(", left out ", points.left_out) : std::string());
  };
  auto const potential = domain_->potential();
  if (!search.start_from.empty()) {
    take(search.start_from.string(), [&] {
      return import_campaign(search.start_from, *space_, loaded_.problem, potential ? potential->identity() : "");
    });
  }
  if (!search.import_points.empty()) {
    take(search.import_points.string(), [&] { return import_file(search.import_points, *space_, loaded_.problem); });
  }
  commit();
}

/// While the campaign runs, from its inbox.
void Coordinator::take_import(std::string const& lines, std::string const& source) {
  auto const points = import_lines(lines, source, *space_, loaded_.problem);
  add_event("import", points.payload, source);
  log_info("imported ", points.taken, " results, visible from proposal ", events_.back().at_proposal, " on");
}

void Coordinator::apply_import(std::size_t event) {
  imports_.emplace_back(static_cast<std::int64_t>(event), static_cast<std::int64_t>(archive_->all().size()));
  for (auto& one : imported_observations(events_[event].payload)) {
    raw_.push_back(one.objectives);
    families_.push_back(family_of({}));
    archive_->observe(corrected(std::move(one), families_.back()));
  }
}

// --- order = "arrival" -----------------------------------------------------------------------------------------------

void Coordinator::apply_arrival(Value const& payload) {
  if (auto const* number = payload.find("proposal")) {
    observe(number->as_integer());
  } else if (auto const* fit = payload.find("fit")) {
    wait_fit(fit->as_integer());
    model_ = fit->as_integer();
    open_fits_.erase(model_);
  } else {  // nothing was proposed: what the engine did then is repeated
    proposer_->propose(next_, *archive_, proposed_, Rng(config_.seed, "propose", static_cast<std::uint64_t>(next_)));
  }
  issue_due_fit(0.0);
}

/// Takes in what has arrived, waiting for one result if nothing has. False: nothing is on its way.
bool Coordinator::take_arrivals(bool wait) {
  for (auto const& [number, pending] : pending_) {  // known before this run began
    if (!outcomes_.contains(number) && !in_flight_.contains({static_cast<std::int32_t>(TaskKind::evaluate), number})) {
      arrived_.emplace_back(TaskKind::evaluate, number);
      wait_outcome(number);
    }
  }
  for (auto const fit : open_fits_) {
    bool const known = std::ranges::find(arrived_, std::pair(TaskKind::fit, fit)) != arrived_.end();
    if (!known && store_.fit(fit)) arrived_.emplace_back(TaskKind::fit, fit);
  }
  while (wait && arrived_.empty() && !(pending_.empty() && open_fits_.empty())) {
    if (stop_requested_) throw StopNow{};
    receive(0.1);
  }
  bool const any = !arrived_.empty();
  for (auto const& [kind, number] : std::exchange(arrived_, {})) {
    add_event("arrival", arrival(kind == TaskKind::fit ? "fit" : "proposal", number));
  }
  apply_known_events();
  return any;
}

std::optional<Proposal> Coordinator::next_by_arrival() {
  auto const propose = [&] {
    return proposer_->propose(next_, *archive_, proposed_,
                              Rng(config_.seed, "propose", static_cast<std::uint64_t>(next_)));
  };
  if (next_ < stored_proposals_) return propose();
  while (static_cast<int>(pending_.size()) >= config_.run.slots) take_arrivals(true);
  for (;;) {
    take_arrivals(false);
    if (auto proposal = propose()) return proposal;
    add_event("arrival", arrival("none", next_));
    next_event_ = events_.size();  // it has happened
    if (!take_arrivals(true)) return std::nullopt;
  }
}

}  // namespace nacre::detail
