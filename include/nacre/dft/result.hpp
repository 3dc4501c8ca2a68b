/// What a calculation left behind, judged: the code's own verdict and the physics verdict.
///
/// 'done' is a conjunction; each single sign was seen to lie. The program ended with status 0; its end mark is there, and
/// nothing behind it that should not be; the last self-consistent cycle says that it converged, and so does the
/// relaxation; exactly one final energy, finite; forces of all atoms, finite, with a small sum; no force beyond reason;
/// atoms, cut-off and pseudopotentials are those of the deck; the output is not older than the deck.
#pragma once

#include <Eigen/Core>
#include <filesystem>
#include <optional>
#include <string>
#include <string_view>
#include <vector>

#include "nacre/core/api.hpp"
#include "nacre/core/value.hpp"
#include "nacre/dft/deck.hpp"
#include "nacre/dft/job.hpp"

namespace nacre::dft {

/// How a calculation went wrong. What may be done about it is in remedy.hpp.
enum class Failure : std::uint8_t {
  none,
  // The world around the code:
  not_started,       ///< no output, or an empty one
  killed,            ///< by a signal from outside; the output just stops
  out_of_memory,
  disk_full,
  walltime,          ///< stopped itself at max_seconds, or the scheduler did
  interrupted,       ///< stopped on request (stop file)
  infrastructure,    ///< node, MPI or file system failed
  // The calculation:
  scf_not_converged,
  ions_not_converged,   ///< steps used up, or the minimiser gave up
  diagonalization,      ///< linear algebra inside the code failed
  bad_geometry,         ///< atoms on top of each other
  bad_input,            ///< keyword, card, missing file, electrons and occupations
  crashed,              ///< an error of the code that is none of these
  // The output:
  truncated,            ///< status 0, but the end mark is missing
  damaged,              ///< cannot be what the code wrote: no numbers, garbage, parts twice
  mismatch,             ///< the output is of another deck, or older than the deck
  // The numbers:
  implausible,          ///< forces, energy or distances beyond reason
};
NACRE_API std::string_view to_string(Failure failure);
NACRE_API Failure failure_from(std::string_view word);

/// What the scheduler or the operating system said.
enum class SchedulerWord : std::uint8_t { none, completed, failed, timeout, out_of_memory, node_failure, cancelled };

struct Ending {
  std::optional<int> exit_status;   ///< of the program; unknown is not 0
  int signal = 0;                   ///< that ended it; 0: none
  SchedulerWord scheduler = SchedulerWord::none;
};

struct Verdict {
  Failure failure = Failure::none;
  std::string reason;   ///< in words, with what was met; empty if fine
  bool fine() const { return failure == Failure::none; }
};

struct NACRE_API Result {
  Verdict code;      ///< what the program's own output says
  Verdict physics;   ///< whether its numbers can be true; not looked at unless `code` is fine
  /// Both verdicts are fine: the label may be used.
  bool done() const { return code.fine() && physics.fine(); }
  Verdict const& verdict() const { return code.fine() ? physics : code; }

  std::optional<double> energy_eV;   ///< free energy (F = E - TS), the one that the forces belong to
  std::optional<Eigen::Matrix3Xd> forces;   ///< [eV/Å], atoms in the order of the job
  std::optional<Eigen::Matrix3d> stress;    ///< (1/V) dE/dstrain, + = tension [eV/Å^3]; none with vacuum
  std::optional<Crystal> relaxed;           ///< relaxations: the last geometry; atoms in the order of the job
  std::vector<double> moments;              ///< per atom [Bohr magnetons]; empty without spin
  std::optional<double> total_moment;
  std::vector<double> image_energies_eV;    ///< neb: all images, the ends included
  std::optional<double> barrier_eV;         ///< neb
  std::optional<double> electrons;
  int scf_steps = 0;    ///< of all cycles
  int ionic_steps = 0;
  std::optional<double> wall_s;             ///< as the code printed it; for budgets, never a decision on a label
  std::string code_version;                 ///< the line of the output that names program and version
  std::vector<std::string> warnings;        ///< of the code, and of ours ("reduced: ...")
  bool reduced = false;                     ///< a cation took an electron (charge.hpp)
  bool changes_physics = false;             ///< a remedy that changes the physics was used
};

/// Reads the outputs of `job` in `folder`. Never throws for what stands in them; a damaged output is a verdict.
NACRE_API Result read_result(Job const& job, std::filesystem::path const& folder, Ending const& ending);

/// One output by itself, without its deck: what is compared with the deck is then not looked at.
NACRE_API Result read_output(Code code, std::string_view text, Ending const& ending = {});

NACRE_API Value to_value(Result const& result);

}  // namespace nacre::dft
