#include "nacre/core/text.hpp"

#include <dlfcn.h>
#include <fcntl.h>
#include <unistd.h>

#include <algorithm>
#include <cctype>
#include <cerrno>
#include <charconv>
#include <cmath>
#include <cstdlib>
#include <cstring>
#include <fstream>
#include <sstream>

#include "nacre/core/error.hpp"

namespace nacre {

std::string shortest(double value) {
  if (!std::isfinite(value)) return "null";
  char buffer[32];
  auto const end = std::to_chars(buffer, buffer + sizeof buffer, value).ptr;
  return {buffer, end};
}

std::string significant(double value, int digits) {
  if (std::isnan(value)) return "-";
  char buffer[64];
  auto const end = std::to_chars(buffer, buffer + sizeof buffer, value, std::chars_format::general, digits).ptr;
  return {buffer, end};
}

std::optional<double> parse_double(std::string_view text) {
  if (!text.empty() && text.front() == '+') text.remove_prefix(1);
  double value = 0.0;
  auto const [end, error] = std::from_chars(text.data(), text.data() + text.size(), value);
  if (error != std::errc() || end != text.data() + text.size()) return std::nullopt;
  return value;
}

std::optional<std::int64_t> parse_integer(std::string_view text) {
  if (!text.empty() && text.front() == '+') text.remove_prefix(1);
  std::int64_t value = 0;
  auto const [end, error] = std::from_chars(text.data(), text.data() + text.size(), value);
  if (error != std::errc() || end != text.data() + text.size()) return std::nullopt;
  return value;
}

std::vector<std::string> split_words(std::string_view text) {
  std::istringstream in{std::string(text)};
  std::vector<std::string> words;
  for (std::string word; in >> word;) words.push_back(word);
  return words;
}

std::vector<std::string> split(std::string_view text, char separator) {
  std::vector<std::string> parts;
  for (std::size_t start = 0;;) {
    auto const end = text.find(separator, start);
    parts.emplace_back(text.substr(start, end - start));
    if (end == std::string_view::npos) return parts;
    start = end + 1;
  }
}

std::string trim(std::string_view text) {
  auto const is_space = [](unsigned char c) { return std::isspace(c) != 0; };
  while (!text.empty() && is_space(text.front())) text.remove_prefix(1);
  while (!text.empty() && is_space(text.back())) text.remove_suffix(1);
  return std::string(text);
}

namespace {
/// Bytes of the UTF-8 character that `text` begins with; 0 if none does.
std::size_t character_length(std::string_view text) {
  auto const first = static_cast<unsigned char>(text[0]);
  std::size_t const length = first < 0x80 ? 1 : first < 0xc2 ? 0 : first < 0xe0 ? 2 : first < 0xf0 ? 3 : first < 0xf5 ? 4 : 0;
  if (length > text.size()) return 0;
  for (std::size_t i = 1; i < length; ++i) {
    if ((static_cast<unsigned char>(text[i]) & 0xc0) != 0x80) return 0;
  }
  return length;
}
}  // namespace

std::string printable(std::string_view text) {
  constexpr char digits[] = "0123456789abcdef";
  std::string shown;
  while (!text.empty()) {
    auto const byte = static_cast<unsigned char>(text[0]);
    auto const length = character_length(text);
    bool const control = (byte < 0x20 && byte != '\n' && byte != '\t') || byte == 0x7f;
    if (length == 0 || control) {
      shown += {'\\', 'x', digits[byte >> 4], digits[byte & 15]};
    } else {
      shown += text.substr(0, length);
    }
    text.remove_prefix(std::max<std::size_t>(1, length));
  }
  return shown;
}

std::string lower_case(std::string_view text) {
  std::string lower(text);
  std::transform(lower.begin(), lower.end(), lower.begin(),
                 [](unsigned char c) { return static_cast<char>(std::tolower(c)); });
  return lower;
}

std::string join(std::span<std::string const> parts, std::string_view separator) {
  std::string text;
  for (auto const& part : parts) {
    if (!text.empty()) text += separator;
    text += part;
  }
  return text;
}

namespace {

std::size_t edit_distance(std::string_view a, std::string_view b) {
  std::vector<std::size_t> row(b.size() + 1);
  for (std::size_t j = 0; j <= b.size(); ++j) row[j] = j;
  for (std::size_t i = 1; i <= a.size(); ++i) {
    auto diagonal = row[0];
    row[0] = i;
    for (std::size_t j = 1; j <= b.size(); ++j) {
      auto const substitution = diagonal + (a[i - 1] == b[j - 1] ? 0 : 1);
      diagonal = row[j];
      row[j] = std::min({row[j] + 1, row[j - 1] + 1, substitution});
    }
  }
  return row[b.size()];
}

[[noreturn]] void system_error(std::string const& what, std::filesystem::path const& path) {
  auto const reason = std::strerror(errno);
  throw Error(concat("cannot ", what, " '", path.string(), "' (", reason, ")"));
}

void write_all(int file, std::string_view content, std::filesystem::path const& path) {
  while (!content.empty()) {
    auto const written = ::write(file, content.data(), content.size());
    if (written < 0 && errno == EINTR) continue;
    if (written < 0) {
      auto const saved = errno;
      ::close(file);
      ::unlink(path.c_str());
      errno = saved;
      system_error("write", path);
    }
    content.remove_prefix(static_cast<std::size_t>(written));
  }
}

}  // namespace

std::string did_you_mean(std::string_view name, std::span<std::string const> known) {
  std::string const* best = nullptr;
  auto best_distance = std::max<std::size_t>(2, name.size() / 3) + 1;
  for (auto const& candidate : known) {
    bool const begun = name.size() >= 3 && lower_case(candidate).starts_with(lower_case(name));
    auto const distance = begun ? 1 : edit_distance(lower_case(name), lower_case(candidate));
    if (distance < best_distance) {
      best = &candidate;
      best_distance = distance;
    }
  }
  if (best) return "; did you mean '" + *best + "'?";
  return known.empty() ? std::string() : "; known: " + join(known, ", ");
}

std::string read_file(std::filesystem::path const& path) {
  std::error_code error;
  require(std::filesystem::exists(path, error), "no such file '", path.string(), "'");
  require(!std::filesystem::is_directory(path, error), "cannot read '", path.string(), "' (it is a folder)");
  std::ifstream in(path, std::ios::binary);
  require(in.good(), "cannot read '", path.string(), "' (", std::strerror(errno), ")");
  std::ostringstream content;
  content << in.rdbuf();
  return content.str();
}

void write_file(std::filesystem::path const& path, std::string_view content) {
  auto temporary = path;
  temporary += ".tmp" + std::to_string(::getpid());
  int const file = ::open(temporary.c_str(), O_WRONLY | O_CREAT | O_TRUNC | O_CLOEXEC, 0644);
  if (file < 0) system_error("write", temporary);
  write_all(file, content, temporary);
  if (::fsync(file) != 0 || ::close(file) != 0) system_error("write", temporary);
  if (::rename(temporary.c_str(), path.c_str()) != 0) system_error("write", path);
}

std::filesystem::path data_file(std::string_view name) {
  std::vector<std::filesystem::path> folders;
  if (auto const* folder = std::getenv("NACRE_DATA_DIR")) folders.emplace_back(folder);
  Dl_info info{};
  if (dladdr(reinterpret_cast<void const*>(&data_file), &info) != 0 && info.dli_fname) {
    auto const prefix = std::filesystem::weakly_canonical(info.dli_fname).parent_path();
    folders.push_back(prefix / "../share/nacre/data");       // lib/libnacre.so
    folders.push_back(prefix / "../../share/nacre/data");    // lib/<triplet>/libnacre.so
  }
  folders.emplace_back(NACRE_SOURCE_DATA_DIR);
  std::string looked;
  for (auto const& folder : folders) {
    std::error_code error;
    if (std::filesystem::exists(folder / name, error)) return (folder / name).lexically_normal();
    looked += "\n  " + folder.lexically_normal().string();
  }
  throw Error(concat("cannot find the data file '", name, "' in any of:", looked,
                     "\nset NACRE_DATA_DIR to the folder that has it"));
}

}  // namespace nacre
