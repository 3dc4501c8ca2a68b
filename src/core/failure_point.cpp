#include "nacre/core/failure_point.hpp"

#include <algorithm>
#include <array>
#include <csignal>
#include <cstdlib>
#include <cstring>
#include <string>
#include <string_view>
#include <vector>

#include "nacre/core/error.hpp"
#include "nacre/core/text.hpp"

namespace nacre {
namespace {

constexpr std::array<std::string_view, 7> points{"after_store",  "in_snapshot", "before_issue", "after_intent",
                                                 "after_submit", "after_label", "md_checkpoint"};

struct Appointment {
  std::string point;
  std::int64_t countdown = 0;
};

Appointment read_appointment() {
  auto const* text = std::getenv("NACRE_DIE_AT");
  if (!text || !*text) return {};
  auto const parts = split(text, ':');
  auto const count = parts.size() == 2 ? parse_integer(parts[1]).value_or(0) : 0;
  bool const known = std::find(points.begin(), points.end(), parts[0]) != points.end();
  require(known && count > 0, "invalid NACRE_DIE_AT='", text,
          "' (must be POINT:n with n > 0; points: ", join(std::vector<std::string>(points.begin(), points.end()), ", "),
          ")");
  return {parts[0], count};
}

}  // namespace

void failure_point(char const* point) {
  static Appointment appointment = read_appointment();
  if (appointment.countdown == 0 || appointment.point != point) return;
  if (--appointment.countdown == 0) std::raise(SIGKILL);
}

}  // namespace nacre
