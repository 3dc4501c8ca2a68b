#include <algorithm>
#include <cmath>
#include <filesystem>
#include <iostream>
#include <limits>
#include <memory>

#include "diffusion_value.hpp"
#include "md_design.hpp"
#include "md_report.hpp"
#include "md_start.hpp"
#include "model_options.hpp"
#include "nacre/core/error.hpp"
#include "nacre/core/log.hpp"
#include "nacre/core/text.hpp"
#include "nacre/core/units.hpp"
#include "nacre/crystal/elements.hpp"
#include "nacre/crystal/io.hpp"
#include "nacre/parallel/stop.hpp"
#include "nacre/transport/dynamics_run.hpp"
#include "nacre/transport/fixed_charge.hpp"

namespace nacre {
namespace {

struct Options {
  std::string file, design, ensemble = "bussi", barostat = "auto", supercell, species, output, final, checkpoint, window,
                    layers;
  ModelOptions model;
  double temperature = 0.0, production_ps = 0.0, timestep_fs = 1.0, equilibrate_ps = 10.0, frame_ps = 0.1;
  double pressure_GPa = std::nan(""), cell_ps = 20.0, thermostat_ps = 0.0, charge = 0.0, checkpoint_s = 30.0;
  std::int64_t frame = -1, seed = 1, threads = 1, blocks = 10, memory_MB = 256;
  bool stream = false, keep_velocities = false, json = false;
};

MdStart read_start(Options const& options) {
  auto start = read_md_start(options.file, options.supercell, options.frame);
  if (!options.keep_velocities) {
    start.velocities.reset();
    return start;
  }
  require(start.velocities.has_value(), "no column '", velocity_column, "' in '", options.file,
          "' (--keep-velocities goes on with those that --final wrote)");
  require(options.supercell.empty(),
          "--keep-velocities with --supercell (copies would move alike): leave one of them out");
  return start;
}

int mobile_of(Options const& options, Crystal const& crystal) {
  if (options.species.empty()) return mobile_species_of(crystal);
  if (options.species == "none") return 0;
  int const number = require_atomic_number(options.species, "--species");
  require(std::ranges::find(crystal.numbers, number) != crystal.numbers.end(), "no ", options.species, " in '",
          options.file, "' (--species is the ion that may wander)");
  return number;
}

/// Formal charges of what wanders in ionic conductors.
double charge_of(Options const& options, int mobile) {
  if (options.charge != 0.0) return options.charge;
  switch (mobile) {
    case 3:
    case 11:
    case 19:
      return 1.0;
    case 8:
      return -2.0;
    case 9:
      return -1.0;
    default:
      input_error("missing --charge (the formal charge of ", mobile > 0 ? symbol(mobile) : "the mobile ion", ")");
  }
}

DiffusionOptions analysis_of(Options const& options, int mobile) {
  DiffusionOptions diffusion;
  diffusion.charge = charge_of(options, mobile);
  diffusion.temperature = options.temperature;
  require(options.blocks >= 2 && options.blocks <= 100000, "invalid --blocks ", options.blocks, " (2 to 100000)");
  diffusion.blocks = static_cast<int>(options.blocks);
  diffusion.window = parse_window(options.window);
  diffusion.with_layers = !options.layers.empty();
  diffusion.contacts = parse_contacts(options.layers);
  return diffusion;
}

Barostat barostat_of(Options const& options, MdStart const& start) {
  if (std::isnan(options.pressure_GPa)) {
    require(options.barostat == "auto", "--barostat ", options.barostat, " without --pressure-GPa");
    return Barostat::none;
  }
  require(std::isfinite(options.pressure_GPa), "invalid --pressure-GPa ", options.pressure_GPa);
  bool const stack = std::ranges::any_of(start.layer, [&](int l) { return l != start.layer.front(); });
  if (options.barostat == "auto") return stack ? Barostat::normal : Barostat::isotropic;
  return options.barostat == "normal" ? Barostat::normal : Barostat::isotropic;
}

DynamicsPlan plan_of(Options const& options, MdStart const& start) {
  DynamicsPlan plan;
  auto& production = plan.production;
  production.ensemble = ensemble_from(options.ensemble);
  require(options.temperature > 0.0, "missing or invalid --temperature (K, positive)");
  require(options.production_ps > 0.0, "missing or invalid --ps (length of production in ps, positive)");
  production.temperature = options.temperature;
  production.timestep_ps = 1e-3 * options.timestep_fs;
  production.thermostat_ps = options.thermostat_ps > 0.0            ? options.thermostat_ps
                             : production.ensemble == Ensemble::nhc ? 0.2
                                                                    : 0.5;
  require(options.seed >= 0, "invalid --seed ", options.seed, " (0 or more)");
  production.seed = static_cast<std::uint64_t>(options.seed);
  plan.barostat = barostat_of(options, start);
  if (plan.barostat != Barostat::none) production.pressure = options.pressure_GPa / units::GPa;
  plan.cell_ps = options.cell_ps;
  plan.equilibration_ps = options.equilibrate_ps;
  plan.production_ps = options.production_ps;
  plan.frame_ps = std::min(options.frame_ps, options.production_ps);
  plan.mobile = mobile_of(options, start.crystal);
  plan.layer = start.layer;
  plan.velocities = start.velocities;
  if (options.stream) plan.diffusion = analysis_of(options, plan.mobile);
  require(options.memory_MB >= 1 && options.memory_MB <= 1 << 20, "invalid --memory-MB ", options.memory_MB,
          " (1 to 1048576)");
  plan.memory_limit = static_cast<std::size_t>(options.memory_MB) << 20;
  plan.trajectory = options.output;
  plan.checkpoint = options.checkpoint;
  plan.checkpoint_s = options.checkpoint_s;
  plan.stop = [] { return stop_requested(); };
  plan.progress = [](std::string const& stage, double done, double total) {
    log_info(stage, ": ", significant(done, 5), " of ", significant(total, 5), " ps");
  };
  return plan;
}

void write_final(Options const& options, DynamicsRun const& run) {
  Frame frame;
  frame.crystal = run.state.crystal;
  frame.columns[velocity_column] = run.state.velocities;
  write_file(options.final, to_extxyz(frame));
}

/// A structure with a model, or a design of a campaign with that of the campaign.
MdDesign what_to_run(Options const& options) {
  if (!std::filesystem::is_directory(options.file)) {
    require(options.design.empty(), "--design ", options.design, " without a campaign ('", options.file, "' is no folder)");
    return {read_start(options), options.model.potential(options.threads), {}, {}};
  }
  require(options.model.model.empty() && options.supercell.empty() && options.frame < 0 && !options.keep_velocities,
          "--model, --supercell, --frame and --keep-velocities are for structures; a design has the model of its campaign");
  require(options.temperature > 0.0, "missing or invalid --temperature (K, positive)");
  return read_md_design(options.file, options.design, options.temperature);
}

/// Before a run of hours, not after it.
void check_outputs(Options const& options) {
  if (options.final.empty()) return;
  auto const folder = std::filesystem::absolute(options.final).parent_path();
  require(std::filesystem::is_directory(folder), "no folder '", folder.string(), "' for --final");
}

/// @return exit status
int print_refusal(Options const& options, std::string const& reason, Potential const& model) {
  if (options.json)
    std::cout << Value(Value::Object{{"status", "refused"}, {"reason", reason}, {"output", Value()}, {"model", model.about()}})
                     .dump()
              << '\n';
  else
    std::cout << "refused: " << reason << '\n';
  return 0;
}

int run(Options const& options) {
  check_outputs(options);
  catch_stop_signals();
  auto const [start, model, id, words] = what_to_run(options);
  auto const reason = bonding_refusal(start.crystal, *model);
  if (!reason.empty()) return print_refusal(options, reason, *model);
  auto const plan = plan_of(options, start);
  auto const run = run_dynamics(start.crystal, model, plan);
  if (!options.final.empty()) write_final(options, run);
  if (options.json) {
    auto document = dynamics_to_value(run, plan, *model);
    document["design"] = id.empty() ? Value() : Value(id);
    document["words"] = id.empty() ? Value() : Value(words);
    document["output"] = options.output.empty() ? Value() : Value(options.output);
    std::cout << document.dump() << '\n';
  } else {
    std::cout << (id.empty() ? std::string() : words + "\n") << dynamics_to_text(run, plan);
  }
  std::cout.flush();
  if (!options.checkpoint.empty() && std::cout) remove_checkpoint(options.checkpoint);
  return 0;
}

}  // namespace

Command md_command() {
  return {
      "md", "Molecular dynamics: average cell, equilibration, production, diffusion on the fly", [](CommandLine& line) {
        auto const o = std::make_shared<Options>();
        line.positional("FILE", o->file, "structure: extxyz (the last frame), POSCAR, CIF or LAMMPS data; or a campaign folder: the first of its "
                                              "ranked list without vacuum, doped as the campaign says");
        line.option("--design", o->design, "of a campaign: the first digits of the id of another one");
        o->model.declare(line);
        line.option("--temperature", o->temperature, "[K]");
        line.option("--ps", o->production_ps, "length of production [ps]");
        line.choice("--ensemble", o->ensemble, {"nve", "bussi", "nhc"},
                    "of production: constant energy, stochastic velocity rescaling, or Nose-Hoover chains");
        line.option("--timestep-fs", o->timestep_fs, "[fs]; 1 to 2 for oxides of rigid ions");
        line.option("--thermostat-ps", o->thermostat_ps, "its relaxation time [ps]; default 0.5 (bussi), 0.2 (nhc)");
        line.option("--pressure-GPa", o->pressure_GPa,
                    "first find the mean cell at this pressure, then keep it; without it the cell is that of the file");
        line.choice(
            "--barostat", o->barostat, {"auto", "isotropic", "normal"},
            "normal: the first two lattice vectors stay, the height of the stack follows; auto: normal for files "
            "with a column layer of several layers");
        line.option("--cell-ps", o->cell_ps, "length of that stage [ps], whose second half is averaged");
        line.option("--equilibrate-ps", o->equilibrate_ps, "at constant cell and temperature, before production [ps]");
        line.option("--supercell", o->supercell, "a,b,c: copies of the file's cell");
        line.option("--frame", o->frame, "which frame of an extxyz file, from 0; default the last");
        line.option("--seed", o->seed, "of velocities and thermostat; same seed, same bits");
        line.option("--frame-ps", o->frame_ps, "between frames [ps]");
        line.option("--output", o->output, "keep the frames of production here (extxyz, unwrapped)");
        line.option("--final", o->final, "write the last configuration with its velocities here (extxyz)");
        line.flag("--keep-velocities", o->keep_velocities,
                  "start with the velocities of the file, as --final wrote them");
        line.option("--checkpoint", o->checkpoint,
                    "file from which the same command goes on after a kill, to the same bits; removed at the end");
        line.option("--checkpoint-s", o->checkpoint_s, "elapsed time between checkpoints [s]");
        line.flag("--stream", o->stream,
                  "analyse diffusion on the fly, as nacre diffusion does: no trajectory is needed");
        line.option("--species", o->species,
                    "the ions that may wander, as O or Li; none: no ion may; default Li, Na, else O");
        line.option("--charge", o->charge, "their formal charge [e]; default that of Li, Na, K, O and F");
        line.option("--blocks", o->blocks, "blocks of the jackknife");
        line.option("--window", o->window, "lags of the fit, FIRST:LAST [ps]");
        line.option("--layers", o->layers,
                    "heights of contact planes z1,z2,... [Å], or auto: D in each layer, G of each contact");
        line.option("--memory-MB", o->memory_MB, "paths beyond this size go to a temporary file");
        line.option("--threads", o->threads, "of one evaluation, for models that share it out; changes no bit");
        line.flag("--json", o->json, "print JSON");
        line.example(
            "nacre md CeO2.cif --model rigid-ion:grimes --supercell 3,3,3 --temperature 1500 --ps 50 --timestep-fs 2 "
            "--pressure-GPa 0 --stream --checkpoint run.chk --json");
        return [o] { return run(*o); };
      }};
}

}  // namespace nacre
