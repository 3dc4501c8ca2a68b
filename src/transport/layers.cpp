#include "nacre/transport/layers.hpp"

#include <Eigen/Geometry>
#include <algorithm>
#include <cmath>
#include <limits>
#include <map>

#include "nacre/core/error.hpp"

namespace nacre {
namespace {

constexpr double infinite = std::numeric_limits<double>::infinity();
constexpr double largest_slide_A = 0.5;
constexpr double commitment_ps = 5.0;
constexpr double averaging_ps = 1.0;
constexpr double upper_limit_of_none = 3.0;  // crossings at 95 %, definitions.md 8
constexpr double own_plane_A = 0.2;          // a site nearer to a contact is not beyond it

Eigen::Index frames_in(double duration_ps, double interval_ps) {
  return std::max<Eigen::Index>(1,
                                static_cast<Eigen::Index>(std::ceil(std::min(duration_ps / interval_ps, 1e12) - 1e-9)));
}

/// Running means over `window` frames (the ends: over what there is), in time linear in the frames.
Eigen::VectorXd running_mean(Eigen::VectorXd const& values, Eigen::Index window) {
  auto const n = values.size();
  Eigen::VectorXd totals(n + 1), mean(n);
  totals[0] = 0.0;
  double const middle = values.mean();  // totals of deviations keep their digits
  for (Eigen::Index k = 0; k < n; ++k) totals[k + 1] = totals[k] + (values[k] - middle);
  for (Eigen::Index k = 0; k < n; ++k) {
    auto const first = std::max<Eigen::Index>(0, k - window / 2), last = std::min(n, k - window / 2 + window);
    mean[k] = middle + (totals[last] - totals[first]) / static_cast<double>(last - first);
  }
  return mean;
}

/// Mean displacement of every layer's framework from its own mean position, one matrix (3 x frames) a layer.
std::vector<Eigen::Matrix3Xd> layer_motion(IonPaths const& paths, ContactPlanes const& planes) {
  auto const layers = static_cast<std::size_t>(planes.layers());
  std::vector<Eigen::Matrix3Xd> motion(layers, Eigen::Matrix3Xd::Zero(3, paths.frames()));
  std::vector<double> counts(layers, 0.0);
  std::vector<std::size_t> home;
  for (Eigen::Index i = 0; i < paths.framework(); ++i) {
    home.push_back(static_cast<std::size_t>(planes.layer_at(paths.framework_mean(2, i))));
    counts[home.back()] += 1.0;
  }
  for (Eigen::Index frame = 0; frame < paths.frames() && paths.framework() > 0; ++frame) {
    auto const positions = paths.read_framework(frame);
    for (Eigen::Index i = 0; i < positions.cols(); ++i) {
      auto const layer = home[static_cast<std::size_t>(i)];
      motion[layer].col(frame) += (positions.col(i) - paths.framework_mean.col(i)) / counts[layer];
    }
  }
  return motion;
}

/// Largest relative displacement since the start, of 1 ps averages: thermal motion of small sublattices is no sliding.
double largest_slide(std::vector<Eigen::Matrix3Xd> const& motion, double interval_ps) {
  auto const window = frames_in(averaging_ps, interval_ps);
  double largest = 0.0;
  for (std::size_t a = 0; a < motion.size(); ++a)
    for (std::size_t b = a + 1; b < motion.size(); ++b) {
      Eigen::Matrix3Xd relative = motion[a] - motion[b];
      for (int k = 0; k < 3; ++k) relative.row(k) = running_mean(relative.row(k).transpose(), window).transpose();
      largest = std::max(largest, (relative.colwise() - Eigen::Vector3d(relative.col(0))).colwise().norm().maxCoeff());
    }
  return largest;
}

/// Distance beyond each contact, above and below, at which an ion has reached the first plane of sites: half way to it.
struct Reach {
  double above = 0.0, below = 0.0;
};
std::vector<Reach> reach_of(ContactPlanes const& planes, SiteLattice const* sites) {
  std::vector<Reach> reach(planes.heights().size());
  if (sites == nullptr) return reach;
  for (std::size_t c = 0; c < reach.size(); ++c) {
    double above = infinite, below = infinite;
    for (int i = 0; i < sites->size(); ++i) {
      double d = sites->site(i).z() - planes.heights()[c];
      if (std::isfinite(planes.period())) d -= planes.period() * std::round(d / planes.period());
      if (d > own_plane_A) above = std::min(above, d);
      if (d < -own_plane_A) below = std::min(below, -d);
    }
    reach[c] = {std::isfinite(above) ? 0.5 * above : 0.0, std::isfinite(below) ? 0.5 * below : 0.0};
  }
  return reach;
}

struct Crossing {
  int contact;
  bool up;
  Eigen::Index frame;
};

/// Committed crossings of one ion: it reaches the far side and does not come back over the contact for 5 ps.
std::vector<Crossing> crossings_of(Eigen::VectorXd const& height, ContactPlanes const& planes,
                                   std::vector<Reach> const& reach, Eigen::Index stay) {
  std::vector<std::int64_t> level;
  for (Eigen::Index k = 0; k < height.size(); ++k) level.push_back(planes.level(height[k]));
  std::vector<Crossing> found;
  auto home = level.front();
  for (std::size_t k = 1; k + static_cast<std::size_t>(stay) < level.size(); ++k) {
    if (level[k] == home) continue;
    bool const up = level[k] > home;
    auto const lower = up ? home : home - 1;  // the contact lies between lower and lower + 1
    auto const contact = planes.contact_above(lower);
    auto const& needed = reach[static_cast<std::size_t>(contact)];
    double const beyond = height[static_cast<Eigen::Index>(k)] - planes.height_above(lower);
    if (up ? beyond < needed.above : -beyond < needed.below) continue;
    auto const first = level.begin() + static_cast<std::ptrdiff_t>(k);
    bool const stays = std::all_of(first, first + stay + 1, [&](auto at) { return up ? at > home : at < home; });
    if (!stays) continue;
    found.push_back({contact, up, static_cast<Eigen::Index>(k)});
    home = up ? home + 1 : home - 1;
    --k;  // it may be farther than one layer already
  }
  return found;
}

double sample_error(std::vector<double> const& values) {
  auto const n = static_cast<double>(values.size());
  double mean = 0.0, square = 0.0;
  for (double const v : values) mean += v / n;
  for (double const v : values) square += (v - mean) * (v - mean);
  return n > 1.0 ? std::sqrt(square / (n - 1.0) / n) : 0.0;
}

/// Counts crossings and turns them into fluxes.
class ExchangeCounter {
 public:
  ExchangeCounter(IonPaths const& paths, ContactPlanes const& planes, int blocks)
      : planes_(planes),
        stay_(frames_in(commitment_ps, paths.interval_ps)),
        observed_(std::max<Eigen::Index>(0, paths.frames() - 1 - stay_)),
        observed_ns_(static_cast<double>(observed_) * paths.interval_ps * 1e-3),
        blocks_(blocks),
        counts_(planes.heights().size(), std::vector<double>(static_cast<std::size_t>(blocks), 0.0)),
        contacts_(planes.heights().size()) {}

