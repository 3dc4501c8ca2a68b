#include "nacre/search/variables.hpp"

#include <algorithm>
#include <cmath>
#include <set>

#include "expression.hpp"
#include "nacre/core/error.hpp"
#include "nacre/core/text.hpp"

namespace nacre {
namespace {

using detail::Expression;
using detail::Symbol;
using detail::Term;

struct Variable {
  std::shared_ptr<Node const> node;
  std::vector<Value> words;     ///< categorical and ordered: the answers as their author wrote them
  std::vector<double> numbers;  ///< of the words, NaN for a text
  Expression when;
};

struct KnownConstraint {
  std::string name;
  Expression expression;
};

/// "'SPACE.toml', line 7: variable 'x': "
std::string place(std::string const& origin, Value const& table, std::string const& what) {
  auto const line = table.line > 0 ? concat(", line ", table.line) : std::string();
  return concat("'", origin, "'", line, ": ", what, ": ");
}

/// Runs `read`, putting the place before the message of an InputError.
template <class Read>
auto at_place(std::string const& where, Read read) {
  try {
    return read();
  } catch (InputError const& error) {
    input_error(where, error.what());
  }
}

std::vector<double> numbers_of(Value const& list) {
  std::vector<double> numbers;
  for (auto const& item : list.as_array()) {
    numbers.push_back(item.as_number());
    require(std::isfinite(numbers.back()), "invalid number in a list (must be finite)");
  }
  return numbers;
}

std::string label_of(Value const& word) {
  if (word.is_string()) return word.as_string();
  require(word.is_number() || word.is_bool(), "invalid choice (must be a text, a number, true or false)");
  return word.dump();
}

void read_words(Value const& list, Node& node, Variable& variable) {
  for (auto const& word : list.as_array()) {
    auto label = label_of(word);
    require(std::ranges::find(node.labels, label) == node.labels.end(), "'", label, "' stands there twice");
    node.labels.push_back(std::move(label));
    variable.words.push_back(word);
    variable.numbers.push_back(word.is_number() ? word.as_number() : std::nan(""));
  }
  require(!node.labels.empty(), "empty list (needs at least one entry)");
}

void read_categorical(Value const& table, Node& node, Variable& variable) {
  node.kind = NodeKind::categorical;
  read_words(table.at("choices"), node, variable);
  auto const* descriptors = table.find("descriptors");
  if (!descriptors) return;
  require(descriptors->size() == node.labels.size(), "'descriptors' has ", descriptors->size(), " lists for ",
          node.labels.size(), " choices");
  for (auto const& list : descriptors->as_array()) {
    node.descriptors.push_back(numbers_of(list));
    require(node.descriptors.back().size() == node.descriptors.front().size(),
            "'descriptors' has lists of different lengths");
  }
}

/// Numbers, increasing; or texts, whose order is the one they are written in.
void read_ordered(Value const& table, Node& node, Variable& variable) {
  node.kind = NodeKind::ordered;
  auto const& values = table.at("values");
  read_words(values, node, variable);
  bool const texts = values.as_array().front().is_string();
  for (std::size_t i = 0; i < variable.words.size(); ++i) {
    require(variable.words[i].is_string() == texts, "'values' mixes texts and numbers");
    node.numbers.push_back(texts ? static_cast<double>(i) : variable.words[i].as_number());
    require(i == 0 || node.numbers[i] > node.numbers[i - 1], "'values' does not increase at ", node.labels[i]);
  }
}

void read_real(Value const& table, Node& node) {
  node.kind = NodeKind::real;
  auto const range = numbers_of(table.at("range"));
  require(range.size() == 2 && range[0] < range[1], "invalid 'range' (must be two increasing numbers)");
  node.lower = range[0];
  node.upper = range[1];
  if (auto const* log = table.find("log")) node.logarithmic = log->as_bool();
  require(!node.logarithmic || node.lower > 0.0, "invalid 'range' from ", node.lower, " (must be positive with 'log')");
  node.step = (node.logarithmic ? std::log(node.upper / node.lower) : node.upper - node.lower) * 0x1p-44;
  if (auto const* step = table.find("step")) {
    require(!node.logarithmic, "'step' and 'log' exclude each other");
    node.step = step->as_number();
    require(node.step > 0.0 && node.step <= node.upper - node.lower, "invalid step=", node.step,
            " (must be positive and not above the length of 'range')");
  }
  require(std::isfinite(node.step) && node.step > 0.0, "invalid 'range' (its length cannot be divided into steps)");
  if (auto const* special = table.find("special")) {
    for (auto const value : numbers_of(*special)) {
      require(value >= node.lower && value <= node.upper, "'special' has ", value, ", which is not in 'range'");
      node.numbers.push_back(value);
    }
  }
  constexpr double most_steps = 0x1p60;
  require((node.upper - node.lower) / node.step < most_steps || node.logarithmic, "invalid step=", node.step,
          " (too small for the length of 'range')");
}

void read_torus(Value const& table, Node& node) {
  node.kind = NodeKind::torus;
  auto const* cell = table.find("cell");
  if (!cell) return;
  require(cell->size() == 2, "invalid 'cell' (must be two vectors of two numbers)");
  for (int vector = 0; vector < 2; ++vector) {
    auto const numbers = numbers_of(cell->as_array()[static_cast<std::size_t>(vector)]);
    require(numbers.size() == 2, "invalid 'cell' (must be two vectors of two numbers)");
    node.cell.col(vector) << numbers[0], numbers[1];
  }
  auto const area = std::abs(node.cell(0, 0) * node.cell(1, 1) - node.cell(0, 1) * node.cell(1, 0));
  require(area > 1e-12 * node.cell.col(0).norm() * node.cell.col(1).norm(),
          "invalid 'cell' (its vectors are parallel)");
}

void read_composition(Value const& table, Node& node) {
  node.kind = NodeKind::composition;
  Variable ignored;
  read_words(table.at("species"), node, ignored);
  auto const total = table.at("total").as_integer();
  require(total >= 1 && total <= 1'000'000, "invalid total=", total, " (must be 1 to 1000000)");
  node.total = static_cast<int>(total);
}

void read_kind(Value const& table, std::string const& what, std::string const& origin, Node& node, Variable& variable) {
  static std::vector<std::string> const kinds{"categorical", "ordered", "real", "torus", "composition"};
  auto const& kind = table.at("kind").as_string();
  if (kind == "categorical") {
    check_keys(table, {"name", "kind", "when", "choices", "descriptors"}, what, origin);
    read_categorical(table, node, variable);
  } else if (kind == "ordered") {
    check_keys(table, {"name", "kind", "when", "values"}, what, origin);
    read_ordered(table, node, variable);
  } else if (kind == "real") {
    check_keys(table, {"name", "kind", "when", "range", "log", "step", "special"}, what, origin);
    read_real(table, node);
  } else if (kind == "torus") {
    check_keys(table, {"name", "kind", "when", "cell"}, what, origin);
    read_torus(table, node);
  } else if (kind == "composition") {
    check_keys(table, {"name", "kind", "when", "species", "total"}, what, origin);
    read_composition(table, node);
  } else {
    input_error("unknown kind '", kind, "'", did_you_mean(kind, kinds));
  }
}

Variable read_variable(Value const& table, std::string const& origin) {
  auto const name = at_place(place(origin, table, "variable"), [&] { return table.at("name").as_string(); });
  auto const what = concat("variable '", name, "'");
  return at_place(place(origin, table, what), [&] {
    require(!name.empty(), "empty name");
    Variable variable;
    Node node;
    node.name = name;
    read_kind(table, what, origin, node, variable);
    variable.node = std::make_shared<Node const>(std::move(node));
    return variable;
  });
}

Symbol symbol_of(Variable const& variable) {
  auto const& node = *variable.node;
  Symbol symbol{node.name, {}, {}};
  if (node.kind == NodeKind::categorical || node.kind == NodeKind::ordered) symbol.choices = node.labels;
  if (node.kind == NodeKind::torus) symbol.components = {"u", "v"};
  if (node.kind == NodeKind::composition) symbol.components = node.labels;
  return symbol;
}

class Variables final : public VariableSpace {
 public:
  Variables(std::vector<Variable> variables, std::vector<KnownConstraint> constraints)
      : variables_(std::move(variables)), constraints_(std::move(constraints)) {
    for (auto const& variable : variables_) conditional_ = conditional_ || !variable.when.empty();
  }

