// Ranked lists of labels: one level at a time, and only energies that may be compared.
#include <Eigen/Geometry>
#include <algorithm>
#include <cmath>
#include <map>

#include "nacre/campaign/dft_queue.hpp"
#include "nacre/core/error.hpp"
#include "nacre/core/text.hpp"
#include "nacre/core/units.hpp"
#include "nacre/crystal/io.hpp"

namespace nacre {
namespace {

using Pseudopotentials = std::map<std::string, std::string>;  // element -> SHA-256

struct Row {
  StoredLabel const* label = nullptr;
  std::string id, words;
  double value = std::nan("");  ///< J/m^2
  double per_atom = 0.0;        ///< eV
  std::string reason;           ///< why there is no value
};

Pseudopotentials pseudopotentials_of(StoredLabel const& label) {
  Pseudopotentials hashes;
  auto const payload = Value::parse_json(label.payload, "a label");
  auto const* provenance = payload.find("provenance");
  auto const* list = provenance ? provenance->find("pseudopotentials") : nullptr;
  if (!list || !list->is_array()) return hashes;
  for (auto const& entry : list->as_array()) hashes[entry.at("element").as_string()] = entry.at("sha256").as_string();
  return hashes;
}

/// No element has two pseudopotentials.
bool agree(Pseudopotentials const& a, Pseudopotentials const& b) {
  return std::ranges::all_of(a, [&](auto const& entry) {
    auto const other = b.find(entry.first);
    return other == b.end() || other->second == entry.second;
  });
}

/// Labels of one group by what they are of.
class Group {
 public:
  explicit Group(CampaignConfig const& config) : slab_(config.stacks.geometry == "slab") {}
  void add(StoredLabel const& label) { labels_[{label.kind, label.design}] = &label; }
  std::vector<StoredLabel const*> candidates() const {
    std::vector<StoredLabel const*> all;
    for (auto const& [key, label] : labels_) {
      if (key.first == "scf" || key.first == "relax") all.push_back(label);
    }
    return all;
  }
  Row row(StoredLabel const& label) const {
    Row row{&label, label.design, "", std::nan(""), 0.0, ""};
    auto const frame = parse_extxyz(label.structure, "label " + label.calculation).back();
    row.per_atom = label.energy_eV / static_cast<double>(frame.crystal.size());
    double const area = frame.crystal.lattice.col(0).cross(frame.crystal.lattice.col(1)).norm();
    auto const [energy, reason] = slab_ ? binding(label) : excess(label, frame.crystal);
    row.reason = reason;
    row.value = energy / area * units::J_per_m2;
    return row;
  }

 private:
  using Energy = std::pair<double, std::string>;  ///< [eV], or NaN and why

  StoredLabel const* find(std::string const& kind, std::string const& design) const {
    auto const found = labels_.find({kind, design});
    return found == labels_.end() ? nullptr : found->second;
  }

  /// E_1 + E_2 - E_stack: frozen layers give the work of separation, relaxed ones that of adhesion.
  Energy binding(StoredLabel const& label) const {
    auto const kind = label.kind == "relax" ? "layer_relax" : "layer";
    double sum = -label.energy_eV;
    for (auto const* layer : {":1", ":2"}) {
      auto const* part = find(kind, label.design + layer);
      if (!part) return {std::nan(""), concat("no label of layer ", layer + 1)};
      sum += part->energy_eV;
    }
    return {sum, ""};
  }

  /// E - sum n_i E_i, by composition: the strain of the layers is in it.
  Energy excess(StoredLabel const& label, Crystal const& crystal) const {
    std::map<int, int> left;
    for (auto const number : crystal.numbers) ++left[number];
    double sum = label.energy_eV;
    for (auto const& [key, bulk] : labels_) {
      if (key.first != "bulk") continue;
      auto const cell = parse_extxyz(bulk->structure, "label " + bulk->calculation).back().crystal;
      std::map<int, int> unit;
      for (auto const number : cell.numbers) ++unit[number];
      // the element that no other bulk of the stack has says how many units there are
      auto const own = std::ranges::find_if(unit, [&](auto const& entry) { return is_own(entry.first, bulk); });
      if (own == unit.end())
        return {std::nan(""), concat("the elements of ", key.second, " do not tell how much of it there is")};
      if (!left.contains(own->first)) continue;
      double const units = static_cast<double>(left[own->first]) / own->second;
      sum -= units * bulk->energy_eV;
      for (auto const& [number, count] : unit) left[number] -= static_cast<int>(std::lround(units * count));
    }
    for (auto const& [number, count] : left) {
      if (count != 0) return {std::nan(""), "no labels of bulks that add up to the stack"};
    }
    return {sum, ""};
  }

