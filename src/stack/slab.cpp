#include "nacre/stack/slab.hpp"

#include <Eigen/LU>
#include <algorithm>
#include <cmath>
#include <numeric>
#include <tuple>

#include "nacre/core/error.hpp"
#include "nacre/crystal/elements.hpp"
#include "nacre/stack/bonds.hpp"
#include "repeat.hpp"

namespace nacre {

using detail::find_repeat;
using detail::image_of_plane;
using detail::Member;
using detail::Repeat;

namespace {

constexpr double plane_tolerance = 0.05;   ///< heights in one atomic plane [Å]
constexpr double polar_limit = 1e-6;       ///< bound sheet charge of a neutral face [e/Å^2], definitions.md 4
constexpr double rounding_dipole = 1e-12;  ///< what rounding leaves of no dipole [e/Å]
constexpr double charge_tolerance = 1e-6;  ///< of a sum of formal charges [e]

double mean_height(std::vector<Member> const& members) {
  double sum = 0.0;
  for (auto const& m : members) sum += m.level;
  return sum / static_cast<double>(members.size());
}

void move(Member& m, double repeats) {
  m.height += repeats;
  m.level += repeats;
}

/// Every atom at its height in the lowest repeat; those of a group that stays whole at the height of the group.
std::vector<Member> place_atoms(PlaneLattice const& plane) {
  auto const x = plane.coordinates();
  std::vector<Member> atoms;
  for (int i = 0; i < x.cols(); ++i) atoms.push_back({i, x(2, i), x(2, i)});
  if (plane.whole_groups) {
    Eigen::RowVector3d const repeats = plane.cell.cast<double>().inverse().row(2);  // per lattice vector
    for (auto const& group : finite_groups(plane.primitive)) {
      double sum = 0.0;
      for (std::size_t k = 0; k < group.atoms.size(); ++k) {
        Member& m = atoms[static_cast<std::size_t>(group.atoms[k])];
        m.height += std::round(repeats.dot(group.cells[k].cast<double>()));
        sum += m.height;
      }
      for (int const a : group.atoms)
        atoms[static_cast<std::size_t>(a)].level = sum / static_cast<double>(group.atoms.size());
    }
  }
  for (auto& m : atoms) move(m, -std::floor(m.level));
  return atoms;
}

/// The atoms by height, cut where successive heights are farther apart than the tolerance, going round the repeat.
std::vector<std::vector<Member>> group_by_height(std::vector<Member> atoms, double tolerance) {
  std::ranges::sort(atoms, {}, [](Member const& m) { return std::tuple(m.level, m.atom); });
  std::size_t const n = atoms.size();
  std::size_t start = 0;  // the first atom after a gap
  for (std::size_t i = n; i-- > 0;) {
    double const below = i > 0 ? atoms[i - 1].level : atoms[n - 1].level - 1.0;
    if (atoms[i].level - below > tolerance) start = i;
  }
  std::vector<std::vector<Member>> groups;
  for (std::size_t k = 0; k < n; ++k) {
    Member m = atoms[(start + k) % n];
    if (start + k >= n) move(m, 1.0);
    if (groups.empty() || m.level - groups.back().back().level > tolerance) groups.emplace_back();
    groups.back().push_back(m);
  }
  return groups;
}

}  // namespace

Repeat detail::find_repeat(PlaneLattice const& plane) {
  Repeat repeat;
  repeat.planes = group_by_height(place_atoms(plane), plane_tolerance / plane.spacing);
  double const nearly_zero = 0.5 * plane_tolerance / plane.spacing;  // noise must not send a plane at 0 to the top
  for (auto& members : repeat.planes) {
    double const down = std::floor(mean_height(members) + nearly_zero);
    for (auto& m : members) move(m, -down);
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

int detail::representative(Repeat const& repeat, int first, PlaneLattice const& plane) {
  int lowest = first;
  for (auto const& s : plane.operations) {
    if (s.rotation(2, 2) == 1) lowest = std::min(lowest, image_of_plane(repeat, first, s));
  }
  return lowest;
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

void require_charges(Crystal const& crystal, ChargeRule rule) {
  if (crystal.oxidation.empty() && rule == ChargeRule::if_known) return;
  require(crystal.oxidation.size() == crystal.size(), "no oxidation states for ", formula(crystal),
          " (terminations need formal charges); assign them or give them in the file");
  double const sum = std::accumulate(crystal.oxidation.begin(), crystal.oxidation.end(), 0.0);
  require(std::abs(sum) < charge_tolerance, "formal charges of ", formula(crystal), " add up to ", sum,
          " e (a crystal is neutral); correct the oxidation states");
}

}  // namespace

std::vector<AtomicPlane> atomic_planes(PlaneLattice const& plane) { return describe(find_repeat(plane), plane); }

namespace {

/// What every cut of a plane is described from.
struct Cuts {
  PlaneLattice const& plane;
  Repeat repeat;
  std::vector<AtomicPlane> planes;
  bool neutral;  ///< every plane

  explicit Cuts(PlaneLattice const& p) : plane(p), repeat(find_repeat(p)), planes(describe(repeat, p)) {
    neutral = std::ranges::all_of(planes, [](AtomicPlane const& a) { return std::abs(a.charge) < charge_tolerance; });
  }
  Termination describe_cut(int first) const {
    int const n = repeat.size();
    auto const& lower = planes[static_cast<std::size_t>(first)];
    auto const& upper = planes[static_cast<std::size_t>((first + n - 1) % n)];
    Termination t;
    t.first = first;
    t.lower = lower.label;
    t.upper = upper.label;
    t.gap = lower.z - upper.z + (first == 0 ? plane.spacing : 0.0);
    if (!turns_over(repeat, first, plane)) t.dipole_per_area = repeat_dipole(repeat, first, plane) / plane.area();
    if (std::abs(t.dipole_per_area) < rounding_dipole) t.dipole_per_area = 0.0;
    t.bound_charge = t.dipole_per_area / plane.spacing;
    t.tasker = plane.primitive.oxidation.empty() ? 0 : std::abs(t.bound_charge) >= polar_limit ? 3 : neutral ? 1 : 2;
    return t;
  }
};

}  // namespace

namespace {

/// Where cut `first` goes when an operation turns the crystal over.
std::optional<int> turned_cut(Cuts const& cuts, int first) {
  auto const& operations = cuts.plane.operations;
  auto const turning = std::ranges::find_if(operations, [](auto const& s) { return s.rotation(2, 2) == -1; });
  if (turning == operations.end()) return std::nullopt;
  return image_of_plane(cuts.repeat, (first + cuts.repeat.size() - 1) % cuts.repeat.size(), *turning);
}

/// The planes from cut `first` up to cut `end` are composed as whole repeats are.
bool composed_as_bulk(Cuts const& cuts, int first, int end) {
  int const n = cuts.repeat.size();
  std::map<int, int> part, whole;
  int atoms = 0, all = 0;
  for (int k = 0; k < n; ++k) {
    bool const inside = k < (end - first + n) % n;
    for (auto const& [number, count] : cuts.planes[static_cast<std::size_t>((first + k) % n)].composition) {
      whole[number] += count;
      all += count;
      if (inside) part[number] += count;
      if (inside) atoms += count;
    }
  }
  return std::ranges::all_of(whole, [&](auto const& w) { return part[w.first] * all == w.second * atoms; });
}

/// Bonds of units that each cut of the repeat parts.
std::vector<int> count_broken_bonds(Cuts const& cuts) {
  auto const& plane = cuts.plane;
  int const n = cuts.repeat.size();
  auto const x = plane.coordinates();
  std::vector<int> place(
      plane.primitive.size());  // plane of each atom where the crystal has it, below 0 and above n, too
  for (int k = 0; k < n; ++k) {
    for (auto const& m : cuts.repeat.planes[static_cast<std::size_t>(k)]) {
      place[static_cast<std::size_t>(m.atom)] = k - n * static_cast<int>(std::lround(m.height - x(2, m.atom)));
    }
  }
  Eigen::RowVector3i const height =
      plane.cell.cast<double>().inverse().row(2).array().round().matrix().cast<int>();  // h: repeats per lattice vector
  std::vector<int> broken(static_cast<std::size_t>(n), 0);
  for (auto const& bond : unit_bonds(plane.primitive)) {
    int const first = place[static_cast<std::size_t>(bond.first)];
    int const second = place[static_cast<std::size_t>(bond.second)] + n * height.dot(bond.cell);
    for (int cut = std::min(first, second) + 1; cut <= std::max(first, second); ++cut) {
      ++broken[static_cast<std::size_t>((cut % n + n) % n)];
    }
  }
  return broken;
}

}  // namespace

std::vector<Termination> find_terminations(PlaneLattice const& plane, ChargeRule rule) {
  require_charges(plane.primitive, rule);
  Cuts const cuts(plane);
  std::vector<Termination> terminations;
  std::map<int, int> index_of;
  for (int first = 0; first < cuts.repeat.size(); ++first) {
    if (!detail::is_representative(cuts.repeat, first, plane)) continue;
    auto& t = terminations.emplace_back(cuts.describe_cut(first));
    t.index = index_of[first] = static_cast<int>(terminations.size()) - 1;
  }
  auto const broken = count_broken_bonds(cuts);
  for (auto& t : terminations) {
    t.broken_bonds = broken[static_cast<std::size_t>(t.first)];
    auto const turned = turned_cut(cuts, t.first);
    if (!turned) continue;
    t.turned_over = index_of.at(detail::representative(cuts.repeat, *turned, plane));
    t.stoichiometric = composed_as_bulk(cuts, *turned, t.first);
  }
  return terminations;
}

std::vector<Termination> whole_terminations(std::vector<Termination> const& terminations) {
  std::vector<Termination> whole;
  std::ranges::copy_if(terminations, std::back_inserter(whole), [](auto const& t) { return t.broken_bonds == 0; });
  return whole.empty() ? terminations : whole;
}

int count_turned_classes(std::vector<Termination> const& terminations) {
  return static_cast<int>(std::ranges::count_if(
      terminations, [](Termination const& t) { return t.turned_over.value_or(t.index) >= t.index; }));
}

double Slab::charge() const { return std::accumulate(crystal.oxidation.begin(), crystal.oxidation.end(), 0.0); }

double Slab::dipole() const {
  return std::inner_product(crystal.oxidation.begin(), crystal.oxidation.end(), crystal.positions.row(2).begin(), 0.0);
}

bool Slab::stoichiometric() const {
  auto const count = [](Crystal const& c, int number) { return std::ranges::count(c.numbers, number); };
  auto const& bulk = plane.primitive;
  return std::ranges::all_of(bulk.numbers, [&](int number) {
    return count(crystal, number) * std::ssize(bulk.numbers) == count(bulk, number) * std::ssize(crystal.numbers);
  });
}

namespace {

/// Appends plane `index` of the repeat that lies `level` repeats up.
void append_plane(Slab& slab, std::vector<Member> const& members, int level, double bottom) {
  PlaneLattice const& plane = slab.plane;
  auto const x = plane.coordinates();
  int const k = slab.atom_plane.empty() ? 0 : slab.atom_plane.back() + 1;
  for (auto const& m : members) {
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

}  // namespace

Slab make_slab(PlaneLattice const& plane, Termination const& lower, int repeats, int extra_planes) {
  Cuts const cuts(plane);
  auto const& repeat = cuts.repeat;
  int const n = repeat.size();
  require(extra_planes >= 0 && extra_planes < n, "invalid extra_planes=", extra_planes, " (0 to ", n - 1,
          ", a repeat of ", plane_name(plane.miller), " has ", n, ")");
  require(repeats >= (extra_planes > 0 ? 0 : 1), "invalid repeats=", repeats,
          " (a slab has at least one atomic plane)");
  require(lower.first >= 0 && lower.first < n, "unknown first plane ", lower.first, " of ", plane_name(plane.miller),
          " (it has ", n, "); take it from the list of terminations");

  Slab slab;
  slab.plane = plane;
  slab.termination = lower;
  slab.upper = lower;
  slab.repeats = repeats;
  slab.extra_planes = extra_planes;
  slab.repeat_height = plane.spacing;
  slab.stacking_offset = plane.stacking_offset();
  int const end = lower.first + n * repeats + extra_planes;
  double const bottom = repeat.height(lower.first);
  slab.levels = end / n;
  if (extra_planes > 0) {
    slab.upper = cuts.describe_cut(end % n);
    slab.extra_height = (repeat.height(lower.first + extra_planes) - bottom) * plane.spacing;
  }
  auto const members = [&](int index) -> auto const& { return repeat.planes[static_cast<std::size_t>(index % n)]; };
  std::size_t atoms = 0;
  for (int k = lower.first; k < end; ++k) atoms += members(k).size();
  slab.crystal.positions.resize(3, static_cast<Eigen::Index>(atoms));
  for (int k = lower.first; k < end; ++k) append_plane(slab, members(k), k / n, bottom);
  slab.crystal.lattice.setZero();
  slab.crystal.lattice.topLeftCorner<2, 2>() = plane.basis;
  slab.crystal.lattice(2, 2) = slab.thickness();
  slab.crystal.periodic = {true, true, false};
  slab.crystal.name = formula(plane.primitive) + plane_name(plane.miller);
  return slab;
}

namespace {

constexpr double most_atoms = 1e6;

Termination const& listed(std::vector<Termination> const& list, int index, char const* which) {
  require(index >= 0 && index < std::ssize(list), "unknown ", which, " termination ", index, " (there are ",
          list.size(), ", counted from 0); see the list");
  return list[static_cast<std::size_t>(index)];
}

}  // namespace

Slab cut_slab(PlaneLattice const& plane, std::vector<Termination> const& list, SlabRequest const& request) {
  auto const& lower = listed(list, request.bottom, "bottom");
  auto const& upper = listed(list, request.top, "top");
  double const height = request.thickness.value_or(request.repeats * plane.spacing);
  require(height > 0.0 || (!request.thickness && request.repeats == 0), "invalid ",
          request.thickness ? "thickness " : "repeats ", request.thickness ? height : request.repeats,
          " (must be positive)");
  require(height / plane.spacing * static_cast<double>(plane.primitive.size()) < most_atoms, "slab of ", height,
          " A (more than ", most_atoms, " atoms); ask for a thinner one");
  auto const repeat = find_repeat(plane);
  int const n = repeat.size();
  int const whole = static_cast<int>(height / plane.spacing + 1e-9);
  int count = std::max(1, n * whole);
  auto const fits = [&] {
    double const reached = (repeat.height(lower.first + count) - repeat.height(lower.first)) * plane.spacing;
    return reached > height - 1e-9 && detail::representative(repeat, (lower.first + count) % n, plane) == upper.first;
  };
  while (!fits()) ++count;
  auto slab = make_slab(plane, lower, count / n, count % n);
  slab.upper.index = upper.index;
  slab.upper.turned_over = upper.turned_over;
  slab.upper.stoichiometric = upper.stoichiometric;
  return slab;
}

}  // namespace nacre
