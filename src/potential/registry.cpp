#include "registry.hpp"

#include <Eigen/LU>
#include <algorithm>
#include <cmath>
#include <map>

#include "nacre/core/error.hpp"
#include "nacre/core/text.hpp"
#include "nacre/crystal/elements.hpp"

namespace nacre::detail {
namespace {

double charge(Crystal const& crystal, Eigen::Index i) {
  return crystal.oxidation.empty() ? 0.0 : crystal.oxidation[static_cast<std::size_t>(i)];
}

int number(Crystal const& crystal, Eigen::Index i) { return crystal.numbers[static_cast<std::size_t>(i)]; }

/// Of the ion; without charges that of the atom in a bond.
double radius(Crystal const& crystal, Eigen::Index i) {
  if (charge(crystal, i) == 0.0) return covalent_radius(number(crystal, i)).value_or(1.5);
  return shannon_radius(number(crystal, i), charge(crystal, i));
}

bool is_charged(Crystal const& crystal) {
  return std::any_of(crystal.oxidation.begin(), crystal.oxidation.end(), [](double charge) { return charge != 0.0; });
}

double largest_unlike_sum(Crystal const& crystal, std::vector<Eigen::Index> const& lower,
                          std::vector<Eigen::Index> const& upper) {
  double largest = 0.0;
  for (auto const i : lower) {
    for (auto const j : upper) {
      if (charge(crystal, i) * charge(crystal, j) < 0.0) {
        largest = std::max(largest, radius(crystal, i) + radius(crystal, j));
      }
    }
  }
  return largest;
}

std::vector<Eigen::Index> atoms_of_layer(Stack const& stack, int layer) {
  std::vector<Eigen::Index> atoms;
  for (std::size_t i = 0; i < stack.layer.size(); ++i) {
    if (stack.layer[i] == layer) atoms.push_back(static_cast<Eigen::Index>(i));
  }
  return atoms;
}

/// The middle of the widest gap of sorted numbers within [low, high], the ends counting as numbers.
double widest_gap(std::vector<double> const& sorted, double low, double high) {
  double best = low, width = -1.0, last = low;
  for (double const next : sorted) {
    if (next <= low) continue;
    double const end = std::min(next, high);
    if (end - last > width) {
      width = end - last;
      best = 0.5 * (last + end);
    }
    last = end;
    if (next >= high) return best;
  }
  return high - last > width ? 0.5 * (last + high) : best;
}

/// Distances of unlike pairs (of all pairs where nothing is charged) across a contact over their sum of radii, up to
/// 1.6, by the elements' names. @param offset of the upper layer against where its atoms are written [Å]
std::map<std::string, std::vector<double>> unlike_distances(Crystal const& relaxed,
                                                            std::vector<Eigen::Index> const& lower,
                                                            std::vector<Eigen::Index> const& upper,
                                                            Eigen::Vector3d const& offset) {
  std::map<std::string, std::vector<double>> ratios;
  Eigen::Matrix2d const cell = relaxed.lattice.topLeftCorner<2, 2>(), inverse = cell.inverse();
  bool const charged = is_charged(relaxed);
  for (auto const i : lower) {
    for (auto const j : upper) {
      if (charged && charge(relaxed, i) * charge(relaxed, j) >= 0.0) continue;
      double const sum = radius(relaxed, i) + radius(relaxed, j), reach = 1.6 * sum;
      Eigen::Vector3d const r = relaxed.positions.col(j) + offset - relaxed.positions.col(i);
      if (std::abs(r.z()) > reach) continue;
      Eigen::Vector2d f = inverse * r.head<2>();
      f -= f.array().round().matrix();
      int const na = static_cast<int>(reach * inverse.row(0).norm() + 0.5),
                nb = static_cast<int>(reach * inverse.row(1).norm() + 0.5);
      auto& list = ratios[std::string(symbol(number(relaxed, i))) + "-" + std::string(symbol(number(relaxed, j)))];
      for (int a = -na; a <= na; ++a) {
        for (int b = -nb; b <= nb; ++b) {
          double const d = std::hypot((cell * (f + Eigen::Vector2d(a, b))).norm(), r.z());
          if (d <= reach) list.push_back(d / sum);
        }
      }
    }
  }
  return ratios;
}

std::string fingerprint(std::map<std::string, std::vector<double>> distances) {
  std::vector<std::string> parts;
  for (auto& [elements, ratios] : distances) {
    std::sort(ratios.begin(), ratios.end());
    double const limit = widest_gap(ratios, 1.1, 1.6);
    auto const near = std::count_if(ratios.begin(), ratios.end(), [&](double r) { return r < limit; });
    if (near > 0) parts.push_back(concat(elements, ":", near));
  }
  return join(parts, " ");
}

}  // namespace

FacingPlanes facing_planes(Stack const& stack) {
  int highest = -1, lowest = -1;
  for (std::size_t i = 0; i < stack.layer.size(); ++i) {
    if (stack.layer[i] == 1)
      highest = std::max(highest, stack.plane[i]);
    else if (lowest < 0 || stack.plane[i] < lowest)
      lowest = stack.plane[i];
  }
  FacingPlanes planes;
  for (std::size_t i = 0; i < stack.layer.size(); ++i) {
    if (stack.layer[i] == 1 && stack.plane[i] == highest) planes.lower.push_back(static_cast<Eigen::Index>(i));
    if (stack.layer[i] == 2 && stack.plane[i] == lowest) planes.upper.push_back(static_cast<Eigen::Index>(i));
  }
  return planes;
}

double z_separation(FacingPlanes const& planes, Crystal const& relaxed) {
  auto mean = [&](std::vector<Eigen::Index> const& atoms) {
    double sum = 0.0;
    for (auto const i : atoms) sum += relaxed.positions(2, i);
    return sum / static_cast<double>(atoms.size());
  };
  return mean(planes.upper) - mean(planes.lower);
}

Eigen::Vector2d relaxed_shift(Stack const& stack, Crystal const& relaxed) {
  Eigen::Vector2d moved[2] = {Eigen::Vector2d::Zero(), Eigen::Vector2d::Zero()};
  double count[2] = {0.0, 0.0};
  for (std::size_t i = 0; i < stack.layer.size(); ++i) {
    auto const column = static_cast<Eigen::Index>(i);
    int const layer = stack.layer[i] - 1;
    moved[layer] += (relaxed.positions.col(column) - stack.crystal.positions.col(column)).head<2>();
    count[layer] += 1.0;
  }
  Eigen::Vector2d shift = stack.contacts[0].shift + stack.contacts[0].shift_cell.inverse() * (moved[1] / count[1] - moved[0] / count[0]);
  for (double& s : shift) {
    s -= std::floor(s);
    if (s >= 1.0) s = 0.0;  // a tiny negative number rounds up to 1
  }
  return shift;
}

double bonding_limit(Stack const& stack, FacingPlanes const& planes) {
  double const facing = largest_unlike_sum(stack.crystal, planes.lower, planes.upper);
  return 1.5 * (facing > 0.0 ? facing
                             : largest_unlike_sum(stack.crystal, atoms_of_layer(stack, 1), atoms_of_layer(stack, 2)));
}

std::string registry_fingerprint(Stack const& stack, Crystal const& relaxed) {
  return fingerprint(unlike_distances(relaxed, atoms_of_layer(stack, 1), atoms_of_layer(stack, 2), {0.0, 0.0, 0.0}));
}

std::string superlattice_fingerprint(Stack const& stack, Crystal const& relaxed) {
  auto const lower = atoms_of_layer(stack, 1), upper = atoms_of_layer(stack, 2);
  auto const first = fingerprint(unlike_distances(relaxed, lower, upper, {0.0, 0.0, 0.0}));
  auto const closing = fingerprint(unlike_distances(relaxed, lower, upper, -relaxed.lattice.col(2)));
  return first < closing ? concat(first, " / ", closing) : concat(closing, " / ", first);
}

}  // namespace nacre::detail
