#include "nacre/potential/sliding_map.hpp"

#include <Eigen/LU>
#include <algorithm>
#include <cmath>
#include <limits>

#include "nacre/core/error.hpp"
#include "nacre/core/units.hpp"
#include "nacre/stack/contact.hpp"

namespace nacre {
namespace {

constexpr double gap_reach = 1.6;  ///< an optimised gap lies within this of the one from radii [Å]
constexpr int most_steps = 40;

/// The stack asked for, with the free contact open.
class Slider {
 public:
  Slider(SlabList const& slabs, std::vector<ContactDesign> const& contacts, StackOptions const& options,
         Potential const& potential, SlidingOptions const& sliding)
      : slabs_(slabs), contacts_(contacts), options_(options), sliding_(sliding),
        corrected_(options.geometry == StackGeometry::slab ? potential.with_slab_correction(true) : nullptr),
        model_(corrected_ ? *corrected_ : potential) {}

  void evaluate(SlidingPoint& point) {
    auto& design = contacts_[sliding_.contact];
    design.shift = Eigen::Vector2d(point.index[0], point.index[1]) / sliding_.grid;
    if (sliding_.optimise_gap) point.gap_at_limit = !optimise();
    point.gap = design.gap;
    auto const stack = build_stack(slabs_, contacts_, options_);
    point.refusal = find_overlap(stack, slabs_);
    if (point.refusal.empty()) point.energy = energy(stack);
  }

  /// Both parts in the stack's cell, far from each other [eV].
  double apart() {
    auto const stack = build_stack(slabs_, contacts_, options_);
    double sum = 0.0;
    for (bool const upper : {false, true}) sum += energy(part(stack, upper));
    return sum;
  }

  double work() const { return work_; }

 private:
  double energy(Stack const& stack) {
    auto const evaluation = model_.evaluate(stack.crystal);
    work_ += static_cast<double>(evaluation.edges);
    return evaluation.energy;
  }

  Stack part(Stack const& stack, bool upper) const {
    Stack alone = stack;
    Crystal& crystal = alone.crystal;
    crystal.numbers.clear();
    crystal.oxidation.clear();
    Eigen::Index next = 0;
    for (std::size_t i = 0; i < stack.layer.size(); ++i) {
      if ((stack.layer[i] > static_cast<int>(sliding_.contact) + 1) != upper) continue;
      crystal.positions.col(next++) = stack.crystal.positions.col(static_cast<Eigen::Index>(i));
      crystal.numbers.push_back(stack.crystal.numbers[i]);
      if (!stack.crystal.oxidation.empty()) crystal.oxidation.push_back(stack.crystal.oxidation[i]);
    }
    crystal.positions.conservativeResize(3, next);
    return alone;
  }

  /// dE/dgap [eV/Å]: less the force on the upper part along z; in a superlattice the lattice follows, so the stress too.
  double slope(double gap) {
    contacts_[sliding_.contact].gap = gap;
    auto const stack = build_stack(slabs_, contacts_, options_);
    auto const evaluation = model_.evaluate(stack.crystal);
    work_ += static_cast<double>(evaluation.edges);
    double force = 0.0;
    for (std::size_t i = 0; i < stack.layer.size(); ++i) {
      if (stack.layer[i] <= static_cast<int>(sliding_.contact) + 1) continue;
      force += evaluation.forces(2, static_cast<Eigen::Index>(i));
    }
    if (options_.geometry == StackGeometry::slab) return -force;
    return difference(gap);
  }

  /// Central difference of the energy, where moving one part moves the period as well.
  double difference(double gap) {
    constexpr double step = 1e-3;  // [Å]: error of third order, far below the tolerance of a gap
    double ends[2];
    for (int k : {0, 1}) {
      contacts_[sliding_.contact].gap = gap + (k == 0 ? -step : step);
      ends[k] = energy(build_stack(slabs_, contacts_, options_));
    }
    return (ends[1] - ends[0]) / (2.0 * step);
  }

  /// The minimum next to the gap from radii: first a bracket of falling and rising slope, then regula falsi with the
  /// Illinois rule. @return false if there is none in reach: then the end that is lower
  bool optimise() {
    double const start = gaps_from_radii(slabs_, contacts_, options_)[sliding_.contact];
    constexpr double step = 0.2;
    double low = start, low_slope = slope(low), high = low, high_slope = low_slope;
    while (low_slope >= 0.0 && low > std::max(0.3, start - gap_reach)) {
      high = low;
      high_slope = low_slope;
      low_slope = slope(low -= step);
    }
    while (high_slope < 0.0 && high < start + gap_reach) {
      low = high;
      low_slope = high_slope;
      high_slope = slope(high += step);
    }
    if (low_slope >= 0.0 || high_slope < 0.0) {
      contacts_[sliding_.contact].gap = low_slope >= 0.0 ? low : high;
      return false;
    }
    double weight_low = low_slope, weight_high = high_slope;
    double gap = low;
    for (int k = 0; k < most_steps && high - low > 0.1 * sliding_.gap_tolerance; ++k) {
      double const next = (low * weight_high - high * weight_low) / (weight_high - weight_low);
      bool const settled = k > 0 && std::abs(next - gap) < 0.1 * sliding_.gap_tolerance;
      gap = next;
      if (settled) break;
      double const here = slope(gap);
      if (here < 0.0) {
        low = gap;
        weight_low = here;
        weight_high *= 0.5;
      } else {
        high = gap;
        weight_high = here;
        weight_low *= 0.5;
      }
    }
    contacts_[sliding_.contact].gap = gap;
    return true;
  }

