#include "space_file.hpp"

#include <algorithm>
#include <cmath>

#include "nacre/core/error.hpp"
#include "nacre/core/ids.hpp"

namespace nacre::detail {
namespace {

constexpr std::int64_t most_slots = 4096;

/// An integer key in a range, or its default.
std::int64_t integer_of(Value const& file, std::string_view key, std::int64_t fallback, std::int64_t low,
                        std::int64_t high, std::string const& origin) {
  auto const* value = file.find(key);
  if (!value) return fallback;
  require(value->is_integer() && value->as_integer() >= low && value->as_integer() <= high, "invalid ", key, "=",
          value->dump(), " in '", origin, "', line ", value->line, " (must be an integer from ", low, " to ", high,
          ")");
  return value->as_integer();
}

std::string name_of(Value const& table, std::string const& what, std::string const& origin) {
  auto const* name = table.find("name");
  require(name && name->is_string() && !name->as_string().empty(), "'", origin, "', line ", table.line, ": ", what,
          " without a name");
  return name->as_string();
}

ObjectiveSpec read_objective(Value const& table, std::string const& origin) {
  ObjectiveSpec objective;
  objective.name = name_of(table, "objective", origin);
  check_keys(table, {"name", "direction", "reference"}, concat("objective '", objective.name, "'"), origin);
  try {
    if (auto const* direction = table.find("direction")) objective.direction = direction_from(direction->as_string());
    if (auto const* reference = table.find("reference")) objective.reference = reference->as_number();
  } catch (InputError const& error) {
    input_error("'", origin, "', line ", table.line, ": objective '", objective.name, "': ", error.what());
  }
  return objective;
}

std::vector<ObjectiveSpec> read_objectives(Value const& file, std::string const& origin) {
  auto const* tables = file.find("objective");
  require(tables && tables->is_array() && tables->size() > 0, "'", origin,
          "' has no objective (needs at least one [[objective]])");
  std::vector<ObjectiveSpec> objectives;
  for (auto const& table : tables->as_array()) {
    auto objective = read_objective(table, origin);
    require(std::ranges::find(objectives, objective.name, &ObjectiveSpec::name) == objectives.end(), "'", origin,
            "', line ", table.line, ": objective '", objective.name, "' stands there twice");
    objectives.push_back(std::move(objective));
  }
  return objectives;
}

/// @return the tables of kind "known"; the observed ones go into the problem
Value read_constraints(Value const& file, std::string const& origin, std::vector<ObjectiveSpec> const& objectives,
                       std::vector<ConstraintSpec>& observed) {
  auto known = Value::array();
  auto const* tables = file.find("constraint");
  if (!tables) return known;
  for (auto const& table : tables->as_array()) {
    auto const name = name_of(table, "constraint", origin);
    auto const* kind = table.find("kind");
    bool const is_known = kind && kind->is_string() && kind->as_string() == "known";
    require(is_known || (kind && kind->is_string() && kind->as_string() == "observed"), "'", origin, "', line ",
            table.line, ": constraint '", name, "' needs kind = \"known\" or \"observed\"");
    if (is_known) {
      known.push_back(table);
      continue;
    }
    check_keys(table, {"name", "kind"}, concat("constraint '", name, "'"), origin);
    require(std::ranges::find(objectives, name, &ObjectiveSpec::name) == objectives.end(), "'", origin, "', line ",
            table.line, ": constraint '", name, "' has the name of an objective (both are told under it in values)");
    require(std::ranges::find(observed, name, &ConstraintSpec::name) == observed.end(), "'", origin, "', line ",
            table.line, ": constraint '", name, "' stands there twice");
    observed.push_back({name, {}, 0.0});
  }
  return known;
}

EngineOptions read_engine(Value const& file, std::string const& origin) {
  EngineOptions options;
  auto const tiers = integer_of(file, "tiers", 1, 1, 3, origin);
  if (tiers == 2) options.tiers = {Tier::descriptor, Tier::potential};
  if (tiers == 3) options.tiers = {Tier::descriptor, Tier::potential, Tier::dft};
  auto const slots = integer_of(file, "slots", 1, 1, most_slots, origin);
  options.particles = std::max(options.particles, static_cast<int>(slots));
  options.adapt = true;
  options.hops = 0.3;
  options.local_share = 0.5;
  if (auto const* acquisition = file.find("acquisition")) {
    static std::vector<std::string> const known{"gain", "thompson"};
    require(acquisition->is_string() && std::ranges::find(known, acquisition->as_string()) != known.end(),
            "invalid acquisition=", acquisition->dump(), " in '", origin, "', line ", acquisition->line,
            " (must be \"gain\" or \"thompson\")");
    if (acquisition->as_string() == "thompson") options.acquisition = Acquisition::thompson;
  }
  if (auto const* engine = file.find("engine")) {
    require(engine->is_string(), "invalid engine in '", origin, "', line ", engine->line, " (must be a text)");
    options.engine = engine->as_string();
  } else {
    options.engine = "auto";
  }
  return options;
}

}  // namespace

SpaceFile read_space_file(std::filesystem::path const& path) {
  auto const origin = path.string();
  auto const file = Value::read_toml(path);
  check_keys(file, {"seed", "budget", "tiers", "engine", "acquisition", "slots", "variable", "objective", "constraint"},
             "the space", origin);
  SpaceFile result;
  result.seed =
      static_cast<std::uint64_t>(integer_of(file, "seed", 1, 0, std::numeric_limits<std::int64_t>::max(), origin));
  if (file.find("budget")) {
    result.budget = integer_of(file, "budget", 0, 0, std::numeric_limits<std::int64_t>::max(), origin);
  }
  result.engine = read_engine(file, origin);
  result.engine.budget = result.budget;
  if (result.engine.engine == "bo") result.engine.screen = 1;  // it weighs each point on its own
  result.problem.objectives = read_objectives(file, origin);
  result.engine.objectives = result.problem.objectives.size();
  auto const known = read_constraints(file, origin, result.problem.objectives, result.problem.constraints);
  result.space = make_variable_space(file.find("variable") ? file.at("variable") : Value(), known, origin);
  auto everything = Value::object();
  for (auto const& [key, value] : file.as_object()) {
    if (key != "budget") everything[key] = value;
  }
  result.identity = sha256_hex(everything.dump());
  return result;
}

}  // namespace nacre::detail
