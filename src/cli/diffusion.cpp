#include <iostream>
#include <limits>
#include <memory>

#include "diffusion_value.hpp"
#include "nacre/cli/command.hpp"
#include "nacre/core/error.hpp"
#include "nacre/core/log.hpp"
#include "nacre/core/text.hpp"
#include "nacre/crystal/elements.hpp"
#include "nacre/transport/diffusion.hpp"
#include "plot.hpp"

namespace nacre {
namespace {

constexpr std::int64_t largest_memory_MB = 1 << 20;

struct Options {
  std::string trajectory, species, framework, window, layers, axes = "all", block_by = "time", drift = "auto", types,
                                                              scratch, plot;
  double charge = std::numeric_limits<double>::quiet_NaN(), interval_ps = 0.0, temperature = 0.0, hop_length = 0.0,
         skip_ps = 0.0;
  std::int64_t blocks = 10, memory_MB = 256;
  bool json = false;
};

std::vector<int> parse_elements(std::string const& text, std::string_view option) {
  std::vector<int> numbers;
  for (auto const& word : split(text, ',')) numbers.push_back(require_atomic_number(trim(word), option));
  return numbers;
}

PathOptions path_options(Options const& options) {
  PathOptions paths;
  auto const mobile = parse_elements(options.species, "--species");
  require(mobile.size() == 1, "malformed --species '", options.species, "' (one element expected)");
  paths.mobile = mobile.front();
  if (!options.framework.empty()) paths.framework = parse_elements(options.framework, "--framework");
  require(std::ranges::find(paths.framework, paths.mobile) == paths.framework.end(), "invalid --framework '",
          options.framework, "' (", options.species, " is the mobile species); leave it out");
  paths.interval_ps = options.interval_ps;
  paths.skip_ps = options.skip_ps;
  paths.drift = options.drift == "none" ? Drift::none : Drift::automatic;
  require(options.memory_MB >= 1 && options.memory_MB <= largest_memory_MB, "invalid --memory-MB ", options.memory_MB,
          " (1 to ", largest_memory_MB, ")");
  paths.memory_limit = static_cast<std::size_t>(options.memory_MB) << 20;
  paths.scratch = options.scratch;
  return paths;
}

DiffusionOptions diffusion_options(Options const& options) {
  DiffusionOptions diffusion;
  diffusion.charge = options.charge;
  diffusion.temperature = options.temperature;
  require(options.blocks >= 2 && options.blocks <= 100000, "invalid --blocks ", options.blocks, " (2 to 100000)");
  diffusion.blocks = static_cast<int>(options.blocks);
  diffusion.block_by = options.block_by == "ion" ? BlockBy::ion : BlockBy::time;
  diffusion.axes = options.axes == "x"   ? Axes::x
                   : options.axes == "y" ? Axes::y
                   : options.axes == "z" ? Axes::z
                                         : Axes::all;
  diffusion.window = parse_window(options.window);
  require(options.hop_length >= 0.0, "invalid --hop-length ", options.hop_length, " A (must be positive)");
  if (options.hop_length > 0.0) diffusion.hop_length = options.hop_length;
  diffusion.with_layers = !options.layers.empty();
  diffusion.contacts = parse_contacts(options.layers);
  return diffusion;
}

int run(Options const& options) {
  require(options.interval_ps > 0.0, "missing or invalid --dt-ps (time between stored frames in ps, positive)");
  require(options.temperature > 0.0, "missing or invalid --temperature (K, positive)");
  require(std::isfinite(options.charge), "missing --charge (formal charge of the mobile ion, for example -2)");
  auto const analysis = diffusion_options(options);
  auto const paths_wanted = path_options(options);
  TrajectoryOptions reading;
  if (!options.types.empty()) reading.types = read_lammps_types(options.types);
  TrajectoryReader reader(options.trajectory, reading);
  auto const paths = collect_paths(reader, paths_wanted);
  auto result = analyze_diffusion(paths, analysis);
  if (reader.truncated()) {
    log_warning("'", options.trajectory, "' ends inside a frame, which was left out");
    result.tracer.flags.emplace_back("truncated_file");
  }
  if (!options.plot.empty() && result.curve.lag_ps.empty())
    log_warning("no picture '", options.plot, "': refused before anything was measured");
  else if (!options.plot.empty())
    plot_diffusion(result, options.plot);
  if (options.json)
    std::cout << diffusion_to_value(result).dump() << '\n';
  else
    std::cout << diffusion_to_text(result);
  return 0;
}

}  // namespace

Command diffusion_command() {
  return {
      "diffusion", "Diffusion and ionic conductivity from a trajectory, with errors", [](CommandLine& line) {
        auto const o = std::make_shared<Options>();
        line.positional("TRAJ", o->trajectory, "trajectory: extxyz, LAMMPS dump (text) or VASP XDATCAR");
        line.option("--species", o->species, "element of the mobile ions");
        line.option("--charge", o->charge, "their formal charge [e]");
        line.option("--dt-ps", o->interval_ps, "time between the frames of the file [ps]");
        line.option("--temperature", o->temperature, "temperature [K]");
        line.option("--blocks", o->blocks, "blocks of the jackknife");
        line.option("--window", o->window,
                    "lags of the fit, FIRST:LAST [ps]; default from 5 ps to a quarter of a block");
        line.option("--hop-length", o->hop_length, "distance of neighbouring sites [Å]; default from the trajectory");
        line.option("--skip-ps", o->skip_ps, "equilibration to leave out [ps]");
        line.option("--framework", o->framework, "elements that do not move, as Zr,Y; default all others");
        line.option("--layers", o->layers,
                    "heights of contact planes z1,z2,... [Å], or auto: D in each layer, G of each contact");
        line.choice("--direction", o->axes, {"x", "y", "z", "all"}, "direction of D");
        line.choice("--block-by", o->block_by, {"time", "ion"}, "what the blocks are made of");
        line.choice("--drift", o->drift, {"auto", "none"}, "auto: relative to the framework, or to the centre of mass");
        line.option("--types", o->types, "elements of LAMMPS types, as 1:Zr,2:O, or a LAMMPS data file");
        line.option("--memory-MB", o->memory_MB, "paths beyond this size go to a temporary file");
        line.option("--scratch", o->scratch, "folder of the temporary file; default the system's");
        line.option("--plot", o->plot, "picture of the mean squared displacement (SVG, needs gnuplot)");
        line.flag("--json", o->json, "print JSON");
        line.example(
            "nacre diffusion ysz.extxyz --species O --charge -2 --dt-ps 0.1 --temperature 2000 --window 5:15 --json");
        return [o] { return run(*o); };
      }};
}

}  // namespace nacre
