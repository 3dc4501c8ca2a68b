#include <Eigen/LU>
#include <algorithm>
#include <cmath>
#include <iostream>
#include <memory>

#include "electronic_options.hpp"
#include "nacre/cli/command.hpp"
#include "nacre/core/error.hpp"
#include "nacre/core/text.hpp"
#include "nacre/core/units.hpp"
#include "nacre/crystal/elements.hpp"
#include "table.hpp"

namespace nacre {
namespace {

/// Of an integrated density: grids of DFT programs are right to about this.
double count_tolerance(double electrons) { return std::max(0.01, 2e-4 * std::abs(electrons)); }

struct Options {
  std::vector<std::string> files;
  std::string electrons, valence, contacts, axis = "c", unit = "e/bohr3";
  bool difference = false, json = false;
};

struct LayerElectrons {
  int layer = 0;
  double low = 0.0, high = 0.0;  ///< heights that bound it [Å]
  double electrons = 0.0;        ///< in it; of a difference: gained [e]
  std::optional<double> charge;  ///< of nuclei (or ions) and electrons [e]
};

struct Answer {
  std::string refusal;
  std::vector<double> counts;  ///< integral of each cube [e]
  std::vector<LayerElectrons> layers;
  std::optional<double> to_upper, dipole, step, net;
  std::string step_status = "ok";
  double area = 0.0;
};

/// Electrons per Å^3.
CubeFile read_density(std::string const& file, std::string const& unit) {
  auto cube = read_cube(file);
  double const scale = unit == "e/A3" ? 1.0 : 1.0 / std::pow(units::bohr_A, 3);
  for (double& value : cube.values) value *= scale;
  return cube;
}

double electrons_in(CubeFile const& cube) { return cube.sum() * cube.voxel_volume(); }

/// Charges of nuclei or ionic cores: from --valence, else the file's own, if it has any.
std::vector<double> cores(CubeFile const& cube, std::map<std::string, double> const& valence) {
  std::vector<double> charges;
  for (std::size_t i = 0; i < cube.crystal.size(); ++i) {
    auto const name = std::string(symbol(cube.crystal.numbers[i]));
    if (!valence.empty()) {
      require(valence.contains(name), "no valence of '", name, "' in --valence (every element of the cube needs one)");
      charges.push_back(valence.at(name));
    } else {
      charges.push_back(cube.nuclear_charges[i]);
    }
  }
  return charges;
}

double total(std::vector<double> const& numbers) {
  double sum = 0.0;
  for (double const x : numbers) sum += x;
  return sum;
}

/// Why the count of a density is wrong; empty if it is right.
std::string count_refusal(CubeFile const& cube, std::string const& file, double expected, std::string const& source) {
  double const found = electrons_in(cube);
  if (std::abs(found - expected) <= count_tolerance(expected)) return {};
  std::string hint;
  double const cubed = std::pow(units::bohr_A, 3);
  for (auto const& [factor, unit] : {std::pair(cubed, "e/A3"), std::pair(1.0 / cubed, "e/bohr3")}) {
    if (std::abs(found * factor - expected) <= count_tolerance(expected))
      hint = concat("; it would be right with --density-unit ", unit);
  }
  return concat("wrong_electron_count: '", file, "' holds ", significant(found, 9), " electrons, ",
                significant(expected, 9), " expected (", source, ")", hint);
}

/// What each cube should hold, with where that is known from.
std::string check_counts(std::vector<CubeFile> const& cubes, Options const& options) {
  auto const given = number_list("--electrons", options.electrons);
  auto const valence = symbol_numbers("--valence", options.valence);
  require(given.empty() || given.size() == cubes.size(), "found ", given.size(), " numbers in --electrons for ",
          cubes.size(), " cubes (one for each)");
  for (std::size_t k = 0; k < cubes.size(); ++k) {
    auto const core = total(cores(cubes[k], valence));
    bool const known = !given.empty() || !valence.empty() || core > 0.0;
    if (!known)
      return concat("unknown_electron_count: '", options.files[k],
                    "' has no nuclear charges; give --electrons or --valence");
    auto const refusal = count_refusal(
        cubes[k], options.files[k], given.empty() ? core : given[k],
        !given.empty()     ? "--electrons"
        : !valence.empty() ? "--valence"
                           : "the nuclear charges in the file; for pseudopotentials give --electrons or --valence");
    if (!refusal.empty()) return refusal;
  }
  return {};
}

/// Which part each atom of the whole belongs to, from 1.
std::vector<int> parts_of(std::vector<CubeFile> const& cubes) {
  auto const& whole = cubes.front().crystal;
  std::vector<int> part(whole.size(), 0);
  Eigen::Matrix3d const inverse = whole.lattice.inverse();
  for (std::size_t p = 1; p < cubes.size(); ++p) {
    auto const& crystal = cubes[p].crystal;
    for (std::size_t i = 0; i < crystal.size(); ++i) {
      std::size_t match = whole.size();
      for (std::size_t j = 0; j < whole.size() && match == whole.size(); ++j) {
        Eigen::Vector3d f = inverse * (crystal.positions.col(static_cast<Eigen::Index>(i)) -
                                       whole.positions.col(static_cast<Eigen::Index>(j)));
        f.array() -= f.array().round();
        if (whole.numbers[j] == crystal.numbers[i] && (whole.lattice * f).norm() < 0.01) match = j;
      }
      require(match < whole.size() && part[match] == 0, "atom ", i + 1, " of part ", p,
              " is not where the stack has it (the parts are computed with the atoms of the stack)");
      part[match] = static_cast<int>(p);
    }
  }
  auto const missing = std::ranges::count(part, 0);
  require(missing == 0, missing, " atoms of the stack are in no part (the parts together are the stack)");
  return part;
}

/// Heights that part the layers, from below, of a slab begun and ended in its vacuum.
struct Borders {
  std::vector<double> heights;
  std::vector<int> numbers;  ///< of the layers between them
  bool vacuum = false;
};

Borders borders_by_atoms(Crystal const& crystal, std::vector<int> const& layer) {
  auto const layering = find_layering(crystal, layer);
  Borders borders{{}, layering.order, layering.has_vacuum()};
  double const low = layering.height.minCoeff();
  borders.heights.push_back(low - 0.5 * layering.vacuum);
  for (auto const& contact : contact_shapes(layering, planes_by_height(layering)))
    borders.heights.push_back(contact.middle);
  if (layering.has_vacuum()) borders.heights.push_back(borders.heights.front() + layering.period);
  borders.heights.front() = borders.heights.back() - layering.period;
  return borders;
}

Borders find_borders(std::vector<CubeFile> const& cubes, PlanarProfile const& density, Options const& options,
                     int axis) {
  auto const heights = number_list("--contacts", options.contacts);
  auto const crystal = turned(cubes.front(), axis);
  if (heights.empty()) {
    require(crystal.size() > 0, "'", options.files.front(),
            "' has no atoms (where do the layers end?): give --contacts Z1[,Z2] in A");
    return borders_by_atoms(crystal, cubes.size() > 1 ? parts_of(cubes) : layers_by_bonds(crystal));
  }
  auto const region = crystal.size() > 0 ? occupied_region(density, crystal.positions) : occupied_region(density, 1e-6);
  Borders borders{heights, {}, region && region->vacuum >= least_vacuum_A};
  require(std::ranges::is_sorted(heights) && heights.back() - heights.front() < density.period, "invalid --contacts '",
          options.contacts, "' (increasing heights in A within one period of ", density.period, " A)");
  if (borders.vacuum) {
    borders.heights.insert(borders.heights.begin(), region->low - 0.5 * region->vacuum);
    borders.heights.push_back(borders.heights.front() + density.period);
    require(std::ranges::is_sorted(borders.heights), "--contacts '", options.contacts, "' lie outside the slab (",
            region->low, " to ", region->high, " A)");
  } else {
    borders.heights.push_back(heights.front() + density.period);
  }
  for (std::size_t k = 1; k < borders.heights.size(); ++k) borders.numbers.push_back(static_cast<int>(k));
  return borders;
}

/// Charge of the cores as planes of the profile, split so that charge and dipole are those of points [e/Å^3].
void add_cores(PlanarProfile& charge, Eigen::Matrix3Xd const& positions, std::vector<double> const& cores) {
  auto const n = charge.values.size();
  double const per_plane = 1.0 / (charge.area * charge.step());
  for (Eigen::Index i = 0; i < positions.cols(); ++i) {
    double const x = (charge.normal.dot(positions.col(i)) - charge.first) / charge.step();
    double const whole = std::floor(x);
    auto const k =
        static_cast<Eigen::Index>(whole - static_cast<double>(n) * std::floor(whole / static_cast<double>(n)));
    double const q = cores[static_cast<std::size_t>(i)] * per_plane;
    charge.values[k] += q * (1.0 - (x - whole));
    charge.values[(k + 1) % n] += q * (x - whole);
  }
}

void add_layers(Answer& answer, PlanarProfile const& electrons, Borders const& borders) {
  for (std::size_t k = 0; k + 1 < borders.heights.size(); ++k) {
    LayerElectrons layer{borders.numbers[k], borders.heights[k], borders.heights[k + 1], 0.0, {}};
    layer.electrons = electrons.area * integral(electrons, layer.low, layer.high);
    answer.layers.push_back(layer);
  }
}

void add_core_charges(Answer& answer, CubeFile const& cube, PlanarProfile const& profile,
                      std::vector<double> const& core) {
  for (auto& layer : answer.layers) layer.charge = -layer.electrons;
  for (std::size_t i = 0; i < core.size(); ++i) {
    double const z = profile.normal.dot(cube.crystal.positions.col(static_cast<Eigen::Index>(i)));
    double const begin = answer.layers.front().low;
    double const inside = z - profile.period * std::floor((z - begin) / profile.period);
    for (auto& layer : answer.layers) {
      if (inside >= layer.low && inside < layer.high) *layer.charge += core[i];
    }
  }
}

void add_step(Answer& answer, PlanarProfile const& charge, Borders const& borders) {
  if (!borders.vacuum) {
    answer.step_status = "no_vacuum";
    return;
  }
  auto const step = poisson_step(charge, borders.heights.front());
  answer.dipole = step.dipole * charge.area;
  answer.step = step.step;
}

Answer analyse(std::vector<CubeFile> cubes, Options const& options) {
  Answer answer;
  int const axis = axis_of(options.axis);
  for (auto const& cube : cubes) answer.counts.push_back(electrons_in(cube));
  if (options.difference) {
    auto& values = cubes.front().values;
    double moved = 0.0;
    for (double const v : values) moved += 0.5 * std::abs(v) * cubes.front().voxel_volume();
    if (std::abs(answer.counts[0]) > std::max(1e-3, 0.01 * moved)) {
      answer.refusal = concat("wrong_electron_count: the difference in '", options.files[0], "' holds ",
                              significant(answer.counts[0], 6), " electrons, 0 expected");
      return answer;
    }
  } else if (answer.refusal = check_counts(cubes, options); !answer.refusal.empty()) {
    return answer;
  }
  auto electrons = planar_average(cubes.front(), axis);
  for (std::size_t k = 1; k < cubes.size(); ++k) electrons.values -= planar_average(cubes[k], axis).values;
  answer.area = electrons.area;
  answer.net = electrons.area * electrons.step() * electrons.values.sum();
  if (cubes.size() > 1 && std::abs(*answer.net) > count_tolerance(answer.counts[0])) {
    answer.refusal = concat("wrong_electron_count: the stack holds ", significant(answer.counts[0], 9), " electrons, ",
                            significant(*answer.net, 6), " more than its parts");
    return answer;
  }
  auto const borders = find_borders(cubes, electrons, options, axis);
  require(borders.numbers.size() > 1 || (!options.difference && cubes.size() == 1), "found one layer in '",
          options.files[0], "' (charge is moved between two): say where they meet with --contacts Z");
  add_layers(answer, electrons, borders);
  PlanarProfile charge = electrons;
  charge.values = -electrons.values;
  bool const is_difference = options.difference || cubes.size() > 1;
  if (!is_difference) {
    auto const core = cores(cubes.front(), symbol_numbers("--valence", options.valence));
    if (std::abs(total(core) - answer.counts[0]) > count_tolerance(answer.counts[0])) {
      answer.step_status = "no_core_charges";
      return answer;
    }
    add_core_charges(answer, cubes.front(), electrons, core);
    add_cores(charge, cubes.front().crystal.positions, core);
  } else if (answer.layers.size() == 2) {
    answer.to_upper = 0.5 * (answer.layers[1].electrons - answer.layers[0].electrons);
  }
  charge.values.array() -= charge.values.mean();  // what the grid lacks of neutrality
  add_step(answer, charge, borders);
  return answer;
}

Value to_value(Answer const& answer, bool difference) {
  Value layers = Value::array(), counts = Value::array();
  for (double const count : answer.counts) counts.push_back(count);
  for (auto const& layer : answer.layers) {
    Value entry;
    entry["layer"] = layer.layer;
    entry["low_A"] = layer.low;
    entry["high_A"] = layer.high;
    entry[difference ? "electrons_gained_e" : "electrons_e"] = layer.electrons;
    entry["charge_e"] = optional_value(difference ? std::optional(-layer.electrons) : layer.charge);
    layers.push_back(std::move(entry));
  }
  return Value::Object{{"status", answer.refusal.empty() ? "ok" : "refused"},
                       {"reason", answer.refusal},
                       {"electrons_e", counts},
                       {"net_e", optional_value(answer.net)},
                       {"layers", layers},
                       {"electrons_to_upper_e", optional_value(answer.to_upper)},
                       {"dipole_e_A", optional_value(answer.dipole)},
                       {"potential_step_V", optional_value(answer.step)},
                       {"potential_step_status", answer.refusal.empty() ? answer.step_status : "refused"},
                       {"area_A2", answer.area}};
}

void print_answer(Answer const& answer, bool difference) {
  if (!answer.refusal.empty()) {
    std::cout << "refused: " << answer.refusal << '\n';
    return;
  }
  TextTable table({"layer", "from [A]", "to [A]", difference ? "electrons gained [e]" : "electrons [e]", "charge [e]"});
  for (auto const& layer : answer.layers) {
    table.row({std::to_string(layer.layer), significant(layer.low, 5), significant(layer.high, 5),
               significant(layer.electrons, 8),
               difference ? significant(-layer.electrons, 8) : optional_text(layer.charge, 6)});
  }
  std::cout << table.str();
  if (answer.to_upper)
    std::cout << "electrons from the lower layer to the upper one: " << significant(*answer.to_upper, 7) << " e\n";
  if (answer.step) {
    std::cout << "dipole " << significant(*answer.dipole, 7) << " e A, potential above less below "
              << significant(*answer.step, 7) << " V\n";
  } else {
    std::cout << "potential step: " << answer.step_status << '\n';
  }
}

int run(Options const& options) {
  require(!options.difference || options.files.size() == 1, "found ", options.files.size(),
          " cubes with --difference (it is one cube, the stack less its layers)");
  require(options.files.size() != 2, "found one part (give the cubes of all layers alone, two or more, or none)");
  std::vector<CubeFile> cubes;
  for (auto const& file : options.files) cubes.push_back(read_density(file, options.unit));
  for (std::size_t k = 1; k < cubes.size(); ++k) {
    require(same_grid(cubes[0], cubes[k]), "'", options.files[k], "' has another cell or grid than '", options.files[0],
            "' (densities are subtracted point by point); compute both in the same cell with the same grid");
  }
  bool const difference = options.difference || cubes.size() > 1;
  auto const answer = analyse(std::move(cubes), options);
  if (options.json) {
    std::cout << to_value(answer, difference).dump() << '\n';
  } else {
    print_answer(answer, difference);
  }
  return 0;
}

}  // namespace

Command charge_command() {
  return {"charge", "Charge of layers, charge transfer, dipole and potential step from electron densities",
          [](CommandLine& line) {
            auto const options = std::make_shared<Options>();
            line.positionals(
                "FILES", options->files,
                "cube of the stack's electron density, then of each layer alone in the same cell and grid");
            line.flag("--difference", options->difference, "the cube is already the stack less its layers");
            line.option("--electrons", options->electrons,
                        "electrons of each cube, N or N,N1,N2; another count is refused");
            line.option("--valence", options->valence,
                        "core charge of each element, Sr=10,Ti=12,O=6, where the file lists nuclei");
            line.option("--contacts", options->contacts, "heights that part the layers [A]; without: from the atoms");
            line.choice("--density-unit", options->unit, {"e/bohr3", "e/A3"}, "of the values");
            line.choice("--axis", options->axis, {"a", "b", "c"}, "the vector that leaves the layers");
            line.flag("--json", options->json, "print JSON");
            line.example("nacre charge stack.cube lower.cube upper.cube --valence Mg=10,O=6 --json");
            return [options] { return run(*options); };
          }};
}

}  // namespace nacre
