// Frames of an extxyz file. Header and columns go through parse_extxyz, the atoms through a short loop of their own.
#include <algorithm>

#include "frame_source.hpp"
#include "nacre/core/text.hpp"
#include "nacre/crystal/elements.hpp"
#include "nacre/crystal/io.hpp"

namespace nacre::detail {
namespace {

struct Layout {
  int species = 0;   ///< word of the symbol, or of Z
  int position = 1;  ///< first of three words
  bool by_number = false;
};

/// Of a comment line that parse_extxyz has accepted.
Layout read_layout(std::string const& comment) {
  auto const lower = lower_case(comment);
  auto begin = lower.find("properties=");
  if (begin == std::string::npos) return {};
  begin += std::string_view("properties=").size();
  if (begin < comment.size() && (comment[begin] == '"' || comment[begin] == '\'')) ++begin;
  auto const end = comment.find_first_of(" \t\"'", begin);
  auto const parts = split(comment.substr(begin, end == std::string::npos ? end : end - begin), ':');
  Layout layout;
  int word = 0, symbol = -1, atomic = -1;
  for (std::size_t i = 0; i + 2 < parts.size(); i += 3) {
    auto const& name = parts[i];
    bool const text = parts[i + 1] == "S";
    if (text && (name == "species" || name == "symbols" || name == "element")) symbol = word;
    if (name == "Z") atomic = word;
    if (name == "pos") layout.position = word;
    word += static_cast<int>(parse_integer(parts[i + 2]).value_or(0));
  }
  layout.by_number = symbol < 0;
  layout.species = symbol < 0 ? atomic : symbol;
  return layout;
}

class ExtxyzSource final : public FrameSource {
 public:
  using FrameSource::FrameSource;

  std::optional<SourceFrame> read() override {
    lines_.skip_blank();
    auto const first = lines_.next();
    if (!first) return std::nullopt;
    auto const atoms = read_count(lines_, *first, "number of atoms");
    auto comment = std::string(lines_.need("comment line with Lattice and Properties"));
    read_header(std::move(comment));
    SourceFrame result{header_, {}};
    PositionList positions;
    positions.reserve(std::min<std::size_t>(last_atoms_, static_cast<std::size_t>(atoms)));
    result.numbers.reserve(last_atoms_);
    for (std::int64_t i = 0; i < atoms; ++i) read_atom(lines_.need("atom"), positions, result.numbers);
    last_atoms_ = static_cast<std::size_t>(atoms);
    result.frame.positions = positions.matrix();
    return result;
  }

 private:
  void read_header(std::string comment) {
    if (comment == comment_ && last_atoms_ > 0) return;
    auto const atom = lines_.peek();
    if (!atom) lines_.need("atom");
    auto const origin = concat(lines_.origin(), "' from line ", lines_.line() - 1, " on: '");
    auto const frames = parse_extxyz(concat("1\n", comment, "\n", *atom, "\n"), origin);
    auto const& crystal = frames.front().crystal;
    header_.lattice = crystal.lattice;
    header_.periodic = crystal.periodic;
    layout_ = read_layout(comment);
    require(layout_.species >= 0, "no column of elements in ", lines_.place());
    comment_ = std::move(comment);
  }

  void read_atom(std::string_view line, PositionList& positions, std::vector<int>& numbers) {
    Words words(line);
    double x[3] = {};
    int const last = std::max(layout_.species, layout_.position + 2);
    int number = 0;
    for (int k = 0; k <= last; ++k) {
      auto const word = words.next();
      if (word.empty() && !lines_.peek()) lines_.need("columns of the atom");  // the file was cut inside the line
      if (word.empty()) input_error("found ", k, " columns in ", lines_.place(), " (at least ", last + 1, " expected)");
      if (k == layout_.species) number = read_species(word);
      if (k >= layout_.position && k < layout_.position + 3) x[k - layout_.position] = lines_.number(word, "position");
    }
    positions.add(x[0], x[1], x[2]);
    numbers.push_back(number);
  }

  int read_species(std::string_view word) {
    if (word == last_symbol_) return last_number_;
    if (layout_.by_number) {
      auto const number = parse_integer(word);
      require(number && *number >= 1 && *number <= largest_atomic_number, "unknown atomic number '", word.substr(0, 40),
              "' in ", lines_.place());
      last_number_ = static_cast<int>(*number);
    } else {
      last_number_ = require_atomic_number(word, lines_.place());
    }
    last_symbol_ = word;
    return last_number_;
  }

  std::string comment_, last_symbol_;
  int last_number_ = 0;
  std::size_t last_atoms_ = 0;
  TrajectoryFrame header_;
  Layout layout_;
};

}  // namespace

std::unique_ptr<FrameSource> make_extxyz_source(LineReader reader) {
  return std::make_unique<ExtxyzSource>(std::move(reader));
}

}  // namespace nacre::detail
