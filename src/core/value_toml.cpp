#include <sstream>
#include <toml++/toml.h>

#include "nacre/core/error.hpp"
#include "nacre/core/text.hpp"
#include "nacre/core/value.hpp"

namespace nacre {
namespace {

Value convert(toml::node const& node) {
  Value value;
  if (auto const* table = node.as_table()) {
    // toml++ keeps its tables sorted by key; the file's order is that of the lines
    value = Value::object();
    for (auto const& [key, member] : *table) value[std::string_view(key)] = convert(member);
  } else if (auto const* array = node.as_array()) {
    value = Value::array();
    for (auto const& item : *array) value.push_back(convert(item));
  } else if (auto const text = node.value_exact<std::string>()) {
    value = *text;
  } else if (auto const truth = node.value_exact<bool>()) {
    value = *truth;
  } else if (auto const integer = node.value_exact<std::int64_t>()) {
    value = *integer;
  } else if (auto const number = node.value_exact<double>()) {
    value = *number;
  } else {
    std::ostringstream text_form;
    node.visit([&](auto const& held) {
      if constexpr (!toml::is_container<decltype(held)>) text_form << held.get();
    });
    value = text_form.str();  // dates and times, as written
  }
  value.line = static_cast<int>(node.source().begin.line);
  return value;
}

}  // namespace

Value Value::parse_toml(std::string_view text, std::string_view origin) {
  try {
    return convert(toml::parse(text, origin));
  } catch (toml::parse_error const& error) {
    input_error("invalid TOML in '", origin, "', line ", error.source().begin.line, " (", error.description(), ")");
  }
}

Value Value::read_toml(std::filesystem::path const& path) { return parse_toml(read_file(path), path.string()); }

}  // namespace nacre
