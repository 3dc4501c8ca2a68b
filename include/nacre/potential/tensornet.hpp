/// Universal potentials of the TensorNet family from their weights, evaluated by Nacre itself: no LibTorch.
#pragma once

#include <filesystem>
#include <memory>
#include <string>

#include "nacre/core/api.hpp"
#include "nacre/potential/potential.hpp"

namespace nacre {

/// Weights in a safetensors file with metadata `format=tensornet-neutral-1`. Weights and features are in single precision,
/// distances, energies, forces and stress in double.
/// @param threads share out the atoms of a structure (evaluate) or the structures (evaluate_many); no bit depends on them
/// @throws InputError naming what the file lacks
NACRE_API std::shared_ptr<Potential const> make_tensornet(std::filesystem::path const& path, std::string const& name, int threads = 1);

}  // namespace nacre
