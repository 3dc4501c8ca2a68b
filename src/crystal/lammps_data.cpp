// Data files of LAMMPS: https://docs.lammps.org/read_data.html
#include <cctype>
#include <cmath>
#include <map>

#include "nacre/core/text.hpp"
#include "nacre/crystal/elements.hpp"
#include "nacre/crystal/io.hpp"
#include "nacre/crystal/trajectory.hpp"
#include "text_lines.hpp"

namespace nacre {
namespace {

using detail::TextLines;

constexpr double mass_tolerance = 0.3;  // u; neighbours in the table that matter are farther apart

struct DataHeader {
  std::int64_t atoms = 0;
  std::int64_t types = 0;
  Eigen::Vector3d low = Eigen::Vector3d::Zero(), high = Eigen::Vector3d::Zero(), tilt = Eigen::Vector3d::Zero();
};

std::string without_comment(std::string const& line) { return trim(line.substr(0, line.find('#'))); }

bool is_section(std::string const& line) {
  return !line.empty() && std::isupper(static_cast<unsigned char>(line.front())) != 0;
}

void read_header_line(std::vector<std::string> const& words, TextLines const& lines, DataHeader& header) {
  auto const& last = words.back();
  if (words.size() == 2 && last == "atoms") {
    auto const count = parse_integer(words[0]);
    require(count && *count > 0, "unreadable number of atoms '", words[0], "' in ", lines.place());
    header.atoms = *count;
  } else if (words.size() == 3 && words[1] == "atom" && last == "types") {
    header.types = parse_integer(words[0]).value_or(0);
  } else if (words.size() == 4 && last.size() == 3 && last.ends_with("hi")) {
    int const axis = last[0] - 'x';
    require(axis >= 0 && axis < 3, "unreadable bounds in ", lines.place());
    header.low[axis] = lines.number(words[0], "bound of the box");
    header.high[axis] = lines.number(words[1], "bound of the box");
  } else if (words.size() == 6 && last == "yz") {
    for (int k = 0; k < 3; ++k) header.tilt[k] = lines.number(words[static_cast<std::size_t>(k)], "tilt of the box");
  }
}

int element_of_mass(double mass, std::string const& comment, TextLines const& lines) {
  auto const word = trim(comment);
  if (auto const named = atomic_number(word)) return *named;
  int best = 1;
  for (int z = 2; z <= largest_atomic_number; ++z)
    if (std::abs(atomic_mass(z) - mass) < std::abs(atomic_mass(best) - mass)) best = z;
  require(std::abs(atomic_mass(best) - mass) < mass_tolerance, "mass ", mass, " in ", lines.place(),
          " is that of no element; name it in a comment behind the mass, as in '1 91.224 # Zr'");
  return best;
}

std::map<int, int> read_masses(TextLines& lines, std::int64_t types) {
  std::map<int, int> elements;
  while (!lines.at_end() && static_cast<std::int64_t>(elements.size()) < types) {
    auto const line = lines.next("mass of a type");
    auto const words = split_words(without_comment(line));
    if (words.empty()) continue;
    auto const type = parse_integer(words[0]);
    require(words.size() == 2 && type && *type >= 1 && *type <= types, "unreadable mass in ", lines.place(),
            " (type and mass expected)");
    auto const hash = line.find('#');
    elements[static_cast<int>(*type)] =
        element_of_mass(lines.number(words[1], "mass"), hash == std::string::npos ? "" : line.substr(hash + 1), lines);
  }
  return elements;
}

/// Word of the type and of x in a line of the section Atoms.
struct AtomStyle {
  std::size_t type, x;
};

AtomStyle style_of(std::string const& section_line, std::size_t words, TextLines const& lines) {
  auto const hash = section_line.find('#');
  auto const name = hash == std::string::npos ? std::string() : lower_case(trim(section_line.substr(hash + 1)));
  if (name == "atomic") return {1, 2};
  if (name == "charge") return {1, 3};
  if (name == "full") return {2, 4};
  if (name == "molecular" || name == "bond" || name == "angle") return {2, 3};
  require(name.empty(), "atom style '", name, "' in '", lines.origin(),
          "' is not read (known: atomic, charge, molecular, full)");
  if (words == 5 || words == 8) return {1, 2};
  if (words == 6 || words == 9) return {1, 3};
  require(words == 7 || words == 10, "found ", words, " columns in ", lines.place(),
          "; name the atom style behind the section, as in 'Atoms # charge'");
  return {2, 4};
}

struct DataAtom {
  int type = 0;
  Eigen::Vector3d position;
};

std::map<std::int64_t, DataAtom> read_atoms(TextLines& lines, std::string const& section, DataHeader const& header) {
  std::map<std::int64_t, DataAtom> atoms;
  while (static_cast<std::int64_t>(atoms.size()) < header.atoms) {
    auto const words = split_words(without_comment(lines.next("atom")));
    if (words.empty()) continue;
    auto const style = style_of(section, words.size(), lines);
    require(words.size() >= style.x + 3, "found ", words.size(), " columns in ", lines.place(), " (", style.x + 3,
            " expected)");
    auto const id = parse_integer(words[0]), type = parse_integer(words[style.type]);
    require(id && type && *type >= 1 && *type <= header.types, "unreadable atom in ", lines.place(),
            " (id, type from 1 to ", header.types, " and position expected)");
    DataAtom atom;
    atom.type = static_cast<int>(*type);
    for (std::size_t k = 0; k < 3; ++k)
      atom.position[static_cast<Eigen::Index>(k)] = lines.number(words[style.x + k], "position");
    require(atoms.emplace(*id, atom).second, "atom id ", *id, " twice in ", lines.place());
  }
  return atoms;
}

struct DataFile {
  DataHeader header;
  std::map<int, int> elements;
  std::map<std::int64_t, DataAtom> atoms;
};

DataFile read_data(TextLines& lines) {
  DataFile data;
  lines.next("title");
  while (!lines.at_end()) {
    auto const line = lines.next("section");
    auto const words = split_words(without_comment(line));
    if (words.empty()) continue;
    if (!is_section(words[0])) {
      read_header_line(words, lines, data.header);
    } else if (words[0] == "Masses") {
      require(data.header.types > 0 && data.header.types < 1'000'000, "no 'atom types' before ", lines.place());
      data.elements = read_masses(lines, data.header.types);
    } else if (words[0] == "Atoms") {
      require(data.header.atoms > 0 && data.header.types > 0, "no 'atoms' or 'atom types' before ", lines.place());
      lines.need(data.header.atoms, "atoms");
      data.atoms = read_atoms(lines, line, data.header);
    }
  }
  return data;
}

}  // namespace

Crystal parse_lammps_data(std::string_view text, std::string const& origin) {
  TextLines lines(text, origin);
  require(!lines.at_end(), "empty file '", origin, "'");
  auto const data = read_data(lines);
  require(!data.atoms.empty(), "no section 'Atoms' in '", origin, "'");
  require(!data.elements.empty(), "no section 'Masses' in '", origin, "' (nothing says what the types are)");
  Crystal crystal;
  auto const& [atom_count, types, low, high, tilt] = data.header;
  crystal.lattice << high[0] - low[0], tilt[0], tilt[1], 0.0, high[1] - low[1], tilt[2], 0.0, 0.0, high[2] - low[2];
  crystal.positions.resize(3, static_cast<Eigen::Index>(data.atoms.size()));
  Eigen::Index column = 0;
  for (auto const& [id, atom] : data.atoms) {
    auto const element = data.elements.find(atom.type);
    require(element != data.elements.end(), "no mass for type ", atom.type, " of atom ", id, " in '", origin, "'");
    crystal.numbers.push_back(element->second);
    crystal.positions.col(column++) = atom.position - low;
  }
  check(crystal, origin);
  return crystal;
}

std::map<int, int> read_lammps_types(std::string const& text) {
  std::map<int, int> types;
  if (text.find(':') == std::string::npos) {
    TextLines lines(read_file(text), text);
    require(!lines.at_end(), "empty file '", text, "'");
    types = read_data(lines).elements;
    require(!types.empty(), "no section 'Masses' in '", text, "' (nothing says what the types are)");
    return types;
  }
  for (auto const& entry : split(text, ',')) {
    auto const parts = split(entry, ':');
    auto const type = parse_integer(trim(parts[0])).value_or(0);
    require(parts.size() == 2 && type >= 1 && type < 1'000'000, "malformed types '", text,
            "' (type:element pairs expected); write them as 1:Zr,2:O");
    types[static_cast<int>(type)] = require_atomic_number(trim(parts[1]), concat("'", text, "'"));
  }
  return types;
}

}  // namespace nacre
