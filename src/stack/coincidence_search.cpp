#include "coincidence_search.hpp"

#include <algorithm>
#include <cmath>
#include <numeric>
#include <tuple>
#include <utility>

#include "nacre/core/units.hpp"
#include "planar.hpp"

namespace nacre::detail {
namespace {

/// Reduced cells are looked for with this slack, since images of one cell differ by the noise of the lattices, up to
/// the tolerance of the symmetry search.
constexpr double slack = 10.0 * length_noise;

/// Turns of noisy lattices agree to this [rad].
constexpr double turn_noise = 1e-4;

Reals4 to_reals(Integers4 const& m) {
  return {static_cast<double>(m[0]), static_cast<double>(m[1]), static_cast<double>(m[2]), static_cast<double>(m[3])};
}

Reals4 inverse(Reals4 const& m) {
  double const determinant = m[0] * m[3] - m[1] * m[2];
  return {m[3] / determinant, -m[1] / determinant, -m[2] / determinant, m[0] / determinant};
}

bool has_half_turn(LatticeSide const& side) {
  return std::ranges::find(side.operations[0], Integers4{-1, 0, 0, -1}) != side.operations[0].end();
}

double wrapped(double angle) { return angle - 2.0 * units::pi * std::round(angle / (2.0 * units::pi)); }

/// As `wrapped`, of an angle within two turns.
double once_wrapped(double angle) {
  if (angle > units::pi) return angle - 2.0 * units::pi;
  return angle < -units::pi ? angle + 2.0 * units::pi : angle;
}

double distance_to_integer(double x) {
  double const rest = std::abs(x - static_cast<double>(static_cast<std::int64_t>(x)));
  return std::min(rest, 1.0 - rest);
}

/// How far an operation is from an isometry.
double distortion(Reals4 const& g) {
  auto const [larger, smaller] = principal_stretches(g);
  return std::max(larger - 1.0, 1.0 - std::abs(smaller));
}

/// Greatest common divisor of the entries.
std::int64_t content(Integers4 const& m) { return std::gcd(std::gcd(m[0], m[1]), std::gcd(m[2], m[3])); }

}  // namespace

Integers4 product(Integers4 const& a, Integers4 const& b) {
  return {a[0] * b[0] + a[1] * b[2], a[0] * b[1] + a[1] * b[3], a[2] * b[0] + a[3] * b[2], a[2] * b[1] + a[3] * b[3]};
}
Reals4 product(Reals4 const& a, Reals4 const& b) {
  return {a[0] * b[0] + a[1] * b[2], a[0] * b[1] + a[1] * b[3], a[2] * b[0] + a[3] * b[2], a[2] * b[1] + a[3] * b[3]};
}

// Smith normal form of p is diag(s1, s2), s1 = gcd of the entries, s1 s2 = det p: X is diag(s1/d, s2/d), and in lowest
// terms s1 and d have no common divisor.
std::int64_t RationalMatch::film_index() const {
  std::int64_t const s1 = content(p), s2 = (p[0] * p[3] - p[1] * p[2]) / s1;
  return d * (d / std::gcd(d, s2));
}
std::int64_t RationalMatch::substrate_index() const {
  std::int64_t const s1 = content(p), s2 = (p[0] * p[3] - p[1] * p[2]) / s1;
  return s1 * (s2 / std::gcd(d, s2));
}

Deformation::Deformation(LatticeSide const& film, LatticeSide const& bottom)
    : inverse_film(inverse(film.rows)), substrate(bottom.rows) {}

Reals4 Deformation::operator()(RationalMatch const& x) const {
  auto e = product(product(inverse_film, to_reals(x.p)), substrate);
  for (auto& entry : e) entry /= static_cast<double>(x.d);
  return e;
}

std::array<double, 2> principal_stretches(Reals4 const& e) {
  double const sum = std::hypot(e[0] + e[3], e[1] - e[2]), difference = std::hypot(e[0] - e[3], e[1] + e[2]);
  return {0.5 * (sum + difference), 0.5 * (sum - difference)};
}

double rotation_of(Reals4 const& e) {
  double const angle = std::atan2(e[1] - e[2], e[0] + e[3]);
  return angle < rounding - units::pi ? angle + 2.0 * units::pi : angle;
}

ClassGroup::ClassGroup(LatticeSide film, LatticeSide substrate)
    : film_(film.operations), substrate_(substrate.operations) {
  // with a half turn in both groups (g, h) and (-g, -h) do the same
  if (has_half_turn(film) && has_half_turn(substrate)) {
    for (auto& operations : film_) std::erase_if(operations, [](auto const& g) { return g < Integers4{}; });
  }
  auto const cartesian = [](LatticeSide const& side, Integers4 const& g) {
    return product(product(inverse(side.rows), to_reals(g)), side.rows);
  };
  for (std::size_t mirror : {0, 1}) {
    for (auto const& g : film_[mirror]) {
      for (auto const& h : substrate_[mirror]) {
        auto const of_film = cartesian(film, g), of_substrate = cartesian(substrate, h);
        noise_ = std::max(noise_, distortion(of_film) + distortion(of_substrate));
        double const turn = rotation_of(product(of_film, of_substrate));
        turns_.push_back({g, h, mirror == 1 ? -1.0 : 1.0, turn});
      }
    }
  }
}

RationalMatch ClassGroup::largest(RationalMatch const& x) const {
  RationalMatch best = x;
  for (std::size_t mirror : {0, 1}) {
    for (auto const& g : film_[mirror]) {
      auto const gx = product(g, x.p);
      for (auto const& h : substrate_[mirror]) {
        if (gx[0] * h[0] + gx[1] * h[2] < best.p[0]) continue;
        best.p = std::max(best.p, product(gx, h));
      }
    }
  }
  return best;
}

RationalMatch ClassGroup::nearest_twist(RationalMatch const& x, Deformation const& deformation, double target) const {
  double const twist = rotation_of(deformation(x));
  auto const estimate = [&](Turn const& t) { return std::abs(wrapped(t.sign * twist + t.turn - target)); };
  double least = 10.0;
  for (auto const& t : turns_) least = std::min(least, estimate(t));

  RationalMatch best = x;
  double best_distance = 10.0, best_twist = 10.0;
  for (auto const& t : turns_) {
    if (estimate(t) > least + turn_noise) continue;
    RationalMatch const image{x.d, product(product(t.g, x.p), t.h)};
    double const its_twist = rotation_of(deformation(image)), distance = std::abs(wrapped(its_twist - target));
    auto const compare = [](double a, double b) { return std::abs(a - b) < rounding ? 0 : (a < b ? -1 : 1); };
    int order = compare(distance, best_distance);
    if (order == 0) order = compare(std::abs(its_twist), std::abs(best_twist));
    if (order == 0) order = compare(best_twist, its_twist);
    if (order > 0 || (order == 0 && image < best)) continue;
    best = image;
    best_distance = distance;
    best_twist = its_twist;
  }
  return best;
}

std::vector<double> ClassGroup::equivalent_twists(double target) const {
  std::vector<double> twists;
  for (auto const& t : turns_) {
    double const twist = wrapped(t.sign * (target - t.turn));
    auto const same = [&](double other) { return std::abs(wrapped(twist - other)) < 2.0 * noise_ + rounding; };
    if (std::ranges::none_of(twists, same)) twists.push_back(twist);
  }
  return twists;
}

CoincidenceSearch::CoincidenceSearch(LatticeSide const& film, LatticeSide const& substrate, ClassGroup const& group,
                                     SearchLimits const& limits)
    : film_(film),
      substrate_(substrate),
      group_(group),
      limits_(limits),
      deformation_(film, substrate),
      film_area_(film.area()),
      substrate_area_(substrate.area()),
      film_orbit_(film.operations[0]) {
  if (!substrate.operations[1].empty()) {
    film_orbit_.insert(film_orbit_.end(), film.operations[1].begin(), film.operations[1].end());
  }
  // room for the hits of a class before its images are joined
  constexpr std::size_t room = 4, least_room = 1u << 16;
  compact_at_ = limits.most > std::numeric_limits<std::size_t>::max() / room ? limits.most
                                                                             : std::max(least_room, room * limits.most);
}

/// Lattice vectors up to a length, one of each orbit, by increasing length.
std::vector<CoincidenceSearch::Point> CoincidenceSearch::points_of(LatticeSide const& side, double longest,
                                                                   std::vector<Integers4> const& orbit) {
  auto const& [ax, ay, bx, by] = side.rows;
  auto const nx = static_cast<std::int64_t>(longest * std::hypot(bx, by) / side.area()) + 1;
  auto const ny = static_cast<std::int64_t>(longest * std::hypot(ax, ay) / side.area()) + 1;
  auto const first_of_orbit = [&](std::int64_t x, std::int64_t y) {
    return std::ranges::none_of(
        orbit, [&](auto const& g) { return std::pair(x * g[0] + y * g[2], x * g[1] + y * g[3]) > std::pair(x, y); });
  };
  std::vector<Point> points;
  for (std::int64_t x = -nx; x <= nx; ++x) {
    for (std::int64_t y = -ny; y <= ny; ++y) {
      double const rx = static_cast<double>(x) * ax + static_cast<double>(y) * bx;
      double const ry = static_cast<double>(x) * ay + static_cast<double>(y) * by;
      if ((x == 0 && y == 0) || rx * rx + ry * ry > longest * longest || !first_of_orbit(x, y)) continue;
      Eigen::Vector2i const v(static_cast<int>(x), static_cast<int>(y)), other = partner(v);
      double const length = std::hypot(rx, ry);
      double const along = (rx * (other.x() * ax + other.y() * bx) + ry * (other.x() * ay + other.y() * by)) / length;
      points.push_back({v.x(), v.y(), std::gcd(v.x(), v.y()), other.x(), other.y(), length, along, std::atan2(ry, rx)});
    }
  }
  std::ranges::stable_sort(points, {}, &Point::length);
  return points;
}

/// Knows the film vectors up to a length, and for each its annulus; those with nothing to lie on are left out.
void CoincidenceSearch::reach(double longest) {
  if (longest <= reached_) return;
  double const all = std::sqrt(2.0 * limits_.max_area / std::sqrt(3.0)) * (1.0 + slack);
  reached_ = std::max(longest, std::min(all, 1.5 * longest));
  film_points_ = points_of(film_, reached_, film_orbit_);
  substrate_points_ = points_of(substrate_, reached_ * limits_.high, substrate_.operations[0]);
  lay();
}

/// Finds what each film point can lie on.
void CoincidenceSearch::lay() {
  sectors_.clear();
  laid_window_ = window_;
  std::uint32_t begin = 0, end = 0;
  for (Point& a : film_points_) {
    while (begin < substrate_points_.size() && substrate_points_[begin].length < limits_.low * a.length) ++begin;
    while (end < substrate_points_.size() && substrate_points_[end].length <= limits_.high * a.length) ++end;
    a.begin = begin;
    a.end = end;
    if (centres_.empty()) continue;
    a.begin = static_cast<std::uint32_t>(sectors_.size());
    add_sectors(a, begin, end);
    a.end = static_cast<std::uint32_t>(sectors_.size());
  }
  std::erase_if(film_points_, [](Point const& a) { return a.begin == a.end; });
}

void CoincidenceSearch::add_sectors(Point const& a, std::uint32_t begin, std::uint32_t end) {
  // a vector turns by at most this more or less than the whole
  double const shear = std::asin((limits_.high - limits_.low) / (limits_.high + limits_.low)) + rounding;
  constexpr double quarter = 0.5 * units::pi - rounding, infinity = std::numeric_limits<double>::infinity();
  for (std::uint32_t k = begin; k < end; ++k) {
    double const turn = once_wrapped(substrate_points_[k].angle - a.angle);
    for (double const centre : centres_) {
      double const ahead = once_wrapped(turn - centre);
      if (std::abs(ahead) > window_ + shear) continue;
      double const least = ahead - window_, most = ahead + window_;
      sectors_.push_back(
          {k, least > -quarter ? std::tan(least) : -infinity, most < quarter ? std::tan(most) : infinity});
    }
  }
}

std::span<RationalMatch const> CoincidenceSearch::of_index(std::int64_t film_index) {
  hits_.clear();
  // of the shorter vector of a reduced cell
  double const longest = std::sqrt(2.0 * static_cast<double>(film_index) * film_area_ / std::sqrt(3.0)) * (1.0 + slack);
  reach(longest);
  for (Point const& a : film_points_) {
    if (a.length > longest) break;
    if (film_index % a.divisor == 0) add_cells(a, film_index);
  }
  compact();
  return hits_;
}

/// Every b with which a spans a reduced cell of the index: t sides and s/divisor of a, component along a within half
/// of a.
void CoincidenceSearch::add_cells(Point const& a, std::int64_t film_index) {
  double const step = a.length / a.divisor, half = 0.5 * a.length * (1.0 + slack);
  double const shortest = a.length * (1.0 - slack);
  std::int64_t const t = film_index / a.divisor;
  double const across = static_cast<double>(film_index) * film_area_ / a.length;
  double const offset = static_cast<double>(t) * a.side_along;
  auto const last = static_cast<std::int64_t>(std::floor((half - offset) / step));
  for (auto s = static_cast<std::int64_t>(std::ceil((-half - offset) / step)); s <= last; ++s) {
    double const along = offset + static_cast<double>(s) * step;
    if (along * along + across * across < shortest * shortest) continue;
    std::int64_t const b_x = t * a.side_x + s * (a.x / a.divisor), b_y = t * a.side_y + s * (a.y / a.divisor);
    constexpr double infinity = std::numeric_limits<double>::infinity();
    for (std::uint32_t k = a.begin; k < a.end; ++k) {
      add_images(a, b_x, b_y, along, across, centres_.empty() ? InSector{k, -infinity, infinity} : sectors_[k]);
    }
  }
}

/// a lies on u; in axes along a and u, E is lower triangular: diagonal (stretch, q), corner p. Its rotation is that of
/// a onto u less atan(p/(stretch + q)).
void CoincidenceSearch::add_images(Point const& a, std::int64_t b_x, std::int64_t b_y, double along, double across,
                                   InSector const& sector) {
  Point const& u = substrate_points_[sector.point];
  double const low = limits_.low, high = limits_.high;
  double const stretch = u.length / a.length;
  double const unit = u.divisor * substrate_area_ / (u.length * across);  // q of t = 1
  double const step = u.length / u.divisor;
  // of a narrow window few rows t have a v: those where the middle of the shears is near a multiple of the step
  bool const narrow = std::isfinite(sector.least_turn) && std::isfinite(sector.most_turn);
  double const middle = narrow ? 0.5 * (sector.least_turn + sector.most_turn) * across : 0.0;
  double const width = 0.5 * (sector.most_turn - sector.least_turn) * across * (stretch + high) / step + rounding;
  double const start = -stretch * (along + middle) / step, row = (u.side_along - unit * middle) / step;
  auto const last = static_cast<std::int64_t>(std::floor(high / unit));
  for (auto t = static_cast<std::int64_t>(std::ceil(low / unit)); t <= last; ++t) {
    if (static_cast<double>(t * u.divisor) * substrate_area_ > limits_.max_area) break;
    if (narrow && distance_to_integer(start + static_cast<double>(t) * row) > width) continue;
    double const q = static_cast<double>(t) * unit;
    double const longest = std::max(stretch, q);
    double const reach = std::sqrt(std::max(0.0, high * high - longest * longest));
    double const least = across * std::max(-reach, (stretch + q) * sector.least_turn);
    double const most = across * std::min(reach, (stretch + q) * sector.most_turn);
    double const offset = static_cast<double>(t) * u.side_along - stretch * along;
    auto const end = static_cast<std::int64_t>(std::floor((most - offset) / step));
    for (auto s = static_cast<std::int64_t>(std::ceil((least - offset) / step)); s <= end; ++s) {
      double const p = (offset + static_cast<double>(s) * step) / across;
      double const sum = std::sqrt((stretch + q) * (stretch + q) + p * p);
      double const difference = std::sqrt((stretch - q) * (stretch - q) + p * p);
      if (sum + difference > 2.0 * high || sum - difference < 2.0 * low) continue;
      add(a, b_x, b_y, u, t * u.side_x + s * (u.x / u.divisor), t * u.side_y + s * (u.y / u.divisor));
    }
  }
}

void CoincidenceSearch::add(Point const& a, std::int64_t b_x, std::int64_t b_y, Point const& u, std::int64_t v_x,
                            std::int64_t v_y) {
  std::int64_t const i = a.x * b_y - a.y * b_x, j = u.x * v_y - u.y * v_x;
  RationalMatch x{i, product(Integers4{b_y, -a.y, -b_x, a.x}, Integers4{u.x, u.y, v_x, v_y})};  // adj(M) N / det M
  // Smith normal form of i X is diag(g, i j/g); the coincidence cell has index i/gcd(i, g) x i/gcd(i, i j/g)
  std::int64_t const g = content(x.p), common = std::gcd(i, g);
  if ((i / common) * (i / std::gcd(i, i * j / g)) != i) return;  // a multiple of a smaller match
  x.d /= common;
  for (auto& p : x.p) p /= common;
  hits_.push_back(group_.largest(x));
  if (hits_.size() > compact_at_) compact();
}

/// Hits of one class joined; of too many classes those of least strain are kept.
void CoincidenceSearch::compact() {
  std::ranges::sort(hits_);
  auto const [first, last] = std::ranges::unique(hits_);
  hits_.erase(first, last);
  if (hits_.size() <= limits_.most) return;
  std::vector<double> strains;  // in units of the rounding, in the order of the hits
  for (auto const& x : hits_) {
    auto const [s1, s2] = principal_stretches(deformation_(x));
    strains.push_back(std::round(std::max(std::abs(s1 - 1.0), std::abs(s2 - 1.0)) / rounding));
  }
  auto ranked = strains;
  auto const last_kept = ranked.begin() + static_cast<std::ptrdiff_t>(limits_.most) - 1;
  std::nth_element(ranked.begin(), last_kept, ranked.end());
  // one unit more: the caller rounds strains of other images; matches of equal strain all stay, it knows their order
  double const most_strain = *last_kept + 1.0;
  auto const before = hits_.size();
  std::size_t kept = 0;
  for (std::size_t i = 0; i < before; ++i) {
    if (strains[i] <= most_strain) hits_[kept++] = hits_[i];
  }
  hits_.resize(kept);
  dropped_ = dropped_ || kept < before;
  compact_at_ = std::max(compact_at_, 2 * kept);
}

void CoincidenceSearch::keep_twists(double target, double half_width) {
  bool const first = centres_.empty();
  window_ = half_width + 4.0 * group_.noise() + 2.0 * rounding;
  centres_ = group_.equivalent_twists(target);
  if (window_ * static_cast<double>(centres_.size()) > units::pi) centres_.clear();  // little or nothing to leave out
  if (reached_ == 0.0 || centres_.empty()) return;
  if (first || window_ < 0.5 * laid_window_) lay();
}

}  // namespace nacre::detail
