#include <algorithm>
#include <cmath>
#include <iostream>
#include <limits>
#include <map>
#include <memory>
#include <set>

#include "nacre/cli/command.hpp"
#include "nacre/core/error.hpp"
#include "nacre/core/log.hpp"
#include "nacre/core/text.hpp"
#include "nacre/core/value.hpp"
#include "nacre/numerics/rank_statistics.hpp"
#include "nacre/score/data_table.hpp"
#include "nacre/score/formula_descriptors.hpp"
#include "nacre/score/table_study.hpp"
#include "table.hpp"

namespace nacre {
namespace {

constexpr std::size_t most_choices = 64;
constexpr double largest_value = 1e100;  ///< of a target: its square is a number

struct Options {
  std::string table, target, inputs, group, categories, formula, favourable_below, apply;
  std::int64_t folds = 0, shuffles = 5, seed = 0, threads = 1;
  bool json = false;
};

std::vector<std::string> names_of(std::string const& list) {
  std::vector<std::string> names;
  for (auto const& name : split(list, ','))
    if (!trim(name).empty()) names.push_back(trim(name));
  return names;
}

/// How columns of a table become numbers: learned from one table, applied to that and to others.
class Encoding {
 public:
  Encoding(DataTable const& table, Options const& options)
      : numbers_(names_of(options.inputs)), formulas_(names_of(options.formula)) {
    for (auto const& name : numbers_) add(name, {name});
    for (auto const& name : names_of(options.categories)) add_category(table, name);
    for (auto const& name : formulas_) {
      auto columns = stack_descriptor_names();
      for (auto& column : columns) column = name + ":" + column;
      add(name, columns);
    }
    require(!inputs_.empty(), "no inputs; name columns by --inputs, --categories or --formula");
    std::set<std::string> seen{options.target};
    for (auto const& input : inputs_)
      require(seen.insert(input.name).second, "column '", input.name,
              "' is named twice (each is the target, a number, a ", "category or a formula)");
  }

  Eigen::MatrixXd encode(DataTable const& table, std::vector<std::size_t> const& rows) const {
    Eigen::MatrixXd features(static_cast<Eigen::Index>(rows.size()), static_cast<Eigen::Index>(columns_.size()));
    Eigen::Index at = 0;
    for (auto const& name : numbers_) {
      auto const column = table.column(name);
      for (std::size_t i = 0; i < rows.size(); ++i)
        features(static_cast<Eigen::Index>(i), at) = number_at(table, rows[i], column);
      ++at;
    }
    for (auto const& [name, choices] : categories_) encode_category(table, rows, name, choices, features, at);
    for (auto const& name : formulas_) encode_formula(table, rows, name, features, at);
    return features;
  }

  std::vector<TableInput> const& inputs() const { return inputs_; }
  std::vector<std::string> const& columns() const { return columns_; }

 private:
  void add(std::string const& name, std::vector<std::string> const& columns) {
    TableInput input{name, {}};
    for (auto const& column : columns) {
      input.columns.push_back(static_cast<Eigen::Index>(columns_.size()));
      columns_.push_back(column);
    }
    inputs_.push_back(input);
  }
  /// A choice of two makes one column, of more a column each.
  void add_category(DataTable const& table, std::string const& name) {
    auto const column = table.column(name);
    std::set<std::string> choices;
    for (auto const& row : table.rows)
      if (!is_missing(row[column])) choices.insert(row[column]);
    require(choices.size() <= most_choices, "found ", choices.size(), " choices in column '", name, "' (at most ",
            most_choices, "); a column of numbers belongs into --inputs");
    std::vector<std::string> shown(choices.begin(), choices.end());
    if (shown.size() == 2) shown.erase(shown.begin());
    std::vector<std::string> columns;
    for (auto const& choice : shown) columns.push_back(concat(name, "=", choice));
    categories_.emplace_back(name, shown);
    add(name, columns);
  }
  static void encode_category(DataTable const& table, std::vector<std::size_t> const& rows, std::string const& name,
                              std::vector<std::string> const& choices, Eigen::MatrixXd& features, Eigen::Index& at) {
    auto const column = table.column(name);
    for (auto const& choice : choices) {
      for (std::size_t i = 0; i < rows.size(); ++i) {
        auto const& cell = table.rows[rows[i]][column];
        features(static_cast<Eigen::Index>(i), at) =
            is_missing(cell) ? std::numeric_limits<double>::quiet_NaN() : (cell == choice ? 1.0 : 0.0);
      }
      ++at;
    }
  }
  static void encode_formula(DataTable const& table, std::vector<std::size_t> const& rows, std::string const& name,
                             Eigen::MatrixXd& features, Eigen::Index& at) {
    auto const column = table.column(name);
    auto const count = static_cast<Eigen::Index>(stack_descriptor_names().size());
    for (std::size_t i = 0; i < rows.size(); ++i) {
      auto const& cell = table.rows[rows[i]][column];
      std::vector<double> numbers(static_cast<std::size_t>(count), std::numeric_limits<double>::quiet_NaN());
      if (!is_missing(cell)) try {
          numbers = stack_descriptors(cell);
        } catch (InputError const& error) {
          input_error(error.what(), ", in '", table.origin, "' line ", table.lines[rows[i]]);
        }
      features.block(static_cast<Eigen::Index>(i), at, 1, count) =
          Eigen::Map<Eigen::RowVectorXd const>(numbers.data(), count);
    }
    at += count;
  }

