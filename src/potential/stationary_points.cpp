#include <Eigen/LU>
#include <algorithm>
#include <array>
#include <cmath>
#include <complex>
#include <tuple>

#include "nacre/core/units.hpp"
#include "nacre/numerics/torus.hpp"
#include "nacre/potential/sliding_map.hpp"

namespace nacre {
namespace {

/// Real trigonometric polynomial through a periodic n x n grid, with its derivatives.
class Interpolation {
 public:
  Interpolation(int n, std::vector<double> const& values) {
    for (int p = -(n / 2); p <= n / 2; ++p) {
      for (int q = -(n / 2); q <= n / 2; ++q) {
        std::complex<double> sum = 0.0;
        for (int i = 0; i < n; ++i) {
          for (int j = 0; j < n; ++j) {
            double const phase = -2.0 * units::pi * static_cast<double>((p * i + q * j) % n) / n;
            sum += values[static_cast<std::size_t>(i * n + j)] * std::polar(1.0, phase);
          }
        }
        // the highest frequency of an even grid is met twice, from both sides
        double const share = (2 * std::abs(p) == n ? 0.5 : 1.0) * (2 * std::abs(q) == n ? 0.5 : 1.0);
        waves_.push_back({2.0 * units::pi * p, 2.0 * units::pi * q, share * sum / static_cast<double>(n * n)});
      }
    }
  }

  struct Local {
    double value = 0.0;
    Eigen::Vector2d gradient = Eigen::Vector2d::Zero();
    Eigen::Matrix2d curvature = Eigen::Matrix2d::Zero();
  };
  Local at(Eigen::Vector2d const& s) const {
    Local local;
    for (auto const& w : waves_) {
      auto const term = w.amplitude * std::polar(1.0, w.k * s[0] + w.l * s[1]);
      Eigen::Vector2d const wave(w.k, w.l);
      local.value += term.real();
      local.gradient -= term.imag() * wave;
      local.curvature -= term.real() * wave * wave.transpose();
    }
    return local;
  }

 private:
  struct Wave {
    double k, l;
    std::complex<double> amplitude;
  };
  std::vector<Wave> waves_;
};

constexpr double same_place = 1e-4;  ///< fractional distance of two that are one

double wrapped(double x) {
  double const y = x - std::floor(x);
  return y > 1.0 - 0.5 * same_place ? 0.0 : y;
}

/// Newton's method from a start; nothing if it runs away or ends where the map is not curved.
bool find_flat(Interpolation const& map, Eigen::Vector2d& s, double scale) {
  for (int k = 0; k < 50; ++k) {
    auto const local = map.at(s);
    double const determinant = local.curvature.determinant();
    if (std::abs(determinant) < 1e-12 * scale * scale) return false;
    Eigen::Vector2d step = -local.curvature.inverse() * local.gradient;
    if (step.norm() > 0.1) step *= 0.1 / step.norm();
    s += step;
    if (step.norm() < 1e-12) return true;
  }
  return false;
}

/// The minimum that steepest descent from a place ends in; -1 if it ends elsewhere.
int downhill(Interpolation const& map, Eigen::Vector2d s, std::vector<StationaryPoint> const& found) {
  constexpr double step = 2e-3;
  for (int k = 0; k < 5000; ++k) {
    for (std::size_t m = 0; m < found.size() && found[m].kind == StationaryPoint::Kind::minimum; ++m) {
      if (torus_difference(Eigen::Matrix2d::Identity(), s, found[m].shift).norm() < 2.0 * step) return static_cast<int>(m);
    }
    Eigen::Vector2d const gradient = map.at(s).gradient;
    if (!(gradient.norm() > 0.0)) return -1;
    s -= step * gradient.normalized();
  }
  return -1;
}

/// Both ways down from a saddle, along the direction in which the map curves downward.
std::array<int, 2> ways_down(Interpolation const& map, StationaryPoint const& saddle,
                             std::vector<StationaryPoint> const& found) {
  auto const c = map.at(saddle.shift).curvature;
  double const half = 0.5 * (c(0, 0) - c(1, 1)), lowest = 0.5 * c.trace() - std::hypot(half, c(0, 1));
  Eigen::Vector2d along(c(0, 1), lowest - c(0, 0));
  if (along.norm() < 1e-9 * c.norm()) along = c(0, 0) < c(1, 1) ? Eigen::Vector2d(1.0, 0.0) : Eigen::Vector2d(0.0, 1.0);
  along *= 0.01 / along.norm();
  std::array<int, 2> ends{downhill(map, saddle.shift + along, found), downhill(map, saddle.shift - along, found)};
  std::ranges::sort(ends);
  return ends;
}

StationaryPoint::Kind kind_of(Eigen::Matrix2d const& curvature) {
  if (curvature.determinant() < 0.0) return StationaryPoint::Kind::saddle;
  return curvature.trace() > 0.0 ? StationaryPoint::Kind::minimum : StationaryPoint::Kind::maximum;
}

}  // namespace

std::vector<StationaryPoint> stationary_points(int n, std::vector<double> const& values) {
  auto const [lowest, highest] = std::ranges::minmax(values);
  double const range = highest - lowest;
  if (n < 3 || !(range > 1e-9 * std::max(1.0, std::abs(highest)))) return {};  // flat everywhere
  Interpolation const map(n, values);
  std::vector<StationaryPoint> found;
  for (int i = 0; i < n; ++i) {
    for (int j = 0; j < n; ++j) {
      Eigen::Vector2d s = Eigen::Vector2d(i, j) / n;
      if (!find_flat(map, s, range)) continue;
      s = Eigen::Vector2d(wrapped(s[0]), wrapped(s[1]));
      bool const known = std::ranges::any_of(found, [&](auto const& other) {
        return torus_difference(Eigen::Matrix2d::Identity(), s, other.shift).norm() < same_place;
      });
      if (known) continue;
      auto const local = map.at(s);
      found.push_back({kind_of(local.curvature), s, local.value});
    }
  }
  auto const key = [&](StationaryPoint const& p) {
    return std::tuple(p.kind, std::round(p.per_area / range * 1e9), std::round(p.shift[0] * 1e6),
                      std::round(p.shift[1] * 1e6));
  };
  std::ranges::sort(found, {}, key);
  for (auto& point : found) {
    if (point.kind == StationaryPoint::Kind::saddle) point.minima = ways_down(map, point, found);
  }
  return found;
}

}  // namespace nacre
