#include "diffusion_value.hpp"

#include <cmath>
#include <sstream>

#include "nacre/core/error.hpp"
#include "nacre/core/text.hpp"
#include "table.hpp"

namespace nacre {
namespace {

template <class Number>
Value number(std::optional<Number> const& v) {
  return v ? Value(*v) : Value();
}
Value value_of(std::optional<Measured> const& m) { return m ? Value(m->value) : Value(); }
Value error_of(std::optional<Measured> const& m) { return m ? Value(m->error) : Value(); }
Value interval_of(std::optional<Measured> const& m) {
  return m ? Value(Value::Array{m->interval[0], m->interval[1]}) : Value();
}
Value finite(double v) { return std::isfinite(v) ? Value(v) : Value(); }

Value codes_of(std::vector<Refusal> const& reasons) {
  Value list = Value::array();
  for (auto const& reason : reasons) list.push_back(reason.code);
  return list;
}

Value messages_of(std::vector<Refusal> const& reasons) {
  Value list = Value::array();
  for (auto const& reason : reasons) list.push_back(reason.message);
  return list;
}

Value strings(std::vector<std::string> const& words) {
  Value list = Value::array();
  for (auto const& word : words) list.push_back(word);
  return list;
}

std::string_view name_of(Wrapping wrapping) {
  return wrapping == Wrapping::wrapped ? "wrapped" : wrapping == Wrapping::unwrapped ? "unwrapped" : "inside";
}

Value layers_of(DiffusionResult const& result) {
  Value list = Value::array();
  for (auto const& [layer, estimate] : result.layers) {
    list.push_back(Value::Object{{"z_low", finite(layer.low)},
                                 {"z_high", finite(layer.high)},
                                 {"n_mobile", layer.ions},
                                 {"status", to_string(estimate.verdict)},
                                 {"reasons", codes_of(estimate.reasons)},
                                 {"messages", messages_of(estimate.reasons)},
                                 {"flags", strings(estimate.flags)},
                                 {"jumps", estimate.jumps},
                                 {"D_A2_per_ps", value_of(estimate.D)},
                                 {"D_stderr", error_of(estimate.D)},
                                 {"D_ci95", interval_of(estimate.D)},
                                 {"D_upper", number(estimate.D_upper)},
                                 {"Dx", value_of(estimate.components[0])},
                                 {"Dy", value_of(estimate.components[1])},
                                 {"survivors", layer.survivors}});
  }
  return list;
}

Value contacts_of(DiffusionResult const& result) {
  Value list = Value::array();
  for (auto const& contact : result.contacts) {
    auto const& exchange = contact.exchange;
    list.push_back(Value::Object{{"z", exchange.height},
                                 {"layers", Value::Array{exchange.below, exchange.above}},
                                 {"crossings", Value::Array{exchange.up, exchange.down}},
                                 {"j0", number(exchange.j0)},
                                 {"j0_stderr", number(exchange.j0_error)},
                                 {"j0_upper", number(exchange.j0_upper)},
                                 {"j0_unit", "1/(A^2 ns)"},
                                 {"G", number(contact.G)},
                                 {"G_stderr", number(contact.G_error)},
                                 {"G_upper", number(contact.G_upper)},
                                 {"G_unit", "S/m^2"}});
  }
  return list;
}

Value principal_of(DiffusionResult const& result) {
  Value list = Value::array();
  for (auto const& axis : result.principal)
    list.push_back(Value::Object{{"D", axis.D}, {"axis", Value::Array{axis.axis.x(), axis.axis.y(), axis.axis.z()}}});
  return list;
}

std::string measured_text(std::optional<Measured> const& m) {
  return m ? concat(significant(m->value, 5), " ± ", significant(m->error, 2)) : "-";
}

std::string estimate_text(DiffusionEstimate const& estimate) {
  std::ostringstream out;
  for (auto const& reason : estimate.reasons) out << "  " << reason.code << ": " << reason.message << '\n';
  if (!estimate.flags.empty()) out << "  flags: " << join(estimate.flags, ", ") << '\n';
  if (estimate.D_upper) out << "  D < " << significant(*estimate.D_upper, 4) << " Å^2/ps (95 %)\n";
  return out.str();
}

}  // namespace

Value diffusion_to_value(DiffusionResult const& result) {
  auto const& tracer = result.tracer;
  return Value::Object{{"status", to_string(tracer.verdict)},
                       {"reasons", codes_of(tracer.reasons)},
                       {"messages", messages_of(tracer.reasons)},
                       {"flags", strings(tracer.flags)},
                       {"n_mobile", static_cast<std::int64_t>(result.mobile)},
                       {"n_frames", static_cast<std::int64_t>(result.frames)},
                       {"jumps", tracer.jumps},
                       {"D_A2_per_ps", value_of(tracer.D)},
                       {"D_stderr", error_of(tracer.D)},
                       {"D_ci95", interval_of(tracer.D)},
                       {"D_upper", number(tracer.D_upper)},
                       {"D_collective", value_of(result.collective)},
                       {"D_collective_stderr", error_of(result.collective)},
                       {"haven", value_of(result.haven)},
                       {"haven_stderr", error_of(result.haven)},
                       {"sigma_S_per_cm", value_of(result.sigma)},
                       {"sigma_stderr", error_of(result.sigma)},
                       {"sigma_NE_S_per_cm", value_of(result.sigma_tracer)},
                       {"sigma_NE_stderr", error_of(result.sigma_tracer)},
                       {"Dx", value_of(tracer.components[0])},
                       {"Dy", value_of(tracer.components[1])},
                       {"Dz", value_of(tracer.components[2])},
                       {"principal", principal_of(result)},
                       {"layers", layers_of(result)},
                       {"contacts", contacts_of(result)},
                       {"cell_volume", number(result.volume)},
                       {"temperature_K", result.temperature},
                       {"charge", result.charge},
                       {"dt_ps", result.interval_ps},
                       {"window_ps", Value::Array{result.curve.window.first_ps, result.curve.window.last_ps}},
                       {"exponent", number(tracer.exponent)},
                       {"exponent_stderr", number(tracer.exponent_error)},
                       {"hop_length_A", result.hop_length > 0.0 ? Value(result.hop_length) : Value()},
                       {"sites", result.sites},
                       {"coordinates", name_of(result.wrapping)}};
}

std::string diffusion_to_text(DiffusionResult const& result) {
  std::ostringstream out;
  auto const& tracer = result.tracer;
  out << to_string(tracer.verdict) << ": " << result.mobile << " ions, " << result.frames << " frames, "
            << tracer.jumps << " jumps, window " << significant(result.curve.window.first_ps, 4) << " to "
            << significant(result.curve.window.last_ps, 4) << " ps\n";
  out << estimate_text(tracer);
  TextTable table({"quantity", "value", "unit"});
  table.row({"D (tracer)", measured_text(tracer.D), "Å^2/ps"});
  for (std::size_t k = 0; k < 3; ++k)
    table.row({std::string("D") + "xyz"[k], measured_text(tracer.components[k]), "Å^2/ps"});
  table.row({"D (collective)", measured_text(result.collective), "Å^2/ps"});
  table.row({"Haven ratio", measured_text(result.haven), "1"});
  table.row({"σ (Einstein-Helfand)", measured_text(result.sigma), "S/cm"});
  table.row({"σ (Nernst-Einstein)", measured_text(result.sigma_tracer), "S/cm"});
  out << table.str();
  for (std::size_t l = 0; l < result.layers.size(); ++l) {
    auto const& [layer, estimate] = result.layers[l];
    out << "layer " << l << " (" << significant(layer.low, 5) << " to " << significant(layer.high, 5) << " Å, "
              << significant(layer.ions, 4) << " ions): " << to_string(estimate.verdict) << ", D in plane "
              << measured_text(estimate.D) << " Å^2/ps\n";
    out << estimate_text(estimate);
  }
  for (auto const& contact : result.contacts) {
    out << "contact at " << significant(contact.exchange.height, 5) << " Å: " << contact.exchange.up << " up, "
              << contact.exchange.down << " down, G "
              << (contact.G ? concat(significant(*contact.G, 4), " ± ", significant(contact.G_error.value_or(0.0), 2))
                            : concat("< ", significant(contact.G_upper.value_or(0.0), 3)))
              << " S/m^2\n";
  }
  return out.str();
}

std::optional<Window> parse_window(std::string const& text) {
  if (text.empty()) return std::nullopt;
  auto const parts = split(text, ':');
  auto const first = parts.size() == 2 ? parse_double(trim(parts[0])) : std::nullopt;
  auto const last = parts.size() == 2 ? parse_double(trim(parts[1])) : std::nullopt;
  require(first && last, "malformed --window '", text, "' (two times in ps expected); write it as 5:15");
  return Window{*first, *last};
}

std::vector<double> parse_contacts(std::string const& text) {
  std::vector<double> heights;
  if (text.empty() || text == "auto") return heights;
  for (auto const& word : split(text, ',')) {
    auto const height = parse_double(trim(word));
    require(height.has_value(), "malformed --layers '", text,
            "' (auto, or heights of contacts in A expected); write it as 12.5,31");
    heights.push_back(*height);
  }
  return heights;
}

}  // namespace nacre
