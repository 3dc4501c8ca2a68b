#include "band_descent.hpp"

#include <algorithm>
#include <cmath>

#include "nacre/core/error.hpp"
#include "nacre/core/parallel_for.hpp"

namespace nacre::detail {
namespace {

using Force = std::vector<Eigen::VectorXd>;

/// Unit vector along the band: towards the higher neighbour, a mixture of both at an extremum.
Eigen::VectorXd tangent(BandState const& band, std::size_t i) {
  Eigen::VectorXd const up = band.x[i + 1] - band.x[i], down = band.x[i] - band.x[i - 1];
  double const rise = band.energy[i + 1] - band.energy[i], fall = band.energy[i - 1] - band.energy[i];
  Eigen::VectorXd t;
  if (rise > 0.0 && fall < 0.0) {
    t = up;
  } else if (rise < 0.0 && fall > 0.0) {
    t = down;
  } else {
    double const most = std::max(std::abs(rise), std::abs(fall)), least = std::min(std::abs(rise), std::abs(fall));
    t = rise > fall ? (most * up + least * down).eval() : (least * up + most * down).eval();
    if (most == 0.0) t = up + down;
  }
  double const length = t.norm();
  return length > 0.0 ? Eigen::VectorXd(t / length) : t;
}

double largest_force(Force const& force) {
  double most = 0.0;
  for (auto const& f : force) {
    most = std::max(most, f.reshaped(3, f.size() / 3).colwise().norm().maxCoeff());
  }
  return most;
}

std::size_t highest(BandState const& band) {
  return static_cast<std::size_t>(std::max_element(band.energy.begin(), band.energy.end()) - band.energy.begin());
}

Eigen::VectorXd joined(Force const& parts) {
  Eigen::Index const n = parts.front().size();
  Eigen::VectorXd all(n * std::ssize(parts));
  for (std::size_t k = 0; k < parts.size(); ++k) all.segment(static_cast<Eigen::Index>(k) * n, n) = parts[k];
  return all;
}

/// Inverse Hessian of the band's forces from its last moves, started from springs between near atoms.
class BandHessian {
 public:
  explicit BandHessian(SpringPreconditioner const& springs, Eigen::Index size) : springs_(springs), size_(size) {}

  Eigen::VectorXd apply(Eigen::VectorXd q) const {
    std::vector<double> alpha(pairs_.size());
    for (std::size_t k = pairs_.size(); k-- > 0;) {
      alpha[k] = pairs_[k].rho * pairs_[k].s.dot(q);
      q -= alpha[k] * pairs_[k].y;
    }
    q = scale_ * soften(q);
    for (std::size_t k = 0; k < pairs_.size(); ++k) q += (alpha[k] - pairs_[k].rho * pairs_[k].y.dot(q)) * pairs_[k].s;
    return q;
  }

  /// @param y how the force fell along the move s
  void learn(Eigen::VectorXd const& s, Eigen::VectorXd const& y) {
    double const curvature = s.dot(y);
    if (!(curvature > 1e-3 * s.norm() * y.norm())) return;
    pairs_.push_back({s, y, 1.0 / curvature});
    if (pairs_.size() > memory) pairs_.pop_front();
    scale_ = std::clamp(curvature / y.dot(soften(y)), 0.01, 1.0);
  }

  void forget() { pairs_.clear(); }

 private:
  static constexpr std::size_t memory = 25;
  struct Pair {
    Eigen::VectorXd s, y;
    double rho;
  };

  Eigen::VectorXd soften(Eigen::VectorXd const& q) const {
    Eigen::VectorXd z(q.size());
    for (Eigen::Index k = 0; k < q.size(); k += size_) z.segment(k, size_) = springs_.solve(q.segment(k, size_));
    return z;
  }

  SpringPreconditioner const& springs_;
  Eigen::Index size_;
  std::deque<Pair> pairs_;
  double scale_ = 0.1;  // [Å^2/eV]; an oxide spring, corrected by the first moves
};

/// The band while it moves: evaluates, chooses who climbs, knows when to stop.
class MovingBand {
 public:
  MovingBand(BandState& band, BandSurface const& surface, BandDescentOptions const& options)
      : band_(band), surface_(surface), options_(options) {
    evaluate();
  }

  Force const& force() const { return force_; }
  double fmax() const { return fmax_; }
  bool ended() const { return !reason_.empty(); }
  BandDescent result() const { return {reason_ == "converged", reason_, steps_, fmax_}; }

