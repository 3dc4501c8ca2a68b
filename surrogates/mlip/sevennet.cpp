/// SevenNet as `sevenn_get_model` writes it for serial LAMMPS.
#include <algorithm>

#include "adapters.hpp"
#include "nacre/core/error.hpp"

namespace nacre::mlip {
namespace {

class SevenNet final : public Adapter {
 public:
  SevenNet(Loaded loaded, at::Device device) : path_(loaded.path), module_(loaded.module) {
    auto const found = loaded.extra.find("cutoff"), symbols = loaded.extra.find("chemical_symbols_to_index");
    require(found != loaded.extra.end() && symbols != loaded.extra.end(), "cannot use model '", path_,
            "' (its archive lacks the text 'cutoff' or 'chemical_symbols_to_index'); write it with sevenn_get_model");
    cutoff = cutoff_from(found->second, path_);
    order_ = elements_of(symbols->second, path_);
    elements = order_;
    std::ranges::sort(elements);
    type = read_type(module_);
    module_.to(device);
  }

  std::string kind() const override { return "sevennet"; }
  std::string version() const override { return "sevennet adapter 1"; }
  bool joins() const override { return true; }
  bool takes_edges() const override { return true; }

  std::vector<Evaluation> evaluate(Joined const& joined, Device const& device) const override {
    return from_edge_gradient(joined, differentiate(joined, device));
  }

 private:
  EdgeGradient differentiate(Joined const& joined, Device const& device) const {
    Device::Turn const turn(device);
    auto const place = device.place();
    auto const atoms = static_cast<std::int64_t>(joined.numbers.size());
    auto const vectors = tensor_of(joined.seen()).to(place, type).set_requires_grad(true);
    auto const count = tensor_of(std::vector<std::int64_t>{atoms});
    c10::Dict<std::string, at::Tensor> input;
    input.insert("x", tensor_of(types_of(joined.numbers, order_)).to(place));
    input.insert("edge_index",
                 at::stack({tensor_of(joined.edges.centre), tensor_of(joined.edges.neighbour)}).to(place));
    input.insert("edge_vec", vectors);
    input.insert("num_atoms", count.to(place));
    input.insert("nlocal", count);
    auto module = module_;  // shares the weights; forward is not const
    Answer const answer(module.forward({input}), path_);
    auto const energies = answer.get("atomic_energy", atoms);
    auto const total = answer.get("inferred_total_energy", 1);
    EdgeGradient result{vector_of(energies), Eigen::Matrix3Xd::Zero(3, joined.edges.size())};
    if (joined.edges.size() > 0) result.gradient = columns_of(torch::autograd::grad({total.sum()}, {vectors}).at(0));
    return result;
  }

  std::string path_;
  Module module_;
  std::vector<int> order_;  ///< of the type numbers
};

}  // namespace

std::unique_ptr<Adapter> make_sevennet(Loaded loaded, at::Device device) {
  return std::make_unique<SevenNet>(std::move(loaded), device);
}

}  // namespace nacre::mlip
