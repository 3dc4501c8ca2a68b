#include "label_values.hpp"

#include <Eigen/Geometry>
#include <algorithm>
#include <cmath>

#include "nacre/core/error.hpp"
#include "nacre/core/text.hpp"
#include "nacre/core/units.hpp"
#include "nacre/crystal/io.hpp"

namespace nacre::detail {
namespace {

constexpr std::string_view proxy_prefix = "proxy_";

bool flag(Value const* value) { return value && value->is_bool() && value->as_bool(); }

LabelValue none(std::string reason) { return {std::nan(""), std::move(reason)}; }

}  // namespace

LabelFact fact_of(StoredLabel const& label) {
  LabelFact fact{label.calculation, label.design, label.kind, label.code, label.level,           label.comparable,
                 label.energy_eV,   0.0,          {},         {},         label.changes_physics, false};
  if (!label.structure.empty()) {
    auto const crystal = parse_extxyz(label.structure, "label " + label.calculation).back().crystal;
    fact.area_A2 = crystal.lattice.col(0).cross(crystal.lattice.col(1)).norm();
    for (auto const number : crystal.numbers) ++fact.atoms[number];
  }
  auto const payload = Value::parse_json(label.payload, "a label");
  auto const* provenance = payload.find("provenance");
  auto const* list = provenance ? provenance->find("pseudopotentials") : nullptr;
  if (list && list->is_array()) {
    for (auto const& entry : list->as_array())
      fact.pseudopotentials[entry.at("element").as_string()] = entry.at("sha256").as_string();
  }
  auto const* result = payload.find("result");
  fact.reduced = result && result->is_object() && flag(result->find("reduced"));
  return fact;
}

LabelFact fact_of_event(std::string const& payload) {
  auto const event = Value::parse_json(payload, "the event of a label");
  auto const text = [&](char const* key) { return event.at(key).as_string(); };
  LabelFact fact{text("calculation"),
                 text("design"),
                 text("kind"),
                 text("code"),
                 text("level"),
                 text("comparable"),
                 event.at("energy_eV").as_number(),
                 event.at("area_A2").as_number(),
                 {},
                 {},
                 event.at("changes_physics").as_bool(),
                 event.at("reduced").as_bool()};
  for (auto const& [number, count] : event.at("atoms").as_object())
    fact.atoms[static_cast<int>(parse_integer(number).value_or(0))] = static_cast<int>(count.as_integer());
  for (auto const& [element, hash] : event.at("pseudopotentials").as_object())
    fact.pseudopotentials[element] = hash.as_string();
  return fact;
}

std::string event_of(LabelFact const& fact) {
  Value event;
  event["calculation"] = fact.calculation;
  event["design"] = fact.design;
  event["kind"] = fact.kind;
  event["code"] = fact.code;
  event["level"] = fact.level;
  event["comparable"] = fact.comparable;
  event["energy_eV"] = fact.energy_eV;
  event["area_A2"] = fact.area_A2;
  event["atoms"] = Value::object();
  for (auto const& [number, count] : fact.atoms) event["atoms"][std::to_string(number)] = count;
  event["pseudopotentials"] = Value::object();
  for (auto const& [element, hash] : fact.pseudopotentials) event["pseudopotentials"][element] = hash;
  event["changes_physics"] = fact.changes_physics;
  event["reduced"] = fact.reduced;
  return event.dump();
}

bool is_proxy(std::string const& kind) { return kind.starts_with(proxy_prefix); }

std::string base_kind(std::string const& kind) { return is_proxy(kind) ? kind.substr(proxy_prefix.size()) : kind; }

bool is_candidate(std::string const& kind) {
  auto const base = base_kind(kind);
  return base == "scf" || base == "relax" || base == "static";
}

bool is_hop(std::string const& kind) { return kind.starts_with("hop_"); }

std::string layer_kind(std::string const& kind) {
  auto const base = base_kind(kind);
  return concat(is_proxy(kind) ? proxy_prefix : "", base == "scf" ? "layer" : "layer_" + base);
}

/// All proxies of a candidate have the same layers, which the first one brings.
std::string layer_name(std::string const& design, int layer) {
  auto const parts = split(design, ':');
  if (parts.size() >= 3 && parts[1] == "proxy") return concat(parts[0], ":proxy:0:", layer);
  return concat(design, ":", layer);
}

std::string candidate_of(std::string const& design) {
  return design.starts_with("bulk:") ? design : design.substr(0, design.find(':'));
}

LabelSet::LabelSet(bool slab, LabelFact const& first) : slab_(slab), name_(first.comparable) { add(first); }

bool LabelSet::takes(LabelFact const& fact) const {
  return fact.comparable == name_ && std::ranges::all_of(fact.pseudopotentials, [&](auto const& entry) {
           auto const other = pseudopotentials_.find(entry.first);
           return other == pseudopotentials_.end() || other->second == entry.second;
         });
}

void LabelSet::add(LabelFact const& fact) {
  pseudopotentials_.insert(fact.pseudopotentials.begin(), fact.pseudopotentials.end());
  labels_[{fact.kind, fact.design}] = fact;
}

std::size_t LabelSet::members() const { return candidates(false).size(); }

LabelFact const* LabelSet::find(std::string const& kind, std::string const& design) const {
  auto const found = labels_.find({kind, design});
  return found == labels_.end() ? nullptr : &found->second;
}

std::vector<LabelFact const*> LabelSet::candidates(bool proxies) const {
  std::vector<LabelFact const*> all;
  for (auto const& [key, fact] : labels_) {
    auto const& [kind, design] = key;
    if (!is_candidate(kind) || is_proxy(kind) != proxies) continue;
    bool const superseded = base_kind(kind) == "relax" && find(concat(proxies ? proxy_prefix : "", "static"), design);
    if (!superseded) all.push_back(&fact);
  }
  std::ranges::stable_sort(all, {}, &LabelFact::design);
  return all;
}

LabelValue LabelSet::value(LabelFact const& fact) const {
  if (fact.atoms.empty() || !(fact.area_A2 > 0.0)) return none("the label has no structure");
  auto energy = slab_ ? binding(fact) : excess(fact);
  energy.value *= units::J_per_m2 / fact.area_A2;
  return energy;
}

LabelValue LabelSet::binding(LabelFact const& fact) const {
  auto const kind = layer_kind(fact.kind);
  double sum = -fact.energy_eV;
  for (int layer = 1; layer <= 2; ++layer) {
    auto const* part = find(kind, layer_name(fact.design, layer));
    if (!part) return none(concat("no label of layer ", layer));
    sum += part->energy_eV;
  }
  return {sum, ""};
}

LabelValue LabelSet::excess(LabelFact const& fact) const {
  auto left = fact.atoms;
  double sum = fact.energy_eV;
  for (auto const& [key, bulk] : labels_) {
    if (key.first != "bulk") continue;
    // the element that no other bulk of the stack has says how many units there are
    auto const own = std::ranges::find_if(bulk.atoms, [&](auto const& entry) { return is_own(entry.first, bulk); });
    if (own == bulk.atoms.end())
      return none(concat("the elements of ", key.second, " do not tell how much of it there is"));
    if (!left.contains(own->first)) continue;
    double const units = static_cast<double>(left[own->first]) / own->second;
    sum -= units * bulk.energy_eV;
    for (auto const& [number, count] : bulk.atoms) left[number] -= static_cast<int>(std::lround(units * count));
  }
  for (auto const& [number, count] : left) {
    if (count != 0) return none("no labels of bulks that add up to the stack");
  }
  return {sum, ""};
}

bool LabelSet::is_own(int number, LabelFact const& of) const {
  return std::ranges::none_of(labels_, [&](auto const& entry) {
    return entry.first.first == "bulk" && &entry.second != &of && entry.second.atoms.contains(number);
  });
}

std::vector<HopValue> LabelSet::hops() const {
  std::map<std::string, HopValue> hops;
  for (auto const& [key, fact] : labels_) {
    if (!is_hop(key.first) || hops.contains(key.second)) continue;
    HopValue hop{key.second, std::nan(""), std::nan(""), std::nan(""), false, ""};
    auto const *initial = find("hop_initial", hop.design), *saddle = find("hop_saddle", hop.design),
               *last = find("hop_final", hop.design), *band = find("hop_band", hop.design);
    if (initial && saddle && last) {
      hop.forward = saddle->energy_eV - initial->energy_eV;
      hop.backward = saddle->energy_eV - last->energy_eV;
    } else {
      hop.reason = concat("no label of the ", !initial ? "initial" : !saddle ? "saddle" : "final", " image");
    }
    if (band && initial) hop.band = band->energy_eV - initial->energy_eV;
    for (auto const* part : {initial, saddle, last, band}) hop.reduced = hop.reduced || (part && part->reduced);
    hops.emplace(hop.design, hop);
  }
  std::vector<HopValue> list;
  for (auto& [design, hop] : hops) list.push_back(std::move(hop));
  return list;
}

std::vector<LabelSet> label_sets(bool slab, std::span<LabelFact const> facts, std::string const& level,
                                 std::string const& code) {
  std::vector<LabelSet> sets;
  for (auto const& fact : facts) {
    if (fact.changes_physics || fact.level != level || (!code.empty() && fact.code != code)) continue;
    auto const found = std::ranges::find_if(sets, [&](LabelSet const& set) { return set.takes(fact); });
    if (found == sets.end()) {
      sets.emplace_back(slab, fact);
    } else {
      found->add(fact);
    }
  }
  std::ranges::stable_sort(sets, [](LabelSet const& a, LabelSet const& b) {
    return a.members() != b.members() ? a.members() > b.members() : a.name() < b.name();
  });
  return sets;
}

}  // namespace nacre::detail
