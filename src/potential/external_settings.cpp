#include "external_settings.hpp"

#include <algorithm>
#include <array>

#include "nacre/core/error.hpp"
#include "nacre/core/text.hpp"
#include "nacre/core/value.hpp"
#include "nacre/crystal/elements.hpp"

namespace nacre::external {
namespace {

double positive(Value const& value, std::string const& place) {
  double const number = value.as_number();
  require(number > 0.0 && number <= 1e7, place, ": invalid value ", number, " (must be positive)");
  return number;
}

std::vector<std::string> texts_of(Value const& value) {
  std::vector<std::string> texts;
  for (auto const& item : value.as_array()) texts.push_back(item.as_string());
  return texts;
}

void read_address(std::string const& address, std::string const& place, Settings& settings) {
  auto const colon = address.find(':');
  auto const kind = address.substr(0, colon), rest = colon == std::string::npos ? "" : address.substr(colon + 1);
  if (kind == "unix") {
    require(!rest.empty(), place, ": the address '", address, "' names no socket (unix:NAME)");
    settings.unix_name = rest;
    return;
  }
  auto const port = parse_integer(rest);
  require(kind == "inet" && port && *port >= 0 && *port <= 65535, place, ": cannot read the address '", address,
          "' (unix:NAME, or inet:PORT of this computer; inet:0 takes a free port)");
  settings.port = static_cast<int>(*port);
}

bool keeps_cell(std::string const& word) {
  std::array<std::string, 2> const known{"triangular", "as_given"};
  require(std::ranges::find(known, word) != known.end(), "unknown word '", word, "'", did_you_mean(word, known));
  return word == known[1];
}

/// pw.x keeps the k-points of its input where they were when the cell is turned, and says nothing.
bool runs_pw(std::vector<std::string> const& command) {
  return std::ranges::any_of(command, [](auto const& word) { return std::filesystem::path(word).filename() == "pw.x"; });
}

void read_key(std::string const& key, Value const& value, std::string const& place, Settings& settings) {
  if (key == "name") settings.name = value.as_string();
  if (key == "command") settings.command = value.is_string() ? words_of(value.as_string()) : texts_of(value);
  if (key == "address") read_address(value.as_string(), place, settings);
  if (key == "cutoff_A") settings.cutoff = positive(value, place);
  if (key == "timeout_s") settings.timeout = positive(value, place);
  if (key == "start_timeout_s") settings.start_timeout = positive(value, place);
  if (key == "cell") settings.keeps_cell = keeps_cell(value.as_string());
  if (key == "stress") settings.stress = value.as_bool();
  if (key == "learned") settings.learned = value.as_bool();
  if (key == "probe") settings.probe = value.as_string();
  if (key != "elements") return;
  for (auto const& symbol : texts_of(value)) settings.elements.push_back(require_atomic_number(symbol, place));
  std::ranges::sort(settings.elements);
}

}  // namespace

Settings settings_at(std::string const& address, std::string const& place) {
  Settings settings;
  settings.folder = std::filesystem::current_path();
  read_address(address, place, settings);
  return settings;
}

Settings read_settings(std::filesystem::path const& file) {
  static std::vector<std::string> const known{
      "name", "command", "address", "cutoff_A", "timeout_s", "start_timeout_s", "cell", "stress", "learned", "probe", "elements"};
  Settings settings;
  settings.folder = std::filesystem::absolute(file).parent_path();
  auto const document = Value::read_toml(file);
  for (auto const& [key, value] : document.as_object()) {
    auto const place = concat("'", file.string(), "' line ", value.line);
    require(std::ranges::find(known, key) != known.end(), place, ": unknown key '", key, "'", did_you_mean(key, known));
    try {
      read_key(key, value, place, settings);
    } catch (InputError const& error) {
      if (std::string_view(error.what()).starts_with("'" + file.string())) throw;
      input_error(place, ": ", key, ": ", error.what());
    }
  }
  if (document.find("cell") == nullptr) settings.keeps_cell = runs_pw(settings.command);
  require(settings.cutoff.value_or(1.0) < 100.0, "'", file.string(), "': cutoff_A=", *settings.cutoff,
          " is out of range 0..100");
  require(!settings.name.empty(), "'", file.string(),
          "' states no name (which model and version is it? write name = \"...\")");
  if (settings.probe != "auto" && settings.probe != "none")
    settings.probe = (settings.folder / settings.probe).string();
  return settings;
}

std::vector<std::string> words_of(std::string const& command) {
  std::vector<std::string> words;
  char quote = '\0';
  bool inside = false;
  for (std::size_t i = 0; i < command.size(); ++i) {
    char const c = command[i];
    bool const blank = quote == '\0' && (c == ' ' || c == '\t' || c == '\n');
    if (blank) {
      inside = false;
      continue;
    }
    if (!inside) words.emplace_back();
    inside = true;
    if (quote == '\0' && (c == '"' || c == '\'')) {
      quote = c;
    } else if (c == quote) {
      quote = '\0';
    } else if (c == '\\' && quote != '\'' && i + 1 < command.size()) {
      words.back() += command[++i];
    } else {
      words.back() += c;
    }
  }
  require(quote == '\0', "missing closing quote in the command '", command, "'");
  return words;
}

}  // namespace nacre::external
