#include "nacre/stack/plane.hpp"

#include <Eigen/Geometry>
#include <Eigen/LU>
#include <algorithm>
#include <cmath>
#include <numeric>
#include <optional>
#include <tuple>

#include "miller.hpp"
#include "nacre/core/error.hpp"
#include "nacre/core/text.hpp"
#include "nacre/crystal/elements.hpp"
#include "planar.hpp"

namespace nacre {
namespace {

/// Heights that an operation keeps, in tolerances of the symmetry search: well above 1, well below any plane distance.
constexpr double height_tolerance = 20.0;

/// Coordinates that agree to this are equal: 1 % of a cell is far from any fraction that symmetry allows but 0.
constexpr double coordinate_tolerance = 0.01;

/// Columns a, b with h a = h b = 0 that span the plane's lattice, and c with h c = 1.
Eigen::Matrix3i integer_cell(Eigen::Vector3i const& h) {
  if (h.x() == 0 && h.y() == 0) return Eigen::Vector3i(1, 1, h.z()).asDiagonal();
  auto const bezout = [](int x, int y) {  // (p, q) with p x + q y = gcd(x, y)
    Eigen::Vector2i const side = detail::partner({x, y});
    return Eigen::Vector2i(side.y(), -side.x());
  };
  int const g = std::gcd(h.x(), h.y());
  Eigen::Vector2i const pq = bezout(h.x(), h.y()), uv = bezout(g, h.z());
  Eigen::Matrix3i cell;
  cell.col(0) << h.y() / g, -h.x() / g, 0;
  cell.col(1) << -h.z() * pq.x(), -h.z() * pq.y(), g;
  cell.col(2) << uv.x() * pq.x(), uv.x() * pq.y(), uv.y();
  return cell;
}

Eigen::Matrix3d frame_along(Eigen::Vector3d const& a, Eigen::Vector3d const& b) {
  Eigen::Matrix3d frame;
  frame.row(0) = a.normalized();
  frame.row(2) = a.cross(b).normalized();
  frame.row(1) = frame.row(2).cross(frame.row(0));
  return frame;
}

/// a, b reduced and right-handed about the normal, c with its in-plane coordinates in (-1/2, 1/2].
void set_cell(PlaneLattice& plane, Eigen::Matrix3i cell) {
  Eigen::Matrix3d const& lattice = plane.primitive.lattice;
  Eigen::Matrix3d vectors = lattice * cell.cast<double>();
  if (vectors.determinant() < 0.0) cell.col(1) *= -1;  // c is on the side of +hkl
  vectors = lattice * cell.cast<double>();
  plane.frame = frame_along(vectors.col(0), vectors.col(1));
  Eigen::Matrix2d const basis = (plane.frame * vectors).topLeftCorner<2, 2>();
  cell.leftCols<2>() *= detail::reduced_columns(basis);

  vectors = lattice * cell.cast<double>();
  plane.frame = frame_along(vectors.col(0), vectors.col(1));
  vectors = plane.frame * vectors;
  plane.basis = vectors.topLeftCorner<2, 2>();
  plane.basis(1, 0) = 0.0;
  plane.spacing = vectors(2, 2);
  Eigen::Vector2d const offset = plane.basis.inverse() * vectors.topRightCorner<2, 1>();
  for (int k : {0, 1}) cell.col(2) -= static_cast<int>(std::ceil(offset[k] - 0.5 - 1e-6)) * cell.col(k);
  plane.cell = cell;
}

/// Operations that keep or turn over the normal, in coordinates of `cell` about the crystal's own origin.
std::vector<SymmetryOperation> normal_operations(PlaneLattice const& plane) {
  Eigen::Matrix3d const cell = plane.cell.cast<double>(), inverse = cell.inverse();
  std::vector<SymmetryOperation> operations;
  for (auto const& s : find_space_group(plane.primitive, plane.tolerance_A).operations) {
    Eigen::Matrix3i const w = (inverse * s.rotation.cast<double>() * cell).array().round().matrix().cast<int>();
    if (w(2, 0) == 0 && w(2, 1) == 0) operations.push_back({w, inverse * s.translation});
  }
  return operations;
}

double distance_to_integer(double x) { return std::abs(x - std::round(x)); }

/// The in-plane part of an operation that keeps the normal and the heights.
struct PlaneMap {
  Eigen::Matrix2d matrix;
  Eigen::Vector2d shift;
};

std::vector<PlaneMap> plane_maps(PlaneLattice const& plane) {
  std::vector<PlaneMap> maps;
  for (auto const& s : plane.operations) {
    double const lift = distance_to_integer(s.translation.z()) * plane.spacing;
    bool const keeps_heights = s.rotation(2, 2) == 1 && lift < height_tolerance * plane.tolerance_A;
    if (keeps_heights) maps.push_back({s.rotation.topLeftCorner<2, 2>().cast<double>(), s.translation.head<2>()});
  }
  return maps;
}

Eigen::Vector2d shift_about(PlaneMap const& map, Eigen::Vector2d const& origin) {
  return map.shift - (Eigen::Matrix2d::Identity() - map.matrix) * origin;
}

/// Operations without translation about a point; none if one has a translation that is not a half.
std::optional<int> count_fixing(std::vector<PlaneMap> const& maps, Eigen::Vector2d const& point) {
  int fixing = 0;
  for (auto const& map : maps) {
    Eigen::Vector2d const t = shift_about(map, point);
    auto const farthest = [](Eigen::Vector2d const& v) {
      return std::max(distance_to_integer(v.x()), distance_to_integer(v.y()));
    };
    if (farthest(2.0 * t) > 2.0 * coordinate_tolerance) return std::nullopt;
    fixing += farthest(t) < coordinate_tolerance;
  }
  return fixing;
}

/// The point about which most operations have no translation: centres of rotations, else points on mirrors and glide
/// lines; of equal ones the first in the cell.
Eigen::Vector2d symmetric_origin(std::vector<PlaneMap> const& maps) {
  std::vector<Eigen::Vector2d> candidates{Eigen::Vector2d::Zero()};
  for (auto const& map : maps) {
    Eigen::Matrix2d const a = Eigen::Matrix2d::Identity() - map.matrix;
    bool const rotation = std::abs(a.determinant()) > 0.5, mirror = map.matrix.determinant() < 0.0;
    for (int code = 0; code < 9 && (rotation || mirror); ++code) {
      Eigen::Vector2d const t = map.shift + Eigen::Vector2d(code % 3 - 1, code / 3 - 1);
      candidates.push_back(rotation ? Eigen::Vector2d(a.inverse() * t) : Eigen::Vector2d(0.5 * t));
    }
  }
  Eigen::Vector2d best = Eigen::Vector2d::Zero();
  std::tuple<int, long, long> best_key{1, 0, 0};  // worse than every key below
  for (Eigen::Vector2d point : candidates) {
    auto const fixing = count_fixing(maps, point);
    if (!fixing) continue;
    for (double& x : point) x -= std::floor(x + 1e-4);  // in the cell; what is nearly 1 is nearly 0
    std::tuple const key(-*fixing, std::lround(point.x() * 1e4), std::lround(point.y() * 1e4));
    if (key < best_key) std::tie(best_key, best) = std::pair(key, point);
  }
  return best;
}

}  // namespace

Eigen::Matrix3Xd PlaneLattice::coordinates() const {
  Eigen::Matrix3Xd x = (primitive.lattice * cell.cast<double>()).inverse() * primitive.positions;
  x.topRows<2>().colwise() -= origin;
  return x;
}

Eigen::Vector2d PlaneLattice::stacking_offset() const {
  return (frame * primitive.lattice * cell.col(2).cast<double>()).head<2>();
}

namespace {
void require_distinct_atoms(Crystal const& crystal) {
  constexpr double least_A = 0.5;  // the shortest bond, H-H, is 0.74
  auto const pair = shortest_distance(crystal);
  if (pair.distance >= least_A) return;
  auto const name = [&](int atom) { return concat(symbol(crystal.numbers[static_cast<std::size_t>(atom)]), ' ', atom + 1); };
  input_error("atoms ", name(pair.first), " and ", name(pair.second), " of the crystal are ", significant(pair.distance, 3),
              " A apart (less than ", least_A, " A: two atoms on one site); remove one of them");
}
}  // namespace

PlaneLattice make_plane(Crystal const& crystal, Eigen::Vector3i const& miller, double tolerance_A) {
  require(miller != Eigen::Vector3i::Zero(),
          "invalid plane (0 0 0) (it has no normal); give h,k,l that are not all zero");
  require_distinct_atoms(crystal);
  PlaneLattice plane;
  plane.miller = detail::coprime(miller);
  plane.tolerance_A = tolerance_A;
  plane.primitive = primitive_cell(crystal, tolerance_A);
  auto const indices = detail::PrimitiveIndices(crystal.lattice, plane.primitive.lattice);
  set_cell(plane, integer_cell(indices.to_primitive(plane.miller)));
  plane.operations = normal_operations(plane);
  plane.origin = symmetric_origin(plane_maps(plane));
  Eigen::Vector3d const origin(plane.origin.x(), plane.origin.y(), 0.0);
  for (auto& s : plane.operations) s.translation -= origin - s.rotation.cast<double>() * origin;
  return plane;
}

std::string plane_name(Eigen::Vector3i const& miller) {
  bool const plain = miller.minCoeff() >= 0 && miller.maxCoeff() < 10;
  std::string const gap = plain ? "" : " ";
  return concat('(', miller.x(), gap, miller.y(), gap, miller.z(), ')');
}

std::vector<LayerOperation> layer_operations(PlaneLattice const& plane) {
  std::vector<LayerOperation> operations;
  for (auto const& map : plane_maps(plane)) {
    Eigen::Vector2i const halves = (2.0 * map.shift).array().round().matrix().cast<int>();
    operations.push_back({map.matrix.cast<int>(), {halves.x() & 1, halves.y() & 1}});
  }
  return operations;
}

std::vector<Eigen::Matrix2i> layer_point_group(PlaneLattice const& plane) {
  std::vector<Eigen::Matrix2i> group;
  for (auto const& operation : layer_operations(plane)) group.push_back(operation.matrix);
  return group;
}

std::vector<Eigen::Matrix2i> lattice_holohedry(Eigen::Matrix2d const& basis, double tolerance) {
  Eigen::Matrix2i const reduced = detail::reduced_columns(basis);
  Eigen::Matrix2d const cell = basis * reduced.cast<double>();
  Eigen::Matrix2d const metric = cell.transpose() * cell;
  Eigen::Matrix2i inverse{{reduced(1, 1), -reduced(0, 1)}, {-reduced(1, 0), reduced(0, 0)}};
  inverse *= reduced.determinant();
  std::vector<Eigen::Matrix2i> operations;
  for (int code = 0; code < 81; ++code) {  // entries of isometries of a reduced cell are -1, 0 or 1
    Eigen::Matrix2i const g{{code % 3 - 1, code / 3 % 3 - 1}, {code / 9 % 3 - 1, code / 27 - 1}};
    Eigen::Matrix2d const image = g.transpose().cast<double>() * metric * g.cast<double>();
    bool const isometry = (image - metric).cwiseAbs().maxCoeff() <= tolerance * metric.maxCoeff();
    if (std::abs(g.determinant()) == 1 && isometry) operations.push_back(reduced * g * inverse);
  }
  return operations;
}

}  // namespace nacre
