#include "nacre/campaign/evaluate.hpp"

#include <algorithm>
#include <cmath>
#include <exception>
#include <optional>
#include <utility>

#include "evaluation_context.hpp"
#include "nacre/core/error.hpp"
#include "nacre/core/text.hpp"
#include "nacre/core/units.hpp"
#include "nacre/core/value.hpp"
#include "nacre/crystal/io.hpp"
#include "nacre/score/hop_tier.hpp"
#include "nacre/score/predictor_plugin.hpp"
#include "task_message.hpp"

namespace nacre {

using detail::design_from;
using detail::widened;

namespace {

constexpr std::size_t kept_models = 8;  // tasks in flight refer to the last two or three

/// W_ad less what membranes of the physical misfit store; the elastic part is exact for the campaign's lattices.
Estimate margin_of(Candidate const& candidate, Estimate const& work_of_adhesion) {
  auto margin = work_of_adhesion;
  if (margin.ok()) margin.value -= candidate.descriptor("membrane_elastic_energy_J_per_m2");
  return margin;
}

void keep_contact(EvaluatedDesign& result, Candidate const& candidate, ContactEnergies const& contact) {
  result.extras = {{"interface_energy_J_per_m2", contact.interface_energy},
                   {"work_of_separation_J_per_m2", contact.work_of_separation},
                   {"z_separation_A", contact.work_of_adhesion.ok()
                                          ? widened(Estimate(contact.z_separation, 0.0, 0.0, contact.work_of_adhesion.model),
                                                    candidate.descriptor("thickness_change_A"))
                                          : Estimate::without_value(contact.work_of_adhesion.status,
                                                                    contact.work_of_adhesion.reason)}};
  if (!std::isnan(candidate.descriptor("membrane_elastic_energy_J_per_m2"))) {
    result.extras.emplace_back("stability_margin_J_per_m2", margin_of(candidate, contact.work_of_adhesion));
  }
  result.registry = contact.registry;
  result.relaxed_shift = contact.relaxed_shift;
  result.shift_cell = candidate.stack->contacts[0].shift_cell;
  result.energy_per_area = contact.stack_energy / candidate.stack->area * units::J_per_m2;
  if (contact.relaxed.size() == 0) return;
  Frame frame{contact.relaxed, {}, {}};
  auto const& stack = *candidate.stack;
  frame.columns["layer"] = Eigen::Map<Eigen::VectorXi const>(stack.layer.data(), static_cast<Eigen::Index>(stack.layer.size()))
                               .cast<double>().transpose();
  frame.info["design"] = result.design.id().hex();
  result.structure = to_extxyz(frame);
}

/// The hops that limit a carrier: at the contact, then in each strained layer.
std::vector<StoredHop> hops_of(HopTier const& tier, int most) {
  std::vector<StoredHop> hops;
  auto const add = [&](std::string const& name, std::optional<CriticalHop> const& hop) {
    if (!hop || std::ssize(hops) >= most) return;
    auto const text = [](Crystal const& image) { return to_extxyz(Frame{image, {}, {}}); };
    hops.push_back({name, hop->energy.forward(), hop->energy.backward(), text(hop->images.initial),
                    text(hop->images.saddle), text(hop->images.final_image)});
  };
  if (tier.contact && tier.contact->energies)
    add("contact",
        critical_hop(tier.contact->network, *tier.contact->energies, tier.contact->analysis, {true, true, false}));
  auto const& layers = tier.layers.empty() && tier.contact ? tier.contact->bulk : tier.layers;
  for (std::size_t k = 0; k < layers.size(); ++k) add(concat("layer ", k + 1), layers[k].critical);
  return hops;
}

/// Objectives that say the same say it once.
void add_words(std::string& why, std::string const& words) {
  if (words.empty() || why.find(words) != std::string::npos) return;
  why += (why.empty() ? "" : "; ") + words;
}

/// Short names of constraints for quantities that are stored with their unit.
bool is_named(std::string const& quantity, std::string const& name) {
  static std::map<std::string, std::string> const units{{"reaction_energy", "reaction_energy_eV_per_atom"},
                                                        {"hull_distance", "hull_distance_eV_per_atom"},
                                                        {"stability_margin", "stability_margin_J_per_m2"},
                                                        {"interface_energy", "interface_energy_J_per_m2"}};
  auto const found = units.find(name);
  // where a contact's own energy is not defined, the mean of the superlattice's two speaks for it (definitions.md 3)
  bool const mean = name == "interface_energy" && quantity == "interface_energy_pair_mean_J_per_m2";
  return quantity == name || mean || (found != units.end() && quantity == found->second);
}

/// What an earlier attempt kept is copied: its worker may live, and write on.
std::filesystem::path scratch_of(std::filesystem::path const& campaign, std::string const& name, int attempt) {
  auto const folder = scratch_folder(campaign, name);
  auto own = folder / std::to_string(attempt);
  std::error_code ignored;
  for (int earlier = attempt - 1; earlier >= 0 && !std::filesystem::exists(own, ignored); --earlier) {
    auto const from = folder / std::to_string(earlier);
    if (std::filesystem::exists(from, ignored)) std::filesystem::copy(from, own, ignored);
  }
  return own;
}

double constraint_value(ConstraintSpec const& constraint, Problem const& problem, EvaluatedDesign const& result) {
  for (std::size_t i = 0; i < problem.objectives.size(); ++i) {
    if (problem.objectives[i].name == constraint.name) return result.objectives[i].value;
  }
  for (auto const& [name, value] : result.descriptors) {
    if (is_named(name, constraint.name)) return value;
  }
  for (auto const& [name, estimate] : result.extras) {
    if (is_named(name, constraint.name) && estimate.ok()) return estimate.value;
  }
  return std::nan("");
}

}  // namespace

namespace {

LoadedObjective load_at_place(CampaignConfig const& config, ObjectiveConfig const& wanted) {
  try {
    return load_objective(wanted.name, config.run.plugin_path, {config.dynamics});
  } catch (InputError const& error) {
    input_error(config.place(wanted.line), error.what());
  }
}

}  // namespace

std::filesystem::path scratch_folder(std::filesystem::path const& campaign, std::string const& name) {
  return campaign / "jobs" / name;
}

LoadedProblem LoadedProblem::load(CampaignConfig const& config) {
  LoadedProblem loaded;
  for (auto const& wanted : config.objectives) {
    loaded.objectives.push_back(load_at_place(config, wanted));
    auto const info = loaded.objectives.back().objective->info();
    loaded.problem.objectives.push_back(
        {info.name, info.unit, wanted.direction.value_or(info.direction), wanted.reference});
    bool const top_tier = std::find(info.tiers.begin(), info.tiers.end(), Tier::potential) != info.tiers.end();
    require(top_tier, config.place(wanted.line), "objective '", info.name, "' does not give the potential tier, which this campaign ranks by");
  }
  for (auto const& wanted : config.constraints) {
    loaded.problem.constraints.push_back({wanted.quantity, wanted.lower, wanted.upper});
  }
  return loaded;
}

bool LoadedProblem::predicted(std::size_t objective) const {
  auto const tiers = objectives[objective].objective->info().tiers;
  return std::find(tiers.begin(), tiers.end(), Tier::descriptor) == tiers.end();
}

Evaluator::Evaluator(CampaignConfig const& config, std::shared_ptr<Potential const> potential)
    : config_(config), domain_(make_domain(config, std::move(potential))), loaded_(LoadedProblem::load(config)),
      prior_(config.search.screen > 0 ? load_predictor(config.search.predictor, config.run.plugin_path) : nullptr), cache_(std::make_unique<ContactCache>(config.folder / "cache")) {}

Evaluator::~Evaluator() = default;

std::string Evaluator::operator()(FarmTask const& task, std::atomic<bool> const& cancelled) {
  switch (static_cast<TaskKind>(task.kind)) {
    case TaskKind::setup: return domain_->run_setup({task.payload, 1.0});
    case TaskKind::absorb: {
      auto const fields = split_fields(task.payload);
      domain_->absorb({fields.at(0), 1.0}, fields.at(1));
      return {};
    }
    case TaskKind::reference:
    case TaskKind::evaluate: return pack(evaluate(task, cancelled));
    case TaskKind::job: return pack(run_job(task, cancelled));
    case TaskKind::fit: return fit(task);
    case TaskKind::model: take_model(task); return {};
  }
  throw Error(concat("unknown kind of task ", task.kind));
}

Outcome Evaluator::evaluate(FarmTask const& task, std::atomic<bool> const& cancelled) {
  Outcome outcome;
  try {
    auto const evaluation = detail::evaluation_task(task.payload);
    if (evaluation.so_far.empty()) {
      for (auto const& design : evaluation.designs)
        evaluate_design(outcome, design, evaluation.tier, evaluation.model, task.number, cancelled);
    } else {
      outcome = unpack_outcome(evaluation.so_far);
      go_on(outcome, task, cancelled);
    }
    outcome.work = 0.0;
    for (auto const& design : outcome.designs)
      for (auto const& estimate : design.objectives) outcome.work += estimate.work;
  } catch (std::exception const& error) {
    outcome = {};
    outcome.status = Status::failed;
    outcome.reason = std::string("exception: ") + error.what();
  }
  if (cancelled) outcome.status = Status::cancelled;
  return outcome;
}

void Evaluator::evaluate_design(Outcome& outcome, Design const& design, Tier tier, std::int64_t model,
                                std::int64_t proposal, std::atomic<bool> const& cancelled) {
  std::string reason;
  auto const candidate = tier == Tier::descriptor ? domain_->describe(design) : domain_->build(design, reason);
  auto const position = static_cast<std::int32_t>(outcome.designs.size());
  auto& result = outcome.designs.emplace_back();
  result.design = design;
  result.words = domain_->words(candidate);
  result.choices = candidate.choices;
  result.descriptors = candidate.descriptors;
  result.leaf = domain_->leaf(design);
  result.energy_per_area = std::nan("");
  Details details;
  detail::EvaluationContext context(config_, candidate, tier, domain_->potential(), *cache_, proposal, cancelled);
  for (std::size_t i = 0; i < loaded_.objectives.size(); ++i) {
    if (!reason.empty()) {
      result.objectives.push_back(Estimate::without_value(Status::refused, reason));
    } else if (tier == Tier::descriptor && loaded_.predicted(i)) {
      result.objectives.push_back(predict(i, model, candidate));
    } else {
      result.objectives.push_back(Estimate::without_value(Status::cancelled, "it waits for jobs"));
      OpenStudy open{position, static_cast<std::int32_t>(i), {}};
      if (!advance(result, open, details, context)) outcome.open.push_back(std::move(open));
    }
  }
  if (context.contact()) keep_contact(result, candidate, *context.contact());
  if (context.pair()) {
    result.extras.emplace_back("interface_energy_pair_mean_J_per_m2", detail::widened(context.pair()->mean, candidate));
  }
  for (auto const& [name, estimate] : details) result.extras.emplace_back(name, estimate);
  if (tier == Tier::potential && reason.empty() && config_.queue.hops > 0 && !cancelled)
    result.hops = hops_of(hop_tier(context, HopPrice::contact), config_.queue.hops);
  set_constraints(result);
}

/// With the results of the jobs that its studies waited for.
void Evaluator::go_on(Outcome& outcome, FarmTask const& task, std::atomic<bool> const& cancelled) {
  for (auto& open : std::exchange(outcome.open, {})) {
    auto& result = outcome.designs.at(static_cast<std::size_t>(open.design));
    std::string reason;
    auto const candidate = domain_->build(result.design, reason);
    detail::EvaluationContext context(config_, candidate, Tier::potential, domain_->potential(), *cache_, task.number,
                                      cancelled);
    Details details;
    if (!advance(result, open, details, context)) {
      outcome.open.push_back(std::move(open));
      continue;
    }
    for (auto const& [name, estimate] : details) {
      auto const same = [&name = name](auto const& extra) { return extra.first == name; };
      if (std::ranges::none_of(result.extras, same)) result.extras.emplace_back(name, estimate);
    }
    set_constraints(result);
  }
}

/// Whether the objective has its answer now, which goes into the design.
bool Evaluator::advance(EvaluatedDesign& result, OpenStudy& open, Details& details, Context& context) const {
  auto const objective = static_cast<std::size_t>(open.objective);
  auto answer = advance_guarded(*loaded_.objectives.at(objective).objective, context, open.study);
  if (!answer) return false;
  result.objectives.at(objective) = std::move(answer->estimate);
  details.merge(answer->details);
  add_words(result.why, answer->words);
  return true;
}

void Evaluator::set_constraints(EvaluatedDesign& result) const {
  result.constraints.clear();
  for (auto const& constraint : loaded_.problem.constraints)
    result.constraints.push_back(constraint_value(constraint, loaded_.problem, result));
}

JobResult Evaluator::run_job(FarmTask const& task, std::atomic<bool> const& cancelled) {
  auto const wanted = detail::job_task(task.payload);
  JobResult result = job_without_result(wanted.job, Status::cancelled, "cancelled");
  try {
    auto const& objective = *loaded_.objectives.at(static_cast<std::size_t>(wanted.objective)).objective;
    std::string reason;
    auto const candidate = domain_->build(wanted.design, reason);
    detail::EvaluationContext context(config_, candidate, Tier::potential, domain_->potential(), *cache_, wanted.owner,
                                      cancelled, scratch_of(config_.folder, wanted.name, task.attempt));
    result = run_guarded(objective, wanted.job, context);
  } catch (Stopped const&) {  // it resumes another time
    result.estimate.status = Status::cancelled;
  } catch (std::exception const& error) {
    result = job_without_result(wanted.job, Status::failed, std::string("exception: ") + error.what());
  }
  if (cancelled) result.estimate.status = Status::cancelled;
  return result;
}

Estimate Evaluator::predict(std::size_t objective, std::int64_t model, Candidate const& candidate) const {
  auto const features = domain_->features(candidate);
  auto const found = models_.find(model);
  if (model >= 0 && found == models_.end()) throw Error(concat("model ", model, " did not reach this worker"));
  bool const fitted = model >= 0 && found->second.predictors[objective];
  auto const prediction = fitted ? found->second.predictors[objective]->predict(features) : prior_->predict(features);
  auto const identity = model >= 0 ? found->second.identity : sha256_hex("prior " + prior_->name());
  return {prediction.mean, prediction.standard_error, 1.0, identity};
}

std::string Evaluator::fit(FarmTask const& task) const {
  auto const rows = Value::parse_json(task.payload, "a fit");
  std::vector<Eigen::VectorXd> features;
  for (auto const& row : rows.as_array()) features.push_back(domain_->features(domain_->describe(design_from(row.at("design")))));
  std::vector<std::string> fields;
  for (std::size_t i = 0; i < loaded_.objectives.size(); ++i) {
    std::vector<std::size_t> used;
    for (std::size_t r = 0; r < rows.size(); ++r) {
      if (!rows.as_array()[r].at("values").as_array()[i].is_null()) used.push_back(r);
    }
    if (!loaded_.predicted(i) || used.size() < 4) {
      fields.emplace_back();
      continue;
    }
    auto const n = static_cast<Eigen::Index>(used.size());
    PredictorData data{Eigen::MatrixXd(n, features[0].size()), Eigen::VectorXd(n), Eigen::VectorXd(n)};
    for (Eigen::Index r = 0; r < n; ++r) {
      auto const& row = rows.as_array()[used[static_cast<std::size_t>(r)]];
      data.features.row(r) = features[used[static_cast<std::size_t>(r)]].transpose();
      data.values(r) = row.at("values").as_array()[i].as_number();
      data.standard_errors(r) = row.at("errors").as_array()[i].as_number();
    }
    fields.push_back(prior_->fit(data, Rng(config_.seed, "fit", static_cast<std::uint64_t>(task.number)).bits())->save());
  }
  return join_fields(fields);
}

void Evaluator::take_model(FarmTask const& task) {
  Model model;
  model.identity = sha256_hex(task.payload);
  for (auto const& bytes : split_fields(task.payload)) {
    model.predictors.push_back(bytes.empty() ? nullptr : prior_->load(bytes));
  }
  models_[task.number] = std::move(model);
  while (models_.size() > kept_models) models_.erase(models_.begin());
}

}  // namespace nacre
