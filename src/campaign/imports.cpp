#include "nacre/campaign/imports.hpp"

#include <algorithm>
#include <cmath>

#include "nacre/campaign/outcome.hpp"
#include "nacre/campaign/store.hpp"
#include "nacre/core/error.hpp"
#include "nacre/core/text.hpp"
#include "nacre/core/value.hpp"

namespace nacre {
namespace {

std::string label_of(Value const& word) { return word.is_string() ? word.as_string() : word.dump(); }

void append_answer(Node const& node, Value const& value, std::vector<std::int64_t>& path) {
  auto const refuse = [&] { input_error("invalid ", node.name, "=", value.dump(), " (no answer of this space)"); };
  switch (node.kind) {
    case NodeKind::categorical:
    case NodeKind::ordered: {
      auto const found = std::ranges::find(node.labels, label_of(value));
      if (found == node.labels.end()) refuse();
      path.push_back(found - node.labels.begin());
      return;
    }
    case NodeKind::real: {
      auto const number = value.as_number();
      if (!(number >= node.lower && number <= node.upper)) refuse();
      auto const length = node.logarithmic ? std::log(number / node.lower) : number - node.lower;
      path.push_back(std::clamp<std::int64_t>(std::llround(length / node.step), 0, node.count() - 1));
      return;
    }
    case NodeKind::torus:
      if (value.size() != 2) refuse();
      for (auto const& part : value.as_array()) {
        auto const fraction = part.as_number() - std::floor(part.as_number());
        path.push_back(std::llround(fraction * static_cast<double>(torus_grid)) % torus_grid);
      }
      return;
    case NodeKind::composition: {
      std::int64_t sum = 0;
      for (auto const& species : node.labels) {
        auto const* count = value.find(species);
        path.push_back(count ? count->as_integer() : 0);
        if (path.back() < 0) refuse();
        sum += path.back();
      }
      if (sum != node.total || value.size() > node.labels.size()) refuse();
      return;
    }
  }
}

Value entry_of(Design const& design, std::vector<Estimate> const& objectives, std::vector<double> const& constraints) {
  Value::Array answers, values, limits;
  for (auto const answer : design.values) answers.emplace_back(answer);
  for (auto const& one : objectives) {
    values.emplace_back(one.ok() ? Value(Value::Array{one.value, one.standard_error}) : Value(std::string(one.reason)));
  }
  for (auto const value : constraints) limits.push_back(std::isnan(value) ? Value() : Value(value));
  return Value::Array{answers, values, limits};
}

ImportedPoints finish(std::string const& source, Value::Array points, std::size_t left_out) {
  ImportedPoints result;
  result.taken = points.size();
  result.left_out = left_out;
  Value payload;
  payload["from"] = source;
  payload["points"] = std::move(points);
  result.payload = payload.dump();
  return result;
}

bool belongs(Space const& space, Design const& design) {
  try {
    nodes_along(space, design);
  } catch (Error const&) {
    return false;
  }
  return space.allowed(design);
}

Design design_from(Value const& request, Space const& space) {
  if (auto const* point = request.find("point")) return design_of(space, *point);
  Design design;
  for (auto const& answer : request.at("design").as_array()) design.values.push_back(answer.as_integer());
  return design;
}

Value read_line(std::string const& line, Space const& space, Problem const& problem) {
  auto const request = Value::parse_json(line, "the line");
  auto const design = design_from(request, space);
  require(belongs(space, design), "its design is none of this space");
  auto const& values = request.at("values");
  auto const* errors = request.find("stderr");
  std::vector<Estimate> objectives;
  for (auto const& spec : problem.objectives) {
    auto const* error = errors ? errors->find(spec.name) : nullptr;
    objectives.emplace_back(values.at(spec.name).as_number(), error ? error->as_number() : 0.0, 0.0, "imported");
  }
  std::vector<double> constraints;
  for (auto const& spec : problem.constraints) {
    auto const* value = values.find(spec.name);
    constraints.push_back(value ? value->as_number() : std::nan(""));
  }
  return entry_of(space.canonical(design), objectives, constraints);
}

/// Places of our objectives in the other campaign, by name.
std::vector<std::size_t> places_of(Problem const& problem, Value const& theirs, std::string const& folder) {
  std::vector<std::size_t> places;
  for (auto const& spec : problem.objectives) {
    auto const& all = theirs.as_array();
    auto const found =
        std::ranges::find_if(all, [&](Value const& one) { return one.at("name").as_string() == spec.name; });
    require(found != all.end(), "the campaign in '", folder, "' has no objective '", spec.name,
            "' (needs every objective of this one)");
    require(found->at("unit").as_string() == spec.unit, "objective '", spec.name, "' has the unit ",
            found->at("unit").as_string(), " in '", folder, "' and ", spec.unit, " here");
    places.push_back(static_cast<std::size_t>(found - all.begin()));
  }
  return places;
}

/// Values of our constraints: what the other campaign limited under the same name, or a descriptor.
std::vector<double> constraints_of(Problem const& problem, EvaluatedDesign const& one) {
  std::vector<double> constraints;
  for (auto const& spec : problem.constraints) {
    auto const found = std::ranges::find(one.descriptors, spec.name, &std::pair<std::string, double>::first);
    constraints.push_back(found == one.descriptors.end() ? std::nan("") : found->second);
  }
  return constraints;
}

}  // namespace

Design design_of(Space const& space, Value const& point) {
  Design design;
  std::size_t used = 0;
  while (auto const node = space.next(design.values)) {
    auto const* value = point.find(node->name);
    require(value != nullptr, "missing '", node->name, "' in a point");
    append_answer(*node, *value, design.values);
    ++used;
  }
  require(used == point.size(), "a point with names that this space does not ask for");
  return space.canonical(design);
}

ImportedPoints import_file(std::filesystem::path const& file, Space const& space, Problem const& problem) {
  return import_lines(read_file(file), file.filename().string(), space, problem);
}

ImportedPoints import_lines(std::string const& text, std::string const& source, Space const& space,
                            Problem const& problem) {
  Value::Array points;
  std::size_t number = 0;
  for (auto const& line : split(text, '\n')) {
    ++number;
    if (trim(line).empty()) continue;
    try {
      points.push_back(read_line(line, space, problem));
    } catch (InputError const& error) {
      input_error("'", source, "', line ", number, ": ", error.what());
    }
  }
  return finish(source, std::move(points), 0);
}

ImportedPoints import_campaign(std::filesystem::path const& folder, Space const& space, Problem const& problem,
                               std::string const& model) {
  Store const store(folder, Store::Mode::read);
  auto const theirs = store.meta("model_hash").value_or("");
  require(theirs == model, "the results in '", folder.string(), "' are of another model (",
          theirs.empty() ? "none" : theirs.substr(0, 12), " there, ", model.empty() ? "none" : model.substr(0, 12),
          " here); energies of two models are never compared");
  auto const objectives = store.meta("objectives");
  require(objectives.has_value(), "no campaign was run in '", folder.string(), "'");
  auto const places = places_of(problem, Value::parse_json(*objectives, "its objectives"), folder.string());
  Value::Array points;
  std::size_t left_out = 0;
  for (std::int64_t number = 0; number < store.proposal_count(); ++number) {
    if (store.proposal(number)->tier != Tier::potential) continue;
    auto const outcome = store.outcome(number, Store::Detail::without_structures);
    if (!outcome) continue;
    for (auto const& one : outcome->designs) {
      std::vector<Estimate> values;
      for (auto const place : places) values.push_back(one.objectives.at(place));
      bool const usable =
          belongs(space, one.design) && std::ranges::all_of(values, [](Estimate const& value) { return value.ok(); });
      if (usable) points.push_back(entry_of(one.design, values, constraints_of(problem, one)));
      left_out += usable ? 0 : 1;
    }
  }
  return finish(folder.filename().string(), std::move(points), left_out);
}

std::vector<Observation> imported_observations(std::string const& payload) {
  std::vector<Observation> observations;
  auto const document = Value::parse_json(payload, "an import");
  for (auto const& point : document.at("points").as_array()) {
    auto const& parts = point.as_array();
    Observation one;
    one.tier = Tier::potential;
    for (auto const& answer : parts.at(0).as_array()) one.design.values.push_back(answer.as_integer());
    for (auto const& value : parts.at(1).as_array()) {
      if (value.is_array()) {
        one.objectives.emplace_back(value.as_array().at(0).as_number(), value.as_array().at(1).as_number(), 0.0,
                                    "imported");
      } else {
        one.objectives.push_back(Estimate::without_value(Status::failed, value.as_string()));
      }
    }
    for (auto const& value : parts.at(2).as_array()) {
      one.constraints.push_back(value.is_null() ? std::nan("") : value.as_number());
    }
    observations.push_back(std::move(one));
  }
  return observations;
}

}  // namespace nacre
