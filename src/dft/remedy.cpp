#include "nacre/dft/remedy.hpp"

#include "nacre/core/error.hpp"
#include "nacre/core/rng.hpp"
#include "nacre/core/text.hpp"

namespace nacre::dft {
namespace {

Remedy again(Job const& job, std::string const& why) {
  Remedy remedy;
  remedy.job = job;
  remedy.description = why;
  return remedy;
}

/// First smaller steps from the last density, then another mixing from scratch, then a wider smearing.
Remedy calm_the_density(Job const& job, int failures) {
  auto remedy = again(job, "");
  auto& change = remedy.job.adjustments;
  double const before = change.mixing_factor;
  change.mixing_factor *= failures == 1 ? 0.5 : 0.4;
  change.scf_steps_factor = failures + 1;
  change.from_density = failures == 1;
  remedy.needs_restart_files = change.from_density;
  remedy.description = concat("mixing ", significant(job.settings.mixing * before, 3), " -> ",
                              significant(job.settings.mixing * change.mixing_factor, 3), ", ",
                              job.settings.max_scf_steps * change.scf_steps_factor, " steps, ",
                              change.from_density ? "from the last density" : "from scratch");
  if (failures == 2 && job.code == Code::qe) {
    change.mixing_mode = job.vacuum ? "plain" : "local-TF";
    remedy.description += concat(", mixing mode ", change.mixing_mode);
  }
  if (failures >= 2 && job.code != Code::qe) {
    change.algorithm = "robust";
    remedy.description += ", the robust algorithm";
  }
  if (failures == 3 && job.settings.smearing != "fixed") {
    change.smearing_factor *= 2.0;
    remedy.changes_physics = true;
    remedy.description += concat(", smearing ", shortest(job.settings.smearing_eV), " -> ",
                                 shortest(job.settings.smearing_eV * change.smearing_factor), " eV (changes the physics)");
  }
  return remedy;
}

Remedy solve_otherwise(Job const& job) {
  auto remedy = again(job, "another diagonalisation, from scratch");
  remedy.job.adjustments.algorithm = "robust";
  remedy.job.adjustments.from_density = false;
  return remedy;
}

Remedy give_more_time(Job const& job, bool resumes) {
  auto remedy = again(job, resumes ? "goes on where it stopped, 1.5 times the time" : "from scratch, 1.5 times the time");
  remedy.time_limit_factor = 1.5;
  remedy.job.time_limit_s *= 1.5;
  remedy.job.adjustments.continue_run = resumes && job.code == Code::qe;
  remedy.job.adjustments.from_density = resumes && job.code != Code::qe;
  remedy.needs_restart_files = resumes;
  return remedy;
}

/// Small displacements of the free atoms, the same on every machine.
void rattle(Job& job, double width_A, int failures) {
  Rng rng(0, "dft rattle", static_cast<std::uint64_t>(failures));
  for (Eigen::Index i = 0; i < job.structure.positions.cols(); ++i) {
    Eigen::Vector3d step;
    for (int k = 0; k < 3; ++k) step[k] = width_A * rng.normal();
    if (job.frozen.empty() || !job.frozen[static_cast<std::size_t>(i)]) job.structure.positions.col(i) += step;
  }
}

/// Steps used up, or a minimiser that lost its way: it starts anew from the last geometry.
Remedy relax_further(Job const& job, int failures, Result const* last) {
  auto remedy = again(job, "a new minimisation from the first geometry");
  if (last && last->relaxed) {
    remedy.job.structure.positions = last->relaxed->positions;
    remedy.description = "a new minimisation from the last geometry";
  }
  if (failures < 2) return remedy;
  rattle(remedy.job, 0.02, failures);
  remedy.description += ", atoms rattled by 0.02 A";
  return remedy;
}

}  // namespace

int retry_budget(Failure failure) {
  switch (failure) {
    case Failure::none:
    case Failure::bad_input:
    case Failure::bad_geometry:
    case Failure::implausible:
    case Failure::crashed:
    case Failure::interrupted: return 0;
    case Failure::mismatch:
    case Failure::diagonalization: return 1;
    case Failure::out_of_memory:
    case Failure::damaged:
    case Failure::truncated:
    case Failure::ions_not_converged:
    case Failure::disk_full: return 2;
    case Failure::scf_not_converged:
    case Failure::not_started:
    case Failure::killed:
    case Failure::infrastructure:
    case Failure::walltime: return 3;
  }
  return 0;
}

std::optional<Remedy> remedy(Job const& job, Failure failure, int failures, Result const* last) {
  if (failures < 1 || failures > retry_budget(failure)) return std::nullopt;
  switch (failure) {
    case Failure::scf_not_converged: return calm_the_density(job, failures);
    case Failure::diagonalization: return solve_otherwise(job);
    case Failure::walltime: return give_more_time(job, failures < 3);
    case Failure::ions_not_converged: return relax_further(job, failures, last);
    case Failure::out_of_memory: {
      auto same = again(job, "the same input with twice the memory");
      same.memory_factor = 2.0;
      return same;
    }
    default: return again(job, "the same input: the machine failed, not the calculation");
  }
}

}  // namespace nacre::dft
