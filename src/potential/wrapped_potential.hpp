/// A model around another one: everything is asked of the inner model unless it is overridden.
#pragma once

#include <memory>
#include <string>
#include <vector>

#include "nacre/potential/calibration.hpp"
#include "nacre/potential/core_blend.hpp"
#include "nacre/potential/potential.hpp"

namespace nacre::detail {

class WrappedPotential : public Potential, public TakesCore, public KnowsBarriers {
 public:
  WrappedPotential(std::shared_ptr<Potential const> inner, std::string name);
  Evaluation evaluate(Crystal const& crystal) const override;
  Evaluation evaluate_next(Crystal const& crystal, EvaluationState& state) const override;
  std::vector<BatchResult> evaluate_many(std::span<Crystal const> crystals, int threads) const override;
  std::string name() const override { return name_; }
  std::string identity() const override { return inner_->identity(); }
  double cutoff() const override { return inner_->cutoff(); }
  std::vector<int> elements() const override { return inner_->elements(); }
  bool fixed_charges() const override { return inner_->fixed_charges(); }
  Contents contents() const override { return inner_->contents(); }
  double barrier_share(std::span<int const> numbers) const override { return nacre::barrier_share(*inner_, numbers); }
  bool concurrent() const override { return inner_->concurrent(); }
  double batch_edges() const override { return inner_->batch_edges(); }
  std::optional<double> device_seconds() const override { return inner_->device_seconds(); }
  Eigen::MatrixXf features(Crystal const& crystal) const override { return inner_->features(crystal); }
  Value about() const override;
  double expected_work(Crystal const& crystal) const override { return inner_->expected_work(crystal); }
  std::shared_ptr<Potential const> with_slab_correction(bool on) const override;
  std::shared_ptr<Potential const> with_background() const override;
  std::shared_ptr<Potential const> with_core(CoreBlend const& blend) const override;

 protected:
  Potential const& inner() const { return *inner_; }

 private:
  /// @throws InputError for a structure that the inner model is not to see
  virtual void admit(Crystal const&) const {}
  /// What is said about a result.
  virtual void comment(Crystal const&, Evaluation&) const {}
  /// The same around another inner model.
  virtual std::shared_ptr<Potential const> around(std::shared_ptr<Potential const> inner) const = 0;

  std::shared_ptr<Potential const> inner_;
  std::string name_;
};

/// Refuses structures whose formal charges do not sum to zero, which a model without charges would not see
/// (definitions.md 4), and warns once of a composition without charges that has no neutral choice of them. No number
/// changes. with_background() takes it off.
std::shared_ptr<Potential const> with_charge_balance(std::shared_ptr<Potential const> inner);

/// Refuses structures in which two atoms are closer than a share of the sum of their covalent radii. No number changes.
std::shared_ptr<Potential const> with_distance_floor(std::shared_ptr<Potential const> inner);
inline constexpr double floor_share = 0.22;

/// A model fitted to the difference between a better energy and another model: an addition in sums.
std::shared_ptr<Potential const> as_correction(std::shared_ptr<Potential const> inner, std::string const& name);

}  // namespace nacre::detail
