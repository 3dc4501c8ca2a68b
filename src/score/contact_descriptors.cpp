#include "nacre/score/contact_descriptors.hpp"

#include <Eigen/LU>
#include <algorithm>
#include <array>
#include <cmath>

#include "nacre/core/error.hpp"
#include "nacre/core/units.hpp"
#include "nacre/crystal/elements.hpp"
#include "nacre/stack/face.hpp"
#include "nacre/stack/strain.hpp"

namespace nacre {
namespace {

constexpr double unknown = std::numeric_limits<double>::quiet_NaN();
/// Width of the Gaussians that ions are spread over in the registry [Å]: about half an ionic radius, so that sites a
/// bond apart stay distinct.
constexpr double smearing = 0.7;
constexpr double least_wave = 1e-14;  ///< exp(-σ²G²/2) of waves left out

struct LayerColumn {
  char const *stem, *unit_suffix, *unit, *meaning;
};
constexpr std::array layer_columns{
    LayerColumn{"miller_h", "", "1", "Miller index h of the plane, in the cell of the file"},
    LayerColumn{"miller_k", "", "1", "Miller index k"},
    LayerColumn{"miller_l", "", "1", "Miller index l"},
    LayerColumn{"plane_cell_area", "_A2", "Å²", "area of the primitive in-plane cell"},
    LayerColumn{"repeat_height", "_A", "Å", "height of one primitive repeat"},
    LayerColumn{"thickness", "_A", "Å", "of the layer, unstrained"},
    LayerColumn{"atom_density", "_per_A3", "1/Å³", "atoms per volume of the crystal"},
    LayerColumn{"planar_density", "_per_A2", "1/Å²", "atoms of the facing plane per area"},
    LayerColumn{"planar_anion_share", "", "1", "share of its atoms that have a negative charge"},
    LayerColumn{"plane_charge", "_e_per_A2", "e/Å²", "formal charge of the facing plane per area"},
    LayerColumn{"bound_charge", "_e_per_A2", "e/Å²", "bound sheet charge of the face (definitions.md 4)"},
    LayerColumn{"tasker_type", "", "1", "1 neutral planes, 2 charged planes without dipole, 3 polar"},
    LayerColumn{"cation_oxidation", "_e", "e", "formal charge of the cations, mean over their atoms"},
    LayerColumn{"cation_oxidation_largest", "_e", "e", "the largest of them"},
    LayerColumn{"d_electrons", "", "1",
                "of the transition-metal cations: group less charge, 0 to 10, mean over all cations"},
    LayerColumn{"planar_d_electrons", "_per_A2", "1/Å²", "the same of the facing plane, per area"},
    LayerColumn{"anion_share", "", "1", "share of the crystal's atoms that have a negative charge"},
    LayerColumn{"electronegativity", "", "Pauling", "mean over the crystal's atoms"},
    LayerColumn{"planar_electronegativity", "", "Pauling", "mean over the facing plane"},
    LayerColumn{"covalent_radius", "_A", "Å", "mean over the crystal's atoms (Cordero 2008)"},
    LayerColumn{"mass", "_u", "u", "mean over the crystal's atoms"},
    LayerColumn{"broken_bonds", "_per_A2", "1/Å²", "bonds that the cut parts"},
    LayerColumn{"coordination_bulk", "", "1", "bonds per atom of the facing plane, in the crystal"},
    LayerColumn{"coordination_face", "", "1", "bonds per atom of the facing plane that the cut leaves"},
    LayerColumn{"surface_energy", "_J_per_m2", "J/m²", "of the unstrained slab, if it was computed"},
};

std::vector<DescriptorInfo> contact_columns() {
  return {{"atom_count", "1", "atoms on the coincidence cell, both layers"},
          {"area_A2", "Å²", "coincidence cell: geometric mean of both unstrained supercells"},
          {"film_index", "1", "in-plane cells of the top layer on it"},
          {"substrate_index", "1", "of the bottom layer"},
          {"twist_deg", "deg", "of the top layer on the bottom one"},
          {"max_strain", "1", "larger absolute principal strain of the top layer strained to the bottom one"},
          {"principal_strain_1", "1", "the larger of the two, with its sign"},
          {"principal_strain_2", "1", "the smaller"},
          {"mismatch", "1", "area of the bottom supercell over that of the top one, less 1"},
          {"strain_bottom_1", "1", "principal strains of the bottom layer in the stack, the larger one"},
          {"strain_bottom_2", "1", "the smaller one"},
          {"strain_top_1", "1", "of the top layer"},
          {"strain_top_2", "1", "the smaller one"},
          {"elastic_energy_J_per_m2", "J/m²", "plane-stress energy of the stack's strains, if stiffness is known"},
          {"girifalco_good_J_per_m2", "J/m²",
           "2 Φ √(γ₁ γ₂), Φ = 4 (V₁V₂)^⅓/(V₁^⅓ + V₂^⅓)² (Girifalco and Good 1957), of known surface energies"},
          {"polar_discontinuity_e_per_A2", "e/Å²", "bound charge of the contact"},
          {"electronegativity_difference", "Pauling", "top less bottom, means of the crystals"},
          {"planar_electronegativity_difference", "Pauling", "top less bottom, means of the facing planes"},
          {"bond_imbalance_per_A2", "1/Å²", "parted bonds of the top face less those of the bottom face"},
          {"registry_charge_e2_per_A4", "e²/Å⁴",
           "product of the facing planes' charge densities, each ion a Gaussian such that a pair is spread over 0.7 Å, "
           "averaged over the contact, less that of its means: negative where cations lie over anions"},
          {"registry_atoms_per_A4", "1/Å⁴", "the same with 1 for every charge: positive where atoms lie over atoms"},
          {"shift_u", "1", "in-plane shift, in the shift cell"},
          {"shift_v", "1", "its second coordinate"},
          {"gap_A", "Å", "designed distance of the facing planes"}};
}

constexpr std::size_t own_columns = 24, at_shift = 19;  ///< of the contact; the first that depends on shift or gap

double value_or_nan(std::optional<double> value) { return value.value_or(unknown); }

/// Mean over atoms that `counts` picks, NaN if it picks none. Equal atoms are added up by element, so that their order
/// does not matter.
template <class Value>
double mean_over(std::vector<double> terms, Value const& divisor) {
  std::sort(terms.begin(), terms.end());
  double sum = 0.0;
  for (double const t : terms) sum += t;
  return divisor > 0.0 ? sum / divisor : unknown;
}

/// Some of the atoms of a crystal, with what elements and charges say of them.
struct Atoms {
  std::vector<int> numbers;
  std::vector<double> charges;  ///< empty: not known

