// Covariance matrix adaptation with active update, as in N. Hansen's tutorial, arXiv:1604.00772.
#include <algorithm>
#include <cmath>
#include <deque>
#include <numeric>

#include "minimisation.hpp"
#include "nacre/numerics/linalg.hpp"

namespace nacre::detail {
namespace {

using Eigen::MatrixXd;
using Eigen::VectorXd;

struct Rates {
  VectorXd weights;  ///< of all ranks; negative from the second half on
  Eigen::Index parents = 0;
  double effective = 0.0, path = 0.0, path_sigma = 0.0, one = 0.0, many = 0.0, damping = 0.0, expected = 0.0;

  Rates(Eigen::Index lambda, double n) : weights(lambda), parents(lambda / 2) {
    for (Eigen::Index i = 0; i < lambda; ++i) {
      weights[i] = std::log(0.5 * (static_cast<double>(lambda) + 1.0)) - std::log(static_cast<double>(i + 1));
    }
    auto const good = weights.head(parents), bad = weights.tail(lambda - parents);
    effective = good.sum() * good.sum() / good.squaredNorm();
    auto const effective_bad = bad.squaredNorm() > 0.0 ? bad.sum() * bad.sum() / bad.squaredNorm() : 0.0;
    path = (4.0 + effective / n) / (n + 4.0 + 2.0 * effective / n);
    path_sigma = (effective + 2.0) / (n + effective + 5.0);
    one = 2.0 / ((n + 1.3) * (n + 1.3) + effective);
    many = std::min(1.0 - one, 2.0 * (0.25 + effective + 1.0 / effective - 2.0) / ((n + 2.0) * (n + 2.0) + effective));
    damping = 1.0 + 2.0 * std::max(0.0, std::sqrt((effective - 1.0) / (n + 1.0)) - 1.0) + path_sigma;
    expected = std::sqrt(n) * (1.0 - 1.0 / (4.0 * n) + 1.0 / (21.0 * n * n));
    auto const limit =
        std::min({1.0 + one / many, 1.0 + 2.0 * effective_bad / (effective + 2.0), (1.0 - one - many) / (n * many)});
    weights.head(parents) /= weights.head(parents).sum();
    auto const sum = -weights.tail(lambda - parents).sum();
    if (sum > 0.0) weights.tail(lambda - parents) *= std::max(limit, 0.0) / sum;
  }
};

/// The search distribution: mean + sigma · axes · scales · z.
class Distribution {
 public:
  Distribution(Start const& start, Rates rates)
      : mean(start.x), sigma(start.step), rates_(std::move(rates)), n_(static_cast<double>(start.x.size())) {
    covariance_ = axes_ = MatrixXd::Identity(mean.size(), mean.size());
    scales_ = VectorXd::Ones(mean.size());
    path_ = path_sigma_ = VectorXd::Zero(mean.size());
  }

  VectorXd draw(Rng& rng) const {
    VectorXd z(mean.size());
    for (auto& value : z) value = rng.normal();
    return axes_ * scales_.cwiseProduct(z);
  }

  /// @param steps the drawn steps, the best first
  void update(std::vector<VectorXd const*> const& steps) {
    ++generation_;
    VectorXd way = VectorXd::Zero(mean.size());
    for (Eigen::Index i = 0; i < rates_.parents; ++i) way += rates_.weights[i] * *steps[static_cast<std::size_t>(i)];
    mean += sigma * way;
    auto const whitened = [&](VectorXd const& step) -> VectorXd {
      return (axes_.transpose() * step).cwiseQuotient(scales_);
    };
    auto const& r = rates_;
    path_sigma_ *= 1.0 - r.path_sigma;
    path_sigma_ += std::sqrt(r.path_sigma * (2.0 - r.path_sigma) * r.effective) * (axes_ * whitened(way));
    auto const length = path_sigma_.norm();
    auto const started = 1.0 - std::pow(1.0 - r.path_sigma, 2.0 * generation_);
    bool const moving = length / std::sqrt(started) < (1.4 + 2.0 / (n_ + 1.0)) * r.expected;
    path_ *= 1.0 - r.path;
    if (moving) path_ += std::sqrt(r.path * (2.0 - r.path) * r.effective) * way;
    auto const lost = moving ? 0.0 : r.path * (2.0 - r.path);
    covariance_ *= 1.0 + r.one * lost - r.one - r.many * r.weights.sum();
    covariance_ += r.one * path_ * path_.transpose();
    for (Eigen::Index i = 0; i < r.weights.size(); ++i) {
      auto const& step = *steps[static_cast<std::size_t>(i)];
      auto weight = r.many * r.weights[i];
      if (weight < 0.0) weight *= n_ / std::max(whitened(step).squaredNorm(), 1e-12);
      covariance_ += weight * step * step.transpose();
    }
    sigma *= std::exp(std::min(1.0, r.path_sigma / r.damping * (length / r.expected - 1.0)));
    decompose();
  }

