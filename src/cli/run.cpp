#include <cstdlib>
#include <limits>
#include <memory>

#include "nacre/campaign/campaign.hpp"
#include "nacre/cli/command.hpp"
#include "nacre/core/error.hpp"
#include "nacre/core/log.hpp"
#include "nacre/parallel/stop.hpp"

namespace nacre {
namespace {

constexpr std::int64_t no_limit = std::numeric_limits<std::int64_t>::min();

struct Options {
  std::string folder;
  std::int64_t until = no_limit;
  bool take_over = false, quiet = false;
};

/// What every rank leaves with. An InputError is known to all ranks, or the farm has told them to leave, so MPI ends in
/// order; any other error on a worker ends the whole run.
int run_rank(ParallelContext& context, Options const& options) {
  RunOptions run;
  if (options.until >= 0) run.until_proposals = options.until;
  run.take_over = options.take_over;
  run.progress = !options.quiet;
  try {
    return run_campaign(options.folder, context, run) == RunEnd::finished ? 0 : 3;
  } catch (InputError const&) {
    return context.rank() == 0 ? report_current_exception() : 2;
  } catch (...) {
    auto const status = report_current_exception();
    if (context.rank() != 0) context.abort(status);
    return status;
  }
}

int run_on_all_ranks(Options const& options) {
  require(options.until >= 0 || options.until == no_limit, "invalid --until-proposals ", options.until,
          " (must not be negative)");
  catch_stop_signals();
  auto context = std::make_unique<ParallelContext>();
  configure_log(LogLevel::info, context->size() > 1 ? context->rank() : -1);
  auto const status = run_rank(*context, options);
  if (!context->finalises()) std::_Exit(status);
  bool const hangs = context->left_a_thread();
  context.reset();
  if (hangs) std::_Exit(status);  // a thread that never ends would meet the end of what it uses
  return status;
}

}  // namespace

Command run_command() {
  return {"run", "search: start or continue a campaign, on one rank or under mpirun", [](CommandLine& line) {
    auto options = std::make_shared<Options>();
    line.positional("DIR", options->folder, "campaign folder");
    line.option("--until-proposals", options->until, "stop (exit 3) after so many proposals");
    line.flag("--take-over", options->take_over, "take the lock of a holder on another host that is known to be dead");
    line.flag("--quiet", options->quiet, "no progress line");
    line.example("mpirun -n 8 nacre run my-campaign");
    return [options] { return run_on_all_ranks(*options); };
  }};
}

}  // namespace nacre
