#include "nacre/potential/nequix.hpp"

#include <algorithm>

#include "nacre/core/error.hpp"
#include "nacre/core/ids.hpp"
#include "nacre/core/parallel_for.hpp"
#include "nacre/crystal/elements.hpp"
#include "nacre/potential/core_blend.hpp"
#include "nequix_engine.hpp"

namespace nacre {
namespace {

using detail::NequixEngine;

/// Raised when the same weights would give other numbers: part of the identity.
constexpr char const* engine_version = "native nequix engine 1, float32";

/// Every refusal names the file.
detail::NequixModel read_model(std::filesystem::path const& path) {
  Safetensors const file(path);
  try {
    return detail::read_nequix(file);
  } catch (InputError const& error) {
    std::string const message = error.what();
    if (message.find(path.string()) != std::string::npos) throw;
    input_error("cannot use '", path.string(), "' (", message, ")");
  }
}

class NequixPotential final : public Potential, public TakesCore {
 public:
  NequixPotential(std::filesystem::path const& path, std::string name, int threads)
      : name_(std::move(name)), threads_(threads), engine_(std::make_shared<NequixEngine>(read_model(path))) {
    identity_ = Sha256()
                    .update(std::string_view(sha256_file(path.string())))
                    .update(engine_->model().cutoff)
                    .update(std::string_view(engine_version))
                    .hex();
  }

  Evaluation evaluate(Crystal const& crystal) const override { return evaluate_on(crystal, threads_); }

  /// Threads share out the structures, or where these are fewer the atoms of each.
  std::vector<BatchResult> evaluate_many(std::span<Crystal const> crystals, int threads) const override {
    std::vector<BatchResult> results(crystals.size());
    bool const whole = crystals.size() >= static_cast<std::size_t>(threads);
    parallel_for(crystals.size(), whole ? threads : 1, [&](std::size_t k) {
      try {
        results[k].evaluation = evaluate_on(crystals[k], whole ? 1 : threads);
      } catch (InputError const& error) {
        results[k].refusal = error.what();
      }
    });
    return results;
  }

  Eigen::MatrixXf features(Crystal const& crystal) const override {
    check_elements(crystal);
    auto const graph = detail::make_graph(crystal, cutoff(), threads_, core_.get());
    return engine_->run(crystal.numbers, graph, threads_, NequixEngine::Want::features).features;
  }

  std::string name() const override { return name_; }
  std::string identity() const override { return identity_; }
  std::shared_ptr<Potential const> with_core(CoreBlend const& blend) const override {
    auto other = std::make_shared<NequixPotential>(*this);
    other->core_ = std::make_shared<CoreBlend>(blend);
    other->identity_ = identity_with_core(identity_, blend);
    return other;
  }
  Contents contents() const override { return {.learned = true}; }
  double cutoff() const override { return engine_->model().cutoff; }
  std::vector<int> elements() const override { return engine_->model().elements; }
  Value about() const override {
    auto const& model = engine_->model();
    auto value = Potential::about();
    value["kind"] = "nequix";
    value["dtype"] = "float32";
    value["engine"] = engine_version;
    value["units"] = "eV, A";
    value["layers"] = static_cast<std::int64_t>(model.layers.size());
    auto energies = Value::object();
    for (auto const z : model.elements)
      energies[symbol(z)] = model.atom_energies[static_cast<std::size_t>(model.species[static_cast<std::size_t>(z)])];
    value["reference_energies_eV"] = energies;
    if (core_) value["core"] = core_->about();
    return value;
  }

 private:
  Evaluation evaluate_on(Crystal const& crystal, int threads) const {
    check_elements(crystal);
    auto const graph = detail::make_graph(crystal, cutoff(), threads, core_.get());
    auto result = engine_->run(crystal.numbers, graph, threads, NequixEngine::Want::forces);
    Evaluation evaluation;
    for (auto const energy : result.atom_energies) evaluation.energy += energy;
    evaluation.atom_energies = Eigen::Map<Eigen::VectorXd const>(result.atom_energies.data(),
                                                                 static_cast<Eigen::Index>(result.atom_energies.size()));
    evaluation.forces = std::move(result.forces);
    if (crystal.periodic[0] && crystal.periodic[1] && crystal.periodic[2])
      evaluation.stress = 0.5 * (result.virial + result.virial.transpose()) / crystal.volume();
    evaluation.edges = graph.count;
    return evaluation;
  }

  void check_elements(Crystal const& crystal) const {
    for (auto const z : crystal.numbers) {
      require(std::ranges::binary_search(engine_->model().elements, z), "model '", name_, "' does not know the element '",
              symbol(z), "' (it knows ", engine_->model().elements.size(), " elements); take a model that was trained on it");
    }
  }

  std::string name_;
  int threads_;
  std::shared_ptr<NequixEngine const> engine_;
  std::shared_ptr<CoreBlend const> core_;  ///< null: none
  std::string identity_;
};

}  // namespace

std::shared_ptr<Potential const> make_nequix(std::filesystem::path const& path, std::string const& name, int threads) {
  require(threads >= 1 && threads <= 1024, "invalid threads=", threads, " (1 to 1024)");
  return std::make_shared<NequixPotential>(path, name, threads);
}

}  // namespace nacre
