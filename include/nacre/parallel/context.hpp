/// MPI of this process: initialised only by the commands that need it, MPI_THREAD_FUNNELED. mpi.h is seen only in
/// src/parallel.
#pragma once

#include <memory>
#include <string>

#include "nacre/core/api.hpp"
#include "nacre/core/communicator.hpp"

namespace nacre {

/// Initialises MPI on construction and finalises on destruction, unless an exception unwinds.
class NACRE_API ParallelContext {
 public:
  ParallelContext();
  ~ParallelContext();
  ParallelContext(ParallelContext const&) = delete;
  ParallelContext& operator=(ParallelContext const&) = delete;
  Communicator& world();
  int rank() const;
  int size() const;
  int local_rank() const;            ///< on this node
  /// For main: prints nothing, ends every rank.
  [[noreturn]] void abort(int status);

 private:
  struct State;
  std::unique_ptr<State> state_;
};

}  // namespace nacre
