/// Plug-ins as files: where they lie, and how one is opened (RTLD_NOW | RTLD_LOCAL | RTLD_NODELETE, rounding mode
/// checked).
#pragma once

#include <filesystem>
#include <string>
#include <vector>

#include "nacre/core/api.hpp"

namespace nacre {

/// Folders searched: `extra` first, NACRE_PLUGIN_PATH (colon separated), then nacre/ beside libnacre. Each once.
NACRE_API std::vector<std::filesystem::path> plugin_folders(std::vector<std::filesystem::path> const& extra = {});

/// Opens a library, shared by every kind of plug-in. It stays loaded until the program ends.
/// @throws InputError with the loader's words if it cannot be opened, or if it switched flush-to-zero or
/// denormals-are-zero on (which would change the results of everybody; the mode is put back)
NACRE_API void* open_plugin(std::filesystem::path const& path);

/// Address of an exported symbol; null if the library has none.
NACRE_API void* find_symbol(void* library, std::string const& name);

}  // namespace nacre
