// Which job of molecular dynamics comes next.
#include <algorithm>
#include <cmath>
#include <map>
#include <optional>

#include "md_names.hpp"
#include "nacre/core/error.hpp"
#include "nacre/core/text.hpp"

namespace nacre {
namespace {

using detail::subject_name;
using Parameters = std::map<std::string, double>;

JobResult const* result_of(std::span<JobResult const> results, Parameters const& parameters) {
  auto const same = [&](JobResult const& result) {
    return std::ranges::all_of(parameters, [&](auto const& entry) {
      auto const found = result.values.find(entry.first);
      return found != result.values.end() && found->second == entry.second;
    });
  };
  auto const found = std::ranges::find_if(results, same);
  return found == results.end() ? nullptr : &*found;
}

Parameters parameters_of(MdStep step, std::initializer_list<std::pair<std::string const, double>> more) {
  Parameters parameters(more);
  parameters["step"] = static_cast<double>(step);
  return parameters;
}

/// Collects the jobs that have no result, in the order in which they are asked for.
class Planner {
 public:
  Planner(Candidate const& candidate, std::span<JobResult const> results, MdTierOptions const& options)
      : results_(results), options_(options), edges_(edges_of(candidate)) {}

  void add(MdRequest const& wanted) {
    auto const* prepared = ask("prepare", parameters_of(MdStep::prepare, {{"repeats", wanted.repeats}}), {}, 1.0);
    if (!prepared || !prepared->estimate.ok()) return;
    for (int subject = 0; subject < (wanted.layers ? 3 : 1); ++subject) {
      bool const carries = subject == 0 || prepared->values.at(concat("carries ", subject)) > 0.5;
      if (carries) add(wanted, *prepared, static_cast<MdSubject>(subject));
    }
    for (double const kelvin : wanted.temperatures) strain(*prepared, kelvin);
  }
  std::vector<Job> jobs() && { return std::move(jobs_); }
  /// Edges of one evaluation of the stack in its cell of dynamics.
  static double edges_of(Candidate const& candidate);

 private:
  void add(MdRequest const& wanted, JobResult const& prepared, MdSubject subject) {
    double const share = subject == MdSubject::stack ? 1.0 : 0.5;
    for (int number = 0; number < options_.arrangements; ++number) {
      auto const* arranged = ask(concat("arrangement ", number, " of ", subject_name(subject)),
                                 parameters_of(MdStep::arrangement, {{"repeats", wanted.repeats},
                                                                     {"subject", static_cast<double>(subject)},
                                                                     {"arrangement", number}}),
                                 prepared.texts.at(subject_name(subject)), share * arrangement_evaluations());
      if (!arranged || !arranged->estimate.ok()) continue;
      for (double const kelvin : wanted.temperatures) trajectories(wanted, prepared, *arranged, kelvin);
    }
  }

  void trajectories(MdRequest const& wanted, JobResult const& prepared, JobResult const& arranged, double kelvin) {
    auto const stretched = strain(prepared, kelvin);
    if (!stretched) return;
    double const share = arranged.values.at("subject") == 0.0 ? 1.0 : 0.5;
    for (int seed = 0; seed < options_.seeds; ++seed) {
      auto const parameters = parameters_of(MdStep::trajectory, {{"repeats", wanted.repeats},
                                                                 {"subject", arranged.values.at("subject")},
                                                                 {"arrangement", arranged.values.at("arrangement")},
                                                                 {"temperature", kelvin},
                                                                 {"seed", seed}});
      auto const what = concat(shortest(kelvin), " K, ", subject_name(detail::subject_of(parameters)),
                               ", arrangement ", detail::integer_of(parameters, "arrangement"), ", seed ", seed);
      auto const before = jobs_.size();
      ask(what, parameters, arranged.texts.at("crystal"), share * steps());
      if (jobs_.size() > before) jobs_.back().parameters["strain"] = *stretched;
    }
  }

