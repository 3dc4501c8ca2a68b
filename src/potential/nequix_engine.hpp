/// Evaluates a Nequix model: energies, gradients and features from packed weights.
#pragma once

#include <Eigen/Core>
#include <array>
#include <memory>
#include <new>
#include <vector>

#include "edge_graph.hpp"
#include "nequix_kernel.hpp"
#include "nequix_model.hpp"
#include "radial_table.hpp"

namespace nacre::detail {

/// Memory on whole cache lines: a group of 16 floats that straddles two costs twice the time.
template <class T>
struct LineAllocator {
  using value_type = T;
  LineAllocator() = default;
  template <class U>
  explicit LineAllocator(LineAllocator<U> const&) {}
  T* allocate(std::size_t n) { return static_cast<T*>(::operator new(n * sizeof(T), std::align_val_t{64})); }
  void deallocate(T* p, std::size_t) { ::operator delete(p, std::align_val_t{64}); }
  bool operator==(LineAllocator const&) const { return true; }
};
using Floats = std::vector<float, LineAllocator<float>>;

/// Where the features of an atom stand in a row: [degree][component][channel].
struct FeatureLayout {
  std::array<int, degrees> channels{}, filled{}, offset{};  ///< as in the model; filled up to 16; of each degree
  int width = 0;
  FeatureLayout() = default;
  explicit FeatureLayout(std::array<int, degrees> const& channels_by_degree);
};

/// A matrix and its transpose, filled up with zeros.
struct PackedWeights {
  int inner = 0, columns = 0;
  Floats forward, backward;  ///< inner x columns; columns x inner
};

/// The numbers of one layer as the kernels want them.
struct PackedLayer {
  PackedLayer(NequixModel const& model, NequixLayer const& layer, bool first);
  LayerPlan plan() const;

  FeatureLayout in, before_gate, after_gate, messages;
  std::vector<PathPlan> paths;
  std::vector<CouplingTerm> terms;
  int coupling_size = 0;
  std::array<PackedWeights, degrees> linear_1, linear_2, skip;
  Floats norm;         ///< [degree][channel] in the layout before the gate, one component
  Floats species_features, species_skip;  ///< of the first layer, whose input is the species alone
  int species_width = 0, skip_width = 0;
  std::unique_ptr<RadialTable> table;

 private:
  void pack_paths(NequixModel const& model, NequixLayer const& layer);
};

class NequixEngine {
 public:
  explicit NequixEngine(NequixModel model);

  struct Result {
    std::vector<double> atom_energies;  ///< [eV]
    Eigen::Matrix3Xd forces;            ///< [eV/Å]
    Eigen::Matrix3d virial;             ///< dE/dstrain [eV]
    Eigen::MatrixXf features;           ///< scalars of every layer, one column per atom; if asked for
  };
  enum class Want { forces, features };
  /// Same bits for any number of threads.
  Result run(std::vector<int> const& numbers, EdgeGraph const& graph, int threads, Want want) const;

  NequixModel const& model() const { return model_; }

 private:
  NequixModel model_;
  std::vector<PackedLayer> layers_;
};

}  // namespace nacre::detail
