#include "nacre/stack/slab.hpp"

#include <Eigen/LU>
#include <algorithm>
#include <cmath>
#include <numeric>
#include <tuple>

#include "nacre/core/error.hpp"
#include "nacre/crystal/elements.hpp"
#include "repeat.hpp"

namespace nacre {

using detail::find_repeat;
using detail::image_of_plane;
using detail::Member;
using detail::Repeat;

namespace {

constexpr double plane_tolerance = 0.05;   ///< heights in one atomic plane [Å]
constexpr double polar_limit = 1e-6;       ///< bound sheet charge of a neutral face [e/Å^2], definitions.md 4
constexpr double charge_tolerance = 1e-6;  ///< of a sum of formal charges [e]

double mean_height(std::vector<Member> const& members) {
  double sum = 0.0;
  for (auto const& m : members) sum += m.height;
  return sum / static_cast<double>(members.size());
}

/// The atoms by height, cut where successive heights are farther apart than the tolerance, going round the repeat.
std::vector<std::vector<Member>> group_by_height(std::vector<Member> atoms, double tolerance) {
  std::ranges::sort(atoms, {}, [](Member const& m) { return std::tuple(m.height, m.atom); });
  std::size_t const n = atoms.size();
  std::size_t start = 0;  // the first atom after a gap
  for (std::size_t i = n; i-- > 0;) {
    double const below = i > 0 ? atoms[i - 1].height : atoms[n - 1].height - 1.0;
    if (atoms[i].height - below > tolerance) start = i;
  }
  std::vector<std::vector<Member>> groups;
  for (std::size_t k = 0; k < n; ++k) {
    Member m = atoms[(start + k) % n];
    if (start + k >= n) m.height += 1.0;
    if (groups.empty() || m.height - groups.back().back().height > tolerance) groups.emplace_back();
    groups.back().push_back(m);
  }
  return groups;
}

}  // namespace

Repeat detail::find_repeat(PlaneLattice const& plane) {
  auto const x = plane.coordinates();
  std::vector<Member> atoms;
  for (int i = 0; i < x.cols(); ++i) atoms.push_back({i, x(2, i) - std::floor(x(2, i))});

  Repeat repeat;
  repeat.planes = group_by_height(atoms, plane_tolerance / plane.spacing);
  double const nearly_zero = 0.5 * plane_tolerance / plane.spacing;  // noise must not send a plane at 0 to the top
  for (auto& members : repeat.planes) {
    double const down = std::floor(mean_height(members) + nearly_zero);
    for (auto& m : members) m.height -= down;
    std::ranges::sort(members, {}, &Member::atom);
  }
  std::ranges::sort(repeat.planes, {}, mean_height);
  for (auto const& members : repeat.planes) repeat.heights.push_back(mean_height(members));
  return repeat;
}

double Repeat::height(int index) const {
  int const level = static_cast<int>(std::floor(static_cast<double>(index) / size()));
  return heights[static_cast<std::size_t>(index - level * size())] + level;
}

int detail::image_of_plane(Repeat const& repeat, int index, SymmetryOperation const& operation) {
  double const height = operation.rotation(2, 2) * repeat.height(index) + operation.translation.z();
  auto const distance = [&](double other) { return std::abs(height - other - std::round(height - other)); };
  auto const nearest = std::ranges::min_element(repeat.heights, {}, distance);
  return static_cast<int>(nearest - repeat.heights.begin());
}

bool detail::is_representative(Repeat const& repeat, int first, PlaneLattice const& plane) {
  return std::ranges::none_of(plane.operations, [&](SymmetryOperation const& s) {
    return s.rotation(2, 2) == 1 && image_of_plane(repeat, first, s) < first;
  });
}

namespace {

std::string plane_label(std::map<int, int> const& composition) {
  std::vector<std::pair<int, int>> parts(composition.begin(), composition.end());
  std::ranges::stable_sort(parts, {}, [](auto const& p) { return electronegativity(p.first).value_or(0.0); });
  std::string label;
  for (auto const& [number, count] : parts) {
    label += symbol(number);
    if (count > 1) label += std::to_string(count);
  }
  return label;
}

double charge_of(Crystal const& crystal, int atom) {
  return crystal.oxidation.empty() ? 0.0 : crystal.oxidation[static_cast<std::size_t>(atom)];
}

std::vector<AtomicPlane> describe(Repeat const& repeat, PlaneLattice const& plane) {
  std::vector<AtomicPlane> planes;
  for (std::size_t k = 0; k < repeat.planes.size(); ++k) {
    AtomicPlane p;
    p.z = (repeat.heights[k] - repeat.heights[0]) * plane.spacing;
    for (auto const& m : repeat.planes[k]) {
      ++p.composition[plane.primitive.numbers[static_cast<std::size_t>(m.atom)]];
      p.charge += charge_of(plane.primitive, m.atom);
    }
    p.label = plane_label(p.composition);
    planes.push_back(std::move(p));
  }
  return planes;
}

/// Some operation turns the cut over onto itself: plane `first` goes to the plane before it. The repeat is then
/// dipole-free whatever the noise of the coordinates.
bool turns_over(Repeat const& repeat, int first, PlaneLattice const& plane) {
  return std::ranges::any_of(plane.operations, [&](SymmetryOperation const& s) {
    return s.rotation(2, 2) == -1 && image_of_plane(repeat, first, s) == (first + repeat.size() - 1) % repeat.size();
  });
}

double repeat_dipole(Repeat const& repeat, int first, PlaneLattice const& plane) {
  double dipole = 0.0;
  for (int k = 0; k < repeat.size(); ++k) {
    for (auto const& m : repeat.planes[static_cast<std::size_t>(k)]) {
      double const height = m.height + (k < first ? 1.0 : 0.0) - repeat.height(first);
      dipole += charge_of(plane.primitive, m.atom) * height * plane.spacing;
    }
  }
  return dipole;
}

void require_charges(Crystal const& crystal) {
  require(crystal.oxidation.size() == crystal.size(), "no oxidation states for '", crystal.name,
          "' (terminations need formal charges); assign them or give them in the file");
  double const sum = std::accumulate(crystal.oxidation.begin(), crystal.oxidation.end(), 0.0);
  require(std::abs(sum) < charge_tolerance, "formal charges of '", crystal.name, "' add up to ", sum,
          " e (a crystal is neutral); correct the oxidation states");
}

}  // namespace

std::vector<AtomicPlane> atomic_planes(PlaneLattice const& plane) { return describe(find_repeat(plane), plane); }

std::vector<Termination> find_terminations(PlaneLattice const& plane) {
  require_charges(plane.primitive);
  auto const repeat = find_repeat(plane);
  auto const planes = describe(repeat, plane);
  int const n = static_cast<int>(planes.size());
  bool const neutral =
      std::ranges::all_of(planes, [](AtomicPlane const& p) { return std::abs(p.charge) < charge_tolerance; });
  std::vector<Termination> terminations;
  for (int first = 0; first < n; ++first) {
    if (!detail::is_representative(repeat, first, plane)) continue;
    auto const& lower = planes[static_cast<std::size_t>(first)];
    auto const& upper = planes[static_cast<std::size_t>((first + n - 1) % n)];
    Termination t;
    t.index = static_cast<int>(terminations.size());
    t.first = first;
    t.lower = lower.label;
    t.upper = upper.label;
    t.gap = lower.z - upper.z + (first == 0 ? plane.spacing : 0.0);
    if (!turns_over(repeat, first, plane)) t.dipole_per_area = repeat_dipole(repeat, first, plane) / plane.area();
    t.bound_charge = t.dipole_per_area / plane.spacing;
    t.tasker = std::abs(t.bound_charge) >= polar_limit ? 3 : neutral ? 1 : 2;
    terminations.push_back(std::move(t));
  }
  return terminations;
}

Slab make_slab(PlaneLattice const& plane, Termination const& termination, int repeats) {
  auto const repeat = find_repeat(plane);
  int const n = repeat.size();
  require(repeats >= 1, "invalid repeats=", repeats, " (a slab has at least one repeat)");
  require(termination.first >= 0 && termination.first < n, "unknown first plane ", termination.first, " of ",
          plane_name(plane.miller), " (it has ", n, "); take it from the list of terminations");

  Slab slab;
  slab.plane = plane;
  slab.termination = termination;
  slab.repeats = repeats;
  slab.repeat_height = plane.spacing;
  slab.stacking_offset = plane.stacking_offset();
  auto const x = plane.coordinates();
  double const bottom = repeat.height(termination.first);
  slab.crystal.positions.resize(3, static_cast<Eigen::Index>(plane.primitive.size()) * repeats);
  for (int k = 0; k < n * repeats; ++k) {
    int const index = (termination.first + k) % n, level = (termination.first + k) / n;
    for (auto const& m : repeat.planes[static_cast<std::size_t>(index)]) {
      auto const atom = static_cast<std::size_t>(m.atom);
      double const height = m.height + level;
      Eigen::Vector2d in_plane = x.col(m.atom).head<2>();
      Eigen::Vector2d const offset = plane.basis.inverse() * slab.stacking_offset * height;
      in_plane += offset;
      for (double& c : in_plane) c -= std::floor(c + 1e-9);  // what is 1 but for rounding is 0
      auto position = slab.crystal.positions.col(static_cast<Eigen::Index>(slab.atom_plane.size()));
      position.head<2>() = plane.basis * in_plane;
      position.z() = (height - bottom) * plane.spacing;
      slab.crystal.numbers.push_back(plane.primitive.numbers[atom]);
      if (!plane.primitive.oxidation.empty()) slab.crystal.oxidation.push_back(plane.primitive.oxidation[atom]);
      slab.atom_plane.push_back(k);
    }
  }
  slab.crystal.lattice.setZero();
  slab.crystal.lattice.topLeftCorner<2, 2>() = plane.basis;
  slab.crystal.lattice(2, 2) = slab.thickness();
  slab.crystal.periodic = {true, true, false};
  slab.crystal.name = formula(plane.primitive) + plane_name(plane.miller);
  return slab;
}

}  // namespace nacre
