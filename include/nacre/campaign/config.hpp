/// campaign.toml as data: every key with its default. `nacre check --schema` prints the table this is read with.
#pragma once

#include <Eigen/Core>
#include <cstdint>
#include <filesystem>
#include <map>
#include <optional>
#include <string>
#include <vector>

#include "nacre/core/api.hpp"
#include "nacre/core/estimate.hpp"
#include "nacre/core/value.hpp"
#include "nacre/dft/executor.hpp"
#include "nacre/dft/job.hpp"
#include "nacre/score/md_options.hpp"

namespace nacre {

/// [[material]]
struct MaterialConfig {
  std::string name;
  std::filesystem::path file;                    ///< in the file relative to the campaign folder, here joined to it
  std::vector<Eigen::Vector3i> planes;
  std::map<std::string, double> oxidation;       ///< symbol -> charge [e]; empty: assigned
  int repeats = 3;                               ///< primitive repeats of its layers
  struct Carrier {                               ///< definitions.md 5: parsed, checked and stored
    std::string dopant, site;
    double fraction = 0.0;                       ///< of the site's cations
  };
  std::optional<Carrier> carrier;
  int line = 0;                                  ///< in campaign.toml
};

/// [[objective]]
struct ObjectiveConfig {
  std::string name;
  std::optional<Direction> direction;            ///< default: the objective's own
  std::optional<double> reference;               ///< of the hypervolume, in the objective's unit
  int line = 0;
};

/// [[constraint]]: on a descriptor or an objective's value
struct ConstraintConfig {
  std::string quantity;
  std::optional<double> lower, upper;
  int line = 0;
};

struct NACRE_API CampaignConfig {
  std::filesystem::path folder;                  ///< where campaign.toml lies
  std::string text;                              ///< the file as read, for the provenance
  Value document;                                ///< the file parsed, for the lines of its keys
  std::string name;                              ///< default: that of the folder
  std::uint64_t seed = 1;
  /// "in 'DIR/campaign.toml', line 7: ", which opens every message about what was read; without the line for 0.
  std::string place(int line) const;
  /// The same for a key of a section that comes once; without the line where the key has its default.
  std::string place(std::string const& section, std::string const& key) const;

  struct Run {
    std::int64_t budget = 100;                   ///< proposals
    int slots = 8;                               ///< V of the virtual clock
    double slack = 0.5;
    int threads = 1;                             ///< per rank
    int max_attempts = 2;
    double task_timeout_s = 3600.0;
    int snapshot_every = 64;                     ///< proposals
    std::string order = "virtual";               ///< when results count
    std::vector<std::filesystem::path> plugin_path;  ///< searched for objectives before all other folders
  } run;

  struct Search {
    std::string engine = "swarm";                ///< or "bo", "swarm+bo", "random"
    int particles = 16;
    int screen = 8;                              ///< designs of one descriptor-tier block; 0: no screening
    std::string predictor = "gaussian_process";
    double local = 0.0;                          ///< share of the swarm's moves for the local phase
    std::filesystem::path start_from;            ///< campaign whose results the search knows from the start; empty: none
    std::filesystem::path import_points;         ///< file of results from elsewhere; empty: none
  } search;

  std::string space = "stacks";                  ///< [space] kind: "stacks" or "variables"
  Value variables;                               ///< the [[variable]] tables of a space of variables
  Value known_constraints;                       ///< its [[constraint]] tables of kind "known"

  struct Stacks {                                ///< [stacks]
    std::string lattice = "model";               ///< or "experiment"
    std::string geometry = "slab";               ///< or "superlattice"
    double vacuum = 18.0;                        ///< [Å]
    double max_area = 100.0;                     ///< [Å^2]
    double max_strain = 0.03;                    ///< principal
    int max_atoms = 300;
    double min_thickness = 0.0;                  ///< layers get repeats until they are at least so thick [Å]
    double membrane_thickness = 100.0;           ///< of the membranes as they are made, for the stability margin [Å]
    bool thickness_test = true;                  ///< what one more repeat per layer changes, once per pair of planes
    double gap_range = 0.6;                      ///< gaps within +- this of the one from radii [Å]
    bool allow_polar = false;
    bool same_material = false;                  ///< also stacks of a material on itself
    std::optional<double> min_twist_deg, max_twist_deg;
    int max_matches = 0;                         ///< of a pair of planes; 0: all
  } stacks;
  std::vector<MaterialConfig> materials;

