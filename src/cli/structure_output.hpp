/// One structure into a file, in the format that its name asks for.
#pragma once

#include <filesystem>

#include "nacre/crystal/io.hpp"

namespace nacre {

/// .extxyz and .xyz keep columns and comment; .cif, .vasp, .poscar, POSCAR* and CONTCAR* the atoms alone.
/// @throws InputError for another name
void write_structure(std::filesystem::path const& path, Frame const& frame);

}  // namespace nacre
