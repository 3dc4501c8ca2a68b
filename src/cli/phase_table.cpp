#include "phase_table.hpp"

#include <array>
#include <cmath>
#include <optional>

#include "nacre/core/error.hpp"
#include "nacre/core/text.hpp"
#include "nacre/core/value.hpp"
#include "nacre/score/data_table.hpp"

namespace nacre {
namespace {

/// Names of the columns that hold an energy, and whether it is that of a whole formula unit.
constexpr std::array<std::pair<char const*, bool>, 4> energies{{{"energy_eV_per_atom", false},
                                                                {"formation_energy_eV_per_atom", false},
                                                                {"energy_eV_per_formula", true},
                                                                {"energy_eV", true}}};

/// `energy_of(name)`: the number under that name, or nothing.
template <class EnergyOf>
void set_energy(TablePhase& entry, EnergyOf const& energy_of, std::string const& place) {
  std::optional<double> energy;
  for (auto const& [name, whole] : energies) {
    auto const value = energy_of(name);
    if (!value) continue;
    require(!energy, place, " has two energies (which one counts?); leave one of them");
    energy = whole ? *value / entry.phase.atoms() : *value;
  }
  require(energy.has_value(), place,
          " has no energy; give energy_eV_per_atom, formation_energy_eV_per_atom or energy_eV_per_formula");
  entry.phase.energy = *energy;
}

std::string text_or(Value const& entry, char const* key, std::string const& otherwise) {
  auto const* found = entry.find(key);
  return found && !found->is_null() ? found->as_string() : otherwise;
}

TablePhase from_value(Value const& value, std::string const& place) {
  require(value.is_object(), place, " is ", value.type_name(), " (an object with formula and energy expected)");
  TablePhase entry;
  if (auto const* composition = value.find("composition")) {
    std::string formula;
    for (auto const& [symbol, amount] : composition->as_object()) {
      entry.phase.amounts.emplace_back(symbol, amount.as_number());
      formula += symbol + (amount.as_number() == 1.0 ? std::string() : shortest(amount.as_number()));
    }
    entry.phase.name = formula;
  } else {
    entry.phase.name = text_or(value, "formula", text_or(value, "name", ""));
    entry.phase.amounts = parse_symbols(entry.phase.name);
  }
  entry.phase.name = text_or(value, "name", entry.phase.name);
  entry.model = text_or(value, "model", "");
  if (auto const* entropy = value.find("entropy_kB_per_formula")) {
    entry.entropy = entropy->as_number() / entry.phase.atoms();
  }
  set_energy(
      entry,
      [&](char const* name) -> std::optional<double> {
        auto const* found = value.find(name);
        return found && !found->is_null() ? std::optional(found->as_number()) : std::nullopt;
      },
      place);
  return entry;
}

std::vector<TablePhase> from_json(std::string const& text, std::string const& file) {
  auto const document = Value::parse_json(text, file);
  auto const& list = document.is_object() ? document.at("phases").as_array() : document.as_array();
  std::vector<TablePhase> entries;
  for (std::size_t i = 0; i < list.size(); ++i)
    entries.push_back(from_value(list[i], concat("phase ", i + 1, " of '", file, "'")));
  return entries;
}

std::vector<TablePhase> from_csv(std::string const& text, std::string const& file) {
  auto const table = parse_csv(text, file);
  auto const column = [&](std::string const& name) -> std::optional<std::size_t> {
    for (std::size_t c = 0; c < table.header.size(); ++c) {
      if (trim(table.header[c]) == name) return c;
    }
    return std::nullopt;
  };
  auto const formula = column("formula") ? column("formula") : column("name");
  require(formula.has_value(), "'", file, "' has no column 'formula' (what is a phase made of?)");
  std::vector<TablePhase> entries;
  for (std::size_t r = 0; r < table.rows.size(); ++r) {
    TablePhase entry;
    entry.phase.name = trim(table.rows[r][*formula]);
    entry.phase.amounts = parse_symbols(entry.phase.name);
    auto const place = concat("line ", table.lines[r], " of '", file, "'");
    auto const number = [&](std::string const& name) -> std::optional<double> {
      auto const c = column(name);
      if (!c || is_missing(table.rows[r][*c])) return std::nullopt;
      return number_at(table, r, *c);
    };
    set_energy(entry, number, place);
    entry.entropy = number("entropy_kB_per_formula").value_or(0.0) / entry.phase.atoms();
    if (auto const c = column("name"); c && !is_missing(table.rows[r][*c])) entry.phase.name = trim(table.rows[r][*c]);
    if (auto const c = column("model"); c && !is_missing(table.rows[r][*c])) entry.model = trim(table.rows[r][*c]);
    entries.push_back(std::move(entry));
  }
  return entries;
}

}  // namespace

std::vector<TablePhase> read_phase_table(std::string const& file) {
  auto const text = read_file(file);
  auto entries = file.ends_with(".csv") ? from_csv(text, file) : from_json(text, file);
  require(!entries.empty(), "'", file, "' has no phases (a hull needs at least one)");
  return entries;
}

}  // namespace nacre
