/// SIGUSR1 and SIGTERM ask a run to stop: no new proposals, running tasks end at their next step, exit status 3.
#pragma once

#include "nacre/core/api.hpp"

namespace nacre {

/// On every rank, before MPI starts: mpirun hands SIGUSR1 to all of them, and only rank 0 acts on it.
NACRE_API void catch_stop_signals();
NACRE_API bool stop_requested();
NACRE_API void request_stop();

}  // namespace nacre
