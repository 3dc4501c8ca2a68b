/// What a worker gives back for a task, and what is stored of it.
#pragma once

#include <Eigen/Core>
#include <cstdint>
#include <map>
#include <string>
#include <utility>
#include <vector>

#include "nacre/core/api.hpp"
#include "nacre/core/estimate.hpp"
#include "nacre/score/candidate.hpp"
#include "nacre/score/objective.hpp"
#include "nacre/search/space.hpp"

namespace nacre {

/// A hop of the potential tier with its atoms, for single points at a dearer level.
struct StoredHop {
  std::string name;                                           ///< "contact", "layer 1", ...
  double forward = 0.0, backward = 0.0;                       ///< barriers [eV]
  std::string initial, saddle, final_image;                   ///< extxyz, atoms in one order
  bool operator==(StoredHop const&) const = default;
};

/// One design evaluated on one tier.
struct NACRE_API EvaluatedDesign {
  Design design;                                              ///< canonical
  std::string words;                                          ///< the design as people say it, one line
  std::vector<Choice> choices;
  std::vector<std::pair<std::string, double>> descriptors;
  std::vector<Estimate> objectives;                           ///< in the campaign's order
  std::vector<double> constraints;                            ///< in the campaign's order; NaN: not known
  std::vector<std::pair<std::string, Estimate>> extras;       ///< work_of_separation, z_separation, ...
  std::string why;                                            ///< what its objectives say in words; may be empty
  std::vector<StoredHop> hops;                                ///< that limit its carriers; empty unless [dft] hops asks
  std::string structure;                                      ///< relaxed atoms as extxyz; empty on the descriptor tier
  Hash128 leaf;                                               ///< its discrete choices
  std::string registry;                                       ///< fingerprint after relaxation (definitions.md 11)
  Eigen::Vector2d relaxed_shift = Eigen::Vector2d::Zero();    ///< fractional, in the shift cell
  Eigen::Matrix2d shift_cell = Eigen::Matrix2d::Identity();   ///< columns [Å]
  double energy_per_area = 0.0;                               ///< of the relaxed stack [J/m^2]; NaN without atoms
};

/// An objective of a design that waits for jobs of their own; its estimate does not count yet.
struct OpenStudy {
  std::int32_t design = 0, objective = 0;   ///< positions
  Study study;
};

/// The outcome of a proposal: one design, or a descriptor-tier block.
struct NACRE_API Outcome {
  Status status = Status::ok;       ///< of the task: ok, failed (threw), timeout, crashed, cancelled
  std::string reason;
  double work = 0.0;
  std::vector<EvaluatedDesign> designs;
  std::vector<OpenStudy> open;      ///< empty: this is all
};

/// Bytes in an envelope, and back. @throws Error if they are damaged
NACRE_API std::string pack(Outcome const& outcome);
NACRE_API Outcome unpack_outcome(std::string const& bytes);
NACRE_API std::string pack(Job const& job);
NACRE_API Job unpack_job(std::string const& bytes);
NACRE_API std::string pack(JobResult const& result);
NACRE_API JobResult unpack_job_result(std::string const& bytes);

}  // namespace nacre
