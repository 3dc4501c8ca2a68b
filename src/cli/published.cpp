#include "published.hpp"

#include "nacre/core/error.hpp"
#include "nacre/core/text.hpp"

namespace nacre {

std::optional<CampaignConfig> readable_campaign(std::filesystem::path const& folder) {
  try {
    return read_campaign(folder);
  } catch (InputError const&) {
    return std::nullopt;
  }
}

Published::Published(std::filesystem::path const& folder) : folder_(folder), store_(folder, Store::Mode::read) {}

Value Published::ranking() const {
  if (auto const stored = store_.ranking()) return Value::parse_json(*stored, "the stored ranking");
  Value none;
  none["schema"] = "nacre.ranking/1";
  none["objectives"] = objectives();
  none["ranked"] = 0;
  none["left_out"] = Value::object();
  none["candidates"] = Value::array();
  none["references"] = Value::array();
  return none;
}

Value::Array Published::objectives() const {
  auto const stored = store_.meta("objectives");
  require(stored.has_value(), "no results in '", folder_.string(), "' yet (nacre status says how far it is)");
  auto const entries = Value::parse_json(*stored, "the stored objectives");
  Value::Array objectives;
  for (auto const& entry : entries.as_array()) {
    Value objective;
    for (auto const* key : {"name", "unit", "direction"}) objective[key] = entry.at(key);
    objectives.push_back(objective);
  }
  return objectives;
}

std::optional<EvaluatedDesign> Published::find(Hash128 const& design, Tier tier) const {
  auto const take = [&](std::optional<Outcome> outcome) -> std::optional<EvaluatedDesign> {
    if (!outcome) return std::nullopt;
    for (auto& entry : outcome->designs) {
      if (entry.design.id() == design) return std::move(entry);
    }
    return std::nullopt;
  };
  auto const number = store_.find_design(design, tier);
  if (number) return take(store_.outcome(*number));
  return tier == Tier::potential ? take(store_.reference()) : std::nullopt;
}

Hash128 Published::resolve(std::string const& prefix) const {
  require(!prefix.empty() && prefix.size() <= 32 && prefix.find_first_not_of("0123456789abcdef") == std::string::npos,
          "invalid id '", prefix, "' (must be the first of the 32 hexadecimal digits that nacre top prints)");
  auto const found = store_.designs_beginning_with(prefix, 4);
  require(!found.empty(), "no candidate '", prefix, "' in '", folder_.string(), "'");
  require(found.size() == 1, "ambiguous id '", prefix, "' (", join(found, ", "), "); give more digits");
  return Hash128::from_hex(found.front());
}

}  // namespace nacre
