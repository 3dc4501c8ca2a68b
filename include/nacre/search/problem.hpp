/// What is asked for and what came back.
#pragma once

#include <array>
#include <cstdint>
#include <map>
#include <optional>
#include <set>
#include <string>
#include <unordered_map>
#include <vector>

#include "nacre/core/api.hpp"
#include "nacre/core/estimate.hpp"
#include "nacre/search/space.hpp"

namespace nacre {

struct ObjectiveSpec {
  std::string name;
  std::string unit;
  Direction direction = Direction::minimize;
  std::optional<double> reference;  ///< of the hypervolume
};

/// Feasible when lower <= value <= upper of the quantity told under `name`.
struct ConstraintSpec {
  std::string name;
  std::optional<double> lower, upper;
};

struct Problem {
  std::vector<ObjectiveSpec> objectives;
  std::vector<ConstraintSpec> constraints;
};

/// One design seen on one tier.
struct NACRE_API Observation {
  std::int64_t proposal = -1;
  Design design;  ///< canonical
  Tier tier = Tier::potential;
  std::vector<Estimate> objectives;  ///< in the order of the problem; a failed one has its status
  std::vector<double> constraints;   ///< NaN: not known
  bool ok() const;                   ///< every objective is
};

/// Everything visible so far. Observations never leave; order of arrival on the virtual clock.
class NACRE_API Archive {
 public:
  explicit Archive(Problem problem);
  Problem const& problem() const { return problem_; }
  void observe(Observation observation);
  std::vector<Observation> const& all() const { return observations_; }
  /// Visible on `tier`, or null.
  Observation const* find(Hash128 const& design, Tier tier) const;
  std::size_t count(Tier tier) const { return counts_[static_cast<std::size_t>(tier)]; }
  /// Other values for an observation, when labels correct them; whoever made a model of the old ones is told
  /// (`Proposer::revalue`).
  void replace(std::size_t index, std::vector<Estimate> objectives);
  /// Feasible, complete, not dominated on `tier`; by proposal. Bounds and failures never dominate.
  std::vector<Observation const*> pareto(Tier tier) const;

 private:
  Problem problem_;
  std::vector<Observation> observations_;
  std::map<std::pair<Hash128, Tier>, std::size_t> index_;
  std::array<std::size_t, 3> counts_{};  ///< of observations by tier
};

/// By how much the limits are passed; 0 if they are kept, infinity for NaN (not known).
NACRE_API double violation(ConstraintSpec const& constraint, double value);
/// Every constraint is known and kept.
NACRE_API bool feasible(Problem const& problem, Observation const& observation);
/// The value with its sign turned if the objective is maximised.
NACRE_API double minimised(ObjectiveSpec const& objective, double value);
/// a is at least as good in every objective and better in one.
NACRE_API bool dominates(Problem const& problem, Observation const& a, Observation const& b);

/// What to evaluate next. One design, or on the descriptor tier a block of a fixed number of them.
struct Proposal {
  std::vector<Design> designs;  ///< canonical, never proposed before on this tier
  Tier tier = Tier::potential;
  std::string reason;  ///< for the log: which engine, why
};

/// Decides from what is visible alone; called once per proposal number, in order.
class NACRE_API Proposer {
 public:
  virtual ~Proposer();
  virtual std::string name() const = 0;
  /// @param proposed every design ever proposed on a tier, whether its result is visible or not; the caller adds what
  ///                 is returned here before the next call
  /// @return nothing if the pool is exhausted for now
  virtual std::optional<Proposal> propose(std::int64_t number, Archive const& archive,
                                          std::set<std::pair<Hash128, Tier>> const& proposed, Rng rng) = 0;
  /// Values of the archive were replaced: what was made of the old ones is forgotten. The default has nothing to forget.
  virtual void revalue();
  /// State as bytes, for the snapshot (only to save time: a replay gives the same state).
  virtual std::string save() const = 0;
  virtual void load(std::string const& bytes) = 0;
};

}  // namespace nacre
