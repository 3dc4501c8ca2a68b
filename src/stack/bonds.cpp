#include "nacre/stack/bonds.hpp"

#include <Eigen/Geometry>
#include <Eigen/LU>
#include <algorithm>
#include <array>
#include <cmath>
#include <numeric>
#include <optional>

#include "nacre/core/error.hpp"
#include "nacre/crystal/elements.hpp"

namespace nacre {
namespace {

constexpr double covalent_factor = 1.2, ionic_factor = 1.15;

// B. Cordero et al., Dalton Trans. 2832 (2008), doi:10.1039/b801115j, H to Cm [pm]; high spin for Mn, Fe, Co.
constexpr int covalent_radii_pm[] = {31,  28,  128, 96,  84,  76,  71,  66,  57,  58,  166, 141, 121, 111, 107, 105,
                                     102, 106, 203, 176, 170, 160, 153, 139, 161, 152, 150, 124, 132, 122, 122, 120,
                                     119, 120, 120, 116, 220, 195, 190, 175, 164, 154, 147, 146, 142, 139, 145, 144,
                                     142, 139, 139, 138, 139, 140, 244, 215, 207, 204, 203, 201, 199, 198, 198, 196,
                                     194, 192, 192, 189, 190, 187, 187, 175, 170, 162, 151, 144, 141, 136, 136, 132,
                                     145, 146, 148, 140, 150, 150, 260, 221, 215, 206, 200, 196, 190, 187, 180, 169};

double covalent_radius(int number) {
  auto const last = std::size(covalent_radii_pm) - 1;  // heavier actinides are taken as curium
  return 0.01 * covalent_radii_pm[std::min(static_cast<std::size_t>(number - 1), last)];
}

/// Elements of which molecules and molecule-like groups are made.
bool forms_molecules(int number) {
  constexpr std::array<int, 14> elements{1, 5, 6, 7, 8, 9, 14, 15, 16, 17, 33, 34, 35, 53};  // H B C N O F Si P S ...
  return std::ranges::find(elements, number) != elements.end();
}

/// Nothing for an ion that the table does not have.
std::optional<double> ionic_radius(int number, double charge) {
  try {
    return shannon_radius(number, charge);
  } catch (InputError const&) {
    return std::nullopt;
  }
}

/// Kinds of ions, and how near two of them must be to be bonded.
class Kinds {
 public:
  explicit Kinds(Crystal const& crystal) {
    std::vector<std::pair<int, double>> kinds;
    for (std::size_t a = 0; a < crystal.size(); ++a) {
      std::pair const kind(crystal.numbers[a], crystal.oxidation.empty() ? 0.0 : crystal.oxidation[a]);
      auto const place = std::ranges::find(kinds, kind) - kinds.begin();
      if (place == std::ssize(kinds)) kinds.push_back(kind);
      of_atom_.push_back(static_cast<std::size_t>(place));
    }
    count_ = kinds.size();
    std::vector<std::optional<double>> radii;
    for (auto const& [number, charge] : kinds)
      radii.push_back(charge == 0.0 ? std::nullopt : ionic_radius(number, charge));
    for (std::size_t i = 0; i < count_; ++i) {
      for (std::size_t j = 0; j < count_; ++j) limits_.push_back(limit_of(kinds[i], radii[i], kinds[j], radii[j]));
    }
  }
  double limit(std::size_t a, std::size_t b) const { return limits_[of_atom_[a] * count_ + of_atom_[b]]; }
  double largest() const { return *std::ranges::max_element(limits_); }

 private:
  using Kind = std::pair<int, double>;
  static double limit_of(Kind const& a, std::optional<double> ra, Kind const& b, std::optional<double> rb) {
    bool const metals = !forms_molecules(a.first) && !forms_molecules(b.first) && a.second > 0.0 && b.second > 0.0;
    double limit = metals ? 0.0 : covalent_factor * (covalent_radius(a.first) + covalent_radius(b.first));
    if (ra && rb && a.second * b.second < 0.0) limit = std::max(limit, ionic_factor * (*ra + *rb));
    return limit;
  }
  std::size_t count_ = 0;
  std::vector<std::size_t> of_atom_;
  std::vector<double> limits_;
};

/// Parts of a bond graph with the lattice vectors by which they repeat.
class Parts {
 public:
  Parts(std::size_t atoms, std::vector<Bond> const& bonds) : root_(atoms), cell_(atoms, Eigen::Vector3i::Zero()) {
    std::iota(root_.begin(), root_.end(), 0);
    periods_.resize(atoms);
    for (auto const& b : bonds) join(b);
  }
  int dimension(int atom) {
    auto const& p = periods_[static_cast<std::size_t>(find(atom).first)];
    if (p.empty()) return 0;
    Eigen::Vector3i normal = Eigen::Vector3i::Zero();
    for (auto const& v : p) {
      if (normal.isZero()) normal = p.front().cross(v);
      if (normal.dot(v) != 0) return 3;
    }
    return normal.isZero() ? 1 : 2;
  }

