/// One structure as the text of a file, by the file's extension.
#pragma once

#include <filesystem>
#include <string>

#include "nacre/crystal/io.hpp"

namespace nacre {

/// @throws InputError unless structure_text knows the format
void require_structure_name(std::filesystem::path const& path);

/// .extxyz, .xyz, .cif, .vasp, .poscar, POSCAR*, CONTCAR*. @throws InputError for another
std::string structure_text(std::filesystem::path const& path, Frame const& frame);

}  // namespace nacre
