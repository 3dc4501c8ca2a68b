#include "nacre/stack/stack.hpp"

#include <Eigen/LU>
#include <cmath>
#include <cstdlib>
#include <utility>

#include "nacre/core/error.hpp"
#include "planar.hpp"

namespace nacre {
namespace {

/// Representatives of the lattice modulo the sublattice spanned by `rows`, one column each.
Eigen::Matrix2Xd cosets(Eigen::Matrix2i const& rows) {
  auto const hermite = detail::spanning_rows(
      {rows.row(0).transpose().cast<std::int64_t>(), rows.row(1).transpose().cast<std::int64_t>()});
  int const nx = static_cast<int>(std::abs(hermite(0, 0))), ny = static_cast<int>(std::abs(hermite(1, 1)));
  Eigen::Matrix2Xd points(2, nx * ny);
  for (int i = 0; i < nx * ny; ++i) points.col(i) << i / ny, i % ny;
  return points;
}

/// Everything of the stack but its atoms.
struct Frame {
  Eigen::Matrix2d cell;                       ///< common in-plane cell, columns
  Eigen::Matrix2d first, second;              ///< deformations
  Eigen::Vector2d second_origin, top_origin;  ///< in-plane places of slab 2 and of the next layer 1
  StrainShare strain;
};

StrainShare share(Slab const& bottom, Slab const& top, Coincidence const& c, StackOptions const& options) {
  auto const misfit = misfit_strain(c, bottom.plane.basis, top.plane.basis);
  if (options.stiffness_first && options.stiffness_second) {
    return share_strain(misfit, bottom.thickness(), *options.stiffness_first, top.thickness(),
                        turned(*options.stiffness_second, c.twist));
  }
  return {0.5 * misfit, -0.5 * misfit, 0.0};
}

Frame make_frame(Slab const& bottom, Slab const& top, Coincidence const& c, Eigen::Vector2d const& shift,
                 StackOptions const& options) {
  Frame f;
  f.strain = share(bottom, top, c, options);
  auto const& s = f.strain.first;
  f.first = detail::of_symmetric(Eigen::Matrix2d{{s[0], 0.5 * s[2]}, {0.5 * s[2], s[1]}},
                                 [](double x) { return std::exp(x); });
  f.cell = f.first * bottom.plane.basis * c.substrate.transpose().cast<double>();
  Eigen::Matrix2d const film_cell = top.plane.basis * c.film.transpose().cast<double>();
  f.second = f.cell * film_cell.inverse();
  Eigen::Matrix2d const shifts = shift_cell(c, f.cell);
  f.second_origin = f.first * bottom.next_offset() + shifts * shift;
  f.top_origin = f.second_origin + f.second * top.next_offset() + shifts * options.upper_shift;
  return f;
}

void append(Stack& stack, Slab const& slab, Eigen::Matrix2i const& supercell, Eigen::Matrix2d const& deformation,
            Eigen::Vector3d const& origin, Eigen::Matrix2d const& cell) {
  int const layer = stack.layer.empty() ? 1 : 2;
  int const below = stack.plane.empty() ? 0 : stack.plane.back() + 1;
  auto const points = cosets(supercell);
  Eigen::Matrix2d const to_cell = cell.inverse();
  Crystal& crystal = stack.crystal;
  Eigen::Index next = static_cast<Eigen::Index>(stack.layer.size());
  for (std::size_t a = 0; a < slab.crystal.size(); ++a) {
    Eigen::Vector3d const r = slab.crystal.positions.col(static_cast<Eigen::Index>(a));
    for (Eigen::Index k = 0; k < points.cols(); ++k, ++next) {
      Eigen::Vector2d const flat = deformation * (r.head<2>() + slab.plane.basis * points.col(k)) + origin.head<2>();
      Eigen::Vector2d x = to_cell * flat;
      for (double& c : x) c -= std::floor(c + 1e-9);  // what is 1 but for rounding is 0
      crystal.positions.col(next).head<2>() = cell * x;
      crystal.positions(2, next) = r.z() + origin.z();
      crystal.numbers.push_back(slab.crystal.numbers[a]);
      if (!slab.crystal.oxidation.empty()) crystal.oxidation.push_back(slab.crystal.oxidation[a]);
      stack.layer.push_back(layer);
      stack.plane.push_back(below + slab.atom_plane[a]);
    }
  }
}

/// The coincidence holds integers only; its areas say which lattices it was found on.
void require_match(Slab const& slab, int index, double area, char const* which) {
  require(std::abs(index * slab.plane.area() - area) < 1e-6 * area, "coincidence of other planes: ", which, " area ",
          area, " A^2 is not ", index, " cells of ", slab.crystal.name, ", ", index * slab.plane.area(),
          " A^2; find coincidences on the planes of the slabs that are stacked");
}

}  // namespace

Eigen::Matrix2d common_cell(Slab const& bottom, Slab const& top, Coincidence const& coincidence,
                            StackOptions const& options) {
  return make_frame(bottom, top, coincidence, Eigen::Vector2d::Zero(), options).cell;
}

Eigen::Matrix2d shift_cell(Coincidence const& c, Eigen::Matrix2d const& common_cell) {
  return common_cell * c.shift.transpose().cast<double>() / (c.film_index * static_cast<double>(c.substrate_index));
}

std::int64_t atom_count(Coincidence const& c, Slab const& bottom, Slab const& top) {
  auto const atoms = [](Slab const& slab) { return static_cast<std::int64_t>(slab.crystal.size()); };
  return c.substrate_index * atoms(bottom) + c.film_index * atoms(top);
}

Stack build_stack(Slab const& bottom, Slab const& top, Coincidence const& c, Eigen::Vector2d const& shift, double gap,
                  StackOptions const& options) {
  require_match(bottom, c.substrate_index, c.substrate_area, "substrate");
  require_match(top, c.film_index, c.film_area, "film");
  double const upper_gap = options.upper_gap.value_or(gap);
  require(gap > 0.0 && upper_gap > 0.0, "invalid gap ", std::min(gap, upper_gap), " A (must be positive)");
  bool const slab = options.geometry == StackGeometry::slab;
  require(!slab || options.vacuum > 0.0, "invalid vacuum ", options.vacuum, " A (must be positive)");

  Frame const f = make_frame(bottom, top, c, shift, options);
  Stack stack;
  stack.coincidence = c;
  stack.strain = f.strain;
  stack.area = std::abs(f.cell.determinant());
  stack.gap = gap;
  stack.shift = shift;
  stack.shift_cell = shift_cell(c, f.cell);
  stack.deformation_first = f.first;
  stack.deformation_second = f.second;
  stack.crystal.positions.resize(3, atom_count(c, bottom, top));
  stack.crystal.name = bottom.crystal.name + "|" + top.crystal.name;

  double const base = slab ? 0.5 * options.vacuum : 0.0;
  double const contact = base + bottom.span() + gap, end = contact + top.span();
  append(stack, bottom, c.substrate, f.first, {0.0, 0.0, base}, f.cell);
  append(stack, top, c.film, f.second, {f.second_origin.x(), f.second_origin.y(), contact}, f.cell);
  Eigen::Matrix3d& lattice = stack.crystal.lattice;
  lattice.setZero();
  lattice.topLeftCorner<2, 2>() = f.cell;
  if (slab) {
    lattice(2, 2) = end + base;
    stack.crystal.periodic = {true, true, false};
  } else {
    Eigen::Vector2d x = f.cell.inverse() * f.top_origin;
    for (double& t : x) t -= std::round(t);  // a period with the smallest in-plane part
    lattice.topRightCorner<2, 1>() = f.cell * x;
    lattice(2, 2) = end + upper_gap;
  }
  return stack;
}

Stack continue_crystal(Slab const& slab, StackOptions options) {
  require(slab.extra_planes == 0, "the crystal does not continue ", slab.crystal.name, " with faces ",
          slab.termination.lower, " and ", slab.upper.upper, " by itself (it ends within a repeat); take whole repeats");
  options.upper_gap = slab.termination.gap;
  options.upper_shift.setZero();
  return build_stack(slab, slab, identity_coincidence(slab.plane.basis), Eigen::Vector2d::Zero(), slab.termination.gap,
                     options);
}

}  // namespace nacre
