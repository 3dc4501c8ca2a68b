/// What can be said of a campaign before it runs. Writes nothing.
#pragma once

#include <cstdint>
#include <filesystem>
#include <functional>
#include <optional>
#include <string>
#include <vector>

#include "nacre/campaign/config.hpp"
#include "nacre/campaign/domain.hpp"
#include "nacre/core/api.hpp"
#include "nacre/search/problem.hpp"

namespace nacre {

/// Smallest, mean and largest of a quantity over the designs that were sampled.
struct SampledRange {
  double lowest = 0.0, mean = 0.0, highest = 0.0;
};

struct CampaignCheck {
  CampaignConfig config;
  Problem problem;
  std::int64_t leaves = 0;              ///< discrete choices; `most_leaves` + 1 if more
  std::vector<std::string> continuous;  ///< real and torus choices of a leaf
  std::int64_t setup_tasks = 0;         ///< before proposal 0; run here where no finished ones are stored
  double setup_seconds = 0.0;
  std::int64_t sampled = 0;                ///< designs drawn at random for what follows
  std::int64_t references = 0;          ///< rows that are evaluated before the first proposal
  std::int64_t evaluations = 0;            ///< designs that the budget takes to the potential tier
  SampledRange work;                       ///< expected, of one evaluation
  std::optional<SampledRange> atoms;       ///< of one stack
  std::optional<double> seconds_per_work;  ///< of one core: from a run of this campaign, else one energy timed here
  double memory_MB = 0.0;                  ///< of this process after the largest sampled energy: what a rank needs
  std::vector<std::string> notes;          ///< warnings of the domain
};

inline constexpr std::int64_t most_leaves = 1'000'000;

/// Reads everything that `nacre run` reads, runs the set-up tasks in memory, and samples the space.
/// @param progress is told what is being done
/// @throws InputError as read_campaign and make_domain do
NACRE_API CampaignCheck check_campaign(std::filesystem::path const& folder,
                                       std::function<void(std::string const&)> const& progress);

/// @param domain set up
/// @throws InputError with the line and a suggestion if a constraint names nothing that a candidate has
NACRE_API void check_quantities(CampaignConfig const& config, Problem const& problem, Domain const& domain);

}  // namespace nacre
