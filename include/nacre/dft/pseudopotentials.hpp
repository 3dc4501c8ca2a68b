/// Folders of pseudopotentials: one file per element, found by its name, recorded with its hashes.
#pragma once

#include <filesystem>
#include <string>
#include <vector>

#include "nacre/core/api.hpp"

namespace nacre::dft {

/// Writes El.pbe-qN.gth for every element of a CP2K file GTH_POTENTIALS (Goedecker, Teter and Hutter, Phys. Rev. B 54,
/// 1703 (1996), with PBE parameters of M. Krack, Theor. Chem. Acc. 114, 145 (2005)) in the psp10 format that pw.x and
/// ABINIT read: one valence per element, the file's default but for data/gth_potentials.json.
/// @param elements symbols; empty: all
/// @return names of the files written. @throws InputError if the file lacks an element or is no such file
NACRE_API std::vector<std::string> convert_gth(std::filesystem::path const& source, std::filesystem::path const& folder,
                                               std::vector<std::string> const& elements = {});

}  // namespace nacre::dft
