/// What a search optimises: one C++ class per shared library. See docs/objectives.md for a worked example.
#pragma once

#include <cstdint>
#include <functional>
#include <map>
#include <memory>
#include <span>
#include <string>
#include <vector>

#include "nacre/core/api.hpp"
#include "nacre/core/estimate.hpp"
#include "nacre/core/rng.hpp"
#include "nacre/potential/contact_energy.hpp"
#include "nacre/potential/potential.hpp"
#include "nacre/score/candidate.hpp"

namespace nacre {

struct NACRE_API Info {
  Info(std::string name, std::string unit, Direction direction, std::vector<Tier> tiers, std::string summary = {});
  ~Info();
  Info(Info const&);
  std::string name, unit;
  Direction direction;
  std::vector<Tier> tiers;  ///< the tiers it can give
  std::string summary;      ///< one line, for `nacre objectives`
};

/// A piece of work that runs on one rank.
struct NACRE_API Job {
  std::uint64_t number = 0;  ///< 0, 1, ... within the candidate
  std::string key;           ///< names its random stream
  double expected_work = 1.0;
  std::map<std::string, double> parameters;
};

struct NACRE_API JobResult {
  Estimate estimate;
  std::map<std::string, double> values;  ///< anything `reduce` needs
  /// Further numbers of the candidate, stored beside its objectives; names with the unit. Of one name the last counts.
  std::map<std::string, Estimate> details = {};
  std::string words = {};  ///< why the value is what it is and how sure that is, for people; the last ones count
};

/// A design as a superlattice, relaxed: periodic in three directions, a second contact closes the period.
struct Superlattice {
  Stack stack;         ///< as built
  InterfacePair pair;
};

/// What a job may use. Results that several objectives of one candidate share (the relaxed contact) are computed once.
class NACRE_API Context {
 public:
  virtual ~Context();
  virtual Candidate const& candidate() const = 0;
  virtual Tier tier() const = 0;
  /// @throws InputError in a campaign without a potential
  virtual Potential const& potential() const = 0;
  virtual ContactEnergies const& contact_energies() = 0;
  /// The candidate's layers without vacuum, whatever geometry the campaign has; `repeats` more of each layer.
  /// @throws InputError where there are no layers (the default)
  virtual Superlattice const& superlattice(int repeats = 0);
  virtual Rng rng(std::string_view purpose) const = 0;  ///< keyed by (seed, purpose, candidate's proposal)
  virtual int threads() const = 0;
  virtual bool cancelled() const = 0;
};

/// Made once per process; its functions are const and called from one thread. They may throw: the caller turns any
/// exception into a failed estimate (below).
class NACRE_API Objective {
 public:
  virtual ~Objective();
  virtual Info info() const = 0;
  virtual std::vector<Job> plan(Candidate const& candidate, Tier tier) const;  ///< default: one job
  virtual JobResult run(Job const& job, Context& context) const = 0;           ///< on a tier of `info`
  /// Further, dearer jobs that the results so far make worthwhile, numbered on; asked again until there are none.
  virtual std::vector<Job> next(Candidate const& candidate, std::span<JobResult const> results) const;  ///< default: none
  virtual Estimate reduce(Candidate const& candidate,
                          std::span<JobResult const> results) const;  ///< default: the only one
};

NACRE_API bool gives(Info const& info, Tier tier);

/// Jobs of a candidate on a tier, or why there are none.
struct Plan {
  std::vector<Job> jobs;  ///< numbered 0, 1, ...
  Estimate failure;       ///< if `jobs` is empty
};
// How every caller uses an objective: what it throws becomes an estimate with status `failed` and the message as its
// reason, a tier that it does not give one with status `refused`, and a value without an error, or that is not finite,
// one with status `failed`. Only Stopped goes through: a request to stop is not a result.
NACRE_API Plan plan_guarded(Objective const& objective, Candidate const& candidate, Tier tier);
NACRE_API JobResult run_guarded(Objective const& objective, Job const& job, Context& context);
NACRE_API Estimate reduce_guarded(Objective const& objective, Candidate const& candidate,
                                  std::span<JobResult const> results);
NACRE_API Plan next_guarded(Objective const& objective, Candidate const& candidate, std::span<JobResult const> results);

/// What an objective says of a candidate.
struct NACRE_API Answer {
  Estimate estimate;
  std::map<std::string, Estimate> details;
  std::string words;
};
/// All of them on this rank; the work of all jobs is counted, whatever became of them.
NACRE_API Answer answer_guarded(Objective const& objective, Context& context);
/// Its estimate.
NACRE_API Estimate evaluate_guarded(Objective const& objective, Context& context);

}  // namespace nacre

#include "nacre/score/plugin_abi.hpp"
