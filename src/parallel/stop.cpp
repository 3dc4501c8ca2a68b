#include "nacre/parallel/stop.hpp"

#include <atomic>
#include <csignal>

namespace nacre {
namespace {
std::atomic<bool> requested = false;
static_assert(std::atomic<bool>::is_always_lock_free);  // a signal handler may touch it
void on_signal(int) { requested = true; }
}  // namespace

void catch_stop_signals() {
  struct sigaction action {};
  action.sa_handler = on_signal;
  action.sa_flags = SA_RESTART;
  sigemptyset(&action.sa_mask);
  sigaction(SIGUSR1, &action, nullptr);
  sigaction(SIGTERM, &action, nullptr);
}

bool stop_requested() { return requested; }
void request_stop() { requested = true; }

}  // namespace nacre
