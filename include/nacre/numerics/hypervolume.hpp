/// The volume that a front dominates: how good a set of trade-offs is, as one number.
#pragma once

#include <vector>

#include "nacre/core/api.hpp"

namespace nacre {

/// Exact, by slicing along the last objective; every objective minimised. Points that are not better than the reference
/// in every objective add nothing.
/// @param points each with as many numbers as the reference
NACRE_API double hypervolume(std::vector<std::vector<double>> points, std::vector<double> const& reference);

}  // namespace nacre
