#include "nacre/stack/layer_charge.hpp"

#include <algorithm>
#include <cmath>
#include <map>

#include "nacre/core/error.hpp"
#include "nacre/core/text.hpp"
#include "nacre/core/units.hpp"
#include "nacre/core/value.hpp"
#include "nacre/crystal/elements.hpp"

namespace nacre {
namespace {

constexpr double neutral = 1e-6;   // [e]
constexpr double ambiguous = 0.2;  // difference of two distances from high-spin moments [Bohr magnetons]

/// Electrons of the open shell of an ion, and how many it holds; nothing for ions without one.
std::optional<std::pair<int, int>> open_shell(int number, int charge) {
  for (auto const& [core, first, last, size] : {std::tuple(18, 21, 30, 10), std::tuple(36, 39, 48, 10),
                                                std::tuple(54, 57, 71, 14), std::tuple(68, 72, 80, 10)}) {
    if (number < first || number > last) continue;
    int const electrons = number - core - charge;
    if (electrons < 0 || electrons > size) return {};
    return std::pair(electrons, size);
  }
  return {};
}

std::optional<double> high_spin_moment(int number, int charge) {
  auto const shell = open_shell(number, charge);
  if (!shell) return {};
  return std::min(shell->first, shell->second - shell->first);
}

struct States {
  std::vector<int> common, all;
};

States states_of(int number) {
  static Value const table = [] {
    auto const path = data_file("oxidation_states.json");
    return Value::parse_json(read_file(path), path.string()).at("states");
  }();
  auto const* entry = table.find(symbol(number));
  require(entry, "no charge states of ", symbol(number), " are known (data/oxidation_states.json)");
  States states;
  for (auto const& charge : entry->at("common").as_array())
    states.common.push_back(static_cast<int>(charge.as_integer()));
  states.all = states.common;
  for (auto const& charge : entry->at("other").as_array()) states.all.push_back(static_cast<int>(charge.as_integer()));
  return states;
}

/// Charge states with an open shell, by how far their high-spin moment is from this one.
std::vector<std::pair<double, int>> by_distance(int number, std::vector<int> const& states, double moment) {
  std::vector<std::pair<double, int>> found;
  for (int const charge : states) {
    auto const spin = high_spin_moment(number, charge);
    if (spin && charge > 0) found.emplace_back(std::abs(std::abs(moment) - *spin), charge);
  }
  std::ranges::stable_sort(found, {}, [](auto const& entry) { return entry.first; });
  return found;
}

/// Common states first; the others where no common one is near.
double charge_of(int number, double moment) {
  auto const states = states_of(number);
  auto near = by_distance(number, states.common, moment);
  if (!near.empty() && near.front().first > 0.6) near = by_distance(number, states.all, moment);
  if (near.empty()) return states.common.front();
  require(near.size() == 1 || near[1].first - near[0].first > ambiguous, "moment ", moment, " of ", symbol(number),
          " is as near to charge ", near[0].second, " as to ", near.size() > 1 ? near[1].second : 0,
          " (high spin); give charges instead");
  return near.front().second;
}

}  // namespace

LayerCharges layer_charges(Layering const& layering, Eigen::VectorXd const& charges) {
  require(static_cast<std::size_t>(charges.size()) == layering.layer.size(), charges.size(), " charges for ",
          layering.layer.size(), " atoms (one for each)");
  LayerCharges result;
  for (int const number : layering.order) {
    double sum = 0.0;
    for (std::size_t i = 0; i < layering.layer.size(); ++i) {
      if (layering.layer[i] == number) sum += charges[static_cast<Eigen::Index>(i)];
    }
    result.charge.push_back(sum);
    result.total += sum;
  }
  if (std::abs(result.total) > neutral) {
    result.reason = "charged";
  } else if (layering.period > 0.0 && !layering.has_vacuum()) {
    result.reason = "no_vacuum";
  } else {
    double const middle = 0.5 * (layering.height.minCoeff() + layering.height.maxCoeff());
    result.dipole = (charges.array() * (layering.height.array() - middle)).sum();
    result.step = 4.0 * units::pi * units::coulomb_eV_A * *result.dipole / layering.area;
  }
  return result;
}

Eigen::VectorXd charges_from_moments(Crystal const& crystal, Eigen::VectorXd const& moments) {
  require(static_cast<std::size_t>(moments.size()) == crystal.size(), moments.size(), " moments for ", crystal.size(),
          " atoms (one for each)");
  Eigen::VectorXd charges(moments.size());
  for (Eigen::Index i = 0; i < moments.size(); ++i)
    charges[i] = charge_of(crystal.numbers[static_cast<std::size_t>(i)], moments[i]);
  return charges;
}

}  // namespace nacre
