/// A search whose evaluations are done by somebody else: points out by number, results in by number.
#pragma once

#include <deque>
#include <map>
#include <string>

#include "listing.hpp"
#include "nacre/core/api.hpp"
#include "nacre/core/value.hpp"
#include "space_file.hpp"

namespace nacre::detail {

/// A point that was handed out, or is about to be.
struct OpenPoint {
  std::int64_t proposal = -1;
  Tier tier = Tier::potential;
  Design design;
};

/// The results of a block are seen together, once all of them were told.
struct OpenBlock {
  std::int64_t missing = 0;                     ///< points without a result
  std::map<std::int64_t, Observation> results;  ///< by id
};

/// Everything but the proposer; in the saved state.
struct SessionState {
  std::int64_t first_budget = -1;  ///< that the engine was chosen with; -1: none. It may be raised, the engine stays
  std::int64_t proposals = 0;
  std::int64_t next_id = 0;
  std::deque<OpenPoint> queue;                ///< proposed, not handed out
  std::map<std::int64_t, OpenPoint> pending;  ///< by id
  std::map<std::int64_t, OpenBlock> blocks;   ///< by proposal
  std::vector<Observation> observations;      ///< of the archive, in its order
  std::vector<std::int64_t> ids;              ///< of the observations
  ProposedSet proposed;
};

class NACRE_API Session {
 public:
  explicit Session(SpaceFile file);

  struct Point {
    std::int64_t id = -1;
    Value point;
    int tier = 0;  ///< index, 0 is the cheapest
  };
  bool budget_spent() const;
  /// Nothing if the budget is spent or there is nothing to propose now.
  std::optional<Point> ask();
  /// The objectives and constraints of a result are those of the problem, in its order.
  /// @throws InputError for an id that is unknown or was told before
  void tell(std::int64_t id, std::vector<Estimate> objectives, std::vector<double> constraints);
  Problem const& problem() const { return file_.problem; }

  /// {"best": [...], "hypervolume": h or null}: the best `count` by value, or with several objectives the front, the
  /// loneliest of its members if it has more.
  Value best(std::size_t count) const;

  std::string save() const;
  /// @throws InputError if the bytes are no state or one of another space
  void load(std::string const& bytes);

 private:
  Tier top() const { return file_.engine.tiers.back(); }
  std::vector<std::size_t> ranked() const;
  Value hypervolume_of(std::vector<Observation const*> const& front) const;
  void observe(std::int64_t id, Observation observation);

  SpaceFile file_;
  std::unique_ptr<Proposer> proposer_;
  Archive archive_;
  SessionState state_;  ///< observations only while it is saved or loaded
};

std::string save_session(SessionState const& state, std::string const& identity, std::string const& proposer);
/// @throws Error if the bytes are damaged; InputError if they belong to another space
SessionState load_session(std::string const& bytes, std::string const& identity, std::string& proposer);

}  // namespace nacre::detail
