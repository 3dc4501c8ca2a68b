#include "nacre/core/log.hpp"

#include <spdlog/sinks/stdout_color_sinks.h>
#include <spdlog/spdlog.h>
#include <unistd.h>

#include <iostream>
#include <memory>

#include "nacre/core/text.hpp"

namespace nacre {
namespace {

/// On a terminal a line takes the place of the progress that is shown there.
std::string pattern(std::string const& rank) {
  return concat(isatty(STDERR_FILENO) ? "\r\033[K" : "", "%H:%M:%S %^%l%$ ", rank, "%v");
}

spdlog::logger& logger() {
  static auto const instance = [] {
    auto created = std::make_shared<spdlog::logger>("nacre", std::make_shared<spdlog::sinks::stderr_color_sink_mt>());
    created->set_pattern(pattern({}));
    created->flush_on(spdlog::level::debug);
    return created;
  }();
  return *instance;
}

spdlog::level::level_enum level_of(LogLevel level) {
  switch (level) {
    case LogLevel::debug: return spdlog::level::debug;
    case LogLevel::info: return spdlog::level::info;
    case LogLevel::warning: return spdlog::level::warn;
    case LogLevel::error: return spdlog::level::err;
  }
  return spdlog::level::info;
}

}  // namespace

void configure_log(LogLevel level, int rank) {
  logger().set_level(level_of(level));
  logger().set_pattern(pattern(rank < 0 ? std::string() : concat('[', rank, "] ")));
}

void log_line(LogLevel level, std::string const& message) { logger().log(level_of(level), "{}", message); }


void print_message(std::string const& line) { std::cerr << printable(line) + '\n' << std::flush; }

}  // namespace nacre
