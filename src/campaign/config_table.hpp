/// A section of campaign.toml as a table: one row per key gives what is printed of it and how it is read, so that the
/// documentation, the defaults and the parser cannot disagree.
#pragma once

#include <Eigen/Core>
#include <algorithm>
#include <cmath>
#include <filesystem>
#include <functional>
#include <map>
#include <optional>
#include <string>
#include <type_traits>
#include <vector>

#include "nacre/campaign/config.hpp"
#include "nacre/core/error.hpp"
#include "nacre/core/estimate.hpp"
#include "nacre/core/text.hpp"
#include "nacre/core/value.hpp"

namespace nacre::config {

/// What a value must obey besides its type.
struct Rule {
  bool required = false;
  std::optional<double> lower, upper;
  bool open = false;                 ///< the bounds themselves are not allowed
  std::vector<std::string> choices;  ///< of a string, or of each string of a list
};
inline Rule any() { return {}; }
inline Rule required() { return {true, {}, {}, false, {}}; }
inline Rule at_least(double lower) { return {false, lower, {}, false, {}}; }
inline Rule above(double lower) { return {false, lower, {}, true, {}}; }
inline Rule inside(double lower, double upper) { return {false, lower, upper, true, {}}; }
inline Rule one_of(std::vector<std::string> choices) { return {false, {}, {}, false, std::move(choices)}; }

/// What is wrong with a value; the reader of the section adds the file, the line and the key.
struct WrongValue {
  std::string reason = {};      ///< empty: the type of the key says it
  int line = 0;                 ///< 0: that of the key
  std::string suggestion = {};  ///< "; did you mean ..."
};

std::string describe_type(std::string const& word, Rule const& rule);
std::string in_quotes(std::string_view text);
std::string in_file(double value);
/// @throws WrongValue unless `value` obeys `rule`
void check_range(double value, Rule const& rule);
void check_choice(std::string const& word, Rule const& rule);
double finite_number(Value const& value);

/// How one C++ type is written in the file.
template <class T>
struct Form;

template <>
struct Form<bool> {
  static constexpr char const* word = "true or false";
  static std::string write(bool value) { return value ? "true" : "false"; }
  static bool read(Value const& value, Rule const&) { return value.as_bool(); }
};

template <class T>
requires(std::is_integral_v<T> && !std::is_same_v<T, bool>) struct Form<T> {
  static constexpr char const* word = "integer";
  static std::string write(T value) { return std::to_string(value); }
  static T read(Value const& value, Rule const& rule) {
    auto const number = value.as_integer();
    check_range(static_cast<double>(number), rule);
    if constexpr (sizeof(T) < sizeof number) {
      if (number != static_cast<T>(number)) throw WrongValue{"too large"};
    }
    return static_cast<T>(number);
  }
};

template <>
struct Form<double> {
  static constexpr char const* word = "number";
  static std::string write(double value) { return in_file(value); }
  static double read(Value const& value, Rule const& rule) {
    auto const number = finite_number(value);
    check_range(number, rule);
    return number;
  }
};

template <>
struct Form<std::string> {
  static constexpr char const* word = "string";
  static std::string write(std::string const& value) { return in_quotes(value); }
  static std::string read(Value const& value, Rule const& rule) {
    check_choice(value.as_string(), rule);
    return value.as_string();
  }
};

template <>
struct Form<std::filesystem::path> {
  static constexpr char const* word = "path";
  static std::string write(std::filesystem::path const& value) { return in_quotes(value.string()); }
  static std::filesystem::path read(Value const& value, Rule const&) {
    if (value.as_string().empty()) throw WrongValue{"empty"};
    return value.as_string();
  }
};

template <>
struct Form<Direction> {
  static constexpr char const* word = "string";
  static std::string write(Direction value) { return in_quotes(to_string(value)); }
  static Direction read(Value const& value, Rule const& rule) {
    check_choice(value.as_string(), rule);
    return direction_from(value.as_string());
  }
};

template <>
struct Form<Eigen::Vector3i> {
  static constexpr char const* word = "[h, k, l]";
  static Eigen::Vector3i read(Value const& value, Rule const&);
};

template <class T>
struct Form<std::optional<T>> {
  static constexpr char const* word = Form<T>::word;
  static std::string write(std::optional<T> const& value) { return value ? Form<T>::write(*value) : std::string(); }
  static std::optional<T> read(Value const& value, Rule const& rule) { return Form<T>::read(value, rule); }
};

template <class T>
struct Form<std::vector<T>> {
  static inline std::string const word =
      concat("list of ", Form<T>::word, std::is_same_v<T, Eigen::Vector3i> ? "" : "s");
  static std::string write(std::vector<T> const& values) {
    std::vector<std::string> parts;
    if constexpr (requires(T const& item) { Form<T>::write(item); }) {
      for (auto const& value : values) parts.push_back(Form<T>::write(value));
    }
    return concat("[", join(parts, ", "), "]");
  }
  static std::vector<T> read(Value const& value, Rule const& rule) {
    std::vector<T> items;
    for (auto const& item : value.as_array()) {
      auto const next = Form<T>::read(item, rule);
      if (std::find(items.begin(), items.end(), next) != items.end())
        throw WrongValue{"the same entry twice", item.line};
      items.push_back(next);
    }
    if (items.empty() && rule.required) throw WrongValue{"must not be empty"};
    return items;
  }
};

template <>
struct Form<std::map<std::string, double>> {
  static constexpr char const* word = "table of symbol = number";
  static std::string write(std::map<std::string, double> const&) { return {}; }
  static std::map<std::string, double> read(Value const& value, Rule const& rule) {
    std::map<std::string, double> entries;
    for (auto const& [key, number] : value.as_object()) entries[key] = Form<double>::read(number, rule);
    return entries;
  }
};

template <>
struct Form<std::map<std::string, std::string>> {
  static constexpr char const* word = "table of name = string";
  static std::string write(std::map<std::string, std::string> const&) { return {}; }
  static std::map<std::string, std::string> read(Value const& value, Rule const& rule) {
    std::map<std::string, std::string> entries;
    for (auto const& [key, text] : value.as_object()) entries[key] = Form<std::string>::read(text, rule);
    return entries;
  }
};

/// One row: what is printed and how it is read into its owner.
template <class Owner>
struct Key {
  ConfigKey text;
  bool required = false;
  std::function<void(Owner&, Value const&)> read;
};

template <class Owner>
using Table = std::vector<Key<Owner>>;

/// @param rule what the value must obey; a key whose default is empty shows "(none)" and the meaning says what follows
template <class Owner, class T>
Key<Owner> key(std::string name, T Owner::*field, Rule rule, std::string unit, std::string meaning) {
  auto const fallback = [&] {
    if (rule.required) return std::string("(required)");
    auto const text = [&] {
      if constexpr (requires(T const& value) { Form<T>::write(value); }) return Form<T>::write(Owner().*field);
      return std::string();
    }();
    return text.empty() || text == "\"\"" || text == "[]" ? std::string("(none)") : text;
  }();
  Key<Owner> row;
  row.text = {"", std::move(name), describe_type(Form<T>::word, rule), std::move(unit), fallback, std::move(meaning)};
  row.required = rule.required;
  row.read = [field, rule](Owner& owner, Value const& value) { owner.*field = Form<T>::read(value, rule); };
  return row;
}

/// Where something was read: opens its messages with the file and the line.
struct Place {
  std::string origin;  ///< DIR/campaign.toml
  std::string at(int line) const;
  [[noreturn]] void fail(int line, std::string const& message) const;
};

[[noreturn]] void fail_unknown_key(Place const& place, std::string const& section, std::string const& key,
                                   std::vector<std::string> const& known, int line);
[[noreturn]] void fail_value(Place const& place, ConfigKey const& key, std::string const& section, Value const& value,
                             WrongValue const& wrong);

/// Reads the keys of one table; what the file leaves out keeps its default.
/// @param also keys that the caller reads itself
template <class Owner>
void read_section(Place const& place, std::string const& section, Value const& value, Table<Owner> const& table,
                  Owner& owner, std::vector<std::string> const& also = {}) {
  if (!value.is_object())
    place.fail(value.line, concat("invalid ", section, " (must be a table, is ", value.type_name(), ")"));
  std::vector<std::string> known;
  for (auto const& row : table) known.push_back(row.text.key);
  known.insert(known.end(), also.begin(), also.end());
  for (auto const& [name, member] : value.as_object()) {
    if (std::find(known.begin(), known.end(), name) == known.end()) {
      fail_unknown_key(place, section, name, known, member.line);
    }
  }
  for (auto const& row : table) {
    auto const* member = value.find(row.text.key);
    if (!member && row.required) place.fail(value.line, concat("missing key '", row.text.key, "' in ", section));
    if (!member) continue;
    try {
      row.read(owner, *member);
    } catch (WrongValue const& wrong) {
      fail_value(place, row.text, section, *member, wrong);
    } catch (InputError const&) {  // another type than the one asked for
      fail_value(place, row.text, section, *member, {});
    }
  }
}

Table<CampaignConfig> const& campaign_table();
Table<CampaignConfig::Run> const& run_table();
Table<CampaignConfig::Search> const& search_table();
Table<CampaignConfig> const& space_table();
Table<CampaignConfig::Stacks> const& stacks_table();
Table<MaterialConfig> const& material_table();
Table<MaterialConfig::Carrier> const& carrier_table();
Table<CampaignConfig::PotentialSettings> const& potential_table();
Table<MdTierOptions> const& dynamics_table();
/// What the keys of [dynamics] must obey together.
void check_dynamics(CampaignConfig const& config, Place const& place, Value const& file);
Table<ObjectiveConfig> const& objective_table();
Table<ConstraintConfig> const& constraint_table();
Table<CampaignConfig::Dft> const& dft_table();
Table<dft::Settings> const& dft_settings_table();  ///< of the same section
Table<CampaignConfig::Queue> const& queue_table();  ///< of the same section
Table<CampaignConfig::Launch> const& launch_table();  ///< of [dft.local], [dft.slurm] and [dft.generic]
Table<dft::SlurmOptions> const& slurm_table();
Table<dft::GenericOptions> const& generic_table();
Table<CampaignConfig> const& store_table();

}  // namespace nacre::config
