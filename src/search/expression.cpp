#include "expression.hpp"

#include <algorithm>
#include <array>
#include <cctype>
#include <cmath>
#include <set>

#include "nacre/core/error.hpp"
#include "nacre/core/text.hpp"

namespace nacre::detail {

enum class Operator : std::uint8_t {
  literal,
  variable,
  either,
  both,
  negation,
  equal,
  unequal,
  less,
  at_most,
  greater,
  at_least,
  member,
  plus,
  minus,
  times,
  divided,
  power,
  opposite,
  absolute,
  root,
  exponential,
  logarithm,
  sine,
  cosine,
  smallest,
  largest,
};

struct ExpressionNode {
  Operator op = Operator::literal;
  std::size_t symbol = 0, component = 0;
  Term::Kind kind = Term::Kind::number;  ///< of a literal
  double number = 0.0;
  std::string text;
  std::vector<ExpressionNode> children;
};

namespace {

using Lookup = std::function<Term(std::size_t, std::size_t)>;

Term truth(bool value) { return {Term::Kind::truth, value ? 1.0 : 0.0, {}}; }
Term number(double value) { return {Term::Kind::number, value, {}}; }

/// What a term means where true or false is asked for; a text is true if it is "true".
Term as_truth(Term const& term) {
  if (term.kind == Term::Kind::number) return truth(term.number != 0.0);
  if (term.kind == Term::Kind::text) return truth(term.text == "true");
  return term;
}

Term compare(Operator op, Term const& a, Term const& b) {
  if (a.kind == Term::Kind::unknown || b.kind == Term::Kind::unknown) return {};
  bool const texts = a.kind == Term::Kind::text || b.kind == Term::Kind::text;
  if (texts) {
    bool const same = a.kind == b.kind && a.text == b.text;
    return truth(op == Operator::equal ? same : op == Operator::unequal && !same);
  }
  switch (op) {
    case Operator::equal:
      return truth(a.number == b.number);
    case Operator::unequal:
      return truth(a.number != b.number);
    case Operator::less:
      return truth(a.number < b.number);
    case Operator::at_most:
      return truth(a.number <= b.number);
    case Operator::greater:
      return truth(a.number > b.number);
    default:
      return truth(a.number >= b.number);
  }
}

double compute(Operator op, std::vector<double> const& x) {
  switch (op) {
    case Operator::plus:
      return x[0] + x[1];
    case Operator::minus:
      return x[0] - x[1];
    case Operator::times:
      return x[0] * x[1];
    case Operator::divided:
      return x[0] / x[1];
    case Operator::power:
      return std::pow(x[0], x[1]);
    case Operator::opposite:
      return -x[0];
    case Operator::absolute:
      return std::abs(x[0]);
    case Operator::root:
      return std::sqrt(x[0]);
    case Operator::exponential:
      return std::exp(x[0]);
    case Operator::logarithm:
      return std::log(x[0]);
    case Operator::sine:
      return std::sin(x[0]);
    case Operator::cosine:
      return std::cos(x[0]);
    case Operator::smallest:
      return *std::ranges::min_element(x);
    default:
      return *std::ranges::max_element(x);
  }
}

Term evaluate_node(ExpressionNode const& node, Lookup const& lookup);

/// Kleene's and (`absorbing` false) and or (true).
Term combine(ExpressionNode const& node, bool absorbing, Lookup const& lookup) {
  bool unknown = false;
  for (auto const& child : node.children) {
    auto const term = as_truth(evaluate_node(child, lookup));
    if (term.kind == Term::Kind::unknown) {
      unknown = true;
    } else if ((term.number != 0.0) == absorbing) {
      return truth(absorbing);
    }
  }
  return unknown ? Term{} : truth(!absorbing);
}

Term evaluate_member(ExpressionNode const& node, Lookup const& lookup) {
  auto const value = evaluate_node(node.children[0], lookup);
  if (value.kind == Term::Kind::unknown) return {};
  for (std::size_t i = 1; i < node.children.size(); ++i) {
    if (compare(Operator::equal, value, evaluate_node(node.children[i], lookup)).number != 0.0) return truth(true);
  }
  return truth(false);
}

Term evaluate_arithmetic(ExpressionNode const& node, Lookup const& lookup) {
  std::vector<double> arguments;
  for (auto const& child : node.children) {
    auto const term = evaluate_node(child, lookup);
    if (term.kind == Term::Kind::unknown) return {};
    arguments.push_back(term.kind == Term::Kind::text ? std::nan("") : term.number);
  }
  return number(compute(node.op, arguments));
}

Term evaluate_node(ExpressionNode const& node, Lookup const& lookup) {
  switch (node.op) {
    case Operator::literal:
      return {node.kind, node.number, node.text};
    case Operator::variable:
      return lookup(node.symbol, node.component);
    case Operator::either:
      return combine(node, true, lookup);
    case Operator::both:
      return combine(node, false, lookup);
    case Operator::negation: {
      auto const term = as_truth(evaluate_node(node.children[0], lookup));
      return term.kind == Term::Kind::unknown ? term : truth(term.number == 0.0);
    }
    case Operator::member:
      return evaluate_member(node, lookup);
    default:
      break;
  }
  if (node.op >= Operator::equal && node.op <= Operator::at_least) {
    return compare(node.op, evaluate_node(node.children[0], lookup), evaluate_node(node.children[1], lookup));
  }
  return evaluate_arithmetic(node, lookup);
}

struct Word {
  std::string_view word;
  Operator op;
};
constexpr std::array comparisons{Word{"==", Operator::equal},   Word{"!=", Operator::unequal},
                                 Word{"<=", Operator::at_most}, Word{">=", Operator::at_least},
                                 Word{"<", Operator::less},     Word{">", Operator::greater}};
constexpr std::array functions{Word{"abs", Operator::absolute},    Word{"sqrt", Operator::root},
                               Word{"exp", Operator::exponential}, Word{"log", Operator::logarithm},
                               Word{"sin", Operator::sine},        Word{"cos", Operator::cosine},
                               Word{"min", Operator::smallest},    Word{"max", Operator::largest}};

ExpressionNode node_of(Operator op, std::vector<ExpressionNode> children) {
  ExpressionNode node;
  node.op = op;
  node.children = std::move(children);
  return node;
}

template <class... Nodes>
ExpressionNode join_nodes(Operator op, Nodes... nodes) {
  std::vector<ExpressionNode> children;
  (children.push_back(std::move(nodes)), ...);
  return node_of(op, std::move(children));
}

/// Recursive descent; `at_` is the next byte.
class Parser {
 public:
  Parser(std::string_view text, std::vector<Symbol> const& symbols) : text_(text), symbols_(symbols) {}