  std::shared_ptr<Node const> next(std::span<std::int64_t const> path) const override {
    auto const layout = lay_out(path);
    return layout.open < variables_.size() ? variables_[layout.open].node : nullptr;
  }

  bool same_questions() const override { return !conditional_; }

  bool allowed(Design const& design) const override {
    if (constraints_.empty()) return true;
    auto const layout = lay_out(design.values);
    return std::ranges::all_of(constraints_, [&](KnownConstraint const& constraint) {
      auto const term = constraint.expression.evaluate(
          [&](std::size_t symbol, std::size_t component) { return term_of(layout, design.values, symbol, component); });
      if (term.kind == Term::Kind::unknown) return true;
      if (term.kind == Term::Kind::number) return term.number <= 0.0;
      return term.kind == Term::Kind::truth ? term.number != 0.0 : term.text == "true";
    });
  }

  Value point(Design const& design) const override {
    auto const layout = lay_out(design.values);
    auto point = Value::object();
    for (std::size_t i = 0; i < variables_.size(); ++i) {
      if (layout.start[i] >= 0)
        point[variables_[i].node->name] = word_of(variables_[i], &design.values[index(layout.start[i])]);
    }
    return point;
  }

 private:
  /// Where each variable's answers start, -1 if it is inactive; `open`: the first that is active and has no answer yet.
  struct Layout {
    std::vector<int> start;
    std::size_t open = 0;
  };
  static std::size_t index(int value) { return static_cast<std::size_t>(value); }

