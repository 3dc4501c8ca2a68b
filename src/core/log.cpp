#include "nacre/core/log.hpp"

#include <spdlog/sinks/stdout_color_sinks.h>
#include <spdlog/spdlog.h>

#include <iostream>
#include <memory>

#include "nacre/core/text.hpp"

namespace nacre {
namespace {

spdlog::logger& logger() {
  static auto const instance = [] {
    auto created = std::make_shared<spdlog::logger>("nacre", std::make_shared<spdlog::sinks::stderr_color_sink_mt>());
    created->set_pattern("%H:%M:%S %^%l%$ %v");
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
  logger().set_pattern(rank < 0 ? "%H:%M:%S %^%l%$ %v" : concat("%H:%M:%S %^%l%$ [", rank, "] %v"));
}

void log_line(LogLevel level, std::string const& message) { logger().log(level_of(level), "{}", message); }


void print_message(std::string const& line) { std::cerr << printable(line) + '\n' << std::flush; }

}  // namespace nacre
