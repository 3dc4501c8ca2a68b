#include <filesystem>
#include <memory>

#include "nacre/campaign/campaign.hpp"
#include "nacre/cli/command.hpp"
#include "nacre/core/error.hpp"
#include "nacre/core/log.hpp"

namespace nacre {

Command run_command() {
  return {"run", "search: start or continue a campaign, on one rank or under mpirun", [](CommandLine& line) {
    struct Options {
      std::string folder;
      std::int64_t until = -1;
      bool take_over = false, quiet = false;
    };
    auto options = std::make_shared<Options>();
    line.positional("DIR", options->folder, "campaign folder");
    line.option("--until-proposals", options->until, "stop (exit 3) after so many proposals");
    line.flag("--take-over", options->take_over, "take the lock of a holder on another host that is known to be dead");
    line.flag("--quiet", options->quiet, "no progress line");
    line.example("mpirun -n 8 nacre run my-campaign");
    return [options] {
      ParallelContext context;
      configure_log(LogLevel::info, context.size() > 1 ? context.rank() : -1);
      RunOptions run;
      if (options->until >= 0) run.until_proposals = options->until;
      run.take_over = options->take_over;
      run.progress = !options->quiet;
      try {
        return run_campaign(options->folder, context, run) == RunEnd::finished ? 0 : 3;
      } catch (InputError const&) {
        if (context.rank() == 0) throw;
        return 2;  // rank 0 says it
      }
    };
  }};
}

}  // namespace nacre
