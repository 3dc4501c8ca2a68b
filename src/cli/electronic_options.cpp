#include "electronic_options.hpp"

#include <algorithm>
#include <cmath>

#include "nacre/core/error.hpp"
#include "nacre/core/text.hpp"
#include "nacre/core/units.hpp"
#include "nacre/crystal/elements.hpp"

namespace nacre {

std::optional<double> optional_number(std::string const& option, std::string const& text) {
  if (text.empty()) return {};
  auto const number = parse_double(trim(text));
  require(number && std::isfinite(*number), "invalid ", option, " '", text, "' (a number is expected)");
  return number;
}

std::vector<double> number_list(std::string const& option, std::string const& text) {
  std::vector<double> numbers;
  if (text.empty()) return numbers;
  for (auto const& word : split(text, ',')) {
    auto const number = parse_double(trim(word));
    require(number && std::isfinite(*number), "invalid ", option, " '", text, "' (numbers with commas between them)");
    numbers.push_back(*number);
  }
  return numbers;
}

std::map<std::string, double> symbol_numbers(std::string const& option, std::string const& text) {
  std::map<std::string, double> numbers;
  if (text.empty()) return numbers;
  for (auto const& word : split(text, ',')) {
    auto const sides = split(word, '=');
    auto const number = sides.size() == 2 ? parse_double(trim(sides[1])) : std::nullopt;
    require(number && std::isfinite(*number), "invalid ", option, " '", text, "' (such as Sr=10,O=6)");
    require_atomic_number(trim(sides[0]), option);
    numbers[trim(sides[0])] = *number;
  }
  return numbers;
}

int axis_of(std::string const& text) { return text == "a" ? 0 : text == "b" ? 1 : 2; }

CubeFile read_potential(std::string const& file, std::string const& unit) {
  require(!unit.empty(), "no unit of the potential in '", file,
          "' (cube files do not say it): give --unit Ry (pp.x), Ha or eV");
  auto cube = read_cube(file);
  double const scale = unit == "Ry" ? units::rydberg_eV : unit == "Ha" ? 2.0 * units::rydberg_eV : 1.0;
  for (double& value : cube.values) value *= scale;
  return cube;
}

Crystal turned(CubeFile const& cube, int axis) {
  Crystal crystal = cube.crystal;
  for (int k = 0; k < 3; ++k) crystal.lattice.col(k) = cube.crystal.lattice.col((axis + 1 + k) % 3);
  return crystal;
}

DensityOfStates StatesOptions::read() const { return read_density_of_states(file, static_cast<int>(columns)); }

double StatesOptions::fermi_level(DensityOfStates const& states, std::string const& option) const {
  if (auto const given = optional_number(option, fermi)) return *given;
  require(states.fermi.has_value(), "no Fermi level in '", file, "' (", states.format, "); give ", option, " in eV");
  return *states.fermi;
}

Value optional_value(std::optional<double> const& number) { return number ? Value(*number) : Value(); }

std::string optional_text(std::optional<double> const& number, int digits) {
  return number ? significant(*number, digits) : "-";
}

}  // namespace nacre
