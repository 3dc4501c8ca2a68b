/// Reference C6 coefficients of D3, radii of its coordination numbers and its ratios of C8 to C6.
#pragma once

#include <Eigen/Core>
#include <array>
#include <filesystem>
#include <string>
#include <vector>

namespace nacre::detail {

inline constexpr int d3_elements = 94;  // H to Pu

/// Q of C8(i,j) = 3 C6(i,j) sqrt(Q_i Q_j): half of sqrt(Z) <r^4>/<r^2> [bohr^2], Grimme et al. 2010.
double d3_ratio(int number);
/// Covalent radius times 4/3 [Å]: P. Pyykkö and M. Atsumi, Chem. Eur. J. 15, 186 (2009), metals less a tenth.
double d3_radius(int number);

struct D3Table {
  std::array<int, d3_elements + 2> first{};  ///< references of element Z: first[Z] .. first[Z + 1] - 1
  std::vector<double> coordination;          ///< of each reference
  Eigen::MatrixXd c6;                        ///< of two references [hartree bohr^6]
  std::string hash;                          ///< of the numbers
};

/// @throws InputError naming the file
D3Table read_d3_table(std::filesystem::path const& path);

}  // namespace nacre::detail
