#include "nacre/learn/delta.hpp"

#include <algorithm>
#include <cmath>

#include "nacre/core/error.hpp"
#include "nacre/numerics/linalg.hpp"

namespace nacre {
namespace {

constexpr double prior_degrees = 3.0;  // of the inverse-gamma prior: the fewest with a finite variance, rounded up
constexpr double jitter = 1e-9;        // of the unit variance: keeps equal designs apart

}  // namespace

Delta::Delta(std::vector<DeltaLabel> labels, double scale) : labels_(std::move(labels)) {
  require(std::isfinite(scale) && scale > 0.0, "invalid scale=", scale, " of a correction (must be positive)");
  for (auto const& label : labels_)
    require(std::isfinite(label.difference) && std::isfinite(label.point.cheap) && std::isfinite(label.error),
            "a label that is no number cannot correct anything");
  double sum = 0.0, square = 0.0;
  for (auto const& label : labels_) sum += label.point.cheap;
  if (!labels_.empty()) center_ = sum / static_cast<double>(labels_.size());
  for (auto const& label : labels_) square += std::pow(label.point.cheap - center_, 2);
  double size = 0.0;
  for (auto const& label : labels_) size += std::pow(label.difference, 2) / static_cast<double>(labels_.size());
  unit_ = std::sqrt(scale * scale + size);
  width_ = std::max(labels_.empty() ? 0.0 : std::sqrt(square / static_cast<double>(labels_.size())), scale);
  std::vector<double> evidence;
  for (double const spread : {0.01, 0.1, 1.0})   // variance between designs / that of what all share
    for (double const family : {0.1, 0.5, 0.9})  // of it between families
      for (double const slope : {0.0, 0.5}) {    // of it along the cheap value
        double const rest = spread * (1.0 - slope);
        Form const form{spread * slope, 0.5 * family * rest, 0.5 * family * rest, (1.0 - family) * rest};
        members_.push_back(member(form, scale, evidence.emplace_back()));
      }
  double const best = *std::ranges::max_element(evidence);
  double total = 0.0;
  for (auto& value : evidence) total += value = std::exp(value - best);
  for (std::size_t i = 0; i < members_.size(); ++i) members_[i].weight = evidence[i] / total;
}

double Delta::kernel(Form const& form, DeltaPoint const& a, DeltaPoint const& b) const {
  double const slope = form.slope * (a.cheap - center_) * (b.cheap - center_) / (width_ * width_);
  return 1.0 + slope + (a.pair == b.pair ? form.pair : 0.0) + (a.contact == b.contact ? form.contact : 0.0) +
         (a.design == b.design ? form.own : 0.0);
}

Eigen::VectorXd Delta::kernels(Form const& form, DeltaPoint const& point) const {
  Eigen::VectorXd result(std::ssize(labels_));
  for (Eigen::Index i = 0; i < result.size(); ++i)
    result[i] = kernel(form, labels_[static_cast<std::size_t>(i)].point, point);
  return result;
}

Delta::Member Delta::member(Form const& form, double scale, double& evidence) const {
  auto const n = std::ssize(labels_);
  Eigen::MatrixXd covariance(n, n);
  Eigen::VectorXd differences(n);
  for (Eigen::Index i = 0; i < n; ++i) {
    auto const& label = labels_[static_cast<std::size_t>(i)];
    covariance.col(i) = kernels(form, label.point);
    covariance(i, i) += std::pow(label.error / unit_, 2) + jitter;
    differences[i] = label.difference;
  }
  Member member;
  member.form = form;
  if (n == 0) {
    member.variance = prior_degrees * scale * scale / (prior_degrees - 2.0);
    return member;
  }
  auto const factor = Cholesky::factor(covariance);
  require(factor.has_value(), "labels that contradict each other beyond all scale cannot correct anything");
  member.inverse = factor->inverse();
  member.solution = factor->solve(differences);
  double const misfit = differences.dot(member.solution);
  double const prior = prior_degrees * scale * scale, degrees = prior_degrees + static_cast<double>(n);
  evidence = -0.5 * factor->log_determinant() - 0.5 * degrees * std::log1p(misfit / prior);
  member.variance = (prior + misfit) / (degrees - 2.0);
  return member;
}

bool Delta::is_labelled(DeltaPoint const& point) const {
  return std::ranges::any_of(labels_, [&](DeltaLabel const& label) { return label.point.design == point.design; });
}

std::vector<Delta::Line> const& Delta::lines(DeltaPoint const& point) const {
  auto const [found, fresh] = lines_.try_emplace({point.pair, point.contact, is_labelled(point) ? point.design : -1});
  if (!fresh) return found->second;
  auto middle = point;
  middle.cheap = center_;
  for (auto const& member : members_) {
    auto const level = kernels(member.form, middle);
    auto ahead = middle;
    ahead.cheap += 1.0;
    Eigen::VectorXd const slope = kernels(member.form, ahead) - level, weighted = member.inverse * slope;
    found->second.push_back({level.dot(member.solution), slope.dot(member.solution), level.dot(member.inverse * level),
                             level.dot(weighted), slope.dot(weighted)});
  }
  return found->second;
}

Delta::Shift Delta::at(DeltaPoint const& point) const {
  double mean = 0.0, second = 0.0, own_share = 0.0;
  for (auto const& member : members_) own_share += member.weight * member.variance * member.form.own;
  if (labels_.empty()) {
    double const variance = prior_variance(point);
    return {0.0, std::sqrt(variance), std::sqrt(variance - own_share)};
  }
  auto const& along = lines(point);
  double const z = point.cheap - center_;
  for (std::size_t i = 0; i < members_.size(); ++i) {
    auto const& member = members_[i];
    auto const& line = along[i];
    double const own = line.a + line.b * z;
    double const variance = kernel(member.form, point, point) - (line.c + 2.0 * line.d * z + line.e * z * z);
    mean += member.weight * own;
    second += member.weight * (own * own + member.variance * std::max(variance, 0.0));
  }
  double const variance = std::max(second - mean * mean, 0.0);
  double const shared = std::max(variance - (is_labelled(point) ? 0.0 : own_share), 0.0);
  return {mean, std::sqrt(variance), std::sqrt(shared)};
}

double Delta::prior_variance(DeltaPoint const& point) const {
  double sum = 0.0;
  for (auto const& member : members_) sum += member.weight * member.variance * kernel(member.form, point, point);
  return sum;
}

double Delta::variance_of_difference(DeltaPoint const& a, DeltaPoint const& b) const {
  double mean = 0.0, second = 0.0;
  for (auto const& member : members_) {
    auto const& form = member.form;
    Eigen::VectorXd const apart = kernels(form, a) - kernels(form, b);
    double const own = labels_.empty() ? 0.0 : apart.dot(member.solution);
    double const known = labels_.empty() ? 0.0 : apart.dot(member.inverse * apart);
    double const prior = kernel(form, a, a) + kernel(form, b, b) - 2.0 * kernel(form, a, b);
    mean += member.weight * own;
    second += member.weight * (own * own + member.variance * std::max(prior - known, 0.0));
  }
  return std::max(second - mean * mean, 0.0);
}

}  // namespace nacre
