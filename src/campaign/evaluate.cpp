#include "nacre/campaign/evaluate.hpp"

#include <charconv>
#include <cmath>
#include <cstring>
#include <exception>
#include <optional>

#include "domains.hpp"
#include "nacre/core/error.hpp"
#include "nacre/core/text.hpp"
#include "nacre/core/units.hpp"
#include "nacre/core/value.hpp"
#include "nacre/crystal/io.hpp"
#include "nacre/score/hop_tier.hpp"
#include "nacre/score/predictor_plugin.hpp"
#include "stack_describe.hpp"

namespace nacre {
namespace {

constexpr std::size_t kept_models = 8;  // tasks in flight refer to the last two or three

Value to_value(Design const& design) {
  Value::Array values;
  for (auto const value : design.values) values.emplace_back(value);
  return values;
}

Design design_from(Value const& value) {
  Design design;
  for (auto const& item : value.as_array()) design.values.push_back(item.as_integer());
  return design;
}

/// With a change in its error that the relaxation cannot know of and near designs share; NaN: not known.
Estimate widened(Estimate estimate, double change) {
  if (!estimate.ok() || std::isnan(change)) return estimate;
  estimate.standard_error = std::hypot(estimate.standard_error, change);
  estimate.shared_error = std::hypot(estimate.shared_error, change);
  return estimate;
}

/// An energy per area, with what one more repeat of each layer and the strain of the coincidence change.
Estimate widened(Estimate const& estimate, Candidate const& candidate) {
  return widened(widened(estimate, candidate.descriptor("thickness_change_J_per_m2")),
                 candidate.descriptor("strain_error_J_per_m2"));
}

/// What an objective sees while it runs.
class EvaluationContext final : public Context {
 public:
  EvaluationContext(CampaignConfig const& config, Candidate const& candidate, Tier tier,
                    std::shared_ptr<Potential const> potential, ContactCache& cache, std::int64_t proposal,
                    std::atomic<bool> const& cancelled)
      : config_(config), candidate_(candidate), tier_(tier), potential_(std::move(potential)), cache_(cache),
        proposal_(proposal), cancelled_(cancelled) {}

  Candidate const& candidate() const override { return candidate_; }
  Tier tier() const override { return tier_; }
  Potential const& potential() const override {
    require(potential_ != nullptr, "this campaign has no interatomic potential (its space is '", config_.space,
            "'); use an objective that needs none");
    return *potential_;
  }
  ContactEnergies const& contact_energies() override {
    if (!contact_) {
      require(candidate_.stack != nullptr, "the candidate has no atoms on the ", to_string(tier_), " tier");
      bool const slab = config_.stacks.geometry == "slab";
      contact_ = std::make_unique<ContactEnergies>(slab ? slab_energies() : superlattice_energies());
      for (auto* estimate : {&contact_->work_of_adhesion, &contact_->work_of_separation, &contact_->interface_energy}) {
        *estimate = widened(*estimate, candidate_);
      }
    }
    return *contact_;
  }
  Superlattice const& superlattice(int repeats) override {
    auto found = superlattices_.find(repeats);
    if (found == superlattices_.end()) found = superlattices_.emplace(repeats, make_superlattice(repeats)).first;
    return found->second;
  }
  Rng rng(std::string_view purpose) const override {
    return {config_.seed, purpose, static_cast<std::uint64_t>(proposal_)};
  }
  int threads() const override { return config_.run.threads; }
  bool cancelled() const override { return cancelled_; }
  ContactEnergies const* contact() const { return contact_.get(); }
  /// Of the superlattice that was asked for, null if none was.
  InterfacePair const* pair() const {
    auto const found = superlattices_.find(0);
    return found == superlattices_.end() ? nullptr : &found->second.pair;
  }

 private:
  ContactEnergies slab_energies() const {
    return nacre::contact_energies(*candidate_.stack, candidate_.parts->bottom, candidate_.parts->top, potential(),
                                   contact_options(), cache_);
  }

  /// The stack of a campaign of superlattices, or what a slab's layers make without its vacuum.
  Superlattice make_superlattice(int repeats) const {
    require(candidate_.stack && candidate_.parts, "the candidate has no atoms on the ", to_string(tier_), " tier");
    auto const& parts = *candidate_.parts;
    auto const bottom = thicker(parts.bottom, repeats), top = thicker(parts.top, repeats);
    bool const built = config_.stacks.geometry == "superlattice" && repeats == 0;
    auto stack = built ? *candidate_.stack : detail::without_vacuum(*candidate_.stack, bottom, top, parts);
    auto pair = interface_energy_pair(stack, bottom, top, potential(), contact_options(), cache_);
    return {std::move(stack), std::move(pair)};
  }
  static Slab thicker(Slab const& slab, int repeats) {
    return repeats == 0 ? slab : make_slab(slab.plane, slab.termination, slab.repeats + repeats, slab.extra_planes);
  }

  ContactEnergies superlattice_energies() {
    auto const& pair = superlattice(0).pair;
    auto const refuse = [&](char const* why) {
      return Estimate::without_value(Status::refused, why, pair.mean.work, pair.mean.model);
    };
    ContactEnergies energies;
    energies.work_of_adhesion = refuse("no_vacuum: a superlattice has no outer surfaces to part; use geometry = \"slab\"");
    energies.work_of_separation = energies.work_of_adhesion;
    energies.interface_energy = pair.contacts_equivalent ? pair.mean
                                                         : refuse("contacts_differ: only interface_energy_pair_mean is defined");
    energies.stack_energy = pair.relaxed.size() > 0 ? pair.energy : std::nan("");
    energies.relaxed = pair.relaxed;
    energies.registry = pair.registry;
    energies.relaxed_shift = pair.relaxed_shift;
    return energies;
  }