  ExpressionNode whole() {
    auto node = either();
    if (skip(); at_ < text_.size()) fail("unexpected '", text_.substr(at_), "'");
    return node;
  }

 private:
  template <class... Parts>
  [[noreturn]] void fail(Parts const&... parts) const {
    input_error(parts..., " at column ", at_ + 1, " of the expression \"", text_, "\"");
  }
  void skip() {
    while (at_ < text_.size() && std::isspace(static_cast<unsigned char>(text_[at_]))) ++at_;
  }
  static bool letter(char c) { return std::isalpha(static_cast<unsigned char>(c)) || c == '_'; }
  static bool letter_or_digit(char c) { return letter(c) || std::isdigit(static_cast<unsigned char>(c)); }
  bool take(std::string_view symbol) {
    skip();
    if (!text_.substr(at_).starts_with(symbol)) return false;
    auto const end = at_ + symbol.size();
    if (letter(symbol[0]) && end < text_.size() && letter_or_digit(text_[end])) return false;
    at_ = end;
    return true;
  }
  void expect(std::string_view symbol) {
    if (!take(symbol)) fail("expected '", symbol, "'");
  }
  std::string_view identifier() {
    skip();
    auto const start = at_;
    while (at_ < text_.size() && letter_or_digit(text_[at_])) ++at_;
    if (start == at_) fail("expected a name, a number or a text in quotes");
    return text_.substr(start, at_ - start);
  }

