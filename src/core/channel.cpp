#include "nacre/core/channel.hpp"

#include <fcntl.h>
#include <netdb.h>
#include <netinet/in.h>
#include <netinet/tcp.h>
#include <poll.h>
#include <sys/socket.h>
#include <sys/stat.h>
#include <sys/un.h>
#include <unistd.h>

#include <algorithm>
#include <array>
#include <cerrno>
#include <cstring>
#include <system_error>
#include <thread>

#include "nacre/core/error.hpp"

namespace nacre {
namespace {

using Clock = std::chrono::steady_clock;

std::string reason_of(int code) { return std::generic_category().message(code); }

/// Waits until something can be done. @return whether it can before the deadline
bool wait_for(int descriptor, short events, Deadline const& deadline) {
  for (;;) {
    pollfd entry{descriptor, events, 0};
    int const ready = ::poll(&entry, 1, deadline.milliseconds_left());
    if (ready > 0) return true;
    if (ready < 0 && errno != EINTR) throw Error(concat("cannot wait for a socket (", reason_of(errno), ")"));
    if (deadline.passed()) return false;
  }
}

/// Closed unless it is taken out.
class Descriptor {
 public:
  explicit Descriptor(int value) : value_(value) {
    if (value_ < 0) throw Error(concat("cannot make a socket (", reason_of(errno), ")"));
  }
  ~Descriptor() {
    if (value_ >= 0) ::close(value_);
  }
  Descriptor(Descriptor const&) = delete;
  Descriptor& operator=(Descriptor const&) = delete;
  int get() const { return value_; }
  int take() { return std::exchange(value_, -1); }

