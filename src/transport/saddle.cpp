#include "nacre/transport/saddle.hpp"

#include <algorithm>
#include <cmath>
#include <vector>

#include "nacre/numerics/linalg.hpp"

namespace nacre {
namespace {

constexpr double longest_step_A = 0.1;
constexpr double flattest_curvature = 1e-4;  // [eV/Å^2]: a softer mode is walked along as if it were so stiff
constexpr double path_spacing_A = 0.05;
constexpr double same_energy_eV = 1e-9;

Eigen::Vector3d limited(Eigen::Vector3d const& step, double longest) {
  double const length = step.norm();
  return length > longest ? Eigen::Vector3d(step * (longest / length)) : step;
}

/// Newton step in the modes of the Hessian, against the slope; along the first `uphill` modes with it.
Eigen::Vector3d newton_step(SymmetricEigen const& modes, Eigen::Vector3d const& gradient, int uphill) {
  Eigen::Vector3d step = Eigen::Vector3d::Zero();
  for (int k = 0; k < 3; ++k) {
    Eigen::Vector3d const mode = modes.vectors.col(k);
    double const push = mode.dot(gradient) / std::max(std::abs(modes.values[k]), flattest_curvature);
    step += (k < uphill ? push : -push) * mode;
  }
  return step;
}

/// The closed path at short distances, with energies; index n is the image of index 0.
class SampledPath {
 public:
  SampledPath(SiteEnergy const& field, Eigen::Matrix3Xd const& path)
      : period_(path.rightCols<1>() - path.leftCols<1>()) {
    for (Eigen::Index k = 0; k + 1 < path.cols(); ++k) {
      Eigen::Vector3d const piece = path.col(k + 1) - path.col(k);
      int const parts = std::max(1, static_cast<int>(std::ceil(piece.norm() / path_spacing_A)));
      for (int i = 0; i < parts; ++i) {
        points_.emplace_back(path.col(k) + piece * (static_cast<double>(i) / parts));
        energies_.push_back(field.energy(points_.back()));
      }
    }
  }

  /// Where the path is higher than on both sides, highest first.
  std::vector<int> bumps() const {
    std::vector<int> found;
    for (int i = 0; i < size(); ++i)
      if (energy(i) >= energy(i - 1) && energy(i) > energy(i + 1)) found.push_back(i);
    std::stable_sort(found.begin(), found.end(), [this](int a, int b) { return energy(a) > energy(b); });
    return found;
  }

  /// From the path's minimum before a bump to the one behind it.
  std::vector<Eigen::Vector3d> stretch(int bump) const {
    int first = bump, last = bump;
    while (bump - first < size() && energy(first - 1) <= energy(first)) --first;
    while (last - bump < size() && energy(last + 1) <= energy(last)) ++last;
    std::vector<Eigen::Vector3d> points;
    for (int i = first; i <= last; ++i) points.push_back(position(i));
    return points;
  }

  /// What the path can reach between the samples around a bump.
  double ceiling(int bump) const {
    return 2.0 * energy(bump) - std::min(energy(bump - 1), energy(bump + 1)) + same_energy_eV;
  }

  double energy(int i) const { return energies_[wrapped(i)]; }
  Eigen::Vector3d position(int i) const {
    double const turns = std::floor(static_cast<double>(i) / size());
    return points_[wrapped(i)] + turns * period_;
  }

 private:
  int size() const { return static_cast<int>(points_.size()); }
  std::size_t wrapped(int i) const { return static_cast<std::size_t>((i % size() + size()) % size()); }

