/// SPACE.toml: what is searched, by what, and for how long.
#pragma once

#include <filesystem>
#include <memory>
#include <optional>
#include <string>

#include "nacre/search/problem.hpp"
#include "nacre/search/swarm.hpp"
#include "nacre/search/variables.hpp"

namespace nacre::detail {

struct SpaceFile {
  std::shared_ptr<VariableSpace const> space;
  Problem problem;
  EngineOptions engine;
  std::uint64_t seed = 1;
  std::optional<std::int64_t> budget;  ///< points handed out
  std::string identity;                ///< hash of everything but the budget
};

/// @throws InputError naming the file, the line and a suggestion
NACRE_API SpaceFile read_space_file(std::filesystem::path const& path);

}  // namespace nacre::detail
