/// What the sources of this layer share of MPI.
#pragma once

#include <memory>
#include <string>
#include <vector>

#include "mailbox.hpp"
#include "mpi.hpp"
#include "nacre/parallel/context.hpp"
#include "process_watch.hpp"

namespace nacre {

class MpiCommunicator final : public Communicator {
 public:
  int rank() const override { return rank_; }
  int size() const override { return size_; }
  void barrier() override;
  std::vector<std::string> gather(std::string const& text) override;
  void sum(std::span<double> values) override;

  MPI_Comm handle = MPI_COMM_NULL;
  int rank_ = 0;
  int size_ = 1;
};

struct ParallelContext::State {
  MpiCommunicator world;  ///< a copy of MPI_COMM_WORLD that returns errors
  MPI_Comm farm = MPI_COMM_NULL;
  std::unique_ptr<Mailbox> mailbox;  ///< of the farms, one after the other: it may hold what the next one sent
  std::uint64_t ticket = 0;          ///< last assignment of any farm
  ProcessWatch processes;
  int local_rank = 0;
  bool finalise = true, left_a_thread = false;
  int exceptions = 0;  ///< in flight at construction
};

}  // namespace nacre
