#include "nacre/core/value.hpp"

#include <cmath>

#include "nacre/core/error.hpp"
#include "nacre/core/text.hpp"

namespace nacre {
namespace {

void write_string(std::string& out, std::string_view text) {
  static constexpr char digits[] = "0123456789abcdef";
  out += '"';
  for (unsigned char const c : text) {
    switch (c) {
      case '"': out += "\\\""; break;
      case '\\': out += "\\\\"; break;
      case '\n': out += "\\n"; break;
      case '\t': out += "\\t"; break;
      case '\r': out += "\\r"; break;
      default:
        if (c < 0x20) {
          out += "\\u00";
          out += digits[c >> 4];
          out += digits[c & 15];
        } else {
          out += static_cast<char>(c);
        }
    }
  }
  out += '"';
}

void new_line(std::string& out, int indent, int depth) {
  if (indent < 0) return;
  out += '\n';
  out.append(static_cast<std::size_t>(indent * depth), ' ');
}

void write(std::string& out, Value const& value, int indent, int depth) {
  if (value.is_object()) {
    out += '{';
    bool first = true;
    for (auto const& [key, member] : value.as_object()) {
      if (!first) out += indent < 0 ? ", " : ",";
      first = false;
      new_line(out, indent, depth + 1);
      write_string(out, key);
      out += ": ";
      write(out, member, indent, depth + 1);
    }
    if (!first) new_line(out, indent, depth);
    out += '}';
  } else if (value.is_array()) {
    auto const& items = value.as_array();
    bool const flat = items.empty() || (!items.front().is_object() && !items.front().is_array());
    out += '[';
    for (std::size_t i = 0; i < items.size(); ++i) {
      if (i > 0) out += indent < 0 || flat ? ", " : ",";
      if (!flat) new_line(out, indent, depth + 1);
      write(out, items[i], indent, depth + 1);
    }
    if (!flat) new_line(out, indent, depth);
    out += ']';
  } else if (value.is_string()) {
    write_string(out, value.as_string());
  } else if (value.is_bool()) {
    out += value.as_bool() ? "true" : "false";
  } else if (value.is_integer()) {
    out += std::to_string(value.as_integer());
  } else if (value.is_number()) {
    out += shortest(value.as_number());
  } else {
    out += "null";
  }
}

}  // namespace

std::string_view Value::type_name() const {
  static constexpr std::string_view names[] = {"nothing", "a boolean", "an integer", "a number", "a string", "a list", "a table"};
  return names[data_.index()];
}

#define NACRE_VALUE_AS(Type, wanted)                                                                         \
  if (auto const* held = std::get_if<Type>(&data_)) return *held;                                            \
  input_error(line > 0 ? concat("line ", line, ": ") : "", "expected ", wanted, ", found ", type_name())

bool Value::as_bool() const { NACRE_VALUE_AS(bool, "true or false"); }
std::int64_t Value::as_integer() const { NACRE_VALUE_AS(std::int64_t, "an integer"); }
std::string const& Value::as_string() const { NACRE_VALUE_AS(std::string, "a string"); }
Value::Array const& Value::as_array() const { NACRE_VALUE_AS(Array, "a list"); }
Value::Object const& Value::as_object() const { NACRE_VALUE_AS(Object, "a table"); }
double Value::as_number() const {
  if (auto const* integer = std::get_if<std::int64_t>(&data_)) return static_cast<double>(*integer);
  NACRE_VALUE_AS(double, "a number");
}
#undef NACRE_VALUE_AS

Value const* Value::find(std::string_view key) const {
  if (auto const* object = std::get_if<Object>(&data_)) {
    for (auto const& [name, member] : *object) {
      if (name == key) return &member;
    }
  }
  return nullptr;
}

Value const& Value::at(std::string_view key) const {
  auto const* member = find(key);
  require(member != nullptr, line > 0 ? concat("line ", line, ": ") : "", "missing key '", key, "'");
  return *member;
}

Value& Value::operator[](std::string_view key) {
  if (is_null()) data_ = Object{};
  auto& object = std::get<Object>(data_);
  for (auto& [name, member] : object) {
    if (name == key) return member;
  }
  return object.emplace_back(std::string(key), Value()).second;
}

void Value::push_back(Value v) {
  if (is_null()) data_ = Array{};
  std::get<Array>(data_).push_back(std::move(v));
}

std::size_t Value::size() const {
  if (auto const* items = std::get_if<Array>(&data_)) return items->size();
  if (auto const* object = std::get_if<Object>(&data_)) return object->size();
  return 0;
}

std::string Value::dump(int indent) const {
  std::string out;
  write(out, *this, indent, 0);
  return out;
}

}  // namespace nacre
