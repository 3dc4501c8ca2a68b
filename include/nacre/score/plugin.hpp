/// Opens objective plug-ins: one class per shared library, its ABI compared member by member (docs/objectives.md).
#pragma once

#include <filesystem>
#include <memory>
#include <string>
#include <vector>

#include "nacre/core/api.hpp"
#include "nacre/core/shared_library.hpp"
#include "nacre/score/objective.hpp"

namespace nacre {

struct NACRE_API LoadedObjective {
  std::shared_ptr<Objective const> objective;
  std::filesystem::path path;
  std::string sha256;  ///< of the library file: part of the model identity, equal on all ranks
};

/// Names of the objectives in `plugin_folders(extra)`, sorted. Plug-ins of other kinds (mlip) are left out; everything
/// else that ends in .so is taken for an objective, so that a broken one is met when it is loaded and not overlooked.
NACRE_API std::vector<std::string> find_objectives(std::vector<std::filesystem::path> const& extra = {});
/// The first library NAME.so in `plugin_folders(extra)`.
/// @throws InputError for an unknown name (with a suggestion), a library of another ABI (naming what differs), one that
/// cannot be opened, throws, or says something impossible of itself
NACRE_API LoadedObjective load_objective(std::string const& name, std::vector<std::filesystem::path> const& extra = {},
                                         ObjectiveSettings const& settings = {});
/// @see the one of BuildAbi
NACRE_API std::string describe_difference(PluginAbi const& there, PluginAbi const& here);

}  // namespace nacre
