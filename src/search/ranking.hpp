/// Which observation is better for a particle: constraints and failures first, then the objectives by its weights.
#pragma once

#include <compare>
#include <cstdint>
#include <vector>

#include "nacre/search/problem.hpp"

namespace nacre::detail {

/// Smaller is better. Feasible results come before infeasible ones (by their violation), those before failures.
struct Standing {
  int grade = 3;  ///< 0 feasible, 1 infeasible, 2 failed, 3 nothing at all
  double value = 0.0;
  auto operator<=>(Standing const&) const = default;
};

/// Objectives made comparable: one objective as it is; several by the augmented Tchebycheff function of their distances
/// from the best values seen, in units of the front's extent (of the feasible set's, while the front has none).
class Ranking {
 public:
  /// Takes in observation `index` of the archive, on the top tier.
  void add(Archive const& archive, std::size_t index);
  Standing standing(Archive const& archive, std::size_t index, std::vector<double> const& weights) const;
  /// What an estimate of a lower tier promises: its mean less `optimism` standard errors.
  double promise(Problem const& problem, Observation const& estimate, std::vector<double> const& weights,
                 double optimism) const;
  /// The member of the front (feasible, not dominated) that suits the weights best, as index into the archive; -1 if
  /// nothing feasible was seen.
  std::int64_t leader(std::vector<double> const& weights) const;

 private:
  double scalar(std::vector<double> const& minimised_values, std::vector<double> const& weights) const;
  void update_scale();
  struct Member {
    std::size_t index = 0;       ///< in the archive; increasing along the front
    std::vector<double> values;  ///< minimised
  };
  std::vector<Member> front_;
  std::vector<double> low_, high_;      ///< of the feasible set
  std::vector<double> ideal_, extent_;  ///< that values are normalised with
};

/// Spread over the simplex: a low-discrepancy sequence; one objective: {1}.
std::vector<double> weights_of(int particle, int particles, std::size_t objectives);

}  // namespace nacre::detail
