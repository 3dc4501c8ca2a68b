/// MPI of this process: initialised only by the commands that need it, MPI_THREAD_FUNNELED. mpi.h is seen only in
/// src/parallel.
#pragma once

#include <memory>
#include <string>

#include "nacre/core/api.hpp"
#include "nacre/core/communicator.hpp"

namespace nacre {

/// Initialises MPI on construction and finalises on destruction, unless an exception unwinds or a rank is lost (then
/// finalising would wait for ever). One per process, made and used on the main thread.
///
///     ParallelContext context;
///     try { run(context); } catch (std::exception const& error) { report(error); context.abort(1); }
class NACRE_API ParallelContext {
 public:
  ParallelContext();
  ~ParallelContext();
  ParallelContext(ParallelContext const&) = delete;
  ParallelContext& operator=(ParallelContext const&) = delete;
  Communicator& world();  ///< collective: for the set-up only, before the farm starts
  int rank() const;
  int size() const;
  int local_rank() const;  ///< on this node
  /// For main: prints nothing, ends every rank.
  [[noreturn]] void abort(int status);
  /// A peer is gone: the destructor does not finalise.
  void leave_without_finalising();
  /// False: main leaves by std::_Exit, before this object ends, once everything is stored.
  bool finalises() const;
  /// A worker thread hangs: main leaves by std::_Exit after this object has ended.
  void leave_a_thread();
  bool left_a_thread() const;

  struct State;  ///< of src/parallel
  State& state() { return *state_; }

 private:
  std::unique_ptr<State> state_;
};

}  // namespace nacre
