/// How molecular dynamics of a campaign's designs is run: the section [dynamics] of campaign.toml.
#pragma once

#include <string>
#include <vector>

namespace nacre {

struct MdTierOptions {
  std::vector<double> temperatures{1300.0, 1500.0, 1800.0};  ///< [K]
  double rank_temperature = 1500.0;                          ///< where the value is measured [K]
  int arrangements = 3;                                      ///< K, of dopants
  std::string protocol = "frozen_random";                    ///< or "annealed" (definitions.md 5)
  double freeze_temperature = 1500.0;                        ///< of annealed ones [K]
  int swaps = 200;                                           ///< accepted for each dopant, of annealed ones
  int seeds = 1;                                             ///< trajectories of each arrangement
  double cell_ps = 10.0, equilibration_ps = 5.0, production_ps = 100.0;
  double timestep_fs = 2.0;
  double accuracy = 1e-4;      ///< of Coulomb forces
  double least_width = 10.0;   ///< of the cell in plane [Å]
  bool gate = true;            ///< g only of designs whose hops are faster at the contact than in the layers
  double checkpoint_s = 30.0;  ///< of elapsed time between checkpoints; changes no result
};

}  // namespace nacre
