#include "config_table.hpp"

#include <numeric>

namespace nacre::config {

std::string in_quotes(std::string_view text) { return Value(text).dump(); }

std::string in_file(double value) {
  auto const text = shortest(value);
  return text.find_first_of(".e") == std::string::npos ? text + ".0" : text;
}

std::string describe_type(std::string const& word, Rule const& rule) {
  if (!rule.choices.empty()) {
    std::vector<std::string> parts;
    for (auto const& choice : rule.choices) parts.push_back(in_quotes(choice));
    return concat(word.starts_with("list") ? "list of " : "", join(parts, " | "));
  }
  if (rule.lower && rule.upper) return concat(word, " in (", shortest(*rule.lower), ", ", shortest(*rule.upper), ")");
  if (rule.lower) return concat(word, rule.open ? " > " : " >= ", shortest(*rule.lower));
  return word;
}

void check_range(double value, Rule const& rule) {
  bool const low = rule.lower && (rule.open ? value <= *rule.lower : value < *rule.lower);
  bool const high = rule.upper && (rule.open ? value >= *rule.upper : value > *rule.upper);
  if (low || high) throw WrongValue{};
}

void check_choice(std::string const& word, Rule const& rule) {
  if (rule.required && word.empty()) throw WrongValue{"must not be empty"};
  if (rule.choices.empty() || std::find(rule.choices.begin(), rule.choices.end(), word) != rule.choices.end()) return;
  throw WrongValue{"", 0, did_you_mean(word, rule.choices)};
}

double finite_number(Value const& value) {
  auto const number = value.as_number();
  if (!std::isfinite(number)) throw WrongValue{"must be finite"};
  return number;
}

Eigen::Vector3i Form<Eigen::Vector3i>::read(Value const& value, Rule const&) {
  auto const wrong = [&](char const* reason) { throw WrongValue{reason, value.line}; };
  if (!value.is_array() || value.size() != 3) wrong("each entry is three integers h, k, l");
  Eigen::Vector3i result;
  for (int i = 0; i < 3; ++i) {
    auto const& entry = value.as_array()[static_cast<std::size_t>(i)];
    if (!entry.is_integer() || std::abs(entry.as_integer()) > 1000) wrong("each entry is three small integers h, k, l");
    result[i] = static_cast<int>(entry.as_integer());
  }
  auto const divisor = std::gcd(std::gcd(result[0], result[1]), result[2]);
  if (divisor == 0) wrong("(0 0 0) is no plane");
  return result / divisor;
}

std::string Place::at(int line) const {
  return line > 0 ? concat("in '", origin, "', line ", line, ": ") : concat("in '", origin, "': ");
}

void Place::fail(int line, std::string const& message) const { throw InputError(at(line) + message); }

void fail_unknown_key(Place const& place, std::string const& section, std::string const& key,
                      std::vector<std::string> const& known, int line) {
  place.fail(line, concat("unknown key '", key, "' in ", section, did_you_mean(key, known)));
}

namespace {

std::string with_article(std::string const& type) {
  if (type.starts_with("true") || type.starts_with('"')) return type;
  return concat(type.starts_with("integer") ? "an " : "a ", type);
}

std::string as_written(Value const& value) {
  bool const not_finite = value.is_number() && !std::isfinite(value.as_number());
  return not_finite ? concat(value.as_number()) : value.dump();
}

}  // namespace

void fail_value(Place const& place, ConfigKey const& key, std::string const& section, Value const& value,
                WrongValue const& wrong) {
  auto const line = wrong.line > 0 ? wrong.line : value.line;
  auto const problem = concat("invalid ", key.key, " = ", as_written(value), " in ", section);
  if (!wrong.suggestion.empty()) place.fail(line, problem + wrong.suggestion);
  place.fail(line, concat(problem, " (",
                          wrong.reason.empty() ? concat("must be ", with_article(key.type)) : wrong.reason, ")"));
}

}  // namespace nacre::config
