#include "correction.hpp"

#include <algorithm>
#include <cmath>

#include "nacre/core/error.hpp"
#include "nacre/core/text.hpp"
#include "nacre/core/units.hpp"

namespace nacre::detail {
namespace {

constexpr double natural_error = 0.25;    // of a cheap value that no label has spoken about, relative
constexpr double least_scale = 0.01;      // of it, in the objective's unit (J/m^2, eV)
constexpr double label_error = 0.005;     // of a label: k-points and cut-offs of two energies that are subtracted
constexpr double relaxation_share = 0.1;  // of a difference at frozen atoms, that relaxing at the dear level may change

/// Of the saddle.
double above_lower_end(double forward, double backward) { return std::max(forward, backward); }

double error_of(double difference, bool frozen) {
  return label_error + (frozen ? relaxation_share * std::abs(difference) : 0.0);
}

Estimate extra(EvaluatedDesign const& design, std::string_view name) {
  for (auto const& [key, estimate] : design.extras)
    if (key == name) return estimate;
  return Estimate::without_value(Status::refused, "not computed");
}

double descriptor(EvaluatedDesign const& design, std::string_view name) {
  for (auto const& [key, value] : design.descriptors)
    if (key == name) return value;
  return std::nan("");
}

/// The hop that stands for an objective: at the contact, else in the layer where it is easiest.
std::optional<std::size_t> leading_hop(EvaluatedDesign const& design) {
  std::optional<std::size_t> best;
  for (std::size_t i = 0; i < design.hops.size(); ++i) {
    auto const& hop = design.hops[i];
    if (hop.name == "contact") return i;
    auto const height = [&](std::size_t k) { return above_lower_end(design.hops[k].forward, design.hops[k].backward); };
    if (!best || height(i) < height(*best)) best = i;
  }
  return best;
}

}  // namespace

CorrectionRule rule_of(CampaignConfig const& config) { return {config.queue.correct, config.dft.level}; }

std::string to_json(CorrectionRule const& rule) {
  Value value;
  value["correct"] = rule.on;
  value["level"] = rule.level;
  return value.dump();
}

CorrectionRule correction_rule_from(std::string const& json) {
  auto const value = Value::parse_json(json, "an event");
  return {value.at("correct").as_bool(), value.at("level").as_string()};
}

Correction::Correction(CampaignConfig const& config, Problem const& problem, std::vector<LabelFact> bulks)
    : slab_(config.stacks.geometry == "slab"),
      problem_(problem),
      bulks_(std::move(bulks)),
      deltas_(problem.objectives.size()),
      used_(problem.objectives.size(), 0),
      fingerprints_(problem.objectives.size()) {}

void Correction::take(LabelFact fact) {
  std::erase_if(facts_, [&](LabelFact const& known) { return known.calculation == fact.calculation; });
  facts_.push_back(std::move(fact));
}

DeltaPoint Correction::point(Hash128 const& design, Family const& family, double cheap) const {
  auto const number = [&](std::string const& name) {
    return numbers_.try_emplace(name, static_cast<int>(numbers_.size())).first->second;
  };
  auto const known = designs_.try_emplace(design, static_cast<std::int64_t>(designs_.size())).first->second;
  return {known, number("pair " + family.pair), number("contact " + family.contact), cheap};
}

/// What the potential tier says of the very thing that was calculated, at the atoms that were calculated.
double Correction::cheap_value(std::string const& kind, std::size_t objective, EvaluatedDesign const& design,
                               LabelFact const& fact) const {
  if (!slab_) {
    LabelFact stack = fact;
    stack.kind = "scf";
    stack.comparable = "potential";
    stack.energy_eV = design.energy_per_area * fact.area_A2 / units::J_per_m2;
    LabelSet set(false, stack);
    for (auto const& bulk : bulks_) set.add(bulk);
    return set.value(stack).value;
  }
  if (kind == "scf") return extra(design, "work_of_separation_J_per_m2").value;
  auto const value = design.objectives[objective].value;
  return problem_.objectives[objective].name == "stability_margin"
             ? value + descriptor(design, "membrane_elastic_energy_J_per_m2")
             : value;
}

std::optional<DeltaLabel> Correction::contact_label(std::size_t objective, LabelSet const& set, LabelFact const& fact,
                                                    EvaluatedDesign const& design) const {
  auto const& name = problem_.objectives[objective].name;
  bool const speaks = slab_ ? name == "work_of_adhesion" || name == "stability_margin" : name == "interface_energy";
  if (!speaks || fact.reduced || !design.objectives[objective].ok()) return std::nullopt;
  double const contacts = slab_ ? 1.0 : 2.0;  // a superlattice has two
  double const difference = (set.value(fact).value - cheap_value(fact.kind, objective, design, fact)) / contacts;
  if (!std::isfinite(difference)) return std::nullopt;
  return DeltaLabel{point(design.design.id(), family_of(design.choices), design.objectives[objective].value),
                    difference, error_of(difference, fact.kind == "scf")};
}

std::optional<DeltaLabel> Correction::hop_label(std::size_t objective, HopValue const& hop,
                                                EvaluatedDesign const& design) const {
  if (problem_.objectives[objective].name != "hop_barrier" || hop.reduced || !design.objectives[objective].ok())
    return std::nullopt;
  auto const leading = leading_hop(design);
  if (!leading || hop.design != concat(candidate_of(hop.design), ":hop:", *leading)) return std::nullopt;
  auto const& cheap = design.hops[*leading];
  double const difference = above_lower_end(hop.forward, hop.backward) - above_lower_end(cheap.forward, cheap.backward);
  if (!std::isfinite(difference)) return std::nullopt;
  return DeltaLabel{point(design.design.id(), family_of(design.choices), design.objectives[objective].value),
                    difference, error_of(difference, true)};
}

bool Correction::update(Find const& find) {
  waiting_.clear();
  comparable_.clear();
  auto const sets = rule_.on ? label_sets(slab_, facts_, rule_.level, "") : std::vector<LabelSet>();
  std::vector<std::vector<DeltaLabel>> labels(deltas_.size());
  auto const visible = [&](std::string const& design) {
    auto const* known = find(design);
    if (!known) waiting_.insert(design);
    return known;
  };
  auto const collect = [&](std::string const& design, auto const& label_of) {
    auto const* known = visible(design);
    for (std::size_t i = 0; known && i < labels.size(); ++i)
      if (auto const label = label_of(i, *known)) labels[i].push_back(*label);
  };
  if (!sets.empty()) {
    comparable_ = sets.front().name();
    for (auto const* fact : sets.front().candidates(false))
      collect(fact->design, [&](std::size_t i, EvaluatedDesign const& design) {
        return contact_label(i, sets.front(), *fact, design);
      });
  }
  for (auto const& set : sets) {  // hops have a spin of their own, so they may be in another set
    auto const hops = set.hops();
    if (hops.empty()) continue;
    for (auto const& hop : hops)
      collect(candidate_of(hop.design),
              [&](std::size_t i, EvaluatedDesign const& design) { return hop_label(i, hop, design); });
    break;
  }
  return refit(labels);
}

bool Correction::refit(std::vector<std::vector<DeltaLabel>> const& labels) {
  bool changed = false;
  for (std::size_t i = 0; i < labels.size(); ++i) {
    std::string fingerprint = labels[i].empty() ? "" : rule_.level;
    double size = 0.0;
    for (auto const& [at, difference, error] : labels[i]) {
      fingerprint += concat(" ", at.design, " ", shortest(at.cheap), " ", shortest(difference));
      size += std::abs(at.cheap) / static_cast<double>(labels[i].size());
    }
    if (fingerprint == fingerprints_[i]) continue;
    changed = true;
    fingerprints_[i] = fingerprint;
    used_[i] = labels[i].size();
    deltas_[i].reset();
    if (!labels[i].empty()) deltas_[i].emplace(labels[i], std::max(natural_error * size, least_scale));
  }
  return changed;
}

Estimate Correction::apply(std::size_t objective, Hash128 const& design, Family const& family,
                           Estimate const& estimate) const {
  if (!corrects(objective) || !estimate.ok() || !std::isfinite(estimate.value)) return estimate;
  auto const shift = deltas_[objective]->at(point(design, family, estimate.value));
  auto corrected = estimate;
  corrected.value += shift.mean;
  corrected.standard_error = std::hypot(estimate.standard_error, shift.error);
  corrected.shared_error = std::hypot(estimate.shared_error, shift.shared);
  return corrected;
}

std::string Correction::level(std::size_t objective) const { return corrects(objective) ? rule_.level : "potential"; }

double Correction::variance_of_difference(std::size_t objective, EvaluatedDesign const& a,
                                          EvaluatedDesign const& b) const {
  auto const at = [&](EvaluatedDesign const& design) {
    return point(design.design.id(), family_of(design.choices), design.objectives[objective].value);
  };
  auto const own = [&](EvaluatedDesign const& design) {
    double const error = design.objectives[objective].own_error();
    return std::isfinite(error) ? error * error : 0.0;
  };
  if (corrects(objective)) return own(a) + own(b) + deltas_[objective]->variance_of_difference(at(a), at(b));
  double const size = 0.5 * (std::abs(a.objectives[objective].value) + std::abs(b.objectives[objective].value));
  Delta const prior({}, std::max(natural_error * size, least_scale));
  return own(a) + own(b) + prior.variance_of_difference(at(a), at(b));
}

}  // namespace nacre::detail
