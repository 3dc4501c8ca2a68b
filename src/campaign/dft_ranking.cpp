// Ranked lists of labels: one level at a time, and only energies that may be compared.
#include <algorithm>
#include <cmath>
#include <map>
#include <set>

#include "family.hpp"
#include "label_values.hpp"
#include "nacre/campaign/dft_queue.hpp"
#include "nacre/core/error.hpp"
#include "nacre/core/text.hpp"

namespace nacre {
namespace {

using detail::LabelFact;
using detail::LabelSet;
using detail::LabelValue;

struct Row {
  LabelFact const* label = nullptr;
  LabelValue value;
};

/// Candidates by value; those without one after them.
std::vector<Row> ranked(LabelSet const& set, bool proxies, bool larger_first) {
  std::vector<Row> rows;
  for (auto const* label : set.candidates(proxies)) rows.push_back({label, set.value(*label)});
  std::ranges::sort(rows, [&](Row const& a, Row const& b) {
    double const x = a.value.value, y = b.value.value;
    if (std::isnan(x) != std::isnan(y)) return std::isnan(y);
    if (!std::isnan(x) && x != y) return larger_first ? x > y : x < y;
    return a.label->design < b.label->design;
  });
  return rows;
}

Value number_or_null(double value) { return std::isnan(value) ? Value() : Value(value); }
Value text_or_null(std::string const& text) { return text.empty() ? Value() : Value(text); }

Value rows_document(std::vector<Row> const& rows, bool proxies, std::map<std::string, std::string> const& words) {
  Value list = Value::array();
  std::int64_t rank = 0;
  for (auto const& [label, value] : rows) {
    auto const known = words.find(label->calculation);
    double atoms = 0.0;
    for (auto const& [number, count] : label->atoms) atoms += count;
    Value entry;
    entry["rank"] = std::isnan(value.value) || proxies ? Value() : Value(++rank);
    entry["id"] = label->design;
    entry["words"] = known == words.end() ? Value() : Value(known->second);
    entry["kind"] = label->kind;
    entry["proxy"] = proxies;
    entry["value_J_per_m2"] = number_or_null(value.value);
    entry["reason"] = text_or_null(value.reason);
    entry["energy_eV"] = label->energy_eV;
    entry["energy_eV_per_atom"] = atoms > 0.0 ? Value(label->energy_eV / atoms) : Value();
    entry["reduced"] = label->reduced;
    list.push_back(entry);
  }
  return list;
}

/// Barriers of hops at this level beside those of the potential tier.
Value hops_document(LabelSet const& set, Store const& store) {
  Value list = Value::array();
  for (auto const& hop : set.hops()) {
    auto const parts = split(hop.design, ':');
    auto const known = stored_hop(store, hop.design);
    Value entry;
    entry["id"] = parts.front();
    entry["hop"] = known ? Value(known->name) : Value();
    entry["forward_eV"] = number_or_null(hop.forward);
    entry["backward_eV"] = number_or_null(hop.backward);
    entry["band_eV"] = number_or_null(hop.band);
    entry["potential_forward_eV"] = known ? Value(known->forward) : Value();
    entry["potential_backward_eV"] = known ? Value(known->backward) : Value();
    entry["reduced"] = hop.reduced;
    entry["reason"] = text_or_null(hop.reason);
    list.push_back(entry);
  }
  return list;
}

std::vector<LabelFact> facts_of(Store const& store) {
  std::vector<LabelFact> facts;
  for (auto const& label : store.labels()) facts.push_back(detail::fact_of(label));
  return facts;
}

}  // namespace

std::optional<StoredHop> stored_hop(Store const& store, std::string const& design) {
  auto const parts = split(design, ':');
  if (parts.size() < 3 || parts[1] != "hop") return std::nullopt;
  auto const id = Hash128::from_hex(parts[0]);
  auto const index = parse_integer(parts[2]);
  auto const number = store.find_design(id, Tier::potential);
  auto const outcome = number ? store.outcome(*number) : std::nullopt;
  if (!outcome || !index) return std::nullopt;
  for (auto const& entry : outcome->designs) {
    if (entry.design.id() == id && *index >= 0 && *index < std::ssize(entry.hops))
      return entry.hops[static_cast<std::size_t>(*index)];
  }
  return std::nullopt;
}

Value dft_ranking(CampaignConfig const& config, Store const& store, std::string const& level, std::string const& code) {
  auto const facts = facts_of(store);
  std::vector<std::string> levels;
  std::int64_t changed = 0;
  for (auto const& fact : facts) {
    if (std::ranges::find(levels, fact.level) == levels.end()) levels.push_back(fact.level);
    changed += fact.level == level && (code.empty() || fact.code == code) && fact.changes_physics ? 1 : 0;
  }
  require(std::ranges::find(levels, level) != levels.end(), "no label of level '", level, "' yet",
          levels.empty() ? std::string(" (nacre queue list says how far the queue is)") : did_you_mean(level, levels));
  std::map<std::string, std::string> words;
  for (auto const& request : store.requests()) words[request.id] = request.words;

  bool const slab = config.stacks.geometry == "slab";
  Value document;
  document["schema"] = "nacre.dft_ranking/1";
  document["level"] = level;
  document["quantity"] =
      slab ? (config.queue.kind == "relax" ? "work_of_adhesion" : "work_of_separation") : "excess_energy_with_strain";
  document["unit"] = "J/m^2";
  document["direction"] = slab ? "maximize" : "minimize";
  document["left_out"] = Value::object();
  if (changed > 0) document["left_out"]["a remedy changed the physics"] = changed;
  document["groups"] = Value::array();
  for (auto const& set : detail::label_sets(slab, facts, level, code)) {
    Value entry;
    entry["comparable"] = set.name();
    entry["candidates"] = rows_document(ranked(set, false, slab), false, words);
    entry["proxies"] = rows_document(ranked(set, true, slab), true, words);
    entry["hops"] = hops_document(set, store);
    document["groups"].push_back(entry);
  }
  return document;
}

namespace {

/// Candidates whose proxies stand for the contact of a design, too.
std::set<std::string> of_one_contact(Store const& store, std::string const& design) {
  auto const family_of_design = [&](std::string const& hex) {
    auto const number = hex.size() == 32 ? store.find_design(Hash128::from_hex(hex), Tier::potential) : std::nullopt;
    auto const outcome = number ? store.outcome(*number, Store::Detail::without_structures) : std::nullopt;
    for (auto const& entry : outcome ? outcome->designs : std::vector<EvaluatedDesign>())
      if (entry.design.id().hex() == hex) return detail::family_of(entry.choices).contact;
    return std::string();
  };
  auto const wanted = family_of_design(design);
  std::set<std::string> designs{design};
  for (auto const& request : store.requests()) {
    auto const other = detail::candidate_of(request.design);
    if (detail::is_proxy(request.kind) && !designs.contains(other) && family_of_design(other) == wanted)
      designs.insert(other);
  }
  return designs;
}

}  // namespace

Value dft_of_candidate(CampaignConfig const& config, Store const& store, std::string const& design) {
  Value document;
  for (auto const* key : {"labels", "proxies", "hops"}) document[key] = Value::array();
  std::set<std::string> levels;
  for (auto const& label : store.labels()) levels.insert(label.level);
  auto const family = of_one_contact(store, design);
  for (auto const& level : levels) {
    auto const ranking = dft_ranking(config, store, level, "");
    for (auto const& group : ranking.at("groups").as_array()) {
      auto const add = [&](char const* from, char const* to, auto const& wanted) {
        for (auto entry : group.at(from).as_array()) {
          if (!wanted(detail::candidate_of(entry.at("id").as_string()))) continue;
          entry["level"] = level;
          entry["comparable"] = group.at("comparable");
          entry["quantity"] = ranking.at("quantity");
          document[to].push_back(entry);
        }
      };
      auto const own = [&](std::string const& id) { return id == design; };
      add("candidates", "labels", own);
      add("hops", "hops", own);
      add("proxies", "proxies", [&](std::string const& id) { return family.contains(id); });
    }
  }
  return document;
}

}  // namespace nacre
