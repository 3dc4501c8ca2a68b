#include <algorithm>
#include <cmath>

#include "nacre/core/error.hpp"
#include "nacre/crystal/symmetry.hpp"
#include "nacre/stack/stack.hpp"

namespace nacre {
namespace {

struct Mean {
  double sum = 0.0, count = 0.0;
  void add(double x) {
    sum += x;
    count += 1.0;
  }
  double value() const { return sum / count; }
};

/// Middle of the two facing planes of every contact, as fractions of the period.
std::vector<double> contact_heights(Stack const& stack, Crystal const& crystal) {
  std::vector<int> lowest, highest;  // plane of each layer
  for (std::size_t i = 0; i < stack.layer.size(); ++i) {
    if (static_cast<std::size_t>(stack.layer[i]) > lowest.size()) {
      lowest.push_back(stack.plane[i]);
      highest.push_back(stack.plane[i]);
    }
    highest.back() = stack.plane[i];
  }
  std::vector<Mean> low(lowest.size()), high(lowest.size());
  for (std::size_t i = 0; i < stack.layer.size(); ++i) {
    auto const layer = static_cast<std::size_t>(stack.layer[i] - 1);
    double const z = crystal.positions(2, static_cast<Eigen::Index>(i));
    if (stack.plane[i] == lowest[layer]) low[layer].add(z);
    if (stack.plane[i] == highest[layer]) high[layer].add(z);
  }
  double const period = crystal.lattice(2, 2);
  std::vector<double> heights;
  for (std::size_t k = 0; k < lowest.size(); ++k) {
    bool const last = k + 1 == lowest.size();
    double const above = last ? low.front().value() + period : low[k + 1].value();
    heights.push_back(0.5 * (high[k].value() + above) / period);
  }
  return heights;
}

}  // namespace

std::vector<ContactMap> equivalent_contacts(Stack const& stack, Crystal const& crystal, double tolerance) {
  Crystal periodic = crystal;
  periodic.periodic = {true, true, true};
  std::vector<SymmetryOperation> operations;
  try {
    operations = find_space_group(periodic, tolerance).operations;
  } catch (InputError const&) {
    return {};  // no group found at this tolerance: nothing is known to be equivalent
  }
  auto const heights = contact_heights(stack, crystal);
  double const slack = 2.0 * tolerance / crystal.lattice(2, 2);
  auto const carries = [&](SymmetryOperation const& s, std::size_t from, std::size_t to) {
    if (s.rotation(2, 0) != 0 || s.rotation(2, 1) != 0) return false;  // it tilts the planes
    double const miss = s.rotation(2, 2) * heights[from] + s.translation.z() - heights[to];
    return std::abs(miss - std::round(miss)) < slack;
  };
  std::vector<ContactMap> maps;
  for (std::size_t to = 1; to < heights.size(); ++to) {
    for (std::size_t from = 0; from < to; ++from) {
      bool const first_of_kind = std::ranges::none_of(maps, [&](auto const& map) { return map.to == from; });
      auto const found = std::ranges::find_if(operations, [&](auto const& s) { return carries(s, from, to); });
      if (!first_of_kind || found == operations.end()) continue;
      maps.push_back({from, to, found->rotation, found->translation});
      break;
    }
  }
  return maps;
}

}  // namespace nacre
