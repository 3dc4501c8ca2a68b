#include <memory>

#include "nacre/campaign/store.hpp"
#include "nacre/cli/command.hpp"
#include "nacre/core/error.hpp"
#include "nacre/core/log.hpp"

namespace nacre {
namespace {

int run(std::filesystem::path const& folder) {
  require(std::filesystem::exists(folder / "campaign.toml"), "no campaign.toml in '", folder.string(), "'");
  if (campaign_is_held(folder) == false) {
    print_message(concat("nacre: no run holds '", folder.string(), "', nothing to stop"));
    return 0;
  }
  drop_into_inbox(folder, "stop", "{}");
  print_message(concat("nacre: asked the run of '", folder.string(), "' to stop; it ends after its present steps (nacre status)"));
  return 0;
}

}  // namespace

Command stop_command() {
  return {"stop", "Ask a running campaign to stop; nacre run goes on with it", [](CommandLine& line) {
            auto const folder = std::make_shared<std::string>();
            line.positional("DIR", *folder, "the campaign folder");
            line.example("nacre stop runs/quickstart");
            return [folder] { return run(*folder); };
          }};
}

}  // namespace nacre
