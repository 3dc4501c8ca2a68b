#include "nacre/campaign/journal.hpp"

#include "nacre/core/error.hpp"

namespace nacre {
namespace {

enum class Record : std::uint64_t { proposal = 1, event = 2 };

void put(Sha256& hash, std::uint64_t value) { hash.update(value); }
void put(Sha256& hash, std::int64_t value) { hash.update(static_cast<std::uint64_t>(value)); }
void put(Sha256& hash, double value) { hash.update(value); }
void put(Sha256& hash, std::string_view text) {
  hash.update(static_cast<std::uint64_t>(text.size()));
  hash.update(text);
}
void put(Sha256& hash, Hash128 id) {
  put(hash, id.high);
  put(hash, id.low);
}

}  // namespace

void JournalHash::add(StoredProposal const& proposal, Outcome const& outcome) {
  if (proposal.number != next_) {
    throw Error(concat("journal hash got proposal ", proposal.number, " instead of ", next_));
  }
  ++next_;
  put(hash_, static_cast<std::uint64_t>(Record::proposal));
  put(hash_, proposal.number);
  put(hash_, static_cast<std::uint64_t>(proposal.designs.size()));
  for (auto const& design : proposal.designs) put(hash_, design.id());
  put(hash_, to_string(proposal.tier));
  put(hash_, proposal.now);
  put(hash_, proposal.expected_work);
  put(hash_, to_string(outcome.status));
  put(hash_, static_cast<std::uint64_t>(outcome.designs.size()));
  for (auto const& evaluated : outcome.designs) {
    put(hash_, static_cast<std::uint64_t>(evaluated.objectives.size()));
    for (auto const& estimate : evaluated.objectives) {
      put(hash_, to_string(estimate.status));
      put(hash_, estimate.value);
      put(hash_, estimate.standard_error);
    }
  }
}

void JournalHash::add(StoredEvent const& event) {
  put(hash_, static_cast<std::uint64_t>(Record::event));
  put(hash_, event.number);
  put(hash_, event.at_proposal);
  put(hash_, event.kind);
  put(hash_, event.payload);
}

}  // namespace nacre
