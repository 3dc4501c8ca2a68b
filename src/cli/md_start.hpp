/// Structures that dynamics or doping begin with: a frame of a file, copied, with its layers.
#pragma once

#include <Eigen/Core>
#include <optional>
#include <string>
#include <vector>

#include "nacre/crystal/crystal.hpp"

namespace nacre {

struct MdStart {
  Crystal crystal;
  std::vector<int> layer;                      ///< of each atom; empty where the file has no column layer
  std::optional<Eigen::Matrix3Xd> velocities;  ///< column velocity_A_per_ps [Å/ps]
};

inline constexpr char const* velocity_column = "velocity_A_per_ps";

/// @param supercell  "3,3,3" or empty; layers of copies along the third vector are others, in order
/// @param frame      of an extxyz file, from 0; negative: the last one
/// @throws InputError
MdStart read_md_start(std::string const& file, std::string const& supercell, std::int64_t frame = -1);

}  // namespace nacre
