#include "nacre/stack/planar_profile.hpp"

#include <Eigen/Geometry>
#include <algorithm>
#include <cmath>
#include <numeric>

#include "nacre/core/error.hpp"
#include "nacre/core/units.hpp"

namespace nacre {
namespace {

constexpr double least_vacuum = 8.0;  // for a level [Å]
constexpr double tail = 2.5;          // in which a surface's potential falls off [Å]
constexpr double window = 1.0;        // that a level is read off [Å]

double wrapped(double x, double period) {
  double const r = x - period * std::floor(x / period);
  return r < period ? r : 0.0;
}

/// The region left when a ring of marked heights is cut at its widest empty arc.
std::optional<Region> region_of(std::vector<double> heights, double origin, double period) {
  if (heights.empty()) return {};
  for (double& z : heights) z = wrapped(z - origin, period);
  std::ranges::sort(heights);
  std::size_t first = 0;
  double widest = heights.front() + period - heights.back();
  for (std::size_t k = 1; k < heights.size(); ++k) {
    if (heights[k] - heights[k - 1] <= widest + 1e-9) continue;
    widest = heights[k] - heights[k - 1];
    first = k;
  }
  double const low = heights[first] - (first > 0 ? period : 0.0);
  return Region{origin + low, origin + low + period - widest, widest};
}

/// Value at a height, linear between planes.
double value_at(PlanarProfile const& profile, double z) {
  auto const n = profile.values.size();
  double const x = wrapped(z - profile.first, profile.period) / profile.step();
  auto const k = std::min(static_cast<Eigen::Index>(x), n - 1);
  double const t = x - static_cast<double>(k);
  return (1.0 - t) * profile.values[k] + t * profile.values[(k + 1) % n];
}

}  // namespace

PlanarProfile planar_average(CubeFile const& cube, int axis) {
  require(axis >= 0 && axis <= 2, "invalid axis ", axis, " (0, 1 or 2)");
  int const i = (axis + 1) % 3, j = (axis + 2) % 3;
  PlanarProfile profile;
  Eigen::Vector3d const normal = cube.crystal.lattice.col(i).cross(cube.crystal.lattice.col(j));
  profile.area = normal.norm();
  profile.normal = normal / profile.area;
  if (profile.normal.dot(cube.crystal.lattice.col(axis)) < 0.0) profile.normal = -profile.normal;
  profile.period = profile.normal.dot(cube.crystal.lattice.col(axis));
  profile.first = profile.normal.dot(cube.origin);
  auto const n = cube.points;
  profile.values.setZero(n[static_cast<std::size_t>(axis)]);
  std::size_t next = 0;
  for (int a = 0; a < n[0]; ++a) {
    for (int b = 0; b < n[1]; ++b) {
      for (int c = 0; c < n[2]; ++c) profile.values[axis == 0 ? a : axis == 1 ? b : c] += cube.values[next++];
    }
  }
  profile.values *= static_cast<double>(profile.values.size()) / static_cast<double>(cube.values.size());
  return profile;
}

double integral(PlanarProfile const& profile, double from, double to) {
  double const step = profile.step();
  auto const n = profile.values.size();
  // Cell k reaches from k - 1/2 to k + 1/2 in units of steps.
  auto const until = [&](double z) {
    double const x = (z - profile.first) / step + 0.5, whole = std::floor(x);
    double const turns = std::floor(whole / static_cast<double>(n));
    auto const k = static_cast<Eigen::Index>(whole - turns * static_cast<double>(n));
    return turns * profile.values.sum() + profile.values.head(k).sum() + (x - whole) * profile.values[k];
  };
  return step * (until(to) - until(from));
}

PlanarProfile smoothed(PlanarProfile const& profile, double window_A) {
  require(window_A > 0.0 && window_A <= profile.period, "invalid window ", window_A, " A (above 0, at most the period ",
          profile.period, " A)");
  PlanarProfile result = profile;
  for (Eigen::Index k = 0; k < profile.values.size(); ++k) {
    double const z = profile.height(k);
    result.values[k] = integral(profile, z - 0.5 * window_A, z + 0.5 * window_A) / window_A;
  }
  return result;
}

std::optional<Region> occupied_region(PlanarProfile const& profile, Eigen::Matrix3Xd const& positions) {
  std::vector<double> heights;
  for (Eigen::Index i = 0; i < positions.cols(); ++i) heights.push_back(profile.normal.dot(positions.col(i)));
  return region_of(std::move(heights), profile.first, profile.period);
}

std::optional<Region> occupied_region(PlanarProfile const& density, double share) {
  double const limit = share * density.values.cwiseAbs().maxCoeff();
  std::vector<double> heights;
  for (Eigen::Index k = 0; k < density.values.size(); ++k) {
    if (std::abs(density.values[k]) > limit) heights.push_back(density.height(k));
  }
  return region_of(std::move(heights), density.first, density.period);
}

PoissonStep poisson_step(PlanarProfile const& density, double middle_of_vacuum) {
  auto const n = density.values.size();
  double const step = density.step();
  double const k4pi = 4.0 * units::pi * units::coulomb_eV_A;  // 1/eps0 [V Å/e]
  PoissonStep result;
  result.charge = density.values.sum() * step * density.area;
  double const positive = density.values.cwiseMax(0.0).sum() * step * density.area;
  require(std::abs(result.charge) <= std::max(1e-3, 1e-6 * positive), "total charge ", result.charge,
          " e (a slab without a field outside is neutral; is the density of electrons or a reference missing?)");
  auto const begin =
      static_cast<Eigen::Index>(std::ceil(wrapped(middle_of_vacuum - density.first, density.period) / step - 1e-9)) % n;
  result.first = density.height(begin);
  result.potential.resize(n);
  // Planes of charge: the field jumps at each, the potential is straight between them.
  double const background = density.values.sum() / static_cast<double>(n);
  double below = 0.0, phi = 0.0;  // charge per area below the plane [e/Å^2]
  for (Eigen::Index k = 0; k < n; ++k) {
    double const sheet = (density.values[(begin + k) % n] - background) * step;
    result.potential[k] = phi;
    result.dipole += sheet * step * static_cast<double>(k);
    below += sheet;
    phi -= k4pi * below * step;
  }
  result.step = k4pi * result.dipole;
  return result;
}

VacuumLevels vacuum_levels(PlanarProfile const& potential, Region const& slab) {
  require(slab.vacuum >= least_vacuum, "the vacuum is ", slab.vacuum, " A wide (a level needs ", least_vacuum, " A)");
  auto const flattest = [&](double from, double to) {
    double const step = std::min(potential.step(), 0.05);
    double best = 0.0, least = std::numeric_limits<double>::infinity();
    for (double z = from; z + window <= to + 1e-9; z += step) {
      double low = std::numeric_limits<double>::infinity(), high = -low, sum = 0.0;
      int count = 0;
      for (double x = z; x <= z + window + 1e-9; x += step, ++count) {
        double const v = value_at(potential, x);
        low = std::min(low, v);
        high = std::max(high, v);
        sum += v;
      }
      if (high - low < least - 1e-12) {
        least = high - low;
        best = sum / count;
      }
    }
    return std::pair(best, least);
  };
  auto const above = flattest(slab.high + tail, slab.high + 0.5 * slab.vacuum);
  auto const below = flattest(slab.low - 0.5 * slab.vacuum, slab.low - tail);
  return {below.first, above.first, std::max(above.second, below.second)};
}

}  // namespace nacre
