#include "judge.hpp"

#include <algorithm>
#include <cmath>
#include <limits>
#include <numeric>

namespace nacre::detail {
namespace {

constexpr std::size_t most_bases = 12, most_front = 400;

bool covers(std::vector<double> const& a, std::vector<double> const& b) {
  return std::ranges::equal(a, b, std::less_equal<>{});
}

/// Members that no other one covers; of equal ones the first.
std::vector<std::size_t> not_dominated(std::vector<std::vector<double>> const& points) {
  std::vector<std::size_t> front;
  for (std::size_t i = 0; i < points.size(); ++i) {
    if (std::ranges::any_of(front, [&](std::size_t other) { return covers(points[other], points[i]); })) continue;
    std::erase_if(front, [&](std::size_t other) { return covers(points[i], points[other]); });
    front.push_back(i);
  }
  return front;
}

/// Of a front in many objectives only so many members, those with the best values of each objective first: boxes grow
/// with the power of the number of objectives less one.
std::size_t most_members(std::size_t objectives) { return objectives <= 2 ? 200 : objectives == 3 ? 40 : 14; }

double total_violation(Problem const& problem, Observation const& one) {
  double total = 0.0;
  for (std::size_t i = 0; i < problem.constraints.size(); ++i) {
    total += violation(problem.constraints[i], i < one.constraints.size() ? one.constraints[i] : std::nan(""));
  }
  return total;
}

}  // namespace

namespace {

/// The product of gain and chance probes the border of what can be evaluated again and again, so the chance counts for
/// more while many of the latest evaluations fail.
double caution(Archive const& archive, History const& history, int level) {
  constexpr int latest = 12;
  int seen = 0, failed = 0;
  for (auto i = history.size(); i-- > 0 && seen < latest;) {
    if (history.level(archive.all()[i]) != level) continue;
    ++seen;
    failed += archive.all()[i].ok() ? 0 : 1;
  }
  auto const share = seen > 0 ? static_cast<double>(failed) / seen : 0.0;
  return 1.0 + 60.0 * share * share;
}

}  // namespace

Judge::Judge(Archive const& archive, History const& history, Surrogate const& surrogate, int level,
             std::vector<Path const*> const& pending, Aim aim)
    : problem_(archive.problem()), aim_(aim) {
  for (auto const& output : surrogate.outputs()) {
    quantities_.push_back({output.kind, output.index, output.warp, output.process.noise_variance()});
  }
  caution_ = caution(archive, history, level);
  View const view{archive, history, surrogate, level, pending};
  std::vector<std::size_t> feasible_ones, others;
  for (std::size_t i = 0; i < history.size(); ++i) {
    auto const& one = archive.all()[i];
    if (history.level(one) != level || !one.ok()) continue;
    (feasible(problem_, one) ? feasible_ones : others).push_back(i);
  }
  if (feasible_ones.empty()) {
    std::ranges::stable_sort(others, {}, [&](std::size_t i) { return total_violation(problem_, archive.all()[i]); });
    others.resize(std::min(others.size(), most_bases));
    bases_ = std::move(others);
  } else if (problem_.objectives.size() == 1) {
    find_best(view, feasible_ones);
  } else {
    find_front(view, feasible_ones);
  }
}

// With noise a lucky value is not the best one: of those that look best the least mean counts. Where more than one is
// wanted, the last of the list does.
void Judge::find_best(View const& view, std::vector<std::size_t> const& feasible) {
  auto const told = [&](std::size_t i) {
    return minimised(problem_.objectives[0], view.archive.all()[i].objectives[0].value);
  };
  auto order = feasible;
  std::ranges::stable_sort(order, {}, told);
  bases_.assign(order.begin(), order.begin() + static_cast<std::ptrdiff_t>(std::min(order.size(), most_bases)));
  if (aim_.kind == Aim::Kind::list) {
    order.erase(std::unique(order.begin(), order.end(), [&](auto a, auto b) { return told(a) == told(b); }),
                order.end());
  }
  order.resize(std::min<std::size_t>(order.size(), 20));
  std::vector<Path> paths;
  for (auto const i : order) paths.push_back(view.history.path(i));
  for (auto const* path : view.pending) paths.push_back(*path);
  Eigen::VectorXd means = view.surrogate.means(view.surrogate.batch(paths), view.level).col(0);
  std::ranges::sort(means);
  best_ = means[static_cast<Eigen::Index>(std::min<std::size_t>(aim_.places, order.size())) - 1];
  auto const& warp = view.surrogate.outputs()[0].warp;
  auto const least = told(order[0]);
  *best_ -= warp.apply(least) - warp.apply(least - aim_.margin);
}

void Judge::find_front(View const& view, std::vector<std::size_t> const& feasible) {
  auto const objectives = problem_.objectives.size();
  auto const first = feasible.size() > most_front ? feasible.size() - most_front : 0;
  std::vector<std::size_t> members(feasible.begin() + static_cast<std::ptrdiff_t>(first), feasible.end());
  if (first > 0) {  // the front as it was told comes before what is merely new
    for (auto const* one : view.archive.pareto(view.archive.all()[feasible[0]].tier)) {
      auto const index = static_cast<std::size_t>(one - view.archive.all().data());
      if (index < view.history.size() && std::ranges::find(members, index) == members.end()) members.push_back(index);
    }
    std::ranges::sort(members);
  }
  std::vector<Path> paths;
  for (auto const i : members) paths.push_back(view.history.path(i));
  for (auto const* path : view.pending) paths.push_back(*path);
  auto const means = view.surrogate.means(view.surrogate.batch(paths), view.level);
  std::vector<std::vector<double>> points;
  for (Eigen::Index i = 0; i < means.rows(); ++i) {
    points.emplace_back();
    for (std::size_t m = 0; m < objectives; ++m) points.back().push_back(means(i, static_cast<Eigen::Index>(m)));
  }
  auto front = not_dominated(points);
  std::vector<double> reference;
  for (std::size_t m = 0; m < objectives; ++m) {
    double low = std::numeric_limits<double>::infinity(), high = -low;
    for (auto const i : front) {
      low = std::min(low, points[i][m]);
      high = std::max(high, points[i][m]);
    }
    auto const& told = problem_.objectives[m].reference;
    reference.push_back(told ? view.surrogate.outputs()[m].warp.apply(minimised(problem_.objectives[m], *told))
                             : high + std::max(0.1 * (high - low), 1e-9 * std::abs(high)));
  }
  auto const limit = most_members(objectives);
  for (std::size_t m = 0; front.size() > limit; ++m) {  // drop in turn the member that is worst in an objective
    auto const worst = std::ranges::max_element(front, {}, [&](std::size_t i) { return points[i][m % objectives]; });
    front.erase(worst);
  }
  std::vector<std::vector<double>> kept;
  for (auto const i : front) kept.push_back(points[i]);
  open_.emplace(std::move(kept), std::move(reference));
  for (auto const i : front) {
    if (i < members.size()) bases_.push_back(members[i]);
  }
  if (bases_.empty()) bases_.push_back(members.back());
}

/// The chance of what is no objective; of work, what it divides the promise by.
Promise Judge::chance(Belief const& belief, Quantity const& output) const {
  if (output.kind == Output::Kind::failure) {
    auto const spread = std::sqrt(belief.deviation * belief.deviation + output.noise_variance);
    auto promise = log_probability_below({belief.mean, spread}, 0.5);
    promise.value *= caution_;
    promise.by_mean *= caution_;
    promise.by_deviation *= caution_;
    promise.by_deviation *= belief.deviation / std::max(spread, 1e-150);
    return promise;
  }
  if (output.kind == Output::Kind::work) return {-belief.mean, -1.0, 0.0};
  auto const& constraint = problem_.constraints[output.index];
  Promise sum;
  auto const add = [&](Promise const& one, double sign) {
    sum.value += one.value;
    sum.by_mean += sign * one.by_mean;
    sum.by_deviation += one.by_deviation;
  };
  if (constraint.upper) add(log_probability_below(belief, output.warp.apply(*constraint.upper)), 1.0);
  if (constraint.lower) {
    add(log_probability_below({-belief.mean, belief.deviation}, -output.warp.apply(*constraint.lower)), -1.0);
  }
  return sum;
}

double Judge::gain(std::vector<Belief> const& beliefs) const {
  if (open_) return open_->log_expected_gain(std::span(beliefs).first(problem_.objectives.size()));
  return best_ ? promise_of_one(beliefs[0]).value : 0.0;
}

/// To get onto a list it does not count by how much.
Promise Judge::promise_of_one(Belief const& belief) const {
  auto const deviation = std::max(belief.deviation, 1e-150);
  switch (aim_.kind) {
    case Aim::Kind::best:
    case Aim::Kind::leap:
      return log_expected_improvement(belief, *best_);
    case Aim::Kind::list:
      return log_probability_below(belief, *best_);
    case Aim::Kind::knowledge:
      return {std::log(deviation), 0.0, 1.0 / deviation};
    case Aim::Kind::drawn:
      return {-belief.mean, -1.0, 0.0};
  }
  return {};
}

double Judge::score(std::vector<Belief> const& beliefs) const {
  auto value = gain(beliefs);
  for (std::size_t i = problem_.objectives.size(); i < quantities_.size(); ++i) {
    value += chance(beliefs[i], quantities_[i]).value;
  }
  return value;
}

// The gain in hypervolume is differentiated numerically: in the few numbers that it depends on, not in the design.
Judge::Slopes Judge::slopes(std::vector<Belief> beliefs) const {
  Slopes result{0.0, std::vector<double>(beliefs.size(), 0.0), std::vector<double>(beliefs.size(), 0.0)};
  if (open_) {
    result.value = gain(beliefs);
    for (std::size_t m = 0; m < problem_.objectives.size(); ++m) {
      auto const old = beliefs[m];
      auto const h = 1e-4 * std::max(old.deviation, 1e-12);
      auto const difference = [&](Belief above, Belief below) {
        beliefs[m] = above;
        auto const up = gain(beliefs);
        beliefs[m] = below;
        auto const down = gain(beliefs);
        beliefs[m] = old;
        return (up - down) / (2 * h);
      };
      result.by_mean[m] = difference({old.mean + h, old.deviation}, {old.mean - h, old.deviation});
      result.by_deviation[m] = difference({old.mean, old.deviation + h}, {old.mean, old.deviation - h});
    }
  } else if (best_) {
    auto const promise = promise_of_one(beliefs[0]);
    result = {promise.value, std::move(result.by_mean), std::move(result.by_deviation)};
    result.by_mean[0] = promise.by_mean;
    result.by_deviation[0] = promise.by_deviation;
  }
  for (std::size_t i = problem_.objectives.size(); i < quantities_.size(); ++i) {
    auto const promise = chance(beliefs[i], quantities_[i]);
    result.value += promise.value;
    result.by_mean[i] += promise.by_mean;
    result.by_deviation[i] += promise.by_deviation;
  }
  return result;
}

namespace {

/// log mean exp, and each one's share of the sum.
double mean_of_logarithms(std::vector<double> const& logs, std::vector<double>* shares) {
  auto const largest = *std::ranges::max_element(logs);
  double sum = 0.0;
  for (auto const one : logs) sum += std::exp(one - largest);
  if (shares) {
    for (auto const one : logs) shares->push_back(std::exp(one - largest) / sum);
  }
  return largest + std::log(sum / static_cast<double>(logs.size()));
}

}  // namespace

std::vector<double> Prospect::scores(std::vector<Path> const& paths) const {
  auto const batch = worlds_[0].surrogate->batch(paths);
  std::vector<std::vector<double>> logs(paths.size());
  for (auto const& world : worlds_) {
    auto const beliefs = world.surrogate->predict(batch, level_);
    for (std::size_t i = 0; i < paths.size(); ++i) logs[i].push_back(world.judge.score(beliefs[i]));
  }
  std::vector<double> scores;
  for (auto const& one : logs) scores.push_back(mean_of_logarithms(one, nullptr));
  return scores;
}

double Prospect::slope(EncodedRow const& row, Eigen::VectorXd& by_column) const {
  std::vector<double> logs, shares;
  std::vector<Eigen::VectorXd> slopes;
  for (auto const& world : worlds_) {
    auto const posteriors = world.surrogate->slopes(row, level_);
    std::vector<Belief> beliefs;
    for (auto const& one : posteriors) beliefs.push_back({one.posterior.mean, std::sqrt(one.posterior.variance)});
    auto const promise = world.judge.slopes(beliefs);
    Eigen::VectorXd slope = Eigen::VectorXd::Zero(by_column.size());
    for (std::size_t i = 0; i < posteriors.size(); ++i) {
      slope += promise.by_mean[i] * posteriors[i].mean;
      if (!(beliefs[i].deviation > 0.0)) continue;
      slope += promise.by_deviation[i] / (2.0 * beliefs[i].deviation) * posteriors[i].variance;
    }
    logs.push_back(promise.value);
    slopes.push_back(std::move(slope));
  }
  auto const value = mean_of_logarithms(logs, &shares);
  by_column.setZero();
  for (std::size_t w = 0; w < slopes.size(); ++w) by_column += shares[w] * slopes[w];
  return value;
}

Prospect Prospect::near(Path const& center, Eigen::Index count) const {
  std::vector<World> worlds;
  for (auto const& world : worlds_)
    worlds.push_back({std::make_shared<Surrogate const>(world.surrogate->near(center, level_, count)), world.judge});
  return {std::move(worlds), level_};
}

}  // namespace nacre::detail
