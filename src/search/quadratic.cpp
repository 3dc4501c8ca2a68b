// A trust region with a quadratic model through 2n + 1 points, whose curvature changes as little as it can (M. J. D.
// Powell, The NEWUOA software, 2006); the region is a cube, so that with the bounds it stays a box.
#include <algorithm>
#include <cmath>

#include "minimisation.hpp"
#include "nacre/numerics/linalg.hpp"

namespace nacre::detail {
namespace {

using Eigen::MatrixXd;
using Eigen::VectorXd;

/// Minimises g·s + s·H·s / 2 for low <= s <= high by conjugate gradients that leave coordinates at their bounds.
VectorXd minimise_in_box(VectorXd const& g, MatrixXd const& curvature, VectorXd const& low, VectorXd const& high) {
  auto const n = g.size();
  VectorXd s = VectorXd::Zero(n), direction = VectorXd::Zero(n), slope = g;
  std::vector<char> fixed(static_cast<std::size_t>(n), 0);
  double before = 0.0;
  for (Eigen::Index step = 0; step < 4 * n; ++step) {
    VectorXd down = -slope;
    for (Eigen::Index i = 0; i < n; ++i) {
      auto& is_fixed = fixed[static_cast<std::size_t>(i)];
      if ((s[i] <= low[i] && down[i] < 0.0) || (s[i] >= high[i] && down[i] > 0.0)) is_fixed = 1;
      if (is_fixed) down[i] = 0.0;
    }
    auto const square = down.squaredNorm();
    if (square < 1e-24 * (1e-300 + g.squaredNorm())) break;
    direction = before > 0.0 ? VectorXd(down + square / before * direction) : down;
    if (direction.dot(down) <= 0.0) direction = down;
    VectorXd const bent = curvature * direction;
    auto const bend = direction.dot(bent);
    auto length = bend > 0.0 ? direction.dot(down) / bend : 1e300;
    Eigen::Index stop = -1;
    for (Eigen::Index i = 0; i < n; ++i) {
      if (direction[i] == 0.0) continue;
      auto const room = ((direction[i] > 0.0 ? high[i] : low[i]) - s[i]) / direction[i];
      if (room < length) length = std::max(room, 0.0), stop = i;
    }
    s += length * direction;
    slope += length * bent;
    before = square;
    if (stop < 0) continue;
    s[stop] = direction[stop] > 0.0 ? high[stop] : low[stop];
    fixed[static_cast<std::size_t>(stop)] = 1;
    direction[stop] = 0.0;
    before = 0.0;
  }
  return s.cwiseMax(low).cwiseMin(high);
}

class Model {
 public:
  Model(Batch const& batch, std::vector<double> const& values, double radius)
      : points_(batch.points), values_(values), radius_(radius), base_(points_[0]) {
    gradient_ = VectorXd::Zero(base_.size());
    curvature_ = MatrixXd::Zero(base_.size(), base_.size());
  }

  std::size_t best() const { return static_cast<std::size_t>(std::ranges::min_element(values_) - values_.begin()); }
  Point const& point(std::size_t i) const { return points_[i]; }
  double value(std::size_t i) const { return values_[i]; }
  double radius() const { return radius_; }
  void set_radius(double radius) { radius_ = radius; }
  double spread() const { return *std::ranges::max_element(values_) - *std::ranges::min_element(values_); }
  void replace(std::size_t i, Point x, double value) {
    points_[i] = std::move(x);
    values_[i] = value;
  }
  double distance(std::size_t i) const { return (points_[i] - points_[best()]).cwiseAbs().maxCoeff(); }
  std::size_t farthest() const {
    std::size_t result = 0;
    for (std::size_t i = 1; i < points_.size(); ++i) {
      if (distance(i) > distance(result)) result = i;
    }
    return result;
  }

