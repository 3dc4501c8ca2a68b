#include "nacre/dft/deck.hpp"

#include <Eigen/LU>
#include <algorithm>
#include <cmath>

#include "deck_detail.hpp"
#include "nacre/core/error.hpp"
#include "nacre/core/text.hpp"
#include "nacre/core/value.hpp"
#include "nacre/crystal/elements.hpp"
#include "nacre/crystal/symmetry.hpp"

namespace nacre {
namespace {

using detail::DeckInput;
using detail::Gap;

constexpr double least_vacuum_A = 10.0;

void check_choice(std::string const& what, std::string const& value, std::vector<std::string> const& known) {
  require(std::find(known.begin(), known.end(), value) != known.end(), "unknown ", what, " '", value,
          "' (no deck can be written for it)", did_you_mean(value, known));
}

void check_options(std::string const& code, Crystal const& crystal, DeckOptions const& options) {
  check_choice("code", code, {"qe", "vasp"});
  check_choice("level", options.level, {"pbe", "pbe+u"});
  check_choice("calculation", options.calculation, {"scf", "relax"});
  auto const positive = [](char const* name, double value) {
    require(std::isfinite(value) && value > 0.0, "invalid ", name, "=", value, " (must be positive)");
  };
  positive("kpoint_density", options.kpoint_density);
  positive("ecutwfc_Ry", options.ecutwfc_Ry);
  positive("encut_eV", options.encut_eV);
  positive("smearing_eV", options.smearing_eV);
  require(options.ecutrho_ratio >= 4.0, "invalid ecutrho_ratio=", options.ecutrho_ratio,
          " (the density needs at least 4 times the cutoff of the wave functions)");
  require(options.frozen.empty() || options.frozen.size() == crystal.size(), "found ", options.frozen.size(),
          " frozen flags for ", crystal.size(), " atoms");
  require(options.frozen.empty() || options.calculation == "relax",
          "frozen atoms in calculation 'scf' (nothing moves there); ask for 'relax'");
  require(crystal.lattice.determinant() > 0.0, "left-handed cell of ", formula(crystal),
          " (VASP stops at it); exchange two lattice vectors");
}

/// Smallest distance that is no overlap: 0.7 x the sum of the crystal radii (definitions.md 11), or a plain length
/// where no charges are known.
double closest_allowed(Crystal const& crystal, std::size_t a, std::size_t b) {
  if (crystal.oxidation.empty() || crystal.oxidation[a] == 0.0 || crystal.oxidation[b] == 0.0)
    return crystal.numbers[a] == 1 || crystal.numbers[b] == 1 ? 0.6 : 1.1;
  return 0.7 * (shannon_radius(crystal.numbers[a], crystal.oxidation[a]) +
                shannon_radius(crystal.numbers[b], crystal.oxidation[b]));
}

/// Shortest distance between an atom and the images of another, itself excluded.
double image_distance(Crystal const& crystal, Eigen::Matrix3d const& inverse, Eigen::Index a, Eigen::Index b,
                      Eigen::Vector3i const& reach) {
  Eigen::Vector3d fractional = inverse * (crystal.positions.col(b) - crystal.positions.col(a));
  fractional.array() -= fractional.array().round();
  double best = std::numeric_limits<double>::infinity();
  for (int i = -reach.x(); i <= reach.x(); ++i)
    for (int j = -reach.y(); j <= reach.y(); ++j)
      for (int k = -reach.z(); k <= reach.z(); ++k) {
        if (a == b && i == 0 && j == 0 && k == 0) continue;
        best = std::min(best, (crystal.lattice * (fractional + Eigen::Vector3d(i, j, k))).norm());
      }
  return best;
}

void check_distances(Crystal const& crystal) {
  if (shortest_distance(crystal).distance > 3.0) return;  // no two ions have radii that large
  constexpr double largest_A = 3.0;
  Eigen::Matrix3d const inverse = crystal.lattice.inverse();
  Eigen::Vector3i reach;  // + 1: the wrapped difference may be half a cell from the nearest image
  for (int i = 0; i < 3; ++i) reach[i] = 1 + static_cast<int>(largest_A * inverse.row(i).norm());
  for (std::size_t a = 0; a < crystal.size(); ++a)
    for (std::size_t b = a; b < crystal.size(); ++b) {
      double const distance =
          image_distance(crystal, inverse, static_cast<Eigen::Index>(a), static_cast<Eigen::Index>(b), reach);
      double const allowed = closest_allowed(crystal, a, b);
      require(distance >= allowed, "atoms ", a + 1, " (", symbol(crystal.numbers[a]), ") and ", b + 1, " (",
              symbol(crystal.numbers[b]), ") are ", significant(distance, 4), " A apart (less than ",
              significant(allowed, 4), " A is an overlap); no deck is written");
    }
}

/// The widest stretch of the third vector without atoms.
Gap widest_gap(Crystal const& crystal) {
  Eigen::RowVectorXd const z = crystal.lattice.inverse().row(2) * crystal.positions;
  std::vector<double> heights(z.data(), z.data() + z.size());
  for (auto& height : heights) height -= std::floor(height);
  std::sort(heights.begin(), heights.end());
  Gap gap;
  for (std::size_t i = 0; i < heights.size(); ++i) {
    double const next = i + 1 < heights.size() ? heights[i + 1] : heights.front() + 1.0;
    if (next - heights[i] <= gap.fraction) continue;
    gap.fraction = next - heights[i];
    gap.centre = heights[i] + 0.5 * gap.fraction;
  }
  gap.centre -= std::floor(gap.centre);
  return gap;
}

Gap check_vacuum(Crystal const& crystal, DeckOptions const& options) {
  if (!options.vacuum) {
    require(!options.dipole_correction,
            "dipole correction without vacuum (in a superlattice it is wrong); leave it out");
    return {};
  }
  auto const& c = crystal.lattice.col(2);
  double const tilt = std::max(std::abs(c.dot(crystal.lattice.col(0))), std::abs(c.dot(crystal.lattice.col(1))));
  require(tilt < 1e-6 * c.squaredNorm(), "tilted third vector in a slab with vacuum (both codes need it normal to the ",
          "surface); build the slab with a normal one");
  auto const gap = widest_gap(crystal);
  require(gap.fraction * c.norm() >= least_vacuum_A, "vacuum of ", significant(gap.fraction * c.norm(), 4),
          " A (at least ", least_vacuum_A, " A are needed); widen the cell");
  bool const asymmetric = is_asymmetric_slab(crystal);
  require(options.dipole_correction || !asymmetric, "no dipole correction for the asymmetric slab ", formula(crystal),
          " (its two faces differ); ask for it");
  require(!options.dipole_correction || asymmetric, "dipole correction for the symmetric slab ", formula(crystal),
          " (it has no dipole); leave it out");
  return gap;
}

std::array<int, 3> mesh_of(Crystal const& crystal, DeckOptions const& options) {
  std::array<int, 3> mesh{};
  for (int i = 0; i < 3; ++i) {
    double const wanted = options.kpoint_density / crystal.lattice.col(i).norm();
    mesh[static_cast<std::size_t>(i)] = std::max(1, static_cast<int>(std::ceil(wanted - 1e-9)));  // 30/3 is 10
  }
  if (options.vacuum) mesh[2] = 1;
  return mesh;
}

}  // namespace

namespace detail {

std::optional<HubbardU> hubbard_u(int atomic_number, DeckOptions const& options) {
  static Value const table = [] {
    auto const path = data_file("hubbard_u.json");
    return Value::parse_json(read_file(path), path.string()).at("u_eV");
  }();
  auto const* entry = options.level == "pbe+u" ? table.find(symbol(atomic_number)) : nullptr;
  if (!entry) return std::nullopt;
  return HubbardU{entry->at("manifold").as_string(), entry->at("u_eV").as_number()};
}

bool is_magnetic_metal(int atomic_number) { return atomic_number >= 23 && atomic_number <= 29; }

}  // namespace detail

bool is_asymmetric_slab(Crystal const& crystal) {
  for (auto const& operation : find_space_group(crystal, 1e-3).operations)
    if (operation.rotation.row(2) == Eigen::RowVector3i(0, 0, -1)) return false;
  return true;
}

Deck make_deck(std::string const& code, Crystal const& crystal, DeckOptions const& options) {
  check(crystal, crystal.name.empty() ? std::string("deck") : concat("deck of '", crystal.name, "'"));
  check_options(code, crystal, options);
  check_distances(crystal);
  DeckInput input{crystal, options, {}, mesh_of(crystal, options), check_vacuum(crystal, options)};
  for (int const number : crystal.numbers)
    if (std::find(input.elements.begin(), input.elements.end(), number) == input.elements.end())
      input.elements.push_back(number);
  return code == "qe" ? detail::make_qe_deck(input) : detail::make_vasp_deck(input);
}

}  // namespace nacre
