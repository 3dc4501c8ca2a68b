#include <nlohmann/json.hpp>

#include "nacre/core/error.hpp"
#include "nacre/core/value.hpp"

namespace nacre {
namespace {

using Json = nlohmann::ordered_json;

Value convert(Json const& json) {
  switch (json.type()) {
    case Json::value_t::boolean: return json.get<bool>();
    case Json::value_t::number_integer:
    case Json::value_t::number_unsigned: return json.get<std::int64_t>();
    case Json::value_t::number_float: return json.get<double>();
    case Json::value_t::string: return json.get<std::string>();
    case Json::value_t::array: {
      Value::Array items;
      for (auto const& item : json) items.push_back(convert(item));
      return items;
    }
    case Json::value_t::object: {
      Value::Object members;
      for (auto const& [key, member] : json.items()) members.emplace_back(key, convert(member));
      return members;
    }
    default: return {};
  }
}

}  // namespace

Value Value::parse_json(std::string_view text, std::string_view origin) {
  try {
    return convert(Json::parse(text));
  } catch (Json::exception const& error) {
    input_error("invalid JSON in ", origin, " (", error.what(), ")");
  }
}

}  // namespace nacre
