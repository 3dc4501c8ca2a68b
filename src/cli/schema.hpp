/// The keys of campaign.toml as pages: what `nacre check --schema` prints.
#pragma once

#include <string>

namespace nacre {

std::string schema_text();
std::string schema_json();
std::string schema_markdown();  ///< docs/campaign.md

}  // namespace nacre
