/// Bytes to and from another process over a stream socket, every wait with a deadline.
#pragma once

#include <chrono>
#include <cstddef>
#include <filesystem>
#include <optional>
#include <string>
#include <string_view>
#include <utility>

#include "nacre/core/api.hpp"

namespace nacre {

/// The moment at which somebody gives up waiting.
class NACRE_API Deadline {
 public:
  explicit Deadline(double seconds);
  static Deadline never();
  bool passed() const;
  int milliseconds_left() const;  ///< at most 60,000 at a time; negative never

 private:
  std::chrono::steady_clock::time_point end_;
};

/// One end of a connected stream socket; closed with the object.
class NACRE_API Channel {
 public:
  Channel() = default;
  explicit Channel(int descriptor) : descriptor_(descriptor) {}
  Channel(Channel&& other) noexcept
      : descriptor_(std::exchange(other.descriptor_, -1)), kept_(std::move(other.kept_)) {}
  Channel& operator=(Channel&& other) noexcept;
  ~Channel();

  bool is_open() const { return descriptor_ >= 0; }
  void close();
  void end_sending();  ///< the other side reads an end of file
  void shut();         ///< both sides do, also one that waits in another thread; still open until it is closed

  // Each throws Error ("closed the connection", "did not answer in time", the system's reason): what the other side
  // did.
  void send(std::string_view bytes, Deadline const& deadline);
  std::string receive(std::size_t bytes, Deadline const& deadline);
  /// Without its end of line. @throws Error beyond a million bytes
  std::string receive_line(Deadline const& deadline);
  /// Whether there is something to receive, an end included, before the deadline.
  bool has_input(Deadline const& deadline) const;
  /// Nothing where the other side closed the connection between two messages.
  std::optional<std::string> receive_or_end(std::size_t bytes, Deadline const& deadline);

 private:
  bool fill(Deadline const& deadline);
  int descriptor_ = -1;
  std::string kept_;  ///< received and not yet asked for
};

/// Two connected ends: one for us, one that a child gets as its standard input and output.
NACRE_API std::pair<Channel, int> make_channel_pair();

/// Waits for connections at a UNIX socket, whose file is removed with the object and may be opened by its owner only,
/// or at a port of the loopback interface.
class NACRE_API Listener {
 public:
  /// A file that no living program listens at is taken over. @throws Error if one does, or the file cannot be made
  static Listener at_file(std::filesystem::path const& path);
  /// @param port 0: any free one. @throws Error if it is taken
  static Listener at_port(int port);
  Listener(Listener&& other) noexcept
      : descriptor_(std::exchange(other.descriptor_, -1)), port_(other.port_), path_(std::exchange(other.path_, {})) {}
  Listener& operator=(Listener&&) = delete;
  ~Listener();

  int port() const { return port_; }
  /// Nothing at the deadline.
  std::optional<Channel> accept(Deadline const& deadline);

 private:
  Listener() = default;
  int descriptor_ = -1, port_ = 0;
  std::filesystem::path path_;
};

/// Tries again until the deadline where nobody listens yet.
/// @throws Error naming the place and the system's reason
NACRE_API Channel connect_to_file(std::filesystem::path const& path, Deadline const& deadline);
NACRE_API Channel connect_to_port(std::string const& host, int port, Deadline const& deadline);

}  // namespace nacre
