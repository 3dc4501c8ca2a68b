/// Structures and results on their way between processes of one computer: plain bytes, numbers as they lie in memory.
#pragma once

#include <cstring>
#include <string>
#include <string_view>
#include <type_traits>
#include <vector>

#include "nacre/core/channel.hpp"
#include "nacre/potential/potential.hpp"

namespace nacre::detail {

class MessageWriter {
 public:
  template <class T>
    requires std::is_arithmetic_v<T>
  void number(T value) {
    bytes_.append(reinterpret_cast<char const*>(&value), sizeof(T));
  }
  template <class T>
  void array(T const* values, std::size_t count) {
    number(static_cast<std::uint64_t>(count));
    bytes_.append(reinterpret_cast<char const*>(values), count * sizeof(T));
  }
  void text(std::string_view text) { array(text.data(), text.size()); }
  std::string const& bytes() const { return bytes_; }

 private:
  std::string bytes_;
};

/// @throws Error for bytes that end too soon
class MessageReader {
 public:
  explicit MessageReader(std::string_view bytes) : left_(bytes) {}
  template <class T>
  T number() {
    T value{};
    std::memcpy(&value, take(sizeof(T)), sizeof(T));
    return value;
  }
  template <class T>
  std::vector<T> array() {
    auto const count = length(sizeof(T));
    std::vector<T> values(count);
    if (count > 0) std::memcpy(values.data(), take(count * sizeof(T)), count * sizeof(T));
    return values;
  }
  std::string text() {
    auto const count = length(1);
    return {take(count), count};
  }

 private:
  char const* take(std::size_t count);
  std::size_t length(std::size_t size);  ///< of an array whose members have `size` bytes
  std::string_view left_;
};

void write(MessageWriter& writer, Crystal const& crystal);
Crystal read_structure(MessageReader& reader);
void write(MessageWriter& writer, BatchResult const& result);
BatchResult read_result(MessageReader& reader);

void send_message(Channel& channel, std::string const& bytes);
/// Nothing where the other side has closed the connection. @throws Error for what is no message
std::optional<std::string> receive_message(Channel& channel);

}  // namespace nacre::detail
