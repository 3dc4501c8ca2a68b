/// Results from elsewhere that a campaign starts from: points of a file, or the archive of another campaign.
#pragma once

#include <filesystem>
#include <string>
#include <vector>

#include "nacre/core/api.hpp"
#include "nacre/core/value.hpp"
#include "nacre/search/problem.hpp"
#include "nacre/search/space.hpp"

namespace nacre {

/// The design that a point means, {"x": 0.3, "phase": "rutile", ...}: every question along its path by name.
/// @throws InputError for a missing or unknown name and for a value that is no answer
NACRE_API Design design_of(Space const& space, Value const& point);

/// What an event "import" carries (JSON); the observations come back with `imported_observations`.
struct ImportedPoints {
  std::string payload;
  std::size_t taken = 0;
  std::size_t left_out = 0;  ///< designs that are not of this space, or without a value of every objective
};

/// Lines {"point": {...} or "design": [integers], "values": {objective: number, ...}, "stderr": {...}}; observed
/// quantities of constraints stand in "values", too. @throws InputError with the line
NACRE_API ImportedPoints import_file(std::filesystem::path const& file, Space const& space, Problem const& problem);

/// The same from the lines themselves. @param source what they are called in messages and in the event
NACRE_API ImportedPoints import_lines(std::string const& text, std::string const& source, Space const& space,
                                      Problem const& problem);

/// Potential-tier results of a campaign that was published. @param model its identity must be this one; empty: none
/// @throws InputError if there is none, if it lacks an objective or has it in another unit or of another model
NACRE_API ImportedPoints import_campaign(std::filesystem::path const& folder, Space const& space,
                                         Problem const& problem, std::string const& model);

/// On the potential tier, of proposal -1: they guide the search, and are never ranked.
NACRE_API std::vector<Observation> imported_observations(std::string const& payload);

}  // namespace nacre
