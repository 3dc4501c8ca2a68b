/// What happens to the processes of a farm when something breaks: run under mpirun by processes.cpp.
#include <signal.h>
#include <unistd.h>

#include <cstdlib>
#include <iostream>
#include <string>

#include "nacre/core/error.hpp"
#include "nacre/core/log.hpp"
#include "nacre/core/child.hpp"
#include "nacre/parallel/farm.hpp"
#include "nacre/parallel/stop.hpp"

namespace {

using nacre::Farm;
using nacre::FarmResult;
using nacre::FarmTask;

std::string work(FarmTask const& task, std::atomic<bool> const& cancelled) {
  if (task.payload == "throw") throw nacre::Error("the model is not here");
  if (task.payload == "die") raise(SIGKILL);
  if (task.payload == "until stopped") {
    while (!cancelled) usleep(1000);
  }
  return task.payload;
}

nacre::FarmWork workshop() { return work; }

/// A remote worker dies with its task; its task goes to another one.
void outlive_a_worker(Farm& farm) {
  int lost = 0, done = 0;
  farm.submit({0, 0, 0, "until stopped", 0.0});  // keeps rank 0's worker busy
  farm.submit({1, 0, 0, "die", 30.0});  // seen long before its deadline: it ran on this host
  for (int i = 2; i < 10; ++i) farm.submit({i, 0, 0, std::string(100'000, 'x'), 30.0});
  while (done < 9) {
    auto const result = farm.wait(30.0);
    if (!result) throw nacre::Error("no result within 30 s");
    if (result->outcome == FarmResult::Outcome::lost) {
      ++lost;
      farm.submit({1, 0, 1, "again", 30.0});
    } else {
      ++done;
    }
  }
  std::cout << "lost " << lost << " workers " << farm.workers() << " done " << done << std::endl;
}

void run_until_stopped(Farm& farm) {
  farm.submit({0, 0, 0, "until stopped", 0.0});
  farm.submit({1, 0, 0, "until stopped", 0.0});
  std::cout << "ready " << getpid() << std::endl;
  while (!nacre::stop_requested()) farm.wait(0.01);
  farm.cancel_all();
  while (farm.outstanding() > 0) farm.wait(1.0);
  std::cout << "stopped" << std::endl;
}

void coordinate(Farm& farm, std::string const& mode) {
  if (mode == "throw") {
    farm.submit({0, 0, 0, "until stopped", 0.0});
    farm.submit({1, 0, 0, "until stopped", 0.0});
    throw nacre::Error("the disk is gone");
  }
  if (mode == "broadcast") {
    farm.broadcast({0, 0, 0, "throw", 0.0});
    farm.submit({0, 0, 0, "x", 0.0});
    farm.wait(30.0);
  }
  if (mode == "die") outlive_a_worker(farm);
  if (mode == "stop") run_until_stopped(farm);
}

int run(nacre::ParallelContext& context, std::string const& mode) {
  if (context.rank() > 0) {
    serve(context, workshop);
  } else {
    Farm farm(context, workshop);
    coordinate(farm, mode);
  }
  return mode == "stop" ? 3 : 0;
}

}  // namespace

int main(int, char** argv) {
  std::string const mode = argv[1];
  nacre::catch_stop_signals();
  nacre::ParallelContext context;
  try {
    int const status = run(context, mode);
    if (!context.finalises()) std::_Exit(status);
    return status;
  } catch (std::exception const& error) {
    nacre::print_message(nacre::concat("rank ", context.rank(), ": ", error.what()));
    context.abort(1);
  }
}
