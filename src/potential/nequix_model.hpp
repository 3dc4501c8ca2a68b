/// The weights of a Nequix model as its file has them, checked; numbers in double precision.
///
/// Nequix: T. Koker et al., arXiv:2508.16067, a message-passing network of the NequIP family (S. Batzner et al., Nature
/// Communications 13, 2453 (2022)). Features of an atom: `channels[l]` copies of each degree l = 0..3, 2l + 1
/// components each, parity (-1)^l.
#pragma once

#include <Eigen/Core>
#include <array>
#include <vector>

#include "nacre/core/safetensors.hpp"

namespace nacre::detail {

inline constexpr int degrees = 4;  ///< l = 0..3

using RowMatrix = Eigen::Matrix<double, Eigen::Dynamic, Eigen::Dynamic, Eigen::RowMajor>;

/// One term of a tensor product: features of degree `in`, spherical harmonics of degree `sh`, messages of degree `out`.
struct NequixPath {
  int in, sh, out;
  int channels;
  int column;                 ///< of its first channel in the output of the radial network
  int row;                    ///< of its first channel in the rows of linear_2[out]
  std::vector<double> wigner; ///< [2 in + 1][2 sh + 1][2 out + 1], times sqrt(2 out + 1)
};

struct NequixLayer {
  std::array<int, degrees> in{}, before_gate{}, after_gate{};  ///< channels by degree
  std::array<RowMatrix, 3> radial;                             ///< no bias, SiLU between
  /// By degree; empty where there are none. The factors 1/sqrt(fan-in) and 1/sqrt(mean neighbours) are inside.
  std::array<RowMatrix, degrees> linear_1, linear_2, skip;
  std::array<Eigen::VectorXd, degrees> norm;
  std::vector<NequixPath> paths;
};

struct NequixModel {
  double cutoff = 0.0;       ///< [Å]
  double envelope = 0.0;     ///< exponent p of the cutoff polynomial
  double gate_scale = 0.0;   ///< of SiLU, so that its second moment is one
  double scale = 0.0, shift = 0.0;                  ///< [eV]
  std::vector<int> elements;                        ///< increasing
  std::array<int, 128> species{};                   ///< by atomic number; -1 where unknown
  std::vector<double> atom_energies;                ///< by species [eV]
  std::vector<NequixLayer> layers;
  Eigen::VectorXd readout;                          ///< 1/sqrt(channels) inside
};

/// @throws InputError naming the file and what it lacks
NequixModel read_nequix(Safetensors const& file);

/// Whether the file says that it is one.
bool is_nequix(Safetensors const& file);

}  // namespace nacre::detail
