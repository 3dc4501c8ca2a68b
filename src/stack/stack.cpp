#include "nacre/stack/stack.hpp"

#include <Eigen/LU>
#include <cmath>
#include <cstdlib>
#include <utility>

#include "common_lattice.hpp"
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

/// The coincidence holds integers only; its areas say which lattices it was found on.
void require_match(Slab const& slab, int index, double area, char const* which) {
  require(std::abs(index * slab.plane.area() - area) < 1e-6 * area, "coincidence of other planes: ", which, " area ",
          area, " A^2 is not ", index, " cells of ", slab.crystal.name, ", ", index * slab.plane.area(),
          " A^2; find coincidences on the planes of the slabs that are stacked");
}

void require_parts(SlabList const& slabs, std::vector<ContactDesign> const& contacts, StackOptions const& options) {
  require(slabs.size() >= 2, "a stack of ", slabs.size(), " layers (it has two or more)");
  require(contacts.size() + 1 == slabs.size(), contacts.size(), " contacts for ", slabs.size(),
          " layers (one between each two; the closing one of a superlattice is an option)");
  require(options.stiffness.empty() || options.stiffness.size() == slabs.size(), options.stiffness.size(),
          " stiffnesses for ", slabs.size(), " layers (one for each, or none)");
  require(options.supercell.determinant() > 0, "invalid supercell, determinant ", options.supercell.determinant(),
          " (must be positive)");
  for (std::size_t k = 0; k < contacts.size(); ++k) {
    auto const& c = contacts[k].coincidence;
    require_match(slabs[k], c.substrate_index, c.substrate_area, "substrate");
    require_match(slabs[k + 1], c.film_index, c.film_area, "film");
  }
}

/// How a supercell is turned to lie on another [rad], rounded as in a coincidence.
double twist_onto(Eigen::Matrix2d const& other, Eigen::Matrix2d const& cell) {
  Eigen::Matrix2d const e = other * cell.inverse();
  return std::round(std::atan2(e(1, 0) - e(0, 1), e(0, 0) + e(1, 1)) * 1e12) / 1e12;
}

StrainShare share(SlabList const& slabs, std::vector<StackLayer> const& layers, StackOptions const& options) {
  std::vector<Eigen::Vector3d> misfits{Eigen::Vector3d::Zero()};
  for (std::size_t i = 1; i < slabs.size(); ++i) {
    misfits.push_back(misfit_strain(layers[0].supercell, slabs[0].get().plane.basis, layers[i].supercell,
                                    slabs[i].get().plane.basis));
  }
  if (options.stiffness.empty()) {
    auto const equal = std::vector<double>(slabs.size(), 1.0);
    return share_strain(misfits, options.strain_weights.empty() ? equal : options.strain_weights);
  }
  std::vector<double> thickness;
  std::vector<PlaneStiffness> stiffness;
  for (std::size_t i = 0; i < slabs.size(); ++i) {
    thickness.push_back(slabs[i].get().thickness());
    stiffness.push_back(i == 0 ? options.stiffness[0] : turned(options.stiffness[i], layers[i].twist));
  }
  return share_strain(misfits, thickness, stiffness);
}

std::vector<StackLayer> place_supercells(SlabList const& slabs, std::vector<ContactDesign> const& contacts,
                                         StackOptions const& options) {
  std::vector<Coincidence> coincidences;
  for (auto const& contact : contacts) coincidences.push_back(contact.coincidence);
  auto const rows = detail::common_supercells(coincidences, slabs[0].get().plane.basis);
  auto const own_cell = [&](std::size_t i) -> Eigen::Matrix2d {
    return slabs[i].get().plane.basis * rows[i].transpose().cast<double>();
  };
  std::vector<StackLayer> layers(slabs.size());
  for (std::size_t i = 0; i < slabs.size(); ++i) {
    layers[i].supercell = options.supercell * rows[i];
    if (i > 0) layers[i].twist = i == 1 ? coincidences[0].twist : twist_onto(own_cell(0), own_cell(i));
  }
  return layers;
}

/// The contact as it lies on its strained lower layer.
StackContact place_contact(ContactDesign const& design, Slab const& lower, StackLayer const& layer) {
  Eigen::Matrix2d const cell =
      layer.deformation * lower.plane.basis * design.coincidence.substrate.transpose().cast<double>();
  return {design.coincidence, design.shift, shift_cell(design.coincidence, cell), design.gap};
}