  Eigen::Vector3d period_;
  std::vector<Eigen::Vector3d> points_;
  std::vector<double> energies_;
};

/// As many points at equal distances along the line through `points`.
std::vector<Eigen::Vector3d> spread_evenly(std::vector<Eigen::Vector3d> const& points, int count) {
  std::vector<double> length{0.0};
  for (std::size_t i = 1; i < points.size(); ++i) length.push_back(length.back() + (points[i] - points[i - 1]).norm());
  std::vector<Eigen::Vector3d> result;
  std::size_t piece = 1;
  for (int k = 0; k < count; ++k) {
    double const at = length.back() * k / (count - 1);
    while (piece + 1 < points.size() && length[piece] < at) ++piece;
    double const part = (at - length[piece - 1]) / std::max(length[piece] - length[piece - 1], 1e-12);
    result.push_back(points[piece - 1] + std::clamp(part, 0.0, 1.0) * (points[piece] - points[piece - 1]));
  }
  return result;
}

/// The simplified string method (W. E, W. Ren, E. Vanden-Eijnden, J. Chem. Phys. 126, 164103 (2007)): images slide
/// downhill and are spread evenly again. @return the highest image
Eigen::Vector3d top_of_string(SiteEnergy const& field, std::vector<Eigen::Vector3d> const& points) {
  constexpr int images = 25, sweeps = 150;
  constexpr double mobility = 0.01, longest = 0.03;  // [Å^2/eV], [Å]
  auto line = spread_evenly(points, images);
  for (int sweep = 0; sweep < sweeps; ++sweep) {
    for (auto& x : line) x += limited(-mobility * field.derivatives(x).gradient, longest);
    line = spread_evenly(line, images);
  }
  return *std::max_element(line.begin(), line.end(),
                           [&](auto const& a, auto const& b) { return field.energy(a) < field.energy(b); });
}

/// The saddle under a bump: from its top if that works, else from the top of the relaxed stretch of the path.
std::optional<StationaryPoint> saddle_under(SiteEnergy const& field, SampledPath const& path, int bump,
                                            StationaryOptions const& options) {
  double const ceiling = path.ceiling(bump);
  auto saddle = find_saddle(field, path.position(bump), options);
  if (saddle && saddle->energy <= ceiling) return saddle;
  saddle = find_saddle(field, top_of_string(field, path.stretch(bump)), options);
  return saddle && saddle->energy <= ceiling ? saddle : std::nullopt;
}

}  // namespace

std::optional<StationaryPoint> find_minimum(SiteEnergy const& field, Eigen::Vector3d const& start,
                                            StationaryOptions const& options) {
  Eigen::Vector3d x = start;
  double longest = longest_step_A;
  auto here = field.derivatives(x);
  for (int n = 0; n < options.max_steps; ++n) {
    if (!std::isfinite(here.energy) || (x - start).norm() > options.max_distance) return std::nullopt;
    if (here.gradient.norm() < options.force) return StationaryPoint{x, here.energy};
    Eigen::Vector3d const step = limited(newton_step(symmetric_eigen(here.hessian), here.gradient, 0), longest);
    auto const there = field.derivatives(x + step);
    if (there.energy > here.energy + same_energy_eV) {
      longest = 0.25 * step.norm();
      if (longest < 1e-10) return std::nullopt;
      continue;
    }
    x += step;
    here = there;
    longest = std::min(longest_step_A, 2.0 * longest);
  }
  return std::nullopt;
}

std::optional<StationaryPoint> find_saddle(SiteEnergy const& field, Eigen::Vector3d const& start,
                                           StationaryOptions const& options) {
  Eigen::Vector3d x = start;
  for (int n = 0; n < options.max_steps; ++n) {
    auto const here = field.derivatives(x);
    if (!std::isfinite(here.energy) || (x - start).norm() > options.max_distance) return std::nullopt;
    auto const modes = symmetric_eigen(here.hessian);
    if (here.gradient.norm() < options.force) {
      bool const saddle = modes.values[0] < 0.0 && modes.values[1] >= 0.0;
      return saddle ? std::optional(StationaryPoint{x, here.energy}) : std::nullopt;
    }
    x += limited(newton_step(modes, here.gradient, 1), longest_step_A);
  }
  return std::nullopt;
}

std::optional<StationaryPoint> highest_saddle(SiteEnergy const& field, Eigen::Matrix3Xd const& path,
                                              StationaryOptions const& options) {
  SampledPath const samples(field, path);
  std::optional<StationaryPoint> highest;
  for (int const bump : samples.bumps()) {
    if (highest && samples.ceiling(bump) <= highest->energy) continue;
    auto const saddle = saddle_under(field, samples, bump, options);
    if (!saddle) return std::nullopt;
    if (!highest || saddle->energy > highest->energy) highest = saddle;
  }
  return highest;
}

}  // namespace nacre
