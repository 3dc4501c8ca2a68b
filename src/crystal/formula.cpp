#include "nacre/crystal/formula.hpp"

#include <algorithm>
#include <cmath>

#include "nacre/core/error.hpp"
#include "nacre/core/text.hpp"
#include "nacre/crystal/elements.hpp"

namespace nacre {
namespace {

/// Recursive descent over  group = { (symbol | "(" group ")") [amount] }.
class FormulaReader {
 public:
  explicit FormulaReader(std::string_view text) : text_(text) {}

  SymbolAmounts read() {
    auto const amounts = group(0);
    if (place_ != text_.size() || amounts.empty()) fail();
    return amounts;
  }

 private:
  [[noreturn]] void fail() const {
    input_error("malformed formula '", std::string(text_), "' (element symbols with amounts expected, such as SrTiO3)");
  }
  char next() const { return place_ < text_.size() ? text_[place_] : '\0'; }
  static bool is_upper(char c) { return c >= 'A' && c <= 'Z'; }
  static bool is_lower(char c) { return c >= 'a' && c <= 'z'; }

  SymbolAmounts group(int depth) {
    if (depth > 20) fail();
    SymbolAmounts sum;
    while (is_upper(next()) || next() == '(') {
      auto part = next() == '(' ? parenthesis(depth) : SymbolAmounts{{element(), 1.0}};
      double const factor = amount();
      for (auto const& [symbol, count] : part) add(sum, symbol, factor * count);
    }
    return sum;
  }
  SymbolAmounts parenthesis(int depth) {
    ++place_;
    auto part = group(depth + 1);
    if (next() != ')') fail();
    ++place_;
    return part;
  }
  std::string element() {
    auto const start = place_++;
    while (is_lower(next())) ++place_;
    return std::string(text_.substr(start, place_ - start));
  }
  double amount() {
    auto const start = place_;
    while ((next() >= '0' && next() <= '9') || next() == '.') ++place_;
    if (place_ == start) return 1.0;
    auto const value = parse_double(text_.substr(start, place_ - start));
    if (!value || !(*value > 0.0) || !std::isfinite(*value)) fail();
    return *value;
  }
  static void add(SymbolAmounts& sum, std::string const& symbol, double count) {
    for (auto& [known, total] : sum) {
      if (known != symbol) continue;
      total += count;
      return;
    }
    sum.emplace_back(symbol, count);
  }

  std::string_view text_;
  std::size_t place_ = 0;
};

}  // namespace

SymbolAmounts parse_symbols(std::string_view formula) { return FormulaReader(formula).read(); }

std::vector<std::pair<int, double>> parse_formula(std::string_view formula) {
  std::vector<std::pair<int, double>> amounts;
  for (auto const& [symbol, count] : parse_symbols(formula)) {
    amounts.emplace_back(require_atomic_number(symbol, concat("formula '", std::string(formula), "'")), count);
  }
  return amounts;
}

}  // namespace nacre
