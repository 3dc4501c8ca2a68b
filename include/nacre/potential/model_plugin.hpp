/// Models that live in a plug-in, and the contract between it and the library: `torchscript:PATH` is evaluated by
/// lib/nacre/mlip.so, which is opened only when a model asks for it, so that nothing else links LibTorch.
///
/// The plug-in exports one C symbol, `nacre_potential_entry`, of the type PotentialEntry(*)().
#pragma once

#include <Eigen/Core>
#include <cstdint>
#include <filesystem>
#include <memory>
#include <string>

#include "nacre/core/api.hpp"
#include "nacre/potential/potential.hpp"

#ifndef NACRE_SANITIZE
#define NACRE_SANITIZE ""
#endif

namespace nacre {

inline constexpr std::uint32_t potential_abi_number = 3;

/// Plain C data; the loader compares every member and names the one that differs.
struct PotentialAbi {
  std::uint32_t abi_number;
  std::uint32_t sizeof_crystal, alignof_crystal;
  std::uint32_t sizeof_evaluation, alignof_evaluation;
  std::uint32_t sizeof_options, alignof_options;
  std::uint32_t sizeof_vector4d, alignof_vector4d;
  std::uint32_t gxx_abi_version;
  std::uint32_t glibcxx_cxx11_abi;
  std::uint32_t compiler_major;
  std::uint32_t eigen_max_align_bytes;
  char sanitizers[64];
};

inline PotentialAbi current_potential_abi() {
  return {potential_abi_number,      sizeof(Crystal),         alignof(Crystal),
          sizeof(Evaluation),        alignof(Evaluation),     sizeof(PotentialOptions),
          alignof(PotentialOptions), sizeof(Eigen::Vector4d), alignof(Eigen::Vector4d),
          __GXX_ABI_VERSION,         _GLIBCXX_USE_CXX11_ABI,  __GNUC__,
          EIGEN_MAX_ALIGN_BYTES,     NACRE_SANITIZE};
}

/// What `nacre_potential_entry` returns.
struct PotentialEntry {
  PotentialAbi abi;
  /// @param path what stands behind `torchscript:`; @return owned by the caller, never null
  /// @throws InputError or Error as Potential and make_potential do
  Potential* (*create)(std::string const& path, PotentialOptions const& options);
};

/// Where mlip.so is: NACRE_PLUGIN_PATH (colon separated), then nacre/ beside libnacre. Empty if it is nowhere.
NACRE_API std::filesystem::path find_model_plugin();

/// A model evaluated by the plug-in at `library`.
/// @throws InputError if it is no model plug-in or of another ABI (naming what differs)
NACRE_API std::shared_ptr<Potential const> load_model(std::filesystem::path const& library, std::string const& path,
                                                      PotentialOptions const& options);

}  // namespace nacre

/// Exports `Class(std::string const& path, nacre::PotentialOptions const& options)`; once per library, at namespace
/// scope.
#define NACRE_POTENTIAL(Class)                                                                         \
  extern "C" NACRE_API nacre::PotentialEntry nacre_potential_entry() {                                 \
    return {nacre::current_potential_abi(),                                                            \
            [](std::string const& path, nacre::PotentialOptions const& options) -> nacre::Potential* { \
              return new Class(path, options);                                                         \
            }};                                                                                        \
  }
