// Small untwisted stacks that stand for one that is too large for a code.
#include <algorithm>
#include <limits>
#include <optional>
#include <set>

#include "nacre/core/error.hpp"
#include "nacre/core/text.hpp"
#include "nacre/dft/kinds.hpp"
#include "nacre/stack/contact.hpp"
#include "nacre/stack/plane_match.hpp"

namespace nacre::dft {
namespace {

constexpr std::int64_t twelfth = shift_grid / 12;

/// Whether the operations that keep the shift where it is leave no direction in which it could go.
bool is_isolated(std::vector<ShiftMap> const& symmetries, GridShift const& shift) {
  Eigen::MatrixXi kept(0, 2);
  for (auto const& map : symmetries) {
    if (image(map, shift) != shift) continue;
    kept.conservativeResize(kept.rows() + 2, 2);
    kept.bottomRows(2) = map.matrix - Eigen::Matrix2i::Identity();
  }
  for (Eigen::Index i = 0; i < kept.rows(); ++i)  // two rows that are not parallel fix both coordinates
    for (Eigen::Index j = i + 1; j < kept.rows(); ++j)
      if (kept(i, 0) * kept(j, 1) != kept(i, 1) * kept(j, 0)) return true;
  return false;
}

/// High-symmetry shifts, one of each kind; the halves where no operation marks any.
std::vector<GridShift> distinct_shifts(std::vector<ShiftMap> const& symmetries) {
  std::set<GridShift> shifts;
  for (int step : {1, 6})  // multiples of 1/12, else of 1/2
    for (std::int64_t i = 0; i < 12 && (step == 1 || shifts.empty()); i += step)
      for (std::int64_t j = 0; j < 12; j += step) {
        GridShift const shift{i * twelfth, j * twelfth};
        if (step != 1 || is_isolated(symmetries, shift)) shifts.insert(canonical_shift(symmetries, shift));
      }
  return {shifts.begin(), shifts.end()};
}

Coincidence untwisted(Slab const& bottom, Slab const& top, double max_strain, int max_atoms) {
  CoincidenceOptions options;
  options.max_strain = max_strain;
  options.max_area = 400.0;
  options.max_atoms = max_atoms;
  options.twist = TwistRequest{0.0, 0.5 / 57.29577951308232};
  options.most = 100;
  options.film_atoms = static_cast<std::int64_t>(top.crystal.size());
  options.substrate_atoms = static_cast<std::int64_t>(bottom.crystal.size());
  auto const list =
      search_coincidences(top.plane.basis, bottom.plane.basis, match_group(top.plane, MatchSymmetry::layer),
                          match_group(bottom.plane, MatchSymmetry::layer), options);
  require(!list.classes.empty(), "no untwisted cell of at most ", max_atoms, " atoms within a strain of ",
          shortest(max_strain), " (the proxy of a large stack); allow more of either");
  return *std::min_element(list.classes.begin(), list.classes.end(), [](Coincidence const& a, Coincidence const& b) {
    return std::pair(a.film_area, a.largest_strain()) < std::pair(b.film_area, b.largest_strain());
  });
}

std::string fraction(std::int64_t units) {
  auto const twelfths = units / twelfth;
  if (twelfths == 0) return "0";
  for (std::int64_t const n : {2, 3, 4, 6})
    if (twelfths * n % 12 == 0) return concat(twelfths * n / 12, "/", n);
  return concat(twelfths, "/12");
}

}  // namespace

namespace {

constexpr double least_gap = 0.3, most_gap = 4.5, gap_step = 0.1;  // rigid layers are tried at these distances [Å]

/// The stack at a gap; nothing if its atoms overlap there.
std::optional<Stack> stack_at(SlabList const& slabs, ContactDesign design, StackOptions options, double gap) {
  design.gap = gap;
  if (options.geometry == StackGeometry::superlattice) options.closing_gap = gap;
  auto stack = build_stack(slabs, {design}, options);
  if (!find_overlap(stack, slabs).empty()) return std::nullopt;
  return stack;
}

/// Both contacts of a superlattice get one gap, as the layers that meet at them are the same.
Stack best_stack(SlabList const& slabs, ContactDesign const& design, StackOptions const& options,
                 StackEnergy const& energy) {
  auto const value = [&](double gap) {
    auto const stack = stack_at(slabs, design, options, gap);
    return stack ? energy(stack->crystal) : std::numeric_limits<double>::infinity();
  };
  double best = least_gap, lowest = std::numeric_limits<double>::infinity();
  for (int i = 0; least_gap + i * gap_step <= most_gap; ++i) {
    double const gap = least_gap + i * gap_step, here = value(gap);
    if (here < lowest) best = gap, lowest = here;
  }
  double step = 0.5 * gap_step;
  for (int i = 0; i < 12; ++i, step *= 0.5) {  // to 1e-5 Å
    for (double const gap : {best - step, best + step}) {
      double const here = gap < least_gap ? std::numeric_limits<double>::infinity() : value(gap);
      if (here < lowest) best = gap, lowest = here;
    }
  }
  auto stack = stack_at(slabs, design, options, best);
  require(stack.has_value() && std::isfinite(lowest), "no gap between ", least_gap, " and ", most_gap,
          " A keeps the atoms of a proxy apart");
  return *std::move(stack);
}

Stack from_radii(SlabList const& slabs, ContactDesign design, StackOptions options) {
  auto const gaps = gaps_from_radii(slabs, {design}, options);
  design.gap = std::max(gaps.front(), least_gap);
  if (options.geometry == StackGeometry::superlattice) options.closing_gap = std::max(gaps.back(), least_gap);
  return build_stack(slabs, {design}, options);
}

}  // namespace

std::vector<Proxy> proxies(Slab const& bottom, Slab const& top, double max_strain, int max_atoms,
                           StackOptions const& options, StackEnergy const& energy) {
  SlabList const slabs{bottom, top};
  ContactDesign contact;
  contact.coincidence = untwisted(bottom, top, max_strain, max_atoms);
  contact.gap = 2.0;
  std::vector<Proxy> list;
  for (auto const& shift : distinct_shifts(shift_symmetries(slabs, {contact}, 0, options))) {
    auto design = contact;
    design.shift =
        Eigen::Vector2d(static_cast<double>(shift[0]), static_cast<double>(shift[1])) / static_cast<double>(shift_grid);
    list.push_back({energy ? best_stack(slabs, design, options, energy) : from_radii(slabs, design, options),
                    design.shift, concat("proxy: shift (", fraction(shift[0]), ", ", fraction(shift[1]), ")")});
  }
  return list;
}

}  // namespace nacre::dft
