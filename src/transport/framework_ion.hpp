/// Ions of a crystal by kind, and the images of a vector within reach.
#pragma once

#include <Eigen/Core>
#include <algorithm>
#include <array>
#include <cmath>
#include <vector>

#include "nacre/transport/bond_valence.hpp"

namespace nacre::detail {

/// Element and whole charge of an atom; charge 0 for a neutral one.
/// @throws InputError for a charge that is not a whole number
Ion framework_ion(Crystal const& crystal, std::size_t atom);

/// Index of `ion` in `kinds`, where it is added if it is new.
std::size_t kind_index(std::vector<Ion>& kinds, Ion ion);

/// Calls visit(fractional + n) for all integer n with -reach <= component <= upper + reach; n = 0 along directions that
/// are not periodic.
template <class Visit>
void for_each_image(Eigen::Vector3d const& fractional, Eigen::Vector3d const& reach,
                    std::array<bool, 3> const& periodic, Visit const& visit, double upper = 0.0) {
  std::array<int, 3> first{0, 0, 0}, last{0, 0, 0};
  for (int k = 0; k < 3; ++k) {
    auto const axis = static_cast<std::size_t>(k);
    if (!periodic[axis]) continue;
    first[axis] = static_cast<int>(std::ceil(-reach[k] - fractional[k]));
    last[axis] = static_cast<int>(std::floor(upper + reach[k] - fractional[k]));
  }
  for (int i = first[0]; i <= last[0]; ++i)
    for (int j = first[1]; j <= last[1]; ++j)
      for (int k = first[2]; k <= last[2]; ++k) visit(Eigen::Vector3d(fractional + Eigen::Vector3d(i, j, k)));
}

}  // namespace nacre::detail
