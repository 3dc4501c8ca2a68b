/// What a worker does: set-up tasks, evaluations of designs on a tier, fits of the predictor. Knows no MPI.
#pragma once

#include <atomic>
#include <cstdint>
#include <filesystem>
#include <map>
#include <memory>
#include <string>
#include <vector>

#include "nacre/campaign/config.hpp"
#include "nacre/campaign/domain.hpp"
#include "nacre/campaign/outcome.hpp"
#include "nacre/core/api.hpp"
#include "nacre/parallel/farm.hpp"
#include "nacre/score/plugin.hpp"
#include "nacre/score/predictor.hpp"
#include "nacre/search/problem.hpp"

namespace nacre {

/// FarmTask::kind
enum class TaskKind : std::int32_t { setup = 1, absorb = 2, reference = 3, evaluate = 4, fit = 5, model = 6, job = 7 };

/// Length-prefixed texts in one, and back. @throws Error if the bytes are damaged
NACRE_API std::string join_fields(std::vector<std::string> const& fields);
NACRE_API std::vector<std::string> split_fields(std::string const& bytes);

/// A proposal as a task: its tier, its designs and the fit whose model the descriptor tier uses (-1: none yet).
struct EvaluationTask {
  Tier tier = Tier::potential;
  std::int64_t model = -1;
  std::vector<Design> designs;
  std::string so_far = {};   ///< Outcome whose open studies have all their results and go on; empty: a beginning
};
NACRE_API std::string pack(EvaluationTask const& task);

/// A job of a study as a task of its own.
struct JobTask {
  std::int64_t owner = 0;        ///< number of the task that evaluates the design: it keys the random numbers
  std::int32_t objective = 0;
  Design design;
  Job job;
  std::string name;              ///< of its folder in jobs/
};
NACRE_API std::string pack(JobTask const& task);
/// Of all attempts.
NACRE_API std::filesystem::path scratch_folder(std::filesystem::path const& campaign, std::string const& name);

/// Training data of one fit: designs with what the potential tier said of every objective.
struct FitTask {
  std::vector<Design> designs;
  std::vector<std::vector<Estimate>> estimates;   ///< per design, per objective; without value: left out
};
NACRE_API std::string pack(FitTask const& task);

/// The campaign's objectives, loaded, in its order.
struct NACRE_API LoadedProblem {
  Problem problem;
  std::vector<LoadedObjective> objectives;
  /// @throws InputError for an unknown objective or one that gives no tier of the campaign
  static LoadedProblem load(CampaignConfig const& config);
  /// Objectives that the descriptor tier must predict because they do not give it themselves.
  bool predicted(std::size_t objective) const;
};

class NACRE_API Evaluator {
 public:
  /// @param potential null: what the settings say
  explicit Evaluator(CampaignConfig const& config, std::shared_ptr<Potential const> potential = nullptr);
  ~Evaluator();
  /// A FarmWork. @throws whatever a set-up task or a fit throws; an evaluation returns a failed Outcome instead
  std::string operator()(FarmTask const& task, std::atomic<bool> const& cancelled);
  Domain const& domain() const { return *domain_; }

 private:
  Outcome evaluate(FarmTask const& task, std::atomic<bool> const& cancelled);
  void evaluate_design(Outcome& outcome, Design const& design, Tier tier, std::int64_t model, std::int64_t proposal,
                       std::atomic<bool> const& cancelled);
  void go_on(Outcome& outcome, FarmTask const& task, std::atomic<bool> const& cancelled);
  using Details = std::map<std::string, Estimate>;
  bool advance(EvaluatedDesign& result, OpenStudy& open, Details& details, Context& context) const;
  void set_constraints(EvaluatedDesign& result) const;
  JobResult run_job(FarmTask const& task, std::atomic<bool> const& cancelled);
  Estimate predict(std::size_t objective, std::int64_t model, Candidate const& candidate) const;
  std::string fit(FarmTask const& task) const;
  void take_model(FarmTask const& task);

  CampaignConfig config_;
  std::unique_ptr<Domain> domain_;
  LoadedProblem loaded_;
  std::shared_ptr<Predictor const> prior_;           ///< null without screening
  struct Model {
    std::vector<std::unique_ptr<Predictor>> predictors;   ///< null: no data yet
    std::string identity;
  };
  std::map<std::int64_t, Model> models_;
  std::unique_ptr<ContactCache> cache_;
};

}  // namespace nacre
