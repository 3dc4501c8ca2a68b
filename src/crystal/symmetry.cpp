#include "nacre/crystal/symmetry.hpp"

#include <spglib.h>

#include <Eigen/LU>
#include <algorithm>
#include <cmath>
#include <deque>
#include <map>
#include <memory>
#include <mutex>

#include "nacre/core/error.hpp"
#include "nacre/crystal/elements.hpp"

namespace nacre {
namespace {

using Species = std::pair<int, double>;  // atomic number, formal charge

struct Dataset {
  std::shared_ptr<SpglibDataset> data;
  std::vector<Species> species;  // of type 1, 2, ...
};

std::vector<Species> find_species(Crystal const& crystal) {
  std::vector<Species> species;
  for (std::size_t i = 0; i < crystal.size(); ++i)
    species.emplace_back(crystal.numbers[i], crystal.oxidation.empty() ? 0.0 : crystal.oxidation[i]);
  return species;
}

/// What the answer depends on.
struct Question {
  Eigen::Matrix3d lattice;
  Eigen::Matrix3Xd positions;
  std::vector<Species> of_atom;
  double tolerance_A;
  bool operator==(Question const& other) const {
    return lattice == other.lattice && positions.cols() == other.positions.cols() && positions == other.positions &&
           of_atom == other.of_atom && tolerance_A == other.tolerance_A;
  }
};

std::shared_ptr<SpglibDataset> ask_spglib(Crystal const& crystal, std::vector<int> const& types, double tolerance_A) {
  using RowMajor = Eigen::Matrix<double, 3, 3, Eigen::RowMajor>;
  RowMajor lattice = crystal.lattice;  // the one transposition: spglib wants [component][vector], row by row
  Eigen::Matrix3Xd fractional = crystal.lattice.inverse() * crystal.positions;
  auto* const data =
      spg_get_dataset(reinterpret_cast<double(*)[3]>(lattice.data()), reinterpret_cast<double(*)[3]>(fractional.data()),
                      types.data(), static_cast<int>(types.size()), tolerance_A);
  auto const reason = data ? std::string() : std::string(spg_get_error_message(spg_get_error_code()));
  std::shared_ptr<SpglibDataset> dataset(data, [](SpglibDataset* old) {
    if (old) spg_free_dataset(old);
  });
  require(data && data->spacegroup_number > 0, "no space group for ", formula(crystal),
          crystal.name.empty() ? "" : " '" + crystal.name + "'", " within ", tolerance_A, " A (spglib: ", reason,
          "); check for atoms on top of each other");
  return dataset;
}

Dataset analyse(Crystal const& crystal, double tolerance_A) {
  check(crystal, crystal.name.empty() ? std::string("crystal") : "crystal '" + crystal.name + "'");
  auto const of_atom = find_species(crystal);
  auto species = of_atom;
  std::sort(species.begin(), species.end());
  species.erase(std::unique(species.begin(), species.end()), species.end());
  std::vector<int> types;
  for (auto const& s : of_atom)
    types.push_back(1 + static_cast<int>(std::lower_bound(species.begin(), species.end(), s) - species.begin()));

  // every plane of a crystal asks the same two questions, and an answer takes spglib milliseconds
  static std::mutex mutex;  // spglib keeps its error code in a global, too
  static std::deque<std::pair<Question, std::shared_ptr<SpglibDataset>>> answers;
  constexpr std::size_t most_answers = 8;
  std::lock_guard const lock(mutex);
  Question question{crystal.lattice, crystal.positions, of_atom, tolerance_A};
  for (auto const& [asked, answer] : answers) {
    if (asked == question) return {answer, species};
  }
  answers.emplace_back(std::move(question), ask_spglib(crystal, types, tolerance_A));
  if (answers.size() > most_answers) answers.pop_front();
  return {answers.back().second, species};
}

Eigen::Vector3d wrap(Eigen::Vector3d x) {
  for (auto& value : x) {
    value -= std::floor(value);
    if (value > 1.0 - 1e-9) value = 0.0;
  }
  return x;
}

/// Shortest vectors first: pairs by Gauss' algorithm, the third against both; keeps the lattice.
Eigen::Matrix3d reduce(Eigen::Matrix3d b) {
  double const shrink = 1.0 - 1e-9;  // equal lengths count as reduced, whatever the rounding
  for (bool changed = true; changed;) {
    changed = false;
    for (int i = 0; i < 3; ++i) {
      int const j = (i + 1) % 3, k = (i + 2) % 3;
      for (int m = -1; m <= 1; ++m)
        for (int n = -1; n <= 1; ++n) {
          Eigen::Vector3d const shorter = b.col(i) + m * b.col(j) + n * b.col(k);
          if (shorter.squaredNorm() >= shrink * b.col(i).squaredNorm()) continue;
          b.col(i) = shorter;
          changed = true;
        }
    }
  }
  return b;
}

/// Basis of the integer lattice spanned by the columns of `generators` (full rank): column Hermite form.
Eigen::Matrix3i integer_basis(Eigen::Matrix3Xi generators) {
  for (int row = 0; row < 3; ++row) {
    for (Eigen::Index col = generators.cols() - 1; col > row; --col)
      while (generators(row, col) != 0) {  // Euclid on two columns
        int const quotient = generators(row, row) / generators(row, col);
        generators.col(row) -= quotient * generators.col(col);
        generators.col(row).swap(generators.col(col));
      }
  }
  return generators.leftCols<3>();
}

Eigen::Matrix3d primitive_lattice(Crystal const& crystal, SpglibDataset const& data) {
  std::vector<Eigen::Vector3d> translations;
  for (int i = 0; i < data.n_operations; ++i) {
    Eigen::Map<Eigen::Matrix<int, 3, 3, Eigen::RowMajor> const> const rotation(&data.rotations[i][0][0]);
    if (rotation.isIdentity()) translations.emplace_back(Eigen::Map<Eigen::Vector3d const>(data.translations[i]));
  }
  int const n = static_cast<int>(translations.size());  // the group's order: n t is an integer vector for each t
  Eigen::Matrix3Xi generators(3, 3 + n);
  generators.leftCols<3>() = n * Eigen::Matrix3i::Identity();
  for (int i = 0; i < n; ++i)
    generators.col(3 + i) = (n * translations[static_cast<std::size_t>(i)]).array().round().cast<int>();
  Eigen::Matrix3d basis = crystal.lattice * integer_basis(generators).cast<double>() / n;
  require(std::abs(crystal.volume() - n * std::abs(basis.determinant())) < 1e-6 * crystal.volume(),
          "the translations of ", formula(crystal), " form no lattice at this tolerance; give more exact positions");
  basis = reduce(basis);
  if (basis.determinant() * crystal.lattice.determinant() < 0.0) basis = -basis;
  return basis.array() + 0.0;  // -0 is written as 0
}

}  // namespace

SpaceGroup find_space_group(Crystal const& crystal, double tolerance_A) {
  auto const dataset = analyse(crystal, tolerance_A);
  auto const& data = *dataset.data;
  SpaceGroup group;
  group.number = data.spacegroup_number;
  group.symbol = data.international_symbol;
  group.point_group = data.pointgroup_symbol;
  for (int i = 0; i < data.n_operations; ++i)
    group.operations.push_back({Eigen::Map<Eigen::Matrix<int, 3, 3, Eigen::RowMajor> const>(&data.rotations[i][0][0]),
                                wrap(Eigen::Map<Eigen::Vector3d const>(data.translations[i]))});
  std::stable_partition(group.operations.begin(), group.operations.end(), [](SymmetryOperation const& operation) {
    return operation.rotation.isIdentity() && operation.translation.isZero(1e-6);
  });
  return group;
}

Crystal primitive_cell(Crystal const& crystal, double tolerance_A) {
  auto const dataset = analyse(crystal, tolerance_A);
  auto const lattice = primitive_lattice(crystal, *dataset.data);
  if (std::abs(std::abs(lattice.determinant()) - crystal.volume()) < 1e-6 * crystal.volume()) return crystal;
  Crystal primitive;
  primitive.lattice = lattice;
  primitive.periodic = crystal.periodic;
  primitive.name = crystal.name;
  std::vector<int> kept;
  std::vector<bool> seen(crystal.size(), false);
  for (std::size_t i = 0; i < crystal.size(); ++i) {
    auto const image = static_cast<std::size_t>(dataset.data->mapping_to_primitive[i]);
    if (!seen[image]) kept.push_back(static_cast<int>(i));
    seen[image] = true;
  }
  primitive.positions.resize(3, static_cast<Eigen::Index>(kept.size()));
  for (std::size_t i = 0; i < kept.size(); ++i) {
    auto const atom = static_cast<std::size_t>(kept[i]);
    primitive.positions.col(static_cast<Eigen::Index>(i)) = crystal.positions.col(kept[i]);
    primitive.numbers.push_back(crystal.numbers[atom]);
    if (!crystal.oxidation.empty()) primitive.oxidation.push_back(crystal.oxidation[atom]);
  }
  return primitive;
}

Crystal conventional_cell(Crystal const& crystal, double tolerance_A) {
  auto const dataset = analyse(crystal, tolerance_A);
  auto const& data = *dataset.data;
  Crystal conventional;
  conventional.lattice = Eigen::Map<Eigen::Matrix<double, 3, 3, Eigen::RowMajor> const>(&data.std_lattice[0][0]);
  conventional.positions.resize(3, data.n_std_atoms);
  for (int i = 0; i < data.n_std_atoms; ++i) {
    Eigen::Vector3d const x = Eigen::Map<Eigen::Vector3d const>(data.std_positions[i]);
    auto const& species = dataset.species[static_cast<std::size_t>(data.std_types[i]) - 1];
    conventional.positions.col(i) = conventional.lattice * wrap(x);
    conventional.numbers.push_back(species.first);
    if (!crystal.oxidation.empty()) conventional.oxidation.push_back(species.second);
  }
  conventional.periodic = crystal.periodic;
  conventional.name = crystal.name;
  return conventional;
}

}  // namespace nacre
