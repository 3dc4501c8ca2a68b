/// What a campaign searches: turns designs into candidates. One for plain variables, one for stacks of membranes.
///
/// Every rank makes the same domain from campaign.toml and the results of the set-up tasks, so a design means the same
/// thing everywhere.
#pragma once

#include <memory>
#include <optional>
#include <string>
#include <utility>
#include <vector>

#include "nacre/campaign/config.hpp"
#include "nacre/core/api.hpp"
#include "nacre/potential/potential.hpp"
#include "nacre/score/candidate.hpp"
#include "nacre/search/space.hpp"

namespace nacre {

/// A shared pre-computation (bulk cell, surface energy, ...), run as a task before proposal 0. Its outcome is bytes that
/// the domain understands, stored under its key.
struct SetupTask {
  std::string key;             ///< "bulk/CeO2", "surface/CeO2/111/0"
  double expected_work = 1.0;
};

class NACRE_API Domain {
 public:
  virtual ~Domain();
  /// The tasks that can be run now; called again after `absorb` until it returns none. Same inputs, same list.
  virtual std::vector<SetupTask> setup_tasks() const = 0;
  virtual std::string run_setup(SetupTask const& task) const = 0;
  /// Takes in an outcome of `run_setup`, on every rank, in the order of the tasks.
  /// @throws InputError if it makes the campaign impossible (a bulk that is unstable in the model)
  virtual void absorb(SetupTask const& task, std::string const& outcome) = 0;

  /// Complete once no set-up task is left.
  virtual std::shared_ptr<Space const> space() const = 0;
  /// Choices and descriptors; no atoms.
  virtual Candidate describe(Design const& design) const = 0;
  /// The same with its atoms (and parts). @throws Error never for a design of the space: what cannot be built is a
  /// candidate without a stack and with `reason` filled
  virtual Candidate build(Design const& design, std::string& reason) const = 0;
  /// The candidate as people say it, one line.
  virtual std::string words(Candidate const& candidate) const;
  /// Descriptors that the predictor sees, in a fixed order; finite numbers only.
  virtual Eigen::VectorXd features(Candidate const& candidate) const = 0;
  virtual std::vector<std::string> feature_names() const = 0;
  /// Deterministic estimate in the unit of Estimate::work.
  virtual double expected_work(Design const& design, Tier tier) const = 0;
  /// Null in a domain without crystals.
  virtual std::shared_ptr<Potential const> potential() const = 0;
  /// The design's leaf: discrete choices only; relaxed duplicates are looked for within one leaf.
  virtual Hash128 leaf(Design const& design) const = 0;
  /// Shifts that mean the same contact as `shift` (fractional, in the shift cell of the design): itself, then its images
  /// under the symmetry of the leaf.
  virtual std::vector<Eigen::Vector2d> shift_images(Design const& design, Eigen::Vector2d const& shift) const;
  /// Reference rows (identity stacks): evaluated once, reported, never ranked.
  virtual std::vector<Design> references() const = 0;
  /// Smallest and largest |twist| among the stacks of the space [rad]; nothing where nothing is twisted.
  virtual std::optional<std::pair<double, double>> twist_range() const;
  /// Warnings and sizes for `nacre check`, one per line.
  virtual std::vector<std::string> notes() const = 0;
};

/// By config.space. @throws InputError as read_campaign does, for anything wrong in the materials or the model
NACRE_API std::unique_ptr<Domain> make_domain(CampaignConfig const& config,
                                              std::shared_ptr<Potential const> potential = nullptr);

}  // namespace nacre
