#include <iostream>
#include <memory>

#include "nacre/cli/command.hpp"
#include "nacre/core/error.hpp"
#include "nacre/core/text.hpp"
#include "nacre/core/units.hpp"
#include "nacre/stack/identity.hpp"
#include "picture.hpp"
#include "stack_plan.hpp"
#include "structure_output.hpp"
#include "table.hpp"

namespace nacre {
namespace {

constexpr std::size_t most_examined = 2000;  ///< atoms up to which the space group of a superlattice is looked for
constexpr double symmetry_slack = 1e-3;      ///< of positions there [Å]

struct Options {
  StackOptionsOnLine stack;
  std::string output, picture;
  bool allow_overlap = false, json = false;
};

Value rows_of(Eigen::Matrix3d const& lattice) {
  Value rows = Value::array();
  for (int k = 0; k < 3; ++k) rows.push_back(Value::Array{lattice(0, k), lattice(1, k), lattice(2, k)});
  return rows;
}

/// Contacts that an operation carries into each other, null where nobody looked.
Value equivalences(Stack const& stack) {
  if (!stack.crystal.periodic[2] || stack.crystal.size() > most_examined) return {};
  Value list = Value::array();
  for (auto const& map : equivalent_contacts(stack, stack.crystal, symmetry_slack)) {
    Value rotation = Value::array();
    for (int r = 0; r < 3; ++r) {
      rotation.push_back(Value::Array{map.rotation(r, 0), map.rotation(r, 1), map.rotation(r, 2)});
    }
    auto const& t = map.translation;
    list.push_back(Value::Object{{"contact", static_cast<std::int64_t>(map.from) + 1},
                                 {"becomes", static_cast<std::int64_t>(map.to) + 1},
                                 {"rotation", rotation},
                                 {"translation", Value::Array{t[0], t[1], t[2]}}});
  }
  return list;
}

/// Bound charges of the outer faces of a slab [e/Å^2]; a superlattice has none.
Value outer_charges(StackPlan const& plan) {
  if (plan.options.geometry == StackGeometry::superlattice) return {};
  return Value::Array{0.0 - plan.layers.front().slab.termination.bound_charge,  // no negative zero
                      plan.layers.back().slab.upper.bound_charge};
}

Value summary(StackPlan const& plan, Stack const& stack, std::int64_t predicted, std::string const& refusal) {
  bool const slab = plan.options.geometry == StackGeometry::slab;
  return Value::Object{{"status", refusal.empty() ? "ok" : "refused"},
                       {"reason", refusal},
                       {"geometry", slab ? "slab" : "superlattice"},
                       {"n_atoms", static_cast<std::int64_t>(stack.crystal.size())},
                       {"n_atoms_predicted", predicted},
                       {"area_A2", stack.area},
                       {"lattice_A", rows_of(stack.crystal.lattice)},
                       {"strain_energy_eV_per_A2", plan.options.stiffness.empty() ? Value() : Value(stack.strain_energy_per_area)},
                       {"layers", layers_to_value(plan, stack)},
                       {"contacts", contacts_to_value(plan, stack)},
                       {"equivalent_contacts", equivalences(stack)},
                       {"outer_bound_charges_e_per_A2", outer_charges(plan)}};
}

std::string percent(Value const& pair) {
  auto const& strains = pair.as_array();
  return significant(100.0 * strains[0].as_number(), 3) + " " + significant(100.0 * strains[1].as_number(), 3);
}

void print_summary(Value const& document) {
  TextTable layers({"layer", "crystal", "plane", "faces", "repeats", "cells", "atoms", "twist deg", "strain %"});
  for (auto const& l : document.at("layers").as_array()) {
    auto const& hkl = l.at("plane").as_array();
    layers.row({std::to_string(l.at("layer").as_integer()), l.at("formula").as_string(),
                concat(hkl[0].as_integer(), ' ', hkl[1].as_integer(), ' ', hkl[2].as_integer()),
                l.at("termination").as_string(), std::to_string(l.at("repeats").as_integer()),
                std::to_string(l.at("n_cells").as_integer()), std::to_string(l.at("n_atoms").as_integer()),
                significant(l.at("twist_deg").as_number(), 6), percent(l.at("principal_strains"))});
  }
  TextTable contacts({"contact", "facing", "twist deg", "shift", "shift cell A^2", "gap A", "charge e/A^2"});
  for (auto const& c : document.at("contacts").as_array()) {
    auto const& shift = c.at("shift").as_array();
    contacts.row({std::to_string(c.at("contact").as_integer()), c.at("facing").as_string(),
                  significant(c.at("twist_deg").as_number(), 6),
                  significant(shift[0].as_number(), 6) + " " + significant(shift[1].as_number(), 6),
                  significant(c.at("shift_cell_area_A2").as_number(), 5), significant(c.at("gap_A").as_number(), 5),
                  significant(c.at("bound_charge_e_per_A2").as_number(), 4)});
  }
  std::cout << layers.str() << contacts.str() << document.at("n_atoms").as_integer() << " atoms on "
            << significant(document.at("area_A2").as_number(), 6) << " A^2\n";
  for (auto const& c : document.at("contacts").as_array()) {
    if (auto const* off = c.find("twist_off_deg"); off) {
      std::cout << "contact " << c.at("contact").as_integer() << ": the match it snaps to is "
                << significant(off->as_number(), 4) << " deg from the twist asked for\n";
    }
  }
  if (document.at("status").as_string() != "ok") std::cout << "refused: " << document.at("reason").as_string() << '\n';
}

Frame frame_of(Stack const& stack) {
  Frame frame;
  frame.crystal = stack.crystal;
  auto const n = static_cast<Eigen::Index>(stack.crystal.size());
  for (auto const& [name, values] : {std::pair("layer", &stack.layer), std::pair("plane", &stack.plane)}) {
    frame.columns[name] = Eigen::Map<Eigen::RowVectorXi const>(values->data(), n).cast<double>();
  }
  return frame;
}

std::vector<std::string> layer_names(StackPlan const& plan) {
  std::vector<std::string> names;
  for (auto const& layer : plan.layers) {
    names.push_back(formula(layer.slab.plane.primitive) + " " + plane_name(layer.slab.plane.miller) + " " + layer.label);
  }
  return names;
}

int run(Options const& options) {
  auto const plan = options.stack.plan();
  auto const slabs = plan.slabs();
  auto const predicted = atom_count(make_frame(slabs, plan.contacts, plan.options), slabs);
  auto const stack = build_stack(slabs, plan.contacts, plan.options);
  auto const overlap = find_overlap(stack, slabs);
  auto const refusal = options.allow_overlap ? std::string() : overlap;
  auto document = summary(plan, stack, predicted, refusal);
  document["id"] = canonical_stack(slabs, plan.contacts, plan.options).id.hex();
  document["overlap"] = overlap.empty() ? Value() : Value(overlap);
  bool const written = refusal.empty();
  if (written && !options.output.empty()) write_structure(options.output, frame_of(stack));
  if (written && !options.picture.empty()) write_file(options.picture, stack_picture(stack, layer_names(plan)));
  document["output"] = written && !options.output.empty() ? Value(options.output) : Value();
  document["picture"] = written && !options.picture.empty() ? Value(options.picture) : Value();
  if (options.json) {
    std::cout << document.dump() << '\n';
  } else {
    print_summary(document);
  }
  return 0;
}

}  // namespace

Command build_command() {
  return {"build", "Build a stack of two layers or more, as a slab or a superlattice", [](CommandLine& line) {
            auto const options = std::make_shared<Options>();
            options->stack.declare(line);
            line.option("-o,--output", options->output,
                        "write the stack here: .extxyz (with columns layer and plane), .cif, .vasp, POSCAR");
            line.option("--picture", options->picture, "draw it here, from the side and from above (SVG)");
            line.flag("--allow-overlap", options->allow_overlap, "write the stack although atoms overlap");
            line.flag("--json", options->json, "print JSON");
            line.example("nacre build SrTiO3.cif MgO.cif --planes 0,0,1 --repeats 2/3 --matches 0 -o stack.extxyz");
            return [options] { return run(*options); };
          }};
}

}  // namespace nacre