  struct PotentialSettings {                     ///< [potential]
    std::string model = "rigid-ion:grimes";
    std::string device = "cpu";
    std::string share_device = "auto";           ///< or "always", "never"
    double cutoff = 12.0;                        ///< [Å]
    std::string truncation = "taper";            ///< or "plain"
    double fmax = 0.01;                          ///< [eV/Å]
    int max_steps = 500;
    int start_shifts = 4, start_gaps = 2;        ///< definitions.md 3, starts
    double rattle = 0.02;                        ///< [Å]
  } potential;

  MdTierOptions dynamics;                        ///< [dynamics]
  std::vector<ObjectiveConfig> objectives;
  std::vector<ConstraintConfig> constraints;

  struct Dft {                                   ///< [dft]
    int top = 0;                                 ///< candidates that enter the queue
    std::vector<std::string> codes{"qe"};
    std::string level = "pbe";
    dft::Settings settings;                      ///< the other keys, and tables by element or code
  } dft;

  /// How a calculation is started, in [dft.local], [dft.slurm] and [dft.generic].
  struct Launch {
    std::vector<std::string> prologue;           ///< lines of a shell before it
    std::string command = "{command}";
    std::string scratch;                         ///< folder on the node, variables of a shell are filled in there
    std::vector<std::string> copy_back;          ///< what comes back from it; empty: what the reader needs
  };
  struct Queue {                                 ///< [dft]: where and when calculations run
    std::string executor = "local";              ///< or "slurm", "generic", "replay"
    std::string kind = "scf";                    ///< or "relax"
    double explore = 0.2;                        ///< share of `top` that is drawn among the others
    bool references = true;
    bool correct = true;                         ///< labels correct the objectives of the search
    bool static_after = false;                   ///< key static: a static calculation after each relaxation
    std::vector<int> fixed_layers;               ///< frozen in relaxations
    int max_atoms = 200;                         ///< of a stack that is calculated itself
    bool proxy = true;                           ///< larger ones by untwisted cells
    int hops = 0;                                ///< of a candidate
    bool band = false;                           ///< also the elastic band of each hop
    double biased_above = 0.2;                   ///< missing share of a family that is marked
    int max_jobs = 1;
    int cores = 1;
    double walltime_min = 60.0;
    double max_core_hours = 0.0, budget_core_hours = 0.0;
    double stall_min = 60.0, unknown_min = 15.0;
    double settle_s = 30.0, retry_wait_s = 60.0, poll_s = 10.0;
    std::filesystem::path replay;
    Launch launch;                               ///< of the executor chosen
    nacre::dft::SlurmOptions slurm;
    nacre::dft::GenericOptions generic;
  } queue;

  std::string journal = "auto";                  ///< [store] journal: "auto", "wal" or "delete"
};

/// Paths come back joined to the folder. Structures and model files must exist; what is in them is looked at by
/// `make_domain`.
/// @throws InputError naming file, line, key and a suggestion for every key or value that is wrong
NACRE_API CampaignConfig read_campaign(std::filesystem::path const& folder);
/// The settings in the table [dft] of a file; what it says beside them is not looked at.
NACRE_API dft::Settings read_dft_settings(std::filesystem::path const& file);
/// Every key with type, unit, default and meaning, as printed by `nacre check --schema`.
struct ConfigKey {
  std::string section;                           ///< "[run]", "[[material]]"
  std::string key;                               ///< "budget"
  std::string type;                              ///< with the values allowed: "integer >= 1"
  std::string unit;                              ///< empty without one
  std::string default_value;                     ///< "(required)", "(none)" or as one writes it in the file
  std::string meaning;
};
NACRE_API std::vector<ConfigKey> const& config_schema();

}  // namespace nacre
