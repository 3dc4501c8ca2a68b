#include <algorithm>
#include <cmath>
#include <iostream>
#include <memory>
#include <optional>
#include <tuple>

#include "model_options.hpp"
#include "nacre/cli/command.hpp"
#include "nacre/core/error.hpp"
#include "nacre/core/text.hpp"
#include "nacre/potential/contact_energy.hpp"
#include "nacre/stack/face.hpp"
#include "nacre/stack/slab.hpp"
#include "plane_options.hpp"
#include "surface_window.hpp"
#include "table.hpp"

namespace nacre {
namespace {

constexpr double accepted_change = 0.02;  // of gamma with one more repeat, definitions.md 3 [J/m^2]

struct Options {
  CrystalOptions crystal;
  ModelOptions model;
  ReservoirOptions reservoirs;
  std::string plane = "0,0,1", lattice = "model";
  std::int64_t termination = -1, top = -1, repeats = 4, max_steps = 1000, most_repeats = 20;
  double fmax = 1e-4;
  bool converge = false, all = false, skip_stability = false, json = false;
};

void check(Options const& options) {
  require(options.repeats >= 1 && options.repeats <= 1000, "invalid --repeats ", options.repeats, " (1 to 1000)");
  require(options.most_repeats >= 2 && options.most_repeats <= 1000, "invalid --most-repeats ", options.most_repeats,
          " (2 to 1000)");
  require(options.fmax >= 1e-8 && options.fmax <= 1.0, "invalid --fmax ", options.fmax, " eV/A (1e-8 to 1)");
  require(options.max_steps >= 1 && options.max_steps <= 1'000'000, "invalid --max-steps ", options.max_steps,
          " (1 to 1000000)");
}

/// The plane on the lattice asked for, its cuts as the file's crystal has them, and its bulk.
struct Surface {
  PlaneLattice plane;
  BulkState bulk;
  std::vector<Termination> terminations;
  std::optional<ChemicalWindow> window;  ///< made for the first slab that needs it
};

/// The bulk with every freedom, or with the in-plane vectors that the file has.
Surface make_surface(Options const& options, Crystal const& crystal, Potential const& model) {
  auto const miller = parse_plane("--plane", options.plane);
  auto const as_read = make_plane(crystal, miller, options.crystal.tolerance);
  Surface surface;
  if (options.lattice == "experiment") {
    auto const relaxed = relax_on_plane(as_read, model);
    surface.plane = relaxed.plane;
    surface.bulk = relaxed.bulk;
  } else {
    surface.bulk = relax_bulk(crystal, model, 0, !options.skip_stability);
    surface.plane = make_plane(surface.bulk.crystal, miller, options.crystal.tolerance);
  }
  surface.terminations = find_terminations(surface.plane, ChargeRule::if_known);
  return surface;
}

/// The cut asked for, else the one that `nacre slab` takes.
int bottom_cut(Surface const& surface, Options const& options) {
  if (options.termination != -1) return static_cast<int>(std::clamp<std::int64_t>(options.termination, -2, 1'000'000));
  return usual_cut(surface.plane, surface.terminations);
}

SlabRequest slab_request(Surface const& surface, Options const& options, int repeats) {
  SlabRequest request;
  request.bottom = bottom_cut(surface, options);
  request.top =
      options.top == -1 ? request.bottom : static_cast<int>(std::clamp<std::int64_t>(options.top, -2, 1'000'000));
  request.repeats = repeats;
  return request;
}

/// One slab per cut that shows its lower face on both sides, where the crystal can be turned over; else whole repeats.
std::vector<SlabRequest> symmetric_slabs(Surface const& surface, int repeats) {
  std::vector<SlabRequest> requests;
  for (auto const& cut : surface.terminations) {
    auto const above = std::ranges::find(surface.terminations, std::optional(cut.index), &Termination::turned_over);
    requests.push_back({cut.index, above == surface.terminations.end() ? cut.index : above->index, repeats, {}});
  }
  return requests;
}

struct Result {
  Slab slab;
  SurfaceEnergy energy;
  Value thickness_series;  ///< of --converge
};

/// A polar slab's charge in words; everything else says its reason itself.
void explain(Result& result) {
  auto& relaxed = result.energy.relaxed;
  if (!relaxed.reason.starts_with("polar")) return;
  auto const& t = result.slab.upper.polar() ? result.slab.upper : result.slab.termination;
  relaxed.reason = concat("polar: bound sheet charge ", significant(t.bound_charge, 6), " e/A^2 on the face ", t.upper,
                          ", the energy of a slab grows with its thickness; choose another termination, or compensate "
                          "the faces (nacre slab --compensate)");
}

RelaxOptions relax_options(Options const& options) {
  RelaxOptions settings;
  settings.fmax = options.fmax;
  settings.max_steps = static_cast<int>(options.max_steps);
  return settings;
}

/// The window of the crystal at its own lattice.
ChemicalWindow make_window(Surface const& surface, Options const& options, Potential const& model) {
  auto bulk = surface.bulk;
  if (options.lattice == "experiment") bulk = relax_bulk(bulk.crystal, model, 0, false);
  return options.reservoirs.window(bulk.crystal, bulk.energy / static_cast<double>(bulk.crystal.size()), model);
}

Result compute(Surface& surface, SlabRequest const& request, Options const& options, Potential const& model) {
  Result result{cut_slab(surface.plane, surface.terminations, request), {}, {}};
  if (!options.reservoirs.oxygen.empty() && model.fixed_charges()) {
    auto const reason = oxygen_reservoir(model).failure;
    result.energy.relaxed = Estimate::without_value(Status::refused, reason, 0.0, model.identity());
    result.energy.unrelaxed = result.energy.relaxed;
    return result;
  }
  bool const needs_window = !result.slab.stoichiometric() && !result.slab.polar() && surface.bulk.status == Status::ok;
  if (needs_window && !surface.window) surface.window = make_window(surface, options, model);
  result.energy = surface_energy(result.slab, surface.bulk, model, relax_options(options),
                                 needs_window ? &*surface.window : nullptr);
  explain(result);
  return result;
}

Result compute(Surface& surface, Options const& options, Potential const& model, int repeats) {
  return compute(surface, slab_request(surface, options, repeats), options, model);
}

/// One more repeat at a time, from --repeats on, until neither value moves by more than the accepted change; the
/// thinner of the last two is the answer.
Result converge(Surface& surface, Options const& options, Potential const& model) {
  Value series = Value::array();
  Result thinner = compute(surface, options, model, static_cast<int>(options.repeats));
  for (auto n = options.repeats; thinner.energy.relaxed.ok() && n < options.most_repeats; ++n) {
    auto thicker = compute(surface, options, model, static_cast<int>(n + 1));
    if (!thicker.energy.relaxed.ok()) return thicker;
    double const change = thicker.energy.relaxed.value - thinner.energy.relaxed.value;
    double const rigid = thicker.energy.unrelaxed.value - thinner.energy.unrelaxed.value;
    series.push_back(Value::Object{{"repeats", n},
                                   {"gamma_J_per_m2", thinner.energy.relaxed.value},
                                   {"gamma_unrelaxed_J_per_m2", thinner.energy.unrelaxed.value},
                                   {"change_J_per_m2", change}});
    if (std::max(std::abs(change), std::abs(rigid)) < accepted_change) {
      thinner.thickness_series = series;
      return thinner;
    }
    thinner = std::move(thicker);
  }
  if (thinner.energy.relaxed.ok()) {
    thinner.energy.relaxed =
        Estimate::without_value(Status::failed, concat("not_converged_in_thickness: up to ", options.most_repeats,
                                                       " repeats another one changes "
                                                       "the energy by more than ",
                                                       accepted_change, " J/m2"));
  }
  thinner.thickness_series = series;
  return thinner;
}

/// Energies at the corners of the window; null for a slab that depends on no chemical potential.
Value corners_to_value(Surface const& surface, SurfaceEnergy const& energy) {
  if (energy.corners.empty()) return {};
  auto corners = Value::array();
  for (std::size_t k = 0; k < energy.corners.size(); ++k) {
    corners.push_back(Value::Object{{"poor_in", surface.window->reservoirs[k].formula},
                                    {"mu_eV", potentials_at(*surface.window, k)},
                                    {"gamma_J_per_m2", energy.relaxed.ok() ? energy.corners[k].relaxed : std::nan("")},
                                    {"gamma_unrelaxed_J_per_m2", energy.corners[k].unrelaxed}});
  }
  return corners;
}

Value to_value(Surface const& surface, Result const& result, Options const& options, Potential const& model) {
  auto const& slab = result.slab;
  auto const& relaxed = result.energy.relaxed;
  auto const& miller = slab.plane.miller;
  bool const known = result.energy.unrelaxed.ok();
  Value window;
  if (surface.window) window = to_value(*surface.window);
  return Value::Object{
      {"status", std::string(to_string(relaxed.status))},
      {"reason", relaxed.reason},
      {"gamma_J_per_m2", relaxed.value},
      {"gamma_unrelaxed_J_per_m2", result.energy.unrelaxed.value},
      {"gamma_standard_error_J_per_m2", relaxed.standard_error},
      {"equal_faces", known ? Value(result.energy.equal_faces) : Value()},
      {"hkl", Value::Array{miller.x(), miller.y(), miller.z()}},
      {"termination", slab.termination.index},
      {"top", slab.upper.index},
      {"lower_face", slab.termination.lower},
      {"upper_face", slab.upper.upper},
      {"repeats", slab.repeats},
      {"n_atoms", static_cast<std::int64_t>(slab.crystal.size())},
      {"thickness_A", slab.thickness()},
      {"area_A2", slab.plane.area()},
      {"lattice", options.lattice},
      {"bulk_energy_eV_per_atom", surface.bulk.energy / static_cast<double>(surface.bulk.crystal.size())},
      {"thickness_series", result.thickness_series},
      {"corners", corners_to_value(surface, result.energy)},
      {"window", window},
      {"model", Value::Object{{"name", model.name()}, {"hash", model.identity()}}}};
}

void print_result(Surface const& surface, Result const& result) {
  auto const number = [](Estimate const& e) { return e.ok() ? significant(e.value, 7) : std::string("-"); };
  TextTable table({"plane", "faces", "repeats", "atoms", "unrelaxed [J/m^2]", "relaxed [J/m^2]"});
  auto const& slab = result.slab;
  table.row({formula(surface.plane.primitive) + plane_name(slab.plane.miller),
             slab.termination.lower + ", " + slab.upper.upper, std::to_string(slab.repeats),
             std::to_string(slab.crystal.size()), number(result.energy.unrelaxed), number(result.energy.relaxed)});
  std::cout << table.str();
  auto const& relaxed = result.energy.relaxed;
  if (!relaxed.ok()) {
    std::cout << to_string(relaxed.status) << ": " << relaxed.reason << '\n';
  } else if (!result.energy.equal_faces) {
    std::cout << "the faces differ: half of the energy of cleavage\n";
  }
  for (std::size_t k = 0; k < result.energy.corners.size(); ++k) {
    std::cout << "poor in " << surface.window->reservoirs[k].formula << ": "
              << significant(result.energy.corners[k].relaxed, 7) << " J/m^2 (above: the middle of the window)\n";
  }
}

/// Where the lines of two terminations cross, over a window between two reservoirs.
Value crossings_to_value(Surface const& surface, std::vector<Result> const& results) {
  auto list = Value::array();
  if (!surface.window || surface.window->corners() != 2) return list;
  std::vector<std::pair<double, double>> lines;
  std::vector<std::size_t> which;
  for (std::size_t i = 0; i < results.size(); ++i) {
    auto const& energy = results[i].energy;
    if (!energy.relaxed.ok()) continue;
    auto const& corners = energy.corners;
    lines.emplace_back(corners.empty() ? energy.relaxed.value : corners[0].relaxed,
                       corners.empty() ? energy.relaxed.value : corners[1].relaxed);
    which.push_back(i);
  }
  for (auto const& c : find_crossings(lines)) {
    auto potentials = Value::object();
    for (std::size_t k = 0; k < 2; ++k) {
      double const first = surface.window->mu(k, 0), last = surface.window->mu(k, 1);
      potentials[surface.window->reservoirs[k].formula] = first + c.place * (last - first);
    }
    list.push_back(
        Value::Object{{"a", which[c.a]}, {"b", which[c.b]}, {"mu_eV", potentials}, {"gamma_J_per_m2", c.energy}});
  }
  return list;
}

int run_all(Surface& surface, Options const& options, Potential const& model) {
  std::vector<Result> results;
  for (auto const& request : symmetric_slabs(surface, static_cast<int>(options.repeats))) {
    results.push_back(compute(surface, request, options, model));
  }
  if (!options.json) {
    for (auto const& result : results) print_result(surface, result);
    return 0;
  }
  auto list = Value::array();
  for (auto const& result : results) list.push_back(to_value(surface, result, options, model));
  Value window;
  if (surface.window) window = to_value(*surface.window);
  std::cout << Value(Value::Object{{"terminations", list},
                                   {"window", window},
                                   {"crossings", crossings_to_value(surface, results)}})
                   .dump()
            << '\n';
  return 0;
}

int run(Options const& options) {
  check(options);
  auto const model = options.model.potential();
  auto surface = make_surface(options, options.crystal.read_with_charges(), *model);
  if (options.all) return run_all(surface, options, *model);
  auto const result = options.converge ? converge(surface, options, *model)
                                       : compute(surface, options, *model, static_cast<int>(options.repeats));
  if (options.json) {
    std::cout << to_value(surface, result, options, *model).dump() << '\n';
  } else {
    print_result(surface, result);
  }
  return 0;
}

}  // namespace

Command surface_command() {
  return {
      "surface", "Surface energy of a slab in a model", [](CommandLine& line) {
        auto const options = std::make_shared<Options>();
        options->crystal.declare(line);
        options->crystal.declare_charges(line);
        line.option("--plane", options->plane, "h,k,l in the cell of the file");
        line.option("--termination", options->termination,
                    "the cut below the slab, as nacre slab --list counts (-1: not polar, no bonds of layers or "
                    "molecules and the "
                    "fewest others parted)");
        line.option("--top", options->top, "the cut above it (-1: the same)");
        line.option("--repeats", options->repeats, "whole repeats");
        options->model.declare(line);
        line.choice("--lattice", options->lattice, {"model", "experiment"},
                    "model: the bulk is relaxed first; experiment: the slab keeps the in-plane vectors of the file, "
                    "and is measured against the bulk that is strained to them");
        line.flag("--all", options->all,
                  "every cut, with the same face on both sides where the crystal can be turned over, and where their "
                  "lines over the chemical potentials cross");
        options->reservoirs.declare(line);
        line.flag("--converge", options->converge,
                  "add repeats until one more changes the energy by less than 0.02 J/m^2");
        line.option("--most-repeats", options->most_repeats, "of --converge");
        line.flag("--skip-stability", options->skip_stability,
                  "do not test that the bulk is a minimum of the model (a rattled 2x2x2 cell)");
        line.option("--fmax", options->fmax, "slabs are converged below this force [eV/Å]");
        line.option("--max-steps", options->max_steps, "evaluations before a relaxation gives up");
        line.flag("--json", options->json, "print JSON");
        line.example("nacre surface CeO2.cif --plane 1,1,1 --repeats 5 --model rigid-ion:grimes --json");
        return [options] { return run(*options); };
      }};
}

}  // namespace nacre
