/// Opens predictor plug-ins: the same contract as objectives, with the entry symbol `nacre_predictor`.
#pragma once

#include <filesystem>
#include <memory>
#include <string>
#include <vector>

#include "nacre/core/api.hpp"
#include "nacre/score/plugin_abi.hpp"
#include "nacre/score/predictor.hpp"

namespace nacre {

/// What the one exported C symbol `nacre_predictor` points to.
struct PredictorEntry {
  PluginAbi abi;
  Predictor* (*create)();
};

/// The unfitted predictor of lib/nacre/NAME.so.
/// @throws InputError for an unknown name or a library of another ABI (naming what differs)
NACRE_API std::shared_ptr<Predictor const> load_predictor(std::string const& name,
                                                          std::vector<std::filesystem::path> const& extra = {});

}  // namespace nacre

/// Exports the class from its shared library; once per library, at namespace scope.
#define NACRE_PREDICTOR(Class)                                                                \
  extern "C" NACRE_API nacre::PredictorEntry const* nacre_predictor() {                       \
    static nacre::PredictorEntry const entry{nacre::current_plugin_abi(),                     \
                                             []() -> nacre::Predictor* { return new Class; }}; \
    return &entry;                                                                            \
  }
