/// Strings, numbers as text, and whole files.
#pragma once

#include <cstdint>
#include <filesystem>
#include <optional>
#include <span>
#include <string>
#include <string_view>
#include <vector>

#include "nacre/core/api.hpp"

namespace nacre {

/// Shortest text that reads back to the same bits (std::to_chars); "null" for NaN and infinities.
NACRE_API std::string shortest(double value);
/// `digits` significant digits, for tables that people read.
NACRE_API std::string significant(double value, int digits);

/// The whole of `text` as a number; nullopt if anything else stands there. Independent of the locale.
NACRE_API std::optional<double> parse_double(std::string_view text);
NACRE_API std::optional<std::int64_t> parse_integer(std::string_view text);

NACRE_API std::vector<std::string> split_words(std::string_view text);
NACRE_API std::vector<std::string> split(std::string_view text, char separator);
NACRE_API std::string trim(std::string_view text);
/// Control characters other than newline and tab, and bytes that are no UTF-8, as "\\x1b".
NACRE_API std::string printable(std::string_view text);
NACRE_API std::string lower_case(std::string_view text);
NACRE_API std::string join(std::span<std::string const> parts, std::string_view separator);

/// "; did you mean 'x'?" for the known name that `name` begins or is nearest to (edit distance at most a third of its
/// length, at least 2), else "; known: a, b, c".
NACRE_API std::string did_you_mean(std::string_view name, std::span<std::string const> known);

/// @throws InputError naming the file if it cannot be read
NACRE_API std::string read_file(std::filesystem::path const& path);
/// Written to a temporary name beside `path`, synced, then renamed: a reader sees the old file or the new one.
/// @throws Error naming the file and the system's reason
NACRE_API void write_file(std::filesystem::path const& path, std::string_view content);

/// First existing path of `name` among NACRE_DATA_DIR, the installed share/nacre/data and the source tree's data/.
/// @throws Error with the places looked at
NACRE_API std::filesystem::path data_file(std::string_view name);

}  // namespace nacre