  template <class Property>
  double mean(Property const& property) const {
    std::vector<double> terms;
    for (int const z : numbers) terms.push_back(property(z));
    return mean_over(std::move(terms), static_cast<double>(numbers.size()));
  }
  double charge() const {
    std::vector<double> terms = charges;
    return charges.empty() ? unknown : mean_over(std::move(terms), 1.0);
  }
  double anion_share() const {
    if (charges.empty()) return unknown;
    auto const anions = std::count_if(charges.begin(), charges.end(), [](double q) { return q < 0.0; });
    return static_cast<double>(anions) / static_cast<double>(charges.size());
  }
  std::vector<std::size_t> cations() const {
    std::vector<std::size_t> list;
    for (std::size_t i = 0; i < charges.size(); ++i)
      if (charges[i] > 0.0) list.push_back(i);
    return list;
  }
  /// Summed over the cations; NaN without charges.
  double d_electrons() const {
    std::vector<double> terms;
    for (auto const i : cations()) {
      int const group = periodic_group(numbers[i]);
      bool const transition = group >= 3 && group <= 12;
      terms.push_back(transition ? std::clamp(group - charges[i], 0.0, 10.0) : 0.0);
    }
    return charges.empty() ? unknown : mean_over(std::move(terms), 1.0);
  }
  double cation_charge() const {
    std::vector<double> terms;
    for (auto const i : cations()) terms.push_back(charges[i]);
    auto const count = static_cast<double>(terms.size());
    return mean_over(std::move(terms), count);
  }
  double largest_charge() const {
    double largest = unknown;
    for (auto const i : cations()) largest = std::isnan(largest) ? charges[i] : std::max(largest, charges[i]);
    return largest;
  }
};

double electronegativity_of(int z) { return value_or_nan(electronegativity(z)); }
double radius_of(int z) { return value_or_nan(covalent_radius(z)); }

std::vector<std::size_t> facing_atoms(Slab const& slab, bool upper) {
  int const wanted = upper ? *std::max_element(slab.atom_plane.begin(), slab.atom_plane.end()) : 0;
  std::vector<std::size_t> list;
  for (std::size_t i = 0; i < slab.crystal.size(); ++i)
    if (slab.atom_plane[i] == wanted) list.push_back(i);
  return list;
}

double girifalco_good(double gamma_1, double gamma_2, double volume_1, double volume_2) {
  double const v1 = std::cbrt(volume_1), v2 = std::cbrt(volume_2);
  return 2.0 * 4.0 * v1 * v2 / ((v1 + v2) * (v1 + v2)) * std::sqrt(gamma_1 * gamma_2);
}

}  // namespace

std::vector<DescriptorInfo> const& contact_descriptor_list() {
  static auto const list = [] {
    auto columns = contact_columns();
    for (char const* side : {"bottom", "top"})
      for (auto const& c : layer_columns)
        columns.push_back({concat(c.stem, "_", side, c.unit_suffix), c.unit, concat(side, " layer: ", c.meaning)});
    return columns;
  }();
  return list;
}

LayerDescription::LayerDescription(Slab const& slab, bool upper_face, double surface_energy)
    : basis_(slab.plane.basis), surface_energy_(surface_energy), atoms_(static_cast<double>(slab.crystal.size())) {
  auto const& bulk = slab.plane.primitive;
  Atoms const all{bulk.numbers, bulk.oxidation};
  Atoms face;
  auto const facing = facing_atoms(slab, upper_face);
  facing_.resize(2, static_cast<Eigen::Index>(facing.size()));
  for (std::size_t k = 0; k < facing.size(); ++k) {
    facing_.col(static_cast<Eigen::Index>(k)) =
        slab.crystal.positions.col(static_cast<Eigen::Index>(facing[k])).head<2>();
    face.numbers.push_back(slab.crystal.numbers[facing[k]]);
    if (!bulk.oxidation.empty()) face.charges.push_back(slab.crystal.oxidation[facing[k]]);
  }
  charges_ = face.charges.empty() ? std::vector<double>(facing.size(), unknown) : face.charges;
  double const area = slab.plane.area(), count = static_cast<double>(bulk.size());
  auto const bonds = face_bonds(slab, upper_face);
  auto const& cut = upper_face ? slab.upper : slab.termination;
  bool const charged = !bulk.oxidation.empty();
  double const cations = static_cast<double>(all.cations().size());
  volume_ = bulk.volume() / count;
  electronegativity_ = all.mean(electronegativity_of);
  face_electronegativity_ = face.mean(electronegativity_of);
  bound_charge_ = charged ? (upper_face ? cut.bound_charge : 0.0 - cut.bound_charge) : unknown;
  broken_bonds_ = bonds.parted_per_area;
  auto const& hkl = slab.plane.miller;
  values_ = {static_cast<double>(hkl[0]),
             static_cast<double>(hkl[1]),
             static_cast<double>(hkl[2]),
             area,
             slab.repeat_height,
             slab.thickness(),
             1.0 / volume_,
             static_cast<double>(facing.size()) / area,
             face.anion_share(),
             face.charge() / area,
             bound_charge_,
             charged ? static_cast<double>(cut.tasker) : unknown,
             all.cation_charge(),
             all.largest_charge(),
             cations > 0.0 ? all.d_electrons() / cations : unknown,
             face.d_electrons() / area,
             all.anion_share(),
             electronegativity_,
             face_electronegativity_,
             all.mean(radius_of),
             all.mean(atomic_mass),
             bonds.parted_per_area,
             bonds.bulk_coordination,
             bonds.coordination,
             surface_energy};
}

ContactPlacement placement_of(StackFrame const& frame, std::size_t index, bool stiff) {
  auto const& contact = frame.contacts.at(index);
  bool const closing = index + 1 == frame.layers.size();
  auto const &bottom = frame.layers[index], &top = frame.layers[closing ? 0 : index + 1];
  Eigen::Vector2d const there = closing ? frame.next_origin : top.origin;
  return {bottom,
          top,
          contact.coincidence,
          contact.shift_cell,
          there - bottom.origin - contact.shift_cell * contact.shift,
          stiff ? frame.strain_energy_per_area : unknown};
}

ContactDescription::ContactDescription(LayerDescription const& bottom, LayerDescription const& top,
                                       ContactPlacement const& placement) {
  auto const& c = placement.coincidence;
  auto const below = principal_strains(placement.bottom.strain), above = principal_strains(placement.top.strain);
  values_ = {bottom.atoms_ * c.substrate_index + top.atoms_ * c.film_index,
             std::sqrt(c.film_area * c.substrate_area),
             static_cast<double>(c.film_index),
             static_cast<double>(c.substrate_index),
             c.twist * units::degrees,
             c.largest_strain(),
             c.strain_max,
             c.strain_min,
             c.substrate_area / c.film_area - 1.0,
             below[0],
             below[1],
             above[0],
             above[1],
             placement.strain_energy * units::J_per_m2,
             girifalco_good(bottom.surface_energy_, top.surface_energy_, bottom.volume_, top.volume_),
             bottom.bound_charge_ + top.bound_charge_,
             top.electronegativity_ - bottom.electronegativity_,
             top.face_electronegativity_ - bottom.face_electronegativity_,
             top.broken_bonds_ - bottom.broken_bonds_};
  values_.resize(own_columns);
  values_.insert(values_.end(), bottom.values_.begin(), bottom.values_.end());
  values_.insert(values_.end(), top.values_.begin(), top.values_.end());
  for (auto const* layer : {&bottom, &top})
    for (double const q : layer->charges_) charged_ = charged_ && !std::isnan(q);
  add_waves(bottom, top, placement);
}

// With ρ(r) = Σ_G f(G) exp(iG·r) in each plane, f(G) = Σ_atoms q exp(-iG·r) / cell area, only reciprocal vectors that
// both lattices share stay in the mean of the product; they are those of the shift cell.
void ContactDescription::add_waves(LayerDescription const& bottom, LayerDescription const& top,
                                   ContactPlacement const& placement) {
  Eigen::Matrix2d const cell = placement.shift_cell, reciprocal = 2.0 * units::pi * cell.inverse().transpose();
  double const farthest = std::sqrt(-2.0 * std::log(least_wave)) / smearing;  // [1/Å]
  double const longest = std::max(cell.col(0).norm(), cell.col(1).norm());
  int const most = static_cast<int>(std::ceil(farthest * longest / (2.0 * units::pi)));
  struct Plane {
    std::complex<double> charges{0.0, 0.0}, atoms{0.0, 0.0};
  };
  auto const wave_of = [](LayerDescription const& layer, StackLayer const& placed, Eigen::Vector2d const& g) {
    Plane sum;
    double const area = std::abs((placed.deformation * layer.basis_).determinant());
    for (Eigen::Index k = 0; k < layer.facing_.cols(); ++k) {
      auto const phase = std::polar(1.0 / area, -g.dot(placed.deformation * layer.facing_.col(k)));
      sum.charges += layer.charges_[static_cast<std::size_t>(k)] * phase;
      sum.atoms += phase;
    }
    return sum;
  };
  for (int u = 0; u <= most; ++u) {
    for (int v = u == 0 ? 1 : -most; v <= most; ++v) {
      Eigen::Vector2d const g = reciprocal * Eigen::Vector2d(u, v);
      if (g.norm() > farthest) continue;
      auto const lower = wave_of(bottom, placement.bottom, g), upper = wave_of(top, placement.top, g);
      auto const turn =
          std::polar(2.0 * std::exp(-0.5 * smearing * smearing * g.squaredNorm()), -g.dot(placement.offset));
      Wave const wave{u, v, std::conj(lower.charges) * upper.charges * turn,
                      std::conj(lower.atoms) * upper.atoms * turn};
      if (std::abs(wave.atoms) == 0.0 && !(std::abs(wave.charges) > 0.0)) continue;
      waves_.push_back(wave);
      highest_ = std::max({highest_, u, std::abs(v)});
    }
  }
}

std::vector<double> ContactDescription::at(Eigen::Vector2d const& shift, double gap) const {
  auto values = values_;
  std::vector<std::complex<double>> first{1.0}, second{1.0};  // powers of exp(-2πi shift)
  auto const u = std::polar(1.0, -2.0 * units::pi * shift[0]), v = std::polar(1.0, -2.0 * units::pi * shift[1]);
  for (int k = 0; k < highest_; ++k) {
    first.push_back(first.back() * u);
    second.push_back(second.back() * v);
  }
  double charges = 0.0, atoms = 0.0;
  for (auto const& wave : waves_) {
    auto const power = second[static_cast<std::size_t>(std::abs(wave.v))];
    auto const turn = first[static_cast<std::size_t>(wave.u)] * (wave.v < 0 ? std::conj(power) : power);
    charges += (wave.charges * turn).real();
    atoms += (wave.atoms * turn).real();
  }
  values[at_shift] = charged_ ? charges : unknown;
  values[at_shift + 1] = atoms;
  values[at_shift + 2] = shift[0];
  values[at_shift + 3] = shift[1];
  values[at_shift + 4] = gap;
  return values;
}

}  // namespace nacre
