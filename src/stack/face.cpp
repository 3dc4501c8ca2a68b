#include "nacre/stack/face.hpp"

#include <Eigen/LU>
#include <algorithm>
#include <cmath>
#include <tuple>
#include <vector>

#include "nacre/stack/bonds.hpp"
#include "repeat.hpp"

namespace nacre {
namespace {

/// Plane of each atom where the crystal has it, below 0 and above the last one, too.
std::vector<int> planes_of_atoms(detail::Repeat const& repeat, PlaneLattice const& plane) {
  auto const x = plane.coordinates();
  std::vector<int> place(plane.primitive.size());
  for (int k = 0; k < repeat.size(); ++k) {
    for (auto const& m : repeat.planes[static_cast<std::size_t>(k)]) {
      auto const moved = static_cast<int>(std::lround(m.height - x(2, m.atom)));
      place[static_cast<std::size_t>(m.atom)] = k - repeat.size() * moved;
    }
  }
  return place;
}

/// Cuts in (low, high] that are images of cut `first`.
int count_cuts(int low, int high, int first, int planes) {
  auto const below = [&](int cut) {  // images up to this one
    int const steps = cut - first;
    return steps >= 0 ? steps / planes : -((-steps + planes - 1) / planes);
  };
  return below(high) - below(low);
}

}  // namespace

FaceBonds face_bonds(Slab const& slab, bool upper) {
  auto const& plane = slab.plane;
  auto const repeat = detail::find_repeat(plane);
  auto const place = planes_of_atoms(repeat, plane);
  int const planes = repeat.size();
  int const cut = upper ? slab.upper.first : slab.termination.first;
  int const facing = upper ? (cut - 1 + planes) % planes : cut;
  auto const is_facing = [&](int k) { return ((k - facing) % planes + planes) % planes == 0; };
  Eigen::RowVector3i const height =
      plane.cell.cast<double>().inverse().row(2).array().round().matrix().cast<int>();  // repeats per lattice vector
  int parted = 0, bonds = 0, lost = 0;
  for (auto const& bond : find_bonds(plane.primitive)) {
    int const first = place[static_cast<std::size_t>(bond.first)];
    int const second = place[static_cast<std::size_t>(bond.second)] + planes * height.dot(bond.cell);
    int const low = std::min(first, second), high = std::max(first, second);
    int const crossings = count_cuts(low, high, cut, planes);
    parted += crossings;
    for (int const end : {first, second}) {
      if (!is_facing(end)) continue;
      ++bonds;
      bool const outward = upper ? end == low : end == high;  // a bond within the plane crosses no cut
      lost += outward && crossings > 0 ? 1 : 0;
    }
  }
  auto const atoms = static_cast<double>(repeat.planes[static_cast<std::size_t>(facing)].size());
  return {parted / plane.area(), bonds / atoms, (bonds - lost) / atoms};
}

int usual_cut(PlaneLattice const& plane, std::vector<Termination> const& cuts) {
  auto const rank = [&](Termination const& t) {
    return std::tuple(t.broken_bonds > 0, t.polar(), face_bonds(make_slab(plane, t, 1), false).parted_per_area,
                      t.index);
  };
  return std::ranges::min_element(cuts, {}, rank)->index;
}

}  // namespace nacre
