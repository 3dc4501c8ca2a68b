#include "tiered.hpp"

#include <algorithm>
#include <cmath>

#include "nacre/core/error.hpp"

namespace nacre::detail {
namespace {

/// May be promoted: has its values, and keeps every constraint that is known on its tier.
bool sound(Problem const& problem, Observation const& estimate) {
  if (!estimate.ok()) return false;
  for (std::size_t i = 0; i < std::min(problem.constraints.size(), estimate.constraints.size()); ++i) {
    auto const value = estimate.constraints[i];
    if (!std::isnan(value) && violation(problem.constraints[i], value) > 0.0) return false;
  }
  return true;
}

}  // namespace

TieredProposer::TieredProposer(std::shared_ptr<Space const> space, EngineOptions options)
    : space_(std::move(space)), options_(std::move(options)), fresh_(space_) {
  require(!options_.tiers.empty(), "no tier to search on (needs at least one)");
  require(std::ranges::is_sorted(options_.tiers, std::less_equal<>{}) || options_.tiers.size() == 1,
          "tiers out of order (the cheapest comes first, each once)");
  require(options_.particles >= 1, "invalid particles=", options_.particles, " (must be at least 1)");
  require(options_.screen >= 1 || options_.tiers.size() == 1, "invalid screen=", options_.screen,
          " (must be at least 1 with several tiers)");
}

void TieredProposer::restore(TieredState state, std::vector<FreshDesigns::Cursor> cursors) {
  state_ = std::move(state);
  fresh_.restore(std::move(cursors));
  busy_.clear();
  for (auto const& [number, ticket] : state_.pending) ++busy_[ticket.member];
  for (auto const& ticket : state_.ready) ++busy_[ticket.member];
}

std::string TieredProposer::words(std::int32_t member) const {
  return options_.particles > 1 ? concat(" of particle ", member) : std::string();
}

std::string TieredProposer::explain_move(std::int32_t member) const { return concat("move", words(member)); }

std::optional<Proposal> TieredProposer::propose(std::int64_t number, Archive const& archive,
                                                ProposedSet const& proposed, Rng rng) {
  recall(archive);
  take_in(archive);
  if (auto proposal = promote(number, archive, proposed)) return proposal;
  if (auto proposal = move(number, archive, proposed, rng)) return proposal;
  return promote_leftover(number, archive, proposed);
}

void TieredProposer::take_in(Archive const& archive) {
  for (; state_.seen < archive.all().size(); ++state_.seen) arrive(archive, state_.seen);
}

void TieredProposer::arrive(Archive const& archive, std::size_t index) {
  auto const& one = archive.all()[index];
  auto const found = state_.pending.find(one.proposal);
  bool const ours = found != state_.pending.end() && tier(found->second.level) == one.tier &&
                    std::ranges::find(found->second.designs, one.design) != found->second.designs.end();
  auto const ticket = ours ? std::optional(std::move(found->second)) : std::nullopt;
  if (ours) state_.pending.erase(found);
  if (one.tier == options_.tiers.back()) {
    if (ticket) --busy_[ticket->member];
    credit(archive, index, ticket ? &*ticket : nullptr);
  } else if (ticket) {
    state_.ready.push_back(*ticket);
  }
}

/// The latest designs that were seen on the next tier as well are in another order there than the estimates of this
/// tier said: of all pairs of them more are turned round than not.
bool TieredProposer::misleads(Archive const& archive, std::int32_t member, std::int32_t level) const {
  constexpr std::size_t enough = 10, latest = 30;
  std::vector<std::pair<double, double>> known;
  auto const& all = archive.all();
  for (auto i = all.size(); i-- > 0 && known.size() < latest;) {
    if (all[i].tier != tier(level + 1) || !all[i].ok()) continue;
    auto const* estimate = archive.find(all[i].design.id(), tier(level));
    if (!estimate || !estimate->ok()) continue;
    known.emplace_back(promise(archive, *estimate, member), promise(archive, all[i], member));
  }
  if (known.size() < enough) return false;
  int agree = 0;
  for (std::size_t i = 0; i < known.size(); ++i) {
    for (std::size_t j = 0; j < i; ++j) {
      auto const below = known[i].first - known[j].first, above = known[i].second - known[j].second;
      agree += below * above > 0.0 ? 1 : below * above < 0.0 ? -1 : 0;
    }
  }
  return 4 * agree < -static_cast<int>(known.size() * (known.size() - 1));
}

// Between tiers above the first only what is among the best quarter seen by this member's weights goes on.
bool TieredProposer::worth(Archive const& archive, Observation const& estimate, std::int32_t member,
                           std::int32_t level) const {
  if (level == 0) return true;
  std::size_t better = 0, seen = 0;
  auto const mine = promise(archive, estimate, member);
  for (auto const& other : archive.all()) {
    if (other.tier != tier(level) || !sound(archive.problem(), other)) continue;
    ++seen;
    better += promise(archive, other, member) < mine ? 1 : 0;
  }
  return 4 * better <= seen;
}

std::optional<Ticket> TieredProposer::best_of(Ticket const& block, std::int64_t number, Archive const& archive,
                                              ProposedSet const& proposed) const {
  Design const* best = nullptr;
  double least = 0.0;
  bool const any = misleads(archive, block.member, block.level);  // then the first one, as the engine drew it
  for (auto const& design : block.designs) {
    auto const id = design.id();
    auto const* estimate = archive.find(id, tier(block.level));
    if (!estimate || !sound(archive.problem(), *estimate)) continue;
    if (proposed.contains({id, tier(block.level + 1)})) continue;
    if (!any && !worth(archive, *estimate, block.member, block.level)) continue;
    auto const value = any ? 0.0 : promise(archive, *estimate, block.member);
    if (best && !(value < least)) continue;
    best = &design;
    least = value;
  }
  if (!best) return std::nullopt;
  return Ticket{number, block.member, block.level + 1, block.epoch, {*best}};
}

// Blocks from before a restart are dropped: their region was given up.
std::optional<Proposal> TieredProposer::promote(std::int64_t number, Archive const& archive,
                                                ProposedSet const& proposed) {
  while (!state_.ready.empty()) {
    auto const block = std::move(state_.ready.front());
    state_.ready.pop_front();
    --busy_[block.member];
    if (block.epoch != state_.epoch) {
      abandon(block);
      continue;
    }
    if (auto ticket = best_of(block, number, archive, proposed)) {
      return issue(*std::move(ticket), concat("best of block ", block.number, words(block.member)));
    }
    discard(archive, block);
  }
  return std::nullopt;
}

std::optional<Proposal> TieredProposer::move(std::int64_t number, Archive const& archive, ProposedSet const& proposed,
                                             Rng& rng) {
  auto const member = begin_move(archive, rng);
  auto const size = top(0) ? 1 : block_size();
  Ticket ticket{number, member, 0, state_.epoch, {}};
  auto const known = known_designs(archive, state_.pending);
  while (static_cast<int>(ticket.designs.size()) < size) {
    auto design = fresh_.find({tier(0), proposed, ticket.designs, known}, rng, attempts(),
                              [&](int attempt) { return draw(attempt, rng); });
    if (!design) break;
    ticket.designs.push_back(*std::move(design));
  }
  if (ticket.designs.empty()) return std::nullopt;
  return issue(std::move(ticket), explain_move(member));
}

// Everything was seen on the first tier: go on with the most promising designs that were left behind.
std::optional<Proposal> TieredProposer::promote_leftover(std::int64_t number, Archive const& archive,
                                                         ProposedSet const& proposed) {
  std::int32_t const member = static_cast<std::int32_t>(number % options_.particles);
  for (std::int32_t level = 0; !top(level); ++level) {
    Observation const* best = nullptr;
    double least = 0.0;
    for (auto const& one : archive.all()) {
      if (one.tier != tier(level) || !sound(archive.problem(), one)) continue;
      auto const value = promise(archive, one, member);
      if ((best && !(value < least)) || proposed.contains({one.design.id(), tier(level + 1)})) continue;
      best = &one;
      least = value;
    }
    if (best)
      return issue({number, member, level + 1, state_.epoch, {best->design}}, "best design left on the tier below");
  }
  return std::nullopt;
}

Proposal TieredProposer::issue(Ticket ticket, std::string const& reason) {
  Proposal proposal{ticket.designs, tier(ticket.level), name() + ": " + reason};
  if (top(ticket.level)) adopt(ticket.member, ticket.designs[0]);
  ++busy_[ticket.member];
  state_.pending.insert_or_assign(ticket.number, std::move(ticket));
  return proposal;
}

}  // namespace nacre::detail
