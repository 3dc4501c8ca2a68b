#include <Eigen/LU>
#include <algorithm>
#include <array>
#include <cctype>
#include <cmath>
#include <map>
#include <set>

#include "cif_cell.hpp"
#include "nacre/core/error.hpp"
#include "nacre/core/text.hpp"
#include "nacre/core/units.hpp"
#include "nacre/crystal/elements.hpp"

namespace nacre::detail {
namespace {

double cosine_deg(double angle) {  // exact where crystals need it
  if (angle == 90.0) return 0.0;
  if (angle == 120.0) return -0.5;
  if (angle == 60.0) return 0.5;
  return std::cos(angle / units::degrees);
}

/// One term "1/2", "-x", "+0.25", "2*y" of an operation added to its row.
void add_term(std::string const& term, Eigen::Index row, SymmetryOperation& operation, std::string const& where) {
  std::string digits;
  int axis = -1;
  for (char const c : term) {
    auto const found = std::string_view("xyz").find(c);
    if (found != std::string_view::npos && axis < 0)
      axis = static_cast<int>(found);
    else if (c != '*')
      digits += c;
  }
  double value = 1.0;
  if (digits == "-")
    value = -1.0;
  else if (!digits.empty() && digits != "+") {
    auto const parts = split(digits, '/');
    auto const top = parse_double(parts[0]), bottom = parts.size() == 2 ? parse_double(parts[1]) : std::optional(1.0);
    require(parts.size() <= 2 && top && bottom && *bottom != 0.0, "unreadable term '", term, "' in ", where);
    value = *top / *bottom;
  }
  if (axis < 0) {
    require(!digits.empty() && digits != "+" && digits != "-", "unreadable term '", term, "' in ", where);
    operation.translation[row] += value;
    return;
  }
  require(value == std::round(value) && std::abs(value) < 10.0, "unreadable term '", term, "' in ", where);
  operation.rotation(row, axis) += static_cast<int>(value);
}

/// Key of an operation modulo lattice translations; translations of real groups are multiples of 1/24.
using Key = std::array<int, 12>;

Key key(Eigen::Matrix3i const& rotation, Eigen::Vector3d const& translation) {
  Key key{};
  std::copy(rotation.data(), rotation.data() + 9, key.begin());
  for (std::size_t i = 0; i < 3; ++i) {
    double const t = translation[static_cast<Eigen::Index>(i)];
    key[9 + i] = static_cast<int>(std::lround((t - std::floor(t)) * 600.0)) % 600;  // 1/3 written as 0.333 still fits
  }
  return key;
}

void check_group(CifStructure const& structure, Eigen::Matrix3d const& lattice, std::string const& place) {
  std::set<Key> known;
  for (auto const& operation : structure.operations) known.insert(key(operation.rotation, operation.translation));
  require(known.contains(key(Eigen::Matrix3i::Identity(), Eigen::Vector3d::Zero())),
          "no identity among the symmetry operations in ", place, "; the file is truncated or wrong");
  Eigen::Matrix3d const metric = lattice.transpose() * lattice;
  for (auto const& a : structure.operations) {
    Eigen::Matrix3d const rotation = a.rotation.cast<double>();
    require((rotation.transpose() * metric * rotation - metric).cwiseAbs().maxCoeff() < 2e-3 * metric.maxCoeff(),
            "a symmetry operation does not fit the cell in ", place, " (it changes lengths or angles); check both");
    for (auto const& b : structure.operations)
      require(known.contains(key(a.rotation * b.rotation, rotation * b.translation + a.translation)), "the ",
              structure.operations.size(), " symmetry operations in ", place,
              " form no group (a product of two is missing); the file is truncated or wrong");
  }
}

/// x + the shortest lattice vector that brings it to `target`.
Eigen::Vector3d nearest_image(Eigen::Vector3d const& x, Eigen::Vector3d const& target) {
  return x - (x - target).array().round().matrix();
}

constexpr double special_position_A = 0.1;

/// Mean of the images of a site that lie on top of it.
Eigen::Vector3d onto_special_position(Eigen::Vector3d const& x, CifStructure const& structure,
                                      Eigen::Matrix3d const& lattice) {
  Eigen::Vector3d sum = Eigen::Vector3d::Zero();
  int images = 0;
  for (auto const& operation : structure.operations) {
    Eigen::Vector3d const image = nearest_image(operation.rotation.cast<double>() * x + operation.translation, x);
    if ((lattice * (image - x)).norm() > special_position_A) continue;
    sum += image - x;
    ++images;
  }
  return x + sum / images;
}

struct Atom {
  Eigen::Vector3d fractional;
  std::size_t site;
};

void add_orbit(CifStructure const& structure, std::size_t site, Eigen::Matrix3d const& lattice,
               std::string const& place, std::vector<Atom>& atoms) {
  auto const x = onto_special_position(structure.sites[site].fractional, structure, lattice);
  auto const first = atoms.size();
  for (auto const& operation : structure.operations) {
    Eigen::Vector3d image = operation.rotation.cast<double>() * x + operation.translation;
    bool known = false;
    for (std::size_t i = 0; i < atoms.size() && !known; ++i) {
      known = (lattice * (nearest_image(atoms[i].fractional, image) - image)).norm() < special_position_A;
      require(!known || i >= first, "sites '", structure.sites[atoms[i].site].label, "' and '",
              structure.sites[site].label, "' in ", place, " stand on the same place after symmetry; remove one");
    }
    if (known) continue;
    for (auto& value : image) {
      value -= std::floor(value);
      if (value > 1.0 - 1e-9) value = 0.0;
    }
    atoms.push_back({image, site});
  }
}

/// Counts of "Sr1 Ti O3"; empty if the text is something else.
std::map<int, double> parse_formula(std::string const& text) {
  std::map<int, double> counts;
  for (auto const& word : split_words(text)) {
    std::size_t letters = 0;
    while (letters < word.size() && std::isalpha(static_cast<unsigned char>(word[letters]))) ++letters;
    auto const number = atomic_number(word.substr(0, letters) == "D" ? "H" : word.substr(0, letters));
    auto const count = letters == word.size() ? std::optional(1.0) : parse_double(word.substr(letters));
    if (!number || !count || !(*count > 0.0)) return {};
    counts[*number] += *count;
  }
  return counts;
}

void check_formula(Crystal const& crystal, std::string const& formula_sum, std::string const& place) {
  auto const stated = parse_formula(formula_sum);
  if (stated.empty()) return;
  std::map<int, double> found = {};
  for (int const number : crystal.numbers) found[number] += 1.0 / static_cast<double>(crystal.size());
  double total = 0.0, difference = 0.0;
  for (auto const& [number, count] : stated) total += count;
  for (auto const& [number, count] : stated) difference = std::max(difference, std::abs(count / total - found[number]));
  for (auto const& [number, fraction] : found)
    if (!stated.contains(number)) difference = std::max(difference, fraction);
  require(difference < 5e-3, "the atoms in ", place, " are ", formula(crystal), ", _chemical_formula_sum says '",
          formula_sum, "'; the file is truncated or its symmetry is wrong");
}

}  // namespace

Eigen::Matrix3d lattice_from_parameters(std::array<double, 3> const& lengths, std::array<double, 3> const& angles_deg) {
  double const ca = cosine_deg(angles_deg[0]), cb = cosine_deg(angles_deg[1]), cg = cosine_deg(angles_deg[2]);
  double const sg = std::sqrt(1.0 - cg * cg), cy = (ca - cb * cg) / sg;
  Eigen::Matrix3d lattice;
  lattice.col(0) = lengths[0] * Eigen::Vector3d(1.0, 0.0, 0.0);
  lattice.col(1) = lengths[1] * Eigen::Vector3d(cg, sg, 0.0);
  lattice.col(2) = lengths[2] * Eigen::Vector3d(cb, cy, std::sqrt(std::max(0.0, 1.0 - cb * cb - cy * cy)));
  return lattice;
}

SymmetryOperation parse_operation(std::string const& text, std::string const& place) {
  auto const where = concat("symmetry operation '", text, "' in ", place);
  SymmetryOperation operation{Eigen::Matrix3i::Zero(), Eigen::Vector3d::Zero()};
  auto const rows = split(lower_case(text), ',');
  require(rows.size() == 3, "found ", rows.size(), " parts in ", where, " (3 expected)");
  for (Eigen::Index i = 0; i < 3; ++i) {
    std::string term;
    for (char const c : rows[static_cast<std::size_t>(i)] + "+") {
      if (std::isspace(static_cast<unsigned char>(c))) continue;
      if ((c == '+' || c == '-') && !term.empty()) {
        add_term(term, i, operation, where);
        term.clear();
      }
      term += c;
    }
  }
  require(std::abs(std::abs(operation.rotation.cast<double>().determinant()) - 1.0) < 1e-9, "no rotation or mirror in ",
          where);
  for (auto& t : operation.translation) {  // 0.3333 means 1/3
    double const steps = std::round(t * 24.0);
    if (std::abs(t - steps / 24.0) < 1e-3) t = steps / 24.0;
  }
  return operation;
}

Crystal expand(CifStructure const& structure, std::string const& place) {
  Crystal crystal;
  crystal.name = structure.name;
  crystal.lattice = lattice_from_parameters(structure.lengths, structure.angles_deg);
  require(crystal.volume() > 1e-6 * crystal.lattice.colwise().norm().prod(), "cell of volume ", crystal.volume(),
          " A^3 in ", place, " (its angles do not make a cell)");
  check_group(structure, crystal.lattice, place);
  std::vector<Atom> atoms;
  for (std::size_t site = 0; site < structure.sites.size(); ++site)
    add_orbit(structure, site, crystal.lattice, place, atoms);
  crystal.positions.resize(3, static_cast<Eigen::Index>(atoms.size()));
  for (std::size_t i = 0; i < atoms.size(); ++i) {
    crystal.positions.col(static_cast<Eigen::Index>(i)) = crystal.lattice * atoms[i].fractional;
    crystal.numbers.push_back(structure.sites[atoms[i].site].number);
    if (!structure.oxidation.empty()) crystal.oxidation.push_back(structure.oxidation[atoms[i].site]);
  }
  check(crystal, place);
  check_formula(crystal, structure.formula_sum, place);
  return crystal;
}

}  // namespace nacre::detail