  Eigen::Index stay() const { return stay_; }

  void add(std::vector<Crossing> const& crossings) {
    for (auto const& crossing : crossings) {
      auto const c = static_cast<std::size_t>(crossing.contact);
      ++(crossing.up ? contacts_[c].up : contacts_[c].down);
      auto const block =
          std::min<Eigen::Index>(blocks_ - 1, (crossing.frame - 1) * blocks_ / std::max<Eigen::Index>(1, observed_));
      counts_[c][static_cast<std::size_t>(block)] += 1.0;
    }
  }

  std::vector<ContactExchange> finish() {
    double const exposure = 2.0 * planes_.area() * observed_ns_;  // both directions are averaged
    for (std::size_t c = 0; c < contacts_.size(); ++c) {
      auto& contact = contacts_[c];
      contact.height = planes_.heights()[c];
      contact.below = planes_.layer_at(std::nextafter(contact.height, -infinite));
      contact.above = planes_.layer_at(contact.height);
      auto const count = static_cast<double>(contact.up + contact.down);
      if (exposure <= 0.0) continue;
      if (count == 0.0) {
        contact.j0_upper = upper_limit_of_none / exposure;
        continue;
      }
      double const scatter = static_cast<double>(blocks_) * sample_error(counts_[c]);  // of the total
      contact.j0 = count / exposure;
      contact.j0_error = std::max(std::sqrt(count), scatter) / exposure;
    }
    return contacts_;
  }