  /// Makes the model interpolate. False if the points lie too badly.
  bool fit() {
    auto const centre = points_[best()];
    gradient_ += curvature_ * (centre - base_);
    constant_ = values_[best()];
    base_ = centre;
    scale_ = std::max(radius_, 1e-300);
    auto const m = static_cast<Eigen::Index>(points_.size());
    VectorXd right = VectorXd::Zero(m + base_.size() + 1);
    for (Eigen::Index i = 0; i < m; ++i) {
      VectorXd const s = points_[static_cast<std::size_t>(i)] - base_;
      right[i] = values_[static_cast<std::size_t>(i)] - (constant_ + gradient_.dot(s) + 0.5 * s.dot(curvature_ * s));
    }
    system_ = system();
    auto const solution = solve(system_, right);
    if (!solution.allFinite()) return false;
    for (Eigen::Index i = 0; i < m; ++i) {
      VectorXd const s = (points_[static_cast<std::size_t>(i)] - base_) / scale_;
      curvature_ += solution[i] / (scale_ * scale_) * s * s.transpose();
    }
    constant_ += solution[m];
    gradient_ += solution.tail(base_.size()) / scale_;
    return gradient_.allFinite() && curvature_.allFinite();
  }
  VectorXd step(VectorXd const& low, VectorXd const& high) const {
    return minimise_in_box(gradient_, curvature_, low, high);
  }
  double change(VectorXd const& s) const { return gradient_.dot(s) + 0.5 * s.dot(curvature_ * s); }

  /// Values at base + s of the functions that are 1 at one point and 0 at the others.
  VectorXd influence(VectorXd const& s) const {
    return solve(system_, features(s / scale_)).head(static_cast<Eigen::Index>(points_.size()));
  }
  /// A step within the box at which point i has much influence: along the slope of its function, or an axis.
  VectorXd improving(std::size_t i, VectorXd const& low, VectorXd const& high) const {
    auto const m = static_cast<Eigen::Index>(points_.size());
    VectorXd const solution = solve(system_, VectorXd::Unit(m + base_.size() + 1, static_cast<Eigen::Index>(i)));
    auto const at = [&](VectorXd const& s) { return std::abs(solution.dot(features(s / scale_))); };
    VectorXd best = high;
    VectorXd const slope = solution.tail(base_.size());
    VectorXd along(slope.size());
    for (Eigen::Index k = 0; k < slope.size(); ++k) along[k] = slope[k] > 0.0 ? high[k] : low[k];
    VectorXd back(slope.size());
    for (Eigen::Index k = 0; k < slope.size(); ++k) back[k] = slope[k] > 0.0 ? low[k] : high[k];
    for (auto const& candidate : {along, back}) {
      if (at(candidate) > at(best)) best = candidate;
    }
    for (Eigen::Index k = 0; k < low.size(); ++k) {
      for (auto const reach : {low[k], high[k]}) {
        VectorXd const candidate = reach * VectorXd::Unit(low.size(), k);
        if (at(candidate) > at(best)) best = candidate;
      }
    }
    return best;
  }

 private:
  /// Row of the interpolation system that belongs to s.
  VectorXd features(VectorXd const& s) const {
    auto const m = static_cast<Eigen::Index>(points_.size());
    VectorXd row(m + 1 + s.size());
    for (Eigen::Index i = 0; i < m; ++i) {
      auto const product = s.dot(points_[static_cast<std::size_t>(i)] - base_) / scale_;
      row[i] = 0.5 * product * product;
    }
    row[m] = 1.0;
    row.tail(s.size()) = s;
    return row;
  }
  MatrixXd system() const {
    auto const m = static_cast<Eigen::Index>(points_.size());
    auto const size = m + 1 + base_.size();
    MatrixXd matrix = MatrixXd::Zero(size, size);
    for (Eigen::Index i = 0; i < m; ++i) {
      auto const row = features((points_[static_cast<std::size_t>(i)] - base_) / scale_);
      matrix.row(i) = row.transpose();
      matrix.col(i).tail(size - m) = row.tail(size - m);
    }
    return matrix;
  }

