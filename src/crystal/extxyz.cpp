// Extended XYZ with the conventions of ASE: https://github.com/libAtoms/extxyz (specification)
#include <algorithm>
#include <cmath>
#include <limits>
#include <utility>

#include "nacre/crystal/elements.hpp"
#include "nacre/crystal/io.hpp"
#include "text_lines.hpp"

namespace nacre {
namespace {

using detail::append;
using detail::TextLines;
using Pairs = std::vector<std::pair<std::string, std::string>>;

bool is_space(char c) { return c == ' ' || c == '\t'; }

/// One word or quoted text from `i` on; backslash escapes inside quotes.
std::string read_token(std::string const& line, std::size_t& i, TextLines const& lines) {
  std::string token;
  char const quote = i < line.size() && (line[i] == '"' || line[i] == '\'') ? line[i] : '\0';
  if (quote == '\0') {
    while (i < line.size() && !is_space(line[i]) && line[i] != '=') token += line[i++];
    return token;
  }
  for (++i; i < line.size() && line[i] != quote; ++i) {
    if (line[i] == '\\' && i + 1 < line.size())
      token += line[++i] == 'n' ? '\n' : line[i];
    else
      token += line[i];
  }
  require(i < line.size(), "missing closing quote in ", lines.place());
  ++i;
  return token;
}

Pairs read_pairs(std::string const& line, TextLines const& lines) {
  Pairs pairs;
  for (std::size_t i = 0;;) {
    while (i < line.size() && is_space(line[i])) ++i;
    if (i >= line.size()) return pairs;
    require(line[i] != '=', "value without a name in ", lines.place());
    auto key = read_token(line, i, lines);
    std::string value = "T";  // a bare name is a flag
    if (i < line.size() && line[i] == '=') value = read_token(line, ++i, lines);
    while (i < line.size() && !is_space(line[i])) value += line[i++];  // "=" inside an unquoted value
    pairs.emplace_back(std::move(key), std::move(value));
  }
}

struct Column {
  std::string name;
  char type;
  int count;
};

std::vector<Column> read_properties(std::string const& text, TextLines const& lines) {
  auto const parts = split(text, ':');
  require(parts.size() % 3 == 0, "unreadable Properties '", text, "' in ", lines.place(), " (name:type:count triples)");
  std::vector<Column> columns;
  for (std::size_t i = 0; i < parts.size(); i += 3) {
    auto const count = parse_integer(parts[i + 2]);
    bool const known =
        parts[i + 1].size() == 1 && std::string_view("SRIL").find(parts[i + 1]) != std::string_view::npos;
    require(known && count && *count >= 1 && *count <= 1000, "unreadable column '", parts[i], ":", parts[i + 1], ":",
            parts[i + 2], "' in ", lines.place(), " (type S, R, I or L and a count)");
    columns.push_back({parts[i], parts[i + 1][0], static_cast<int>(*count)});
  }
  return columns;
}

bool read_flag(std::string const& word, TextLines const& lines) {
  auto const lower = lower_case(word);
  if (lower == "t" || lower == "true" || lower == "1") return true;
  require(lower == "f" || lower == "false" || lower == "0", "unreadable flag '", word, "' in ", lines.place(),
          " (T or F)");
  return false;
}

void read_header(std::string const& line, TextLines const& lines, Frame& frame, std::vector<Column>& columns) {
  bool has_lattice = false, has_pbc = false;
  auto& crystal = frame.crystal;
  for (auto& [key, value] : read_pairs(line, lines)) {
    auto const name = lower_case(key);
    auto const words = split_words(value);
    if (name == "lattice") {
      require(words.size() == 9, "found ", words.size(), " numbers in Lattice in ", lines.place(), " (9 expected)");
      for (int i = 0; i < 9; ++i)
        crystal.lattice(i % 3, i / 3) = lines.number(words[static_cast<std::size_t>(i)], "Lattice");
      has_lattice = true;
    } else if (name == "pbc") {
      require(words.size() == 3, "found ", words.size(), " flags in pbc in ", lines.place(), " (3 expected)");
      for (std::size_t i = 0; i < 3; ++i) crystal.periodic[i] = read_flag(words[i], lines);
      has_pbc = true;
    } else if (name == "properties") {
      columns = read_properties(value, lines);
    } else {
      frame.info[key] = std::move(value);
    }
  }
  if (!has_pbc) crystal.periodic = {has_lattice, has_lattice, has_lattice};
  bool const any = crystal.periodic[0] || crystal.periodic[1] || crystal.periodic[2];
  require(has_lattice || !any, "no Lattice in ", lines.place(), " (pbc says the structure is periodic)");
  if (auto const found = frame.info.find("name"); found != frame.info.end()) crystal.name = found->second;
}

double read_value(std::string const& word, Column const& column, TextLines const& lines) {
  if (column.type == 'L') return read_flag(word, lines) ? 1.0 : 0.0;
  auto const value = column.type == 'I' ? [&]() -> std::optional<double> {
    auto const integer = parse_integer(word);
    return integer ? std::optional(static_cast<double>(*integer)) : std::nullopt;
  }()
      : parse_double(word);
  require(value.has_value(), "unreadable ", column.name, " '", word, "' in ", lines.place(),
          column.type == 'I' ? " (whole number expected)" : " (number expected)");
  return *value;
}

bool is_species(Column const& column) {
  return column.type == 'S' && (column.name == "species" || column.name == "symbols" || column.name == "element");
}

void read_atom(std::string const& line, Eigen::Index atom, std::vector<Column> const& columns, TextLines const& lines,
               Frame& frame) {
  auto const words = split_words(line);
  std::size_t expected = 0, next = 0;
  for (auto const& column : columns) expected += static_cast<std::size_t>(column.count);
  require(words.size() == expected, "found ", words.size(), " columns in ", lines.place(), " (", expected,
          " expected by Properties)");
  int number = 0;
  for (auto const& column : columns) {
    if (is_species(column)) number = require_atomic_number(words[next], lines.place());
    if (column.type != 'S') {
      auto& values = frame.columns[column.name];
      for (int i = 0; i < column.count; ++i)
        values(i, atom) = read_value(words[next + static_cast<std::size_t>(i)], column, lines);
    }
    next += static_cast<std::size_t>(column.count);
  }
  if (number == 0) number = static_cast<int>(frame.columns.at("Z")(0, atom));
  require(number >= 1 && number <= largest_atomic_number, "unknown atomic number ", number, " in ", lines.place());
  require(frame.columns.at("pos").col(atom).allFinite(), "position that is not finite in ", lines.place());
  frame.crystal.numbers.push_back(number);
}

void check_columns(std::vector<Column> const& columns, TextLines const& lines) {
  bool position = false, species = false;
  std::vector<std::string> names;
  for (auto const& column : columns) {
    position |= column.name == "pos" && column.count == 3 && column.type == 'R';
    species |= (is_species(column) || (column.name == "Z" && column.type == 'I')) && column.count == 1;
    require(std::find(names.begin(), names.end(), column.name) == names.end(), "column '", column.name, "' twice in ",
            lines.place());
    names.push_back(column.name);
  }
  require(position, "no column 'pos:R:3' in ", lines.place());
  require(species, "no column 'species:S:1' in ", lines.place());
}

/// Columns that the crystal holds itself leave the table.
void take_columns(Frame& frame, TextLines const& lines) {
  auto& crystal = frame.crystal;
  crystal.positions = frame.columns.at("pos");
  frame.columns.erase("pos");
  frame.columns.erase("Z");
  auto const found = frame.columns.find("oxidation_state");
  if (found == frame.columns.end()) return;
  require(found->second.rows() == 1 && found->second.allFinite(),
          "oxidation_state is not one finite number per atom in '", lines.origin(), "' before line ", lines.line() + 1);
  crystal.oxidation.assign(found->second.data(), found->second.data() + found->second.size());
  frame.columns.erase(found);
}

Frame read_frame(TextLines& lines) {
  auto const first = trim(lines.next("number of atoms"));
  auto const atoms = parse_integer(first);
  require(atoms && *atoms >= 1, "unreadable number of atoms '", first, "' in ", lines.place());
  Frame frame;
  std::vector<Column> columns{{"species", 'S', 1}, {"pos", 'R', 3}};
  read_header(lines.next("comment line with Lattice and Properties"), lines, frame, columns);
  int const header = lines.line();
  check_columns(columns, lines);
  lines.need(*atoms, "atoms");
  for (auto const& column : columns)
    if (column.type != 'S') frame.columns[column.name].resize(column.count, static_cast<Eigen::Index>(*atoms));
  for (Eigen::Index i = 0; i < *atoms; ++i) read_atom(lines.next("atom"), i, columns, lines, frame);
  take_columns(frame, lines);
  check(frame.crystal, concat("'", lines.origin(), "' line ", header));
  return frame;
}

/// Text that read_token gives back: quoted if it is empty or holds a space, a quote or '='.
std::string quoted(std::string const& text) {
  if (!text.empty() && text.find_first_of(" \t\n\r\"'=\\,{}[]") == std::string::npos) return text;
  std::string result = "\"";
  for (char const c : text) {
    if (c == '"' || c == '\\') result += '\\';
    result += c == '\n' || c == '\r' ? ' ' : c;
  }
  return result + '"';
}

std::string number_text(double value) {
  if (std::isnan(value)) return "nan";
  if (std::isinf(value)) return value > 0.0 ? "inf" : "-inf";
  return shortest(value);
}

}  // namespace

std::vector<Frame> parse_extxyz(std::string_view text, std::string const& origin) {
  TextLines lines(text, origin);
  require(!lines.at_end(), "empty file '", origin, "'");
  std::vector<Frame> frames;
  while (!lines.at_end()) frames.push_back(read_frame(lines));
  return frames;
}

std::string to_extxyz(Frame const& frame) {
  auto const& crystal = frame.crystal;
  auto const& periodic = crystal.periodic;
  bool const any = periodic[0] || periodic[1] || periodic[2];
  std::string text = std::to_string(crystal.size()) + "\n";
  if (any || !crystal.lattice.isIdentity(0.0)) {
    text += "Lattice=\"";
    for (int i = 0; i < 9; ++i) append(text, i ? " " : "", shortest(crystal.lattice(i % 3, i / 3)));
    text += "\" ";
  }
  text += "Properties=species:S:1:pos:R:3";
  if (!crystal.oxidation.empty()) text += ":oxidation_state:R:1";
  for (auto const& [name, values] : frame.columns) text += concat(":", name, ":R:", values.rows());
  for (auto const& [name, value] : frame.info) append(text, " ", quoted(name), "=", quoted(value));
  if (!crystal.name.empty() && !frame.info.contains("name")) append(text, " name=", quoted(crystal.name));
  text += concat(" pbc=\"", periodic[0] ? "T " : "F ", periodic[1] ? "T " : "F ", periodic[2] ? "T" : "F", "\"\n");
  for (std::size_t i = 0; i < crystal.size(); ++i) {
    auto const column = static_cast<Eigen::Index>(i);
    text += symbol(crystal.numbers[i]);
    for (int k = 0; k < 3; ++k) append(text, " ", shortest(crystal.positions(k, column)));
    if (!crystal.oxidation.empty()) append(text, " ", shortest(crystal.oxidation[i]));
    for (auto const& [name, values] : frame.columns)
      for (Eigen::Index k = 0; k < values.rows(); ++k) append(text, " ", number_text(values(k, column)));
    text += "\n";
  }
  return text;
}

}  // namespace nacre