  /// Of the common in-plane cell at a temperature, if both layers' expansion is known.
  std::optional<double> strain(JobResult const& prepared, double kelvin) {
    double sum = 0.0;
    bool known = true;
    for (int layer : {1, 2}) {
      auto const name = concat("layer ", layer);
      auto const* expansion =
          ask(concat("expansion at ", shortest(kelvin), " K of ", name),
              parameters_of(MdStep::expansion, {{"repeats", 0.0}, {"layer", layer}, {"temperature", kelvin}}),
              prepared.texts.at(name), 0.5 * 2.0 * options_.cell_ps / (1e-3 * options_.timestep_fs));
      known = known && expansion && expansion->estimate.ok();
      if (known) sum += prepared.values.at(concat("weight ", layer)) * expansion->values.at("strain");
    }
    return known ? std::optional(sum) : std::nullopt;
  }

  /// The result; without one the job is added, once.
  JobResult const* ask(std::string const& key, Parameters const& parameters, std::string const& crystal,
                       double evaluations) {
    if (auto const* known = result_of(results_, parameters)) return known;
    int const repeats = detail::integer_of(parameters, "repeats");
    Job job;
    job.key = concat("md ", key, repeats > 0 ? concat(", ", repeats, " more repeats") : std::string());
    if (std::ranges::any_of(jobs_, [&](Job const& other) { return other.key == job.key; })) return nullptr;
    job.number = results_.size() + jobs_.size();
    job.expected_work = evaluations * edges_;
    job.parameters = parameters;
    if (!crystal.empty()) job.texts["crystal"] = crystal;
    // the first one comes where the stack is relaxed already
    job.separate = detail::step_of(parameters) != MdStep::prepare || repeats > 0;
    jobs_.push_back(std::move(job));
    return nullptr;
  }

  double steps() const {
    return (options_.cell_ps + options_.equilibration_ps + options_.production_ps) / (1e-3 * options_.timestep_fs);
  }
  double arrangement_evaluations() const {
    constexpr double settling = 60.0, attempts_per_swap = 30.0, dopants = 8.0;
    return settling + (options_.protocol == "annealed" ? attempts_per_swap * dopants * options_.swaps : 0.0);
  }

  std::span<JobResult const> results_;
  MdTierOptions const& options_;
  double edges_;
  std::vector<Job> jobs_;
};

double Planner::edges_of(Candidate const& candidate) {
  double const edges = candidate.descriptor("edges_per_evaluation");
  if (std::isfinite(edges)) return edges;
  constexpr double per_atom = 700.0;  // an oxide within 12 Å
  return candidate.stack ? per_atom * static_cast<double>(candidate.stack->crystal.size()) : per_atom;
}

}  // namespace

std::vector<Job> md_next(Candidate const& candidate, std::span<MdRequest const> wanted,
                         std::span<JobResult const> results, MdTierOptions const& options) {
  Planner planner(candidate, results, options);
  for (auto const& request : wanted) planner.add(request);
  return std::move(planner).jobs();
}

double expected_md_work(Candidate const& candidate, MdRequest const& wanted, MdTierOptions const& options) {
  double const area = candidate.descriptor("area_A2");
  double const copies =
      std::isfinite(area) ? std::pow(std::max(1.0, std::ceil(options.least_width / std::sqrt(area))), 2) : 1.0;
  double const steps = (options.cell_ps + options.equilibration_ps + options.production_ps) / (1e-3 * options.timestep_fs);
  double const subjects = wanted.layers ? 2.0 : 1.0;  // two layers are as large as the stack
  double const runs = options.arrangements * options.seeds * subjects * steps;
  double const expansions = 2.0 * options.cell_ps / (1e-3 * options.timestep_fs);
  auto const temperatures = static_cast<double>(wanted.temperatures.size());
  return copies * Planner::edges_of(candidate) * temperatures * (runs + expansions);
}

}  // namespace nacre
