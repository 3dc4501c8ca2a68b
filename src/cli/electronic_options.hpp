/// What the commands that read densities, potentials and densities of states share.
#pragma once

#include <map>
#include <optional>
#include <string>
#include <vector>

#include "nacre/core/value.hpp"
#include "nacre/crystal/cube.hpp"
#include "nacre/crystal/density_of_states.hpp"
#include "nacre/stack/layering.hpp"
#include "nacre/stack/planar_profile.hpp"

namespace nacre {

/// Nothing for an empty text. @throws InputError naming the option
std::optional<double> optional_number(std::string const& option, std::string const& text);
/// "1,2.5"; empty for an empty text.
std::vector<double> number_list(std::string const& option, std::string const& text);
/// "Sr=10,O=6".
std::map<std::string, double> symbol_numbers(std::string const& option, std::string const& text);

/// a, b or c.
int axis_of(std::string const& text);

/// A potential energy of electrons in eV. @param unit "Ry", "Ha" or "eV"; there is no default, files do not say it
CubeFile read_potential(std::string const& file, std::string const& unit);

/// The atoms of a cube whose averages run along `axis`, with that vector as the third one.
Crystal turned(CubeFile const& cube, int axis);

/// A slab of states from a file, its Fermi level from the file or from an option.
struct StatesOptions {
  std::string file, fermi;
  std::int64_t columns = 0;
  DensityOfStates read() const;
  double fermi_level(DensityOfStates const& states, std::string const& option) const;
};

Value optional_value(std::optional<double> const& number);
std::string optional_text(std::optional<double> const& number, int digits);

}  // namespace nacre
