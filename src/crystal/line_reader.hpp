/// A text file line by line without holding more than one line, for files that do not fit into memory.
#pragma once

#include <cstdio>
#include <filesystem>
#include <memory>
#include <optional>
#include <string>
#include <string_view>

#include "nacre/core/error.hpp"

namespace nacre::detail {

/// The file ended inside a frame.
class Truncated : public InputError {
 public:
  using InputError::InputError;
};

class LineReader {
 public:
  /// @throws InputError if the file cannot be opened
  explicit LineReader(std::filesystem::path const& path);

  /// Valid until the next call; without its end of line. Nothing at the end of the file.
  std::optional<std::string_view> next();
  /// The line that next() will give.
  std::optional<std::string_view> peek();
  /// @throws Truncated at the end of the file
  std::string_view need(std::string_view expected);
  void skip_blank();

  std::int64_t line() const { return line_; }  ///< number of the line read last
  std::string const& origin() const { return origin_; }
  std::string place() const { return concat("'", origin_, "' line ", line_); }
  double number(std::string_view word, std::string_view what) const;  ///< @throws InputError unless finite

 private:
  struct Close {
    void operator()(std::FILE* file) const { std::fclose(file); }
  };
  bool fill();

  std::string origin_;
  std::unique_ptr<std::FILE, Close> file_;
  std::string buffer_;
  std::size_t begin_ = 0, end_ = 0;  // what of the buffer was read and not given out
  std::int64_t line_ = 0;
  std::size_t peeked_ = std::string_view::npos;  // length with the end of line, if the next line is known
};

/// The words of a line, one after the other; an empty word at the end.
class Words {
 public:
  explicit Words(std::string_view line) : rest_(line) {}
  std::string_view next() {
    auto const blank = [](char c) { return c == ' ' || c == '\t' || c == '\r'; };
    std::size_t first = 0;
    while (first < rest_.size() && blank(rest_[first])) ++first;
    std::size_t last = first;
    while (last < rest_.size() && !blank(rest_[last])) ++last;
    auto const word = rest_.substr(first, last - first);
    rest_.remove_prefix(last);
    return word;
  }

 private:
  std::string_view rest_;
};

}  // namespace nacre::detail