  double widest() const { return sigma * std::sqrt(covariance_.diagonal().maxCoeff()); }
  double condition() const { return scales_.maxCoeff() / scales_.minCoeff(); }
  bool usable() const { return usable_ && mean.allFinite() && std::isfinite(sigma); }

  VectorXd mean;
  double sigma;

 private:
  void decompose() {
    auto const interval = 0.1 / ((rates_.one + rates_.many) * n_);
    if (generation_ - decomposed_ < interval) return;
    decomposed_ = generation_;
    covariance_ = (0.5 * (covariance_ + covariance_.transpose())).eval();
    usable_ = covariance_.allFinite();
    if (!usable_) return;
    auto const eigen = symmetric_eigen(covariance_);
    usable_ = eigen.values[0] > 0.0;
    if (!usable_) return;
    axes_ = eigen.vectors;
    scales_ = eigen.values.cwiseSqrt();
  }

  Rates rates_;
  double n_, generation_ = 0.0, decomposed_ = 0.0;
  MatrixXd covariance_, axes_;
  VectorXd scales_, path_, path_sigma_;
  bool usable_ = true;
};

double median(std::vector<double> values) {
  auto const middle = values.begin() + static_cast<std::ptrdiff_t>(values.size() / 2);
  std::nth_element(values.begin(), middle, values.end());
  return *middle;
}

/// When to end: the best and the median value of each generation.
class History {
 public:
  History(std::size_t lambda, std::size_t n)
      : short_(10 + 30 * n / lambda),
        long_(120 + 30 * n / lambda),
        most_(100 + 50 * (n + 3) * (n + 3) / static_cast<std::size_t>(std::sqrt(lambda))) {}

  /// @param values sorted
  bool ended(std::vector<double> const& values) {
    ++generation_;
    best_.push_back(values.front());
    median_.push_back(values[values.size() / 2]);
    if (best_.size() > 3 * long_) {
      best_.pop_front();
      median_.pop_front();
    }
    if (!std::isfinite(values.front())) return generation_ > short_;
    auto const tolerance = 1e-12 + 8e-16 * std::abs(values.front());
    if (generation_ >= short_ && best_.size() >= short_) {
      auto const [low, high] = std::minmax_element(best_.end() - static_cast<std::ptrdiff_t>(short_), best_.end());
      if (*high - *low <= tolerance && values.back() - values.front() <= tolerance) return true;
      if (*high == *low && values[values.size() / 2] == values.front()) return true;
    }
    return generation_ >= most_ || stagnates();
  }

 private:
  bool stagnates() const {
    if (best_.size() < 3 * long_) return false;
    auto const part = static_cast<std::ptrdiff_t>(long_);
    auto const stuck = [&](std::deque<double> const& series) {
      return median({series.end() - part, series.end()}) >= median({series.begin(), series.begin() + part});
    };
    return stuck(best_) && stuck(median_);
  }
  std::size_t short_, long_, most_, generation_ = 0;
  std::deque<double> best_, median_;
};

}  // namespace

// Points beyond a bound are reflected; the distribution knows the points before that, so it sees a mirrored landscape.
Minimisation cmaes(Start start, Rng rng) {
  auto const n = static_cast<std::size_t>(start.x.size());
  auto const usual = 4 + static_cast<std::int32_t>(3.0 * std::log(static_cast<double>(n)));
  auto const lambda = static_cast<std::size_t>(std::max(4, start.population > 0 ? start.population : usual));
  Distribution distribution(start, Rates(static_cast<Eigen::Index>(lambda), static_cast<double>(n)));
  History history(lambda, n);
  Batch batch;
  batch.points.resize(lambda);
  std::vector<VectorXd> steps(lambda);
  for (;;) {
    for (std::size_t i = 0; i < lambda; ++i) {
      steps[i] = distribution.draw(rng);
      batch.points[i] = fold(distribution.mean + distribution.sigma * steps[i], start.periodic);
    }
    auto values = co_yield batch;
    std::vector<std::size_t> order(lambda);
    std::iota(order.begin(), order.end(), std::size_t{0});
    std::ranges::stable_sort(order, {}, [&](std::size_t i) { return values[i]; });
    std::vector<VectorXd const*> ranked;
    for (auto const i : order) ranked.push_back(&steps[i]);
    distribution.update(ranked);
    std::ranges::sort(values);
    batch.spread = values.back() - values.front();
    if (history.ended(values) || !distribution.usable()) co_return;
    if (distribution.widest() < 1e-12 || distribution.widest() > 1e3 || distribution.condition() > 1e7) co_return;
  }
}

}  // namespace nacre::detail
