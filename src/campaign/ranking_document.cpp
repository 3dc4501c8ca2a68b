#include <algorithm>
#include <cmath>

#include "nacre/campaign/ranking.hpp"
#include "nacre/campaign/status.hpp"
#include "nacre/core/text.hpp"

namespace nacre {
namespace {

/// Whether the label is "(u, v)", a point on a torus.
bool is_torus_label(Choice const& choice) {
  if (!choice.label.starts_with('(') || !choice.label.ends_with(')')) return false;
  auto const parts = split(std::string_view(choice.label).substr(1, choice.label.size() - 2), ',');
  if (parts.size() != 2) return false;
  auto const u = parse_double(trim(parts[0])), v = parse_double(trim(parts[1]));
  return u && v && std::abs(*u - choice.value) < 1e-5 && std::abs(*v - choice.second) < 1e-5;
}

Value objectives_of(Problem const& problem, EvaluatedDesign const& design) {
  auto result = Value::object();
  for (std::size_t i = 0; i < std::min(problem.objectives.size(), design.objectives.size()); ++i) {
    auto const& estimate = design.objectives[i];
    Value entry;
    entry["value"] = estimate.value;
    entry["stderr"] = estimate.standard_error;
    if (!estimate.ok()) {
      entry["status"] = to_string(estimate.status);
      entry["reason"] = estimate.reason;
    }
    result[problem.objectives[i].name] = entry;
  }
  return result;
}

/// That of the first objective without a value, else ok.
std::string_view status_of(EvaluatedDesign const& design) {
  for (auto const& estimate : design.objectives) {
    if (!estimate.ok()) return to_string(estimate.status);
  }
  return to_string(Status::ok);
}

Value model_of(EvaluatedDesign const& design, std::string const& name) {
  Value model;
  model["name"] = name.empty() ? Value() : Value(name);
  model["hash"] = Value();
  for (auto const& estimate : design.objectives) {
    if (estimate.model.empty()) continue;
    model["hash"] = estimate.model;
    break;
  }
  return model;
}

Value candidate_document(Problem const& problem, EvaluatedDesign const& design, Tier tier,
                         Provenance const& provenance) {
  Value entry;
  entry["id"] = design.design.id().hex();
  entry["design"] = choices_document(design.choices);
  entry["words"] = design.words;
  entry["why"] = design.why;
  entry["tier"] = to_string(tier);
  entry["status"] = status_of(design);
  entry["objectives"] = objectives_of(problem, design);
  entry["model"] = model_of(design, provenance.model);
  entry["structure"] = Value();
  return entry;
}

/// The best that is known of any member: a label of its own, proxies, or that it was asked for.
Value dft_of(RankedGroup const& group, std::span<EvaluatedDesign const* const> designs, Provenance const& provenance) {
  for (auto const* word : {"label", "proxy", "asked"}) {
    for (auto const member : group.members) {
      auto const found = provenance.dft.find(designs[member]->design.id().hex());
      if (found != provenance.dft.end() && found->second == word) return Value(word);
    }
  }
  return {};
}

/// The level of each value, and beside a corrected one what the potential tier had computed.
void add_levels(Value& objectives, Problem const& problem, EvaluatedDesign const& computed,
                std::vector<ObjectiveLevel> const& levels) {
  for (std::size_t i = 0; i < std::min(levels.size(), computed.objectives.size()); ++i) {
    auto& entry = objectives[problem.objectives[i].name];
    entry["level"] = levels[i].level;
    if (levels[i].labels == 0) continue;
    entry["potential_value"] = computed.objectives[i].value;
    entry["potential_stderr"] = computed.objectives[i].standard_error;
  }
}

Value provenance_document(Provenance const& provenance) {
  Value entry;
  entry["campaign"] = provenance.campaign;
  entry["seed"] = provenance.seed;
  entry["campaign_sha256"] = provenance.campaign_sha256;
  entry["journal_hash"] = provenance.journal_hash;
  entry["program"] = provenance.program;
  if (provenance.twist_range) entry["twist_range_deg"] = twist_range_document(provenance.twist_range);
  return entry;
}

}  // namespace

Value choices_document(std::vector<Choice> const& choices) {
  auto result = Value::object();
  for (auto const& choice : choices) {
    auto const number = parse_double(choice.label);
    if (is_torus_label(choice)) {
      result[choice.name] = Value::Array{choice.value, choice.second};
    } else if (number && std::abs(*number - choice.value) <= 1e-5 * std::max(1.0, std::abs(choice.value))) {
      result[choice.name] = choice.value;
    } else {
      result[choice.name] = choice.label;
    }
  }
  return result;
}

Value ranking_document(Problem const& problem, Ranking const& ranking, std::span<EvaluatedDesign const* const> designs,
                       std::span<EvaluatedDesign const* const> references, Tier tier, Provenance const& provenance,
                       std::size_t limit) {
  Value document;
  document["schema"] = "nacre.ranking/1";
  document["provenance"] = provenance_document(provenance);
  document["objectives"] = Value::array();
  for (std::size_t i = 0; i < problem.objectives.size(); ++i) {
    auto const& objective = problem.objectives[i];
    auto const level = i < provenance.levels.size() ? provenance.levels[i] : ObjectiveLevel();
    Value entry;
    entry["name"] = objective.name;
    entry["unit"] = objective.unit;
    entry["direction"] = to_string(objective.direction);
    entry["level"] = level.level;
    entry["labels"] = static_cast<std::int64_t>(level.labels);
    entry["comparable"] = level.labels > 0 ? Value(level.comparable) : Value();
    document["objectives"].push_back(entry);
  }
  document["ranked"] = static_cast<std::int64_t>(ranking.groups.size());
  document["left_out"] = Value::object();
  for (auto const& [reason, number] : ranking.left_out) document["left_out"][reason] = number;

  document["candidates"] = Value::array();
  for (auto const& group : std::span(ranking.groups).first(std::min(limit, ranking.groups.size()))) {
    Value entry;
    entry["rank"] = group.rank;
    entry["front"] = group.front;
    auto const first = candidate_document(problem, *designs[group.members.front()], tier, provenance);
    for (auto const& [key, member] : first.as_object()) entry[key] = member;
    entry["dft"] = dft_of(group, designs, provenance);
    if (!provenance.computed.empty())
      add_levels(entry["objectives"], problem, *provenance.computed[group.members.front()], provenance.levels);
    entry["members"] = Value::array();
    for (auto const member : group.members) entry["members"].push_back(designs[member]->design.id().hex());
    document["candidates"].push_back(entry);
  }
  document["references"] = Value::array();
  for (auto const* reference : references) {
    document["references"].push_back(candidate_document(problem, *reference, tier, provenance));
  }
  return document;
}

}  // namespace nacre