  bool is_own(int number, StoredLabel const* of) const {
    return std::ranges::none_of(labels_, [&](auto const& entry) {
      if (entry.first.first != "bulk" || entry.second == of) return false;
      auto const cell = parse_extxyz(entry.second->structure, "a label").back().crystal;
      return std::ranges::find(cell.numbers, number) != cell.numbers.end();
    });
  }

  bool slab_;
  std::map<std::pair<std::string, std::string>, StoredLabel const*> labels_;
};

/// Candidates by value; those without one after them.
std::vector<Row> ranked(Group const& group, bool larger_first) {
  std::vector<Row> rows;
  for (auto const* label : group.candidates()) rows.push_back(group.row(*label));
  std::ranges::sort(rows, [&](Row const& a, Row const& b) {
    if (std::isnan(a.value) != std::isnan(b.value)) return std::isnan(b.value);
    if (!std::isnan(a.value) && a.value != b.value) return larger_first ? a.value > b.value : a.value < b.value;
    return a.id < b.id;
  });
  return rows;
}

Value rows_document(std::vector<Row> const& rows, std::map<std::string, std::string> const& words) {
  Value list = Value::array();
  std::int64_t rank = 0;
  for (auto const& row : rows) {
    auto const payload = Value::parse_json(row.label->payload, "a label");
    auto const* result = payload.find("result");
    auto const* reduced = result ? result->find("reduced") : nullptr;
    auto const known = words.find(row.label->calculation);
    Value entry;
    entry["rank"] = std::isnan(row.value) ? Value() : Value(++rank);
    entry["id"] = row.id;
    entry["words"] = known == words.end() ? Value() : Value(known->second);
    entry["kind"] = row.label->kind;
    entry["value_J_per_m2"] = std::isnan(row.value) ? Value() : Value(row.value);
    entry["reason"] = row.reason.empty() ? Value() : Value(row.reason);
    entry["energy_eV"] = row.label->energy_eV;
    entry["energy_eV_per_atom"] = row.per_atom;
    entry["reduced"] = reduced && reduced->is_bool() && reduced->as_bool();
    list.push_back(entry);
  }
  return list;
}

}  // namespace

Value dft_ranking(CampaignConfig const& config, Store const& store, std::string const& level, std::string const& code) {
  auto const labels = store.labels();
  std::vector<std::string> levels;
  for (auto const& label : labels) {
    if (std::ranges::find(levels, label.level) == levels.end()) levels.push_back(label.level);
  }
  require(std::ranges::find(levels, level) != levels.end(), "no label of level '", level, "' yet",
          levels.empty() ? std::string(" (nacre queue list says how far the queue is)") : did_you_mean(level, levels));
  std::map<std::string, std::string> words;
  for (auto const& request : store.requests()) words[request.id] = request.words;

  struct Comparable {
    std::string name;
    Pseudopotentials hashes;
    Group group;
    std::int64_t members = 0;
  };
  std::vector<Comparable> groups;
  std::int64_t changed = 0;
  for (auto const& label : labels) {
    if (label.level != level || (!code.empty() && label.code != code)) continue;
    if (label.changes_physics) {
      ++changed;
      continue;
    }
    auto const hashes = pseudopotentials_of(label);
    auto found = std::ranges::find_if(
        groups, [&](Comparable const& each) { return each.name == label.comparable && agree(each.hashes, hashes); });
    if (found == groups.end()) found = groups.insert(groups.end(), {label.comparable, {}, Group(config), 0});
    found->hashes.insert(hashes.begin(), hashes.end());
    found->group.add(label);
    found->members += label.kind == "scf" || label.kind == "relax" ? 1 : 0;
  }
  std::ranges::stable_sort(groups, [](auto const& a, auto const& b) { return a.members > b.members; });

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
  for (auto const& each : groups) {
    Value entry;
    entry["comparable"] = each.name;
    entry["candidates"] = rows_document(ranked(each.group, slab), words);
    document["groups"].push_back(entry);
  }
  return document;
}

}  // namespace nacre
