/// Aligned columns for people.
#pragma once

#include <string>
#include <vector>

#include "nacre/core/value.hpp"

namespace nacre {

class TextTable {
 public:
  explicit TextTable(std::vector<std::string> header) : header_(std::move(header)) {}
  /// Missing cells are empty.
  void row(std::vector<std::string> cells) { rows_.push_back(std::move(cells)); }
  bool empty() const { return rows_.empty(); }
  /// Columns of numbers are flush right, the others flush left; two spaces between, none at the end of a line.
  std::string str(std::string const& indent = {}) const;

 private:
  std::vector<std::string> header_;
  std::vector<std::vector<std::string>> rows_;
};

/// "2.315 ± 0.021" from {"value", "stderr"}; "-" without a value, no error where it is zero.
std::string with_error(Value const& estimate);

/// " [J/m^2]"; nothing for a pure number.
std::string in_brackets(std::string const& unit);

/// Characters of UTF-8 text, which is what a terminal shows.
std::size_t display_width(std::string const& text);

/// Paragraph of at most `width` characters per line.
std::vector<std::string> wrap(std::string const& text, std::size_t width);

}  // namespace nacre
