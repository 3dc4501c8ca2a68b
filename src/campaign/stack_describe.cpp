#include "stack_describe.hpp"

#include <algorithm>
#include <cmath>

#include "nacre/core/units.hpp"
#include "nacre/crystal/elements.hpp"

namespace nacre::detail {
namespace {

double mean_electronegativity(Slab const& slab) {
  double sum = 0.0;
  for (auto const number : slab.crystal.numbers) sum += electronegativity(number).value_or(0.0);
  return sum / static_cast<double>(slab.crystal.size());
}

/// Formal charge of the outermost plane of a face per area [e/Å^2].
double face_charge(Slab const& slab, bool upper) {
  auto const wanted = upper ? *std::max_element(slab.atom_plane.begin(), slab.atom_plane.end()) : 0;
  double charge = 0.0;
  for (std::size_t i = 0; i < slab.crystal.size(); ++i) {
    if (slab.atom_plane[i] == wanted) charge += slab.crystal.oxidation[i];
  }
  return charge / slab.plane.area();
}

double value_or_nan(Estimate const& estimate) { return estimate.ok() ? estimate.value : std::nan(""); }

/// Girifalco and Good's estimate of the work of adhesion: 2 Phi sqrt(g1 g2), Phi = 4 (V1 V2)^(1/3) / (V1^(1/3) +
/// V2^(1/3))^2 (J. Phys. Chem. 61, 904 (1957)), V the volume per atom.
double girifalco_good(LayerSlab const& bottom, LayerSlab const& top) {
  auto const cube_root = [](LayerSlab const& layer) {
    auto const& crystal = layer.slab.plane.primitive;
    return std::cbrt(crystal.volume() / static_cast<double>(crystal.size()));
  };
  auto const v1 = cube_root(bottom), v2 = cube_root(top);
  auto const phi = 4.0 * v1 * v2 / ((v1 + v2) * (v1 + v2));
  return 2.0 * phi * std::sqrt(value_or_nan(bottom.surface.relaxed) * value_or_nan(top.surface.relaxed));
}

}  // namespace

double broken_bonds(Slab const& slab) {
  auto const bonds_per_atom = [](Crystal const& crystal, bool periodic_z, double limit) {
    std::int64_t bonds = 0;
    auto const n = static_cast<Eigen::Index>(crystal.size());
    int const reach_z = periodic_z ? 3 : 0;
    for (Eigen::Index i = 0; i < n; ++i) {
      for (Eigen::Index j = 0; j < n; ++j) {
        if (crystal.oxidation[static_cast<std::size_t>(i)] * crystal.oxidation[static_cast<std::size_t>(j)] >= 0.0) continue;
        for (int a = -3; a <= 3; ++a) {
          for (int b = -3; b <= 3; ++b) {
            for (int c = -reach_z; c <= reach_z; ++c) {
              Eigen::Vector3d const r = crystal.positions.col(j) - crystal.positions.col(i) + crystal.lattice * Eigen::Vector3d(a, b, c);
              if (r.norm() < limit) ++bonds;
            }
          }
        }
      }
    }
    return static_cast<double>(bonds) / static_cast<double>(n);
  };
  auto const& bulk = slab.plane.primitive;
  auto const limit = 1.2 * shortest_distance(bulk).distance;
  auto const lacking = bonds_per_atom(bulk, true, limit) - bonds_per_atom(slab.crystal, false, limit);
  return 0.25 * lacking * static_cast<double>(slab.crystal.size()) / slab.plane.area();
}

void describe_stack(Candidate& candidate, StackSpace const& space, StackLeaf const& leaf, Design const& design) {
  auto const &bottom = space.slabs()[static_cast<std::size_t>(leaf.bottom)], &top = space.slabs()[static_cast<std::size_t>(leaf.top)];
  auto const& coincidence = leaf.coincidence;
  auto const misfit = misfit_strain(coincidence, bottom.slab.plane.basis, top.slab.plane.basis);
  auto const strain = share_strain({Eigen::Vector3d::Zero(), misfit}, {bottom.slab.thickness(), top.slab.thickness()},
                                   {bottom.stiffness, turned(top.stiffness, coincidence.twist)});
  auto const first = principal_strains(strain.layers[0]), second = principal_strains(strain.layers[1]);
  auto const shift = space.shift(design);
  auto const charge_bottom = face_charge(bottom.slab, true), charge_top = face_charge(top.slab, false);
  candidate.descriptors = {
      {"atom_count", static_cast<double>(leaf.atoms)},
      {"area_A2", std::sqrt(coincidence.film_area * coincidence.substrate_area)},
      {"twist_deg", coincidence.twist * units::degrees},
      {"max_strain", coincidence.largest_strain()},
      {"mismatch", coincidence.substrate_area / coincidence.film_area - 1.0},
      {"strain_bottom_1", first[0]},
      {"strain_bottom_2", first[1]},
      {"strain_top_1", second[0]},
      {"strain_top_2", second[1]},
      {"elastic_energy_J_per_m2", strain.energy_per_area * units::J_per_m2},
      {"surface_energy_bottom_J_per_m2", value_or_nan(bottom.surface.relaxed)},
      {"surface_energy_top_J_per_m2", value_or_nan(top.surface.relaxed)},
      {"girifalco_good_J_per_m2", girifalco_good(bottom, top)},
      {"plane_charge_bottom_e_per_A2", charge_bottom},
      {"plane_charge_top_e_per_A2", charge_top},
      {"polar_discontinuity_e_per_A2", sheet_charges(bottom.slab, top.slab).contact},
      {"broken_bonds_bottom_per_A2", bottom.broken_bonds},
      {"broken_bonds_top_per_A2", top.broken_bonds},
      {"electronegativity_difference", mean_electronegativity(top.slab) - mean_electronegativity(bottom.slab)},
      {"shift_u", shift[0]},
      {"shift_v", shift[1]},
      {"gap_A", space.gap(design)},
  };
}

Eigen::VectorXd stack_features(Candidate const& candidate) {
  std::vector<double> features;
  for (auto const& name : {"atom_count", "area_A2", "twist_deg", "max_strain", "mismatch", "strain_bottom_1", "strain_bottom_2",
                           "strain_top_1", "strain_top_2", "elastic_energy_J_per_m2", "plane_charge_bottom_e_per_A2",
                           "plane_charge_top_e_per_A2", "broken_bonds_bottom_per_A2", "broken_bonds_top_per_A2",
                           "electronegativity_difference", "gap_A"}) {
    features.push_back(candidate.descriptor(name));
  }
  for (auto const& name : {"surface_energy_bottom_J_per_m2", "surface_energy_top_J_per_m2", "girifalco_good_J_per_m2"}) {
    auto const value = candidate.descriptor(name);
    features.push_back(std::isnan(value) ? 0.0 : value);
    features.push_back(std::isnan(value) ? 0.0 : 1.0);
  }
  for (auto const& name : {"shift_u", "shift_v"}) {
    auto const angle = 2.0 * units::pi * candidate.descriptor(name);
    features.push_back(std::cos(angle));
    features.push_back(std::sin(angle));
  }
  return Eigen::Map<Eigen::VectorXd>(features.data(), static_cast<Eigen::Index>(features.size()));
}

std::vector<std::string> stack_feature_names() {
  return {"atom_count", "area_A2", "twist_deg", "max_strain", "mismatch", "strain_bottom_1", "strain_bottom_2", "strain_top_1",
          "strain_top_2", "elastic_energy_J_per_m2", "plane_charge_bottom_e_per_A2", "plane_charge_top_e_per_A2",
          "broken_bonds_bottom_per_A2", "broken_bonds_top_per_A2", "electronegativity_difference", "gap_A",
          "surface_energy_bottom_J_per_m2", "surface_energy_bottom_known", "surface_energy_top_J_per_m2",
          "surface_energy_top_known", "girifalco_good_J_per_m2", "girifalco_good_known", "shift_u_cos", "shift_u_sin",
          "shift_v_cos", "shift_v_sin"};
}

}  // namespace nacre::detail
