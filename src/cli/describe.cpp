#include <cmath>
#include <filesystem>
#include <iostream>
#include <memory>

#include "model_options.hpp"
#include "nacre/cli/command.hpp"
#include "nacre/core/error.hpp"
#include "nacre/core/text.hpp"
#include "nacre/crystal/io.hpp"
#include "nacre/potential/contact_energy.hpp"
#include "nacre/potential/recognize.hpp"
#include "nacre/score/contact_descriptors.hpp"
#include "stack_plan.hpp"
#include "table.hpp"

namespace nacre {
namespace {

struct Options {
  StackOptionsOnLine stack;
  ModelOptions model;
  bool csv = false, json = false;
};

/// Values of one contact, with what a reader needs to know which one it is.
struct Described {
  std::string words;
  std::vector<double> values;
};

struct Answer {
  std::vector<Described> contacts;
  std::string failure;  ///< empty, or why atoms are no stack of two crystals
};

/// Of the slab on the model's bulk in the plane's own cell; NaN where it has none (polar faces, unequal cuts). Each
/// slab once: superlattices and thick stacks repeat them.
double surface_energy_of(Slab const& slab, Potential const& model) {
  auto const bulk = relax_on_plane(slab.plane, model);
  if (bulk.bulk.status != Status::ok) return std::nan("");
  auto const cuts = find_terminations(bulk.plane, ChargeRule::if_known);
  auto const cut_at = [&](int first) {
    for (auto const& t : cuts)
      if (t.first == first) return t.index;
    return -1;
  };
  SlabRequest request;
  request.bottom = cut_at(slab.termination.first);
  request.top = cut_at(slab.upper.first);
  request.repeats = std::max(slab.repeats, 1);
  if (request.bottom < 0 || request.top < 0) return std::nan("");
  auto const energy = surface_energy(cut_slab(bulk.plane, cuts, request), bulk.bulk, model, {}).relaxed;
  return energy.ok() ? energy.value : std::nan("");
}

std::string words_of(Slab const& bottom, Slab const& top) {
  return concat(formula(bottom.plane.primitive), plane_name(bottom.plane.miller), " ", bottom.upper.upper, " | ",
                top.termination.lower, " ", formula(top.plane.primitive), plane_name(top.plane.miller));
}

Answer describe_plan(Options const& options) {
  auto const plan = options.stack.plan();
  auto const frame = make_frame(plan.slabs(), plan.contacts, plan.options);
  auto const model = options.model.model.empty() ? nullptr : options.model.potential();
  std::vector<double> energies;
  for (auto const& layer : plan.layers)
    energies.push_back(model ? surface_energy_of(layer.slab, *model) : std::nan(""));
  Answer answer;
  for (std::size_t k = 0; k < frame.contacts.size(); ++k) {
    auto const above = (k + 1) % plan.layers.size();
    auto const &bottom = plan.layers[k].slab, &top = plan.layers[above].slab;
    ContactDescription const description({bottom, true, energies[k]}, {top, false, energies[above]},
                                         placement_of(frame, k, !plan.options.stiffness.empty()));
    auto const& contact = frame.contacts[k];
    answer.contacts.push_back({words_of(bottom, top), description.at(contact.shift, contact.gap)});
  }
  return answer;
}

/// Whether atoms leave open what a name counts from: crystals that are free of strain, the cells of their files, the
/// point of zero shift.
bool hidden_in_atoms(std::string const& name) {
  for (char const* part : {"strain", "mismatch", "twist", "miller", "shift"})
    if (name.find(part) != std::string::npos) return true;
  return false;
}

/// A file of atoms: what crystals its layers are is read off in the model.
Answer describe_atoms(std::string const& file, Options const& options) {
  require(!options.model.model.empty(), "no --model for the atoms of '", file,
          "' (in it the crystals of the layers are recognised); give one, or describe the stack by its crystals");
  auto const frames = read_extxyz(file);
  require(frames.size() == 1, "'", file, "' holds ", frames.size(), " structures (one expected)");
  auto const found = frames.front().columns.find("layer");
  require(found != frames.front().columns.end() && found->second.rows() == 1, "no column 'layer' in '", file,
          "' (which atoms are which layer?): give extxyz with layer:I:1, 1 for the lower layer and 2 for the upper");
  std::vector<int> layer;
  for (double const k : found->second.row(0)) layer.push_back(static_cast<int>(k));
  auto const stack = recognize_stack(frames.front().crystal, layer, *options.model.potential());
  Answer answer;
  answer.failure = stack.failure;
  if (!stack.failure.empty()) return answer;
  auto const& contact = stack.stack.contacts.front();
  auto const &bottom = stack.slabs[0], &top = stack.slabs[1];
  auto placement = placement_of(stack.stack, 0, false);
  placement.offset = placement.top.origin - placement.bottom.origin;
  placement.shift_cell = shift_cell(contact.coincidence, placement.bottom.deformation * bottom.plane.basis *
                                                             contact.coincidence.substrate.transpose().cast<double>());
  ContactDescription const description({bottom, true}, {top, false}, placement);
  auto values = description.at(Eigen::Vector2d::Zero(), contact.gap);
  auto const& list = contact_descriptor_list();
  for (std::size_t i = 0; i < list.size(); ++i)
    if (hidden_in_atoms(list[i].name)) values[i] = std::nan("");
  answer.contacts.push_back({words_of(bottom, top), values});
  return answer;
}

Value to_value(Described const& contact, std::size_t number) {
  auto const& list = contact_descriptor_list();
  Value descriptors = Value::object(), missing = Value::array();
  for (std::size_t i = 0; i < list.size(); ++i) {
    Value value;  // null
    if (std::isfinite(contact.values[i])) value = contact.values[i];
    if (value.is_null()) missing.push_back(list[i].name);
    descriptors[list[i].name] = value;
  }
  Value value = Value::object();
  value["contact"] = static_cast<std::int64_t>(number);
  value["words"] = contact.words;
  value["descriptors"] = descriptors;
  value["missing"] = missing;
  return value;
}

Value units() {
  Value value = Value::object();
  for (auto const& d : contact_descriptor_list()) value[d.name] = d.unit;
  return value;
}

void print_json(Answer const& answer) {
  Value contacts = Value::array();
  for (std::size_t k = 0; k < answer.contacts.size(); ++k) contacts.push_back(to_value(answer.contacts[k], k + 1));
  Value document = Value::object();
  document["status"] = answer.failure.empty() ? "ok" : "refused";
  document["reason"] = answer.failure;
  for (char const* key : {"descriptors", "missing"}) {  // of the first contact: most stacks have one
    auto& value = document[key];
    if (!answer.contacts.empty()) value = contacts.as_array()[0].at(key);
  }
  document["contacts"] = contacts;
  document["units"] = units();
  std::cout << document.dump() << '\n';
}

/// As `nacre predict` reads it: a missing value is an empty cell.
void print_csv(Answer const& answer) {
  auto const& list = contact_descriptor_list();
  std::cout << "contact,words";
  for (auto const& d : list) std::cout << ',' << d.name;
  std::cout << '\n';
  for (std::size_t k = 0; k < answer.contacts.size(); ++k) {
    std::cout << k + 1 << ",\"" << answer.contacts[k].words << '"';
    for (double const x : answer.contacts[k].values) std::cout << ',' << (std::isfinite(x) ? Value(x).dump() : "");
    std::cout << '\n';
  }
}

void print_table(Answer const& answer) {
  if (!answer.failure.empty()) std::cout << "refused: " << answer.failure << '\n';
  auto const& list = contact_descriptor_list();
  for (std::size_t k = 0; k < answer.contacts.size(); ++k) {
    std::cout << "contact " << k + 1 << ": " << answer.contacts[k].words << '\n';
    TextTable table({"descriptor", "value", "unit"});
    for (std::size_t i = 0; i < list.size(); ++i) {
      double const x = answer.contacts[k].values[i];
      table.row({list[i].name, std::isfinite(x) ? significant(x, 6) : "-", list[i].unit});
    }
    std::cout << table.str("  ");
  }
}

int run(Options const& options) {
  require(!(options.csv && options.json), "--csv and --json exclude each other; give one");
  auto const& files = options.stack.files;
  bool const atoms = files.size() == 1 && lower_case(std::filesystem::path(files[0]).extension().string()) == ".extxyz";
  auto const answer = atoms ? describe_atoms(files[0], options) : describe_plan(options);
  if (options.json) {
    print_json(answer);
  } else if (options.csv) {
    print_csv(answer);
  } else {
    print_table(answer);
  }
  return 0;
}

}  // namespace

Command describe_command() {
  return {"describe", "Describe the contacts of a stack by numbers, without building it", [](CommandLine& line) {
            auto const options = std::make_shared<Options>();
            options->stack.declare(line);
            line.option("--model", options->model.model,
                        "computes surface energies, and recognises the crystals of a file of atoms (one .extxyz with a "
                        "column layer)");
            line.flag("--csv", options->csv, "print a table as nacre predict reads it, a line for each contact");
            line.flag("--json", options->json, "print JSON: null for what is not known, named in missing");
            line.example("nacre describe SrTiO3.cif MgO.cif --planes 0,0,1 --matches 0 --shifts 0.5,0.5 --json");
            return [options] { return run(*options); };
          }};
}

}  // namespace nacre
