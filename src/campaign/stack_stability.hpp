/// What a campaign knows of its materials as bulk phases: whether they keep their cells under strain, what pairs of them
/// turn into, and what membranes of them store. Internal to campaign.
#pragma once

#include <map>
#include <optional>
#include <string>
#include <vector>

#include "nacre/campaign/config.hpp"
#include "nacre/campaign/domain.hpp"
#include "nacre/potential/contact_energy.hpp"
#include "nacre/potential/distortion.hpp"
#include "nacre/potential/phases.hpp"
#include "stack_space.hpp"

namespace nacre::detail {

/// Set-up tasks "phase/NAME" (asked for by a reaction energy or a hull distance) and "distortion/MATERIAL/PLANE".
class StackStability {
 public:
  explicit StackStability(CampaignConfig const& config);

  /// Phases among the elements of any two materials. @param numbers of every material
  std::vector<SetupTask> phase_tasks(std::vector<std::vector<int>> const& numbers, Potential const& potential) const;
  std::string run_phase(std::string const& key, Potential const& potential) const;
  void absorb_phase(std::string const& key, std::string const& outcome);

  bool knows_distortion(std::string const& key) const { return distortions_.contains(key); }
  std::string run_distortion(PlaneLattice const& plane, Potential const& potential) const;
  void absorb_distortion(std::string const& key, std::string const& outcome);
  /// Whether a layer distorts at the strain limit on the side of its own mean strain.
  bool distorts(std::string const& key, double mean_strain) const;

  /// Of two materials' phases (the same twice: of one against the list) [eV/atom]; NaN if it was not asked for.
  double reaction_energy(Crystal const& a, double energy_a, Crystal const& b, double energy_b) const;
  /// "SrTiO3 + ZrO2 -> ..." of the strongest reaction; empty for none.
  std::string reaction(Crystal const& a, double energy_a, Crystal const& b, double energy_b) const;
  double hull_distance(Crystal const& a, double energy) const;
  bool asks_for_phases() const { return asks_for_phases_; }
  std::vector<std::string> notes() const;

 private:
  struct Gains {
    double compressed = 0.0, stretched = 0.0;  ///< at the strain limits [eV/atom]
    std::string failure;
  };
  PhaseDiagram diagram(std::vector<Phase> first) const;
  PhaseReaction const& strongest(Crystal const& a, double energy_a, Crystal const& b, double energy_b) const;
  mutable std::map<std::pair<std::string, std::string>, PhaseReaction> reactions_;  ///< by the names of both
  double max_strain_;
  std::uint64_t seed_;
  bool asks_for_phases_ = false;
  std::map<std::string, PhaseEnergy> phases_;  ///< by key
  std::map<std::string, Gains> distortions_;   ///< by key
};

}  // namespace nacre::detail
