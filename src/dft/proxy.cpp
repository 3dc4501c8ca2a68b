// Small untwisted stacks that stand for one that is too large for a code.
#include <algorithm>
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
  auto const list = search_coincidences(top.plane.basis, bottom.plane.basis, match_group(top.plane, MatchSymmetry::layer),
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

std::vector<Proxy> proxies(Slab const& bottom, Slab const& top, double max_strain, int max_atoms,
                           StackOptions const& options) {
  SlabList const slabs{bottom, top};
  ContactDesign contact;
  contact.coincidence = untwisted(bottom, top, max_strain, max_atoms);
  contact.gap = 2.0;
  std::vector<Proxy> list;
  for (auto const& shift : distinct_shifts(shift_symmetries(slabs, {contact}, 0, options))) {
    auto design = contact;
    design.shift = Eigen::Vector2d(static_cast<double>(shift[0]), static_cast<double>(shift[1])) / static_cast<double>(shift_grid);
    auto chosen = options;
    auto const gaps = gaps_from_radii(slabs, {design}, options);
    design.gap = gaps.front();
    if (options.geometry == StackGeometry::superlattice) chosen.closing_gap = gaps.back();
    list.push_back({build_stack(slabs, {design}, chosen), design.shift,
                    concat("proxy: shift (", fraction(shift[0]), ", ", fraction(shift[1]), ")")});
  }
  return list;
}

}  // namespace nacre::dft
