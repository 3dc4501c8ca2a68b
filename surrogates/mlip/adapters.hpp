/// The interfaces of exported models, each behind one class (docs/models.md).
#pragma once

#include <memory>
#include <string>
#include <vector>

#include "device.hpp"
#include "nacre/potential/core_blend.hpp"
#include "nacre/potential/potential.hpp"
#include "torch_tools.hpp"

namespace nacre::mlip {

/// Structures side by side in one graph without edges between them.
struct Joined {
  std::vector<Crystal const*> crystals;
  Edges edges;                               ///< atoms counted through
  std::vector<int> numbers;                  ///< of all atoms
  std::vector<std::int64_t> first_atom;      ///< of each structure, and one past the last
  std::vector<std::int64_t> first_edge;
  CoreBlend const* core = nullptr;           ///< how near pairs are seen; null: as they are
  Eigen::Matrix3Xd seen() const;             ///< vectors of the edges as the model is to see them [Å]
};

class Adapter {
 public:
  virtual ~Adapter() = default;
  virtual std::string kind() const = 0;
  /// Version of the adapter: part of the identity, raised when the same module would give other numbers.
  virtual std::string version() const = 0;
  /// Whether several structures may be joined; otherwise each call has one.
  virtual bool joins() const = 0;
  /// Whether it takes the vectors of edges from us, so that a core may change them.
  virtual bool takes_edges() const { return false; }
  /// Energy, forces, stress (also for cells that are not periodic; the caller drops it) and energies of atoms. Takes a
  /// turn on the device for what LibTorch does.
  virtual std::vector<Evaluation> evaluate(Joined const& joined, Device const& device) const = 0;

  double cutoff = 0.0;         ///< [Å]
  std::vector<int> elements;   ///< increasing
  at::ScalarType type = at::kDouble;
};

std::unique_ptr<Adapter> make_dictionary(Loaded loaded, at::Device device);
std::unique_ptr<Adapter> make_mace(Loaded loaded, at::Device device);
std::unique_ptr<Adapter> make_nequip(Loaded loaded, at::Device device);
std::unique_ptr<Adapter> make_sevennet(Loaded loaded, at::Device device);

/// "torchscript", "mace", "nequip" or "sevennet", by what the module has.
std::string kind_of(Loaded const& loaded);

/// What a module says of a graph.
struct EdgeGradient {
  Eigen::VectorXd atom_energies;
  Eigen::Matrix3Xd gradient;  ///< of the sum of energies with respect to the edge vectors seen, one column per edge
};

/// Energies, forces and stresses of joined structures from energies of atoms that depend on the edge vectors: these are
/// exact in double precision before they are rounded to the type of the weights, wherever the atoms lie.
std::vector<Evaluation> from_edge_gradient(Joined const& joined, EdgeGradient const& result);

/// What `forward` of a single structure gave, with shapes and presence checked.
class Answer {
 public:
  Answer(at::IValue const& value, std::string path);
  std::optional<at::Tensor> find(char const* key, std::int64_t numbers) const;
  /// @throws InputError if it is absent or has another number of elements
  at::Tensor get(char const* key, std::int64_t numbers) const;

 private:
  c10::impl::GenericDict dictionary_;
  std::string path_;
};

/// The place of each element in `order`: the numbers that models have for their types.
std::vector<std::int64_t> types_of(std::vector<int> const& numbers, std::vector<int> const& order);

/// Elements of chemical symbols separated by blanks, in their order. @throws InputError for what is none
std::vector<int> elements_of(std::string const& symbols, std::string const& path);

}  // namespace nacre::mlip
