#include <algorithm>
#include <iostream>
#include <memory>

#include "electronic_options.hpp"
#include "nacre/cli/command.hpp"
#include "nacre/core/error.hpp"
#include "nacre/core/text.hpp"
#include "nacre/stack/band_alignment.hpp"
#include "table.hpp"

namespace nacre {
namespace {

struct Side {
  StatesOptions states;
  std::string bands, level, potential;
};

struct Options {
  Side lower, upper;
  std::string align = "bulk", step, stack, contacts, windows, unit, axis = "c";
  double threshold = 1e-3;
  std::int64_t columns = 0;
  bool json = false;
};

/// Why there is no offset.
struct Refused {
  std::string reason;
};

/// Valence top and conduction bottom, given or read off a density of states.
BandLevels bands_of(Side const& side, std::string const& which, Options const& options) {
  auto const given = number_list(concat("--", which, "-bands"), side.bands);
  require(given.empty() != side.states.file.empty(), "give either --", which, "-bands TOP,BOTTOM or --", which,
          "-dos FILE");
  if (!given.empty()) {
    require(given.size() == 2 && given[0] <= given[1], "invalid --", which, "-bands '", side.bands,
            "' (valence top and conduction bottom in eV, such as 1.2,4.5)");
    return {given[0], given[1], 0.0};
  }
  auto const states = side.states.read();
  auto const edges =
      band_edges(states, side.states.fermi_level(states, concat("--", which, "-fermi")), options.threshold);
  if (!edges.gap)
    throw Refused{concat("no_gap: the ", which, " layer has states at its Fermi level (--threshold ", options.threshold,
                         " per eV)")};
  return {edges.valence_top, edges.conduction_bottom, 0.0};
}

/// Mean potential of a bulk, or the vacuum level on the side where the layers meet.
double level_of(Side const& side, std::string const& which, Options const& options) {
  if (auto const given = optional_number(concat("--", which, "-level"), side.level)) return *given;
  require(!side.potential.empty(), "no level of the ", which, " layer (its bands must be placed): give --", which,
          "-level in eV or --", which, "-potential FILE");
  auto const cube = read_potential(side.potential, options.unit);
  auto const profile = planar_average(cube, axis_of(options.axis));
  if (options.align == "bulk") return profile.values.mean();
  auto const slab = occupied_region(profile, cube.crystal.positions);
  if (!slab || slab->vacuum < 8.0)
    throw Refused{
        concat("no_vacuum: '", side.potential, "' has ", slab ? slab->vacuum : 0.0, " A of vacuum (8 A needed)")};
  auto const levels = vacuum_levels(profile, *slab);
  if (levels.spread > 0.05)
    throw Refused{concat("field_in_vacuum: '", side.potential, "' varies by ", significant(levels.spread, 3),
                         " eV over 1 A of vacuum")};
  return which == "lower" ? levels.above : levels.below;
}

/// Smoothed potential in the middle of the upper layer less that of the lower one.
double step_of(Options const& options) {
  if (auto const given = optional_number("--step", options.step)) return *given;
  require(!options.stack.empty(),
          "no potential of the stack (--align bulk compares bulks through it): give --stack FILE or --step in eV");
  auto const windows = number_list("--windows", options.windows);
  require(!windows.empty(), "no --windows (periods along the normal of the lower and the upper crystal, L1,L2 in A)");
  auto const cube = read_potential(options.stack, options.unit);
  auto profile = planar_average(cube, axis_of(options.axis));
  for (double const window : windows) profile = smoothed(profile, window);
  auto const crystal = turned(cube, axis_of(options.axis));
  require(crystal.size() > 0, "'", options.stack, "' has no atoms (where are the layers?)");
  auto const heights = number_list("--contacts", options.contacts);
  auto const layer = heights.empty() ? layers_by_bonds(crystal) : layers_by_height(crystal, heights);
  auto const layering = find_layering(crystal, layer);
  require(layering.order.size() == 2, "found ", layering.order.size(), " layers in '", options.stack,
          "' (a contact has two); say where they meet with --contacts Z");
  auto const shapes = layer_shapes(layering, planes_by_height(layering));
  auto const mean = [&](LayerShape const& s) {
    double const middle = 0.5 * (s.lower.height + s.upper.height), half = 0.1 * s.thickness;
    return half > 0.0 ? integral(profile, middle - half, middle + half) / (2.0 * half) : 0.0;
  };
  for (auto const& s : shapes) {
    require(s.thickness > *std::ranges::max_element(windows), "layer ", s.layer, " is ", s.thickness,
            " A thick (thinner than a window: its middle is no bulk)");
  }
  return mean(shapes[1]) - mean(shapes[0]);
}

int run(Options options) {
  options.lower.states.columns = options.upper.states.columns = options.columns;
  static std::vector<std::string> const known{"Ry", "Ha", "eV"};
  require(options.unit.empty() || std::ranges::find(known, options.unit) != known.end(), "unknown --unit '",
          options.unit, "'", did_you_mean(options.unit, known));
  std::optional<BandOffset> offset;
  std::string reason;
  double step = 0.0;
  try {
    auto lower = bands_of(options.lower, "lower", options), upper = bands_of(options.upper, "upper", options);
    lower.level = level_of(options.lower, "lower", options);
    upper.level = level_of(options.upper, "upper", options);
    if (options.align == "bulk") step = step_of(options);
    offset = band_offset(lower, upper, step);
  } catch (Refused const& refused) {
    reason = refused.reason;
  }
  if (options.json) {
    std::cout << Value(Value::Object{{"status", offset ? "ok" : "refused"},
                                     {"reason", reason},
                                     {"align", options.align},
                                     {"valence_band_offset_eV", offset ? Value(offset->valence) : Value()},
                                     {"conduction_band_offset_eV", offset ? Value(offset->conduction) : Value()},
                                     {"type", offset ? Value(offset->type) : Value()},
                                     {"potential_energy_step_eV", offset ? Value(step) : Value()}})
                     .dump()
              << '\n';
    return 0;
  }
  if (!offset) {
    std::cout << "refused: " << reason << '\n';
    return 0;
  }
  TextTable table({"band", "upper less lower [eV]"});
  table.row({"valence", significant(offset->valence, 6)});
  table.row({"conduction", significant(offset->conduction, 6)});
  std::cout << table.str() << "alignment: " << offset->type << '\n';
  return 0;
}

}  // namespace

Command band_offset_command() {
  return {
      "band-offset", "Band offsets of a contact, by averaged potentials or by vacuum levels", [](CommandLine& line) {
        auto const options = std::make_shared<Options>();
        line.choice(
            "--align", options->align, {"bulk", "vacuum"},
            "bulk: through the averaged potential of the stack; vacuum: vacuum levels of the layers alone agree");
        auto const side = [&](Side& s, std::string const& which) {
          line.option(concat("--", which, "-bands"), s.bands,
                      concat("valence top and conduction bottom of the ", which, " crystal, TOP,BOTTOM [eV]"));
          line.option(concat("--", which, "-dos"), s.states.file, "or its density of states");
          line.option(concat("--", which, "-fermi"), s.states.fermi, "Fermi level in it [eV]; else from the file");
          line.option(concat("--", which, "-level"), s.level,
                      "mean potential energy of the bulk, or vacuum level [eV]");
          line.option(concat("--", which, "-potential"), s.potential, "or the cube that it is read off");
        };
        side(options->lower, "lower");
        side(options->upper, "upper");
        line.option("--stack", options->stack, "cube of the stack's potential energy, for --align bulk");
        line.option("--step", options->step,
                    "or its smoothed value in the upper layer less that in the lower one [eV]");
        line.option("--windows", options->windows, "periods of both crystals along the normal, L1,L2 [A]");
        line.option("--contacts", options->contacts, "height where the layers meet [A]; without: by bonds");
        line.option("--unit", options->unit, "of all cubes: Ry, Ha or eV");
        line.choice("--axis", options->axis, {"a", "b", "c"}, "the vector that leaves the layers");
        line.option("--threshold", options->threshold, "densities up to it count as none [1/eV]");
        line.option("--columns", options->columns, "densities in a plain table: 1, or 2 for two spins; 0: find out");
        line.flag("--json", options->json, "print JSON");
        line.example(
            "nacre band-offset --lower-bands 1.2,8.9 --lower-level -3.1 --upper-bands 2.0,5.1 --upper-level -2.6 "
            "--step 0.35");
        return [options] { return run(*options); };
      }};
}

}  // namespace nacre