  ExpressionNode either() {
    if (++depth_ > 64) fail("expression nested too deeply");
    auto node = both();
    while (take("or")) node = join_nodes(Operator::either, std::move(node), both());
    --depth_;
    return node;
  }
  ExpressionNode both() {
    auto node = negation();
    while (take("and")) node = join_nodes(Operator::both, std::move(node), negation());
    return node;
  }
  ExpressionNode negation() {
    bool odd = false;
    while (take("not")) odd = !odd;
    auto node = comparison();
    return odd ? join_nodes(Operator::negation, std::move(node)) : node;
  }

  /// a < b < c means a < b and b < c.
  ExpressionNode comparison() {
    auto left = sum();
    if (take("in")) return membership(std::move(left));
    auto const before = at_;
    if (take("not")) {
      if (take("in")) return join_nodes(Operator::negation, membership(std::move(left)));
      at_ = before;
    }
    std::vector<ExpressionNode> links;
    for (auto word = find_comparison(); word; word = find_comparison()) {
      auto right = sum();
      check_choice(left, right);
      check_choice(right, left);
      links.push_back(join_nodes(word->op, left, right));
      left = std::move(right);
    }
    if (links.empty()) return left;
    return links.size() == 1 ? std::move(links[0]) : node_of(Operator::both, std::move(links));
  }
  Word const* find_comparison() {
    for (auto const& word : comparisons) {
      if (take(word.word)) return &word;
    }
    return nullptr;
  }
  ExpressionNode membership(ExpressionNode left) {
    std::vector<ExpressionNode> children{std::move(left)};
    bool const square = take("[");
    if (!square) expect("(");
    do {
      children.push_back(sum());
      check_choice(children[0], children.back());
    } while (take(","));
    expect(square ? "]" : ")");
    return node_of(Operator::member, std::move(children));
  }
  void check_choice(ExpressionNode const& variable, ExpressionNode const& literal) const {
    if (variable.op != Operator::variable || literal.op != Operator::literal) return;
    auto const& symbol = symbols_[variable.symbol];
    if (symbol.choices.empty() || literal.kind != Term::Kind::text) return;
    if (std::ranges::find(symbol.choices, literal.text) != symbol.choices.end()) return;
    fail("'", symbol.name, "' has no choice '", literal.text, "'", did_you_mean(literal.text, symbol.choices));
  }

  ExpressionNode sum() {
    auto node = product();
    for (;;) {
      if (take("+")) {
        node = join_nodes(Operator::plus, std::move(node), product());
      } else if (take("-")) {
        node = join_nodes(Operator::minus, std::move(node), product());
      } else {
        return node;
      }
    }
  }
  ExpressionNode product() {
    auto node = signed_power();
    for (;;) {
      if (skip(); text_.substr(at_).starts_with("**")) return node;
      if (take("*")) {
        node = join_nodes(Operator::times, std::move(node), signed_power());
      } else if (take("/")) {
        node = join_nodes(Operator::divided, std::move(node), signed_power());
      } else {
        return node;
      }
    }
  }
  ExpressionNode signed_power() {
    bool odd = false;
    for (;;) {
      if (take("-")) {
        odd = !odd;
      } else if (!take("+")) {
        break;
      }
    }
    auto node = primary();
    if (take("**") || take("^")) {
      if (++depth_ > 64) fail("expression nested too deeply");
      node = join_nodes(Operator::power, std::move(node), signed_power());
      --depth_;
    }
    return odd ? join_nodes(Operator::opposite, std::move(node)) : node;
  }