  Layout lay_out(std::span<std::int64_t const> path) const {
    Layout layout{std::vector<int>(variables_.size(), -1), 0};
    int used = 0;
    for (; layout.open < variables_.size(); ++layout.open) {
      auto const& variable = variables_[layout.open];
      if (conditional_ && !variable.when.empty() && !active(variable, layout, path)) continue;
      if (index(used) >= path.size()) break;
      layout.start[layout.open] = used;
      used += variable.node->width();
    }
    return layout;
  }

  bool active(Variable const& variable, Layout const& layout, std::span<std::int64_t const> path) const {
    auto const term = variable.when.evaluate(
        [&](std::size_t symbol, std::size_t component) { return term_of(layout, path, symbol, component); });
    return term.kind == Term::Kind::text ? term.text == "true" : term.kind != Term::Kind::unknown && term.number != 0.0;
  }

  Term term_of(Layout const& layout, std::span<std::int64_t const> path, std::size_t symbol,
               std::size_t component) const {
    if (layout.start[symbol] < 0) return {};
    auto const& variable = variables_[symbol];
    auto const answer = path[index(layout.start[symbol]) + component];
    switch (variable.node->kind) {
      case NodeKind::categorical:
      case NodeKind::ordered: {
        auto const number = variable.numbers[static_cast<std::size_t>(answer)];
        if (!std::isnan(number)) return {Term::Kind::number, number, {}};
        return {Term::Kind::text, 0.0, variable.node->labels[static_cast<std::size_t>(answer)]};
      }
      case NodeKind::torus:
        return {Term::Kind::number, static_cast<double>(answer) / torus_grid, {}};
      case NodeKind::composition:
        return {Term::Kind::number, static_cast<double>(answer), {}};
      case NodeKind::real:
        break;
    }
    return {Term::Kind::number, variable.node->number(answer), {}};
  }

  static Value word_of(Variable const& variable, std::int64_t const* answer) {
    auto const& node = *variable.node;
    if (!variable.words.empty()) return variable.words[static_cast<std::size_t>(answer[0])];
    if (node.kind == NodeKind::torus) {
      return Value::Array{static_cast<double>(answer[0]) / torus_grid, static_cast<double>(answer[1]) / torus_grid};
    }
    if (node.kind == NodeKind::real) return node.number(answer[0]);
    auto counts = Value::object();
    for (std::size_t i = 0; i < node.labels.size(); ++i) counts[node.labels[i]] = answer[i];
    return counts;
  }