/// The contact between the last layer and the next layer 1.
ContactDesign closing_contact(StackFrame const& frame, SlabList const& slabs, StackOptions const& options) {
  auto const& first = slabs.front().get();
  auto const& last = slabs.back().get();
  return {make_coincidence(first.plane.basis, last.plane.basis, frame.layers.front().supercell,
                           frame.layers.back().supercell),
          options.closing_shift, options.closing_gap.value_or(frame.contacts.front().gap)};
}

void append(Stack& stack, Slab const& slab, int number, double height) {
  StackLayer const& placed = stack.layers[static_cast<std::size_t>(number - 1)];
  int const below = stack.plane.empty() ? 0 : stack.plane.back() + 1;
  auto const points = cosets(placed.supercell);
  Eigen::Matrix2d const to_cell = stack.cell.inverse();
  Crystal& crystal = stack.crystal;
  Eigen::Index next = static_cast<Eigen::Index>(stack.layer.size());
  for (std::size_t a = 0; a < slab.crystal.size(); ++a) {
    Eigen::Vector3d const r = slab.crystal.positions.col(static_cast<Eigen::Index>(a));
    for (Eigen::Index k = 0; k < points.cols(); ++k, ++next) {
      Eigen::Vector2d const flat =
          placed.deformation * (r.head<2>() + slab.plane.basis * points.col(k)) + placed.origin;
      Eigen::Vector2d x = to_cell * flat;
      for (double& c : x) c -= std::floor(c + 1e-9);  // what is 1 but for rounding is 0
      crystal.positions.col(next).head<2>() = stack.cell * x;
      crystal.positions(2, next) = r.z() + height;
      crystal.numbers.push_back(slab.crystal.numbers[a]);
      if (!slab.crystal.oxidation.empty()) crystal.oxidation.push_back(slab.crystal.oxidation[a]);
      stack.layer.push_back(number);
      stack.plane.push_back(below + slab.atom_plane[a]);
    }
  }
}

/// The third lattice vector; `end` is the height of the highest plane above the stack's foot.
void set_lattice(Stack& stack, StackOptions const& options, double end) {
  Eigen::Matrix3d& lattice = stack.crystal.lattice;
  lattice.setZero();
  lattice.topLeftCorner<2, 2>() = stack.cell;
  if (options.geometry == StackGeometry::slab) {
    lattice(2, 2) = end + 0.5 * options.vacuum;
    stack.crystal.periodic = {true, true, false};
    return;
  }
  Eigen::Vector2d x = stack.cell.inverse() * stack.next_origin;
  for (double& t : x) t -= std::round(t);  // a period with the smallest in-plane part
  lattice.topRightCorner<2, 1>() = stack.cell * x;
  lattice(2, 2) = end + stack.contacts.back().gap;
}

void require_lengths(StackFrame const& frame, StackOptions const& options) {
  for (auto const& contact : frame.contacts) {
    require(contact.gap > 0.0 && std::isfinite(contact.gap), "invalid gap ", contact.gap, " A (must be positive)");
  }
  bool const slab = options.geometry == StackGeometry::slab;
  require(!slab || (options.vacuum > 0.0 && std::isfinite(options.vacuum)), "invalid vacuum ", options.vacuum,
          " A (must be positive)");
}

}  // namespace