  ContactOptions contact_options() const {
    return detail::contact_options(config_, [this] { return cancelled_.load(); });
  }

  CampaignConfig const& config_;
  Candidate const& candidate_;
  Tier tier_;
  std::shared_ptr<Potential const> potential_;
  ContactCache& cache_;
  std::int64_t proposal_;
  std::atomic<bool> const& cancelled_;
  std::unique_ptr<ContactEnergies> contact_;
  std::map<int, Superlattice> superlattices_;  ///< by further repeats
};

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

std::string join_fields(std::vector<std::string> const& fields) {
  std::string bytes;
  for (auto const& field : fields) bytes += std::to_string(field.size()) + ':' + field;
  return bytes;
}

std::vector<std::string> split_fields(std::string const& bytes) {
  std::vector<std::string> fields;
  for (std::size_t start = 0; start < bytes.size();) {
    std::size_t length = 0;
    auto const [end, error] = std::from_chars(bytes.data() + start, bytes.data() + bytes.size(), length);
    auto const begin = static_cast<std::size_t>(end - bytes.data()) + 1;
    if (error != std::errc() || begin > bytes.size() || bytes[begin - 1] != ':' || length > bytes.size() - begin) {
      throw Error(concat("damaged message (byte ", start, " of ", bytes.size(), ")"));
    }
    fields.push_back(bytes.substr(begin, length));
    start = begin + length;
  }
  return fields;
}

std::string pack(EvaluationTask const& task) {
  Value value;
  value["tier"] = to_string(task.tier);
  value["model"] = task.model;
  value["designs"] = Value::array();
  for (auto const& design : task.designs) value["designs"].push_back(to_value(design));
  return value.dump();
}

std::string pack(FitTask const& task) {
  Value value = Value::array();
  for (std::size_t i = 0; i < task.designs.size(); ++i) {
    Value row;
    row["design"] = to_value(task.designs[i]);
    for (auto const& estimate : task.estimates[i]) {
      row["values"].push_back(estimate.ok() ? Value(estimate.value) : Value());
      row["errors"].push_back(estimate.ok() ? Value(estimate.own_error()) : Value());
    }
    value.push_back(row);
  }
  return value.dump();
}

namespace {

LoadedObjective load_at_place(CampaignConfig const& config, ObjectiveConfig const& wanted) {
  try {
    return load_objective(wanted.name, config.run.plugin_path);
  } catch (InputError const& error) {
    input_error(config.place(wanted.line), error.what());
  }
}

}  // namespace

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

Evaluator::Evaluator(CampaignConfig const& config)
    : config_(config), domain_(make_domain(config)), loaded_(LoadedProblem::load(config)),
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
    case TaskKind::fit: return fit(task);
    case TaskKind::model: take_model(task); return {};
  }
  throw Error(concat("unknown kind of task ", task.kind));
}

Outcome Evaluator::evaluate(FarmTask const& task, std::atomic<bool> const& cancelled) {
  Outcome outcome;
  try {
    auto const value = Value::parse_json(task.payload, "a task");
    auto const tier = tier_from(value.at("tier").as_string());
    auto const model = value.at("model").as_integer();
    for (auto const& design : value.at("designs").as_array()) {
      outcome.designs.push_back(evaluate_design(design_from(design), tier, model, task.number, cancelled));
      for (auto const& estimate : outcome.designs.back().objectives) outcome.work += estimate.work;
    }
  } catch (std::exception const& error) {
    outcome.status = Status::failed;
    outcome.reason = std::string("exception: ") + error.what();
  }
  if (cancelled) outcome.status = Status::cancelled;
  return outcome;
}

EvaluatedDesign Evaluator::evaluate_design(Design const& design, Tier tier, std::int64_t model, std::int64_t proposal,
                                           std::atomic<bool> const& cancelled) {
  std::string reason;
  auto const candidate = tier == Tier::descriptor ? domain_->describe(design) : domain_->build(design, reason);
  EvaluatedDesign result;
  result.design = design;
  result.words = domain_->words(candidate);
  result.choices = candidate.choices;
  result.descriptors = candidate.descriptors;
  result.leaf = domain_->leaf(design);
  result.energy_per_area = std::nan("");
  std::map<std::string, Estimate> details;
  EvaluationContext context(config_, candidate, tier, domain_->potential(), *cache_, proposal, cancelled);
  for (std::size_t i = 0; i < loaded_.objectives.size(); ++i) {
    if (!reason.empty()) {
      result.objectives.push_back(Estimate::without_value(Status::refused, reason));
    } else if (tier == Tier::descriptor && loaded_.predicted(i)) {
      result.objectives.push_back(predict(i, model, candidate));
    } else {
      auto answer = answer_guarded(*loaded_.objectives[i].objective, context);
      result.objectives.push_back(std::move(answer.estimate));
      details.merge(answer.details);
      add_words(result.why, answer.words);
    }
  }
  if (context.contact()) keep_contact(result, candidate, *context.contact());
  if (context.pair()) {
    result.extras.emplace_back("interface_energy_pair_mean_J_per_m2", widened(context.pair()->mean, candidate));
  }
  for (auto const& [name, estimate] : details) result.extras.emplace_back(name, estimate);
  if (tier == Tier::potential && reason.empty() && config_.queue.hops > 0 && !cancelled)
    result.hops = hops_of(hop_tier(context, HopPrice::contact), config_.queue.hops);
  for (auto const& constraint : loaded_.problem.constraints) {
    result.constraints.push_back(constraint_value(constraint, loaded_.problem, result));
  }
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