 private:
  ContactPlanes const& planes_;
  Eigen::Index stay_, observed_;
  double observed_ns_;
  int blocks_;
  std::vector<std::vector<double>> counts_;
  std::vector<ContactExchange> contacts_;
};

/// Sums of the stretches that ions spend in layers, one accumulator a layer.
class SurvivorSums {
 public:
  SurvivorSums(IonPaths const& paths, ContactPlanes const& planes, LayerOptions const& options)
      : planes_(planes), options_(options), motion_(layer_motion(paths, planes)), frames_(paths.frames()) {
    block_frames_ = options.by_ion ? frames_ : frames_ / options.blocks;
    for (int l = 0; l < planes.layers(); ++l) {
      moments_.emplace_back(block_frames_, options.window.last);
      layers_.push_back({planes.bounds(l)[0], planes.bounds(l)[1], 0.0, 0, {}, 0.0});
      layers_.back().blocks.resize(static_cast<std::size_t>(options.blocks));
    }
  }
  std::vector<Eigen::Matrix3Xd> const& motion() const { return motion_; }

  /// Stretches of an ion within frames first .. first + block_frames.
  void add(PathBlock const& block, Eigen::Index ion, Eigen::Index first) {
    auto const height = block.component(ion, 2);
    auto const last = first + block_frames_;
    for (Eigen::Index begin = first; begin < last;) {
      auto const level = planes_.level(height[begin]);
      auto end = begin + 1;
      while (end < last && planes_.level(height[end]) == level) ++end;
      add_stretch(block, ion, begin, end - begin, static_cast<std::size_t>(planes_.layer(level)));
      begin = end;
    }
  }

  /// What was added since the last call belongs to this block.
  void collect(int block) {
    for (std::size_t l = 0; l < layers_.size(); ++l)
      layers_[l].blocks[static_cast<std::size_t>(block)] += moments_[l].take();
  }
  Eigen::Index block_frames() const { return block_frames_; }

  std::vector<LayerDiffusion> finish(double frames_seen) {
    for (auto& layer : layers_) {
      double begun = 0.0, left = 0.0, frames = 0.0;
      for (auto const& sums : layer.blocks) {
        frames += sums.counts[0];
        begun += sums.counts[options_.window.first];
        left += sums.counts[options_.window.last];
      }
      layer.ions = frames / frames_seen;
      layer.survivors = begun > 0.0 ? left / begun : 0.0;
    }
    return std::move(layers_);
  }

 private:
  void add_stretch(PathBlock const& block, Eigen::Index ion, Eigen::Index begin, Eigen::Index count,
                   std::size_t layer) {
    std::array<Eigen::VectorXd, 3> path;
    for (Eigen::Index k = 0; k < 3; ++k)
      path[static_cast<std::size_t>(k)] =
          block.component(ion, k).segment(begin, count) - motion_[layer].row(k).segment(begin, count).transpose();
    moments_[layer].add(path[0], path[1], path[2]);
  }

