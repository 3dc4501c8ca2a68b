/// The options by which commands ask for a model, and its answers as JSON: the same for every command that evaluates
/// one.
#pragma once

#include <memory>
#include <string>

#include "nacre/cli/command.hpp"
#include "nacre/core/value.hpp"
#include "nacre/potential/potential.hpp"

namespace nacre {

struct ModelOptions {
  std::string model;
  std::string sum = "auto", truncation = "taper", slab_correction = "none", device = "cpu";
  double cutoff = PotentialOptions{}.cutoff;  ///< [Å]
  double accuracy = 0.0;
  bool background = false;

  void declare(CommandLine& line);
  /// @param threads of one evaluation
  std::shared_ptr<Potential const> potential(std::int64_t threads = 1) const;
};

/// energy_eV, atom_energies_eV (null if the model has none), forces_eV_per_A, stress_eV_per_A3 (null without a 3-D cell), n_edges, model.
Value evaluation_to_value(std::size_t frame, Evaluation const& evaluation, Potential const& potential);
/// The same keys with null for numbers, status "refused" and the reason.
Value refusal_to_value(std::size_t frame, std::size_t atoms, std::string const& reason, Potential const& potential);

}  // namespace nacre