  std::vector<Variable> variables_;  ///< every one after those that its condition speaks of
  std::vector<KnownConstraint> constraints_;
  bool conditional_ = false;
};

std::vector<Symbol> symbols_of(std::vector<Variable> const& variables) {
  std::vector<Symbol> symbols;
  for (auto const& variable : variables) symbols.push_back(symbol_of(variable));
  return symbols;
}

/// Puts every variable behind those its condition speaks of, otherwise in the order of the file.
/// @return positions in the file
std::vector<std::size_t> order_by_conditions(std::vector<std::set<std::size_t>> const& needs, Value const& tables,
                                             std::string const& origin) {
  std::vector<std::size_t> order;
  std::set<std::size_t> placed;
  while (order.size() < needs.size()) {
    auto const before = order.size();
    for (std::size_t i = 0; i < needs.size() && order.size() == before; ++i) {
      if (placed.contains(i) || !std::ranges::includes(placed, needs[i])) continue;
      order.push_back(i);
      placed.insert(i);
    }
    if (order.size() > before) continue;
    std::size_t stuck = 0;
    while (placed.contains(stuck)) ++stuck;
    auto const& table = tables.as_array()[stuck];
    input_error(place(origin, table, concat("variable '", table.at("name").as_string(), "'")),
                "its 'when' depends on itself (in a circle); break the circle");
  }
  return order;
}

Expression parse_at(Value const& table, Value const& text, std::string const& what, std::string const& origin,
                    std::vector<Symbol> const& symbols) {
  return at_place(place(origin, table, what), [&] {
    require(text.as_string().size() <= 10'000, "expression longer than 10000 bytes");
    return Expression::parse(text.as_string(), symbols);
  });
}

/// The expression of `key` in each table, over variables in the order of `symbols`.
std::vector<Expression> conditions(Value const& tables, std::vector<Symbol> const& symbols, std::string const& origin) {
  std::vector<Expression> result;
  for (auto const& table : tables.as_array()) {
    auto const* when = table.find("when");
    auto const what = concat("variable '", table.at("name").as_string(), "'");
    result.push_back(when ? parse_at(table, *when, what, origin, symbols) : Expression());
  }
  return result;
}

std::vector<KnownConstraint> read_constraints(Value const& tables, std::vector<Symbol> const& symbols,
                                              std::string const& origin) {
  std::vector<KnownConstraint> constraints;
  if (tables.is_null()) return constraints;
  for (auto const& table : tables.as_array()) {
    auto const* name = table.find("name");
    auto const what = name && name->is_string() ? concat("constraint '", name->as_string(), "'") : "constraint";
    check_keys(table, {"name", "kind", "expression"}, what, origin);
    auto const& text = at_place(place(origin, table, what), [&]() -> Value const& { return table.at("expression"); });
    constraints.push_back({name ? name->as_string() : "", parse_at(table, text, what, origin, symbols)});
  }
  return constraints;
}

}  // namespace

VariableSpace::~VariableSpace() = default;

void check_keys(Value const& table, std::initializer_list<std::string_view> known, std::string const& what,
                std::string const& origin) {
  std::vector<std::string> const names(known.begin(), known.end());
  for (auto const& [key, value] : table.as_object()) {
    if (std::ranges::find(names, key) != names.end()) continue;
    auto const line = value.line > 0 ? concat(", line ", value.line) : std::string();
    input_error("unknown key '", key, "' of ", what, " in '", origin, "'", line, did_you_mean(key, names));
  }
}

std::shared_ptr<VariableSpace const> make_variable_space(Value const& variables, Value const& constraints,
                                                         std::string const& origin) {
  require(variables.is_array() && variables.size() > 0, "'", origin,
          "' has no variables (needs at least one [[variable]])");
  std::vector<Variable> read;
  std::set<std::string> names;
  for (auto const& table : variables.as_array()) {
    read.push_back(read_variable(table, origin));
    auto const& name = read.back().node->name;
    require(names.insert(name).second, place(origin, table, concat("variable '", name, "'")), "its name is used twice");
  }
  std::vector<std::set<std::size_t>> needs;
  for (auto const& when : conditions(variables, symbols_of(read), origin)) {
    auto const symbols = when.symbols();
    needs.emplace_back(symbols.begin(), symbols.end());
  }
  auto const order = order_by_conditions(needs, variables, origin);
  std::vector<Variable> ordered;
  auto tables = Value::array();
  for (auto const position : order) {
    ordered.push_back(std::move(read[position]));
    tables.push_back(variables.as_array()[position]);
  }
  auto const symbols = symbols_of(ordered);
  auto whens = conditions(tables, symbols, origin);
  for (std::size_t i = 0; i < ordered.size(); ++i) ordered[i].when = std::move(whens[i]);
  return std::make_shared<Variables const>(std::move(ordered), read_constraints(constraints, symbols, origin));
}

}  // namespace nacre
