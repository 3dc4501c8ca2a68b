/// What to calculate with a density-functional code: the atoms, the kind of calculation, the level and the code.
///
/// A Job has everything that its deck is made from and nothing of where it runs. It is written as JSON and read back to
/// the same bits; the SHA-256 of that text is its identity. Levels are never compared as if they were one.
#pragma once

#include <Eigen/Core>
#include <cstdint>
#include <map>
#include <optional>
#include <string>
#include <string_view>
#include <vector>

#include "nacre/core/api.hpp"
#include "nacre/core/value.hpp"
#include "nacre/crystal/crystal.hpp"

namespace nacre::dft {

enum class Code : std::uint8_t { qe, vasp, cp2k, abinit };
enum class Level : std::uint8_t { pbe, pbe_u, pbe_d3, r2scan, hse06 };
/// neb: climbing-image nudged elastic band between two images; `single_point` is the static calculation after a
/// relaxation, too (`static_after`).
enum class Kind : std::uint8_t { single_point, relax, neb };

NACRE_API std::string_view to_string(Code code);      ///< "qe", "vasp", "cp2k", "abinit"
NACRE_API std::string_view to_string(Level level);    ///< "pbe", "pbe+u", "pbe+d3", "r2scan", "hse06"
NACRE_API std::string_view to_string(Kind kind);      ///< "single_point", "relax", "neb"
/// @throws InputError with a suggestion for an unknown word
NACRE_API Code code_from(std::string_view word);
NACRE_API Level level_from(std::string_view word);
NACRE_API Kind kind_from(std::string_view word);
NACRE_API std::vector<std::string> const& code_words();
NACRE_API std::vector<std::string> const& level_words();

/// What a user sets in [dft] of campaign.toml. Nothing given: the default of code and level (`with_defaults`).
struct NACRE_API Settings {
  double kpoint_density = 30.0;          ///< n_i = max(1, ceil(density / |a_i|)) [Å]; 1 along the vacuum
  double static_kpoint_density = 0.0;    ///< of the static calculation after a relaxation; 0: `kpoint_density`
  std::string kpoint_origin = "gamma";   ///< or "shifted" by half a step where a direction has more than one point
  std::optional<double> ecutwfc_Ry;      ///< plane waves of qe and abinit
  std::optional<double> ecutrho_ratio;   ///< density cut-off of qe / ecutwfc
  std::optional<double> encut_eV;        ///< plane waves of vasp
  std::optional<double> cp2k_cutoff_Ry, cp2k_rel_cutoff_Ry;
  std::string smearing;                  ///< "gaussian", "fermi" (cp2k has no other), "cold" (not vasp), "fixed"
  double smearing_eV = 0.05;
  std::string spin = "auto";             ///< "on", "off"; auto: polarised where an element or the charge asks for it
  std::map<std::string, double> moments; ///< initial moment of an element [Bohr magnetons]
  std::map<std::string, double> hubbard_u_eV;  ///< of an element, beside and instead of data/hubbard_u.json
  std::string dispersion = "d3bj";       ///< of pbe+d3: "d3bj" or "d3zero"
  std::string hubbard_form = "auto";     ///< qe: "namelist" (to 7.0), "card" (from 7.1)
  double scf_threshold_eV = 1e-7;        ///< convergence of the energy per atom
  int max_scf_steps = 200;
  double mixing = 0.4;                   ///< share of the new density, qe and cp2k
  double force_threshold = 0.01;         ///< a relaxation ends below it [eV/Å]
  int max_ionic_steps = 200;
  double stop_fraction = 0.95;           ///< of the wall-time limit, after which a code stops itself
  int neb_images = 5;                    ///< between the two ends
  std::string pseudo_dir;                ///< folder of the pseudopotentials (qe, abinit); "": $NACRE_PSEUDO_DIR
  std::map<std::string, std::string> pseudopotentials;  ///< element -> file in it, or label (vasp, cp2k)
  std::map<std::string, std::string> basis_sets;        ///< element -> basis set (cp2k)
  std::map<std::string, std::string> templates;         ///< code -> file with {{name}} to be filled in
  std::map<std::string, std::string> programs;          ///< code -> executable; "pw.x", "vasp_std", "cp2k.psmp", "abinit"
  std::map<std::string, std::string> extra;             ///< code -> lines of input added at the end of what they belong to
};

/// The settings with every optional filled in for the level and the code.
NACRE_API Settings with_defaults(Settings settings, Code code, Level level);

/// Changes that a remedy made; part of the deck, never of the wish.
struct Adjustments {
  double mixing_factor = 1.0;
  int scf_steps_factor = 1;
  std::string mixing_mode;         ///< "": the code's usual one
  std::string algorithm;           ///< "": the code's usual diagonalisation; else "robust"
  double smearing_factor = 1.0;    ///< changes physics
  bool from_density = false;       ///< start from the density of the attempt before (`Deck::restart_files`)
  bool continue_run = false;       ///< go on where the attempt before was stopped (walltime)
  bool operator==(Adjustments const&) const = default;
};

struct NACRE_API Job {
  Code code = Code::qe;
  Level level = Level::pbe;
  Kind kind = Kind::single_point;
  Crystal structure;                  ///< of neb: the first image
  std::vector<Crystal> images;        ///< neb: the images after the first, the last one included; others are interpolated
  std::vector<bool> frozen;           ///< per atom; empty: all move
  bool vacuum = false;                ///< the cell has vacuum along its third vector, which is normal to the other two
  double charge = 0.0;                ///< of the cell [e]; the codes neutralise it by a uniform background
  int unpaired_electrons = 0;         ///< of the cell; used where spin is on and no element brings a moment
  double time_limit_s = 0.0;          ///< wall time of the job; 0: none
  bool proxy = false;                 ///< stands for a larger stack (proxy.hpp)
  std::string label;                  ///< for people, e.g. "saddle of candidate 3f2a"
  Settings settings;
  Adjustments adjustments;
};

NACRE_API Value to_value(Job const& job);
/// @throws InputError for what is missing or wrong
NACRE_API Job job_from(Value const& value);
/// SHA-256 of the job's JSON without label and time limit: the same wish has the same identity.
NACRE_API std::string identity(Job const& job);
/// What an energy may be compared with: code, level and every setting that enters it, in words; not the atoms. Two labels
/// with different words are never ranked together, nor two whose pseudopotentials of one element have other hashes.
NACRE_API std::string comparable_level(Job const& job);

}  // namespace nacre::dft
