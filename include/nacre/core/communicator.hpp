/// What a library layer may know of the ranks: who it is, and sums in rank order. The MPI one is in parallel/.
#pragma once

#include <span>
#include <string>
#include <vector>

#include "nacre/core/api.hpp"

namespace nacre {

class NACRE_API Communicator {
 public:
  virtual ~Communicator();
  virtual int rank() const = 0;
  virtual int size() const = 0;
  virtual void barrier() = 0;
  /// Every rank's text, in rank order, on every rank.
  virtual std::vector<std::string> gather(std::string const& text) = 0;
  /// Element-wise sum in rank order, on every rank.
  virtual void sum(std::span<double> values) = 0;
};

/// One rank, alone.
class NACRE_API SerialCommunicator final : public Communicator {
 public:
  int rank() const override { return 0; }
  int size() const override { return 1; }
  void barrier() override {}
  std::vector<std::string> gather(std::string const& text) override { return {text}; }
  void sum(std::span<double>) override {}
};

}  // namespace nacre
