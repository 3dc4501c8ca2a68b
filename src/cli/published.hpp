/// What the commands that only look read: the published copy of a campaign, without lock, MPI or write permission.
#pragma once

#include <filesystem>
#include <optional>
#include <string>
#include <vector>

#include "nacre/campaign/config.hpp"
#include "nacre/campaign/store.hpp"
#include "nacre/core/value.hpp"

namespace nacre {

/// campaign.toml of a folder, for what the published copy does not say; nothing if it is gone or being edited.
std::optional<CampaignConfig> readable_campaign(std::filesystem::path const& folder);

class Published {
 public:
  /// @throws InputError if there is no campaign or nothing was published yet
  explicit Published(std::filesystem::path const& folder);

  Store const& store() const { return store_; }
  /// The last ranked list (schema nacre.ranking/1), empty before the first.
  Value ranking() const;
  /// Name, unit and direction of each objective, in the campaign's order. @throws InputError before they are known
  Value::Array objectives() const;
  std::optional<EvaluatedDesign> find(Hash128 const& design, Tier tier) const;
  /// The one design whose id begins so. @throws InputError if none or several do
  Hash128 resolve(std::string const& prefix) const;

 private:
  std::filesystem::path folder_;
  Store store_;
};

}  // namespace nacre
