/// Universal potentials of the Nequix family, evaluated by Nacre itself from their weights: no LibTorch is needed.
#pragma once

#include <filesystem>
#include <memory>
#include <string>

#include "nacre/core/api.hpp"
#include "nacre/potential/potential.hpp"

namespace nacre {

/// A model from a safetensors file with metadata format=nequix-neutral-1 (docs/models.md). Radial functions are tabulated
/// once; messages are in single precision, energies, forces and stress are added up in double precision.
/// @param threads for one evaluation; they change no bit
/// @throws InputError naming the file and what is wrong with it
NACRE_API std::shared_ptr<Potential const> make_nequix(std::filesystem::path const& path, std::string const& name,
                                                       int threads = 1);

}  // namespace nacre
