#include "adapters.hpp"

#include <algorithm>

#include "nacre/core/error.hpp"
#include "nacre/core/text.hpp"
#include "nacre/crystal/elements.hpp"

namespace nacre::mlip {

std::string kind_of(Loaded const& loaded) {
  if (loaded.extra.contains("chemical_symbols_to_index")) return "sevennet";
  if (loaded.extra.contains("type_names") && loaded.extra.contains("r_max")) return "nequip";
  bool const dictionary = loaded.module.find_method("energy_from_edges") || loaded.module.hasattr("z_table");
  if (!dictionary && loaded.module.hasattr("num_interactions") && loaded.module.hasattr("atomic_numbers")) return "mace";
  return "torchscript";
}

Eigen::Matrix3Xd Joined::seen() const {
  auto vectors = edges.vectors;
  if (core == nullptr) return vectors;
  for (Eigen::Index e = 0; e < vectors.cols(); ++e) {
    auto const k = static_cast<std::size_t>(e);
    vectors.col(e) = core->seen(numbers[static_cast<std::size_t>(edges.centre[k])], numbers[static_cast<std::size_t>(edges.neighbour[k])],
                                Eigen::Vector3d(vectors.col(e)));
  }
  return vectors;
}

std::vector<Evaluation> from_edge_gradient(Joined const& joined, EdgeGradient const& result) {
  auto const& [atom_energies, gradient] = result;
  std::vector<Evaluation> evaluations;
  for (std::size_t s = 0; s < joined.crystals.size(); ++s) {
    auto const first = joined.first_atom[s], atoms = joined.first_atom[s + 1] - first;
    Evaluation evaluation;
    evaluation.atom_energies = atom_energies.segment(first, atoms);
    for (double const energy : evaluation.atom_energies) evaluation.energy += energy;
    evaluation.forces = Eigen::Matrix3Xd::Zero(3, atoms);
    Eigen::Matrix3d virial = Eigen::Matrix3d::Zero();
    for (auto e = joined.first_edge[s]; e < joined.first_edge[s + 1]; ++e) {
      auto const k = static_cast<std::size_t>(e);
      auto const centre = joined.edges.centre[k], neighbour = joined.edges.neighbour[k];
      Eigen::Vector3d const vector = joined.edges.vectors.col(e);
      Eigen::Vector3d slope = gradient.col(e);
      if (joined.core != nullptr)
        slope = joined.core->gradient(joined.numbers[static_cast<std::size_t>(centre)], joined.numbers[static_cast<std::size_t>(neighbour)], vector, slope);
      evaluation.forces.col(centre - first) += slope;
      evaluation.forces.col(neighbour - first) -= slope;
      virial += slope * vector.transpose();
    }
    evaluation.stress = 0.5 * (virial + virial.transpose()) / joined.crystals[s]->volume();
    evaluations.push_back(std::move(evaluation));
  }
  return evaluations;
}

Answer::Answer(at::IValue const& value, std::string path)
    : dictionary_([&] {
        require(value.isGenericDict(), "cannot use model '", path,
                "' (its 'forward' gives no dictionary); see docs/models.md for the interface");
        return value.toGenericDict();
      }()),
      path_(std::move(path)) {}

std::optional<at::Tensor> Answer::find(char const* key, std::int64_t numbers) const {
  auto const entry = dictionary_.find(key);
  if (entry == dictionary_.end() || !entry->value().isTensor()) return std::nullopt;
  auto tensor = entry->value().toTensor();
  if (tensor.numel() != numbers) return std::nullopt;
  return tensor;
}

at::Tensor Answer::get(char const* key, std::int64_t numbers) const {
  auto tensor = find(key, numbers);
  require(tensor.has_value(), "cannot use model '", path_, "' (it gives no '", key, "' of ", numbers,
          " numbers); see docs/models.md for the interface");
  return *tensor;
}

std::vector<std::int64_t> types_of(std::vector<int> const& numbers, std::vector<int> const& order) {
  std::vector<std::int64_t> types;
  for (auto const z : numbers) types.push_back(std::ranges::find(order, z) - order.begin());
  return types;
}

std::vector<int> elements_of(std::string const& symbols, std::string const& path) {
  std::vector<int> elements;
  for (auto const& word : split_words(symbols)) {
    auto const z = atomic_number(word);
    require(z.has_value(), "cannot use model '", path, "' (its type '", word, "' is no chemical element)");
    require(std::ranges::find(elements, *z) == elements.end(), "cannot use model '", path, "' (its type '", word,
            "' occurs twice)");
    elements.push_back(*z);
  }
  require(!elements.empty(), "cannot use model '", path, "' (it names no elements)");
  return elements;
}

}  // namespace nacre::mlip
