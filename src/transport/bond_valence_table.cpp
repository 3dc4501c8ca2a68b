#include <cstdlib>
#include <utility>

#include "bond_valence_table.hpp"
#include "nacre/core/error.hpp"
#include "nacre/core/text.hpp"
#include "nacre/crystal/elements.hpp"
#include "nacre/transport/bond_valence.hpp"

namespace nacre {
namespace {

constexpr int largest_charge = 9;

struct Row {
  Ion cation, anion;
  BondValencePair pair;
};

/// The lines of data/NAME as numbers, element symbols as atomic numbers; comments and the header are left out.
std::vector<std::vector<double>> read_table(std::string const& name, std::size_t fields) {
  auto const path = data_file(name);
  auto const lines = split(read_file(path), '\n');
  std::vector<std::vector<double>> rows;
  bool header = true;
  for (std::size_t i = 0; i < lines.size(); ++i) {
    if (lines[i].empty() || lines[i].front() == '#') continue;
    if (std::exchange(header, false)) continue;
    auto const place = concat("'", path.string(), "' line ", i + 1);
    auto const words = split(lines[i], ',');
    require(words.size() == fields, "found ", words.size(), " fields in ", place, " (", fields, " expected)");
    auto& row = rows.emplace_back();
    for (auto const& word : words) {
      auto const number = parse_double(word);
      row.push_back(number ? *number : static_cast<double>(require_atomic_number(word, place)));
    }
  }
  return rows;
}

std::vector<Row> read_pairs() {
  std::vector<Row> rows;
  for (auto const& f : read_table("softbv_pairs.csv", 8))
    rows.push_back({{static_cast<int>(f[0]), static_cast<int>(f[1])},
                    {static_cast<int>(f[2]), static_cast<int>(f[3])},
                    {f[4], f[5], f[6], f[7]}});
  return rows;
}

std::vector<Row> const& pairs() {
  static std::vector<Row> const table = read_pairs();
  return table;
}

bool same(Ion a, Ion b) { return a.number == b.number && a.charge == b.charge; }

Row const* find_row(Ion a, Ion b) {
  if (a.charge < b.charge) std::swap(a, b);
  for (auto const& row : pairs())
    if (same(row.cation, a) && same(row.anion, b)) return &row;
  return nullptr;
}

/// " (it has Ti with O2-: 3+, 4+)": the charges of b's element that the table has for `a`, else a's other partners.
std::string known_partners(Ion a, Ion b) {
  std::string charges, partners, own;
  for (auto const& row : pairs()) {
    bool const first = a.charge > 0;
    Ion const mine = first ? row.cation : row.anion, other = first ? row.anion : row.cation;
    if (mine.number == a.number && !same(mine, a) && same(other, b)) own += (own.empty() ? "" : ", ") + to_string(mine);
    if (!same(mine, a)) continue;
    partners += (partners.empty() ? "" : ", ") + to_string(other);
    if (other.number == b.number) charges += (charges.empty() ? "" : ", ") + to_string(other);
  }
  if (!charges.empty()) return concat("the table has ", to_string(a), " with ", charges);
  if (!own.empty()) return concat("the table has ", to_string(b), " with ", own);
  if (!partners.empty() && partners.size() < 120) return concat("the table has ", to_string(a), " with ", partners);
  return concat("the table has ", partners.empty() ? "no row for " : "other partners of ", to_string(a));
}

}  // namespace

Ion parse_ion(std::string_view text) {
  auto const trimmed = trim(text);
  auto const letters = trimmed.find_first_of("+-0123456789");
  auto const tail = letters == std::string::npos ? std::string() : trimmed.substr(letters);
  bool const sign = !tail.empty() && (tail.back() == '+' || tail.back() == '-');
  auto const digits = sign ? tail.substr(0, tail.size() - 1) : std::string();
  auto const charge = digits.empty() ? std::optional<std::int64_t>(1) : parse_integer(digits);
  bool const plain = digits.find_first_not_of("0123456789") == std::string::npos;
  require(sign && plain && charge && *charge >= 1 && *charge <= largest_charge, "unreadable ion '", text,
          "' (an element, its charge and the sign, up to ", largest_charge, "); write O2-, Li+ or Li1+");
  int const number = require_atomic_number(trimmed.substr(0, letters), concat("ion '", text, "'"));
  return {number, static_cast<int>(tail.back() == '+' ? *charge : -*charge)};
}

std::string to_string(Ion ion) { return concat(symbol(ion.number), std::abs(ion.charge), ion.charge < 0 ? '-' : '+'); }

std::optional<BondValencePair> find_bond_valence_pair(Ion a, Ion b) {
  auto const* row = find_row(a, b);
  return row && row->pair.alpha > 0.0 ? std::optional(row->pair) : std::nullopt;
}

BondValencePair require_bond_valence_pair(Ion a, Ion b) {
  auto const* row = find_row(a, b);
  require(row, "no bond-valence parameters of ", to_string(a), " with ", to_string(b),
          " (data/softbv_pairs.csv: ", row ? "" : known_partners(a, b), "); check the oxidation states");
  require(row->pair.alpha > 0.0, "unusable bond-valence parameters of ", to_string(a), " with ", to_string(b),
          " (alpha=", row->pair.alpha, " in data/softbv_pairs.csv has no minimum); take another ion");
  return row->pair;
}

namespace detail {

BondValenceElement const& bond_valence_element(int number) {
  static std::vector<BondValenceElement> const table = [] {
    std::vector<BondValenceElement> rows;
    for (auto const& f : read_table("softbv_elements.csv", 3)) rows.push_back({static_cast<int>(f[0]), f[1], f[2]});
    return rows;
  }();
  for (auto const& element : table)
    if (element.number == number) return element;
  input_error("no covalent radius of '", symbol(number), "' (data/softbv_elements.csv does not have it); take another ",
              "crystal");
}

}  // namespace detail
}  // namespace nacre
