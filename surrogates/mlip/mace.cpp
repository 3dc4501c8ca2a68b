/// MACE as its exporter for LAMMPS writes it (file *-lammps.pt of mace.cli.create_lammps_model).
#include <algorithm>

#include "adapters.hpp"
#include "nacre/core/error.hpp"

namespace nacre::mlip {
namespace {

class Mace final : public Adapter {
 public:
  Mace(Loaded loaded, at::Device device) : path_(loaded.path), module_(loaded.module) {
    cutoff = read_cutoff(loaded);
    auto const list = find_tensor(module_, "atomic_numbers");
    require(list && list->dim() == 1 && list->numel() > 0, "cannot use model '", path_,
            "' (it has no list 'atomic_numbers'); export it with mace.cli.create_lammps_model");
    auto const numbers = list->to(at::kLong).contiguous();
    for (std::int64_t i = 0; i < numbers.numel(); ++i) order_.push_back(static_cast<int>(numbers[i].item<std::int64_t>()));
    elements = order_;
    std::ranges::sort(elements);
    type = read_type(module_);
    module_.to(device);
  }

  std::string kind() const override { return "mace"; }
  std::string version() const override { return "mace adapter 1"; }
  bool joins() const override { return false; }

  std::vector<Evaluation> evaluate(Joined const& joined, Device const& shared) const override {
    Device::Turn const turn(shared);
    auto const device = shared.place();
    auto const& crystal = *joined.crystals.front();
    auto const atoms = static_cast<std::int64_t>(crystal.size());
    auto module = module_;  // shares the weights; forward is not const
    auto const mask = at::ones({atoms}, at::TensorOptions().dtype(at::kBool).device(device));
    Answer const answer(module.forward({input_of(joined, device), mask, true}), path_);
    Evaluation evaluation;
    evaluation.energy = vector_of(answer.get("total_energy_local", 1))[0];
    evaluation.atom_energies = vector_of(answer.get("node_energy", atoms));
    evaluation.forces = columns_of(answer.get("forces", 3 * atoms));
    if (auto const virials = answer.find("virials", 9)) {
      Eigen::Matrix3d const virial = matrix_of(*virials);  // minus dE/dstrain
      evaluation.stress = -0.5 * (virial + virial.transpose()) / crystal.volume();
    }
    return {evaluation};
  }

 private:
  c10::Dict<std::string, at::Tensor> input_of(Joined const& joined, at::Device device) const {
    auto const& crystal = *joined.crystals.front();
    auto const atoms = static_cast<std::int64_t>(crystal.size());
    auto attributes = at::zeros({atoms, static_cast<std::int64_t>(order_.size())}, type);
    for (std::int64_t i = 0; i < atoms; ++i) {
      auto const species = std::ranges::find(order_, joined.numbers[static_cast<std::size_t>(i)]) - order_.begin();
      attributes[i][species] = 1.0;
    }
    Eigen::Matrix3Xd const shifts = crystal.lattice * joined.edges.shifts;
    c10::Dict<std::string, at::Tensor> input;
    auto const insert = [&](char const* key, at::Tensor const& value) { input.insert(key, value.to(device)); };
    insert("batch", at::zeros({atoms}, at::kLong));
    insert("cell", tensor_of(crystal.lattice).to(type));
    insert("edge_index", at::stack({tensor_of(joined.edges.centre), tensor_of(joined.edges.neighbour)}));
    insert("energy", at::zeros({1}, type));
    insert("forces", at::zeros({atoms, 3}, type));
    insert("node_attrs", attributes);
    insert("positions", tensor_of(joined.edges.positions).to(type));
    insert("ptr", tensor_of(std::vector<std::int64_t>{0, atoms}));
    insert("shifts", tensor_of(shifts).to(type));
    insert("unit_shifts", tensor_of(joined.edges.shifts).to(type));
    insert("weight", at::ones({1}, type));
    return input;
  }

  std::string path_;
  Module module_;
  std::vector<int> order_;  ///< of the one-hot columns
};

}  // namespace

std::unique_ptr<Adapter> make_mace(Loaded loaded, at::Device device) {
  return std::make_unique<Mace>(std::move(loaded), device);
}

}  // namespace nacre::mlip
