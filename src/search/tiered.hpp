/// The bookkeeping that engines share: blocks on the first tier, promotion tier by tier, nothing proposed twice.
#pragma once

#include <deque>
#include <map>
#include <memory>
#include <vector>

#include "listing.hpp"
#include "nacre/search/swarm.hpp"
#include "ranking.hpp"

namespace nacre::detail {

/// A proposal whose result is not visible yet, or, in the queue, a block that waits for its promotion.
struct Ticket {
  std::int64_t number = -1;
  std::int32_t member = 0;  ///< of the engine: the particle
  std::int32_t level = 0;   ///< index of the tier
  std::int32_t epoch = 0;   ///< restarts of the engine before it
  std::vector<Design> designs;
};

struct TieredState {
  std::size_t seen = 0;  ///< observations of the archive taken in
  std::int32_t epoch = 0;
  std::map<std::int64_t, Ticket> pending;
  std::deque<Ticket> ready;  ///< blocks to promote from, in the order of their results
};

class TieredProposer : public Proposer {
 public:
  TieredProposer(std::shared_ptr<Space const> space, EngineOptions options);
  std::optional<Proposal> propose(std::int64_t number, Archive const& archive, ProposedSet const& proposed,
                                  Rng rng) final;

 protected:
  /// Before anything else is asked: takes in observations of the archive before state_.seen that are not known yet.
  virtual void recall(Archive const& archive) = 0;
  /// Who moves next; called once per move, before its draws.
  virtual std::int32_t begin_move(Archive const& archive, Rng& rng) = 0;
  virtual std::optional<Design> draw(int attempt, Rng& rng) = 0;
  virtual int attempts() const = 0;
  /// The move that was drawn, for the log.
  virtual std::string explain_move(std::int32_t member) const;
  /// The design is going to be evaluated on the top tier for this member.
  virtual void adopt(std::int32_t member, Design const& design) = 0;
  /// A result on the top tier. @param ticket null if this engine did not propose it
  virtual void credit(Archive const& archive, std::size_t index, Ticket const* ticket) = 0;
  /// A block of which nothing was worth a promotion.
  virtual void discard(Archive const& archive, Ticket const& ticket) = 0;
  /// A block from before a restart; nothing of it is promoted.
  virtual void abandon(Ticket const&) {}
  /// Designs of the move that is drawn next, if there are several tiers.
  virtual int block_size() const { return options_.screen; }
  /// " of particle 3", for the log.
  virtual std::string words(std::int32_t member) const;
  /// Of a lower tier's estimate; the smallest of a block is promoted.
  virtual double promise(Archive const& archive, Observation const& estimate, std::int32_t member) const = 0;

  bool top(std::int32_t level) const { return static_cast<std::size_t>(level) + 1 == options_.tiers.size(); }
  Tier tier(std::int32_t level) const { return options_.tiers[static_cast<std::size_t>(level)]; }
  /// Tickets of the member, pending and ready.
  int busy(std::int32_t member) const {
    auto const found = busy_.find(member);
    return found == busy_.end() ? 0 : found->second;
  }
  void restore(TieredState state, std::vector<FreshDesigns::Cursor> cursors);

  std::shared_ptr<Space const> space_;
  EngineOptions options_;
  TieredState state_;
  FreshDesigns fresh_;

 private:
  void take_in(Archive const& archive);
  void arrive(Archive const& archive, std::size_t index);
  std::optional<Proposal> promote(std::int64_t number, Archive const& archive, ProposedSet const& proposed);
  std::optional<Proposal> move(std::int64_t number, Archive const& archive, ProposedSet const& proposed, Rng& rng);
  std::optional<Proposal> promote_leftover(std::int64_t number, Archive const& archive, ProposedSet const& proposed);
  bool misleads(Archive const& archive, std::int32_t member, std::int32_t level) const;
  bool worth(Archive const& archive, Observation const& estimate, std::int32_t member, std::int32_t level) const;
  std::optional<Ticket> best_of(Ticket const& block, std::int64_t number, Archive const& archive,
                                ProposedSet const& proposed) const;
  Proposal issue(Ticket ticket, std::string const& reason);
  std::map<std::int32_t, int> busy_;
};

}  // namespace nacre::detail
