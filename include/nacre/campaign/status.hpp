/// status.json: what a campaign is doing, for people and programs that neither lock nor open the database.
#pragma once

#include <cstdint>
#include <filesystem>
#include <optional>
#include <string>
#include <utility>
#include <vector>

#include "nacre/core/api.hpp"
#include "nacre/core/estimate.hpp"
#include "nacre/core/value.hpp"

namespace nacre {

struct CampaignStatus {
  using Counts = std::vector<std::pair<std::string, std::int64_t>>;
  std::string state = "new";           ///< new, running, stopped, finished or failed
  std::int64_t budget = 0;             ///< proposals
  std::int64_t proposed = 0;
  std::int64_t done = 0;               ///< proposals with a result, whatever it is
  std::int64_t failed = 0;             ///< of these: proposals without a single value
  std::vector<std::pair<Tier, Counts>> tiers;  ///< designs by status word
  Value best;                          ///< of `best_objectives`
  Counts queue;                        ///< DFT-validation queue: calculations by state
  double work = 0.0;                   ///< of all results
  std::string journal_hash;            ///< of the sealed prefix; empty before there is one
  std::optional<std::pair<double, double>> twist_range;  ///< smallest and largest |twist| searched [rad]
};

/// [smallest, largest] in degrees, or null.
NACRE_API Value twist_range_document(std::optional<std::pair<double, double>> const& range);

/// Schema nacre.status/1 (docs/schemas/status.schema.json).
NACRE_API Value make_status(CampaignStatus const& status);

/// The best value of each objective among the ranked candidates: NAME -> value, stderr, unit, id.
/// @param ranking a document of schema nacre.ranking/1
NACRE_API Value best_objectives(Value const& ranking);

/// Replaces DIR/status.json whole; the coordinator does so every 2 s and at each change of state.
NACRE_API void write_status(std::filesystem::path const& folder, Value const& status);

/// What the campaign says now: status.json, where a run that was killed shows as stopped; without that file what the
/// database holds under the key "status"; a campaign that never ran is new.
/// @throws InputError if there is no campaign
NACRE_API Value read_status(std::filesystem::path const& folder);

}  // namespace nacre
