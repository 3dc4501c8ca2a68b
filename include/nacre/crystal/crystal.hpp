/// A periodic arrangement of ions.
#pragma once

#include <Eigen/Core>
#include <array>
#include <map>
#include <string>
#include <vector>

#include "nacre/core/api.hpp"

namespace nacre {

/// Data without invariants; `check` tests it. Two-dimensional slabs keep a third vector along z that spans the vacuum.
struct NACRE_API Crystal {
  Eigen::Matrix3d lattice = Eigen::Matrix3d::Identity();  ///< lattice vectors as columns [Å]
  Eigen::Matrix3Xd positions{3, 0};                       ///< Cartesian, one column per atom [Å]
  std::vector<int> numbers;                               ///< atomic numbers
  std::vector<double> oxidation;                          ///< formal charges [e]; empty if not assigned
  std::array<bool, 3> periodic{true, true, true};
  std::string name;

  std::size_t size() const { return numbers.size(); }
  double volume() const;  ///< [Å^3]
};

/// @throws InputError for a zero or non-finite volume, sizes that disagree, an unknown element or a position that is
/// not finite; `origin` (a file name) opens the message
NACRE_API void check(Crystal const& crystal, std::string const& origin);

/// n1 x n2 x n3 copies; copy (i,j,k) of atom a follows all atoms of copy (i,j,k-1).
NACRE_API Crystal supercell(Crystal const& crystal, Eigen::Vector3i const& repeats);

/// Shortest distance between two atoms or periodic images [Å], with the two atoms. Infinity for no pair.
struct ShortestDistance {
  double distance;
  int first = -1, second = -1;
};
NACRE_API ShortestDistance shortest_distance(Crystal const& crystal);

/// "CeO2", "SrTiO3": elements by electronegativity as chemists write them, counts divided by their common divisor.
NACRE_API std::string formula(Crystal const& crystal);
/// Number of formula units of `formula`.
NACRE_API int formula_units(Crystal const& crystal);

/// Formal charges from a table symbol -> charge.
/// @throws InputError if an element is missing or the sum is not zero within 1e-6
NACRE_API void set_oxidation(Crystal& crystal, std::map<std::string, double> const& charges);
/// Formal charges guessed from the elements' common ones (data/oxidation_states.json), the one neutral choice with a
/// single charge per element; of several those with the anions more electronegative than the cations. @throws InputError if none or several choices are neutral
NACRE_API void assign_oxidation(Crystal& crystal);

}  // namespace nacre
