/// Files of named arrays in the safetensors layout: 8 bytes with the length of a JSON header (little-endian), the
/// header, then the arrays one after the other. Such a file holds numbers only and never code, so that a model from
/// anywhere can be opened; everything in the header is checked against the size of the file before it is used.
#pragma once

#include <cstddef>
#include <cstdint>
#include <filesystem>
#include <map>
#include <string>
#include <string_view>
#include <vector>

#include "nacre/core/api.hpp"

namespace nacre {

class NACRE_API Safetensors {
 public:
  /// @throws InputError with the path and what is wrong with the file
  explicit Safetensors(std::filesystem::path const& path);

  /// Texts of `__metadata__`.
  std::map<std::string, std::string> const& metadata() const { return metadata_; }
  /// @throws InputError if the file has no such text
  std::string const& text(std::string const& key) const;

  bool has(std::string const& name) const { return arrays_.contains(name); }
  std::vector<std::string> names() const;
  /// "F32", "F64", ... as in the file. @throws InputError if there is no such array
  std::string const& type(std::string const& name) const;
  std::vector<std::int64_t> const& shape(std::string const& name) const;
  /// The elements in row-major order, for types F32, F64, F16 and BF16.
  /// @throws InputError if there is no such array, its shape or type is another, or a number is not finite
  std::vector<double> numbers(std::string const& name, std::vector<std::int64_t> const& shape) const;

  std::string const& path() const { return path_; }
  static bool looks_like_one(std::string_view first_bytes);  ///< by its first bytes, nine or more

 private:
  struct Array {
    std::string type;
    std::vector<std::int64_t> shape;
    std::size_t begin = 0, end = 0;  ///< in data_
  };
  void read_header(std::string_view header, std::size_t data_bytes);
  Array const& array(std::string const& name) const;

  std::string path_;
  std::map<std::string, std::string> metadata_;
  std::map<std::string, Array> arrays_;
  std::string data_;
};

}  // namespace nacre
