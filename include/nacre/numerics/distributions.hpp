/// Quantiles and limits that error bars need: Student's t, Poisson counts, rank correlation.
#pragma once

#include <cstdint>
#include <span>

#include "nacre/core/api.hpp"

namespace nacre {

/// I_x(a, b), the regularised incomplete beta function, for a, b > 0 and x in [0, 1].
NACRE_API double incomplete_beta(double a, double b, double x);
/// P(|T| > |t|) of Student's t.
NACRE_API double student_t_two_sided(double t, double degrees);
/// The t with P(T < t) = probability, 0 < probability < 1.
NACRE_API double student_t_quantile(double probability, double degrees);

/// The mean at which `count` events or fewer have the probability 1 - confidence: 2.9957 for 0 events at 95 %.
NACRE_API double poisson_upper_limit(std::int64_t count, double confidence = 0.95);

/// Spearman's correlation of the values with their order, and its two-sided p (t approximation; ties share ranks).
struct Trend {
  double correlation = 0.0;
  double p = 1.0;
};
NACRE_API Trend rank_trend(std::span<double const> values);  ///< p = 1 for fewer than three values

}  // namespace nacre
