/// Operations of a crystal that map a grid onto itself.
#pragma once

#include <Eigen/Core>
#include <cstdint>
#include <vector>

#include "nacre/crystal/crystal.hpp"

namespace nacre::detail {

/// For each point of the grid the lowest index among its images; empty if no operation but the identity is exact (every
/// ion mapped within 1e-7 Å and every point on a point).
std::vector<std::int32_t> grid_orbits(Crystal const& crystal, Eigen::Vector3i const& points);

}  // namespace nacre::detail
