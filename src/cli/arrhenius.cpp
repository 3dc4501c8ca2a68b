#include <algorithm>
#include <iostream>
#include <memory>

#include "nacre/cli/command.hpp"
#include "nacre/core/error.hpp"
#include "nacre/core/log.hpp"
#include "nacre/core/text.hpp"
#include "nacre/core/value.hpp"
#include "nacre/transport/arrhenius.hpp"
#include "plot.hpp"
#include "table.hpp"

namespace nacre {
namespace {

constexpr double temperature_tolerance_K = 1e-6;

struct Options {
  std::vector<std::string> points;
  std::string quantity = "sigma", plot;
  double at = 0.0;
  bool json = false;
};

/// What a column of the documents is called, and how it is fitted.
struct Column {
  std::string name, value, error;
  ArrheniusQuantity quantity;
};
std::vector<Column> const columns{{"sigma", "sigma_S_per_cm", "sigma_stderr", ArrheniusQuantity::conductivity},
                                  {"sigma_NE", "sigma_NE_S_per_cm", "sigma_NE_stderr", ArrheniusQuantity::conductivity},
                                  {"D", "D_A2_per_ps", "D_stderr", ArrheniusQuantity::diffusion}};

struct Document {
  double temperature;
  std::string file, status;
  Value value;
};

Document read_document(std::string const& argument) {
  auto const colon = argument.find(':');
  auto const temperature = colon == std::string::npos ? std::nullopt : parse_double(trim(argument.substr(0, colon)));
  require(temperature && *temperature > 0.0 && std::isfinite(*temperature), "malformed point '", argument,
          "' (a temperature in K, a colon and a file expected); write it as 1500:d1500.json");
  auto const file = argument.substr(colon + 1);
  Document document{*temperature, file, {}, Value::parse_json(read_file(file), file)};
  auto const* status = document.value.find("status");
  require(status != nullptr && status->is_string() && document.value.find("D_A2_per_ps") != nullptr,
          "no result of nacre diffusion in '", file, "'; save one by nacre diffusion ... --json > ", file);
  document.status = status->as_string();
  auto const* told = document.value.find("temperature_K");
  require(told == nullptr || !told->is_number() || std::abs(told->as_number() - *temperature) < temperature_tolerance_K,
          "'", file, "' is a result for ", told != nullptr && told->is_number() ? told->as_number() : 0.0,
          " K, not for ", *temperature, " K");
  return document;
}

/// A fit, or why there is none.
struct Outcome {
  ArrheniusResult result;
  std::vector<std::string> reasons, messages, flags;
};

void refuse(Outcome& outcome, std::string const& code, std::string const& message) {
  if (std::find(outcome.reasons.begin(), outcome.reasons.end(), code) == outcome.reasons.end())
    outcome.reasons.push_back(code);
  outcome.messages.push_back(message);
}

std::optional<ArrheniusPoint> point_of(Document const& document, Column const& column) {
  auto const* value = document.value.find(column.value);
  auto const* error = document.value.find(column.error);
  if (value == nullptr || error == nullptr || !value->is_number() || !error->is_number()) return std::nullopt;
  if (!(value->as_number() > 0.0 && error->as_number() > 0.0)) return std::nullopt;
  return ArrheniusPoint{document.temperature, value->as_number(), error->as_number()};
}

void set_flags(Outcome& outcome, double target) {
  auto const [coldest, hottest] =
      std::minmax_element(outcome.result.points.begin(), outcome.result.points.end(),
                          [](auto const& a, auto const& b) { return a.temperature < b.temperature; });
  if (target < coldest->temperature || target > hottest->temperature) outcome.flags.emplace_back("extrapolated");
  // beyond mean + 3 standard deviations of chi square, n - 2 degrees of freedom
  auto const degrees = static_cast<double>(outcome.result.points.size()) - 2.0;
  if (outcome.result.fit->chi_square > degrees + 3.0 * std::sqrt(2.0 * degrees))
    outcome.flags.emplace_back("scatter_exceeds_errors");
}

Outcome fit(std::vector<Document> const& documents, Column const& column, double target) {
  Outcome outcome;
  outcome.result.target_temperature = target;
  std::vector<double> temperatures;
  for (auto const& document : documents) {
    if (std::find(temperatures.begin(), temperatures.end(), document.temperature) == temperatures.end())
      temperatures.push_back(document.temperature);
    if (document.status != "ok") {
      refuse(outcome, document.status == "bound" ? "bound_point" : "refused_point",
             concat("'", document.file, "' is ", document.status == "bound" ? "a bound" : "refused",
                    ", and no line goes through what was not measured"));
    } else if (auto const point = point_of(document, column)) {
      outcome.result.points.push_back(*point);
    } else {
      refuse(outcome, "value_missing", concat("no positive ", column.value, " with an error in '", document.file, "'"));
    }
  }
  if (temperatures.size() < 3)
    refuse(outcome, "too_few_temperatures",
           concat(temperatures.size(), " different temperatures (at least 3 make a line with an error)"));
  if (!outcome.reasons.empty()) return outcome;
  outcome.result.fit = fit_arrhenius(outcome.result.points, column.quantity);
  set_flags(outcome, target);
  return outcome;
}

Value strings(std::vector<std::string> const& words) {
  Value list = Value::array();
  for (auto const& word : words) list.push_back(word);
  return list;
}

Value to_value(Outcome const& outcome, Column const& column) {
  Value v = Value::Object{{"status", outcome.result.fit ? "ok" : "refused"},
                          {"reasons", strings(outcome.reasons)},
                          {"messages", strings(outcome.messages)},
                          {"flags", strings(outcome.flags)},
                          {"quantity", column.name},
                          {"n_points", static_cast<std::int64_t>(outcome.result.points.size())},
                          {"at_K", outcome.result.target_temperature}};
  auto const& f = outcome.result.fit;
  auto const number = [&](double value) { return f ? Value(value) : Value(); };
  ArrheniusFit const fitted = f.value_or(ArrheniusFit{});
  auto const p = f ? fitted.at(outcome.result.target_temperature) : ArrheniusFit::Prediction{};
  v["E_a_eV"] = number(fitted.activation_energy);
  v["E_a_stderr"] = number(fitted.activation_error);
  v["ln_prefactor"] = number(fitted.ln_prefactor);
  v["ln_prefactor_stderr"] = number(fitted.ln_prefactor_error);
  v["covariance"] = number(fitted.covariance);
  v["chi_square"] = number(fitted.chi_square);
  v[column.value] = number(p.value);
  v[column.error] = number(p.error);
  v[column.name + "_ci95"] = f ? Value(Value::Array{p.low, p.high}) : Value();
  return v;
}

void print_table(std::vector<Outcome> const& outcomes, double target) {
  TextTable table({"quantity", "E_a [eV]", concat("at ", significant(target, 6), " K"), "95 %", "unit", "flags"});
  for (std::size_t k = 0; k < columns.size(); ++k) {
    auto const& outcome = outcomes[k];
    if (!outcome.result.fit) {
      std::cout << columns[k].name << ": refused\n";
      for (auto const& message : outcome.messages) std::cout << "  " << message << '\n';
      continue;
    }
    auto const& f = *outcome.result.fit;
    auto const p = f.at(target);
    table.row({columns[k].name, concat(significant(f.activation_energy, 4), " ± ", significant(f.activation_error, 2)),
               concat(significant(p.value, 4), " ± ", significant(p.error, 2)),
               concat(significant(p.low, 3), " to ", significant(p.high, 3)),
               f.quantity == ArrheniusQuantity::conductivity ? "S/cm" : "Å^2/ps", join(outcome.flags, ", ")});
  }
  if (!table.empty()) std::cout << table.str();
}

int run(Options const& options) {
  require(options.at > 0.0 && std::isfinite(options.at), "missing or invalid --at (temperature in K, positive)");
  std::vector<Document> documents;
  for (auto const& point : options.points) documents.push_back(read_document(point));
  std::vector<Outcome> outcomes;
  for (auto const& column : columns) outcomes.push_back(fit(documents, column, options.at));
  std::size_t wanted = 0;
  while (columns[wanted].name != options.quantity) ++wanted;
  if (!options.plot.empty() && !outcomes[wanted].result.fit)
    log_warning("no picture '", options.plot, "': there is no line to draw");
  else if (!options.plot.empty())
    plot_arrhenius(outcomes[wanted].result, options.plot);
  if (!options.json) {
    print_table(outcomes, options.at);
    return 0;
  }
  auto document = to_value(outcomes[wanted], columns[wanted]);
  Value fits = Value::object();
  for (std::size_t k = 0; k < columns.size(); ++k) fits[columns[k].name] = to_value(outcomes[k], columns[k]);
  document["fits"] = fits;
  std::cout << document.dump() << '\n';
  return 0;
}

}  // namespace

Command arrhenius_command() {
  return {"arrhenius", "Activation energy and conductivity at another temperature, with errors", [](CommandLine& line) {
            auto const o = std::make_shared<Options>();
            line.positionals("T:FILE", o->points,
                             "temperature [K] and the saved output of nacre diffusion --json; at least three");
            line.option("--at", o->at, "temperature to inter- or extrapolate to [K]");
            line.choice("--quantity", o->quantity, {"sigma", "sigma_NE", "D"},
                        "what the document's head is about: Einstein-Helfand, Nernst-Einstein, tracer D");
            line.option("--plot", o->plot, "picture of the line (SVG, needs gnuplot)");
            line.flag("--json", o->json, "print JSON");
            line.example("nacre arrhenius 1300:d1300.json 1500:d1500.json 1800:d1800.json --at 1000 --json");
            return [o] { return run(*o); };
          }};
}

}  // namespace nacre
