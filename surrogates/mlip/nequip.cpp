/// NequIP and Allegro as nequip-deploy (and nequip-compile in TorchScript) writes them.
#include <algorithm>

#include "adapters.hpp"
#include "nacre/core/error.hpp"

namespace nacre::mlip {
namespace {

class Nequip final : public Adapter {
 public:
  Nequip(Loaded loaded, at::Device device) : path_(loaded.path), module_(loaded.module) {
    auto const text = [&](char const* key) -> std::string const& {
      auto const found = loaded.extra.find(key);
      require(found != loaded.extra.end(), "cannot use model '", path_, "' (its archive has no text '", key,
              "'); deploy it with nequip-deploy or nequip-compile");
      return found->second;
    };
    cutoff = cutoff_from(text("r_max"), path_);
    order_ = elements_of(text("type_names"), path_);
    elements = order_;
    std::ranges::sort(elements);
    type = read_type(module_);
    module_.to(device);
    module_ = torch::jit::freeze(module_);
  }

  std::string kind() const override { return "nequip"; }
  std::string version() const override { return "nequip adapter 1"; }
  bool joins() const override { return false; }

  std::vector<Evaluation> evaluate(Joined const& joined, Device const& shared) const override {
    Device::Turn const turn(shared);
    auto const device = shared.place();
    auto const& crystal = *joined.crystals.front();
    auto const atoms = static_cast<std::int64_t>(crystal.size());
    c10::Dict<std::string, at::Tensor> input;
    input.insert("pos", tensor_of(joined.edges.positions).to(device, type));
    input.insert("edge_index",
                 at::stack({tensor_of(joined.edges.centre), tensor_of(joined.edges.neighbour)}).to(device));
    input.insert("atom_types", tensor_of(types_of(joined.numbers, order_)).to(device));
    input.insert("cell", tensor_of(crystal.lattice).to(device, type).reshape({1, 3, 3}));
    input.insert("edge_cell_shift", tensor_of(joined.edges.shifts).to(device, type));
    auto module = module_;  // shares the weights; forward is not const
    Answer const answer(module.forward({input}), path_);
    Evaluation evaluation;
    evaluation.atom_energies = vector_of(answer.get("atomic_energy", atoms));
    for (double const energy : evaluation.atom_energies) evaluation.energy += energy;
    evaluation.forces = columns_of(answer.get("forces", 3 * atoms));
    if (auto const virials = answer.find("virial", 9)) {
      Eigen::Matrix3d const virial = matrix_of(*virials);  // minus dE/dstrain
      evaluation.stress = -0.5 * (virial + virial.transpose()) / crystal.volume();
    }
    return {evaluation};
  }

 private:
  std::string path_;
  Module module_;
  std::vector<int> order_;  ///< of the type numbers
};

}  // namespace

std::unique_ptr<Adapter> make_nequip(Loaded loaded, at::Device device) {
  return std::make_unique<Nequip>(std::move(loaded), device);
}

}  // namespace nacre::mlip
