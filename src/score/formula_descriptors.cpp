#include "nacre/score/formula_descriptors.hpp"

#include <algorithm>
#include <cmath>
#include <limits>
#include <optional>

#include "nacre/core/error.hpp"
#include "nacre/core/text.hpp"
#include "nacre/crystal/elements.hpp"

namespace nacre {
namespace {

using Amounts = std::vector<std::pair<int, double>>;

double value_or_nan(std::optional<double> value) { return value.value_or(std::numeric_limits<double>::quiet_NaN()); }

template <class Property>
double mean_over_atoms(Amounts const& amounts, Property const& property) {
  double sum = 0.0, atoms = 0.0;
  for (auto const& [z, count] : amounts) {
    sum += count * property(z);
    atoms += count;
  }
  return sum / atoms;
}

double electronegativity_of(int z) { return value_or_nan(electronegativity(z)); }
double covalent_of(int z) { return value_or_nan(covalent_radius(z)); }
double van_der_waals_of(int z) { return value_or_nan(van_der_waals_radius(z)); }

std::pair<std::size_t, std::size_t> least_and_most(Amounts const& amounts) {
  std::size_t least = 0, most = 0;
  for (std::size_t i = 1; i < amounts.size(); ++i) {
    if (electronegativity_of(amounts[i].first) < electronegativity_of(amounts[least].first)) least = i;
    if (electronegativity_of(amounts[i].first) > electronegativity_of(amounts[most].first)) most = i;
  }
  return {least, most};
}

}  // namespace

std::vector<std::string> const& formula_descriptor_names() {
  static std::vector<std::string> const names{
      "electronegativity_mean", "electronegativity_anion", "electronegativity_cation",
      "covalent_radius_mean_A", "covalent_radius_anion_A", "covalent_radius_cation_A",
      "van_der_waals_anion_A",  "van_der_waals_cation_A",  "mass_mean_u",
      "periodic_group_anion",   "periodic_group_cation",   "anion_share"};
  return names;
}

std::vector<double> formula_descriptors(std::string_view formula) {
  auto const amounts = parse_formula(formula);
  auto const [least, most] = least_and_most(amounts);
  int const cation = amounts[least].first, anion = amounts[most].first;
  double const anion_share = mean_over_atoms(amounts, [&](int z) { return z == anion ? 1.0 : 0.0; });
  return {mean_over_atoms(amounts, electronegativity_of),
          electronegativity_of(anion),
          electronegativity_of(cation),
          mean_over_atoms(amounts, covalent_of),
          covalent_of(anion),
          covalent_of(cation),
          van_der_waals_of(anion),
          van_der_waals_of(cation),
          mean_over_atoms(amounts, atomic_mass),
          static_cast<double>(periodic_group(anion)),
          static_cast<double>(periodic_group(cation)),
          anion_share};
}

std::vector<std::string> formula_parts(std::string_view text) {
  std::string unified = trim(text);
  std::replace_if(
      unified.begin(), unified.end(), [](char c) { return c == '/' || c == '|'; }, '-');
  auto parts = split(unified, '-');
  for (auto& part : parts) part = trim(part);
  return parts;
}

std::vector<double> stack_descriptors(std::string_view text) {
  std::vector<std::vector<double>> parts;
  for (auto const& part : formula_parts(text)) parts.push_back(formula_descriptors(part));
  auto const count = formula_descriptor_names().size();
  std::vector<double> result(2 * count);
  for (std::size_t d = 0; d < count; ++d) {
    double sum = 0.0, low = parts.front()[d], high = low;
    for (auto const& part : parts) {
      sum += part[d];
      low = std::min(low, part[d]);
      high = std::max(high, part[d]);
    }
    result[d] = sum / static_cast<double>(parts.size());
    result[count + d] = std::isnan(sum) ? sum : high - low;
  }
  return result;
}

std::vector<std::string> stack_descriptor_names() {
  auto names = formula_descriptor_names();
  auto const count = names.size();
  for (std::size_t d = 0; d < count; ++d) names.push_back(names[d] + "_spread");
  return names;
}

}  // namespace nacre
