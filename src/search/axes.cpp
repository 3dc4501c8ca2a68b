// A search along the axes, one at a time: for functions that are sums over the coordinates it finds the best of all
// minima, and it notices when a function is none.
#include <algorithm>
#include <cmath>

#include "minimisation.hpp"

namespace nacre::detail {
namespace {

/// Values along one axis, less the value at the point that the axes meet in.
class Line {
 public:
  struct Mark {
    double place = 0.0, value = 0.0;
  };

  explicit Line(double place) : marks_{{place, 0.0}} {}

  void add(double place, double value) {
    Mark const mark{place, value};
    marks_.insert(std::ranges::lower_bound(marks_, place, {}, &Mark::place), mark);
  }
  Mark best() const { return *std::ranges::min_element(marks_, {}, &Mark::value); }
  void shift(double by) {
    for (auto& mark : marks_) mark.value += by;
  }
  double range() const { return std::ranges::max_element(marks_, {}, &Mark::value)->value - best().value; }
  std::size_t size() const { return marks_.size(); }
  /// The mark that tells most about whether the function is a sum: far from the best.
  Mark witness() const {
    auto const from = best().place;
    return *std::ranges::max_element(marks_, {}, [&](Mark const& mark) { return std::abs(mark.place - from); });
  }

  /// Where to look next: in turn at the minimum of the parabola through the best mark and its neighbours, and in the
  /// middle of the gap that a parabola of the least curvature through its ends could dive below the best in
  /// (S. Swarzberg, G. Seront, H. Bersini, IEEE Conf. Evol. Comput. 1994, 519). Negative: nothing is left.
  double next(bool explore, double gain) const {
    if (!explore) {
      auto const place = parabola();
      if (place >= 0.0) return place;
    }
    return easiest(gain);
  }
  double resolution() const {
    auto const middle = best_index();
    double width = 0.0;
    if (middle > 0) width = std::max(width, marks_[middle].place - marks_[middle - 1].place);
    if (middle + 1 < marks_.size()) width = std::max(width, marks_[middle + 1].place - marks_[middle].place);
    return width;
  }

 private:
  std::size_t best_index() const {
    return static_cast<std::size_t>(std::ranges::min_element(marks_, {}, &Mark::value) - marks_.begin());
  }
  double parabola() const {
    auto const middle = best_index();
    if (middle == 0 || middle + 1 == marks_.size()) return -1.0;
    auto const &a = marks_[middle - 1], &b = marks_[middle], &c = marks_[middle + 1];
    auto const left = b.place - a.place, right = c.place - b.place;
    auto const rise = (a.value - b.value) / left, climb = (c.value - b.value) / right;
    if (std::max(left, right) < 1e-12 || !(rise + climb > 0.0) || !std::isfinite(rise + climb)) return -1.0;
    auto const place = b.place + 0.5 * (rise * right - climb * left) / (rise + climb);
    auto const apart = std::max(1e-3 * std::min(left, right), 1e-13);
    if (place > b.place + apart && place < c.place - apart) return stride(place, b.place, right, left);
    if (place < b.place - apart && place > a.place + apart) return stride(place, b.place, left, right);
    return left > right ? b.place - std::max(0.1 * left, 1e-13) : b.place + std::max(0.1 * right, 1e-13);
  }
  /// A bracket that is much wider on the other side is cut there instead.
  static double stride(double place, double middle, double same, double other) {
    if (other < 10.0 * same) return place;
    return place > middle ? middle - 0.1 * other : middle + 0.1 * other;
  }
  double easiest(double gain) const {
    double least = 1e300, place = -1.0;
    auto const floor = best().value - gain;
    for (std::size_t i = 0; i + 1 < marks_.size(); ++i) {
      auto const width = marks_[i + 1].place - marks_[i].place;
      if (width < 1e-11) continue;
      auto const slope = (std::sqrt(marks_[i].value - floor) + std::sqrt(marks_[i + 1].value - floor)) / width;
      if (!(slope < least)) continue;
      least = slope;
      place = 0.5 * (marks_[i].place + marks_[i + 1].place);
    }
    return place;
  }
  std::vector<Mark> marks_;  ///< by place
};

struct Cross {
  Point x;       ///< where the axes meet: the best known
  double value;  ///< there
  std::vector<Line> lines;
};

Batch along(Cross const& cross, Eigen::Index axis, double place) {
  Batch batch;
  batch.points.push_back(cross.x);
  batch.points.back()[axis] = place;
  return batch;
}

/// Moves the cross to the best mark of the axis.
void settle(Cross& cross, Eigen::Index axis) {
  auto& line = cross.lines[static_cast<std::size_t>(axis)];
  auto const best = line.best();
  cross.x[axis] = best.place;
  cross.value += best.value;
  line.shift(-best.value);
}

}  // namespace

// Rounds over the axes; from the second on a mark is measured again first, and if it is not what it was before the
// other coordinates changed, the function is no sum and the search ends.
Minimisation axes(Start start, Rng) {
  constexpr int most_rounds = 60, marks_a_round = 5;
  auto const n = start.x.size();
  Cross cross{clamp(start.x, start.periodic), start.value, {}};
  if (std::isnan(cross.value)) {
    Batch batch;
    batch.points.push_back(cross.x);
    auto const told = co_yield batch;
    cross.value = told[0];
  }
  for (Eigen::Index i = 0; i < n; ++i) cross.lines.emplace_back(cross.x[i]);
  if (!(cross.value < unusable)) co_return;
  for (int round = 0; round < most_rounds; ++round) {
    bool open = false;
    for (Eigen::Index i = 0; i < n; ++i) {
      auto& line = cross.lines[static_cast<std::size_t>(i)];
      if (round > 0 && round < 3) {
        auto const witness = line.witness();
        auto const batch = along(cross, i, witness.place);
        auto const told = co_yield batch;
        auto const error = std::abs(told[0] - cross.value - witness.value);
        if (!(error <= 1e-6 * line.range() + 1e-11 * std::abs(cross.value))) co_return;
      }
      for (int k = 0; k < marks_a_round; ++k) {
        double place = 0.0;
        if (line.size() < 3) {
          place = line.size() == 1 ? (cross.x[i] > 0.0 ? 0.0 : 1.0) : (cross.x[i] < 1.0 ? 1.0 : 0.5);
          if (line.size() == 2 && cross.x[i] == 0.0) place = 0.5;
        } else {
          place = line.next(k % 2 == 1, 1e-9 + 1e-3 * line.range() * std::pow(0.5, round));
        }
        if (place < 0.0) break;
        open = true;
        auto const batch = along(cross, i, place);
        auto const told = co_yield batch;
        line.add(place, std::min(told[0], unusable) - cross.value);
      }
      settle(cross, i);
    }
    if (!open) co_return;
  }
}

}  // namespace nacre::detail
