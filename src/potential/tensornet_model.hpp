/// The weights of a TensorNet model as its file has them, checked, and its radial functions as tables.
///
/// TensorNet: G. Simeon and G. De Fabritiis, arXiv:2306.06482, in the form of the MatPES models (A. Kaplan et al.,
/// arXiv:2503.04070): 3 x 3 matrices as features, two layers, smooth radial functions up to the cutoff.
#pragma once

#include <Eigen/Core>
#include <array>
#include <string>
#include <vector>

#include "nacre/core/safetensors.hpp"
#include "radial_table.hpp"

namespace nacre::detail {

using FloatRows = Eigen::Matrix<float, Eigen::Dynamic, Eigen::Dynamic, Eigen::RowMajor>;
using FloatRow = Eigen::RowVectorXf;

inline constexpr int tensor_channels = 128;

/// x W + b; rows are atoms.
struct TensorLinear {
  FloatRows weight;
  FloatRow bias;  ///< empty: none
};
struct TensorNorm {
  FloatRow weight, bias;
};
/// Of the three parts of a matrix, a multiple of one, a skew and a traceless symmetric one.
using TensorMix = std::array<FloatRows, 3>;

/// 3 x 128 functions of the distance, [part][channel], from quintic Hermite interpolation between the knots of a RadialGrid.
class TensorTable {
 public:
  static constexpr int width = 3 * tensor_channels;
  TensorTable() = default;
  /// @param values  of the functions at a distance [Å]
  template <class Values>
  TensorTable(double cutoff, Values const& values);
  float const* rows(int interval) const { return table_.data() + static_cast<std::ptrdiff_t>(interval) * 3 * width; }

 private:
  std::vector<float> table_;
};

struct TensorLayer {
  TensorMix before, after;
  TensorTable radial;
};

struct TensorNetModel {
  double cutoff = 0.0, scale = 0.0;     ///< [Å], [eV]
  std::vector<int> elements;            ///< increasing
  std::array<int, 128> species{};       ///< by atomic number; -1 where unknown
  std::vector<double> atom_energies;    ///< by species, the mean included [eV]
  FloatRows as_neighbour, as_centre;    ///< by species, what a pair's channels are multiplied by; the bias is in the second
  TensorTable embedding;
  TensorNorm embedding_norm, readout_norm;
  std::array<TensorLinear, 2> embedding_scalars;
  TensorMix embedding_mix;
  std::array<TensorLayer, 2> layers;
  TensorLinear readout;
  std::array<TensorLinear, 4> value, gate;
};

/// @throws InputError naming the file and what it lacks
TensorNetModel read_tensornet(Safetensors const& file);
/// Whether the file says that it is one.
bool is_tensornet(Safetensors const& file);

}  // namespace nacre::detail
