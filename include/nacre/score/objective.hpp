/// What a search optimises: one C++ class per shared library. See docs/objectives.md for a worked example.
#pragma once

#include <cstdint>
#include <filesystem>
#include <functional>
#include <map>
#include <memory>
#include <optional>
#include <span>
#include <string>
#include <vector>

#include "nacre/core/api.hpp"
#include "nacre/core/estimate.hpp"
#include "nacre/core/rng.hpp"
#include "nacre/potential/contact_energy.hpp"
#include "nacre/potential/potential.hpp"
#include "nacre/score/candidate.hpp"
#include "nacre/score/md_options.hpp"

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
  double expected_work = 1.0;  ///< with that of all jobs that follow for certain
  std::map<std::string, double> parameters;
  std::map<std::string, std::string> texts = {};  ///< what earlier jobs made for it: structures
  /// Dear: a task of its own, on any rank, that can be resumed. It shares nothing with other jobs but what it is given.
  bool separate = false;
};

struct NACRE_API JobResult {
  Estimate estimate;
  std::map<std::string, double> values;  ///< anything `reduce` needs
  /// Further numbers of the candidate, stored beside its objectives; names with the unit. Of one name the last counts.
  std::map<std::string, Estimate> details = {};
  std::string words = {};  ///< why the value is what it is and how sure that is, for people; the last ones count
  std::map<std::string, std::string> texts = {};  ///< structures for later jobs
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
  /// Folder, not there yet, where the job that runs may keep what it resumes from; it is removed once the result is
  /// safe. Empty (the default): nothing is kept.
  virtual std::filesystem::path scratch() const;
};

/// What campaign.toml says for objectives.
struct NACRE_API ObjectiveSettings {
  MdTierOptions dynamics;
};

/// Made once per process; its functions are called from one thread. They may throw: the caller turns any
/// exception into a failed estimate (below).
class NACRE_API Objective {
 public:
  virtual ~Objective();
  virtual Info info() const = 0;
  /// Once, before everything else.
  virtual void configure(ObjectiveSettings const& settings);
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
/// The jobs of an objective and a candidate, as far as they are done.
struct NACRE_API Study {
  std::vector<JobResult> results;  ///< of the jobs 0, 1, ...
  std::vector<Job> open;           ///< numbered on from them: tasks of their own that the study waits for
};
/// Goes on from the results, with jobs that need no task of their own, to a round of which any job is separate (then
/// all of it is `open`) or to the end: then there is an answer.
NACRE_API std::optional<Answer> advance_guarded(Objective const& objective, Context& context, Study& study);
/// What stands for a job that has no result of its own.
NACRE_API JobResult job_without_result(Job const& job, Status status, std::string const& reason);
/// All of them on this rank; the work of all jobs is counted, whatever became of them.
NACRE_API Answer answer_guarded(Objective const& objective, Context& context);
/// Its estimate.
NACRE_API Estimate evaluate_guarded(Objective const& objective, Context& context);

}  // namespace nacre

#include "nacre/score/plugin_abi.hpp"
