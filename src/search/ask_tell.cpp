#include "nacre/search/ask_tell.hpp"

#include <algorithm>
#include <cmath>
#include <istream>
#include <ostream>

#include "nacre/core/error.hpp"
#include "nacre/core/text.hpp"
#include "session.hpp"

namespace nacre {
namespace {

using detail::Session;

constexpr std::int64_t most_points = 1'000'000;  ///< of one request
constexpr int deepest = 32;                      ///< brackets within brackets of a request

/// Before the parser, which is recursive: a line of brackets only would exhaust its stack.
void check_depth(std::string_view line) {
  int depth = 0;
  bool quoted = false;
  for (std::size_t i = 0; i < line.size(); ++i) {
    if (line[i] == '\\') {
      ++i;
    } else if (line[i] == '"') {
      quoted = !quoted;
    } else if (!quoted && (line[i] == '[' || line[i] == '{')) {
      require(++depth <= deepest, "brackets nested deeper than ", deepest);
    } else if (!quoted && (line[i] == ']' || line[i] == '}')) {
      --depth;
    }
  }
}

/// Answers are ASCII where they repeat what may not be UTF-8.
std::string printable(std::string text) {
  std::ranges::replace_if(
      text, [](unsigned char c) { return c < 0x20 || c >= 0x7f; }, '?');
  return text;
}

std::int64_t count_of(Value const& value, std::string_view key) {
  require(value.is_integer() && value.as_integer() >= 0 && value.as_integer() <= most_points, "invalid ", key, "=",
          value.dump(), " (must be an integer from 0 to ", most_points, ")");
  return value.as_integer();
}

double finite_number(Value const& value, std::string const& what) {
  require(value.is_number(), "invalid ", what, "=", value.dump(), " (must be a number)");
  return value.as_number();
}

void check_request(Value const& request, std::vector<std::string> const& known) {
  for (auto const& [key, value] : request.as_object()) {
    require(std::ranges::find(known, key) != known.end(), "unknown key '", key, "'", did_you_mean(key, known));
  }
}

/// The names that values may have: objectives, then constraints.
std::vector<std::string> names_of(Problem const& problem) {
  std::vector<std::string> names;
  for (auto const& objective : problem.objectives) names.push_back(objective.name);
  for (auto const& constraint : problem.constraints) names.push_back(constraint.name);
  return names;
}

/// values or stderr: null, or a table of known names.
Value const* table_of(Value const& request, std::string_view key, std::vector<std::string> const& known) {
  auto const* table = request.find(key);
  if (!table) return nullptr;
  require(table->is_object(), "invalid ", key, " (must be a table of names and numbers)");
  for (auto const& [name, value] : table->as_object()) {
    require(std::ranges::find(known, name) != known.end(), "unknown name '", name, "' in ", key,
            did_you_mean(name, known));
  }
  return table;
}

/// What `tell` says of the objectives and constraints, checked as a whole before anything changes.
struct Told {
  std::vector<Estimate> objectives;
  std::vector<double> constraints;
};

Estimate objective_of(std::string const& name, Value const* values, Value const* errors, double work) {
  auto const* value = values ? values->find(name) : nullptr;
  require(value != nullptr, "missing value of '", name,
          "' (with status \"ok\" every objective and constraint needs one)");
  auto const* error = errors ? errors->find(name) : nullptr;
  auto const spread = error ? finite_number(*error, concat("stderr of '", name, "'")) : 0.0;
  require(spread >= 0.0, "invalid stderr of '", name, "'=", spread, " (must not be negative)");
  return {finite_number(*value, concat("value of '", name, "'")), spread, work, {}};
}

Told read_told(Value const& request, Problem const& problem) {
  check_request(request, {"tell", "values", "stderr", "work", "status", "reason"});
  auto const known = names_of(problem);
  auto const *values = table_of(request, "values", known), *errors = table_of(request, "stderr", known);
  auto const* work_value = request.find("work");
  auto const work = work_value ? finite_number(*work_value, "work") : 0.0;
  require(work >= 0.0, "invalid work=", work, " (must not be negative)");
  auto const status = request.find("status") ? status_from(request.at("status").as_string()) : Status::ok;
  auto const reason = request.find("reason") ? request.at("reason").as_string() : std::string(to_string(status));
  Told told;
  for (auto const& objective : problem.objectives) {
    told.objectives.push_back(status == Status::ok ? objective_of(objective.name, values, errors, work)
                                                   : Estimate::without_value(status, reason, work));
  }
  for (auto const& constraint : problem.constraints) {
    auto const* value = values ? values->find(constraint.name) : nullptr;
    require(value || status != Status::ok, "missing value of '", constraint.name,
            "' (with status \"ok\" every objective and constraint needs one)");
    told.constraints.push_back(value ? finite_number(*value, concat("value of '", constraint.name, "'"))
                                     : std::nan(""));
  }
  return told;
}

std::string answer_ask(Session& session, Value const& request) {
  check_request(request, {"ask"});
  std::string answer;
  for (auto left = count_of(request.at("ask"), "ask"); left > 0; --left) {
    auto point = session.ask();
    if (!point) {
      return answer + (session.budget_spent() ? "{\"done\": true, \"reason\": \"budget\"}\n"
                                              : "{\"done\": true, \"reason\": \"exhausted\"}\n");
    }
    auto line = Value::object();
    line["id"] = point->id;
    line["point"] = std::move(point->point);
    line["tier"] = point->tier;
    answer += line.dump() + '\n';
  }
  return answer;
}

std::string answer_state(Session const& session, Value const& request) {
  check_request(request, {"state"});
  auto const& path = request.at("state").as_string();
  require(!path.empty(), "invalid state=\"\" (must be the name of a file)");
  write_file(path, session.save());
  return "{\"state\": \"saved\"}\n";
}

std::string answer(Session& session, std::string_view line) {
  check_depth(line);
  auto const request = Value::parse_json(line, "the request");
  require(request.is_object(), "invalid request (must be a table such as {\"ask\": 1}, found ", request.type_name(),
          ")");
  if (request.find("ask")) return answer_ask(session, request);
  if (auto const* id = request.find("tell")) {
    require(id->is_integer(), "invalid tell=", id->dump(), " (must be the id of a point)");
    auto told = read_told(request, session.problem());
    session.tell(id->as_integer(), std::move(told.objectives), std::move(told.constraints));
    return {};
  }
  if (auto const* count = request.find("best")) {
    check_request(request, {"best"});
    return session.best(static_cast<std::size_t>(count_of(*count, "best"))).dump() + '\n';
  }
  if (request.find("state")) return answer_state(session, request);
  input_error("unknown request (must have one of \"ask\", \"tell\", \"best\", \"state\")");
}

std::string refuse(std::exception const& error, std::int64_t line) {
  auto refusal = Value::object();
  refusal["error"] = printable(error.what());
  refusal["line"] = line;
  return refusal.dump() + '\n';
}

}  // namespace

void ask_tell(std::filesystem::path const& space, std::filesystem::path const& resume, std::istream& in,
              std::ostream& out) {
  Session session(detail::read_space_file(space));
  if (!resume.empty()) {
    auto const bytes = read_file(resume);
    try {
      session.load(bytes);
    } catch (Error const& error) {
      input_error("cannot resume from '", resume.string(), "': ", error.what());
    }
  }
  std::int64_t number = 0;
  for (std::string line; std::getline(in, line);) {
    ++number;
    std::string text;
    try {
      text = answer(session, line);
    } catch (Error const& error) {
      text = refuse(error, number);
    }
    if (!text.empty()) out << text << std::flush;
    if (!out) throw Error("cannot write to the output (closed by the reader?)");
  }
}

}  // namespace nacre
