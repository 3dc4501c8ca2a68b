// Labels on their way from a calculation into the campaign.
#include <cmath>

#include "label_values.hpp"
#include "nacre/campaign/dft_queue.hpp"
#include "nacre/core/error.hpp"
#include "nacre/core/text.hpp"

namespace nacre {

StoredLabel label_from(std::string const& payload) {
  auto const value = Value::parse_json(payload, "a label");
  auto const text = [&](char const* key) { return value.at(key).as_string(); };
  auto const* structure = value.find("structure");
  auto const* changes = value.find("changes_physics");
  StoredLabel label{text("calculation"),
                    0,
                    text("design"),
                    text("kind"),
                    text("code"),
                    text("level"),
                    text("comparable"),
                    value.at("energy_eV").as_number(),
                    changes && changes->as_bool(),
                    structure && structure->is_string() ? structure->as_string() : std::string(),
                    payload};
  require(std::isfinite(label.energy_eV), "a label of calculation '", label.calculation, "' without an energy");
  return label;
}

std::string label_event(StoredLabel const& label) {
  auto event = Value::parse_json(detail::event_of(detail::fact_of(label)), "the event of a label");
  event["structure_sha256"] = sha256_hex(label.structure);
  return event.dump();
}

}  // namespace nacre
