/// What a plug-in and the library must agree on before a C++ object crosses between them.
#pragma once

#include <Eigen/Core>
#include <cstdint>

#include "nacre/core/api.hpp"
#include "nacre/core/estimate.hpp"
#include "nacre/score/candidate.hpp"

#ifndef NACRE_SANITIZE
#define NACRE_SANITIZE ""
#endif

namespace nacre {

class Objective;

inline constexpr std::uint32_t plugin_abi_number = 1;

/// Plain C data; the loader compares every member and names the one that differs.
struct PluginAbi {
  std::uint32_t abi_number;
  std::uint32_t sizeof_estimate, alignof_estimate;
  std::uint32_t sizeof_candidate, alignof_candidate;
  std::uint32_t sizeof_vector4d, alignof_vector4d;
  std::uint32_t gxx_abi_version;
  std::uint32_t glibcxx_cxx11_abi;
  std::uint32_t compiler_major;
  std::uint32_t eigen_max_align_bytes;
  char sanitizers[64];
};

inline PluginAbi current_plugin_abi() {
  PluginAbi abi{plugin_abi_number,        sizeof(Estimate),
                alignof(Estimate),        sizeof(Candidate),
                alignof(Candidate),       sizeof(Eigen::Vector4d),
                alignof(Eigen::Vector4d), __GXX_ABI_VERSION,
                _GLIBCXX_USE_CXX11_ABI,   __GNUC__,
                EIGEN_MAX_ALIGN_BYTES,    NACRE_SANITIZE};
  return abi;
}

/// What the one exported C symbol `nacre_objective` points to. `abi.abi_number` comes first and never moves.
struct PluginEntry {
  PluginAbi abi;
  Objective* (*create)();
};

}  // namespace nacre

/// Exports the class from its shared library; once per library, at namespace scope.
#define NACRE_OBJECTIVE(Class)                                                              \
  extern "C" NACRE_API nacre::PluginEntry const* nacre_objective() {                        \
    static nacre::PluginEntry const entry{nacre::current_plugin_abi(),                      \
                                          []() -> nacre::Objective* { return new Class; }}; \
    return &entry;                                                                          \
  }
