#include "nacre/crystal/cube.hpp"

#include <Eigen/LU>
#include <cmath>

#include "nacre/core/error.hpp"
#include "nacre/core/units.hpp"
#include "nacre/crystal/elements.hpp"
#include "text_lines.hpp"

namespace nacre {
namespace {

constexpr std::int64_t most_points = 2'000'000'000;

/// The words of a line with a whole number first.
struct Counted {
  std::int64_t count = 0;
  Eigen::Vector3d vector = Eigen::Vector3d::Zero();
  std::vector<std::string> words;
};

Counted read_counted(detail::TextLines& lines, std::string const& what) {
  auto const words = split_words(lines.next(what));
  require(words.size() >= 4, "found ", words.size(), " numbers of the ", what, " in ", lines.place(), " (4 expected)");
  auto const count = parse_integer(words[0]);
  require(count.has_value(), "unreadable ", what, " '", words[0], "' in ", lines.place(), " (whole number expected)");
  Counted result{*count, {}, words};
  for (int k = 0; k < 3; ++k) result.vector[k] = lines.number(words[static_cast<std::size_t>(k) + 1], what);
  return result;
}

void read_atoms(detail::TextLines& lines, std::int64_t count, double unit, CubeFile& cube) {
  lines.need(count, "atoms");
  cube.crystal.positions.resize(3, count);
  for (Eigen::Index i = 0; i < count; ++i) {
    auto const words = split_words(lines.next("an atom"));
    require(words.size() == 5, "found ", words.size(), " numbers of an atom in ", lines.place(), " (5 expected)");
    auto const number = parse_integer(words[0]);
    require(number && *number >= 1 && *number <= largest_atomic_number, "unknown atomic number '", words[0], "' in ",
            lines.place(), " (1 to ", largest_atomic_number, ")");
    cube.crystal.numbers.push_back(static_cast<int>(*number));
    cube.nuclear_charges.push_back(lines.number(words[1], "nuclear charge"));
    for (int k = 0; k < 3; ++k) {
      cube.crystal.positions(k, i) = unit * lines.number(words[static_cast<std::size_t>(k) + 2], "position");
    }
  }
}

/// A negative number of atoms announces a line "n id1 ... idn" of data sets; one is a cube like any other.
void read_data_sets(detail::TextLines& lines) {
  auto const words = split_words(lines.next("the number of data sets"));
  auto const count = words.empty() ? std::nullopt : parse_integer(words[0]);
  require(count.has_value(), "unreadable number of data sets in ", lines.place(),
          " (a negative number of atoms asks for it)");
  require(*count == 1 && words.size() == 2, "the cube file has ", *count, " data sets, ", lines.place(),
          " (one density or potential is expected); write one orbital or density to a file of its own");
}

void read_values(detail::TextLines& lines, std::size_t count, CubeFile& cube) {
  cube.values.reserve(std::min<std::size_t>(count, 100'000'000));
  while (!lines.at_end() && cube.values.size() <= count) {
    for (auto const& word : split_words(lines.next("values"))) cube.values.push_back(lines.number(word, "value"));
  }
  require(cube.values.size() == count, cube.values.size() > count ? "more than " : "found ",
          cube.values.size() > count ? count : cube.values.size(), " values in '", lines.origin(), "' (",
          cube.points[0], " x ", cube.points[1], " x ", cube.points[2], " = ", count,
          " expected); it is truncated, has several data sets, or its counts are wrong");
}

}  // namespace

double CubeFile::voxel_volume() const { return std::abs(voxel.determinant()); }

double CubeFile::sum() const {
  double total = 0.0, lost = 0.0;  // compensated: cells have millions of points
  for (double const value : values) {
    double const next = value - lost, larger = total + next;
    lost = (larger - total) - next;
    total = larger;
  }
  return total;
}

CubeFile parse_cube(std::string_view text, std::string const& origin) {
  detail::TextLines lines(text, origin);
  CubeFile cube;
  cube.title = trim(lines.next("a title"));
  lines.next("a second title");
  auto const head = read_counted(lines, "number of atoms");
  if (head.words.size() >= 5) {
    auto const values = parse_integer(head.words[4]);
    require(values.has_value() && *values == 1, "the cube file has ", head.words[4], " values at each point, ",
            lines.place(), " (one density or potential is expected)");
  }
  double unit = units::bohr_A;
  std::int64_t count = 1;
  for (int k = 0; k < 3; ++k) {
    auto const axis = read_counted(lines, "number of points");
    require(axis.count != 0, "no points along vector ", k + 1, " in ", lines.place(), " (1 or more expected)");
    require(k == 0 || (axis.count < 0) == cube.in_angstrom, "counts of points of both signs in ", lines.place(),
            " (all negative: lengths in angstrom; all positive: in bohr)");
    cube.in_angstrom = axis.count < 0;
    if (cube.in_angstrom) unit = 1.0;
    auto const points = std::abs(axis.count);
    require(points <= most_points / count, "more than ", most_points, " points in '", origin, "'");
    count *= points;
    cube.points[static_cast<std::size_t>(k)] = static_cast<int>(points);
    cube.voxel.col(k) = unit * axis.vector;
    cube.crystal.lattice.col(k) = static_cast<double>(points) * cube.voxel.col(k);
  }
  cube.origin = unit * head.vector;
  require(std::abs(cube.crystal.lattice.determinant()) > 1e-9, "the cell of '", origin, "' has no volume");
  read_atoms(lines, std::abs(head.count), unit, cube);
  if (head.count < 0) read_data_sets(lines);
  read_values(lines, static_cast<std::size_t>(count), cube);
  return cube;
}

CubeFile read_cube(std::filesystem::path const& path) { return parse_cube(read_file(path), path.string()); }

bool same_grid(CubeFile const& first, CubeFile const& second) {
  return first.points == second.points &&
         (first.crystal.lattice - second.crystal.lattice).cwiseAbs().maxCoeff() < 1e-4 &&
         (first.origin - second.origin).cwiseAbs().maxCoeff() < 1e-4;
}

}  // namespace nacre
