/// Lines of the queue's log, as its worker writes them. Internal to dft.
#pragma once

#include <chrono>
#include <string>

#include "nacre/core/value.hpp"
#include "nacre/dft/worker.hpp"

namespace nacre::dft {

inline double seconds_now() {
  return std::chrono::duration<double>(std::chrono::system_clock::now().time_since_epoch()).count();
}

inline Value to_value(Change const& change) {
  Value value;
  value["description"] = change.description;
  value["settings"] = change.settings;
  value["changes_physics"] = change.changes_physics;
  value["from_last_attempt"] = change.from_last_attempt;
  value["limit_factor"] = change.limit_factor;
  value["memory_factor"] = change.memory_factor;
  return value;
}

inline Value event_of(char const* event, std::string const& id) {
  Value value;
  value["t"] = seconds_now();
  value["event"] = event;
  value["id"] = id;
  return value;
}

}  // namespace nacre::dft
