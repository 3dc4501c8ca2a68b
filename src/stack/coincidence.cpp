#include "nacre/stack/coincidence.hpp"

#include <Eigen/LU>
#include <algorithm>
#include <array>
#include <cmath>
#include <compare>
#include <numeric>
#include <span>
#include <tuple>
#include <utility>

#include "nacre/core/error.hpp"
#include "nacre/core/units.hpp"
#include "planar.hpp"

namespace nacre {
namespace {

using detail::rounding;
using Integer = std::int64_t;

/// Reduced cells are looked for with this slack, since images of one cell differ by the noise of the lattices, up to
/// the tolerance of the symmetry search.
constexpr double slack = 10.0 * detail::length_noise;

/// Supercells of more primitive cells than this would overflow the integers.
constexpr double most_cells = 40000.0;

/// X = p/d in lowest terms, row by row.
struct Match {
  Integer d = 1;
  std::array<Integer, 4> p{};
  auto operator<=>(Match const&) const = default;
};

std::array<Integer, 4> product(std::array<Integer, 4> const& a, std::array<Integer, 4> const& b) {
  return {a[0] * b[0] + a[1] * b[2], a[0] * b[1] + a[1] * b[3], a[2] * b[0] + a[3] * b[2], a[2] * b[1] + a[3] * b[3]};
}

Eigen::Matrix2d to_matrix(Match const& x) {
  Eigen::Matrix2d matrix;
  matrix << static_cast<double>(x.p[0]), static_cast<double>(x.p[1]), static_cast<double>(x.p[2]),
      static_cast<double>(x.p[3]);
  return matrix / static_cast<double>(x.d);
}

/// Operations acting on rows of coordinates, split by the sign of their determinant.
struct Group {
  std::array<std::vector<std::array<Integer, 4>>, 2> rows;  ///< [0] rotations, [1] mirrors
  explicit Group(std::vector<Eigen::Matrix2i> const& columns) {
    for (auto const& g : columns) rows[g.determinant() < 0].push_back({g(0, 0), g(1, 0), g(0, 1), g(1, 1)});
    if (rows[0].empty()) rows[0].push_back({1, 0, 0, 1});
  }
};

/// The pairs (g, h) with det g det h = +1, each effect once.
class Images {
 public:
  Images(Group const& film, Group const& substrate) : film_(film), substrate_(substrate) {
    // with a half turn in both groups (g, h) and (-g, -h) do the same
    if (!has_half_turn(film) || !has_half_turn(substrate)) return;
    for (auto& rows : film_.rows) std::erase_if(rows, [](auto const& g) { return g < std::array<Integer, 4>{}; });
  }

  /// f(image) for every g X h.
  template <class Function>
  void for_each(Match const& x, Function const& f) const {
    for (std::size_t mirror : {0, 1}) {
      for (auto const& g : film_.rows[mirror]) {
        auto const gx = product(g, x.p);
        for (auto const& h : substrate_.rows[mirror]) f(Match{x.d, product(gx, h)});
      }
    }
  }

  Match largest(Match const& x) const {
    Match best = x;
    for_each(x, [&](Match const& image) { best = std::max(best, image); });
    return best;
  }

