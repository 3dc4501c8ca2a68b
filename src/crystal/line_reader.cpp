#include "line_reader.hpp"

#include <cerrno>
#include <cmath>
#include <cstring>

#include "nacre/core/text.hpp"

namespace nacre::detail {
namespace {
constexpr std::size_t block = 1 << 18;
constexpr std::size_t longest_line = 1 << 22;  // a longer one is no text file of atoms
}  // namespace

LineReader::LineReader(std::filesystem::path const& path) : origin_(path.string()) {
  std::error_code ignored;
  require(!std::filesystem::is_directory(path, ignored), "cannot read '", origin_, "' (it is a folder)");
  file_.reset(std::fopen(path.c_str(), "rb"));
  require(file_ != nullptr, "cannot read '", origin_, "' (", std::strerror(errno), ")");
}

bool LineReader::fill() {
  if (begin_ > 0) {
    std::memmove(buffer_.data(), buffer_.data() + begin_, end_ - begin_);
    end_ -= begin_;
    begin_ = 0;
  }
  require(end_ < longest_line, "line ", line_ + 1, " of '", origin_, "' is longer than ", longest_line,
          " characters; this is no text file");
  if (buffer_.size() < end_ + block) buffer_.resize(end_ + block);
  auto const got = std::fread(buffer_.data() + end_, 1, block, file_.get());
  if (std::ferror(file_.get())) throw Error(concat("cannot read '", origin_, "' after line ", line_));
  end_ += got;
  return got > 0;
}

std::optional<std::string_view> LineReader::peek() {
  if (peeked_ == std::string_view::npos) {
    std::size_t searched = 0;
    for (;;) {
      auto const* start = buffer_.data() + begin_;
      auto const* found = static_cast<char const*>(std::memchr(start + searched, '\n', end_ - begin_ - searched));
      if (found != nullptr) {
        peeked_ = static_cast<std::size_t>(found - start) + 1;
        break;
      }
      searched = end_ - begin_;
      if (fill()) continue;
      if (begin_ == end_) return std::nullopt;
      peeked_ = end_ - begin_;
      break;
    }
  }
  std::string_view line(buffer_.data() + begin_, peeked_);
  if (!line.empty() && line.back() == '\n') line.remove_suffix(1);
  if (!line.empty() && line.back() == '\r') line.remove_suffix(1);
  return line;
}

std::optional<std::string_view> LineReader::next() {
  auto const line = peek();
  if (!line) return std::nullopt;
  begin_ += peeked_;
  peeked_ = std::string_view::npos;
  ++line_;
  return line;
}

std::string_view LineReader::need(std::string_view expected) {
  auto const line = next();
  if (!line)
    throw Truncated(concat("the file '", origin_, "' ends after line ", line_, " (", expected,
                           " expected); it is truncated or its counts are wrong"));
  return *line;
}

void LineReader::skip_blank() {
  for (auto line = peek(); line && trim(*line).empty(); line = peek()) next();
}

double LineReader::number(std::string_view word, std::string_view what) const {
  auto const value = parse_double(word);
  if (!value || !std::isfinite(*value))  // place() is text, and too dear to be made for every number
    input_error("unreadable ", what, " '", word.substr(0, 40), "' in ", place(), " (finite number expected)");
  return *value;
}

}  // namespace nacre::detail
