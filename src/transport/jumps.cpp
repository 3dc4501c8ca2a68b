#include "nacre/transport/jumps.hpp"

#include <Eigen/LU>
#include <algorithm>
#include <array>
#include <cmath>
#include <limits>
#include <numeric>

#include "nacre/core/error.hpp"

namespace nacre {
namespace {

constexpr double averaging_ps = 1.0;
constexpr double jump_fraction = 0.7;   // of the hop length, where there are no sites
constexpr double gathered = 0.3;        // spread over radius below which positions gather; evenly spread ones: 0.5
constexpr double rare_visits = 0.02;    // share of the median
constexpr double fewest_settled = 0.1;  // share of positions that rest for 1 ps
constexpr std::array<double, 3> usual_radii_A{1.3, 0.8, 0.5};  // oxygen sites in oxides are 2.6 apart
constexpr double largest_radius_A = 4.0;
constexpr double usual_hop_length_A = 3.0;
constexpr std::size_t sampled_sites = 1000;  // for the shortest distance of neighbours
constexpr Eigen::Index sampled_ions = 400;   // for the typical distance of neighbours

double square(double x) { return x * x; }

/// Sites under construction: positions within a radius of the first one that came.
class Gathering {
 public:
  Gathering(IonPaths const& paths, double radius)
      : radius_(radius),
        leaders_(paths.lattice, paths.periodic, radius, radius),
        limit_(static_cast<int>(50 * paths.mobile() + 1000)) {}

  void add(Eigen::Vector3d const& position, bool rests) {
    ++seen_;
    if (!rests || overflow()) return;
    auto const near = leaders_.nearest(position, last_);
    int const site = near ? *near : leaders_.add(position);
    last_ = site;
    if (!near) members_.push_back({});
    auto& members = members_[static_cast<std::size_t>(site)];
    Eigen::Vector3d const offset = leaders_.difference(position, leaders_.site(site));
    members.count += 1.0;
    members.sum += offset;
    members.square += offset.squaredNorm();
  }

  /// Nothing if the positions are spread evenly, or hardly any rests.
  std::optional<SiteLattice> sites(IonPaths const& paths) const {
    double settled = 0.0, spread = 0.0;
    for (auto const& m : members_) {
      settled += m.count;
      spread += m.square - m.sum.squaredNorm() / m.count;
    }
    if (overflow() || members_.empty() || settled < fewest_settled * seen_) return std::nullopt;
    if (std::sqrt(std::max(0.0, spread) / settled) > gathered * radius_) return std::nullopt;
    return merged(paths);
  }
  double radius() const { return radius_; }

 private:
  bool overflow() const { return leaders_.size() > limit_; }