  ExpressionNode primary() {
    if (take("(")) {
      auto node = either();
      expect(")");
      return node;
    }
    skip();
    char const next = at_ < text_.size() ? text_[at_] : '\0';
    if (next == '\'' || next == '"') return quoted(next);
    if (std::isdigit(static_cast<unsigned char>(next)) || next == '.') return numeric();
    return named();
  }
  ExpressionNode quoted(char quote) {
    auto const end = text_.find(quote, at_ + 1);
    if (end == std::string_view::npos) fail("text without its closing quote");
    ExpressionNode node;
    node.kind = Term::Kind::text;
    node.text = text_.substr(at_ + 1, end - at_ - 1);
    at_ = end + 1;
    return node;
  }
  ExpressionNode numeric() {
    auto end = at_;
    while (end < text_.size() && (letter_or_digit(text_[end]) || text_[end] == '.' ||
                                  ((text_[end] == '-' || text_[end] == '+') && std::tolower(text_[end - 1]) == 'e'))) {
      ++end;
    }
    auto const value = parse_double(text_.substr(at_, end - at_));
    if (!value) fail("invalid number '", text_.substr(at_, end - at_), "'");
    at_ = end;
    ExpressionNode node;
    node.number = *value;
    return node;
  }
  ExpressionNode named() {
    auto const start = at_;
    auto const name = identifier();
    if (name == "true" || name == "false") {
      ExpressionNode node;
      node.kind = Term::Kind::text;
      node.text = name;
      return node;
    }
    auto const symbol = std::ranges::find(symbols_, name, &Symbol::name);
    if (symbol != symbols_.end()) return variable(*symbol);
    for (auto const& function : functions) {
      if (name == function.word && take("(")) return call(function);
    }
    at_ = start;
    std::vector<std::string> known;
    for (auto const& one : symbols_) known.push_back(one.name);
    fail("unknown variable '", name, "'", did_you_mean(name, known));
  }
  ExpressionNode variable(Symbol const& symbol) {
    ExpressionNode node;
    node.op = Operator::variable;
    node.symbol = static_cast<std::size_t>(&symbol - symbols_.data());
    if (symbol.components.empty()) return node;
    if (!take(".")) fail("'", symbol.name, "' has several values, write ", symbol.name, ".", symbol.components[0]);
    auto const component = identifier();
    auto const found = std::ranges::find(symbol.components, component);
    if (found == symbol.components.end()) {
      fail("'", symbol.name, "' has no '", component, "'", did_you_mean(component, symbol.components));
    }
    node.component = static_cast<std::size_t>(found - symbol.components.begin());
    return node;
  }
  ExpressionNode call(Word const& function) {
    std::vector<ExpressionNode> arguments;
    do {
      arguments.push_back(either());
    } while (take(","));
    expect(")");
    bool const many = function.op == Operator::smallest || function.op == Operator::largest;
    if (!many && arguments.size() != 1) fail("'", function.word, "' takes one argument");
    return node_of(function.op, std::move(arguments));
  }

  std::string_view text_;
  std::vector<Symbol> const& symbols_;
  std::size_t at_ = 0;
  int depth_ = 0;
};

void collect(ExpressionNode const& node, std::set<std::size_t>& found) {
  if (node.op == Operator::variable) found.insert(node.symbol);
  for (auto const& child : node.children) collect(child, found);
}

}  // namespace

Expression::Expression() = default;
Expression::Expression(Expression&&) noexcept = default;
Expression& Expression::operator=(Expression&&) noexcept = default;
Expression::~Expression() = default;

Expression Expression::parse(std::string_view text, std::vector<Symbol> const& symbols) {
  Expression expression;
  expression.root_ = std::make_unique<ExpressionNode>(Parser(text, symbols).whole());
  return expression;
}

std::vector<std::size_t> Expression::symbols() const {
  std::set<std::size_t> found;
  if (root_) collect(*root_, found);
  return {found.begin(), found.end()};
}

Term Expression::evaluate(Lookup const& lookup) const { return root_ ? evaluate_node(*root_, lookup) : truth(true); }

}  // namespace nacre::detail
