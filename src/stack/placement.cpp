#include "placement.hpp"

#include <Eigen/LU>
#include <algorithm>
#include <cmath>

namespace nacre::detail {

RowMap row_map(LayerOperation const& s) {
  return {s.matrix.transpose().cast<double>(), 0.5 * s.half_shift.transpose().cast<double>()};
}

Placement relabelled(Placement const& p, RowMap const& film, RowMap const& bottom) {
  Eigen::Matrix2d const x = film.matrix.inverse() * p.x;
  return {x * bottom.matrix, (p.shift - film.shift * x) * bottom.matrix + bottom.shift};
}

Placement inverse(Placement const& p) {
  Eigen::Matrix2d const x = p.x.inverse();
  return {x, -p.shift * x};
}

bool equal(Eigen::Matrix2d const& a, Eigen::Matrix2d const& b) {
  return (a - b).cwiseAbs().maxCoeff() < rational_tolerance * std::max(1.0, b.cwiseAbs().maxCoeff());
}

Eigen::Matrix2d ratio(Coincidence const& c) { return c.film.cast<double>().inverse() * c.substrate.cast<double>(); }

Eigen::Matrix2d shift_vectors(Coincidence const& c) {
  return c.shift.cast<double>() * c.substrate.cast<double>() / (c.film_index * static_cast<double>(c.substrate_index));
}

Eigen::Matrix2i rounded(Eigen::Matrix2d const& m) { return m.array().round().matrix().cast<int>(); }

std::int64_t wrapped(std::int64_t x) { return (x % shift_grid + shift_grid) % shift_grid; }

GridShift to_grid(Eigen::RowVector2d const& shift) {
  auto const on_grid = [](double x) { return wrapped(std::llround((x - std::floor(x)) * shift_grid)); };
  return {on_grid(shift[0]), on_grid(shift[1])};
}

ShiftMap make_shift_map(Eigen::Matrix2d const& rows, Eigen::RowVector2d const& offset) {
  return {rounded(rows.transpose()), to_grid(offset)};
}

ShiftMap composed(ShiftMap const& a, ShiftMap const& b) { return {b.matrix * a.matrix, image(b, a.offset)}; }

ShiftMap inverse(ShiftMap const& map) {
  auto const& m = map.matrix;
  int const determinant = m(0, 0) * m(1, 1) - m(0, 1) * m(1, 0);  // 1 or -1
  ShiftMap back;
  back.matrix = determinant * Eigen::Matrix2i{{m(1, 1), -m(0, 1)}, {-m(1, 0), m(0, 0)}};
  auto const moved = image(back, map.offset);
  back.offset = {wrapped(-moved[0]), wrapped(-moved[1])};
  return back;
}

namespace {

/// An operation that turns the normal over, moved by whole repeats so that height `from` goes to height `to` [repeats].
RowMap turning_map(SymmetryOperation const& s, double from, double to, PlaneLattice const& plane) {
  double const lift = to - (s.translation.z() - from);  // a whole number of repeats
  Eigen::Vector2d const offset = plane.basis.inverse() * plane.stacking_offset();
  Eigen::Vector2d const shift = s.translation.head<2>() + offset * (s.translation.z() + std::round(lift));
  return {s.rotation.topLeftCorner<2, 2>().transpose().cast<double>(), shift.transpose()};
}

}  // namespace

std::vector<TurnedLayer> turned_layers(PlaneLattice const& plane, int first, bool upper) {
  auto const repeat = find_repeat(plane);
  std::vector<TurnedLayer> layers;
  for (std::size_t k = 0; k < plane.operations.size(); ++k) {
    auto const& s = plane.operations[k];
    if (s.rotation(2, 2) != -1) continue;
    int const face = upper ? first : first - 1;  // the plane at the cut
    int const target = image_of_plane(repeat, face, s);
    int const new_first = upper ? (target + 1) % repeat.size() : target;
    if (!is_representative(repeat, new_first, plane)) continue;
    double const to = repeat.height(upper ? new_first - 1 : new_first);
    auto const map = turning_map(s, repeat.height(face), to, plane);
    layers.push_back({k, new_first, map, map.matrix.determinant() > 0.0});
  }
  return layers;
}

}  // namespace nacre::detail
