/// Models that live in a plug-in, and the contract between it and the library: `torchscript:PATH`, `mace:PATH`,
/// `nequip:PATH`, `sevennet:PATH` and `tensornet:PATH` are evaluated by lib/nacre/mlip.so, which is opened only when a
/// model asks for it, so that nothing else links LibTorch.
///
/// The plug-in exports one C symbol, `nacre_potential_entry`, of the type PotentialEntry const*(*)().
#pragma once

#include <cstdint>
#include <filesystem>
#include <memory>
#include <string>

#include "nacre/core/api.hpp"
#include "nacre/core/plugin_abi.hpp"
#include "nacre/potential/potential.hpp"

namespace nacre {

inline constexpr std::uint32_t potential_abi_number = 7;

/// The loader compares every member and names the one that differs.
struct PotentialAbi : BuildAbi {
  std::uint32_t sizeof_crystal, alignof_crystal;
  std::uint32_t sizeof_evaluation, alignof_evaluation;
  std::uint32_t sizeof_options, alignof_options;
};

inline PotentialAbi current_potential_abi() {
  return {current_build_abi(potential_abi_number),
          sizeof(Crystal),
          alignof(Crystal),
          sizeof(Evaluation),
          alignof(Evaluation),
          sizeof(PotentialOptions),
          alignof(PotentialOptions)};
}

/// What `nacre_potential_entry` points to.
struct PotentialEntry {
  PotentialAbi abi;
  /// @param kind what stands before the colon; empty: by the contents of the file
  /// @param path what stands behind it; @return owned by the caller, never null
  /// @throws InputError or Error as Potential and make_potential do
  Potential* (*create)(std::string const& kind, std::string const& path, PotentialOptions const& options);
};

/// Where mlip.so is: NACRE_PLUGIN_PATH (colon separated), then nacre/ beside libnacre. Empty if it is nowhere.
NACRE_API std::filesystem::path find_model_plugin();

/// How many devices of that name this computer has: one processor, one `cuda:N`, as many `cuda` as the plug-in sees.
NACRE_API int count_devices(std::string const& device);

/// A model evaluated by the plug-in at `library`.
/// @throws InputError if it is no model plug-in or of another ABI (naming what differs)
NACRE_API std::shared_ptr<Potential const> load_model(std::filesystem::path const& library, std::string const& kind,
                                                      std::string const& path, PotentialOptions const& options);

}  // namespace nacre

/// Exports `Class(std::string const& kind, std::string const& path, nacre::PotentialOptions const& options)`; once per
/// library, at namespace scope.
#define NACRE_POTENTIAL(Class)                                                                         \
  extern "C" NACRE_API nacre::PotentialEntry const* nacre_potential_entry() {                          \
    static nacre::PotentialEntry const entry{                                                          \
        nacre::current_potential_abi(),                                                                \
        [](std::string const& kind, std::string const& path,                                           \
           nacre::PotentialOptions const& options) -> nacre::Potential* {                              \
          return new Class(kind, path, options);                                                       \
        }};                                                                                            \
    return &entry;                                                                                     \
  }
