#include "stack_describe.hpp"

#include <algorithm>
#include <cmath>

#include "nacre/core/units.hpp"

namespace nacre::detail {
ContactDescription describe_leaf(StackSpace const& space, StackLeaf const& leaf) {
  auto const &bottom = space.slabs()[static_cast<std::size_t>(leaf.bottom)],
             &top = space.slabs()[static_cast<std::size_t>(leaf.top)];
  auto const known = [](LayerSlab const& layer) {
    return layer.surface.relaxed.ok() ? layer.surface.relaxed.value : std::nan("");
  };
  auto options = space.stack_options(leaf);
  options.geometry = StackGeometry::slab;  // one contact
  auto const frame = make_frame({bottom.slab, top.slab}, {ContactDesign{leaf.coincidence}}, options);
  return {LayerDescription(bottom.slab, true, known(bottom)), LayerDescription(top.slab, false, known(top)),
          placement_of(frame, 0, true)};
}

void describe_stack(Candidate& candidate, ContactDescription const& contact, Eigen::Vector2d const& shift, double gap) {
  auto const values = contact.at(shift, gap);
  auto const& list = contact_descriptor_list();
  candidate.descriptors.clear();
  for (std::size_t i = 0; i < list.size(); ++i) candidate.descriptors.emplace_back(list[i].name, values[i]);
}

void describe_strain_error(Candidate& candidate, LayerSlab const& bottom, LayerSlab const& top) {
  double square = 0.0;
  auto const add = [&](LayerSlab const& layer, std::string const& side) {
    double const sensitivity = layer.surface.strain_sensitivity;
    double const strain = std::max(std::abs(candidate.descriptor("strain_" + side + "_1")),
                                   std::abs(candidate.descriptor("strain_" + side + "_2")));
    candidate.descriptors.emplace_back("strain_sensitivity_" + side + "_J_per_m2", sensitivity);
    square += std::pow(sensitivity * 100.0 * strain, 2);  // NaN: not known, nor is the sum
  };
  add(bottom, "bottom");
  add(top, "top");
  bool const physical = candidate.descriptor("coherent") == 1.0;
  candidate.descriptors.emplace_back("strain_error_J_per_m2", physical ? 0.0 : std::sqrt(square));
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

Stack without_vacuum(Stack const& stack, Slab const& bottom, Slab const& top, StackParts const& parts) {
  auto const& contact = stack.contacts.at(0);
  auto options = parts.options;
  options.geometry = StackGeometry::superlattice;
  ContactDesign const design{contact.coincidence, contact.shift, contact.gap};
  bool const same = bottom.termination.first == top.termination.first && bottom.plane.miller == top.plane.miller &&
                    bottom.plane.primitive.numbers == top.plane.primitive.numbers &&
                    contact.coincidence.twist == 0.0 && contact.shift.isZero() &&
                    std::abs(contact.gap - bottom.termination.gap) < 1e-12;
  // a crystal that goes on closes as it is cut, everything else at the gap of the radii
  options.closing_gap = same ? bottom.termination.gap : gaps_from_radii({bottom, top}, {design}, options).back();
  return build_stack(bottom, top, contact.coincidence, contact.shift, contact.gap, options);
}

}  // namespace nacre::detail
