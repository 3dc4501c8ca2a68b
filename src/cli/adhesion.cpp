#include <algorithm>
#include <cmath>
#include <iostream>
#include <memory>
#include <numeric>
#include <optional>

#include "model_options.hpp"
#include "nacre/cli/command.hpp"
#include "nacre/core/error.hpp"
#include "nacre/core/text.hpp"
#include "nacre/core/units.hpp"
#include "nacre/crystal/io.hpp"
#include "nacre/potential/contact_energy.hpp"
#include "nacre/potential/inner_face.hpp"
#include "nacre/potential/recognize.hpp"
#include "nacre/potential/thicken.hpp"
#include "surface_window.hpp"
#include "table.hpp"

namespace nacre {
namespace {

constexpr double least_vacuum = 15.0;    // definitions.md 3 [Å]
constexpr double least_adhesion = 0.05;  // below it the layers are not joined [J/m^2]
constexpr double reacted_below = -0.05;  // interface energy of a reaction or a phase change [J/m^2]

struct Options {
  std::string file;
  ModelOptions model;
  ReservoirOptions reservoirs;
  double fmax = 1e-4, rattle = 0.02;
  std::int64_t max_steps = 1000, shifts = 4, gaps = 2, seed = 0, threads = 1;
  bool superlattice = false, frozen = false, converge = false, chemical = false, json = false;
  std::int64_t most_repeats = 6;
};

void check(Options const& options) {
  require(options.fmax >= 1e-8 && options.fmax <= 1.0, "invalid --fmax ", options.fmax, " eV/A (1e-8 to 1)");
  require(options.max_steps >= 1 && options.max_steps <= 1'000'000, "invalid --max-steps ", options.max_steps,
          " (1 to 1000000)");
  require(options.shifts >= 1 && options.shifts <= 1000 && options.gaps >= 1 && options.gaps <= 100,
          "invalid --shifts ", options.shifts, " and --gaps ", options.gaps, " (1 to 1000, 1 to 100)");
  require(options.rattle >= 0.0 && options.rattle <= 0.5, "invalid --rattle ", options.rattle, " A (0 to 0.5)");
  require(options.most_repeats >= 1 && options.most_repeats <= 100, "invalid --most-repeats ", options.most_repeats,
          " (1 to 100)");
  require(options.threads >= 1 && options.threads <= 1024, "invalid --threads ", options.threads, " (1 to 1024)");
}

struct Input {
  Crystal crystal;
  std::vector<int> layer;
};

Input read_input(std::string const& file) {
  auto const frames = read_extxyz(file);
  require(frames.size() == 1, "'", file, "' holds ", frames.size(), " structures (a contact is one); give one");
  auto const& frame = frames.front();
  auto const found = frame.columns.find("layer");
  require(found != frame.columns.end() && found->second.rows() == 1, "no column 'layer' in '", file,
          "' (which atoms are which layer?): give extxyz with layer:I:1, 1 for the lower layer and 2 for the upper");
  Input input{frame.crystal, {}};
  for (double const k : found->second.row(0)) input.layer.push_back(static_cast<int>(k));
  auto const& p = input.crystal.periodic;
  require(p[0] && p[1], "'", file, "' is not periodic in x and y (an energy per area needs a cell)");
  return input;
}

/// What is printed; empty estimates have no value.
struct Answer {
  std::optional<double> adhesion, separation, interface_energy, pair_mean, gap, error;
  std::optional<bool> equivalent;
  Value thickness_series;  ///< of --converge
  Value corners;           ///< of --chemical
  Status status = Status::ok;
  std::string reason, interface_reason;
};

std::optional<double> value_of(Estimate const& e) { return e.ok() ? std::optional(e.value) : std::nullopt; }

ContactOptions contact_options(Options const& options) {
  ContactOptions protocol;
  protocol.relaxation.fmax = options.fmax;
  protocol.relaxation.max_steps = static_cast<int>(options.max_steps);
  protocol.shifts = static_cast<int>(options.shifts);
  protocol.gaps = static_cast<int>(options.gaps);
  protocol.rattle = options.rattle;
  protocol.seed = static_cast<std::uint64_t>(options.seed);
  protocol.threads = static_cast<int>(options.threads);
  return protocol;
}

/// gamma_int of a contact whose layers have unequal faces: both inner faces over the windows of their crystals.
void add_chemical(Answer& answer, RecognizedStack const& found, Potential const& model, Options const& options,
                  ContactCache& cache) {
  InnerFace faces[2];
  ChemicalWindow windows[2];
  for (std::size_t k = 0; k < 2; ++k) {
    auto const bulk = relax_bulk(found.slabs[k].plane.primitive, model, 0, false);
    if (bulk.status != Status::ok) {
      answer.interface_reason = bulk.reason;
      return;
    }
    windows[k] = options.reservoirs.window(bulk.crystal, bulk.energy / static_cast<double>(bulk.crystal.size()), model);
    faces[k] =
        inner_face(found.slabs[k], found.stack.layers[k], k == 0, model, contact_options(options), windows[k], cache);
    if (!faces[k].failure.empty()) {
      answer.interface_reason = faces[k].failure;
      return;
    }
  }
  auto corners = Value::array();
  double sum = 0.0;
  auto const potentials = [&](std::size_t k, std::size_t corner) {
    return faces[k].corners.size() > 1 ? potentials_at(windows[k], corner) : Value();
  };
  for (std::size_t i = 0; i < faces[0].corners.size(); ++i) {
    for (std::size_t j = 0; j < faces[1].corners.size(); ++j) {
      double const energy = faces[0].corners[i] + faces[1].corners[j] - *answer.adhesion;
      sum += energy;
      corners.push_back(Value::Object{
          {"mu_below_eV", potentials(0, i)}, {"mu_above_eV", potentials(1, j)}, {"gamma_int_J_per_m2", energy}});
    }
  }
  answer.interface_energy = sum / static_cast<double>(corners.size());
  answer.interface_reason.clear();
  answer.corners = corners;
  if (*answer.interface_energy >= reacted_below) return;
  answer.status = Status::reacted;
  answer.reason = concat("reacted_or_phase_change: interface energy ", *answer.interface_energy, " J/m2, W_ad ",
                         *answer.adhesion);
  answer.adhesion = answer.separation = answer.interface_energy = std::nullopt;
}

Answer relaxed_contact(RecognizedStack const& found, Potential const& model, Options const& options) {
  ContactCache cache;
  auto const energies =
      contact_energies(found.stack, found.slabs[0], found.slabs[1], model, contact_options(options), cache);
  Answer answer;
  auto const& w = energies.work_of_adhesion;
  answer.status = w.status;
  answer.reason = w.reason;
  answer.adhesion = value_of(w);
  if (w.ok()) answer.error = w.standard_error;
  answer.separation = value_of(energies.work_of_separation);
  answer.interface_energy = value_of(energies.interface_energy);
  answer.interface_reason = energies.interface_energy.reason;
  if (energies.relaxed.size() > 0) answer.gap = energies.z_separation;
  bool const unequal =
      answer.interface_reason.starts_with("unequal_faces") || answer.interface_reason.starts_with("not_stoichiometric");
  if (options.chemical && answer.adhesion && unequal) add_chemical(answer, found, model, options, cache);
  return answer;
}

/// Means of the facing planes: atoms of the layers' highest and lowest plane.
double gap_of(Stack const& stack, Crystal const& relaxed) {
  int highest = 0, lowest = 1'000'000'000;
  for (std::size_t i = 0; i < stack.layer.size(); ++i) {
    if (stack.layer[i] == 1) highest = std::max(highest, stack.plane[i]);
    if (stack.layer[i] == 2) lowest = std::min(lowest, stack.plane[i]);
  }
  double sum[2] = {0.0, 0.0}, count[2] = {0.0, 0.0};
  for (std::size_t i = 0; i < stack.layer.size(); ++i) {
    int const side = stack.layer[i] - 1;
    if (stack.plane[i] != (side == 0 ? highest : lowest)) continue;
    sum[side] += relaxed.positions(2, static_cast<Eigen::Index>(i));
    ++count[side];
  }
  return sum[1] / count[1] - sum[0] / count[0];
}

void judge_pair(Answer& answer) {
  if (!answer.pair_mean || *answer.pair_mean >= reacted_below) return;
  answer.status = Status::reacted;
  answer.reason = concat("reacted_or_phase_change: mean interface energy ", *answer.pair_mean, " J/m2");
  answer.pair_mean.reset();
}

/// sum n_i E_i(h) of the layers' bulks as recognised [eV].
double bulk_energy(RecognizedStack const& found, Potential const& model, std::string& failure) {
  double sum = 0.0;
  for (std::size_t k = 0; k < 2; ++k) {
    auto const& place = found.stack.layers[k];
    auto const bulk = relax_strained_bulk(found.slabs[k], place.deformation, model);
    if (!bulk.failure.empty()) failure = bulk.failure + ": strained bulk";
    sum += bulk.energy * std::abs(place.cells()) * found.slabs[k].bulk_repeats();
  }
  return sum;
}

Answer superlattice(RecognizedStack const& found, Potential const& model, Options const& options) {
  Answer answer;
  if (!found.failure.empty()) {
    answer.status = Status::refused;
    answer.reason = found.failure;
    return answer;
  }
  if (options.frozen) {
    auto const zero_displacement = model.with_slab_correction(true);
    double const energy = (zero_displacement ? *zero_displacement : model).evaluate(found.stack.crystal).energy;
    double const bulks = bulk_energy(found, model, answer.reason);
    if (!answer.reason.empty()) answer.status = Status::failed;
    if (answer.reason.empty()) answer.pair_mean = 0.5 * (energy - bulks) / found.stack.area * units::J_per_m2;
    answer.gap = gap_of(found.stack, found.stack.crystal);
    return answer;
  }
  ContactCache cache;
  auto const pair =
      interface_energy_pair(found.stack, found.slabs[0], found.slabs[1], model, contact_options(options), cache);
  answer.status = pair.mean.status;
  answer.reason = pair.mean.reason;
  answer.pair_mean = value_of(pair.mean);
  if (pair.mean.ok()) {
    answer.error = pair.mean.standard_error;
    answer.gap = gap_of(found.stack, pair.relaxed);
    answer.equivalent = pair.contacts_equivalent;
  }
  judge_pair(answer);
  return answer;
}

Crystal layer_alone(Stack const& stack, Crystal const& crystal, int layer) {
  Crystal alone = crystal;
  alone.numbers.clear();
  alone.oxidation.clear();
  Eigen::Index next = 0;
  for (std::size_t i = 0; i < stack.layer.size(); ++i) {
    if (stack.layer[i] != layer) continue;
    alone.positions.col(next++) = crystal.positions.col(static_cast<Eigen::Index>(i));
    alone.numbers.push_back(crystal.numbers[i]);
    if (!crystal.oxidation.empty()) alone.oxidation.push_back(crystal.oxidation[i]);
  }
  alone.positions.conservativeResize(3, next);
  return alone;
}

std::string no_vacuum(Crystal const& crystal) {
  auto const z = crystal.positions.row(2);
  double const vacuum = crystal.lattice(2, 2) - (z.maxCoeff() - z.minCoeff());
  if (vacuum >= least_vacuum) return {};
  return concat("no_vacuum: the stack has ", vacuum, " A of vacuum along z, work of adhesion needs ", least_vacuum);
}

/// Adhesion of any two layers, without knowing what they are slabs of: relaxed from where they are, or frozen there.
Answer plain_contact(RecognizedStack const& found, Potential const& model, Options const& options) {
  Answer answer;
  auto const& stack = found.stack;
  answer.interface_reason = options.frozen ? "frozen: surfaces are not relaxed" : found.failure;
  if (auto const reason = no_vacuum(stack.crystal); !reason.empty()) {
    answer.status = Status::refused;
    answer.reason = reason;
    return answer;
  }
  auto const slab_model = model.with_slab_correction(true);
  Potential const& slab = slab_model ? *slab_model : model;
  RelaxOptions settings;
  settings.fmax = options.fmax;
  settings.max_steps = static_cast<int>(options.max_steps);
  Crystal joined = stack.crystal;
  joined.periodic = {true, true, true};
  double energy = 0.0, frozen = 0.0, relaxed = 0.0, error = 0.0;
  auto const settle = [&](Crystal const& start, std::string const& what) {
    auto result = relax(start, slab, settings);
    if (!result.converged && answer.reason.empty()) answer.reason = concat(result.reason, ": ", what);
    error += result.energy_error;
    return result;
  };
  if (options.frozen) {
    energy = slab.evaluate(joined).energy;
  } else {
    auto result = settle(joined, "stack");
    energy = result.evaluation.energy;
    joined = std::move(result.crystal);
  }
  for (int const k : {1, 2}) {
    auto const alone = layer_alone(stack, joined, k);
    frozen += slab.evaluate(alone).energy;
    if (!options.frozen) relaxed += settle(alone, concat("slab ", k)).evaluation.energy;
  }
  if (!answer.reason.empty()) {
    answer.status = Status::failed;
    return answer;
  }
  double const per_area = units::J_per_m2 / stack.area;
  answer.separation = (frozen - energy) * per_area;
  answer.adhesion = options.frozen ? *answer.separation : (relaxed - energy) * per_area;
  answer.error = error * per_area;
  if (found.failure.empty()) answer.gap = gap_of(stack, joined);
  if (!options.frozen && *answer.adhesion < least_adhesion) {
    answer.status = Status::not_bonded;
    answer.reason = concat("not_bonded: W_ad ", *answer.adhesion, " J/m2");
    answer.adhesion.reset();
    answer.separation.reset();
  }
  return answer;
}

Answer compute(RecognizedStack const& found, Potential const& model, Options const& options) {
  if (options.superlattice) return superlattice(found, model, options);
  if (options.frozen || !found.failure.empty()) return plain_contact(found, model, options);
  return relaxed_contact(found, model, options);
}

constexpr double accepted_energy = 0.02;  // change with one more repeat, definitions.md 3 [J/m^2]
constexpr double accepted_gap = 0.02;     // and of the distance between the facing planes [Å]

/// Largest change of an energy between two thicknesses, of those that both have.
double change_of(Answer const& thinner, Answer const& thicker) {
  double most = 0.0;
  for (auto const energy : {&Answer::adhesion, &Answer::interface_energy, &Answer::pair_mean}) {
    if (thinner.*energy && thicker.*energy) most = std::max(most, std::abs(*(thicker.*energy) - *(thinner.*energy)));
  }
  return most;
}

Answer not_converged(Answer answer, std::string const& reason) {
  answer.status = Status::failed;
  answer.reason = "not_converged_in_thickness: " + reason;
  answer.adhesion = answer.separation = answer.interface_energy = answer.pair_mean = answer.error = std::nullopt;
  return answer;
}

/// One more repeat in each layer at a time until neither energies nor the gap move; the thinner of the last two is the
/// answer, and the last change is part of its error.
Answer converge(RecognizedStack const& first, Potential const& model, Options const& options) {
  auto const geometry = options.superlattice ? StackGeometry::superlattice : StackGeometry::slab;
  auto series = Value::array();
  auto found = first;
  auto answer = compute(found, model, options);
  for (std::int64_t more = 1; answer.status == Status::ok; ++more) {
    if (!found.failure.empty() || more > options.most_repeats) {
      answer =
          not_converged(answer, found.failure.empty()
                                    ? concat(options.most_repeats, " more repeats change the energies by more than ",
                                             accepted_energy, " J/m2 or the gap by more than ", accepted_gap, " A")
                                    : found.failure);
      break;
    }
    auto const grown = thicken(found, geometry);
    auto const next = recognize_stack(grown.crystal, grown.layer, model);
    auto thicker = compute(next, model, options);
    if (thicker.status != Status::ok) {
      answer = thicker;
      break;
    }
    double const change = change_of(answer, thicker);
    double const moved = answer.gap && thicker.gap ? std::abs(*thicker.gap - *answer.gap) : 0.0;
    series.push_back(Value::Object{{"repeats_added", more},
                                   {"n_atoms", static_cast<std::int64_t>(next.stack.crystal.size())},
                                   {"change_J_per_m2", change},
                                   {"gap_change_A", moved}});
    if (change < accepted_energy && moved < accepted_gap) {
      answer.error = std::hypot(answer.error.value_or(0.0), change);
      break;
    }
    found = next;
    answer = std::move(thicker);
  }
  answer.thickness_series = series;
  return answer;
}

Value to_value(RecognizedStack const& found, Answer const& answer, Potential const& model, Options const& options) {
  auto const number = [](auto const& x) { return x ? Value(*x) : Value(); };
  auto const face = [&](std::size_t k) -> Value {
    if (!found.failure.empty()) return Value();
    auto const& slab = found.slabs[k];
    return Value::Object{{"formula", formula(slab.plane.primitive)},
                         {"lower_face", slab.termination.lower},
                         {"upper_face", slab.upper.upper},
                         {"repeats", slab.repeats},
                         {"cells", std::abs(found.stack.layers[k].cells())}};
  };
  bool const is_contact = answer.equivalent && *answer.equivalent;
  return Value::Object{{"status", std::string(to_string(answer.status))},
                       {"reason", answer.reason},
                       {"W_ad_J_per_m2", number(answer.adhesion)},
                       {"W_sep_J_per_m2", number(answer.separation)},
                       {"gamma_int_J_per_m2", is_contact ? number(answer.pair_mean) : number(answer.interface_energy)},
                       {"gamma_int_reason", answer.interface_reason},
                       {"interface_energy_pair_mean_J_per_m2", number(answer.pair_mean)},
                       {"contacts_equivalent", number(answer.equivalent)},
                       {"gap_A", number(answer.gap)},
                       {"standard_error_J_per_m2", number(answer.error)},
                       {"corners", answer.corners},
                       {"thickness_series", answer.thickness_series},
                       {"frozen", options.frozen},
                       {"area_A2", found.stack.area},
                       {"n_atoms", static_cast<std::int64_t>(found.stack.crystal.size())},
                       {"layers", Value::Array{face(0), face(1)}},
                       {"model", Value::Object{{"name", model.name()}, {"hash", model.identity()}}}};
}

void print_answer(Answer const& answer) {
  auto const number = [](auto const& x) { return x ? significant(*x, 7) : std::string("-"); };
  TextTable table({"W_ad [J/m^2]", "W_sep [J/m^2]", "gamma_int [J/m^2]", "mean of a pair [J/m^2]", "gap [A]"});
  table.row({number(answer.adhesion), number(answer.separation), number(answer.interface_energy),
             number(answer.pair_mean), number(answer.gap)});
  std::cout << table.str();
  if (answer.status != Status::ok) std::cout << to_string(answer.status) << ": " << answer.reason << '\n';
  if (!answer.interface_reason.empty()) std::cout << "gamma_int: " << answer.interface_reason << '\n';
}

int run(Options const& options) {
  check(options);
  auto const model = options.model.potential();
  auto const input = read_input(options.file);
  auto const found = recognize_stack(input.crystal, input.layer, *model);
  auto const answer = options.converge ? converge(found, *model, options) : compute(found, *model, options);
  if (options.json) {
    std::cout << to_value(found, answer, *model, options).dump() << '\n';
  } else {
    print_answer(answer);
  }
  return 0;
}

}  // namespace

Command adhesion_command() {
  return {"adhesion", "Work of adhesion and interface energy of a contact in a model", [](CommandLine& line) {
            auto const options = std::make_shared<Options>();
            line.positional("FILE", options->file, "extxyz with a column layer: 1 below, 2 above");
            options->model.declare(line);
            line.flag("--superlattice", options->superlattice,
                      "the file has two contacts and no vacuum: the mean of their interface energies");
            line.flag("--chemical", options->chemical,
                      "give gamma_int also where the faces of a layer differ, over the window of chemical potentials");
            options->reservoirs.declare(line);
            line.flag("--frozen", options->frozen, "atoms and layers stay as they are");
            line.flag("--converge", options->converge,
                      "add repeats to both layers until one more changes energies by less than 0.02 J/m^2 and the gap "
                      "by less than 0.02 A");
            line.option("--most-repeats", options->most_repeats, "that --converge adds");
            line.option("--shifts", options->shifts, "starts with the upper layer shifted; the first as in the file");
            line.option("--gaps", options->gaps, "and with the gap widened by 0.4 A each");
            line.option("--rattle", options->rattle, "of every start, standard deviation of a coordinate [A]");
            line.option("--seed", options->seed, "of shifts and rattles");
            line.option("--threads", options->threads, "starts are shared out among these; changes no bit");
            line.option("--fmax", options->fmax, "converged below this force [eV/Å]");
            line.option("--max-steps", options->max_steps, "evaluations before a relaxation gives up");
            line.flag("--json", options->json, "print JSON");
            line.example("nacre adhesion stack.extxyz --model rigid-ion:grimes --json");
            return [options] { return run(*options); };
          }};
}

}  // namespace nacre
