#include <unistd.h>

#include <algorithm>
#include <chrono>
#include <random>
#include <system_error>

#include "nacre/campaign/store.hpp"
#include "nacre/core/error.hpp"
#include "nacre/core/text.hpp"

namespace nacre {
namespace {

namespace fs = std::filesystem;

constexpr char const* folder_name = "inbox";

bool is_kind(std::string_view word) {
  auto const letter = [](char c) { return (c >= 'a' && c <= 'z') || (c >= '0' && c <= '9') || c == '_'; };
  return !word.empty() && std::ranges::all_of(word, letter);
}

/// Sorts by time; the random part keeps names of one instant apart.
std::string new_name(std::string const& kind) {
  auto const now = std::chrono::system_clock::now().time_since_epoch();
  auto const time = std::to_string(std::chrono::duration_cast<std::chrono::nanoseconds>(now).count());
  std::random_device device;
  auto const salt = concat(device(), "-", device(), "-", ::getpid());
  return std::string(20 - std::min<std::size_t>(20, time.size()), '0') + time + "-" +
         Hash128::of(salt).hex().substr(0, 12) + "." + kind;
}

}  // namespace

void drop_into_inbox(fs::path const& folder, std::string const& kind, std::string const& payload) {
  require(is_kind(kind), "invalid message kind '", kind, "' (small letters, digits and underscores)");
  require(fs::is_directory(folder), "no campaign in '", folder.string(), "' (no such folder)");
  auto const inbox = folder / folder_name;
  std::error_code error;
  fs::create_directory(inbox, error);
  if (error) throw Error(concat("cannot create '", inbox.string(), "' (", error.message(), ")"));
  auto const name = new_name(kind);
  auto const hidden = inbox / ("." + name);
  write_file(hidden, payload);
  fs::rename(hidden, inbox / name);
}

std::vector<InboxMessage> read_inbox(fs::path const& folder) {
  std::vector<fs::path> paths;
  std::error_code none;  // no inbox: no messages
  for (fs::directory_iterator entry(folder / folder_name, none), end; !none && entry != end; entry.increment(none)) {
    auto const name = entry->path().filename().string();
    if (name.starts_with('.') || !is_kind(std::string_view(name).substr(name.find('.') + 1))) continue;
    paths.push_back(entry->path());
  }
  std::ranges::sort(paths);
  std::vector<InboxMessage> messages;
  for (auto const& path : paths) messages.push_back({path, path.extension().string().substr(1), read_file(path)});
  return messages;
}

}  // namespace nacre