  std::vector<std::string> numbers_, formulas_;
  std::vector<std::pair<std::string, std::vector<std::string>>> categories_;
  std::vector<TableInput> inputs_;
  std::vector<std::string> columns_;
};

struct Problem {
  DataTable table;
  std::vector<std::size_t> rows;  ///< that have a target
  Encoding encoding;
  TableData data;
};

Problem read_problem(Options const& options) {
  auto table = parse_csv(read_file(options.table), options.table);
  auto const target = table.column(options.target);
  std::vector<std::size_t> rows;
  std::vector<double> values;
  for (std::size_t i = 0; i < table.rows.size(); ++i) {
    double const value = number_at(table, i, target);
    if (std::isnan(value)) continue;
    require(std::abs(value) < largest_value, "invalid ", options.target, "=", value, " in '", options.table, "' line ",
            table.lines[i], " (must be below ", largest_value, "); use another unit");
    rows.push_back(i);
    values.push_back(value);
  }
  require(rows.size() >= 20, "found ", rows.size(), " rows with a value of '", options.target, "' in '", options.table,
          "' (at least 20 are needed to fit and to test)");
  Encoding encoding(table, options);
  TableData data{encoding.encode(table, rows),
                 Eigen::Map<Eigen::VectorXd const>(values.data(), static_cast<Eigen::Index>(values.size())),
                 encoding.inputs()};
  return {std::move(table), std::move(rows), std::move(encoding), std::move(data)};
}

/// Labels of each row: of the group columns, else the parts of the formulas; none without both.
std::vector<std::vector<std::string>> labels_of(Problem const& problem, Options const& options) {
  std::vector<std::vector<std::string>> labels;
  auto const groups = names_of(options.group), formulas = names_of(options.formula);
  if (groups.empty() && formulas.empty()) return labels;
  for (auto const row : problem.rows) {
    auto& of_row = labels.emplace_back();
    for (auto const& name : groups.empty() ? formulas : groups) {
      auto const& cell = problem.table.rows[row][problem.table.column(name)];
      require(!is_missing(cell), "no group in '", options.table, "' line ", problem.table.lines[row], " column '", name,
              "' (a row without one may stand on both sides of a split)");
      if (!groups.empty())
        of_row.push_back(cell);
      else
        for (auto const& part : formula_parts(cell)) of_row.push_back(part);
    }
  }
  return labels;
}

Value optional_number(std::optional<double> const& x) { return x ? Value(*x) : Value(); }

Value to_value(StudyScore const& s) {
  return Value::Object{{"rmse", s.rmse},
                       {"mae", s.mae},
                       {"r2", s.r2},
                       {"coverage_80", s.coverage},
                       {"half_width_80", s.half_width},
                       {"auc", optional_number(s.auc)},
                       {"brier", optional_number(s.brier)}};
}

Value to_value(Study const& study) {
  Value models = Value::object();
  for (auto const& score : study.scores) models[std::string(name_of(score.kind))] = to_value(score);
  return Value::Object{{"sets_held_out", static_cast<std::int64_t>(study.sets)},
                       {"mean_training_rows", study.mean_training_rows},
                       {"better", std::string(name_of(study.chosen))},
                       {"models", models}};
}

Value importance_value(Study const& study) {
  auto order = study.importance;
  std::stable_sort(order.begin(), order.end(), [](auto const& a, auto const& b) { return a.increase > b.increase; });
  Value list = Value::array();
  for (auto const& i : order)
    list.push_back(Value::Object{{"input", i.name}, {"rmse_increase", i.increase}, {"stderr", i.standard_error}});
  return list;
}

/// Of each input that is one column of numbers with the target; whole groups are drawn where each row has one.
Value correlations_value(Problem const& problem, std::vector<std::vector<std::string>> const& labels,
                         Options const& options) {
  std::map<std::string, int> number;
  std::vector<int> groups;
  for (auto const& row : labels)
    if (row.size() == 1) groups.push_back(number.emplace(row.front(), static_cast<int>(number.size())).first->second);
  if (groups.size() != problem.rows.size()) groups.clear();
  Value list = Value::array();
  for (auto const& input : problem.data.inputs) {
    if (input.columns.size() != 1) continue;
    Eigen::VectorXd const x = problem.data.features.col(input.columns.front());
    std::vector<Eigen::Index> known;
    std::vector<int> groups_of_known;
    for (Eigen::Index i = 0; i < x.size(); ++i) {
      if (std::isnan(x[i])) continue;
      known.push_back(i);
      if (!groups.empty()) groups_of_known.push_back(groups[static_cast<std::size_t>(i)]);
    }
    auto const rho = rank_correlation(x(known), problem.data.values(known),
                                      {.seed = static_cast<std::uint64_t>(options.seed), .groups = groups_of_known});
    if (rho)
      list.push_back(Value::Object{{"input", input.name},
                                   {"rho", rho->rho},
                                   {"low_95", rho->low},
                                   {"high_95", rho->high},
                                   {"n", static_cast<std::int64_t>(known.size())}});
  }
  return list;
}

/// Predictions for another table, by the chosen model fitted to all rows.
Value predictions(Problem const& problem, Study const& study, StudyOptions const& settings, std::string const& file) {
  auto const table = parse_csv(read_file(file), file);
  std::vector<std::size_t> rows(table.rows.size());
  for (std::size_t i = 0; i < rows.size(); ++i) rows[i] = i;
  auto const features = problem.encoding.encode(table, rows);
  auto const model =
      TableModel::fit(study.chosen, problem.data.features, problem.data.values, settings.seed, problem.data.inputs);
  auto const means = model.means(features);
  Eigen::VectorXd const half = model.spreads(features) * study.of(study.chosen).scale;
  Value list = Value::array();
  for (Eigen::Index i = 0; i < means.size(); ++i) {
    double const error = half[i] * error_of_half_width(settings.band);
    Value missing = Value::array();
    for (Eigen::Index c = 0; c < features.cols(); ++c)
      if (std::isnan(features(i, c))) missing.push_back(problem.encoding.columns()[static_cast<std::size_t>(c)]);
    Value row = Value::Object{{"line", table.lines[static_cast<std::size_t>(i)]},
                              {"mean", means[i]},
                              {"stderr", error},
                              {"low_80", means[i] - half[i]},
                              {"high_80", means[i] + half[i]},
                              {"missing", missing}};
    if (settings.favourable_below)
      row["favourable_probability"] = probability_below(*settings.favourable_below, means[i], error);
    list.push_back(row);
  }
  return list;
}

void print_study(std::string const& title, Study const& study) {
  std::cout << title << ": " << study.sets << " sets held out, trained on " << significant(study.mean_training_rows, 4)
            << " rows\n";
  TextTable table({"model", "RMSE", "MAE", "R2", "in the 80 % band", "half width", "AUC"});
  for (auto const& s : study.scores)
    table.row({std::string(name_of(s.kind)), significant(s.rmse, 4), significant(s.mae, 4), significant(s.r2, 3),
               significant(s.coverage, 3), significant(s.half_width, 3), s.auc ? significant(*s.auc, 3) : "-"});
  std::cout << table.str("  ");
}

void print_importance(Study const& study) {
  auto order = study.importance;
  std::stable_sort(order.begin(), order.end(), [](auto const& a, auto const& b) { return a.increase > b.increase; });
  TextTable table({"input", "RMSE rises by", "standard error"});
  for (auto const& i : order) table.row({i.name, significant(i.increase, 3), significant(i.standard_error, 2)});
  std::cout << table.str("  ");
}

StudyOptions settings_of(Options const& options) {
  StudyOptions settings;
  require(options.seed >= 0, "invalid --seed ", options.seed, " (0 or more)");
  require(options.threads >= 1 && options.threads <= 1024, "invalid --threads ", options.threads, " (1 to 1024)");
  require(options.shuffles >= 1 && options.shuffles <= 1000, "invalid --shuffles ", options.shuffles, " (1 to 1000)");
  require(options.folds == 0 || (options.folds >= 2 && options.folds <= 100), "invalid --folds ", options.folds,
          " (2 to 100)");
  settings.shuffles = static_cast<int>(options.shuffles);
  settings.seed = static_cast<std::uint64_t>(options.seed);
  settings.threads = static_cast<int>(options.threads);
  if (options.favourable_below.empty()) return settings;
  auto const limit = parse_double(options.favourable_below);
  require(limit && std::isfinite(*limit), "invalid --favourable-below '", options.favourable_below,
          "' (a number in the unit of the target)");
  settings.favourable_below = *limit;
  return settings;
}

int run(Options const& options) {
  auto const settings = settings_of(options);
  require(!options.target.empty(), "no --target (the column to predict)");
  auto const problem = read_problem(options);
  auto const labels = labels_of(problem, options);
  bool const pairs = std::any_of(labels.begin(), labels.end(), [](auto const& row) { return row.size() > 1; });
  int const folds = options.folds > 0 ? static_cast<int>(options.folds) : (pairs ? 8 : 10);
  auto const by_chance = random_folds(problem.data.values.size(), 10, settings.seed);
  auto random_settings = settings;
  if (!labels.empty()) random_settings.shuffles = 0;
  auto const random = study_table(problem.data, by_chance, random_settings);
  auto const grouped =
      labels.empty() ? random : study_table(problem.data, grouped_folds(labels, folds, settings.seed), settings);
  if (labels.empty()) log_warning("no --group: rows that are related stand on both sides of every split");
  if (!options.json) {
    print_study(labels.empty() ? "rows by chance" : "grouped", grouped);
    if (!labels.empty()) print_study("rows by chance (leaks between groups)", random);
    std::cout << "chosen: " << name_of(grouped.chosen) << '\n';
    print_importance(grouped);
  }
  if (!options.json && options.apply.empty()) return 0;
  Value document = to_value(grouped.of(grouped.chosen));
  document["status"] = "ok";
  document["target"] = options.target;
  document["rows"] = static_cast<std::int64_t>(problem.rows.size());
  document["rows_without_target"] = static_cast<std::int64_t>(problem.table.rows.size() - problem.rows.size());
  document["inputs_missing"] = static_cast<std::int64_t>(problem.data.features.array().isNaN().count());
  document["chosen"] = std::string(name_of(grouped.chosen));
  document["favourable_below"] = optional_number(settings.favourable_below);
  document["grouped"] = labels.empty() ? Value() : to_value(grouped);
  document["random"] = to_value(random);
  document["importance"] = importance_value(grouped);
  document["correlations"] = correlations_value(problem, labels, options);
  if (!options.apply.empty()) document["predictions"] = predictions(problem, grouped, settings, options.apply);
  std::cout << document.dump() << '\n';
  return 0;
}

}  // namespace

Command predict_command() {
  return {"predict", "Learn a column of a table from others, tested on groups held out", [](CommandLine& line) {
            auto const o = std::make_shared<Options>();
            line.positional("TABLE", o->table, "CSV file with a header");
            line.option("--target", o->target, "column to predict");
            line.option("--inputs", o->inputs, "columns of numbers, a,b,c");
            line.option("--categories", o->categories, "columns of words");
            line.option("--formula", o->formula,
                        "columns of formulas (TiO2, or SnS-ZnBr2 for a stack): described by their elements");
            line.option("--group", o->group,
                        "columns whose labels never stand on both sides of a split; the parts of the formulas if none");
            line.option("--favourable-below", o->favourable_below,
                        "values below are favourable: adds AUC and probabilities");
            line.option("--folds", o->folds,
                        "parts that the groups are shared out over; 0: 10, or 8 where a row has several labels");
            line.option("--shuffles", o->shuffles, "of each input, for its importance");
            line.option("--apply", o->apply, "another CSV file whose rows are predicted (JSON)");
            line.option("--seed", o->seed, "of splits, models and shuffles");
            line.option("--threads", o->threads, "the result does not depend on them");
            line.flag("--json", o->json, "print JSON");
            line.example(
                "nacre predict table.csv --target dE --inputs area,strain --group pair --favourable-below 0 --json");
            return [o] { return run(*o); };
          }};
}

}  // namespace nacre
