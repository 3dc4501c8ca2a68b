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
#include "table.hpp"

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

std::optional<Window> parse_window(std::string const& text) {
  if (text.empty()) return std::nullopt;
  auto const parts = split(text, ':');
  auto const first = parts.size() == 2 ? parse_double(trim(parts[0])) : std::nullopt;
  auto const last = parts.size() == 2 ? parse_double(trim(parts[1])) : std::nullopt;
  require(first && last, "malformed --window '", text, "' (two times in ps expected); write it as 5:15");
  return Window{*first, *last};
}

std::vector<double> parse_contacts(std::string const& text) {
  std::vector<double> heights;
  if (text.empty() || text == "auto") return heights;
  for (auto const& word : split(text, ',')) {
    auto const height = parse_double(trim(word));
    require(height.has_value(), "malformed --layers '", text,
            "' (auto, or heights of contacts in A expected); write it as 12.5,31");
    heights.push_back(*height);
  }
  return heights;
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

std::string measured_text(std::optional<Measured> const& m) {
  return m ? concat(significant(m->value, 5), " ± ", significant(m->error, 2)) : "-";
}

void print_estimate(DiffusionEstimate const& estimate) {
  for (auto const& reason : estimate.reasons) std::cout << "  " << reason.code << ": " << reason.message << '\n';
  if (!estimate.flags.empty()) std::cout << "  flags: " << join(estimate.flags, ", ") << '\n';
  if (estimate.D_upper) std::cout << "  D < " << significant(*estimate.D_upper, 4) << " Å^2/ps (95 %)\n";
}

void print_table(DiffusionResult const& result) {
  auto const& tracer = result.tracer;
  std::cout << to_string(tracer.verdict) << ": " << result.mobile << " ions, " << result.frames << " frames, "
            << tracer.jumps << " jumps, window " << significant(result.curve.window.first_ps, 4) << " to "
            << significant(result.curve.window.last_ps, 4) << " ps\n";
  print_estimate(tracer);
  TextTable table({"quantity", "value", "unit"});
  table.row({"D (tracer)", measured_text(tracer.D), "Å^2/ps"});
  for (std::size_t k = 0; k < 3; ++k)
    table.row({std::string("D") + "xyz"[k], measured_text(tracer.components[k]), "Å^2/ps"});
  table.row({"D (collective)", measured_text(result.collective), "Å^2/ps"});
  table.row({"Haven ratio", measured_text(result.haven), "1"});
  table.row({"σ (Einstein-Helfand)", measured_text(result.sigma), "S/cm"});
  table.row({"σ (Nernst-Einstein)", measured_text(result.sigma_tracer), "S/cm"});
  std::cout << table.str();
  for (std::size_t l = 0; l < result.layers.size(); ++l) {
    auto const& [layer, estimate] = result.layers[l];
    std::cout << "layer " << l << " (" << significant(layer.low, 5) << " to " << significant(layer.high, 5) << " Å, "
              << significant(layer.ions, 4) << " ions): " << to_string(estimate.verdict) << ", D in plane "
              << measured_text(estimate.D) << " Å^2/ps\n";
    print_estimate(estimate);
  }
  for (auto const& contact : result.contacts) {
    std::cout << "contact at " << significant(contact.exchange.height, 5) << " Å: " << contact.exchange.up << " up, "
              << contact.exchange.down << " down, G "
              << (contact.G ? concat(significant(*contact.G, 4), " ± ", significant(contact.G_error.value_or(0.0), 2))
                            : concat("< ", significant(contact.G_upper.value_or(0.0), 3)))
              << " S/m^2\n";
  }
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
    print_table(result);
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