 private:
  /// The first atom of the part, and the cell in which `atom` is connected to it.
  std::pair<int, Eigen::Vector3i> find(int atom) {
    Eigen::Vector3i cell = Eigen::Vector3i::Zero();
    while (root_[static_cast<std::size_t>(atom)] != atom) {
      cell += cell_[static_cast<std::size_t>(atom)];
      atom = root_[static_cast<std::size_t>(atom)];
    }
    return {atom, cell};
  }
  void join(Bond const& b) {
    auto const [r1, c1] = find(b.first);
    auto const [r2, c2] = find(b.second);
    Eigen::Vector3i const step = c1 + b.cell - c2;  // the second part's cell as seen from the first
    if (r1 == r2) {
      if (!step.isZero()) periods_[static_cast<std::size_t>(r1)].push_back(step);
      return;
    }
    root_[static_cast<std::size_t>(r2)] = r1;
    cell_[static_cast<std::size_t>(r2)] = step;
    auto& from = periods_[static_cast<std::size_t>(r2)];
    auto& to = periods_[static_cast<std::size_t>(r1)];
    to.insert(to.end(), from.begin(), from.end());
  }
  std::vector<int> root_;
  std::vector<Eigen::Vector3i> cell_;
  std::vector<std::vector<Eigen::Vector3i>> periods_;
};

}  // namespace

std::vector<Bond> find_bonds(Crystal const& crystal) {
  Kinds const kinds(crystal);
  double const reach = kinds.largest();
  Eigen::Matrix3d const inverse = crystal.lattice.inverse();
  Eigen::Matrix3Xd const x = inverse * crystal.positions;
  Eigen::Vector3i const images = (reach * inverse.rowwise().norm().array() + 0.5).ceil().matrix().cast<int>();
  std::vector<Bond> bonds;
  for (int a = 0; a < static_cast<int>(crystal.size()); ++a) {
    for (int b = a; b < static_cast<int>(crystal.size()); ++b) {
      double const limit = kinds.limit(static_cast<std::size_t>(a), static_cast<std::size_t>(b));
      bool const covalent = forms_molecules(crystal.numbers[static_cast<std::size_t>(a)]) &&
                            forms_molecules(crystal.numbers[static_cast<std::size_t>(b)]);
      Eigen::Vector3d const d = x.col(b) - x.col(a);
      Eigen::Vector3i const home = -d.array().round().matrix().cast<int>();
      for (int i = -images.x(); i <= images.x(); ++i) {
        for (int j = -images.y(); j <= images.y(); ++j) {
          for (int k = -images.z(); k <= images.z(); ++k) {
            Eigen::Vector3i const cell = home + Eigen::Vector3i(i, j, k);
            if (a == b && std::tuple(i, j, k) <= std::tuple(0, 0, 0)) continue;  // once, and not itself
            if ((crystal.lattice * (d + cell.cast<double>())).squaredNorm() < limit * limit) {
              bonds.push_back({a, b, cell, covalent});
            }
          }
        }
      }
    }
  }
  return bonds;
}

std::vector<int> bonded_dimensions(Crystal const& crystal, std::vector<Bond> const& bonds) {
  Parts parts(crystal.size(), bonds);
  std::vector<int> dimensions;
  for (int a = 0; a < static_cast<int>(crystal.size()); ++a) dimensions.push_back(parts.dimension(a));
  return dimensions;
}

std::vector<Bond> unit_bonds(Crystal const& crystal) {
  auto const bonds = find_bonds(crystal);
  std::vector<Bond> covalent;
  std::ranges::copy_if(bonds, std::back_inserter(covalent), &Bond::covalent);
  auto const whole = bonded_dimensions(crystal, bonds), group = bonded_dimensions(crystal, covalent);
  std::vector<Bond> units;
  std::ranges::copy_if(bonds, std::back_inserter(units), [&](Bond const& b) {
    auto const atom = static_cast<std::size_t>(b.first);
    return whole[atom] < 3 || (b.covalent && group[atom] == 0);
  });
  return units;
}

std::vector<Group> finite_groups(Crystal const& crystal) {
  auto const bonds = unit_bonds(crystal);
  auto const dimensions = bonded_dimensions(crystal, bonds);
  std::vector<Group> groups;
  std::vector<bool> seen(crystal.size(), false);
  for (int first = 0; first < static_cast<int>(crystal.size()); ++first) {
    if (seen[static_cast<std::size_t>(first)] || dimensions[static_cast<std::size_t>(first)] > 0) continue;
    seen[static_cast<std::size_t>(first)] = true;
    Group group{{first}, {Eigen::Vector3i::Zero()}};
    for (std::size_t k = 0; k < group.atoms.size(); ++k) {  // grows as neighbours are met
      for (auto const& b : bonds) {
        for (bool const forward : {true, false}) {
          int const from = forward ? b.first : b.second, to = forward ? b.second : b.first;
          if (from != group.atoms[k] || seen[static_cast<std::size_t>(to)]) continue;
          seen[static_cast<std::size_t>(to)] = true;
          Eigen::Vector3i const cell = group.cells[k] + (forward ? b.cell : Eigen::Vector3i(-b.cell));
          group.atoms.push_back(to);
          group.cells.push_back(cell);
        }
      }
    }
    if (group.atoms.size() > 1) groups.push_back(std::move(group));
  }
  return groups;
}

}  // namespace nacre
