#include <array>
#include <cassert>
#include <limits>

#include "nacre/core/error.hpp"
#include "nacre/core/text.hpp"
#include "nacre/crystal/elements.hpp"

namespace nacre {
namespace {

struct Radii {
  std::optional<double> covalent, van_der_waals;
};
using RadiiTable = std::array<Radii, largest_atomic_number + 1>;

RadiiTable read_table() {
  auto const path = data_file("element_radii.csv");
  RadiiTable table;
  bool header = true;
  for (auto const& line : split(read_file(path), '\n')) {
    if (line.empty() || line.front() == '#') continue;
    if (header) {
      header = false;
      continue;
    }
    auto const fields = split(line, ',');
    require(fields.size() == 3, "found ", fields.size(), " fields in '", path.string(), "' (3 expected)");
    auto const z = static_cast<std::size_t>(require_atomic_number(fields[0], path.string()));
    table[z] = {parse_double(fields[1]), parse_double(fields[2])};
  }
  return table;
}

Radii const& radii_of(int atomic_number) {
  assert(atomic_number >= 1 && atomic_number <= largest_atomic_number);
  static RadiiTable const table = read_table();
  return table[static_cast<std::size_t>(atomic_number)];
}

}  // namespace

std::optional<double> covalent_radius(int atomic_number) { return radii_of(atomic_number).covalent; }

std::optional<double> van_der_waals_radius(int atomic_number) { return radii_of(atomic_number).van_der_waals; }

int periodic_group(int atomic_number) {
  assert(atomic_number >= 1 && atomic_number <= largest_atomic_number);
  if (atomic_number == 1) return 1;
  for (auto const& [noble, length] : {std::pair{2, 8}, {10, 8}, {18, 18}, {36, 18}, {54, 32}, {86, 32}}) {
    int const place = atomic_number - noble;
    if (place < 1 || place > length) continue;
    if (place <= 2) return place;
    if (length == 32 && place <= 16) return 3;
    return 18 - (length - place);
  }
  return 18;
}

}  // namespace nacre
