#include "radial_table.hpp"

#include <algorithm>
#include <array>
#include <cmath>
#include <numbers>

namespace nacre::detail {
namespace {

constexpr int fine_intervals = 128, coarse_intervals = 96;  ///< below and above a quarter of the cutoff

/// Functions of the distance (columns) at several distances (rows): value, slope, curvature.
using Jet = std::array<RowMatrix, 3>;

/// sin(w r)/r and its derivatives; a series where r is small.
std::array<double, 3> sine_over(double w, double r) {
  double const x = w * r;
  if (x < 0.1) {
    double const x2 = x * x;
    return {w * (1 - x2 / 6 * (1 - x2 / 20 * (1 - x2 / 42))), -w * w * x / 3 * (1 - x2 / 10 * (1 - x2 / 28)),
            -w * w * w / 3 * (1 - 3 * x2 / 10 * (1 - 5 * x2 / 84))};
  }
  double const s = std::sin(x), c = std::cos(x);
  return {s / r, (w * c - s / r) / r, (-w * w * s - 2 * w * c / r + 2 * s / (r * r)) / r};
}

/// 1 - (p+1)(p+2)/2 u^p + p(p+2) u^(p+1) - p(p+1)/2 u^(p+2), u = r/cutoff.
std::array<double, 3> envelope(double p, double cutoff, double r) {
  double const u = r / cutoff;
  if (u >= 1.0) return {0.0, 0.0, 0.0};
  double const a = -(p + 1) * (p + 2) / 2, b = p * (p + 2), c = -p * (p + 1) / 2, power = std::pow(u, p - 2);
  return {1 + power * u * u * (a + u * (b + u * c)),
          power * u * (a * p + u * (b * (p + 1) + u * c * (p + 2))) / cutoff,
          power * (a * p * (p - 1) + u * (b * (p + 1) * p + u * c * (p + 2) * (p + 1))) / (cutoff * cutoff)};
}

/// b_k = 2/cutoff sin(k pi r/cutoff)/r times the envelope, k = 1, 2, ...
Jet basis(NequixModel const& model, Eigen::Index count, std::vector<double> const& distances) {
  Jet jet;
  jet.fill(RowMatrix(static_cast<Eigen::Index>(distances.size()), count));
  for (std::size_t i = 0; i < distances.size(); ++i) {
    auto const f = envelope(model.envelope, model.cutoff, distances[i]);
    for (Eigen::Index k = 0; k < count; ++k) {
      auto const g = sine_over(static_cast<double>(k + 1) * std::numbers::pi / model.cutoff, distances[i]);
      auto const row = static_cast<Eigen::Index>(i);
      double const norm = 2.0 / model.cutoff;
      jet[0](row, k) = norm * f[0] * g[0];
      jet[1](row, k) = norm * (f[1] * g[0] + f[0] * g[1]);
      jet[2](row, k) = norm * (f[2] * g[0] + 2 * f[1] * g[1] + f[0] * g[2]);
    }
  }
  return jet;
}

Jet times(Jet const& jet, RowMatrix const& weights) { return {jet[0] * weights, jet[1] * weights, jet[2] * weights}; }

/// x sigma(x) of every entry.
void apply_silu(Jet& jet) {
  for (Eigen::Index k = 0; k < jet[0].size(); ++k) {
    double& x = jet[0].data()[k];
    double &dx = jet[1].data()[k], &ddx = jet[2].data()[k];
    double const s = 1.0 / (1.0 + std::exp(-x)), q = s * (1.0 - s);
    double const first = s + x * q, second = 2.0 * q + x * q * (1.0 - 2.0 * s);
    ddx = first * ddx + second * dx * dx;
    dx *= first;
    x *= s;
  }
}

Jet network(NequixModel const& model, NequixLayer const& layer, std::vector<double> const& distances) {
  auto jet = times(basis(model, layer.radial[0].rows(), distances), layer.radial[0]);
  apply_silu(jet);
  jet = times(jet, layer.radial[1]);
  apply_silu(jet);
  return times(jet, layer.radial[2]);
}

}  // namespace

RowMatrix radial_network(NequixModel const& model, NequixLayer const& layer, std::vector<double> const& distances) {
  return network(model, layer, distances)[0];
}

RadialTable::RadialTable(NequixModel const& model, NequixLayer const& layer, std::vector<int> const& columns, int width)
    : width_(width) {
  RadialGrid const grid(model.cutoff);
  std::vector<double> distances;
  for (int k = 0; k < RadialGrid::knots(); ++k) distances.push_back(grid.knot(k));
  auto const jet = network(model, layer, distances);
  table_.assign(distances.size() * 3 * static_cast<std::size_t>(width), 0.0f);
  for (std::size_t k = 0; k < distances.size(); ++k) {
    for (std::size_t order = 0; order < 3; ++order) {
      auto* const row = table_.data() + (k * 3 + order) * static_cast<std::size_t>(width);
      for (std::size_t c = 0; c < columns.size(); ++c) {
        auto const x = jet[order](static_cast<Eigen::Index>(k), static_cast<Eigen::Index>(c));
        if (columns[c] >= 0) row[columns[c]] = static_cast<float>(x);
      }
    }
  }
}

RadialGrid::RadialGrid(double cutoff) : coarse_(0.75 * cutoff / coarse_intervals), fine_(0.25 * cutoff / fine_intervals) {}

int RadialGrid::knots() { return fine_intervals + coarse_intervals + 1; }

double RadialGrid::knot(int index) const {
  return index <= fine_intervals ? index * fine_ : fine_intervals * fine_ + (index - fine_intervals) * coarse_;
}

int RadialGrid::interval(double distance) const {
  double const border = fine_intervals * fine_;
  if (distance < border) return std::min(static_cast<int>(distance / fine_), fine_intervals - 1);
  return fine_intervals + std::min(static_cast<int>((distance - border) / coarse_), coarse_intervals - 1);
}

RadialGrid::Place RadialGrid::place(double distance) const {
  int const index = interval(distance);
  double const h = index < fine_intervals ? fine_ : coarse_;
  double const t = (distance - knot(index)) / h, t2 = t * t, t3 = t2 * t, t4 = t3 * t, t5 = t4 * t;
  double const up = 10 * t3 - 15 * t4 + 6 * t5, dup = (30 * t2 - 60 * t3 + 30 * t4) / h;
  std::array<double, 6> const value{1 - up,
                                    h * (t - 6 * t3 + 8 * t4 - 3 * t5),
                                    h * h * 0.5 * (t2 - 3 * t3 + 3 * t4 - t5),
                                    up,
                                    h * (-4 * t3 + 7 * t4 - 3 * t5),
                                    h * h * 0.5 * (t3 - 2 * t4 + t5)};
  std::array<double, 6> const slope{-dup,
                                    1 - 18 * t2 + 32 * t3 - 15 * t4,
                                    h * 0.5 * (2 * t - 9 * t2 + 12 * t3 - 5 * t4),
                                    dup,
                                    -12 * t2 + 28 * t3 - 15 * t4,
                                    h * 0.5 * (3 * t2 - 8 * t3 + 5 * t4)};
  Place place{index, {}, {}};
  for (std::size_t k = 0; k < 6; ++k) {
    place.value[k] = static_cast<float>(value[k]);
    place.slope[k] = static_cast<float>(slope[k]);
  }
  return place;
}

}  // namespace nacre::detail