 private:
  static bool has_half_turn(Group const& group) {
    return std::ranges::find(group.rows[0], std::array<Integer, 4>{-1, 0, 0, -1}) != group.rows[0].end();
  }
  Group film_, substrate_;
};

struct Point {
  Eigen::Vector2i v;     ///< coordinates
  int divisor;           ///< gcd of v
  double length;         ///< [Å]
  Eigen::Vector2i side;  ///< cross(v, side) = divisor
  double side_along;     ///< component of `side` along v [Å]
};

/// Lattice vectors up to a length, one of each orbit, by increasing length.
std::vector<Point> lattice_points(Eigen::Matrix2d const& basis, double max_length,
                                  std::vector<std::array<Integer, 4>> const& operations) {
  std::vector<Point> points;
  double const area = basis.determinant();
  int const nx = static_cast<int>(max_length * basis.col(1).norm() / area) + 1;
  int const ny = static_cast<int>(max_length * basis.col(0).norm() / area) + 1;
  auto const first_of_orbit = [&](int x, int y) {
    return std::ranges::none_of(operations, [&](auto const& g) {
      return std::pair(x * g[0] + y * g[2], x * g[1] + y * g[3]) > std::pair<Integer, Integer>(x, y);
    });
  };
  for (int x = -nx; x <= nx; ++x) {
    for (int y = -ny; y <= ny; ++y) {
      Eigen::Vector2d const r = x * basis.col(0) + y * basis.col(1);
      double const length = r.norm();
      if ((x == 0 && y == 0) || length > max_length || !first_of_orbit(x, y)) continue;
      Eigen::Vector2i const v(x, y), side = detail::partner(v);
      points.push_back({v, std::gcd(x, y), length, side, r.dot(basis * side.cast<double>()) / length});
    }
  }
  std::ranges::stable_sort(points, {}, &Point::length);
  return points;
}

/// The enumeration of geometry.md: film cells (a, b), Gauss-reduced; the substrate vector u that a is laid on; the
/// substrate vectors v that b can be laid on.
class Enumerator {
 public:
  Enumerator(Eigen::Matrix2d const& film, Eigen::Matrix2d const& substrate, Group const& film_group,
             Group const& substrate_group, CoincidenceOptions const& options)
      : images_(film_group, substrate_group),
        film_area_(film.determinant()),
        substrate_area_(substrate.determinant()),
        max_area_(options.max_area * (1.0 + rounding)),
        low_(1.0 - options.max_strain - rounding),
        high_(1.0 + options.max_strain + rounding) {
    double const longest =
        std::sqrt(2.0 * max_area_ / std::sqrt(3.0)) * (1.0 + slack);  // of the shorter vector of a reduced cell
    auto operations = film_group.rows[0];
    if (!substrate_group.rows[1].empty()) {
      operations.insert(operations.end(), film_group.rows[1].begin(), film_group.rows[1].end());
    }
    film_points_ = lattice_points(film, longest, operations);
    substrate_points_ = lattice_points(substrate, longest * high_, substrate_group.rows[0]);
  }

  /// One X of each class, in increasing order.
  std::vector<Match> run() {
    for (Point const& a : film_points_) {
      double const shortest = low_ * a.length, longest = high_ * a.length;
      auto const begin = std::ranges::lower_bound(substrate_points_, shortest, {}, &Point::length);
      auto const end = std::ranges::upper_bound(substrate_points_, longest, {}, &Point::length);
      if (begin != end) add_cells(a, {begin, end});
    }
    std::ranges::sort(found_);
    auto const [first, last] = std::ranges::unique(found_);
    found_.erase(first, last);
    return std::move(found_);
  }

 private:
  /// Every b with which a is a reduced cell: t sides and s/divisor of a, component along a within half of a.
  void add_cells(Point const& a, std::span<Point const> annulus) {
    double const step = a.length / a.divisor, half = 0.5 * a.length * (1.0 + slack);
    for (int t = 1; t * a.divisor * film_area_ <= max_area_; ++t) {
      double const across = t * a.divisor * film_area_ / a.length;
      int const last = static_cast<int>(std::floor((half - t * a.side_along) / step));
      for (int s = static_cast<int>(std::ceil((-half - t * a.side_along) / step)); s <= last; ++s) {
        double const along = t * a.side_along + s * step;
        if (std::hypot(along, across) < a.length * (1.0 - slack)) continue;
        Eigen::Vector2i const b = t * a.side + s * (a.v / a.divisor);
        for (Point const& u : annulus) add_images(a, b, along, across, u);
      }
    }
  }

  /// a lies on u; in axes along a and u, E is upper triangular: diagonal (stretch, q), corner p.
  void add_images(Point const& a, Eigen::Vector2i const& b, double along, double across, Point const& u) {
    double const stretch = u.length / a.length;
    double const unit = u.divisor * substrate_area_ / (u.length * across);  // q of t = 1
    int const last = static_cast<int>(std::floor(high_ / unit));
    for (int t = static_cast<int>(std::ceil(low_ / unit)); t <= last; ++t) {
      if (t * u.divisor * substrate_area_ > max_area_) break;
      double const q = t * unit;
      double const longest = std::max(stretch, q);
      double const reach = across * std::sqrt(std::max(0.0, high_ * high_ - longest * longest));
      double const offset = t * u.side_along - stretch * along, step = u.length / u.divisor;
      int const end = static_cast<int>(std::floor((reach - offset) / step));
      for (int s = static_cast<int>(std::ceil((-reach - offset) / step)); s <= end; ++s) {
        double const p = (offset + s * step) / across;
        double const sum = std::hypot(stretch + q, p), difference = std::hypot(stretch - q, p);
        if (sum + difference > 2.0 * high_ || sum - difference < 2.0 * low_) continue;
        add(a.v, b, u.v, t * u.side + s * (u.v / u.divisor));
      }
    }
  }

