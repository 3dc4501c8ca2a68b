/// The enumeration behind find_coincidences: classes of matches by increasing film index, in integers.
#pragma once

#include <array>
#include <cstdint>
#include <limits>
#include <span>
#include <vector>

namespace nacre::detail {

/// Row by row: (0,0), (0,1), (1,0), (1,1).
using Integers4 = std::array<std::int64_t, 4>;
using Reals4 = std::array<double, 4>;

Integers4 product(Integers4 const& a, Integers4 const& b);
Reals4 product(Reals4 const& a, Reals4 const& b);

/// X = p/d in lowest terms.
struct RationalMatch {
  std::int64_t d = 1;
  Integers4 p{};
  auto operator<=>(RationalMatch const&) const = default;
  std::int64_t film_index() const;       ///< of the coincidence cell {m : m X integer}
  std::int64_t substrate_index() const;  ///< of its image
};

/// A lattice and operations that leave the layer as it is, both acting on rows.
struct LatticeSide {
  Reals4 rows{};                                     ///< in-plane vectors [Å]
  std::array<std::vector<Integers4>, 2> operations;  ///< [0] rotations, never empty; [1] mirrors
  double area() const { return rows[0] * rows[3] - rows[1] * rows[2]; }
};

/// E = A^-1 X B of row vectors.
struct Deformation {
  Reals4 inverse_film{}, substrate{};
  Deformation(LatticeSide const& film, LatticeSide const& bottom);
  Reals4 operator()(RationalMatch const& x) const;
};
/// Singular values, the larger first.
std::array<double, 2> principal_stretches(Reals4 const& e);
/// Rotation of E in (-pi, pi]; a half turn is pi whatever the last bits say.
double rotation_of(Reals4 const& e);

/// The pairs (g, h), det g det h = +1, that leave both layers as they are: X -> g X h, each effect once.
class ClassGroup {
 public:
  ClassGroup(LatticeSide film, LatticeSide substrate);
  RationalMatch largest(RationalMatch const& x) const;
  /// The image whose twist is nearest to `target` [rad]; of equal ones the least twist, the positive one, the largest
  /// X.
  RationalMatch nearest_twist(RationalMatch const& x, Deformation const& deformation, double target) const;
  /// Twists of X for which an image has `target`, in [-pi, pi], up to `noise`.
  std::vector<double> equivalent_twists(double target) const;
  /// How far the twist of an image can be from what the turns say: the operations of noisy lattices are not quite
  /// rotations and mirrors [rad].
  double noise() const { return noise_; }

 private:
  struct Turn {
    Integers4 g, h;
    double sign;  ///< the image's twist is sign * twist + turn
    double turn;
  };
  std::array<std::vector<Integers4>, 2> film_, substrate_;
  std::vector<Turn> turns_;
  double noise_ = 0.0;
};

struct SearchLimits {
  double max_area = 0.0;
  double low = 1.0, high = 1.0;  ///< of the principal stretches
  /// Classes kept of one film index: those of least strain.
  std::size_t most = std::numeric_limits<std::size_t>::max();
};

/// Film cells (a, b), Gauss-reduced; the substrate vector u that a is laid on; the vectors v that b can be laid on
/// (the algorithm of geometry.md). Points are sorted by length once, and each a knows its annulus of u; where a twist
/// is asked for, the sectors of the annulus that the twist turns a into, and for each the shears that leave the twist
/// in the window.
class CoincidenceSearch {
 public:
  CoincidenceSearch(LatticeSide const& film, LatticeSide const& substrate, ClassGroup const& group,
                    SearchLimits const& limits);
  /// One X of each class whose coincidence cell has the film index, the largest, in increasing order. The span holds
  /// until the next call.
  std::span<RationalMatch const> of_index(std::int64_t film_index);
  bool dropped() const { return dropped_; }  ///< whether a class of least interest was left out to bound the memory
  /// From here on only matches with an image whose twist is within `half_width` of `target` [rad].
  void keep_twists(double target, double half_width);

 private:
  struct Point {
    std::int32_t x, y;            ///< coordinates
    std::int32_t divisor;         ///< gcd(x, y)
    std::int32_t side_x, side_y;  ///< cross(point, side) = divisor
    double length, side_along;    ///< component of the side along the point [Å]
    double angle;                 ///< from +x [rad]
    /// Its annulus, substrate points of a length in reach; with a twist asked for its places in `sectors_`.
    std::uint32_t begin = 0, end = 0;
  };
  /// A substrate point in the direction that a twist asked for turns a film point into.
  struct InSector {
    std::uint32_t point;
    double least_turn, most_turn;  ///< limits on tan of the turn back by shear, from the point to the whole
  };
  static std::vector<Point> points_of(LatticeSide const& side, double longest, std::vector<Integers4> const& orbit);
  void reach(double longest);
  void lay();
  void add_sectors(Point const& a, std::uint32_t begin, std::uint32_t end);
  void add_cells(Point const& a, std::int64_t film_index);
  void add_images(Point const& a, std::int64_t b_x, std::int64_t b_y, double along, double across,
                  InSector const& sector);
  void add(Point const& a, std::int64_t b_x, std::int64_t b_y, Point const& u, std::int64_t v_x, std::int64_t v_y);
  void compact();

  LatticeSide film_, substrate_;
  ClassGroup const& group_;
  SearchLimits limits_;
  Deformation deformation_;
  double film_area_, substrate_area_;
  double reached_ = 0.0;  ///< film points up to this length are known
  std::vector<Integers4> film_orbit_;
  std::vector<Point> film_points_, substrate_points_;
  std::vector<double> centres_;  ///< twists looked for, in [-pi, pi]; empty: all
  double window_ = 0.0;          ///< about each of them [rad]
  double laid_window_ = 0.0;     ///< the window that `sectors_` were made for [rad]
  std::vector<InSector> sectors_;
  std::vector<RationalMatch> hits_;
  std::size_t compact_at_;
  bool dropped_ = false;
};

}  // namespace nacre::detail
