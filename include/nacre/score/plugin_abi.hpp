/// What a plug-in and the library must agree on before a C++ object crosses between them.
#pragma once

#include <cstdint>

#include "nacre/core/api.hpp"
#include "nacre/core/estimate.hpp"
#include "nacre/core/plugin_abi.hpp"
#include "nacre/score/candidate.hpp"

namespace nacre {

class Objective;

inline constexpr std::uint32_t plugin_abi_number = 4;

/// The loader compares every member and names the one that differs.
struct PluginAbi : BuildAbi {
  std::uint32_t sizeof_estimate, alignof_estimate;
  std::uint32_t sizeof_candidate, alignof_candidate;
};

inline PluginAbi current_plugin_abi() {
  return {current_build_abi(plugin_abi_number), sizeof(Estimate), alignof(Estimate), sizeof(Candidate),
          alignof(Candidate)};
}

/// What the one exported C symbol `nacre_objective` points to.
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
