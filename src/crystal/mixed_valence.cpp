#include "nacre/crystal/mixed_valence.hpp"

#include <algorithm>
#include <cmath>
#include <map>
#include <optional>

#include "nacre/core/error.hpp"
#include "nacre/core/text.hpp"
#include "nacre/core/value.hpp"
#include "nacre/crystal/elements.hpp"

namespace nacre {
namespace {

/// Elements that do not carry hopping electrons as cations.
bool is_metal(std::string_view name) {
  for (auto const* other : {"H",  "He", "B",  "C",  "N",  "O",  "F",  "Ne", "Si", "P",  "S", "Cl",
                            "Ar", "Ge", "As", "Se", "Br", "Kr", "Te", "I",  "Xe", "At", "Rn"}) {
    if (name == other) return false;
  }
  return true;
}

struct Element {
  std::string name;
  int count = 0;
  std::vector<int> common, all;  ///< charge states, increasing
};

/// Nothing if the table lacks an element.
std::optional<std::vector<Element>> elements_of(Crystal const& crystal) {
  static Value const states = [] {
    auto const path = data_file("oxidation_states.json");
    return Value::parse_json(read_file(path), path.string()).at("states");
  }();
  std::map<int, int> counts;
  for (int const number : crystal.numbers) ++counts[number];
  std::vector<Element> elements;
  for (auto const& [number, count] : counts) {
    Element element{std::string(symbol(number)), count, {}, {}};
    auto const* entry = states.find(element.name);
    if (!entry) return {};
    for (auto const& charge : entry->at("common").as_array())
      element.common.push_back(static_cast<int>(charge.as_integer()));
    element.all = element.common;
    for (auto const& charge : entry->at("other").as_array())
      element.all.push_back(static_cast<int>(charge.as_integer()));
    std::ranges::sort(element.common);
    std::ranges::sort(element.all);
    elements.push_back(std::move(element));
  }
  return elements;
}

/// Total charges that the elements can have with one charge each.
std::vector<std::int64_t> sums(std::vector<Element> const& elements, std::size_t without, bool all) {
  std::vector<std::int64_t> totals{0};
  for (std::size_t e = 0; e < elements.size(); ++e) {
    if (e == without) continue;
    std::vector<std::int64_t> next;
    for (auto const total : totals) {
      for (int const charge : all ? elements[e].all : elements[e].common) {
        next.push_back(total + std::int64_t{charge} * elements[e].count);
      }
    }
    std::ranges::sort(next);
    next.erase(std::unique(next.begin(), next.end()), next.end());
    totals = std::move(next);
  }
  return totals;
}

/// The neighbouring charge states around a mean that is none of them.
std::optional<MixedValence> between(Element const& element, double mean) {
  for (std::size_t k = 0; k + 1 < element.all.size(); ++k) {
    int const lower = element.all[k], higher = element.all[k + 1];
    if (lower <= 0 || mean < lower + 1e-6 || mean > higher - 1e-6) continue;
    return MixedValence{element.name, mean, lower, higher, false};
  }
  return {};
}

std::vector<MixedValence> from_composition(std::vector<Element> const& elements) {
  auto const neutral = sums(elements, elements.size(), true);
  if (std::ranges::binary_search(neutral, std::int64_t{0})) return {};
  std::vector<MixedValence> common, other;
  for (std::size_t e = 0; e < elements.size(); ++e) {
    auto const& element = elements[e];
    if (!is_metal(element.name)) continue;
    for (auto const rest : sums(elements, e, false)) {
      auto const mixed = between(element, -static_cast<double>(rest) / element.count);
      if (!mixed) continue;
      auto const is_common = [&](int charge) { return std::ranges::binary_search(element.common, charge); };
      (is_common(mixed->lower) && is_common(mixed->higher) ? common : other).push_back(*mixed);
      break;
    }
  }
  return common.empty() ? other : common;
}

std::vector<MixedValence> from_states(Crystal const& crystal) {
  struct Range {
    double lowest, highest, sum;
    int count;
  };
  std::map<int, Range> ranges;
  for (std::size_t i = 0; i < crystal.size(); ++i) {
    double const charge = crystal.oxidation[i];
    auto const [found, added] = ranges.try_emplace(crystal.numbers[i], Range{charge, charge, 0.0, 0});
    auto& range = found->second;
    range.lowest = std::min(range.lowest, charge);
    range.highest = std::max(range.highest, charge);
    range.sum += charge;
    ++range.count;
  }
  std::vector<MixedValence> found;
  for (auto const& [number, range] : ranges) {
    std::string const name(symbol(number));
    double const mean = range.sum / range.count;
    bool const whole = std::abs(mean - std::round(mean)) < 1e-6;
    bool const differ = range.highest - range.lowest > 1e-6;
    if (!is_metal(name) || range.lowest <= 0.0 || (whole && !differ)) continue;
    int const lower = static_cast<int>(std::floor(differ ? range.lowest + 1e-6 : mean));
    int const higher = static_cast<int>(std::ceil(differ ? range.highest - 1e-6 : mean));
    found.push_back({name, mean, lower, std::max(higher, lower + 1), true});
  }
  return found;
}

}  // namespace

std::vector<MixedValence> find_mixed_valence(Crystal const& crystal) {
  if (crystal.size() == 0) return {};
  if (crystal.oxidation.size() == crystal.size()) return from_states(crystal);
  auto const elements = elements_of(crystal);
  return elements ? from_composition(*elements) : std::vector<MixedValence>{};
}

std::string mixed_valence_warning(Crystal const& crystal) {
  auto const found = find_mixed_valence(crystal);
  if (found.empty()) return {};
  std::vector<std::string> parts;
  for (auto const& m : found) {
    parts.push_back(concat(m.element, " has charge ", significant(m.mean, 4), " on average, between ", m.element,
                           m.lower, "+ and ", m.element, m.higher, "+"));
  }
  return concat("mixed valence in ", formula(crystal), ": ", join(parts, found.front().given ? "; " : ", or "),
                " (electrons may hop between them as polarons, which models of fixed charges do not see)");
}

}  // namespace nacre
