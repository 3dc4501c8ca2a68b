/// A design of a campaign as molecular dynamics begins with it: without vacuum, relaxed, doped as the campaign says, in
/// the in-plane cell of a temperature. For `nacre md DIR`.
#pragma once

#include <filesystem>
#include <functional>
#include <memory>
#include <string>
#include <vector>

#include "nacre/core/api.hpp"
#include "nacre/core/ids.hpp"
#include "nacre/crystal/crystal.hpp"
#include "nacre/potential/potential.hpp"

namespace nacre {

struct NACRE_API DesignStart {
  std::string words;       ///< the design in one line
  Crystal crystal;
  std::vector<int> layer;  ///< of each atom: 1 the lower, 2 the upper
  std::shared_ptr<Potential const> model;
};

/// The first arrangement of [dynamics]. Relaxes the stack and runs the layers' own expansion: minutes.
/// @param progress  names each step; may be empty
/// @throws InputError for a campaign without atoms or results, and for a design that cannot be run, with the reason;
/// Stopped when `stop` says so
NACRE_API DesignStart design_for_dynamics(std::filesystem::path const& folder, Hash128 const& design, double temperature,
                                          std::function<bool()> const& stop,
                                          std::function<void(std::string const&)> const& progress);

}  // namespace nacre
