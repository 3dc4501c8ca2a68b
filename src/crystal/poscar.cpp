// POSCAR and CONTCAR of VASP 5: https://www.vasp.at/wiki/index.php/POSCAR
#include <Eigen/LU>
#include <cctype>
#include <cmath>

#include "nacre/crystal/elements.hpp"
#include "nacre/crystal/io.hpp"
#include "text_lines.hpp"

namespace nacre {
namespace {

using detail::append;
using detail::TextLines;

/// One factor (negative: the volume in A^3), or three that scale x, y and z.
Eigen::Matrix3d read_lattice(TextLines& lines, Eigen::Vector3d& scale) {
  auto const words = split_words(lines.next("scale factor"));
  require(words.size() == 1 || words.size() == 3, "found ", words.size(), " scale factors in ", lines.place(),
          " (1 or 3 expected)");
  for (int i = 0; i < 3; ++i) scale[i] = lines.number(words[words.size() == 1 ? 0 : i], "scale factor");
  int const scale_line = lines.line();
  require(scale.minCoeff() != 0.0 && (words.size() == 1 || scale.minCoeff() > 0.0), "invalid scale factor ",
          scale.minCoeff(), " in ", lines.place(), " (positive, or one negative number for the volume)");
  Eigen::Matrix3d lattice;
  for (int i = 0; i < 3; ++i) lattice.col(i) = lines.vector(lines.next("lattice vector"), "lattice vector");
  double const volume = std::abs(lattice.determinant());
  require(volume > 1e-9 * lattice.colwise().norm().prod(), "cell of volume ", volume, " A^3 in '", lines.origin(),
          "' lines ", scale_line + 1, " to ", scale_line + 3, " (the lattice vectors lie in a plane)");
  if (scale[0] < 0.0) scale.setConstant(std::cbrt(-scale[0] / volume));
  return scale.asDiagonal() * lattice;
}

/// "Ti", "Ti_pv" and "Ti/0a1b..." name the same element.
int read_symbol(std::string const& word, TextLines const& lines) {
  return require_atomic_number(word.substr(0, word.find_first_of("_/")), lines.place());
}

std::vector<int> read_numbers(TextLines& lines) {
  auto const symbols = split_words(lines.next("line of element symbols"));
  require(!symbols.empty(), "empty line of element symbols in ", lines.place());
  require(!parse_integer(symbols[0]), "no line of element symbols in ", lines.place(), ", found '", symbols[0],
          "' (a file of VASP 4 does not say what its atoms are); add the symbols above the counts");
  std::vector<int> elements;
  for (auto const& word : symbols) elements.push_back(read_symbol(word, lines));
  auto const counts = split_words(lines.next("line of atom counts"));
  require(counts.size() == symbols.size(), "found ", counts.size(), " counts for ", symbols.size(), " elements in ",
          lines.place());
  std::vector<int> numbers;
  for (std::size_t i = 0; i < counts.size(); ++i) {
    auto const count = parse_integer(counts[i]);
    require(count && *count >= 0 && *count < 1'000'000'000, "invalid count '", counts[i], "' of ", symbols[i], " in ",
            lines.place(), " (a whole number expected)");
    lines.need(static_cast<std::int64_t>(numbers.size()) + *count, "lines with positions");
    numbers.insert(numbers.end(), static_cast<std::size_t>(*count), elements[i]);
  }
  require(!numbers.empty(), "no atoms in ", lines.place(), " (all counts are zero)");
  return numbers;
}

bool read_cartesian(TextLines& lines) {
  auto mode = lower_case(trim(lines.next("'Direct' or 'Cartesian'")));
  if (!mode.empty() && mode.front() == 's') mode = lower_case(trim(lines.next("'Direct' or 'Cartesian'")));
  bool const cartesian = !mode.empty() && (mode.front() == 'c' || mode.front() == 'k');
  require(cartesian || (!mode.empty() && mode.front() == 'd'), "unknown coordinates '", mode, "' in ", lines.place(),
          " ('Direct' or 'Cartesian' expected)");
  return cartesian;
}

void append_row(std::string& text, Eigen::Vector3d const& v) {
  append(text, "  ", shortest(v.x()), " ", shortest(v.y()), " ", shortest(v.z()), "\n");
}

}  // namespace

Crystal parse_poscar(std::string_view text, std::string const& origin) {
  TextLines lines(text, origin);
  Crystal crystal;
  crystal.name = trim(lines.next("comment"));
  Eigen::Vector3d scale;
  crystal.lattice = read_lattice(lines, scale);
  crystal.numbers = read_numbers(lines);
  bool const cartesian = read_cartesian(lines);
  auto const atoms = static_cast<Eigen::Index>(crystal.size());
  crystal.positions.resize(3, atoms);
  for (Eigen::Index i = 0; i < atoms; ++i) {
    auto const where = concat("position of atom ", i + 1, " of ", atoms);
    auto const x = lines.vector(lines.next(where), where);
    crystal.positions.col(i) =
        cartesian ? Eigen::Vector3d(scale.cwiseProduct(x)) : Eigen::Vector3d(crystal.lattice * x);
  }
  if (!lines.at_end() && !trim(lines.peek()).empty()) {  // velocities follow an empty line or a line of words
    auto const words = split_words(lines.next("end"));
    bool const is_position =
        words.size() >= 3 && parse_double(words[0]) && parse_double(words[1]) && parse_double(words[2]);
    require(!is_position, "more positions than the ", atoms, " atoms counted, first in ", lines.place());
  }
  check(crystal, origin);
  return crystal;
}

std::string to_poscar(Crystal const& crystal) {
  std::vector<int> elements;
  for (int const number : crystal.numbers)
    if (std::find(elements.begin(), elements.end(), number) == elements.end()) elements.push_back(number);
  auto name = crystal.name.empty() ? formula(crystal) : crystal.name;
  for (auto& c : name)
    if (std::iscntrl(static_cast<unsigned char>(c))) c = ' ';
  std::string text = name + "\n1.0\n", symbols, counts, positions;
  for (int i = 0; i < 3; ++i) append_row(text, crystal.lattice.col(i));
  for (int const element : elements) {
    append(symbols, symbols.empty() ? "" : " ", symbol(element));
    int count = 0;
    for (std::size_t i = 0; i < crystal.size(); ++i) {
      if (crystal.numbers[i] != element) continue;
      append_row(positions, crystal.positions.col(static_cast<Eigen::Index>(i)));
      ++count;
    }
    append(counts, counts.empty() ? "" : " ", std::to_string(count));
  }
  return text + symbols + "\n" + counts + "\nCartesian\n" + positions;
}

}  // namespace nacre
