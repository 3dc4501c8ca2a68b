/// Opens objective plug-ins: RTLD_NOW | RTLD_LOCAL | RTLD_NODELETE, ABI compared member by member, MXCSR checked.
#pragma once

#include <filesystem>
#include <memory>
#include <string>
#include <vector>

#include "nacre/core/api.hpp"
#include "nacre/score/objective.hpp"

namespace nacre {

struct NACRE_API LoadedObjective {
  std::shared_ptr<Objective const> objective;
  std::filesystem::path path;
  std::string sha256;            ///< of the library file: part of the model identity, equal on all ranks
};

/// Folders searched: `extra` first, NACRE_PLUGIN_PATH (colon separated), then lib/nacre beside libnacre.
NACRE_API std::vector<std::filesystem::path> plugin_folders(std::vector<std::filesystem::path> const& extra = {});
/// Names of the libraries there, sorted (mlip and other non-objectives left out).
NACRE_API std::vector<std::string> find_objectives(std::vector<std::filesystem::path> const& extra = {});
/// @throws InputError for an unknown name (with a suggestion) or a library of another ABI (naming what differs)
NACRE_API LoadedObjective load_objective(std::string const& name, std::vector<std::filesystem::path> const& extra = {});
/// Shared by every plug-in kind: opens a library and checks that it left flush-to-zero off.
NACRE_API void* open_plugin(std::filesystem::path const& path);

}  // namespace nacre