  std::vector<Point> points_;
  std::vector<double> values_;
  double radius_, scale_ = 1.0, constant_ = 0.0;
  Point base_;
  VectorXd gradient_;
  MatrixXd curvature_, system_;
};

Batch first_points(Start const& start) {
  Batch batch;
  auto const centre = clamp(start.x, start.periodic);
  batch.points.push_back(centre);
  for (Eigen::Index i = 0; i < centre.size(); ++i) {
    bool const free = start.periodic[static_cast<std::size_t>(i)];
    auto up = centre, down = centre;
    up[i] += free || centre[i] + start.step <= 1.0 ? start.step : -2.0 * start.step;
    down[i] -= free || centre[i] >= start.step ? start.step : -2.0 * start.step;
    batch.points.push_back(up);
    batch.points.push_back(down);
  }
  return batch;
}

}  // namespace

Minimisation quadratic(Start start, Rng) {
  auto const first = first_points(start);
  auto const values = co_yield first;
  if (!std::ranges::all_of(values, [](double value) { return value < unusable; })) co_return;
  Model model(first, values, start.step);
  while (model.radius() > 1e-11) {
    if (!model.fit()) co_return;
    auto const best = model.best();
    auto const centre = model.point(best);
    VectorXd low = VectorXd::Constant(centre.size(), -model.radius()), high = -low;
    for (Eigen::Index i = 0; i < centre.size(); ++i) {
      if (start.periodic[static_cast<std::size_t>(i)]) continue;
      low[i] = std::max(low[i], -centre[i]);
      high[i] = std::min(high[i], 1.0 - centre[i]);
    }
    VectorXd s = model.step(low, high);
    auto const predicted = -model.change(s);
    auto const length = s.cwiseAbs().maxCoeff();
    bool const small = length < 0.1 * model.radius() || !(predicted > 0.0);
    double ratio = -1.0;
    if (!small) {
      auto const influence = model.influence(s);
      Batch batch;
      batch.points.push_back(clamp(centre + s, start.periodic));
      batch.spread = model.spread();
      auto const told = co_yield batch;
      if (!(told[0] < unusable)) co_return;
      ratio = (model.value(best) - told[0]) / predicted;
      std::size_t leaving = 0;
      double most = -1.0;
      for (std::size_t i = 0; i < static_cast<std::size_t>(influence.size()); ++i) {
        if (i == best && !(ratio > 0.0)) continue;
        auto const far =
            (model.point(i) - (ratio > 0.0 ? batch.points[0] : centre)).cwiseAbs().maxCoeff() / model.radius();
        auto const weight = std::abs(influence[static_cast<Eigen::Index>(i)]) * std::max(1.0, far * far * far);
        if (weight > most) most = weight, leaving = i;
      }
      model.replace(leaving, batch.points[0], told[0]);
      if (ratio > 0.7) model.set_radius(std::min(0.5, std::max(model.radius(), 2.0 * length)));
    }
    if (ratio >= 0.1) continue;
    auto const far = model.farthest();
    if (model.distance(far) > 2.0 * model.radius()) {
      if (!small && !model.fit()) co_return;
      auto const now = model.point(model.best());
      VectorXd near_low = VectorXd::Constant(now.size(), -model.radius()), near_high = -near_low;
      for (Eigen::Index i = 0; i < now.size(); ++i) {
        if (start.periodic[static_cast<std::size_t>(i)]) continue;
        near_low[i] = std::max(near_low[i], -now[i]);
        near_high[i] = std::min(near_high[i], 1.0 - now[i]);
      }
      VectorXd const move = model.improving(far, near_low, near_high);
      Batch batch;
      batch.points.push_back(clamp(now + move, start.periodic));
      batch.spread = model.spread();
      auto const told = co_yield batch;
      if (!(told[0] < unusable)) co_return;
      model.replace(far, batch.points[0], told[0]);
    } else {
      model.set_radius(0.5 * std::min(model.radius(), std::max(length, 0.2 * model.radius())));
    }
  }
}

}  // namespace nacre::detail
