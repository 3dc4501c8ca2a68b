#include <cmath>
#include <iostream>
#include <memory>

#include "bvse_report.hpp"
#include "nacre/cli/command.hpp"
#include "nacre/core/error.hpp"
#include "nacre/core/text.hpp"
#include "nacre/crystal/elements.hpp"
#include "nacre/crystal/io.hpp"

namespace nacre {
namespace {

constexpr std::int64_t largest_index = 1000;

struct Options {
  std::string file, ion, oxidation, from = "minimum", plane, direction, path_file, cube_file;
  double step = 0.1, cutoff = 10.0, max_site_distance = 0.0;  // 0: anywhere
  std::string connectivity = "26";
  bool grid_only = false, sums = false, json = false;
};

std::optional<Eigen::Vector3i> parse_indices(std::string const& option, std::string const& text) {
  if (text.empty()) return std::nullopt;
  auto const parts = split(text, ',');
  Eigen::Vector3i indices = Eigen::Vector3i::Zero();
  bool fine = parts.size() == 3;
  for (std::size_t k = 0; fine && k < 3; ++k) {
    auto const value = parse_integer(trim(parts[k]));
    fine = value && std::abs(*value) <= largest_index;
    if (fine) indices[static_cast<Eigen::Index>(k)] = static_cast<int>(*value);
  }
  require(fine && !indices.isZero(), "malformed indices '", text, "' of ", option, " (needs three integers up to ",
          largest_index, ", not all zero); write for example 1,1,0");
  return indices;
}

/// "Fe=2,O=-2"
std::map<std::string, double> parse_charges(std::string const& text) {
  std::map<std::string, double> charges;
  for (auto const& item : split(text, ',')) {
    auto const parts = split(item, '=');
    double const value = parts.size() == 2 ? parse_double(trim(parts[1])).value_or(NAN) : NAN;
    require(std::isfinite(value), "malformed '", item,
            "' of --oxidation (an element, '=' and its charge); write for example Fe=2,P=5,O=-2,Li=1");
    require_atomic_number(trim(parts[0]), "--oxidation");
    charges[trim(parts[0])] = value;
  }
  return charges;
}

Crystal read_ions(Options const& options) {
  auto crystal = read_crystal(options.file);
  if (!options.oxidation.empty()) set_oxidation(crystal, parse_charges(options.oxidation));
  if (crystal.oxidation.empty()) {
    try {
      assign_oxidation(crystal);
    } catch (InputError const& error) {
      input_error(error.what(), ": --oxidation Fe=2,O=-2, or an extxyz column oxidation_state");
    }
  }
  return crystal;
}

/// Layer of each atom where an extxyz file has a column of that name.
std::vector<int> read_layers(std::string const& file) {
  auto const extension = lower_case(std::filesystem::path(file).extension().string());
  if (extension != ".xyz" && extension != ".extxyz") return {};
  auto const frames = read_extxyz(file);
  auto const found = frames.back().columns.find("layer");
  if (found == frames.back().columns.end() || found->second.rows() != 1) return {};
  std::vector<int> layers;
  for (double const value : found->second.row(0)) {
    require(std::abs(value) < 1e6, "unreadable layer ", value, " in '", file, "' (a small whole number expected)");
    layers.push_back(static_cast<int>(std::lround(value)));
  }
  return layers;
}

MigrationOptions migration_options(Options const& options) {
  MigrationOptions result;
  result.grid.step = options.step;
  result.connectivity = options.connectivity == "6" ? 6 : options.connectivity == "18" ? 18 : 26;
  result.reference = options.from == "sites" ? BarrierReference::sites : BarrierReference::minimum;
  result.plane = parse_indices("--plane", options.plane);
  result.direction = parse_indices("--direction", options.direction);
  require(options.max_site_distance >= 0.0 && std::isfinite(options.max_site_distance), "invalid --max-site-distance ",
          options.max_site_distance, " A (must be positive; 0 for anywhere)");
  if (options.max_site_distance > 0.0) result.max_site_distance = options.max_site_distance;
  result.refine = !options.grid_only;
  return result;
}

int run(Options const& options) {
  require(!options.ion.empty() || options.sums, "no mobile ion; give --ion, as O2- or Li+, or ask for --sums");
  auto const crystal = read_ions(options);
  if (options.ion.empty()) {
    auto const sums = valence_sums(crystal, read_layers(options.file));
    std::cout << (options.json ? sums_to_value(crystal, sums).dump() + "\n" : sums_table(crystal, sums));
    return 0;
  }
  auto const ion = parse_ion(options.ion);
  auto const wanted = migration_options(options);
  SiteEnergyOptions field_options;
  field_options.cutoff = options.cutoff;
  SiteEnergy const field(crystal, ion, field_options);
  auto const map = map_migration(field, wanted);
  if (!options.path_file.empty()) write_file(options.path_file, walks_to_extxyz(field, map));
  if (!options.cube_file.empty())
    write_file(options.cube_file, to_cube(map.grid, field.framework(),
                                          "bond-valence site energy of " + to_string(ion) + " in " + formula(crystal)));
  auto document = options.json ? migration_to_value(crystal, field, map, wanted) : Value();
  auto table = options.json ? std::string() : migration_table(crystal, field, map, wanted);
  if (options.sums) {
    auto const sums = valence_sums(crystal, read_layers(options.file));
    if (options.json) document["sums"] = sums_to_value(crystal, sums);
    table += options.json ? std::string() : sums_table(crystal, sums);
  }
  std::cout << (options.json ? document.dump() + "\n" : table);
  return 0;
}

}  // namespace

Command bvse_command() {
  return {
      "bvse", "Barriers of a mobile ion in a frozen crystal from its bond-valence site energy", [](CommandLine& line) {
        auto const options = std::make_shared<Options>();
        line.positional("FILE", options->file, "crystal: POSCAR, CIF or extxyz");
        line.option("--ion", options->ion, "the mobile ion, as O2-, Li+ or Li1+");
        line.option("--step", options->step, "spacing of the grid [A]");
        line.option("--oxidation", options->oxidation, "charges if the file has none, as Fe=2,P=5,O=-2,Li=1");
        line.choice("--from", options->from, {"minimum", "sites"},
                    "count barriers from the lowest energy or from the highest occupied site on the walk");
        line.option("--plane", options->plane, "h,k,l: barriers in this plane and across it, too");
        line.option("--direction", options->direction, "u,v,w: barrier along this direction, too");
        line.choice("--connectivity", options->connectivity, {"6", "18", "26"}, "neighbours of a grid point");
        line.option("--max-site-distance", options->max_site_distance,
                    "refuse walks farther from the lines between neighbouring sites, as through a gap [A]; 0: none");
        line.option("--cutoff", options->cutoff, "ions farther away do not count [A]");
        line.flag("--grid-only", options->grid_only, "leave out the saddles beyond the grid");
        line.option("--path", options->path_file, "write the walks to FILE (extxyz)");
        line.option("--cube", options->cube_file, "write the field to FILE (Gaussian cube, eV)");
        line.flag("--sums", options->sums, "bond valence sums and instability indices, of layers too (column layer)");
        line.flag("--json", options->json, "print JSON");
        line.example("nacre bvse Li2O.cif --ion Li+ --step 0.1 --plane 0,0,1 --json");
        return [options] { return run(*options); };
      }};
}

}  // namespace nacre
