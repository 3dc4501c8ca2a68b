// The section [dynamics]: how the objectives of molecular dynamics run a design.
#include "config_table.hpp"

namespace nacre::config {
namespace {

std::vector<std::string> const measured{"contact_enhancement_md", "log10_conductivity"};

/// A trajectory has at least ten frames of 0.1 ps for each of its blocks' lags.
constexpr double least_production_ps = 1.0;

}  // namespace

Table<MdTierOptions> const& dynamics_table() {
  using O = MdTierOptions;
  static Table<O> const table{
      key("temperatures", &O::temperatures, Rule{false, 1.0, 1e5, false, {}}, "K",
          "where a design that is faster at its contact is measured; three or more for the line in 1/T"),
      key("rank_temperature", &O::rank_temperature, Rule{false, 1.0, 1e5, false, {}}, "K", "one of them: g is ranked as it is measured there"),
      key("arrangements", &O::arrangements, at_least(3), "",
          "K: arrangements of dopants, each from its own random numbers, the same for the layers alone; the error goes over them"),
      key("protocol", &O::protocol, one_of({"frozen_random", "annealed"}), "",
          "frozen_random: dopants and vacancies on random sites of each layer; annealed: then swapped by the Metropolis rule"),
      key("freeze_temperature", &O::freeze_temperature, Rule{false, 1.0, 1e5, false, {}}, "K", "of annealed arrangements"),
      key("swaps", &O::swaps, at_least(1), "", "accepted for each dopant of an annealed arrangement"),
      key("seeds", &O::seeds, at_least(1), "", "trajectories of each arrangement, with velocities of their own"),
      key("cell_ps", &O::cell_ps, above(0), "ps",
          "constant pressure along the normal before each trajectory; the mean cell of its second half is kept"),
      key("equilibration_ps", &O::equilibration_ps, at_least(0), "ps", "in that cell, before production"),
      key("production_ps", &O::production_ps, at_least(least_production_ps), "ps", "what is analysed"),
      key("timestep_fs", &O::timestep_fs, Rule{false, 0.01, 10.0, false, {}}, "fs", "1 to 2 for oxides of rigid ions"),
      key("accuracy", &O::accuracy, Rule{false, 1e-10, 1e-2, false, {}}, "", "relative, of Coulomb forces"),
      key("least_width", &O::least_width, above(0), "Å", "in plane: narrower cells are repeated"),
      key("gate", &O::gate, any(), "",
          "contact_enhancement_md measures only designs whose hops give g > 0; false: all of them"),
      key("checkpoint_s", &O::checkpoint_s, at_least(0), "s",
          "elapsed time between the checkpoints that a killed trajectory goes on from; changes no result"),
  };
  return table;
}

void check_dynamics(CampaignConfig const& config, Place const& place, Value const& file) {
  auto const* section = file.find("dynamics");
  if (!section) return;
  auto const line = [&](char const* key) {
    auto const* value = section->find(key);
    return value ? value->line : section->line;
  };
  auto const used = [&](ObjectiveConfig const& o) { return std::ranges::find(measured, o.name) != measured.end(); };
  if (std::ranges::none_of(config.objectives, used))
    place.fail(section->line, "[dynamics] has no effect without an objective that runs molecular dynamics (remove it, or "
                              "add contact_enhancement_md or log10_conductivity)");
  auto const& d = config.dynamics;
  if (d.temperatures.empty()) place.fail(line("temperatures"), "temperatures = [] in [dynamics] (must not be empty)");
  if (std::ranges::find(d.temperatures, d.rank_temperature) == d.temperatures.end())
    place.fail(line("rank_temperature"), concat("rank_temperature = ", in_file(d.rank_temperature),
                                                " in [dynamics] is none of `temperatures`; add it there"));
  double const least = 0.1 * d.timestep_fs;  // a hundred steps
  if (d.cell_ps < least)
    place.fail(line("cell_ps"), concat("cell_ps = ", in_file(d.cell_ps), " in [dynamics] is too short (a hundred time steps, ",
                                       in_file(least), " ps, at least)"));
}

}  // namespace nacre::config