  /// Moves all images by `step`, shortened so that no atom goes farther than it may. @return the step taken
  Eigen::VectorXd move(Eigen::VectorXd step) {
    double const longest = step.reshaped(3, step.size() / 3).colwise().norm().maxCoeff();
    if (longest > options_.max_step) step *= options_.max_step / longest;
    if (options_.cancelled && options_.cancelled()) reason_ = "cancelled";
    if (!ended() && steps_ >= options_.max_steps) reason_ = "max_steps";
    if (ended()) return step;
    ++steps_;
    auto const n = band_.x.front().size();
    for (std::size_t k = 1; k + 1 < band_.x.size(); ++k) {
      band_.x[k] += step.segment(static_cast<Eigen::Index>(k - 1) * n, n);
    }
    evaluate();
    return step;
  }

 private:
  void evaluate() {
    std::vector<BandPoint> points(band_.x.size() - 2);
    try {
      parallel_for(points.size(), options_.threads, [&](std::size_t k) { points[k] = surface_(k, band_.x[k + 1]); });
    } catch (InputError const& error) {
      reason_ = std::string("refused_by_model: ") + error.what();
      return;
    }
    for (std::size_t k = 0; k < points.size(); ++k) {
      if (!std::isfinite(points[k].energy) || !points[k].gradient.allFinite()) {
        reason_ = "not_finite";
        return;
      }
      band_.energy[k + 1] = points[k].energy;
      band_.gradient[k + 1] = std::move(points[k].gradient);
    }
    judge();
  }

  void judge() {
    force_ = band_forces(band_, options_.spring, climbing_);
    fmax_ = largest_force(force_);
    auto const top = highest(band_);
    bool const inside = top > 0 && top + 1 < band_.x.size();
    if (inside && climbing_ != top && (climbing_ != 0 || fmax_ < options_.climb_below)) {
      climbing_ = top;
      force_ = band_forces(band_, options_.spring, climbing_);
      fmax_ = largest_force(force_);
    }
    bool const waits = options_.climb_below > 0.0 && inside && climbing_ == 0;
    if (fmax_ < options_.fmax && !waits) reason_ = "converged";
  }

  BandState& band_;
  BandSurface const& surface_;
  BandDescentOptions const& options_;
  Force force_;
  double fmax_ = 0.0;
  std::size_t climbing_ = 0;
  int steps_ = 0;
  std::string reason_;
};

/// Quasi-Newton moves until the band rests or has not come nearer to rest for a while.
void move_by_curvature(MovingBand& moving, SpringPreconditioner const& springs, Eigen::Index size) {
  constexpr int patience = 40;
  BandHessian hessian(springs, size);
  double least = moving.fmax();
  for (int since = 0; !moving.ended() && since < patience; ++since) {
    Eigen::VectorXd const force = joined(moving.force());
    Eigen::VectorXd step = hessian.apply(force);
    if (!(step.dot(force) > 0.0) || moving.fmax() > 20.0 * least) {
      hessian.forget();
      step = hessian.apply(force);
    }
    step = moving.move(std::move(step));
    if (moving.ended()) return;
    hessian.learn(step, force - joined(moving.force()));
    if (moving.fmax() < 0.9 * least) {
      least = moving.fmax();
      since = 0;
    }
  }
}

/// FIRE (E. Bitzek et al., Phys. Rev. Lett. 97, 170201 (2006)) with unit masses.
void move_by_inertia(MovingBand& moving) {
  constexpr double longest = 0.6;
  double dt = 0.1, mixing = 0.1;
  int downhill = 0;
  Eigen::VectorXd v = Eigen::VectorXd::Zero(joined(moving.force()).size());
  while (!moving.ended()) {
    Eigen::VectorXd const f = joined(moving.force());
    if (v.dot(f) > 0.0) {
      v = (1.0 - mixing) * v + mixing * v.norm() / f.norm() * f;
      if (++downhill > 5) {
        dt = std::min(1.1 * dt, longest);
        mixing *= 0.99;
      }
    } else {
      v.setZero();
      dt *= 0.5;
      mixing = 0.1;
      downhill = 0;
    }
    v += dt * f;
    v = moving.move(dt * v) / dt;
  }
}

}  // namespace

std::vector<Eigen::VectorXd> band_forces(BandState const& band, double spring, std::size_t climbing) {
  Force force;
  for (std::size_t i = 1; i + 1 < band.x.size(); ++i) {
    auto const t = tangent(band, i);
    double const along = band.gradient[i].dot(t);
    if (i == climbing) {
      force.emplace_back(2.0 * along * t - band.gradient[i]);
    } else {
      double const stretch = (band.x[i + 1] - band.x[i]).norm() - (band.x[i] - band.x[i - 1]).norm();
      force.emplace_back((along + spring * stretch) * t - band.gradient[i]);
    }
  }
  return force;
}

BandDescent settle_band(BandState& band, BandSurface const& surface, SpringPreconditioner const& springs,
                        BandDescentOptions const& options) {
  MovingBand moving(band, surface, options);
  move_by_curvature(moving, springs, band.x.front().size());
  if (!moving.ended()) move_by_inertia(moving);
  return moving.result();
}

}  // namespace nacre::detail