StackFrame make_frame(SlabList const& slabs, std::vector<ContactDesign> const& contacts, StackOptions const& options) {
  require_parts(slabs, contacts, options);
  StackFrame f;
  f.layers = place_supercells(slabs, contacts, options);
  auto const strain = share(slabs, f.layers, options);
  f.strain_energy_per_area = strain.energy_per_area;
  auto const& s = strain.layers[0];
  Eigen::Matrix2d const first = detail::of_symmetric(Eigen::Matrix2d{{s[0], 0.5 * s[2]}, {0.5 * s[2], s[1]}},
                                                     [](double x) { return std::exp(x); });
  f.cell = first * slabs[0].get().plane.basis * f.layers[0].supercell.transpose().cast<double>();
  f.area = std::abs(f.cell.determinant());
  for (std::size_t i = 0; i < slabs.size(); ++i) {
    auto& layer = f.layers[i];
    layer.strain = strain.layers[i];
    Eigen::Matrix2d const own = slabs[i].get().plane.basis * layer.supercell.transpose().cast<double>();
    layer.deformation = i == 0 ? first : Eigen::Matrix2d(f.cell * own.inverse());
  }
  Eigen::Vector2d origin = Eigen::Vector2d::Zero();
  auto const next_origin = [&](std::size_t i, StackContact const& contact) -> Eigen::Vector2d {
    Slab const& slab = slabs[i];
    return origin + f.layers[i].deformation * slab.next_offset() + contact.shift_cell * contact.shift;
  };
  for (std::size_t i = 0; i < slabs.size(); ++i) {
    f.layers[i].origin = origin;
    bool const last = i + 1 == slabs.size();
    if (last && options.geometry == StackGeometry::slab) break;
    auto const design = last ? closing_contact(f, slabs, options) : contacts[i];
    f.contacts.push_back(place_contact(design, slabs[i], f.layers[i]));
    origin = next_origin(i, f.contacts.back());
  }
  f.next_origin = origin;
  return f;
}

std::int64_t atom_count(StackFrame const& frame, SlabList const& slabs) {
  std::int64_t sum = 0;
  for (std::size_t i = 0; i < slabs.size(); ++i) {
    sum += frame.layers[i].cells() * static_cast<std::int64_t>(slabs[i].get().crystal.size());
  }
  return sum;
}

Stack build_stack(SlabList const& slabs, std::vector<ContactDesign> const& contacts, StackOptions const& options) {
  Stack stack;
  static_cast<StackFrame&>(stack) = make_frame(slabs, contacts, options);
  require_lengths(stack, options);
  auto const atoms = static_cast<std::size_t>(atom_count(stack, slabs));
  stack.crystal.positions.resize(3, static_cast<Eigen::Index>(atoms));
  stack.crystal.numbers.reserve(atoms);
  stack.layer.reserve(atoms);
  stack.plane.reserve(atoms);
  double height = options.geometry == StackGeometry::slab ? 0.5 * options.vacuum : 0.0;
  for (std::size_t i = 0; i < slabs.size(); ++i) {
    Slab const& slab = slabs[i];
    if (i > 0) height += stack.contacts[i - 1].gap;
    append(stack, slab, static_cast<int>(i) + 1, height);
    height += slab.span();
    stack.crystal.name += (i == 0 ? "" : "|") + slab.crystal.name;
  }
  if (stack.crystal.oxidation.size() != atoms) stack.crystal.oxidation.clear();
  set_lattice(stack, options, height);
  return stack;
}

Eigen::Matrix2d shift_cell(Coincidence const& c, Eigen::Matrix2d const& cell) {
  return cell * c.shift.transpose().cast<double>() / (c.film_index * static_cast<double>(c.substrate_index));
}

Eigen::Matrix2d common_cell(Slab const& bottom, Slab const& top, Coincidence const& coincidence,
                            StackOptions const& options) {
  return make_frame({bottom, top}, {{.coincidence = coincidence}}, options).cell;
}

std::int64_t atom_count(Coincidence const& c, Slab const& bottom, Slab const& top) {
  auto const atoms = [](Slab const& slab) { return static_cast<std::int64_t>(slab.crystal.size()); };
  return c.substrate_index * atoms(bottom) + c.film_index * atoms(top);
}

Stack build_stack(Slab const& bottom, Slab const& top, Coincidence const& coincidence, Eigen::Vector2d const& shift,
                  double gap, StackOptions const& options) {
  return build_stack({bottom, top}, {{coincidence, shift, gap}}, options);
}

Stack continue_crystal(Slab const& slab, StackOptions options) {
  require(slab.extra_planes == 0, "the crystal does not continue ", slab.crystal.name, " with faces ",
          slab.termination.lower, " and ", slab.upper.upper, " by itself (it ends within a repeat); take whole repeats");
  options.closing_gap = slab.termination.gap;
  options.closing_shift.setZero();
  return build_stack(slab, slab, identity_coincidence(slab.plane.basis), Eigen::Vector2d::Zero(), slab.termination.gap,
                     options);
}

}  // namespace nacre
