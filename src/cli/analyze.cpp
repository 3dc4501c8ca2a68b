#include <algorithm>
#include <cmath>
#include <iostream>
#include <memory>
#include <set>

#include "electronic_options.hpp"
#include "model_options.hpp"
#include "nacre/cli/command.hpp"
#include "nacre/core/error.hpp"
#include "nacre/core/text.hpp"
#include "nacre/core/units.hpp"
#include "nacre/crystal/io.hpp"
#include "nacre/crystal/mixed_valence.hpp"
#include "nacre/potential/charge_equilibration.hpp"
#include "nacre/potential/order_map.hpp"
#include "nacre/potential/recognize.hpp"
#include "nacre/potential/relax.hpp"
#include "nacre/stack/layer_charge.hpp"
#include "table.hpp"

namespace nacre {
namespace {

constexpr std::size_t most_atoms_of_a_crystal =
    5000;  // of a layer whose crystal is looked for: work grows as their square

struct Options {
  std::string file, split, unrelaxed, bulks, charges = "auto", output;
  ModelOptions model;
  double plane_tolerance = 0.05, fmax = 1e-3;
  std::int64_t max_steps = 2000;
  OrderOptions order;
  bool free_z = false, json = false;
};

/// Rigid layers at their best distance, and then every atom at its best height (F38).
struct FreeHeights {
  double clamped = 0.0, free = 0.0;  ///< [eV]
  int steps = 0;
};

struct Answer {
  Layering layering;
  std::string planes_from, charges_from, layers_from;
  std::vector<LayerShape> layers;
  std::vector<ContactShape> contacts;
  std::vector<std::optional<double>> unrelaxed;  ///< z separation of each contact
  std::map<int, Crystal> crystals;
  std::vector<double> order;
  std::vector<ContactWidth> widths;
  std::optional<Eigen::VectorXd> atom_charges;
  std::optional<LayerCharges> charges;
  std::vector<std::string> warnings;
  std::optional<FreeHeights> free_heights;
};

Frame read_frame(std::string const& file) {
  auto const extension = lower_case(std::filesystem::path(file).extension().string());
  if (extension != ".xyz" && extension != ".extxyz") return {read_crystal(file), {}, {}};
  auto frames = read_extxyz(file);
  require(frames.size() == 1, "'", file, "' holds ", frames.size(), " structures (one is analysed); give one");
  return std::move(frames.front());
}

std::optional<Eigen::RowVectorXd> column(Frame const& frame, std::string const& name) {
  auto const found = frame.columns.find(name);
  if (found == frame.columns.end() || found->second.rows() != 1) return {};
  return found->second.row(0);
}

std::vector<int> whole_numbers(Eigen::RowVectorXd const& values, std::string const& what) {
  std::vector<int> numbers;
  for (double const x : values) {
    require(std::abs(x) < 1e9 && x == std::round(x), "invalid ", what, " ", x, " (whole numbers expected)");
    numbers.push_back(static_cast<int>(x));
  }
  return numbers;
}

std::vector<int> layers_of(Frame const& frame, Options const& options, Answer& answer) {
  if (!options.split.empty()) {
    answer.layers_from = "heights";
    auto const layers = layers_by_height(frame.crystal, number_list("--split", options.split));
    require(std::set<int>(layers.begin(), layers.end()).size() > 1, "invalid --split ", options.split,
            " A (all atoms are in one layer); give heights between atoms");
    return layers;
  }
  if (auto const given = column(frame, "layer")) {
    answer.layers_from = "column";
    return whole_numbers(*given, "layer");
  }
  answer.layers_from = "bonds";
  return layers_by_bonds(frame.crystal);
}

FreeHeights relax_heights(Crystal& crystal, Layering const& layering, Options const& options) {
  auto const model = options.model.potential();
  RelaxOptions settings;
  settings.motion = Motion::normal;
  settings.fmax = options.fmax;
  settings.max_steps = static_cast<int>(options.max_steps);
  auto rigid = settings;
  rigid.group = layering.layer;
  for (int& g : rigid.group) g = static_cast<int>(std::ranges::find(layering.order, g) - layering.order.begin());
  auto const clamped = relax(crystal, *model, rigid);
  require(clamped.converged, "the rigid layers did not relax (", clamped.reason,
          "); raise --max-steps or bring them closer");
  auto const free = relax(clamped.crystal, *model, settings);
  require(free.converged, "the heights did not relax (", free.reason, "); raise --max-steps");
  crystal = free.crystal;
  return {clamped.evaluation.energy, free.evaluation.energy, clamped.steps + free.steps};
}

/// The crystals of the layers: from files, else from each layer's middle; heights that the latter have go into `ideal`.
std::map<int, Crystal> find_crystals(Crystal const& crystal, Answer const& answer, Options const& options,
                                     Layering& ideal, int& known) {
  std::map<int, Crystal> crystals;
  std::vector<std::string> const files = options.bulks.empty() ? std::vector<std::string>{} : split(options.bulks, ',');
  auto const& order = answer.layering.order;
  require(files.empty() || files.size() == order.size(), "found ", files.size(), " files in --bulk for ", order.size(),
          " layers (one for each, lowest first)");
  for (std::size_t k = 0; k < order.size(); ++k) {
    auto const alone = layer_alone(crystal, answer.layering, order[k]);
    auto const found = alone.size() <= most_atoms_of_a_crystal ? find_layer_crystal(alone) : std::nullopt;
    if (found) {
      ++known;
      crystals[order[k]] = found->repeat;
      std::size_t next = 0;
      for (std::size_t i = 0; i < ideal.layer.size(); ++i) {
        if (ideal.layer[i] == order[k]) ideal.height[static_cast<Eigen::Index>(i)] = found->height[next++];
      }
    }
    if (!files.empty()) crystals[order[k]] = read_crystal(trim(files[k]));
  }
  return crystals;
}

std::vector<int> find_planes(Frame const& frame, Layering const& ideal, int known, Options const& options,
                             Answer& answer) {
  if (!options.unrelaxed.empty()) {
    auto const other = read_frame(options.unrelaxed);
    require(other.crystal.numbers == frame.crystal.numbers, "'", options.unrelaxed, "' has other atoms than '",
            options.file, "' (the same atoms in the same order, before relaxation)");
    auto const before = find_layering(other.crystal, answer.layering.layer);
    auto const planes = planes_by_height(before, options.plane_tolerance);
    for (auto const& contact : contact_shapes(before, planes)) answer.unrelaxed.push_back(contact.z_separation);
    answer.planes_from = "unrelaxed";
    return planes;
  }
  if (auto const given = column(frame, "plane"); given && options.split.empty()) {
    answer.planes_from = "column";
    return whole_numbers(*given, "plane");
  }
  bool const all = known == static_cast<int>(answer.layering.order.size());
  answer.planes_from = all ? "crystal" : "heights";
  return planes_by_height(all ? ideal : answer.layering, options.plane_tolerance);
}

/// A slab as a periodic cell with vacuum, its atoms not wrapped.
Crystal in_one_piece(Crystal crystal, Layering const& layering) {
  Eigen::Vector3d const normal = layering.frame.row(2).transpose(), third = crystal.lattice.col(2);
  double const period = normal.dot(third);
  crystal.periodic = {true, true, true};
  if (layering.period > 0.0) {
    for (Eigen::Index i = 0; i < crystal.positions.cols(); ++i) {
      double const lift = layering.height[i] - normal.dot(crystal.positions.col(i));
      crystal.positions.col(i) += std::round(lift / period) * third;
    }
  }
  double const empty = period - (layering.height.maxCoeff() - layering.height.minCoeff());
  require(layering.period > 0.0 || empty >= least_vacuum_A, "the cell leaves ", empty,
          " A of vacuum (charge equilibration needs ", least_vacuum_A,
          " along a third vector that is not periodic); make it longer");
  return crystal;
}

std::optional<Eigen::VectorXd> find_charges(Frame const& frame, Crystal const& crystal, Options const& options,
                                            Answer& answer) {
  auto const& kind = options.charges;
  auto const from = [&](std::string const& name, auto&& charges) {
    answer.charges_from = name;
    return std::optional<Eigen::VectorXd>(charges);
  };
  if (kind == "none") return {};
  if (kind == "qeq") {
    auto const result = equilibrate_charges(in_one_piece(crystal, answer.layering), answer.layering.has_vacuum());
    if (!result.outside.empty()) {
      answer.warnings.push_back(concat("charge equilibration: numbers of ", join(result.outside, ", "),
                                       " are not those of the published paper (data/charge_equilibration.json)"));
    }
    return from("qeq", result.charges);
  }
  if (kind == "magmom" || kind == "magmoms") {
    auto const moments = column(frame, "magmoms") ? column(frame, "magmoms") : column(frame, "magmom");
    require(moments.has_value(), "no column magmom or magmoms in '", options.file,
            "' (--charges magmom reads moments of atoms)");
    return from("magmom", charges_from_moments(crystal, moments->transpose()));
  }
  if (kind == "model" || (kind == "auto" && !options.model.model.empty())) {
    auto const charges = model_charges(options.model.model, crystal);
    require(charges || kind == "auto", "the model '", options.model.model,
            "' has no charges of atoms (rigid-ion sets do)");
    if (charges) return from("model", *charges);
  }
  if (kind == "formal" || (kind == "auto" && crystal.oxidation.size() == crystal.size())) {
    auto formal = crystal;
    if (formal.oxidation.empty()) assign_oxidation(formal);
    return from("formal", Eigen::Map<Eigen::VectorXd const>(formal.oxidation.data(), std::ssize(formal.oxidation)));
  }
  if (kind == "auto") return {};
  auto const given = column(frame, kind);
  require(given.has_value(), "no column '", kind, "' in '", options.file,
          "' (--charges formal, model, qeq, magmom, none, or the name of a column)");
  return from(kind, given->transpose());
}

void find_warnings(Crystal const& crystal, Answer& answer) {
  for (int const number : answer.layering.order) {
    auto const warning = mixed_valence_warning(layer_alone(crystal, answer.layering, number));
    if (!warning.empty()) answer.warnings.push_back(concat("layer ", number, ": ", warning));
  }
}

Answer analyse(Frame& frame, Options const& options) {
  Answer answer;
  auto& crystal = frame.crystal;
  auto const layer = layers_of(frame, options, answer);
  answer.layering = find_layering(crystal, layer);
  auto ideal = answer.layering;
  int known = 0;
  if (options.free_z) {
    auto const before = find_layering(crystal, layer);
    answer.free_heights = relax_heights(crystal, before, options);
    answer.layering = find_layering(crystal, layer);
    // The planes are those from before.
    auto const planes = column(frame, "plane") && options.split.empty()
                            ? whole_numbers(*column(frame, "plane"), "plane")
                            : planes_by_height(before, options.plane_tolerance);
    for (auto const& contact : contact_shapes(before, planes)) answer.unrelaxed.push_back(contact.z_separation);
    answer.planes_from = "unrelaxed";
    answer.crystals = find_crystals(crystal, answer, options, ideal, known);
    answer.layers = layer_shapes(answer.layering, planes);
    answer.contacts = contact_shapes(answer.layering, planes);
  } else {
    answer.crystals = find_crystals(crystal, answer, options, ideal, known);
    auto const planes = find_planes(frame, ideal, known, options, answer);
    answer.layers = layer_shapes(answer.layering, planes);
    answer.contacts = contact_shapes(answer.layering, planes);
  }
  answer.order = order_map(crystal, layer, answer.crystals, options.order);
  for (auto const& contact : answer.contacts)
    answer.widths.push_back(contact_width(answer.layering, contact, answer.order, options.order));
  answer.atom_charges = find_charges(frame, crystal, options, answer);
  if (answer.atom_charges) answer.charges = layer_charges(answer.layering, *answer.atom_charges);
  find_warnings(crystal, answer);
  return answer;
}

Value plane_value(PlaneShape const& plane) {
  return Value::Object{{"atoms", plane.atoms}, {"corrugation_A", plane.corrugation}, {"roughness_A", plane.roughness}};
}

/// Disordered atoms of a layer, null where its crystal is not known.
std::optional<int> disordered(Answer const& answer, int layer, double threshold) {
  if (!answer.crystals.contains(layer)) return {};
  int count = 0;
  for (std::size_t i = 0; i < answer.order.size(); ++i)
    count += answer.layering.layer[i] == layer && answer.order[i] > threshold ? 1 : 0;
  return count;
}

Value layers_value(Crystal const& crystal, Answer const& answer, Options const& options) {
  Value layers = Value::array();
  for (std::size_t k = 0; k < answer.layers.size(); ++k) {
    auto const& shape = answer.layers[k];
    Value entry;
    entry["layer"] = shape.layer;
    entry["formula"] = formula(layer_alone(crystal, answer.layering, shape.layer));
    entry["atoms"] = shape.atoms;
    entry["thickness_A"] = shape.thickness;
    entry["lower_face"] = plane_value(shape.lower);
    entry["upper_face"] = plane_value(shape.upper);
    auto const count = disordered(answer, shape.layer, options.order.threshold);
    if (count) {
      entry["disordered_atoms"] = *count;
    } else {
      entry["disordered_atoms"] = Value();
    }
    entry["charge_e"] = optional_value(answer.charges ? std::optional(answer.charges->charge[k]) : std::nullopt);
    layers.push_back(std::move(entry));
  }
  return layers;
}

Value contacts_value(Answer const& answer) {
  Value contacts = Value::array();
  for (std::size_t k = 0; k < answer.contacts.size(); ++k) {
    auto const& contact = answer.contacts[k];
    auto const& width = answer.widths[k];
    Value entry;
    entry["lower"] = contact.lower;
    entry["upper"] = contact.upper;
    entry["z_separation_A"] = contact.z_separation;
    entry["z_separation_unrelaxed_A"] =
        optional_value(k < answer.unrelaxed.size() ? answer.unrelaxed[k] : std::nullopt);
    entry["closest_A"] = contact.closest;
    entry["width_A"] = optional_value(width.total());
    entry["width_lower_A"] = optional_value(width.lower);
    entry["width_upper_A"] = optional_value(width.upper);
    entry["disordered_throughout"] = width.throughout;
    contacts.push_back(std::move(entry));
  }
  return contacts;
}

Value to_value(Crystal const& crystal, Answer const& answer, Options const& options) {
  Value document;
  document["status"] = "ok";
  document["n_atoms"] = static_cast<std::int64_t>(crystal.size());
  document["area_A2"] = answer.layering.area;
  document["vacuum_A"] = answer.layering.vacuum;
  document["layers_from"] = answer.layers_from;
  document["planes_from"] = answer.planes_from;
  document["layers"] = layers_value(crystal, answer, options);
  document["contacts"] = contacts_value(answer);
  auto const& charges = answer.charges;
  document["charges_from"] = charges ? Value(answer.charges_from) : Value();
  document["total_charge_e"] = optional_value(charges ? std::optional(charges->total) : std::nullopt);
  document["dipole_e_A"] = optional_value(charges ? charges->dipole : std::nullopt);
  document["potential_step_V"] = optional_value(charges ? charges->step : std::nullopt);
  document["dipole_status"] = !charges ? "no_charges" : charges->reason.empty() ? "ok" : charges->reason;
  document["free_z"] = Value();
  if (auto const& heights = answer.free_heights) {
    document["free_z"] =
        Value::Object{{"energy_clamped_eV", heights->clamped},
                      {"energy_free_eV", heights->free},
                      {"gain_J_per_m2", (heights->clamped - heights->free) / answer.layering.area * units::J_per_m2},
                      {"steps", heights->steps}};
  }
  document["order_per_atom"] = Value::array();
  for (double const d : answer.order) document["order_per_atom"].push_back(d);
  document["charges_e"] = Value();
  if (answer.atom_charges) {
    document["charges_e"] = Value::array();
    for (double const q : *answer.atom_charges) document["charges_e"].push_back(q);
  }
  document["warnings"] = Value::array();
  for (auto const& warning : answer.warnings) document["warnings"].push_back(warning);
  return document;
}

void print_answer(Crystal const& crystal, Answer const& answer, Options const& options) {
  TextTable layers(
      {"layer", "formula", "atoms", "thickness [A]", "corrugation below [A]", "above [A]", "disordered", "charge [e]"});
  for (std::size_t k = 0; k < answer.layers.size(); ++k) {
    auto const& shape = answer.layers[k];
    auto const count = disordered(answer, shape.layer, options.order.threshold);
    layers.row({std::to_string(shape.layer), formula(layer_alone(crystal, answer.layering, shape.layer)),
                std::to_string(shape.atoms), significant(shape.thickness, 6), significant(shape.lower.corrugation, 4),
                significant(shape.upper.corrugation, 4), count ? std::to_string(*count) : "-",
                answer.charges ? significant(answer.charges->charge[k], 6) : "-"});
  }
  TextTable contacts({"contact", "z separation [A]", "closest atoms [A]", "width [A]"});
  for (std::size_t k = 0; k < answer.contacts.size(); ++k) {
    auto const& contact = answer.contacts[k];
    contacts.row({concat(contact.lower, " | ", contact.upper), significant(contact.z_separation, 7),
                  significant(contact.closest, 5), optional_text(answer.widths[k].total(), 4)});
  }
  std::cout << layers.str() << '\n' << contacts.str();
  if (answer.charges) {
    auto const& charges = *answer.charges;
    std::cout << "charges: " << answer.charges_from;
    if (charges.step) {
      std::cout << ", dipole " << significant(*charges.dipole, 6) << " e A, potential above less below "
                << significant(*charges.step, 6) << " V\n";
    } else {
      std::cout << ", no dipole: " << charges.reason << '\n';
    }
  }
  if (auto const& heights = answer.free_heights) {
    std::cout << "free heights: " << significant(heights->clamped, 10) << " eV with rigid layers, "
              << significant(heights->free, 10) << " eV free\n";
  }
  for (auto const& warning : answer.warnings) std::cout << "warning: " << warning << '\n';
}

int run(Options const& options) {
  require(options.plane_tolerance > 0.0 && options.plane_tolerance < 10.0, "invalid --plane-tolerance ",
          options.plane_tolerance, " A (above 0, below 10)");
  require(options.order.threshold > 0.0 && options.order.threshold < 2.0, "invalid --order-threshold ",
          options.order.threshold, " (above 0, below 2)");
  require(options.fmax >= 1e-8 && options.fmax <= 1.0, "invalid --fmax ", options.fmax, " eV/A (1e-8 to 1)");
  require(options.max_steps >= 1 && options.max_steps <= 1'000'000, "invalid --max-steps ", options.max_steps,
          " (1 to 1000000)");
  auto frame = read_frame(options.file);
  auto const answer = analyse(frame, options);
  if (!options.output.empty()) {
    auto const row = [](auto const& values) {
      return Eigen::MatrixXd(Eigen::Map<Eigen::RowVectorXd const>(values.data(), std::ssize(values)));
    };
    auto finite = answer.order;
    for (double& d : finite) d = std::isnan(d) ? -1.0 : d;
    frame.columns["order"] = row(finite);
    frame.columns["layer"] = row(std::vector<double>(answer.layering.layer.begin(), answer.layering.layer.end()));
    if (answer.atom_charges) frame.columns["charge"] = row(*answer.atom_charges);
    write_file(options.output, to_extxyz(frame));
  }
  if (options.json) {
    std::cout << to_value(frame.crystal, answer, options).dump() << '\n';
  } else {
    print_answer(frame.crystal, answer, options);
  }
  return 0;
}

}  // namespace

Command analyze_command() {
  return {
      "analyze", "Layers of a structure: distances, corrugation, order, charges, dipole, warnings",
      [](CommandLine& line) {
        auto const options = std::make_shared<Options>();
        line.positional("FILE", options->file, "a stack; layers from its column layer, else from what is bonded");
        line.option("--split", options->split, "or from heights that part them, Z1[,Z2] [A]");
        line.option("--unrelaxed", options->unrelaxed,
                    "the same atoms before relaxation: facing planes are those of this file");
        line.option("--plane-tolerance", options->plane_tolerance, "heights closer than this belong to one plane [A]");
        line.option("--bulk", options->bulks,
                    "crystals to compare surroundings with, one file a layer; else each layer's own middle");
        line.option("--order-cutoff", options->order.cutoff, "radius of the surroundings [A]");
        line.option("--order-threshold", options->order.threshold, "distance above which an atom is disordered");
        line.option("--charges", options->charges,
                    "formal, model, qeq, magmom, none, or a column; auto: of the model, else formal ones of the file");
        options->model.declare(line);
        line.flag("--free-z", options->free_z,
                  "relax heights in the model first, in-plane places stay: rigid layers, then every atom");
        line.option("--fmax", options->fmax, "of that relaxation [eV/A]");
        line.option("--max-steps", options->max_steps, "of that relaxation");
        line.option("-o,--output", options->output,
                    "write the structure with columns layer, order (-1: not known) and charge (extxyz)");
        line.flag("--json", options->json, "print JSON");
        line.example("nacre analyze stack.extxyz --charges qeq --json");
        return [options] { return run(*options); };
      }};
}

}  // namespace nacre
