/// One device for many callers: a GPU, or a processor that stands in for one.
///
/// Callers hand structures in and wait; what waits is taken in the order in which it came, up to as many edges as the
/// model evaluates best at once. Two threads do it by turns, so that the neighbours of the next batch are found while the
/// device computes. Callers are threads of this process and, through a socket, other processes of the same computer.
///
///     rank 0 (owns the device): worker -> SharedModel -> DeviceQueue -> model
///     ranks 1, 2, ...:          worker -> connect_to_device -> socket -> DeviceServer -> DeviceQueue -> model
///
/// What is evaluated together is left to chance, so results differ by the rounding that the model states; those of a model
/// that joins nothing have the same bits as ever.
#pragma once

#include <cstdint>
#include <filesystem>
#include <memory>
#include <string>
#include <vector>

#include "nacre/core/api.hpp"
#include "nacre/potential/potential.hpp"

namespace nacre {

class NACRE_API DeviceQueue {
 public:
  explicit DeviceQueue(std::shared_ptr<Potential const> model);
  ~DeviceQueue();
  DeviceQueue(DeviceQueue const&) = delete;
  DeviceQueue& operator=(DeviceQueue const&) = delete;

  Potential const& model() const;
  /// Results in the order of the structures, once all are there; from any thread.
  /// @param model the queue's own or one derived from it (Potential::with_slab_correction), alive until this returns
  /// @throws what an evaluation threw; a structure that breaks the model breaks its own caller's request and no other
  std::vector<BatchResult> evaluate(Potential const& model, std::vector<Crystal> crystals);

  struct Use {
    double open_s = 0.0;  ///< since the first structure came
    double busy_s = 0.0;  ///< of it, the device computed
    std::int64_t asked = 0;  ///< structures that were handed in
    std::int64_t structures = 0, batches = 0;  ///< evaluated
    double busy_share() const { return open_s > 0.0 ? busy_s / open_s : 0.0; }
  };
  Use use() const;
  std::string report() const;  ///< in words, for a log
  /// Until nobody waits for a result. @return false if somebody still does after `seconds`
  bool wait_until_idle(double seconds) const;

 private:
  struct State;
  std::unique_ptr<State> state_;
};

/// The queue's model for callers in this process.
NACRE_API std::shared_ptr<Potential const> share_model(std::shared_ptr<DeviceQueue> queue);

/// Takes structures for a queue from other processes of this computer, at a UNIX socket, until it is destroyed.
class NACRE_API DeviceServer {
 public:
  /// @throws Error if the socket cannot be made
  DeviceServer(std::shared_ptr<DeviceQueue> queue, std::filesystem::path const& socket);
  ~DeviceServer();
  DeviceServer(DeviceServer const&) = delete;
  DeviceServer& operator=(DeviceServer const&) = delete;

 private:
  struct State;
  std::unique_ptr<State> state_;
};

/// The model of the server at `socket`. Its evaluations throw Error once the server is gone.
/// @throws Error if nobody answers there within `seconds`
NACRE_API std::shared_ptr<Potential const> connect_to_device(std::filesystem::path const& socket, double seconds = 60.0);

}  // namespace nacre