  /// The most visited sites; others nearer than 1.2 radii are parts of them, and rare ones are ions met on their way.
  SiteLattice merged(IonPaths const& paths) const {
    std::vector<std::size_t> order(members_.size());
    std::iota(order.begin(), order.end(), std::size_t{0});
    std::stable_sort(order.begin(), order.end(),
                     [&](std::size_t a, std::size_t b) { return members_[a].count > members_[b].count; });
    double const rare = rare_visits * members_[order[order.size() / 2]].count;
    SiteLattice result(paths.lattice, paths.periodic, 1.5 * radius_, 1.2 * radius_);
    for (auto const i : order) {
      Eigen::Vector3d const center = leaders_.site(static_cast<int>(i)) + members_[i].sum / members_[i].count;
      auto const near = result.nearest(center);
      bool const part = near && result.difference(center, result.site(*near)).norm() < 1.2 * radius_;
      if (!part && members_[i].count > rare) result.add(center);
    }
    return result;
  }
  struct Members {
    double count = 0.0, square = 0.0;
    Eigen::Vector3d sum = Eigen::Vector3d::Zero();
  };
  double radius_;
  SiteLattice leaders_;
  int limit_;
  std::vector<Members> members_;
  double seen_ = 0.0;
  std::optional<int> last_;  // the same ion comes several times in a row
};

/// f(ion, coarse path) for every mobile ion in order.
template <class Function>
void for_each_path(IonPaths const& paths, CoarseGrid const& grid, Function const& f) {
  auto const step = paths.ions_per_block();
  for (Eigen::Index first = 0; first < paths.mobile(); first += step) {
    auto const block = paths.read_mobile(first, std::min(step, paths.mobile() - first));
    for (Eigen::Index i = 0; i < block.ions(); ++i) f(first + i, coarse_path(block, i, grid));
  }
}

/// Median distance of a mobile ion to the nearest other one, at the start.
std::optional<double> neighbour_distance(IonPaths const& paths, CoarseGrid const& grid) {
  Eigen::Matrix3Xd start(3, paths.mobile());
  for_each_path(paths, grid, [&](Eigen::Index ion, Eigen::Matrix3Xd const& path) { start.col(ion) = path.col(0); });
  SiteLattice const metric(paths.lattice, paths.periodic, 1.0, 0.0);
  std::vector<double> nearest;
  auto const every = std::max<Eigen::Index>(1, paths.mobile() / sampled_ions);
  for (Eigen::Index i = 0; i < paths.mobile(); i += every) {
    double least = std::numeric_limits<double>::infinity();
    for (Eigen::Index j = 0; j < paths.mobile(); ++j)
      if (j != i) least = std::min(least, metric.difference(start.col(j), start.col(i)).squaredNorm());
    nearest.push_back(std::sqrt(least));
  }
  std::nth_element(nearest.begin(), nearest.begin() + static_cast<std::ptrdiff_t>(nearest.size() / 2), nearest.end());
  double const median = nearest[nearest.size() / 2];
  return std::isfinite(median) ? std::optional(median) : std::nullopt;
}

/// Half the distance of neighbouring sites, from several guesses: too large a radius joins sites, too small a one is
/// filled by vibrations, and both are seen in the spread.
std::vector<double> radii_to_try(IonPaths const& paths, CoarseGrid const& grid, std::optional<double> hop_length) {
  if (hop_length) return {0.5 * *hop_length};
  std::vector<double> radii;
  for (double radius = 0.5 * neighbour_distance(paths, grid).value_or(0.0); radius > usual_radii_A[0]; radius /= 1.6)
    radii.push_back(std::min(radius, largest_radius_A));
  radii.insert(radii.end(), usual_radii_A.begin(), usual_radii_A.end());
  return radii;
}

/// Site numbers in time; an average that has no site near keeps the last one.
std::vector<Jump> jumps_between_sites(Eigen::Index ion, Eigen::Matrix3Xd const& path, CoarseGrid const& grid,
                                      SiteLattice const& sites) {
  std::vector<int> at;
  std::optional<int> last;
  for (Eigen::Index s = 0; s < path.cols(); ++s) {
    auto const near = sites.nearest(path.col(s), last);
    at.push_back(near.value_or(-1));
    if (near) last = near;
  }
  std::vector<Jump> jumps;
  int home = -1;
  Eigen::Vector3d home_position = path.col(0);
  for (std::size_t s = 0; s + static_cast<std::size_t>(grid.settle) < at.size(); ++s) {
    if (at[s] < 0 || at[s] == home) continue;
    auto const first = at.begin() + static_cast<std::ptrdiff_t>(s);
    if (!std::all_of(first, first + grid.settle + 1, [&](int site) { return site == at[s]; })) continue;
    if (home >= 0) {
      auto const frame = static_cast<Eigen::Index>(s) * grid.stride + grid.window / 2;
      jumps.push_back({ion, frame, home_position, path.col(static_cast<Eigen::Index>(s) + grid.settle)});
    }
    home = at[s];
    home_position = path.col(static_cast<Eigen::Index>(s) + grid.settle);
  }
  return jumps;
}

std::vector<Jump> jumps_by_distance(Eigen::Index ion, Eigen::Matrix3Xd const& path, CoarseGrid const& grid,
                                    double hop_length) {
  std::vector<Jump> jumps;
  Eigen::Vector3d home = path.col(0);
  for (Eigen::Index s = 1; s + grid.settle < path.cols(); ++s) {
    auto const stay = path.middleCols(s, grid.settle + 1);
    if ((stay.colwise() - home).colwise().squaredNorm().minCoeff() <= square(jump_fraction * hop_length)) continue;
    Eigen::Vector3d const there = stay.col(grid.settle);
    double const hops = std::clamp(std::round((there - home).norm() / hop_length), 1.0, 1e6);
    jumps.push_back({ion, s * grid.stride + grid.window / 2, home, there, static_cast<int>(hops)});
    home = there;
    s += grid.settle;
  }
  return jumps;
}

}  // namespace

CoarseGrid::CoarseGrid(double interval_ps) {
  auto const whole = std::max(1.0, std::round(std::min(averaging_ps / interval_ps, 1e9)));
  window = static_cast<Eigen::Index>(whole);
  stride = std::max<Eigen::Index>(1, window / 2);
  settle = (window + stride - 1) / stride;
}

Eigen::Matrix3Xd coarse_path(PathBlock const& block, Eigen::Index ion, CoarseGrid const& grid) {
  Eigen::Matrix3Xd path(3, grid.samples(block.frames()));
  for (Eigen::Index k = 0; k < 3; ++k) {
    auto const component = block.component(ion, k);
    for (Eigen::Index s = 0; s < path.cols(); ++s) path(k, s) = component.segment(s * grid.stride, grid.window).mean();
  }
  return path;
}

SiteLattice::SiteLattice(Eigen::Matrix3d const& lattice, std::array<bool, 3> periodic, double reach, double separation)
    : lattice_(lattice), inverse_(lattice.inverse()), periodic_(periodic), reach_(reach), separation_(separation) {
  // bins no thinner than the reach: the height of the cell along k is 1/|row k of the inverse|
  for (int k = 0; k < 3; ++k) {
    double const fit = std::min(1.0 / (inverse_.row(k).norm() * reach), 1e6);
    bins_[k] = periodic[static_cast<std::size_t>(k)] ? std::max(1.0, std::floor(fit)) : fit;
  }
}

std::size_t SiteLattice::BinHash::operator()(Bin const& bin) const {
  std::size_t h = 0;
  for (int const k : bin) h = h * 0x9E3779B97F4A7C15ULL + static_cast<std::size_t>(static_cast<unsigned>(k)) + 1;
  return h;
}

SiteLattice::Bin SiteLattice::bin_of(Eigen::Vector3d const& fractional) const {
  Bin bin{};
  for (int k = 0; k < 3; ++k)
    bin[static_cast<std::size_t>(k)] = static_cast<int>(std::clamp(std::floor(fractional[k] * bins_[k]), -1e9, 1e9));
  return folded(bin);
}

SiteLattice::Bin SiteLattice::folded(Bin bin) const {
  for (std::size_t k = 0; k < 3; ++k) {
    int const n = static_cast<int>(bins_[static_cast<Eigen::Index>(k)]);
    if (periodic_[k]) bin[k] = ((bin[k] % n) + n) % n;
  }
  return bin;
}

int SiteLattice::add(Eigen::Vector3d const& position) {
  table_[bin_of(inverse_ * position)].push_back(size());
  sites_.push_back(position);
  return size() - 1;
}

Eigen::Vector3d SiteLattice::difference(Eigen::Vector3d const& to, Eigen::Vector3d const& from) const {
  Eigen::Vector3d fractional = inverse_ * (to - from);
  for (int k = 0; k < 3; ++k)
    if (periodic_[static_cast<std::size_t>(k)]) fractional[k] -= std::round(fractional[k]);
  return lattice_ * fractional;
}

std::optional<int> SiteLattice::nearest(Eigen::Vector3d const& position, std::optional<int> guess) const {
  if (guess && difference(position, site(*guess)).squaredNorm() < square(0.5 * separation_)) return guess;
  Bin const center = bin_of(inverse_ * position);
  std::optional<int> best;
  double least = square(reach_);
  std::array<Bin, 27> visited;
  std::size_t count = 0;
  for (int i = 0; i < 27; ++i) {
    Bin const bin = folded({center[0] + i % 3 - 1, center[1] + i / 3 % 3 - 1, center[2] + i / 9 - 1});
    if (std::find(visited.begin(), visited.begin() + count, bin) != visited.begin() + count) continue;  // few bins
    visited[count++] = bin;
    auto const found = table_.find(bin);
    if (found == table_.end()) continue;
    for (int const site : found->second) {
      double const distance = difference(position, sites_[static_cast<std::size_t>(site)]).squaredNorm();
      if (distance < least || (distance == least && best && site < *best)) {
        least = distance;
        best = site;
      }
    }
  }
  return best;
}

double SiteLattice::shortest_distance() const {
  double least = std::numeric_limits<double>::infinity();
  auto const every = std::max<std::size_t>(1, sites_.size() / sampled_sites);
  for (std::size_t i = 0; i < sites_.size(); i += every)
    for (std::size_t j = 0; j < sites_.size(); ++j)
      if (j != i) least = std::min(least, difference(sites_[j], sites_[i]).squaredNorm());
  return std::sqrt(least);
}

std::optional<SiteLattice> find_sites(IonPaths const& paths, std::optional<double> hop_length) {
  CoarseGrid const grid(paths.interval_ps);
  if (grid.samples(paths.frames()) <= grid.settle) return std::nullopt;
  std::vector<Gathering> tries;
  for (double const radius : radii_to_try(paths, grid, hop_length)) tries.emplace_back(paths, radius);
  for_each_path(paths, grid, [&](Eigen::Index, Eigen::Matrix3Xd const& path) {
    for (Eigen::Index s = 0; s + grid.settle < path.cols(); ++s) {
      double const moved = (path.col(s + grid.settle) - path.col(s)).norm();
      for (auto& gathering : tries) gathering.add(path.col(s), moved < 0.3 * gathering.radius());
    }
  });
  for (auto const& gathering : tries)
    if (auto sites = gathering.sites(paths)) return sites;
  return std::nullopt;
}

std::vector<Jump> find_jumps(IonPaths const& paths, SiteLattice const* sites, double hop_length) {
  require(hop_length > 0.0 && std::isfinite(hop_length), "invalid hop length ", hop_length, " A (must be positive)");
  CoarseGrid const grid(paths.interval_ps);
  std::vector<Jump> all;
  if (grid.samples(paths.frames()) == 0) return all;
  for_each_path(paths, grid, [&](Eigen::Index ion, Eigen::Matrix3Xd const& path) {
    auto const jumps = sites != nullptr ? jumps_between_sites(ion, path, grid, *sites)
                                        : jumps_by_distance(ion, path, grid, hop_length);
    all.insert(all.end(), jumps.begin(), jumps.end());
  });
  return all;
}

HopLength default_hop_length(IonPaths const& paths, SiteLattice const* sites) {
  if (sites != nullptr && sites->size() >= 2) return {sites->shortest_distance(), false};
  double const apart =
      paths.volume ? std::cbrt(*paths.volume / static_cast<double>(paths.mobile())) : usual_hop_length_A;
  return {std::min(apart, usual_hop_length_A), true};
}

}  // namespace nacre
