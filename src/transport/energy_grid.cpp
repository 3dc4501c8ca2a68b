#include "nacre/transport/energy_grid.hpp"

#include <Eigen/Geometry>
#include <Eigen/LU>
#include <algorithm>
#include <array>
#include <charconv>
#include <cmath>
#include <limits>
#include <numeric>

#include "grid_symmetry.hpp"
#include "nacre/core/error.hpp"
#include "nacre/core/text.hpp"
#include "nacre/core/units.hpp"
#include "radial_table.hpp"

namespace nacre {
namespace {

using detail::RadialTable;

/// The largest whole number n with n * step <= length. A quotient of doubles is rounded: 4.0 / 0.1 gives 40, although
/// the double 0.1 is a little more than a tenth and fits 39 times.
double floor_quotient(double length, double step) { return std::round((length - std::fmod(length, step)) / step); }

Eigen::Vector3i grid_points(Crystal const& crystal, GridOptions const& options) {
  double const step = options.step;
  require(step > 0.0 && std::isfinite(step), "invalid grid step ", step, " A (must be positive)");
  Eigen::Vector3d const lengths = crystal.lattice.colwise().norm().transpose();
  Eigen::Vector3d points;
  for (int k = 0; k < 3; ++k) points[k] = floor_quotient(lengths[k], step) - 1.0;
  require(points.minCoeff() >= 1.0, "grid step ", step, " A leaves no points along a lattice vector of ",
          lengths.minCoeff(), " A (floor(length/step) - 1); make the step smaller");
  require(points.prod() <= static_cast<double>(options.max_points), "grid of ", points[0], " x ", points[1], " x ",
          points[2], " points at a step of ", step, " A (at most ", options.max_points,
          ", for their memory); make the step larger");
  return points.cast<int>();
}

/// The points of one grid line (third axis) that are wanted, first <= i <= last.
struct Span {
  int first = 0, last = -1;
};

/// Straight line of grid points: start + i * spacing * direction.
struct Line {
  Eigen::Vector3d start, direction;
  double spacing;
};

/// Adds one ion to the points of a line within the cutoff.
void add_ion(Eigen::Vector3d const& ion, RadialTable const& table, RadialEnergy const& exact, Line const& line,
             Span span, double limit_squared, double* energy) {
  Eigen::Vector3d const arrow = ion - line.start;
  double const along = arrow.dot(line.direction);
  double const across = (arrow - along * line.direction).squaredNorm();
  if (across >= limit_squared) return;
  double const half = std::sqrt(limit_squared - across), h = line.spacing;
  auto const squared = [&](int i) {
    double const x = i * h - along;
    return across + x * x;
  };
  int first = static_cast<int>(std::max(std::floor((along - half) / h), static_cast<double>(span.first)));
  int last = static_cast<int>(std::min(std::ceil((along + half) / h), static_cast<double>(span.last)));
  while (first <= last && squared(first) >= limit_squared) ++first;
  while (last >= first && squared(last) >= limit_squared) --last;
  if (across >= RadialTable::smallest) {
    for (int i = first; i <= last; ++i) energy[i] += table(squared(i));
    return;
  }
  for (int i = first; i <= last; ++i) {
    double const s = squared(i);
    energy[i] += s < RadialTable::smallest ? exact.energy(std::sqrt(s)) : table(s);
  }
}

/// What is computed of each line: all of it, or from the first to the last point that stands for its images.
std::vector<Span> wanted_spans(std::vector<std::int32_t> const& orbit, Eigen::Vector3i const& points) {
  std::vector<Span> spans(static_cast<std::size_t>(points[0]) * static_cast<std::size_t>(points[1]),
                          Span{0, points[2] - 1});
  if (orbit.empty()) return spans;
  std::size_t index = 0;
  for (auto& span : spans) {
    span = {points[2], -1};
    for (int i = 0; i < points[2]; ++i, ++index) {
      if (static_cast<std::size_t>(orbit[index]) != index) continue;
      span.first = std::min(span.first, i);
      span.last = i;
    }
  }
  return spans;
}

void fill(EnergyGrid& grid, SiteEnergy const& field, std::vector<Span> const& spans) {
  double const limit = field.options().cutoff - cutoff_margin_A;
  std::vector<RadialTable> tables;
  for (auto const& kind : field.kinds()) tables.emplace_back(kind, field.options().cutoff);
  Eigen::Vector3d const third = grid.lattice.col(2);
  Line line{{}, third.normalized(), third.norm() / grid.points[2]};
  for (std::size_t k = 0; k < spans.size(); ++k) {
    if (spans[k].last < spans[k].first) continue;
    auto const start = k * static_cast<std::size_t>(grid.points[2]);
    line.start = grid.position(start);
    for (auto const& image : field.images()) {
      auto const kind = static_cast<std::size_t>(image.kind);
      add_ion(image.position, tables[kind], field.kinds()[kind], line, spans[k], limit * limit, &grid.energy[start]);
    }
  }
}

/// " 1.23457E-01" as the cube format has it.
std::string cube_number(double value) {
  std::array<char, 32> text;
  auto const end = std::to_chars(text.data(), text.data() + text.size(), value, std::chars_format::scientific, 5).ptr;
  std::string number(text.data(), end);
  return std::string(13 - std::min<std::size_t>(13, number.size()), ' ') + number;
}

std::string cube_length(double value) {
  std::array<char, 64> text;
  auto const end = std::to_chars(text.data(), text.data() + text.size(), value, std::chars_format::fixed, 6).ptr;
  std::string number(text.data(), end);
  return std::string(12 - std::min<std::size_t>(12, number.size()), ' ') + number;
}

std::string cube_line(long count, Eigen::Vector3d const& lengths_A) {
  std::string line = std::to_string(count);
  line.insert(0, 5 - std::min<std::size_t>(5, line.size()), ' ');
  for (double const length : lengths_A) line += cube_length(length / units::bohr_A);
  return line + "\n";
}

}  // namespace

std::string to_cube(EnergyGrid const& grid, Crystal const& framework, std::string const& title, double cap_eV) {
  std::string text = title + "\nenergy in eV, at most " + significant(cap_eV, 6) + "; lengths in bohr\n";
  text += cube_line(static_cast<long>(framework.size()), Eigen::Vector3d::Zero());
  for (int k = 0; k < 3; ++k) text += cube_line(grid.points[k], grid.lattice.col(k) / grid.points[k]);
  for (std::size_t a = 0; a < framework.size(); ++a) {
    auto line = cube_line(framework.numbers[a], framework.positions.col(static_cast<Eigen::Index>(a)));
    line.insert(5, cube_length(framework.oxidation[a]));
    text += line;
  }
  auto const row = static_cast<std::size_t>(grid.points[2]);
  for (std::size_t i = 0; i < grid.size(); ++i) {
    text += cube_number(std::min(grid.energy[i], cap_eV));
    if (i % row % 6 == 5 || (i + 1) % row == 0) text += '\n';
  }
  return text;
}

Eigen::Vector3i EnergyGrid::coordinates(std::size_t index) const {
  auto const at = static_cast<std::int64_t>(index);
  std::int64_t const n1 = points[1], n2 = points[2];
  return {static_cast<int>(at / (n1 * n2)), static_cast<int>(at / n2 % n1), static_cast<int>(at % n2)};
}

std::size_t EnergyGrid::index(Eigen::Vector3i const& at) const {
  return (static_cast<std::size_t>(at[0]) * static_cast<std::size_t>(points[1]) + static_cast<std::size_t>(at[1])) *
             static_cast<std::size_t>(points[2]) +
         static_cast<std::size_t>(at[2]);
}

Eigen::Vector3d EnergyGrid::position(std::size_t index) const {
  return lattice * (coordinates(index).cast<double>().array() / points.cast<double>().array()).matrix();
}

std::size_t EnergyGrid::nearest(Eigen::Vector3d const& position) const {
  Eigen::Vector3d const fractional = lattice.inverse() * position;
  Eigen::Vector3i at;
  for (int k = 0; k < 3; ++k) {
    double const n = points[k];
    double i = std::round(fractional[k] * n);
    i = periodic[static_cast<std::size_t>(k)] ? i - n * std::floor(i / n) : std::clamp(i, 0.0, n - 1.0);
    at[k] = static_cast<int>(i);
  }
  return index(at);
}

std::size_t EnergyGrid::lowest() const {
  return static_cast<std::size_t>(std::min_element(energy.begin(), energy.end()) - energy.begin());
}

EnergyGrid energy_grid(SiteEnergy const& field, GridOptions const& options) {
  EnergyGrid grid;
  grid.lattice = field.framework().lattice;
  grid.periodic = field.framework().periodic;
  grid.points = grid_points(field.framework(), options);
  auto const orbit =
      options.symmetry ? detail::grid_orbits(field.framework(), grid.points) : std::vector<std::int32_t>();
  grid.energy.assign(static_cast<std::size_t>(grid.points.cast<std::int64_t>().prod()), 0.0);
  fill(grid, field, wanted_spans(orbit, grid.points));
  for (std::size_t i = 0; i < orbit.size(); ++i) grid.energy[i] = grid.energy[static_cast<std::size_t>(orbit[i])];
  return grid;
}

}  // namespace nacre