  SlabList const& slabs_;
  std::vector<ContactDesign> contacts_;
  StackOptions const& options_;
  SlidingOptions const& sliding_;
  std::shared_ptr<Potential const> corrected_;
  Potential const& model_;
  double work_ = 0.0;
};

/// Where an operation sends a point of the grid; nothing if off the grid.
std::optional<std::size_t> grid_image(ShiftMap const& map, int n, int i, int j) {
  std::array<std::int64_t, 2> index;
  for (int r : {0, 1}) {
    std::int64_t const offset = map.offset[static_cast<std::size_t>(r)] * n;
    if (offset % shift_grid != 0) return std::nullopt;
    std::int64_t const x = map.matrix(r, 0) * i + map.matrix(r, 1) * j + offset / shift_grid;
    index[static_cast<std::size_t>(r)] = (x % n + n) % n;
  }
  return static_cast<std::size_t>(index[0] * n + index[1]);
}

void set_per_area(SlidingMap& map, std::optional<double> apart) {
  double zero = apart.value_or(std::numeric_limits<double>::infinity());
  for (auto const& p : map.points) {
    if (!apart && p.refusal.empty()) zero = std::min(zero, p.energy);
  }
  for (auto& p : map.points) p.per_area = (p.energy - zero) / map.area * units::J_per_m2;
}

}  // namespace

SlidingPoint const& SlidingMap::at(int i, int j) const {
  auto const wrap = [&](int k) { return static_cast<std::size_t>((k % grid + grid) % grid); };
  return points[point_of[wrap(i) * static_cast<std::size_t>(grid) + wrap(j)]];
}

std::vector<std::size_t> reduce_grid(int n, std::vector<ShiftMap> const& symmetries) {
  auto const total = static_cast<std::size_t>(n) * static_cast<std::size_t>(n);
  std::vector<std::size_t> first(total, total);
  for (std::size_t k = 0; k < total; ++k) {
    if (first[k] != total) continue;
    int const i = static_cast<int>(k) / n, j = static_cast<int>(k) % n;
    first[k] = k;
    for (auto const& map : symmetries) {
      if (auto const moved = grid_image(map, n, i, j)) first[*moved] = k;
    }
  }
  return first;
}

SlidingMap sliding_map(SlabList const& slabs, std::vector<ContactDesign> const& contacts, StackOptions const& options,
                       Potential const& potential, SlidingOptions const& sliding) {
  require(sliding.grid >= 1 && sliding.grid <= 1000, "invalid grid ", sliding.grid, " (from 1 to 1000)");
  auto const symmetries = shift_symmetries(slabs, contacts, sliding.contact, options);
  auto const frame = make_frame(slabs, contacts, options);
  SlidingMap map;
  map.grid = sliding.grid;
  map.area = frame.area;
  map.shift_cell = frame.contacts[sliding.contact].shift_cell;
  map.relative_to_parts = options.geometry == StackGeometry::slab;
  map.symmetries = static_cast<std::size_t>(std::ranges::count_if(
      symmetries, [&](ShiftMap const& s) { return grid_image(s, sliding.grid, 0, 0).has_value(); }));

  Slider slider(slabs, contacts, options, potential, sliding);
  auto const first = reduce_grid(sliding.grid, symmetries);
  map.point_of.resize(first.size());
  for (std::size_t k = 0; k < first.size(); ++k) {
    if (first[k] != k) {
      map.point_of[k] = map.point_of[first[k]];
      ++map.points[map.point_of[k]].multiplicity;
      continue;
    }
    map.point_of[k] = map.points.size();
    auto& point = map.points.emplace_back();
    point.index = {static_cast<int>(k) / sliding.grid, static_cast<int>(k) % sliding.grid};
    slider.evaluate(point);
  }
  set_per_area(map, map.relative_to_parts ? std::optional(slider.apart()) : std::nullopt);
  map.work = slider.work();
  if (std::ranges::all_of(map.points, [](auto const& p) { return p.refusal.empty(); })) {
    std::vector<double> values;
    for (auto const p : map.point_of) values.push_back(map.points[p].per_area);
    map.stationary = stationary_points(sliding.grid, values);
  }
  return map;
}

}  // namespace nacre
