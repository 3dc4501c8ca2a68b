/// Non-blocking two-sided messages of any length. Nothing here ever waits, so a dead peer holds up nobody.
#pragma once

#include <cstdint>
#include <deque>
#include <memory>
#include <optional>
#include <string>
#include <vector>

#include "mpi.hpp"

namespace nacre {

/// What coordinator and workers say to each other: a fixed part and bytes, in one envelope (magic, version, length,
/// CRC32C).
struct Message {
  enum class Type : std::uint32_t { task, broadcast, result, cancel, stop, drop } type = Type::task;
  std::uint32_t outcome = 0;  ///< result: FarmResult::Outcome; stop: 1 if the receiver must not finalise MPI
  std::uint64_t ticket = 0;   ///< of this assignment, counted by the coordinator; cancel: the last one meant; drop: the one meant
  std::int64_t number = 0;
  std::int32_t kind = 0;
  std::int32_t attempt = 0;
  double seconds = 0.0;  ///< task: deadline; result: time taken
  std::string payload;
  int peer = 0;  ///< rank it came from
};

std::string encode(Message const& message);
/// @throws Error if the bytes are damaged or of another version
Message decode(std::string const& bytes, int peer);

/// Main thread only.
class Mailbox {
 public:
  explicit Mailbox(MPI_Comm communicator) : communicator_(communicator) {}
  /// Requests still open stay behind with their buffers: MPI may yet use them (a peer died).
  ~Mailbox();
  Mailbox(Mailbox const&) = delete;
  Mailbox& operator=(Mailbox const&) = delete;

  void send(int peer, Message const& message);
  /// The next complete message; those of one peer in the order it sent them.
  std::optional<Message> receive();
  bool sending();  ///< true while a message is on its way
  void forget(int peer);  ///< it is gone: what is on its way to it never arrives, and its buffers stay behind

 private:
  struct Transfer {
    MPI_Request request = MPI_REQUEST_NULL;
    std::string bytes;
    int peer = 0;
    bool complete = false;
  };
  void start_receiving();
  static bool finished(Transfer& transfer);

  MPI_Comm communicator_;
  std::vector<std::unique_ptr<Transfer>> out_;
  std::deque<std::unique_ptr<Transfer>> in_;
};

}  // namespace nacre
