/// The inner loops of the Nequix engine: messages along edges, their derivatives, and products with weights.
///
/// Everything is in single precision and in groups of 16 channels, which the loops treat alike in every instruction set:
/// the same operations in the same order (core/isa.hpp). Rows of features are blocks [degree][component][channel], the
/// channels of each degree filled up with zeros to a multiple of 16.
#pragma once

namespace nacre::detail {

inline constexpr int lanes = 16;
inline constexpr int edge_block = 16;  ///< edges of one centre that are treated together
inline constexpr int harmonics = 16;   ///< of degrees 0 to 3

/// coupling[entry] += weight * harmonic[source]
struct CouplingTerm {
  int entry, source;
  float weight;
};

/// One path of the tensor product: message[out][c] += R[c] sum over in of coupling[in][out] feature[in][c].
struct PathPlan {
  int in_size, out_size;  ///< components, 2 l + 1
  int channels;           ///< filled up
  bool diagonal;          ///< degree 0 of the harmonics: coupling is `factor` times the unit matrix
  float factor;
  int radial;             ///< first column of R
  int in;                 ///< offset of [component][channel] in a row of features
  int out, out_stride;    ///< offset of [component] in a row of messages, and from one component to the next
  int coupling;           ///< first entry
};

struct LayerPlan {
  PathPlan const* paths;
  int path_count;
  CouplingTerm const* terms;
  int term_count;
  int coupling_size;  ///< entries
  int radial_width, in_width, out_width;
};

/// Up to 16 edges of one centre.
struct EdgeBlock {
  int count;
  float value[edge_block][6], slope[edge_block][6];  ///< weights of the rows of the radial table
  /// Harmonics of the direction, and their derivatives along the two tangents [1/Å].
  float harmonic[3][harmonics][edge_block];
};

/// What a layer adds to a block.
struct EdgeData {
  float const* radial_rows[edge_block];  ///< six rows of the radial table
  float const* feature[edge_block];      ///< of the neighbour
};

/// Derivatives of the energy along each edge: radial, first and second tangent [eV/Å].
struct EdgeSlopes {
  float along[edge_block][3];
};

struct NequixKernel {
  /// Adds the messages of the block to `message` (out_width floats).
  void (*gather)(LayerPlan const&, EdgeBlock const&, EdgeData const&, float* workspace, float* message);
  /// @param gradient          of the energy with respect to `message`
  /// @param feature_gradient  set to that with respect to the features of the neighbours, [edge][in_width]
  void (*scatter)(LayerPlan const&, EdgeBlock const&, EdgeData const&, float* workspace, float const* gradient,
                  float* feature_gradient, EdgeSlopes&);
  /// y[r] (+)= x[r] * weights for row vectors given by pointers; `columns` is a multiple of 16.
  void (*multiply)(int rows, int inner, int columns, float const* const* x, float const* weights, float* const* y,
                   bool add);
};

/// Floats of workspace that gather and scatter need, aligned to 64 bytes as every array here.
inline int workspace_size(LayerPlan const& plan) {
  return edge_block * (2 * plan.radial_width + 3 * plan.coupling_size);
}

extern NequixKernel const nequix_kernel_generic, nequix_kernel_avx2, nequix_kernel_avx512;

/// For the instruction set chosen.
NequixKernel const& nequix_kernel();

}  // namespace nacre::detail
