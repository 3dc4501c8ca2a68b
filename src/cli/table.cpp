#include "table.hpp"

#include <algorithm>

#include "nacre/core/error.hpp"
#include "nacre/core/text.hpp"

namespace nacre {
namespace {

/// A cell that may stand flush right: a number, perhaps with its error behind it, or nothing.
bool is_numeric(std::string const& cell) {
  auto const words = split_words(cell);
  return cell.empty() || cell == "-" || parse_double(words.front()).has_value();
}

std::string padding(std::size_t width, std::string const& cell) {
  return std::string(width - std::min(width, display_width(cell)), ' ');
}

}  // namespace

std::size_t display_width(std::string const& text) {
  return static_cast<std::size_t>(
      std::count_if(text.begin(), text.end(), [](char c) { return (static_cast<unsigned char>(c) & 0xC0) != 0x80; }));
}

std::string with_error(Value const& estimate) {
  if (!estimate.at("value").is_number()) return "-";
  auto const text = significant(estimate.at("value").as_number(), 5);
  auto const& error = estimate.at("stderr");
  if (!error.is_number() || error.as_number() == 0.0) return text;
  return text + " ± " + significant(error.as_number(), 2);
}

std::string in_brackets(std::string const& unit) {
  return unit.empty() || unit == "1" ? std::string() : concat(" [", unit, "]");
}

std::string TextTable::str(std::string const& indent) const {
  auto const columns = header_.size();
  std::vector<std::size_t> width(columns, 0);
  std::vector<bool> right(columns, true);
  for (std::size_t c = 0; c < columns; ++c) width[c] = display_width(header_[c]);
  for (auto const& row : rows_) {
    for (std::size_t c = 0; c < std::min(columns, row.size()); ++c) {
      width[c] = std::max(width[c], display_width(row[c]));
      right[c] = right[c] && is_numeric(row[c]);
    }
  }
  std::string out;
  auto const print = [&](std::vector<std::string> const& cells) {
    std::string line = indent;
    for (std::size_t c = 0; c < columns; ++c) {
      auto const cell = c < cells.size() ? cells[c] : std::string();
      if (c > 0) line += "  ";
      line += right[c] ? padding(width[c], cell) + cell : cell + padding(width[c], cell);
    }
    out += line.substr(0, line.find_last_not_of(' ') + 1) + '\n';
  };
  print(header_);
  for (auto const& row : rows_) print(row);
  return out;
}

std::vector<std::string> wrap(std::string const& text, std::size_t width) {
  std::vector<std::string> lines{""};
  for (auto const& word : split_words(text)) {
    if (!lines.back().empty() && display_width(lines.back()) + 1 + display_width(word) > width) lines.emplace_back();
    if (!lines.back().empty()) lines.back() += ' ';
    lines.back() += word;
  }
  return lines;
}

}  // namespace nacre