  void add(Eigen::Vector2i const& a, Eigen::Vector2i const& b, Eigen::Vector2i const& u, Eigen::Vector2i const& v) {
    Integer const i = detail::cross(a, b), j = detail::cross(u, v);
    Match x{i, product({b.y(), -a.y(), -b.x(), a.x()}, {u.x(), u.y(), v.x(), v.y()})};  // adj(M) N / det M
    // Smith normal form of i X is diag(g, i j/g); the coincidence cell has index i/gcd(i, g) x i/gcd(i, i j/g)
    Integer const g = std::gcd(std::gcd(x.p[0], x.p[1]), std::gcd(x.p[2], x.p[3]));
    Integer const common = std::gcd(i, g);
    if ((i / common) * (i / std::gcd(i, i * j / g)) != i) return;  // a multiple of a smaller match
    x.d /= common;
    for (auto& p : x.p) p /= common;
    found_.push_back(images_.largest(x));
  }

  Images images_;
  double film_area_, substrate_area_, max_area_, low_, high_;
  std::vector<Point> film_points_, substrate_points_;
  std::vector<Match> found_;
};

double rounded(double value) { return std::round(value * 1e12) / 1e12 + 0.0; }  // + 0.0: no negative zero

/// Rotation of E (row vectors) in (-pi, pi]; a half turn is pi whatever the last bits say.
double rotation_of(Eigen::Matrix2d const& e) {
  double const angle = std::atan2(e(0, 1) - e(1, 0), e(0, 0) + e(1, 1));
  return angle < rounding - units::pi ? angle + 2.0 * units::pi : angle;
}

/// Principal strains and rotation of E (row vectors).
void set_strain(Coincidence& match, Eigen::Matrix2d const& film, Eigen::Matrix2d const& substrate) {
  Eigen::Matrix2d const x = match.film.cast<double>().inverse() * match.substrate.cast<double>();
  Eigen::Matrix2d const e = film.transpose().inverse() * x * substrate.transpose();
  double const sum = std::hypot(e(0, 0) + e(1, 1), e(0, 1) - e(1, 0));
  double const difference = std::hypot(e(0, 0) - e(1, 1), e(0, 1) + e(1, 0));
  match.strain_max = rounded(0.5 * (sum + difference) - 1.0);
  match.strain_min = rounded(0.5 * (sum - difference) - 1.0);
  match.twist = rounded(rotation_of(e));
}

/// Rows of {m : m X integer}.
detail::Matrix2l coincidence_cell(Match const& x) {
  Integer const second = x.d / std::gcd(x.d, std::gcd(x.p[2], x.p[3]));
  for (Integer first = 1;; ++first) {
    for (Integer k = 0; k < second; ++k) {
      if ((first * x.p[0] + k * x.p[2]) % x.d != 0 || (first * x.p[1] + k * x.p[3]) % x.d != 0) continue;
      return detail::Matrix2l{{first, k}, {0, second}};
    }
  }
}

/// The lattice generated by the rows of M^-1 and N^-1, in units of the common cell / (i j), reduced.
Eigen::Matrix2i shift_rows(Coincidence const& c, Eigen::Matrix2d const& substrate) {
  auto const adjugate = [](Eigen::Matrix2i const& m) {
    return detail::Matrix2l{{m(1, 1), -m(0, 1)}, {-m(1, 0), m(0, 0)}};
  };
  detail::Matrix2l const f = adjugate(c.film) * Integer{c.substrate_index},
                         s = adjugate(c.substrate) * Integer{c.film_index};
  auto const rows =
      detail::spanning_rows({f.row(0).transpose(), f.row(1).transpose(), s.row(0).transpose(), s.row(1).transpose()});
  return detail::reduced_rows(rows, substrate * c.substrate.transpose().cast<double>());
}

void complete(Coincidence& c, Eigen::Matrix2d const& film, Eigen::Matrix2d const& substrate) {
  c.film_index = c.film.determinant();
  c.substrate_index = c.substrate.determinant();
  c.film_area = c.film_index * film.determinant();
  c.substrate_area = c.substrate_index * substrate.determinant();
  c.shift_cell_area = substrate.determinant() / c.film_index;
  set_strain(c, film, substrate);
  c.shift = shift_rows(c, substrate);
}

/// The image with the smallest |twist|, the positive one of two, then the largest X.
Match least_twisted(Match const& x, Images const& images, Eigen::Matrix2d const& film,
                    Eigen::Matrix2d const& substrate) {
  Eigen::Matrix2d const left = film.transpose().inverse(), right = substrate.transpose();
  Match best = x;
  double best_twist = 10.0;
  images.for_each(x, [&](Match const& image) {
    Eigen::Matrix2d const e = left * to_matrix(image) * right;
    double const twist = rotation_of(e);
    double const difference = std::abs(twist) - std::abs(best_twist);
    bool const tie = std::abs(difference) < rounding;
    bool const same_sign = (twist < -rounding) == (best_twist < -rounding);
    bool const better = tie ? (same_sign ? image > best : best_twist < -rounding) : difference < 0.0;
    if (!better) return;
    best = image;
    best_twist = twist;
  });
  return best;
}

void require_lattice(Eigen::Matrix2d const& basis, char const* which) {
  double const area = basis.determinant(), scale = basis.col(0).norm() * basis.col(1).norm();
  require(std::isfinite(area) && std::abs(area) > 1e-6 * scale, "invalid in-plane lattice of the ", which, ", area ",
          area, " A^2 (its two vectors are collinear or zero); give two independent vectors");
  require(area > 0.0, "left-handed in-plane lattice of the ", which, ", area ", area, " A^2; exchange its vectors");
}

}  // namespace

double Coincidence::largest_strain() const { return std::max(std::abs(strain_max), std::abs(strain_min)); }

std::vector<Coincidence> find_coincidences(Eigen::Matrix2d const& film, Eigen::Matrix2d const& substrate,
                                           std::vector<Eigen::Matrix2i> const& film_group,
                                           std::vector<Eigen::Matrix2i> const& substrate_group,
                                           CoincidenceOptions const& options) {
  require(options.max_strain > 0.0 && options.max_strain < 1.0, "invalid max_strain=", options.max_strain,
          " (a fraction, more than 0 and less than 1)");
  require(options.max_area > 0.0 && std::isfinite(options.max_area), "invalid max_area=", options.max_area,
          " A^2 (must be positive)");
  require_lattice(film, "film");
  require_lattice(substrate, "substrate");

  require(options.max_area < most_cells * std::min(film.determinant(), substrate.determinant()),
          "invalid max_area=", options.max_area, " A^2 (more than ", most_cells, " cells); ask for smaller supercells");

  Group const film_operations(film_group), substrate_operations(substrate_group);
  Images const images(film_operations, substrate_operations);
  std::vector<Coincidence> matches;
  for (Match const& key : Enumerator(film, substrate, film_operations, substrate_operations, options).run()) {
    Match const x = least_twisted(key, images, film, substrate);
    Coincidence match;
    match.film = detail::reduced_rows(coincidence_cell(x), film);
    match.substrate = (match.film.cast<double>() * to_matrix(x)).array().round().matrix().cast<int>();
    complete(match, film, substrate);
    matches.push_back(match);
  }
  auto const key = [](Coincidence const& c) {
    auto const& m = c.film;
    auto const& n = c.substrate;
    return std::tuple(c.film_area, c.largest_strain(), c.film_index, c.substrate_index, m(0, 0), m(0, 1), m(1, 0),
                      m(1, 1), n(0, 0), n(0, 1), n(1, 0), n(1, 1));
  };
  std::ranges::sort(matches, {}, key);
  return matches;
}

Coincidence identity_coincidence(Eigen::Matrix2d const& basis) {
  Coincidence match;
  complete(match, basis, basis);
  return match;
}

}  // namespace nacre
