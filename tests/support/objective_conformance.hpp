/// What every Objective must keep to, run on each of them, and the context that stands in for a campaign's.
#pragma once

#include <functional>
#include <memory>
#include <optional>
#include <string>

#include "nacre/score/objective.hpp"

namespace nacre::test {

/// A context whose parts a test sets; what is not set is refused as a campaign without it would.
class FakeContext final : public Context {
 public:
  explicit FakeContext(Tier tier) : tier_(tier) {}

  Candidate const& candidate() const override { return candidate_value; }
  Tier tier() const override { return tier_; }
  Potential const& potential() const override;
  ContactEnergies const& contact_energies() override;
  Rng rng(std::string_view purpose) const override { return Rng(1, purpose, 0); }
  int threads() const override { return 1; }
  bool cancelled() const override { return is_cancelled; }

  Candidate candidate_value;
  std::shared_ptr<Potential const> potential_value;
  std::optional<ContactEnergies> contact_value;
  bool is_cancelled = false;

 private:
  Tier tier_;
};

/// A model with an identity and nothing to evaluate, for objectives that only name it.
class NamedPotential final : public Potential {
 public:
  Evaluation evaluate(Crystal const& crystal) const override;
  std::string name() const override { return "named"; }
  std::string identity() const override;
  double cutoff() const override { return 6.0; }
  std::vector<int> elements() const override { return {8}; }
};

/// Candidate with the choices that the analytic objective asks for.
Candidate analytic_candidate(double x, double y, int phase, double u, double v);

/// Fails the running test for each rule that `objective` breaks. `make_context` gives a context with everything that
/// the objective may ask for, the same one for the same tier.
void check_conformance(Objective const& objective,
                       std::function<std::unique_ptr<FakeContext>(Tier)> const& make_context);

}  // namespace nacre::test
