#include <algorithm>
#include <iostream>
#include <memory>

#include "electronic_options.hpp"
#include "nacre/cli/command.hpp"
#include "nacre/core/error.hpp"
#include "nacre/core/text.hpp"
#include "table.hpp"

namespace nacre {
namespace {

/// A level that varies by more over its window belongs to a field, not to a vacuum [eV].
constexpr double flat = 0.05;

struct Options {
  std::string file, unit, fermi, windows, axis = "c", profile;
  bool json = false;
};

struct Answer {
  std::string status = "ok", reason;
  std::optional<VacuumLevels> levels;
  double vacuum = 0.0;
};

Answer analyse(PlanarProfile const& potential, CubeFile const& cube) {
  Answer answer;
  auto const slab = occupied_region(potential, cube.crystal.positions);
  require(slab.has_value(), "the cube file has no atoms (where is the vacuum?); give one that lists them");
  answer.vacuum = slab->vacuum;
  try {
    answer.levels = vacuum_levels(potential, *slab);
  } catch (InputError const& error) {
    answer.status = "refused";
    answer.reason = concat("no_vacuum: ", error.what());
    return answer;
  }
  if (answer.levels->spread > flat) {
    answer.status = "refused";
    answer.reason = concat("field_in_vacuum: the potential varies by ", significant(answer.levels->spread, 3),
                           " eV over 1 A of vacuum (a level is flat); use a dipole correction, or more vacuum");
    answer.levels.reset();
  }
  return answer;
}

PlanarProfile smoothed_by(PlanarProfile profile, std::vector<double> const& windows) {
  for (double const window : windows) profile = smoothed(profile, window);
  return profile;
}

std::string profile_text(PlanarProfile const& average, PlanarProfile const& smooth) {
  std::string text = "z_A,potential_eV,smoothed_eV\n";
  for (Eigen::Index k = 0; k < average.values.size(); ++k) {
    text += shortest(average.height(k)) + "," + shortest(average.values[k]) + "," + shortest(smooth.values[k]) + "\n";
  }
  return text;
}

int run(Options const& options) {
  auto const cube = read_potential(options.file, options.unit);
  auto const average = planar_average(cube, axis_of(options.axis));
  auto const answer = analyse(average, cube);
  auto const fermi = optional_number("--fermi", options.fermi);
  if (!options.profile.empty()) {
    write_file(options.profile, profile_text(average, smoothed_by(average, number_list("--windows", options.windows))));
  }
  auto const& levels = answer.levels;
  auto const number = [&](auto read) { return levels ? std::optional<double>(read(*levels)) : std::nullopt; };
  auto const below = number([](auto const&l) { return l.below; }), above = number([](auto const&l) { return l.above; });
  auto const step = number([](auto const& l) { return l.below - l.above; });
  auto const work = [&](auto const& level) { return level && fermi ? std::optional(*level - *fermi) : std::nullopt; };
  if (options.json) {
    std::cout << Value(Value::Object{{"status", answer.status},
                                     {"reason", answer.reason},
                                     {"vacuum_A", answer.vacuum},
                                     {"vacuum_level_below_eV", optional_value(below)},
                                     {"vacuum_level_above_eV", optional_value(above)},
                                     {"potential_step_V", optional_value(step)},
                                     {"work_function_below_eV", optional_value(work(below))},
                                     {"work_function_above_eV", optional_value(work(above))},
                                     {"mean_eV", average.values.mean()}})
                     .dump()
              << '\n';
    return 0;
  }
  if (!levels) {
    std::cout << "refused: " << answer.reason << '\n';
    return 0;
  }
  TextTable table({"side", "vacuum level [eV]", "work function [eV]"});
  table.row({"below", significant(*below, 7), optional_text(work(below), 6)});
  table.row({"above", significant(*above, 7), optional_text(work(above), 6)});
  std::cout << table.str() << "electrostatic potential above less below: " << significant(*step, 7) << " V\n";
  return 0;
}

}  // namespace

Command potential_step_command() {
  return {"potential-step", "Vacuum levels, work functions and potential step of a slab from a potential",
          [](CommandLine& line) {
            auto const options = std::make_shared<Options>();
            line.positional("FILE", options->file, "cube of the potential energy of an electron");
            line.option("--unit", options->unit, "of its values: Ry (pp.x of Quantum ESPRESSO), Ha or eV");
            line.option("--fermi", options->fermi, "Fermi level on the same zero [eV], for work functions");
            line.choice("--axis", options->axis, {"a", "b", "c"}, "the vector that leaves the layers");
            line.option("--profile", options->profile, "write the planar average here (CSV)");
            line.option("--windows", options->windows, "smooth it in the file over these lengths, L1 or L1,L2 [A]");
            line.flag("--json", options->json, "print JSON");
            line.example("nacre potential-step potential.cube --unit Ry --fermi 3.21 --json");
            return [options] {
              static std::vector<std::string> const known{"Ry", "Ha", "eV"};
              require(options->unit.empty() || std::find(known.begin(), known.end(), options->unit) != known.end(),
                      "unknown --unit '", options->unit, "'", did_you_mean(options->unit, known));
              return run(*options);
            };
          }};
}

}  // namespace nacre