  ContactPlanes const& planes_;
  LayerOptions options_;
  std::vector<Eigen::Matrix3Xd> motion_;
  Eigen::Index frames_, block_frames_ = 0;
  std::vector<DisplacementMoments> moments_;
  std::vector<LayerDiffusion> layers_;
};

/// f(block of paths, number of its first ion)
template <class Function>
void for_each_block(IonPaths const& paths, Function const& f) {
  auto const step = paths.ions_per_block();
  for (Eigen::Index first = 0; first < paths.mobile(); first += step)
    f(paths.read_mobile(first, std::min(step, paths.mobile() - first)), first);
}

void add_time_blocks(IonPaths const& paths, LayerOptions const& options, SurvivorSums& sums) {
  for_each_block(paths, [&](PathBlock const& block, Eigen::Index) {
    for (int b = 0; b < options.blocks; ++b) {
      for (Eigen::Index i = 0; i < block.ions(); ++i) sums.add(block, i, b * sums.block_frames());
      sums.collect(b);
    }
  });
}

void add_ion_blocks(IonPaths const& paths, LayerOptions const& options, SurvivorSums& sums) {
  for (int b = 0; b < options.blocks; ++b) {
    auto const last = first_of_block(paths.mobile(), options.blocks, b + 1);
    for (auto i = first_of_block(paths.mobile(), options.blocks, b); i < last; ++i)
      sums.add(paths.read_mobile(i, 1), 0, 0);
    sums.collect(b);
  }
}

}  // namespace

ContactPlanes::ContactPlanes(IonPaths const& paths, std::vector<double> heights) : heights_(std::move(heights)) {
  Eigen::Vector3d const normal = paths.lattice.col(0).cross(paths.lattice.col(1));
  area_ = normal.norm();
  require(!heights_.empty(), "no contact plane given");
  require(paths.periodic[0] && paths.periodic[1], "layers need a cell that is periodic along its first two vectors");
  require(std::abs(normal.z()) > (1.0 - 1e-9) * area_,
          "layers need the first two lattice vectors in the plane z = 0; turn the cell");
  period_ = paths.periodic[2] ? std::abs(paths.lattice(2, 2)) : infinite;
  for (auto& h : heights_) {
    require(std::isfinite(h), "invalid height of a contact ", h, " A");
    if (std::isfinite(period_)) h -= period_ * std::floor(h / period_);
  }
  std::sort(heights_.begin(), heights_.end());
  for (std::size_t k = 1; k < heights_.size(); ++k)
    require(heights_[k] - heights_[k - 1] > 1e-6, "two contacts at the height ", heights_[k], " A");
}

std::int64_t ContactPlanes::level(double height) const {
  std::int64_t full = 0;
  if (std::isfinite(period_)) {
    double const periods = std::floor(height / period_);
    full = static_cast<std::int64_t>(periods) * static_cast<std::int64_t>(heights_.size());
    height -= periods * period_;
  }
  return full + (std::upper_bound(heights_.begin(), heights_.end(), height) - heights_.begin());
}

int ContactPlanes::layers() const { return static_cast<int>(heights_.size()) + (std::isfinite(period_) ? 0 : 1); }

int ContactPlanes::layer(std::int64_t level) const {
  if (!std::isfinite(period_)) return static_cast<int>(level);
  return contact_above(level);
}

int ContactPlanes::contact_above(std::int64_t level) const {
  auto const n = static_cast<std::int64_t>(heights_.size());
  return static_cast<int>(((level % n) + n) % n);
}

double ContactPlanes::height_above(std::int64_t level) const {
  auto const contact = contact_above(level);
  double const height = heights_[static_cast<std::size_t>(contact)];
  if (!std::isfinite(period_)) return height;
  return height + period_ * static_cast<double>((level - contact) / static_cast<std::int64_t>(heights_.size()));
}

std::array<double, 2> ContactPlanes::bounds(int layer) const {
  auto const at = [&](int k) { return heights_[static_cast<std::size_t>(k)]; };
  auto const n = static_cast<int>(heights_.size());
  double const low = layer > 0 ? at(layer - 1) : std::isfinite(period_) ? at(n - 1) - period_ : -infinite;
  return {low, layer < n ? at(layer) : infinite};
}

LayerAnalysis analyze_layers(IonPaths const& paths, ContactPlanes const& planes, SiteLattice const* sites,
                             std::vector<Jump> const& jumps, LayerOptions const& options) {
  LayerAnalysis analysis;
  SurvivorSums sums(paths, planes, options);
  analysis.sliding = largest_slide(sums.motion(), paths.interval_ps);
  if (analysis.sliding > largest_slide_A)
    analysis.refusal = {"layers_slide", concat("the frameworks of two layers move by ", analysis.sliding,
                                               " A against each other (0.5 A is the limit)")};
  options.by_ion ? add_ion_blocks(paths, options, sums) : add_time_blocks(paths, options, sums);
  auto const frames = options.by_ion ? paths.frames() : options.blocks * sums.block_frames();
  analysis.layers = sums.finish(static_cast<double>(frames));
  for (auto const& jump : jumps) {
    auto const level = planes.level(jump.from.z());
    if (planes.level(jump.to.z()) == level)
      analysis.layers[static_cast<std::size_t>(planes.layer(level))].jumps += jump.hops;
  }
  ExchangeCounter counter(paths, planes, options.blocks);
  auto const reach = reach_of(planes, sites);
  auto const window = frames_in(averaging_ps, paths.interval_ps);
  for_each_block(paths, [&](PathBlock const& block, Eigen::Index) {
    for (Eigen::Index i = 0; i < block.ions(); ++i)
      counter.add(crossings_of(running_mean(block.component(i, 2), window), planes, reach, counter.stay()));
  });
  analysis.contacts = counter.finish();
  return analysis;
}

}  // namespace nacre
