/// The dictionary interface of docs/models.md: `energy_from_edges`, or `forward` with the module's own derivatives.
#include <algorithm>

#include "adapters.hpp"
#include "nacre/core/error.hpp"

namespace nacre::mlip {
namespace {

/// Elements that the module's tables name, increasing.
std::vector<int> read_elements(Loaded const& loaded) {
  std::vector<int> elements;
  if (auto const table = find_tensor(loaded.module, "z_table"); table && table->dim() == 1) {
    auto const species = table->to(at::kLong).contiguous();
    for (std::int64_t z = 1; z < species.numel(); ++z) {
      if (species[z].item<std::int64_t>() >= 0) elements.push_back(static_cast<int>(z));
    }
  } else if (auto const list = find_tensor(loaded.module, "atomic_numbers"); list && list->dim() == 1) {
    auto const numbers = list->to(at::kLong).contiguous();
    for (std::int64_t i = 0; i < numbers.numel(); ++i)
      elements.push_back(static_cast<int>(numbers[i].item<std::int64_t>()));
    std::ranges::sort(elements);
  }
  require(
      !elements.empty(), "cannot use model '", loaded.path,
      "' (no table 'z_table' or 'atomic_numbers' says which elements it knows); see docs/models.md for the interface");
  return elements;
}

at::Tensor edge_index(Edges const& edges) { return at::stack({tensor_of(edges.neighbour), tensor_of(edges.centre)}); }

class Dictionary final : public Adapter {
 public:
  Dictionary(Loaded loaded, at::Device device) : path_(loaded.path), module_(loaded.module) {
    cutoff = read_cutoff(loaded);
    elements = read_elements(loaded);
    type = read_type(module_);
    by_edges_ = module_.find_method("energy_from_edges").has_value();
    require(by_edges_ || module_.find_method("forward").has_value(), "cannot use model '", path_,
            "' (it has neither 'forward' nor 'energy_from_edges'); see docs/models.md for the interface");
    module_.to(device);
  }

  std::string kind() const override { return "torchscript"; }
  std::string version() const override { return "torchscript adapter 1"; }
  bool joins() const override { return by_edges_; }
  bool takes_edges() const override { return by_edges_; }

  std::vector<Evaluation> evaluate(Joined const& joined, Device const& device) const override {
    std::vector<std::int64_t> const numbers(joined.numbers.begin(), joined.numbers.end());
    if (by_edges_) return from_edge_gradient(joined, differentiate(joined, numbers, device));
    Device::Turn const turn(device);
    return {forward(joined, numbers, device.place())};
  }

 private:
  EdgeGradient differentiate(Joined const& joined, std::vector<std::int64_t> const& numbers, Device const& device) const {
    Device::Turn const turn(device);
    auto module = module_;  // shares the weights; methods are not const
    auto const place = device.place();
    auto const vectors = tensor_of(joined.seen()).to(place, type).set_requires_grad(true);
    auto const energies = module.get_method("energy_from_edges")(
                                    {tensor_of(numbers).to(place), edge_index(joined.edges).to(place), vectors})
                              .toTensor();
    EdgeGradient result{vector_of(energies), Eigen::Matrix3Xd::Zero(3, joined.edges.size())};
    if (joined.edges.size() > 0) result.gradient = columns_of(torch::autograd::grad({energies.sum()}, {vectors}).at(0));
    return result;
  }

  Evaluation forward(Joined const& joined, std::vector<std::int64_t> const& numbers, at::Device device) const {
    auto module = module_;  // shares the weights; forward is not const
    auto const& crystal = *joined.crystals.front();
    auto const atoms = static_cast<std::int64_t>(crystal.size());
    c10::Dict<std::string, at::Tensor> input;
    input.insert("positions", tensor_of(joined.edges.positions).to(device, type));
    input.insert("cell", tensor_of(crystal.lattice).to(device, type));  // columns of ours are rows of theirs
    input.insert("edge_index", edge_index(joined.edges).to(device));
    input.insert("unit_shifts", tensor_of(joined.edges.shifts).to(device, type));
    input.insert("atomic_numbers", tensor_of(numbers).to(device));
    Answer const answer(module.forward({input}), path_);
    Evaluation evaluation;
    evaluation.energy = vector_of(answer.get("energy", 1))[0];
    evaluation.forces = columns_of(answer.get("forces", 3 * atoms));
    if (auto const energies = answer.find("node_energy", atoms)) evaluation.atom_energies = vector_of(*energies);
    if (auto const stress = answer.find("stress", 9)) evaluation.stress = matrix_of(*stress);
    return evaluation;
  }

  std::string path_;
  Module module_;
  bool by_edges_ = false;
};

}  // namespace

std::unique_ptr<Adapter> make_dictionary(Loaded loaded, at::Device device) {
  return std::make_unique<Dictionary>(std::move(loaded), device);
}

}  // namespace nacre::mlip
