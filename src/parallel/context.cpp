#include "nacre/parallel/context.hpp"

#include <algorithm>
#include <cstdlib>
#include <exception>
#include <limits>

#include "context_state.hpp"
#include "nacre/core/error.hpp"

namespace nacre {

void check_mpi(int code, char const* call) {
  if (code == MPI_SUCCESS) return;
  char text[MPI_MAX_ERROR_STRING];
  int length = 0;
  MPI_Error_string(code, text, &length);
  throw Error(concat(call, " failed (", std::string(text, static_cast<std::size_t>(length)), ")"));
}

void MpiCommunicator::barrier() { check_mpi(MPI_Barrier(handle), "MPI_Barrier"); }

std::vector<std::string> MpiCommunicator::gather(std::string const& text) {
  auto const ranks = static_cast<std::size_t>(size_);
  std::vector<long long> lengths(ranks);
  auto const mine = static_cast<long long>(text.size());
  check_mpi(MPI_Allgather(&mine, 1, MPI_LONG_LONG, lengths.data(), 1, MPI_LONG_LONG, handle), "MPI_Allgather");
  std::vector<int> counts(ranks), starts(ranks);
  long long total = 0;
  for (std::size_t i = 0; i < ranks; ++i) {
    starts[i] = static_cast<int>(total);
    counts[i] = static_cast<int>(lengths[i]);
    total += lengths[i];
  }
  // every rank sees the same lengths, so all of them throw
  if (total > std::numeric_limits<int>::max()) throw Error(concat("cannot gather ", total, " bytes (more than 2 GiB)"));
  std::string bytes(static_cast<std::size_t>(total), '\0');
  check_mpi(MPI_Allgatherv(text.data(), static_cast<int>(mine), MPI_CHAR, bytes.data(), counts.data(), starts.data(),
                           MPI_CHAR, handle),
            "MPI_Allgatherv");
  std::vector<std::string> texts;
  for (std::size_t i = 0; i < ranks; ++i) {
    texts.push_back(bytes.substr(static_cast<std::size_t>(starts[i]), static_cast<std::size_t>(counts[i])));
  }
  return texts;
}

void MpiCommunicator::sum(std::span<double> values) {
  constexpr std::size_t block = 1 << 16;  // values a rank sends at once: bounds the memory on many ranks
  auto const ranks = static_cast<std::size_t>(size_);
  std::vector<double> all(ranks * std::min(block, values.size()));
  for (std::size_t start = 0; start < values.size(); start += block) {
    auto const part = values.subspan(start, std::min(block, values.size() - start));
    int const count = static_cast<int>(part.size());
    check_mpi(MPI_Allgather(part.data(), count, MPI_DOUBLE, all.data(), count, MPI_DOUBLE, handle), "MPI_Allgather");
    for (std::size_t i = 0; i < part.size(); ++i) {
      double total = all[i];
      for (std::size_t r = 1; r < ranks; ++r) total += all[r * part.size() + i];
      part[i] = total;
    }
  }
}

namespace {
void initialise_mpi() {
  int before = 0;
  MPI_Initialized(&before);
  if (before) throw Error("MPI was initialised before (one context per process)");
  int provided = 0;
  check_mpi(MPI_Init_thread(nullptr, nullptr, MPI_THREAD_FUNNELED, &provided), "MPI_Init_thread");
  if (provided < MPI_THREAD_FUNNELED) {
    throw Error(concat("this MPI gives thread level ", provided, " (MPI_THREAD_FUNNELED is needed)"));
  }
}
}  // namespace

ParallelContext::ParallelContext() : state_(std::make_unique<State>()) {
  initialise_mpi();
  state_->exceptions = std::uncaught_exceptions();
  auto& world = state_->world;
  check_mpi(MPI_Comm_dup(MPI_COMM_WORLD, &world.handle), "MPI_Comm_dup");
  check_mpi(MPI_Comm_set_errhandler(world.handle, MPI_ERRORS_RETURN), "MPI_Comm_set_errhandler");
  check_mpi(MPI_Comm_rank(world.handle, &world.rank_), "MPI_Comm_rank");
  check_mpi(MPI_Comm_size(world.handle, &world.size_), "MPI_Comm_size");
  check_mpi(MPI_Comm_dup(world.handle, &state_->farm), "MPI_Comm_dup");
  check_mpi(MPI_Comm_set_errhandler(state_->farm, MPI_ERRORS_RETURN), "MPI_Comm_set_errhandler");
  state_->mailbox = std::make_unique<Mailbox>(state_->farm);
  state_->processes = ProcessWatch(world.gather(ProcessWatch::mine()));
  MPI_Comm node = MPI_COMM_NULL;
  check_mpi(MPI_Comm_split_type(world.handle, MPI_COMM_TYPE_SHARED, world.rank_, MPI_INFO_NULL, &node),
            "MPI_Comm_split_type");
  check_mpi(MPI_Comm_rank(node, &state_->local_rank), "MPI_Comm_rank");
  check_mpi(MPI_Comm_free(&node), "MPI_Comm_free");
}

ParallelContext::~ParallelContext() {
  if (!state_->finalise || std::uncaught_exceptions() > state_->exceptions) return;
  state_->mailbox.reset();
  MPI_Comm_free(&state_->farm);
  MPI_Comm_free(&state_->world.handle);
  MPI_Finalize();
}

Communicator& ParallelContext::world() { return state_->world; }
int ParallelContext::rank() const { return state_->world.rank_; }
int ParallelContext::size() const { return state_->world.size_; }
int ParallelContext::local_rank() const { return state_->local_rank; }
void ParallelContext::leave_without_finalising() { state_->finalise = false; }
bool ParallelContext::finalises() const { return state_->finalise; }
void ParallelContext::leave_a_thread() { state_->left_a_thread = true; }
bool ParallelContext::left_a_thread() const { return state_->left_a_thread; }

void ParallelContext::abort(int status) {
  MPI_Abort(MPI_COMM_WORLD, status);
  std::_Exit(status);  // MPI_Abort may return
}

}  // namespace nacre
