#include <algorithm>
#include <iostream>
#include <memory>

#include "model_options.hpp"
#include "nacre/core/error.hpp"
#include "nacre/core/log.hpp"
#include "nacre/core/text.hpp"
#include "nacre/crystal/io.hpp"
#include "nacre/potential/batch.hpp"
#include "nacre/transport/fixed_charge.hpp"
#include "table.hpp"

namespace nacre {
namespace {

struct Options {
  std::string file;
  ModelOptions model;
  std::int64_t threads = 1;
  bool json = false;
};

std::vector<Crystal> read_frames(std::string const& file) {
  auto const extension = lower_case(std::filesystem::path(file).extension().string());
  if (extension != ".xyz" && extension != ".extxyz") return {read_crystal(file)};
  std::vector<Crystal> crystals;
  for (auto& frame : read_extxyz(file)) crystals.push_back(std::move(frame.crystal));
  return crystals;
}

/// A frame that the model does not cover is refused with its reason; if it covers none, that is the user's error, unless
/// it is one that fixed charges refuse by name.
std::vector<BatchResult> evaluate(std::vector<Crystal> const& crystals, Potential const& potential,
                                  Options const& options) {
  require(options.threads >= 1 && options.threads <= 1024, "invalid threads=", options.threads, " (1 to 1024)");
  auto results = evaluate_batch(potential, crystals, static_cast<int>(options.threads));
  bool any = false;
  for (std::size_t k = 0; k < results.size(); ++k) {
    auto const named = bonding_refusal(crystals[k], potential);
    if (!named.empty()) results[k].refusal = named;
    any = any || !named.empty() || results[k].refusal.empty();
  }
  require(any, "cannot evaluate '", options.file, "' (", results.empty() ? "it has no frames" : results.front().refusal,
          ")");
  return results;
}

void print_table(std::vector<BatchResult> const& results) {
  TextTable table({"frame", "atoms", "energy [eV]", "largest force [eV/Å]", "pressure [eV/Å^3]"});
  for (std::size_t k = 0; k < results.size(); ++k) {
    if (!results[k].refusal.empty()) {
      log_warning("frame ", k, " refused: ", results[k].refusal);
      continue;
    }
    auto const& result = results[k].evaluation;
    if (!result.warning.empty()) log_warning("frame ", k, " (", to_string(result.trust), "): ", result.warning);
    double const force = result.forces.cols() > 0 ? result.forces.colwise().norm().maxCoeff() : 0.0;
    table.row({std::to_string(k), std::to_string(result.forces.cols()), significant(result.energy, 10),
               significant(force, 5), result.stress ? significant(-result.stress->trace() / 3.0, 5) : "-"});
  }
  std::cout << table.str();
}

int run(Options const& options) {
  auto const potential = options.model.potential();
  auto const crystals = read_frames(options.file);
  auto const results = evaluate(crystals, *potential, options);
  if (!options.json) {
    print_table(results);
    return 0;
  }
  for (std::size_t k = 0; k < results.size(); ++k) {
    auto const& [evaluation, refusal] = results[k];
    auto const value = refusal.empty() ? evaluation_to_value(k, evaluation, *potential)
                                       : refusal_to_value(k, crystals[k].size(), refusal, *potential);
    std::cout << value.dump() << '\n';
  }
  return 0;
}

}  // namespace

Command energy_command() {
  return {"energy", "Energy, forces and stress of structures in a model", [](CommandLine& line) {
            auto const options = std::make_shared<Options>();
            line.positional("FILE", options->file, "structures: extxyz (every frame), POSCAR or CIF");
            options->model.declare(line);
            line.option("--threads", options->threads, "frames, or the atoms of few frames (nequix), are shared out among these; changes no bit");
            line.flag("--json", options->json, "one JSON object a frame");
            line.example("nacre energy stack.extxyz --model rigid-ion:grimes --slab-correction z --json");
            return [options] { return run(*options); };
          }};
}

}  // namespace nacre
