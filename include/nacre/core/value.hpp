/// A tree of plain values: what JSON and TOML files hold, with the line each value came from.
///
/// Objects keep their order. Numbers are written so that they read back to the same bits; NaN and infinities are
/// written as null (a status beside them says why). nlohmann-json and toml++ are seen only in the .cpp files.
#pragma once

#include <cstdint>
#include <filesystem>
#include <initializer_list>
#include <memory>
#include <string>
#include <string_view>
#include <utility>
#include <variant>
#include <vector>

#include "nacre/core/api.hpp"

namespace nacre {

class NACRE_API Value {
 public:
  using Array = std::vector<Value>;
  using Object = std::vector<std::pair<std::string, Value>>;

  Value() = default;  ///< null
  Value(bool v) : data_(v) {}
  Value(int v) : data_(static_cast<std::int64_t>(v)) {}
  Value(std::int64_t v) : data_(v) {}
  Value(std::uint64_t v) : data_(static_cast<std::int64_t>(v)) {}
  Value(double v) : data_(v) {}
  Value(char const* v) : data_(std::string(v)) {}
  Value(std::string v) : data_(std::move(v)) {}
  Value(std::string_view v) : data_(std::string(v)) {}
  Value(Array v) : data_(std::move(v)) {}
  Value(Object v) : data_(std::move(v)) {}
  static Value array() { return Value(Array{}); }
  static Value object() { return Value(Object{}); }

  bool is_null() const { return data_.index() == 0; }
  bool is_bool() const { return std::holds_alternative<bool>(data_); }
  bool is_integer() const { return std::holds_alternative<std::int64_t>(data_); }
  bool is_number() const { return is_integer() || std::holds_alternative<double>(data_); }
  bool is_string() const { return std::holds_alternative<std::string>(data_); }
  bool is_array() const { return std::holds_alternative<Array>(data_); }
  bool is_object() const { return std::holds_alternative<Object>(data_); }
  std::string_view type_name() const;

  // Each throws InputError with the line and the type met if it is something else.
  bool as_bool() const;
  std::int64_t as_integer() const;
  double as_number() const;  ///< integers, too
  std::string const& as_string() const;
  Array const& as_array() const;
  Object const& as_object() const;

  Value const* find(std::string_view key) const;      ///< nullptr if this is no object or has no such key
  Value const& at(std::string_view key) const;        ///< @throws InputError if missing
  Value& operator[](std::string_view key);            ///< of an object (or null, which becomes one); made if missing
  void push_back(Value v);                            ///< of an array (or null, which becomes one)
  std::size_t size() const;

  int line = 0;                                       ///< in the file it was read from; 0 if unknown

  std::string dump(int indent = -1) const;            ///< JSON; one line for indent < 0
  /// @throws InputError with `origin` and the place
  static Value parse_json(std::string_view text, std::string_view origin);
  static Value parse_toml(std::string_view text, std::string_view origin);
  static Value read_toml(std::filesystem::path const& path);

 private:
  std::variant<std::monostate, bool, std::int64_t, double, std::string, Array, Object> data_;
};

}  // namespace nacre
