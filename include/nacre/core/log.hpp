/// The log: one line per event on standard error, with the rank; no colour off a terminal. spdlog is seen in log.cpp.
#pragma once

#include <string>

#include "nacre/core/api.hpp"
#include "nacre/core/error.hpp"

namespace nacre {

enum class LogLevel { debug, info, warning, error };

/// Once, in main: level and the rank that lines carry (none below 0).
NACRE_API void configure_log(LogLevel level, int rank);
NACRE_API void log_line(LogLevel level, std::string const& message);

/// A bare line for the user on standard error, in one write: what another rank or mpirun prints cannot cut it in two.
/// Bytes of a binary file that a message quotes are shown, not sent to the terminal (`printable`).
NACRE_API void print_message(std::string const& line);

template <class... Parts>
void log_info(Parts const&... parts) { log_line(LogLevel::info, concat(parts...)); }
template <class... Parts>
void log_warning(Parts const&... parts) { log_line(LogLevel::warning, concat(parts...)); }
template <class... Parts>
void log_debug(Parts const&... parts) { log_line(LogLevel::debug, concat(parts...)); }

}  // namespace nacre
