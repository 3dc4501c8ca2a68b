#include <Eigen/LU>
#include <algorithm>
#include <cmath>

#include "nacre/core/error.hpp"
#include "nacre/stack/contact.hpp"
#include "planar.hpp"
#include "repeat.hpp"

namespace nacre {
namespace {

/// Rationals that occur here have denominators below 1e5, so two that agree to this are equal.
constexpr double rational_tolerance = 1e-9;

bool equal(Eigen::Matrix2d const& a, Eigen::Matrix2d const& b) {
  return (a - b).cwiseAbs().maxCoeff() < rational_tolerance * std::max(1.0, b.cwiseAbs().maxCoeff());
}

Eigen::Matrix2d ratio(Coincidence const& c) { return c.film.cast<double>().inverse() * c.substrate.cast<double>(); }

/// Rows: the shift cell's vectors in coordinates of the bottom layer's basis.
Eigen::Matrix2d shift_vectors(Coincidence const& c) {
  return c.shift.cast<double>() * c.substrate.cast<double>() / (c.film_index * static_cast<double>(c.substrate_index));
}

Eigen::Matrix2i rounded(Eigen::Matrix2d const& m) { return m.array().round().matrix().cast<int>(); }

std::int64_t wrapped(std::int64_t x) { return (x % shift_grid + shift_grid) % shift_grid; }

GridShift to_grid(Eigen::RowVector2d const& shift) {
  auto const on_grid = [](double x) { return wrapped(std::llround((x - std::floor(x)) * shift_grid)); };
  return {on_grid(shift[0]), on_grid(shift[1])};
}

/// A relabelling of a layer's in-plane coordinates (rows): x -> x matrix + shift.
struct RowMap {
  Eigen::Matrix2d matrix;
  Eigen::RowVector2d shift;
};

RowMap row_map(LayerOperation const& s) {
  return {s.matrix.transpose().cast<double>(), 0.5 * s.half_shift.transpose().cast<double>()};
}

/// Bottom coordinates = film coordinates * x + shift, rows.
struct Placement {
  Eigen::Matrix2d x;
  Eigen::RowVector2d shift;
};

/// The same stack after both layers' coordinates are relabelled.
Placement relabelled(Placement const& p, RowMap const& film, RowMap const& bottom) {
  Eigen::Matrix2d const x = film.matrix.inverse() * p.x;
  return {x * bottom.matrix, (p.shift - film.shift * x) * bottom.matrix + bottom.shift};
}

/// An operation that turns the normal over, moved by whole repeats so that height `from` goes to height `to` [repeats].
RowMap turning_map(SymmetryOperation const& s, double from, double to, PlaneLattice const& plane) {
  double const lift = to - (s.translation.z() - from);  // a whole number of repeats
  Eigen::Vector2d const offset = plane.basis.inverse() * plane.stacking_offset();
  Eigen::Vector2d const shift = s.translation.head<2>() + offset * (s.translation.z() + std::round(lift));
  return {s.rotation.topLeftCorner<2, 2>().transpose().cast<double>(), shift.transpose()};
}

/// A layer turned over: the new cut and the relabelling.
struct TurnedLayer {
  int first;
  RowMap map;
  bool mirrored;  ///< the operation is improper
};

/// All ways to turn a half-crystal over. `upper`: it lies above its cut and will lie below.
std::vector<TurnedLayer> turned_layers(PlaneLattice const& plane, int first, bool upper) {
  auto const repeat = detail::find_repeat(plane);
  std::vector<TurnedLayer> layers;
  for (auto const& s : plane.operations) {
    if (s.rotation(2, 2) != -1) continue;
    int const face = upper ? first : first - 1;  // the plane at the cut
    int const target = detail::image_of_plane(repeat, face, s);
    int const new_first = upper ? (target + 1) % repeat.size() : target;
    if (!detail::is_representative(repeat, new_first, plane)) continue;
    double const to = repeat.height(upper ? new_first - 1 : new_first);
    auto const map = turning_map(s, repeat.height(face), to, plane);
    layers.push_back({new_first, map, map.matrix.determinant() > 0.0});
  }
  return layers;
}

/// Where the placement is in the list, with the shift that it has there.
std::optional<std::pair<std::size_t, Eigen::RowVector2d>> find_in_list(Placement const& p, PlaneLattice const& film,
                                                                       PlaneLattice const& bottom,
                                                                       std::vector<Coincidence> const& list) {
  auto const film_operations = layer_operations(film), bottom_operations = layer_operations(bottom);
  double const determinant = p.x.determinant();
  for (std::size_t i = 0; i < list.size(); ++i) {
    double const ratio_of_indices = list[i].substrate_index / static_cast<double>(list[i].film_index);
    if (std::abs(ratio_of_indices - determinant) > 1e-6 * determinant) continue;
    Eigen::Matrix2d const x = ratio(list[i]);
    for (auto const& g : film_operations) {
      for (auto const& h : bottom_operations) {
        if (g.matrix.determinant() != h.matrix.determinant()) continue;
        auto const image = relabelled(p, row_map(g), row_map(h));
        if (equal(image.x, x)) return std::pair(i, image.shift);
      }
    }
  }
  return std::nullopt;
}

}  // namespace

GridShift image(ShiftMap const& map, GridShift const& shift) {
  auto const row = [&](int r) {
    return wrapped(map.matrix(r, 0) * shift[0] + map.matrix(r, 1) * shift[1] + map.offset[static_cast<std::size_t>(r)]);
  };
  return {row(0), row(1)};
}

std::vector<ShiftMap> shift_symmetries(PlaneLattice const& bottom, PlaneLattice const& top, Coincidence const& c) {
  Eigen::Matrix2d const x = ratio(c), vectors = shift_vectors(c), coordinates = vectors.inverse();
  std::vector<ShiftMap> maps;
  for (auto const& g : layer_operations(top)) {
    for (auto const& h : layer_operations(bottom)) {
      auto const moved = relabelled({x, Eigen::RowVector2d::Zero()}, row_map(g), row_map(h));
      if (!equal(moved.x, x)) continue;
      Eigen::Matrix2d const matrix = vectors * row_map(h).matrix * coordinates;
      ShiftMap const map{rounded(matrix.transpose()), to_grid(moved.shift * coordinates)};
      if (std::ranges::find(maps, map) == maps.end()) maps.push_back(map);
    }
  }
  auto const identity = std::ranges::find(maps, ShiftMap{});
  std::rotate(maps.begin(), identity, identity + 1);
  return maps;
}

GridShift canonical_shift(std::vector<ShiftMap> const& symmetries, GridShift const& shift) {
  GridShift best = shift;
  for (auto const& map : symmetries) best = std::min(best, image(map, shift));
  return best;
}

std::optional<TurnedContact> turn_over(PlaneLattice const& bottom, Termination const& bottom_termination,
                                       PlaneLattice const& top, Termination const& top_termination,
                                       Coincidence const& coincidence, std::vector<Coincidence> const& turned_list) {
  // turned: bottom' = film f_Q, film' = bottom f_P; solved for bottom' = film' x' + shift'
  Eigen::Matrix2d const inverse = ratio(coincidence).inverse(), old_vectors = shift_vectors(coincidence);
  for (auto const& q : turned_layers(top, top_termination.first, true)) {
    for (auto const& p : turned_layers(bottom, bottom_termination.first, false)) {
      if (p.mirrored != q.mirrored) continue;
      Eigen::Matrix2d const tail = inverse * q.map.matrix, head = p.map.matrix.inverse();
      Placement const zero{head * tail, q.map.shift - p.map.shift * head * tail};
      auto const found = find_in_list(zero, bottom, top, turned_list);
      if (!found) continue;
      // the shift enters linearly: two more placements give the matrix
      Eigen::Matrix2d const coordinates = shift_vectors(turned_list[found->first]).inverse();
      Eigen::Matrix2d matrix;
      for (int k : {0, 1}) {
        Placement const moved{zero.x, zero.shift - old_vectors.row(k) * tail};
        matrix.row(k) = (find_in_list(moved, bottom, top, turned_list)->second - found->second) * coordinates;
      }
      return TurnedContact{
          q.first, p.first, found->first, {rounded(matrix.transpose()), to_grid(found->second * coordinates)}};
    }
  }
  return std::nullopt;
}

}  // namespace nacre
