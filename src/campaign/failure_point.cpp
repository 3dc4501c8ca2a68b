#include <csignal>
#include <cstdlib>
#include <cstring>
#include <string>
#include <string_view>

#include "nacre/campaign/campaign.hpp"
#include "nacre/core/error.hpp"
#include "nacre/core/text.hpp"

namespace nacre {
namespace {

struct Appointment {
  std::string point;
  std::int64_t countdown = 0;
};

Appointment read_appointment() {
  auto const* text = std::getenv("NACRE_DIE_AT");
  if (!text || !*text) return {};
  auto const parts = split(text, ':');
  auto const count = parts.size() == 2 ? parse_integer(parts[1]).value_or(0) : 0;
  bool const known = parts[0] == "after_store" || parts[0] == "in_snapshot" || parts[0] == "before_issue";
  require(known && count > 0, "invalid NACRE_DIE_AT='", text,
          "' (must be after_store:n, in_snapshot:n or before_issue:n with n > 0)");
  return {parts[0], count};
}

}  // namespace

void failure_point(char const* point) {
  static Appointment appointment = read_appointment();
  if (appointment.countdown == 0 || appointment.point != point) return;
  if (--appointment.countdown == 0) std::raise(SIGKILL);
}

}  // namespace nacre
