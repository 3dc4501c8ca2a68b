/// A text file line by line, with messages that name the file and the line. Used by the readers of this layer.
#pragma once

#include <Eigen/Core>
#include <string>
#include <string_view>
#include <vector>

#include "nacre/core/error.hpp"
#include "nacre/core/text.hpp"

namespace nacre::detail {

/// text += part for each part, one after the other.
template <class... Parts>
void append(std::string& text, Parts const&... parts) {
  ((text += parts), ...);
}

class TextLines {
 public:
  TextLines(std::string_view text, std::string origin) : lines_(split(text, '\n')), origin_(std::move(origin)) {
    for (auto& line : lines_)
      if (!line.empty() && line.back() == '\r') line.pop_back();
    while (!lines_.empty() && trim(lines_.back()).empty()) lines_.pop_back();
  }

  bool at_end() const { return next_ >= lines_.size(); }
  int line() const { return static_cast<int>(next_); }  ///< number of the line read last
  std::string const& origin() const { return origin_; }
  std::string place() const { return concat("'", origin_, "' line ", line()); }

  std::string const& next(std::string_view expected) {
    require(!at_end(), "the file '", origin_, "' ends after line ", line(), " (", expected,
            " expected); it is truncated or its counts are wrong");
    return lines_[next_++];
  }
  std::string const& peek() const { return lines_[next_]; }

  /// Before memory is taken for them. @throws InputError if fewer than `count` lines are left
  void need(std::int64_t count, std::string_view what) const {
    auto const left = static_cast<std::int64_t>(lines_.size() - next_);
    require(count <= left, "the file '", origin_, "' ends after line ", lines_.size(), " (", count, " ", what,
            " expected after line ", line(), ", ", left, " lines are there); it is truncated or its counts are wrong");
  }

  double number(std::string_view word, std::string_view what) const {
    auto const value = parse_double(word);
    require(value && std::isfinite(*value), "unreadable ", what, " '", word, "' in ", place(),
            " (finite number expected)");
    return *value;
  }

  Eigen::Vector3d vector(std::string_view text, std::string_view what) const {
    auto const words = split_words(text);
    require(words.size() >= 3, "found ", words.size(), " numbers of the ", what, " in ", place(), " (3 expected)");
    return {number(words[0], what), number(words[1], what), number(words[2], what)};
  }

 private:
  std::vector<std::string> lines_;
  std::string origin_;
  std::size_t next_ = 0;
};

}  // namespace nacre::detail