 private:
  int value_;
};

sockaddr_un address_of(std::filesystem::path const& path) {
  sockaddr_un address{};
  address.sun_family = AF_UNIX;
  auto const name = path.string();
  require(!name.empty() && name.size() < sizeof(address.sun_path), "invalid path '", name, "' of a UNIX socket (1 to ",
          sizeof(address.sun_path) - 1, " bytes)");
  std::copy(name.begin(), name.end(), address.sun_path);
  return address;
}

int new_file_socket() { return ::socket(AF_UNIX, SOCK_STREAM | SOCK_CLOEXEC, 0); }

/// 0, or the system's error number.
int try_connect(int descriptor, sockaddr const* address, socklen_t size) {
  return ::connect(descriptor, address, size) == 0 ? 0 : errno;
}

bool somebody_listens(sockaddr_un const& address) {
  Descriptor const probe(new_file_socket());
  return try_connect(probe.get(), reinterpret_cast<sockaddr const*>(&address), sizeof(address)) == 0;
}

/// Small messages leave at once.
void send_at_once(int descriptor) {
  int const on = 1;
  ::setsockopt(descriptor, IPPROTO_TCP, TCP_NODELAY, &on, sizeof(on));
}

constexpr auto pause_between_tries = std::chrono::milliseconds(50);

}  // namespace

Deadline::Deadline(double seconds)
    : end_(Clock::now() +
           std::chrono::duration_cast<Clock::duration>(std::chrono::duration<double>(std::clamp(seconds, 0.0, 1e8)))) {}

Deadline Deadline::never() {
  Deadline deadline(0.0);
  deadline.end_ = Clock::time_point::max();
  return deadline;
}

bool Deadline::passed() const { return Clock::now() >= end_; }

int Deadline::milliseconds_left() const {
  if (passed()) return 0;
  auto const left = std::chrono::duration_cast<std::chrono::milliseconds>(end_ - Clock::now()).count();
  return static_cast<int>(std::clamp<long long>(left + 1, 1, 60'000));
}

Channel& Channel::operator=(Channel&& other) noexcept {
  if (this != &other) {
    close();
    descriptor_ = std::exchange(other.descriptor_, -1);
    kept_ = std::move(other.kept_);
  }
  return *this;
}

Channel::~Channel() { close(); }

void Channel::close() {
  if (descriptor_ >= 0) ::close(std::exchange(descriptor_, -1));
  kept_.clear();
}

void Channel::end_sending() {
  if (is_open()) ::shutdown(descriptor_, SHUT_WR);
}

void Channel::shut() {
  if (is_open()) ::shutdown(descriptor_, SHUT_RDWR);
}

void Channel::send(std::string_view bytes, Deadline const& deadline) {
  while (!bytes.empty()) {
    if (!wait_for(descriptor_, POLLOUT, deadline)) throw Error("did not take what was sent to it in time");
    auto const sent = ::send(descriptor_, bytes.data(), bytes.size(), MSG_NOSIGNAL | MSG_DONTWAIT);
    if (sent >= 0) {
      bytes.remove_prefix(static_cast<std::size_t>(sent));
    } else if (errno == EPIPE || errno == ECONNRESET) {
      throw Error("closed the connection");
    } else if (errno != EINTR && errno != EAGAIN) {
      throw Error(concat("cannot be reached (", reason_of(errno), ")"));
    }
  }
}

/// @return false at the end of what the other side sends
bool Channel::fill(Deadline const& deadline) {
  std::array<char, 65536> buffer;
  for (;;) {
    if (!wait_for(descriptor_, POLLIN, deadline)) throw Error("did not answer in time");
    auto const count = ::recv(descriptor_, buffer.data(), buffer.size(), MSG_DONTWAIT);
    if (count == 0 || (count < 0 && errno == ECONNRESET)) return false;
    if (count > 0) {
      kept_.append(buffer.data(), static_cast<std::size_t>(count));
      return true;
    }
    if (errno != EINTR && errno != EAGAIN) throw Error(concat("cannot be heard (", reason_of(errno), ")"));
  }
}

bool Channel::has_input(Deadline const& deadline) const {
  return !kept_.empty() || wait_for(descriptor_, POLLIN, deadline);
}

std::string Channel::receive(std::size_t bytes, Deadline const& deadline) {
  while (kept_.size() < bytes) {
    if (!fill(deadline)) throw Error("closed the connection");
  }
  auto received = kept_.substr(0, bytes);
  kept_.erase(0, bytes);
  return received;
}

std::optional<std::string> Channel::receive_or_end(std::size_t bytes, Deadline const& deadline) {
  if (kept_.empty() && !fill(deadline)) return std::nullopt;
  return receive(bytes, deadline);
}

std::string Channel::receive_line(Deadline const& deadline) {
  constexpr std::size_t longest = 1'000'000;
  std::size_t searched = 0;
  for (;;) {
    auto const end = kept_.find('\n', searched);
    if (end != std::string::npos) {
      auto line = receive(end + 1, deadline);
      line.pop_back();
      if (!line.empty() && line.back() == '\r') line.pop_back();
      return line;
    }
    searched = kept_.size();
    if (searched > longest) throw Error("sent a line of more than a million bytes");
    if (!fill(deadline)) throw Error("closed the connection");
  }
}

std::pair<Channel, int> make_channel_pair() {
  std::array<int, 2> ends{};
  if (::socketpair(AF_UNIX, SOCK_STREAM | SOCK_CLOEXEC, 0, ends.data()) != 0)
    throw Error(concat("cannot make a socket (", reason_of(errno), ")"));
  return {Channel(ends[0]), ends[1]};
}

Listener Listener::at_file(std::filesystem::path const& path) {
  auto const address = address_of(path);
  Descriptor descriptor(new_file_socket());
  auto const bind = [&] {
    return ::bind(descriptor.get(), reinterpret_cast<sockaddr const*>(&address), sizeof(address)) == 0 ? 0 : errno;
  };
  int code = bind();
  if (code == EADDRINUSE && !somebody_listens(address)) {
    std::error_code ignored;
    if (std::filesystem::is_socket(path, ignored)) std::filesystem::remove(path, ignored);
    code = bind();
  }
  if (code != 0) {
    auto const* const advice = code == EADDRINUSE ? "; another program listens there: choose another name" : "";
    throw Error(concat("cannot listen at the UNIX socket '", path.string(), "' (", reason_of(code), ")", advice));
  }
  Listener listener;
  listener.path_ = path;
  listener.descriptor_ = descriptor.take();
  if (::chmod(path.c_str(), 0600) != 0 || ::listen(listener.descriptor_, 1) != 0)
    throw Error(concat("cannot listen at the UNIX socket '", path.string(), "' (", reason_of(errno), ")"));
  return listener;
}

Listener Listener::at_port(int port) {
  require(port >= 0 && port <= 65535, "invalid port ", port, " (0 to 65535)");
  Descriptor descriptor(::socket(AF_INET, SOCK_STREAM | SOCK_CLOEXEC, 0));
  int const on = 1;
  ::setsockopt(descriptor.get(), SOL_SOCKET, SO_REUSEADDR, &on, sizeof(on));
  sockaddr_in address{};
  address.sin_family = AF_INET;
  address.sin_port = htons(static_cast<std::uint16_t>(port));
  address.sin_addr.s_addr = htonl(INADDR_LOOPBACK);
  socklen_t size = sizeof(address);
  auto* const generic = reinterpret_cast<sockaddr*>(&address);
  if (::bind(descriptor.get(), generic, size) != 0 || ::listen(descriptor.get(), 1) != 0 ||
      ::getsockname(descriptor.get(), generic, &size) != 0) {
    throw Error(concat("cannot listen at port ", port, " (", reason_of(errno), "); choose another one"));
  }
  Listener listener;
  listener.port_ = ntohs(address.sin_port);
  listener.descriptor_ = descriptor.take();
  return listener;
}

Listener::~Listener() {
  if (descriptor_ >= 0) ::close(descriptor_);
  std::error_code ignored;
  if (!path_.empty()) std::filesystem::remove(path_, ignored);
}

std::optional<Channel> Listener::accept(Deadline const& deadline) {
  for (;;) {
    if (!wait_for(descriptor_, POLLIN, deadline)) return std::nullopt;
    int const connection = ::accept4(descriptor_, nullptr, nullptr, SOCK_CLOEXEC);
    if (connection >= 0) {
      if (path_.empty()) send_at_once(connection);
      return Channel(connection);
    }
    if (errno != EINTR && errno != ECONNABORTED)
      throw Error(concat("cannot accept a connection (", reason_of(errno), ")"));
  }
}

Channel connect_to_file(std::filesystem::path const& path, Deadline const& deadline) {
  auto const address = address_of(path);
  for (;;) {
    Descriptor descriptor(new_file_socket());
    int const code = try_connect(descriptor.get(), reinterpret_cast<sockaddr const*>(&address), sizeof(address));
    if (code == 0) return Channel(descriptor.take());
    if (deadline.passed())
      throw Error(concat("cannot connect to the UNIX socket '", path.string(), "' (", reason_of(code), ")"));
    std::this_thread::sleep_for(pause_between_tries);
  }
}

Channel connect_to_port(std::string const& host, int port, Deadline const& deadline) {
  require(port >= 1 && port <= 65535, "invalid port ", port, " (1 to 65535)");
  addrinfo hints{};
  hints.ai_socktype = SOCK_STREAM;
  addrinfo* found = nullptr;
  int const unknown = ::getaddrinfo(host.c_str(), std::to_string(port).c_str(), &hints, &found);
  require(unknown == 0, "unknown host '", host, "' (", ::gai_strerror(unknown), ")");
  std::unique_ptr<addrinfo, decltype(&::freeaddrinfo)> const addresses(found, &::freeaddrinfo);
  for (int code = 0;;) {
    for (auto const* entry = addresses.get(); entry != nullptr; entry = entry->ai_next) {
      Descriptor descriptor(::socket(entry->ai_family, SOCK_STREAM | SOCK_CLOEXEC, 0));
      code = try_connect(descriptor.get(), entry->ai_addr, entry->ai_addrlen);
      if (code == 0) {
        send_at_once(descriptor.get());
        return Channel(descriptor.take());
      }
    }
    if (deadline.passed())
      throw Error(concat("cannot connect to port ", port, " of '", host, "' (", reason_of(code), ")"));
    std::this_thread::sleep_for(pause_between_tries);
  }
}

}  // namespace nacre
