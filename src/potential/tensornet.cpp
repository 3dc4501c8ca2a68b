#include "nacre/potential/tensornet.hpp"

#include <algorithm>

#include "nacre/core/error.hpp"
#include "nacre/core/ids.hpp"
#include "nacre/core/parallel_for.hpp"
#include "nacre/crystal/elements.hpp"
#include "nacre/potential/core_blend.hpp"
#include "tensornet_engine.hpp"

namespace nacre {
namespace {

/// Raised when the same weights would give other numbers: part of the identity.
constexpr char const* engine_version = "native tensornet engine 1, float32";

class TensorNetPotential final : public Potential, public TakesCore {
 public:
  TensorNetPotential(std::filesystem::path const& path, std::string name, int threads)
      : name_(std::move(name)), threads_(threads), model_(std::make_shared<detail::TensorNetModel>(detail::read_tensornet(Safetensors(path)))) {
    identity_ = Sha256().update(std::string_view(sha256_file(path.string()))).update(model_->cutoff).update(std::string_view(engine_version)).hex();
  }
  Evaluation evaluate(Crystal const& crystal) const override { return evaluate_on(crystal, nullptr, threads_); }
  Evaluation evaluate_next(Crystal const& crystal, EvaluationState& state) const override { return evaluate_on(crystal, &state, threads_); }
  std::vector<BatchResult> evaluate_many(std::span<Crystal const> crystals, int threads) const override {
    std::vector<BatchResult> results(crystals.size());
    bool const whole = crystals.size() >= static_cast<std::size_t>(threads);
    parallel_for(crystals.size(), whole ? threads : 1, [&](std::size_t k) {
      try {
        results[k].evaluation = evaluate_on(crystals[k], nullptr, whole ? 1 : threads);
      } catch (InputError const& error) {
        results[k].refusal = error.what();
      }
    });
    return results;
  }
  Eigen::MatrixXf features(Crystal const& crystal) const override {
    detail::require_sane(crystal);
    detail::NeighborTable neighbors;
    neighbors.build(crystal, model_->cutoff, nullptr);
    look(crystal, neighbors);
    return detail::run_tensornet(*model_, species_of(crystal), neighbors, false, threads_).features;
  }
  std::string name() const override { return name_; }
  std::string identity() const override { return identity_; }
  std::shared_ptr<Potential const> with_core(CoreBlend const& blend) const override {
    auto other = std::make_shared<TensorNetPotential>(*this);
    other->core_ = std::make_shared<CoreBlend>(blend);
    other->identity_ = identity_with_core(identity_, blend);
    return other;
  }
  Contents contents() const override { return {.learned = true}; }
  double cutoff() const override { return model_->cutoff; }
  std::vector<int> elements() const override { return model_->elements; }
  Value about() const override {
    auto value = Potential::about();
    value["kind"] = "tensornet";
    value["dtype"] = "float32";
    value["engine"] = engine_version;
    value["units"] = "eV, A";
    auto energies = Value::object();
    for (auto const z : model_->elements) energies[symbol(z)] = model_->atom_energies[static_cast<std::size_t>(model_->species[static_cast<std::size_t>(z)])];
    value["reference_energies_eV"] = energies;
    if (core_) value["core"] = core_->about();
    return value;
  }

 private:
  std::vector<int> species_of(Crystal const& crystal) const {
    std::vector<int> species;
    for (auto const z : crystal.numbers) {
      require(std::ranges::binary_search(model_->elements, z), "model '", name_, "' does not know the element '", symbol(z), "' (it knows ",
              model_->elements.size(), " elements); take a model that was trained on it");
      species.push_back(model_->species[static_cast<std::size_t>(z)]);
    }
    return species;
  }

  Evaluation evaluate_on(Crystal const& crystal, EvaluationState* state, int threads) const {
    detail::require_sane(crystal);
    auto const species = species_of(crystal);
    detail::NeighborTable neighbors;
    neighbors.build(crystal, model_->cutoff, state);
    auto const vectors = look(crystal, neighbors);
    auto const result = detail::run_tensornet(*model_, species, neighbors, true, threads);
    detail::PairAccumulator sum(crystal);
    for (std::size_t atom = 0; atom < species.size(); ++atom) {
      sum.add_energy(static_cast<int>(atom), result.atom_energies[atom]);
      for (auto pair = neighbors.start[atom]; pair < neighbors.start[atom + 1]; ++pair)
        add_pair(crystal, static_cast<int>(atom), neighbors.atom[pair], vectors.empty() ? neighbors.vector[pair] : vectors[pair],
                 result.gradient.col(static_cast<Eigen::Index>(pair)), sum);
    }
    return std::move(sum).finish(static_cast<std::int64_t>(neighbors.atom.size()));
  }

  /// Turns the pairs into what the model sees of them. @return what they were; empty if nothing is in the way
  std::vector<Eigen::Vector3d> look(Crystal const& crystal, detail::NeighborTable& neighbors) const {
    if (!core_) return {};
    auto vectors = neighbors.vector;
    for (std::size_t atom = 0; atom < crystal.size(); ++atom) {
      for (auto pair = neighbors.start[atom]; pair < neighbors.start[atom + 1]; ++pair) {
        if (neighbors.distance[pair] >= core_->longest()) continue;
        int const first = crystal.numbers[atom], second = crystal.numbers[static_cast<std::size_t>(neighbors.atom[pair])];
        neighbors.vector[pair] = core_->seen(first, second, vectors[pair]);
        neighbors.distance[pair] = core_->seen(first, second, neighbors.distance[pair]).distance;
      }
    }
    return vectors;
  }
  void add_pair(Crystal const& crystal, int first, int second, Eigen::Vector3d const& vector, Eigen::Vector3d const& by_seen,
                detail::PairAccumulator& sum) const {
    auto const number = [&](int atom) { return crystal.numbers[static_cast<std::size_t>(atom)]; };
    sum.add(first, second, vector, core_ ? core_->gradient(number(first), number(second), vector, by_seen) : by_seen);
  }

  std::string name_;
  int threads_;
  std::shared_ptr<detail::TensorNetModel const> model_;
  std::shared_ptr<CoreBlend const> core_;  ///< null: none
  std::string identity_;
};

}  // namespace

std::shared_ptr<Potential const> make_tensornet(std::filesystem::path const& path, std::string const& name, int threads) {
  require(threads >= 1 && threads <= 1024, "invalid threads=", threads, " (1 to 1024)");
  return std::make_shared<TensorNetPotential>(path, name, threads);
}

}  // namespace nacre
