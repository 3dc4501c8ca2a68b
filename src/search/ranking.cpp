#include "ranking.hpp"

#include <algorithm>
#include <cmath>

namespace nacre::detail {
namespace {

std::vector<double> minimised_values(Problem const& problem, Observation const& observation, double optimism) {
  std::vector<double> values;
  for (std::size_t i = 0; i < problem.objectives.size(); ++i) {
    auto const& estimate = observation.objectives.at(i);
    auto const error = std::isfinite(estimate.standard_error) ? estimate.standard_error : 0.0;
    values.push_back(minimised(problem.objectives[i], estimate.value) - optimism * error);
  }
  return values;
}

double total_violation(Problem const& problem, Observation const& observation) {
  double total = 0.0;
  for (std::size_t i = 0; i < problem.constraints.size(); ++i) {
    auto const value = i < observation.constraints.size() ? observation.constraints[i] : std::nan("");
    total += violation(problem.constraints[i], value);
  }
  return total;
}

}  // namespace

// Of equal results the front keeps the first: on a plateau it would grow with every evaluation.
void Ranking::add(Archive const& archive, std::size_t index) {
  auto const& problem = archive.problem();
  auto const& one = archive.all()[index];
  if (!one.ok() || !feasible(problem, one)) return;
  auto const values = minimised_values(problem, one, 0.0);
  if (low_.empty()) low_ = high_ = values;
  for (std::size_t i = 0; i < values.size(); ++i) {
    low_[i] = std::min(low_[i], values[i]);
    high_[i] = std::max(high_[i], values[i]);
  }
  auto const covers = [](std::vector<double> const& a, std::vector<double> const& b) {
    return std::ranges::equal(a, b, std::less_equal<>{});
  };
  if (std::ranges::any_of(front_, [&](Member const& other) { return covers(other.values, values); })) return;
  std::erase_if(front_, [&](Member const& other) { return covers(values, other.values); });
  front_.push_back({index, values});
  update_scale();
}

void Ranking::update_scale() {
  ideal_ = low_;
  extent_.assign(low_.size(), 0.0);
  for (auto const& member : front_) {
    for (std::size_t i = 0; i < extent_.size(); ++i) extent_[i] = std::max(extent_[i], member.values[i] - low_[i]);
  }
  for (std::size_t i = 0; i < extent_.size(); ++i) {
    if (!(extent_[i] > 0.0)) extent_[i] = high_[i] - low_[i];
    if (!(extent_[i] > 0.0)) extent_[i] = 1.0;
  }
}

std::int64_t Ranking::leader(std::vector<double> const& weights) const {
  std::int64_t best = -1;
  double least = 0.0;
  for (auto const& member : front_) {
    auto const value = scalar(member.values, weights);
    if (best >= 0 && !(value < least)) continue;
    best = static_cast<std::int64_t>(member.index);
    least = value;
  }
  return best;
}

// The augmentation (5 % of the sum) keeps weakly dominated points behind.
double Ranking::scalar(std::vector<double> const& values, std::vector<double> const& weights) const {
  if (values.size() == 1) return values[0];
  double largest = -std::numeric_limits<double>::infinity(), sum = 0.0;
  for (std::size_t i = 0; i < values.size(); ++i) {
    auto const distance = ideal_.empty() ? values[i] : (values[i] - ideal_[i]) / extent_[i];
    largest = std::max(largest, weights[i] * distance);
    sum += weights[i] * distance;
  }
  return largest + 0.05 * sum;
}

Standing Ranking::standing(Archive const& archive, std::size_t index, std::vector<double> const& weights) const {
  auto const& problem = archive.problem();
  auto const& one = archive.all()[index];
  if (!one.ok()) return {2, 0.0};
  if (!feasible(problem, one)) return {1, total_violation(problem, one)};
  return {0, scalar(minimised_values(problem, one, 0.0), weights)};
}

double Ranking::promise(Problem const& problem, Observation const& estimate, std::vector<double> const& weights,
                        double optimism) const {
  return scalar(minimised_values(problem, estimate, optimism), weights);
}

std::vector<double> weights_of(int particle, int particles, std::size_t objectives) {
  if (objectives <= 1) return {1.0};
  // additive recurrence of M. Roberts (2018): powers of the root of x^(d+1) = x + 1
  auto const dimensions = objectives - 1;
  double root = 1.5;
  for (int i = 0; i < 60; ++i) root = std::pow(1.0 + root, 1.0 / static_cast<double>(dimensions + 1));
  std::vector<double> cuts{0.0, 1.0};
  for (std::size_t i = 0; i < dimensions; ++i) {
    auto const place = dimensions == 1 ? (particle + 0.5) / particles
                                       : 0.5 + (particle + 1) * std::pow(root, -static_cast<double>(i + 1));
    cuts.push_back(place - std::floor(place));
  }
  std::ranges::sort(cuts);
  std::vector<double> weights;
  for (std::size_t i = 0; i < objectives; ++i) weights.push_back(std::max(cuts[i + 1] - cuts[i], 1e-3));
  return weights;
}

}  // namespace nacre::detail
