/// Values on a grid that fills a cell, from Gaussian cube files: densities and potentials that a DFT program wrote.
#pragma once

#include <Eigen/Core>
#include <array>
#include <filesystem>
#include <string>
#include <string_view>
#include <vector>

#include "nacre/core/api.hpp"
#include "nacre/crystal/crystal.hpp"

namespace nacre {

/// The cell of the crystal is points x voxel; any shape. Values keep the unit of the file.
struct NACRE_API CubeFile {
  Crystal crystal;                                 ///< atoms of the file (perhaps none) [Å]
  std::vector<double> nuclear_charges;             ///< second number of each atom's line: Z, valence, or 0
  Eigen::Vector3d origin = Eigen::Vector3d::Zero();  ///< of the first voxel [Å]
  std::array<int, 3> points{0, 0, 0};
  Eigen::Matrix3d voxel = Eigen::Matrix3d::Identity();  ///< columns [Å]
  std::vector<double> values;                      ///< third axis fastest
  bool in_angstrom = false;                        ///< the file gave its voxels in Å (negative counts)
  std::string title;

  double voxel_volume() const;                     ///< [Å^3]
  double sum() const;                              ///< of all values, in order
};

/// @throws InputError with file and line: truncated, more values than points, several data sets, no finite numbers
NACRE_API CubeFile read_cube(std::filesystem::path const& path);
NACRE_API CubeFile parse_cube(std::string_view text, std::string const& origin);

/// Whether two cubes have the same cell and points, within 1e-4 Å.
NACRE_API bool same_grid(CubeFile const& first, CubeFile const& second);

}  // namespace nacre
