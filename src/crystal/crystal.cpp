#include "nacre/crystal/crystal.hpp"

#include <Eigen/LU>
#include <algorithm>
#include <cmath>
#include <limits>
#include <numeric>

#include "nacre/core/error.hpp"
#include "nacre/crystal/elements.hpp"

namespace nacre {

double Crystal::volume() const { return std::abs(lattice.determinant()); }

void check(Crystal const& crystal, std::string const& origin) {
  auto const volume = crystal.volume();
  require(crystal.lattice.allFinite() && std::isfinite(volume), origin, ": lattice with a number that is not finite");
  double const edges = crystal.lattice.colwise().norm().prod();
  require(edges > 0.0 && volume > 1e-6 * edges, origin, ": cell of volume ", volume,
          " A^3 (the lattice vectors lie in a plane); check the lattice");
  require(crystal.size() > 0, origin, ": no atoms");
  require(crystal.positions.cols() == static_cast<Eigen::Index>(crystal.size()), origin, ": ", crystal.positions.cols(),
          " positions for ", crystal.size(), " atoms");
  require(crystal.oxidation.empty() || crystal.oxidation.size() == crystal.size(), origin, ": ",
          crystal.oxidation.size(), " oxidation states for ", crystal.size(), " atoms");
  for (std::size_t i = 0; i < crystal.size(); ++i) {
    require(crystal.numbers[i] >= 1 && crystal.numbers[i] <= largest_atomic_number, origin, ": atom ", i + 1,
            " has atomic number ", crystal.numbers[i], " (known: 1 to ", largest_atomic_number, ")");
    require(crystal.positions.col(static_cast<Eigen::Index>(i)).allFinite(), origin, ": atom ", i + 1, " (",
            symbol(crystal.numbers[i]), ") has a position that is not finite");
    require(crystal.oxidation.empty() || std::isfinite(crystal.oxidation[i]), origin, ": atom ", i + 1, " (",
            symbol(crystal.numbers[i]), ") has an oxidation state that is not finite");
  }
}

Crystal supercell(Crystal const& crystal, Eigen::Vector3i const& repeats) {
  require((repeats.array() >= 1).all(), "invalid repeats (", repeats.x(), " ", repeats.y(), " ", repeats.z(),
          ") (each must be at least 1)");
  auto const atoms = static_cast<Eigen::Index>(crystal.size());
  Crystal result = crystal;
  result.lattice = crystal.lattice * repeats.cast<double>().asDiagonal();
  result.positions.resize(3, atoms * repeats.prod());
  result.numbers.clear();
  result.oxidation.clear();
  Eigen::Index next = 0;
  for (int i = 0; i < repeats.x(); ++i)
    for (int j = 0; j < repeats.y(); ++j)
      for (int k = 0; k < repeats.z(); ++k, next += atoms) {
        Eigen::Vector3d const shift = crystal.lattice * Eigen::Vector3d(i, j, k);
        result.positions.middleCols(next, atoms) = crystal.positions.colwise() + shift;
        result.numbers.insert(result.numbers.end(), crystal.numbers.begin(), crystal.numbers.end());
        result.oxidation.insert(result.oxidation.end(), crystal.oxidation.begin(), crystal.oxidation.end());
      }
  return result;
}

namespace {

std::map<int, int> composition(Crystal const& crystal) {
  std::map<int, int> counts;
  for (int const number : crystal.numbers) ++counts[number];
  return counts;
}

}  // namespace

int formula_units(Crystal const& crystal) {
  int divisor = 0;
  for (auto const& [number, count] : composition(crystal)) divisor = std::gcd(divisor, count);
  return divisor;
}

std::string formula(Crystal const& crystal) {
  auto const counts = composition(crystal);
  int const units = formula_units(crystal);
  std::vector<int> order;
  for (auto const& [number, count] : counts) order.push_back(number);
  auto const rank = [](int number) {  // without a value (noble gases): last
    return std::pair(electronegativity(number).value_or(std::numeric_limits<double>::infinity()), number);
  };
  std::sort(order.begin(), order.end(), [&](int a, int b) { return rank(a) < rank(b); });
  std::string text;
  for (int const number : order) {
    text += symbol(number);
    if (int const count = counts.at(number) / units; count > 1) text += std::to_string(count);
  }
  return text;
}

}  // namespace nacre
