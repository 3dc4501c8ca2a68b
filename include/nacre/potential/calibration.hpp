/// How far a learned model's barriers are off, by its forces beside those of a better one.
///
/// The slope through the origin of the model's forces against the labels' says how soft its energy surface is, and
/// barriers are off by as much (B. Deng et al., npj Comput. Mater. 11, 9 (2025), doi:10.1038/s41524-024-01500-6:
/// universal potentials are too soft, evenly so). The error of a barrier is, as a share of it, |1 - slope| + 2 standard
/// errors of the slope, at least 0.05; where an element has no evidence it stays `uncalibrated_share`, or what is
/// larger.
#pragma once

#include <map>
#include <memory>
#include <span>
#include <string>

#include "nacre/core/api.hpp"
#include "nacre/core/value.hpp"
#include "nacre/crystal/io.hpp"
#include "nacre/potential/potential.hpp"

namespace nacre {

/// Of the barriers of a learned model that was compared with nothing better.
inline constexpr double uncalibrated_share = 0.2;

/// A model that can say how far its barriers are off, or holds one that can.
class NACRE_API KnowsBarriers {
 public:
  virtual ~KnowsBarriers();
  /// @param numbers of the elements in the structure
  virtual double barrier_share(std::span<int const> numbers) const = 0;
};
/// Standard error of a barrier, a site energy or a trap depth by the model itself, as a share of it:
/// `uncalibrated_share` for a learned model without evidence, 0 for a formula.
NACRE_API double barrier_share(Potential const& model, std::span<int const> numbers);

/// Of the atoms of one element, or of all.
struct NACRE_API ForceSlope {
  std::int64_t atoms = 0, frames = 0;
  double slope = 0.0;  ///< 1: neither soft nor stiff; NaN without labels that differ from zero
  double error = 0.0;  ///< standard error, from leaving out one frame after the other; NaN of fewer than two
  double correlation = 0.0;
  double rmse = 0.0;  ///< [eV/Å]

  /// Enough to go by: 5 frames, 30 atoms, and forces that follow the labels' (correlation 0.9).
  bool is_evidence() const;
  double barrier_share() const;
};

struct NACRE_API ForceComparison {
  ForceSlope all;
  std::map<int, ForceSlope> elements;
  std::int64_t frames = 0, refused = 0, without_forces = 0;

  double barrier_share(std::span<int const> numbers) const;
  Value to_value() const;
};

/// @param labels frames with a column "forces" [eV/Å]; those without are counted, and those that the model refuses
/// @throws InputError if no frame has one
NACRE_API ForceComparison compare_forces(Potential const& model, std::span<Frame const> labels);

/// What a file of evidence holds: the comparison, what was compared with, and the identity of the model.
struct NACRE_API Calibration {
  ForceComparison forces;
  std::string model;        ///< identity
  std::string labels;       ///< SHA-256 of the file of labels
  std::string labels_name;  ///< that file
  std::string level;        ///< what the labels are, in words: "PBE, pw.x 6.7, 60 Ry"

  Value to_value() const;
};
/// @throws InputError for a value that to_value did not write
NACRE_API Calibration calibration_from(Value const& value, std::string const& origin);

/// The model with barriers as sure as the evidence makes them; energies do not change, its identity does.
/// @throws InputError if the evidence is of another model
NACRE_API std::shared_ptr<Potential const> make_calibrated(std::shared_ptr<Potential const> model,
                                                           Calibration calibration, std::string const& name);

}  // namespace nacre
