/// Conditions of SPACE.toml: comparisons of variables with literals (and with each other), and, or, not, arithmetic.
///
/// A variable may be absent from a point. What is computed from an absent variable is unknown, and logic is Kleene's:
/// "unknown or true" is true, "unknown and false" is false, "not unknown" is unknown.
#pragma once

#include <cstdint>
#include <functional>
#include <memory>
#include <string>
#include <string_view>
#include <vector>

namespace nacre::detail {

/// A value met in an expression.
struct Term {
  enum class Kind : std::uint8_t { unknown, truth, number, text } kind = Kind::unknown;
  double number = 0.0;  ///< truth: 0 or 1
  std::string_view text;
};

/// What a name may stand for.
struct Symbol {
  std::string name;
  std::vector<std::string> choices;     ///< of a categorical variable: texts compared with it must be among them
  std::vector<std::string> components;  ///< "u", "v"; species: NAME.component; empty: the variable itself
};

struct ExpressionNode;

class Expression {
 public:
  Expression();
  Expression(Expression&&) noexcept;
  Expression& operator=(Expression&&) noexcept;
  ~Expression();
  /// @throws InputError with the column and, for names, a suggestion
  static Expression parse(std::string_view text, std::vector<Symbol> const& symbols);
  bool empty() const { return !root_; }
  /// Indices into the symbols, increasing.
  std::vector<std::size_t> symbols() const;
  /// @param lookup (symbol, component) -> its value, unknown if it is absent
  Term evaluate(std::function<Term(std::size_t, std::size_t)> const& lookup) const;

 private:
  std::unique_ptr<ExpressionNode> root_;
};

}  // namespace nacre::detail
