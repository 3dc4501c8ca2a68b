#include "move.hpp"

#include <algorithm>
#include <array>
#include <bit>
#include <cmath>
#include <numeric>
#include <string_view>

#include "listing.hpp"

namespace nacre::detail {
namespace {

/// FNV-1a, 64 bits.
class Fnv {
 public:
  void add(std::string_view text) {
    for (unsigned char const byte : text) add_byte(byte);
    add_byte(0);
  }
  void add(std::uint64_t value) {
    for (int i = 0; i < 8; ++i) add_byte(static_cast<unsigned char>(value >> (8 * i)));
  }
  std::uint64_t value() const { return hash_; }

 private:
  void add_byte(unsigned char byte) { hash_ = (hash_ ^ byte) * 0x100000001b3; }
  std::uint64_t hash_ = 0xcbf29ce484222325;
};

std::uint64_t key_of(Node const& node) {
  Fnv hash;
  hash.add(node.name);
  hash.add(static_cast<std::uint64_t>(node.kind));
  for (auto const& label : node.labels) hash.add(label);
  if (node.kind == NodeKind::torus) {
    for (auto const entry : node.cell.reshaped()) hash.add(std::bit_cast<std::uint64_t>(entry));
  }
  return hash.value();
}

/// Coefficients of one step: inertia, pull to the best, pull to the leader.
struct Pull {
  double inertia, best, leader;
};

Pull draw_pull(EngineOptions const& options, Rng& rng) {
  auto const best = options.cognitive * rng.uniform();
  return {options.inertia, best, options.social * rng.uniform()};
}

/// 1 at `choice`; with descriptors a quarter of it is spread over similar choices (Gaussian in descriptors that are
/// scaled by their range, width a quarter).
std::vector<double> peak_at(Node const& node, std::size_t choice) {
  std::vector<double> peak(node.labels.size(), 0.0);
  if (node.descriptors.empty()) {
    peak[choice] = 1.0;
    return peak;
  }
  auto const dimensions = node.descriptors[choice].size();
  std::vector<double> low = node.descriptors[choice], high = low;
  for (auto const& one : node.descriptors) {
    for (std::size_t d = 0; d < dimensions; ++d) {
      low[d] = std::min(low[d], one[d]);
      high[d] = std::max(high[d], one[d]);
    }
  }
  double sum = 0.0;
  for (std::size_t i = 0; i < peak.size(); ++i) {
    double square = 0.0;
    for (std::size_t d = 0; d < dimensions; ++d) {
      if (high[d] == low[d]) continue;
      auto const distance = (node.descriptors[i][d] - node.descriptors[choice][d]) / (high[d] - low[d]);
      square += distance * distance;
    }
    peak[i] = std::exp(-8.0 * square / static_cast<double>(std::max<std::size_t>(dimensions, 1)));
    sum += peak[i];
  }
  for (auto& value : peak) value *= 0.25 / sum;
  peak[choice] += 0.75;
  return peak;
}

void normalise(std::vector<double>& chance) {
  double sum = 0.0;
  for (auto& value : chance) sum += value = std::max(value, 1e-3);
  for (auto& value : chance) value /= sum;
}

std::size_t sample(std::vector<double> const& chance, Rng& rng) {
  auto left = rng.uniform();
  for (std::size_t i = 0; i + 1 < chance.size(); ++i) {
    if ((left -= chance[i]) < 0.0) return i;
  }
  return chance.size() - 1;
}

Eigen::Vector2d fractional(std::int64_t const* answer) {
  return Eigen::Vector2d(static_cast<double>(answer[0]), static_cast<double>(answer[1])) / torus_grid;
}

std::int64_t on_torus_grid(double fraction) {
  auto const answer = std::llround((fraction - std::floor(fraction)) * static_cast<double>(torus_grid));
  return answer >= torus_grid ? 0 : answer;
}

/// Rounded up or down with the chances that keep the mean, so that small velocities act on coarse grids, too.
std::int64_t round_to_grid(double answer, std::int64_t count, Rng& rng) {
  auto const rounded = count > 1'000'000 ? std::floor(answer + 0.5) : std::floor(answer + rng.uniform());
  return static_cast<std::int64_t>(std::clamp(rounded, 0.0, static_cast<double>(count - 1)));
}

/// Shares of `total` as counts that sum to it: floors, then the largest remainders, ties to the first.
std::vector<std::int64_t> round_counts(std::vector<double> const& shares, int total) {
  std::vector<std::int64_t> counts;
  std::vector<std::pair<double, std::size_t>> remainders;
  std::int64_t left = total;
  for (std::size_t i = 0; i < shares.size(); ++i) {
    auto const wanted = shares[i] * total;
    counts.push_back(static_cast<std::int64_t>(std::floor(wanted)));
    left -= counts.back();
    remainders.emplace_back(static_cast<double>(counts.back()) - wanted, i);
  }
  std::ranges::sort(remainders);
  for (std::size_t i = 0; left > 0; ++i, --left) ++counts[remainders[i % remainders.size()].second];
  for (std::size_t i = 0; left < 0; i = (i + 1) % counts.size()) {
    if (counts[i] > 0) --counts[i], ++left;
  }
  return counts;
}

}  // namespace

std::uint64_t KeyMaker::operator()(Node const& node) {
  auto const key = key_of(node);
  auto const times = met_[key]++;
  return key + static_cast<std::uint64_t>(times) * 0x9e3779b97f4a7c15;
}

Trace::Trace(Space const& space, Design design) : design_(std::move(design)) {
  KeyMaker make_key;
  std::span<std::int64_t const> const values = design_.values;
  for (std::size_t used = 0; used < values.size();) {
    auto node = space.next(values.first(used));
    auto const width = static_cast<std::size_t>(node->width());
    auto const key = make_key(*node);
    steps_.push_back({key, std::move(node), used});
    used += width;
  }
}

std::int64_t const* Trace::find(std::uint64_t key) const {
  auto const step = std::ranges::find(steps_, key, &Step::key);
  return step == steps_.end() ? nullptr : &design_.values[step->start];
}

Eigen::Vector2d torus_difference(Eigen::Matrix2d const& cell, Eigen::Vector2d const& a, Eigen::Vector2d const& b) {
  Eigen::Vector2d way = b - a;
  way.x() -= std::floor(way.x() + 0.5);
  way.y() -= std::floor(way.y() + 0.5);
  Eigen::Vector2d shortest = cell * way;
  for (int i = -1; i <= 1; ++i) {  // enough in a reduced cell
    for (int j = -1; j <= 1; ++j) {
      Eigen::Vector2d const other = cell * (way + Eigen::Vector2d(i, j));
      if (other.squaredNorm() < shortest.squaredNorm()) shortest = other;
    }
  }
  return shortest;
}

Mover::Mover(Space const& space, EngineOptions const& options, Particle& particle, Design const* best,
             Design const* leader)
    : space_(space), options_(options), particle_(particle) {
  if (!particle.placed) return;
  position_ = Trace(space, particle.position);
  previous_ = Trace(space, particle.previous);
  if (best) best_ = Trace(space, *best);
  if (leader) leader_ = leader == best ? best_ : Trace(space, *leader);
  auto const categories = std::ranges::count_if(
      position_.steps(), [](Step const& step) { return step.node->kind == NodeKind::categorical; });
  mutation_ = std::min(0.2, 0.5 / static_cast<double>(std::max<std::ptrdiff_t>(categories, 1)));
}

void Mover::learn(Rng& rng) {
  auto const pull = [&](Trace const& towards, double strength) {
    for (auto const& step : towards.steps()) {
      if (step.node->kind != NodeKind::categorical) continue;
      auto const choices = step.node->labels.size();
      auto& belief = particle_.beliefs[step.key];
      if (belief.chance.size() != choices) {
        belief.chance.assign(choices, 1.0 / static_cast<double>(choices));
        belief.velocity.assign(choices, 0.0);
      }
      auto const peak = peak_at(*step.node, static_cast<std::size_t>(*towards.find(step.key)));
      auto const scale = strength * rng.uniform();
      for (std::size_t i = 0; i < choices; ++i) belief.velocity[i] += scale * (peak[i] - belief.chance[i]);
    }
  };
  for (auto& [key, belief] : particle_.beliefs) {
    for (auto& value : belief.velocity) value *= options_.inertia;
  }
  pull(best_, options_.cognitive);
  pull(leader_, options_.social);
  for (auto& [key, belief] : particle_.beliefs) {
    for (std::size_t i = 0; i < belief.chance.size(); ++i) belief.chance[i] += belief.velocity[i];
    normalise(belief.chance);
  }
}

std::optional<Design> Mover::draw(int attempt, Rng& rng) const {
  if (position_.empty()) return try_random_design(space_, rng);
  auto const jitter = attempt == 0 ? 0.0 : 1e-3 * std::ldexp(1.0, attempt);
  KeyMaker make_key;
  Design design;
  while (auto const node = space_.next(design.values)) {
    if (dead_end(*node)) return std::nullopt;
    append(*node, make_key(*node), design.values, jitter, rng);
  }
  return space_.canonical(design);
}

void Mover::append(Node const& node, std::uint64_t key, std::vector<std::int64_t>& path, double jitter, Rng& rng) const {
  switch (node.kind) {
    case NodeKind::categorical: return append_choice(node, key, path, jitter, rng);
    case NodeKind::ordered:
    case NodeKind::real: return append_number(node, key, path, jitter, rng);
    case NodeKind::torus: return append_shift(node, key, path, jitter, rng);
    case NodeKind::composition: return append_counts(node, key, path, jitter, rng);
  }
}

void Mover::append_choice(Node const& node, std::uint64_t key, std::vector<std::int64_t>& path, double jitter,
                          Rng& rng) const {
  auto const belief = particle_.beliefs.find(key);
  bool const known = belief != particle_.beliefs.end() && belief->second.chance.size() == node.labels.size();
  if (!known || rng.uniform() < mutation_ + jitter) return append_random_answer(node, path, rng);
  path.push_back(static_cast<std::int64_t>(sample(belief->second.chance, rng)));
}

// Constriction swarm on the answer as a fraction of the range. At a bound the step ends there.
void Mover::append_number(Node const& node, std::uint64_t key, std::vector<std::int64_t>& path, double jitter,
                          Rng& rng) const {
  auto const range = static_cast<double>(std::max<std::int64_t>(node.count() - 1, 1));
  auto const fraction = [&](std::int64_t const* answer) { return static_cast<double>(*answer) / range; };
  auto const *best = best_.find(key), *leader = leader_.find(key);
  auto const* here = position_.find(key);
  if (!here) here = best ? best : leader;
  if (!here) return append_random_answer(node, path, rng);
  auto const x = fraction(here);
  auto const* before = previous_.find(key);
  auto const pull = draw_pull(options_, rng);
  double velocity = before ? pull.inertia * (x - fraction(before)) : 0.0;
  if (best) velocity += pull.best * (fraction(best) - x);
  if (leader) velocity += pull.leader * (fraction(leader) - x);
  if (jitter > 0.0) velocity += jitter * rng.normal();
  auto const moved = std::clamp(x + std::clamp(velocity, -0.5, 0.5), 0.0, 1.0);
  path.push_back(round_to_grid(moved * range, node.count(), rng));
}

// The same in the plane of the cell, so that a step is as long in a skewed cell as in a square one.
void Mover::append_shift(Node const& node, std::uint64_t key, std::vector<std::int64_t>& path, double jitter,
                         Rng& rng) const {
  auto const *best = best_.find(key), *leader = leader_.find(key);
  auto const* here = position_.find(key);
  if (!here) here = best ? best : leader;
  if (!here) return append_random_answer(node, path, rng);
  Eigen::Vector2d const x = fractional(here);
  Eigen::Vector2d velocity = Eigen::Vector2d::Zero();
  auto const size = std::sqrt(std::abs(node.cell(0, 0) * node.cell(1, 1) - node.cell(0, 1) * node.cell(1, 0)));
  auto const* before = previous_.find(key);
  if (before) velocity = options_.inertia * torus_difference(node.cell, fractional(before), x);
  for (int axis = 0; axis < 2; ++axis) {
    auto const pull = draw_pull(options_, rng);
    if (best) velocity[axis] += pull.best * torus_difference(node.cell, x, fractional(best))[axis];
    if (leader) velocity[axis] += pull.leader * torus_difference(node.cell, x, fractional(leader))[axis];
    if (jitter > 0.0) velocity[axis] += jitter * size * rng.normal();
    velocity[axis] = std::clamp(velocity[axis], -0.5 * size, 0.5 * size);
  }
  Eigen::Matrix2d adjoint;
  adjoint << node.cell(1, 1), -node.cell(0, 1), -node.cell(1, 0), node.cell(0, 0);
  Eigen::Vector2d const moved = x + adjoint * velocity / (node.cell(0, 0) * node.cell(1, 1) - node.cell(0, 1) * node.cell(1, 0));
  path.push_back(on_torus_grid(moved.x()));
  path.push_back(on_torus_grid(moved.y()));
}

// The same on the simplex of shares, then rounded to counts; a mutation moves one atom.
void Mover::append_counts(Node const& node, std::uint64_t key, std::vector<std::int64_t>& path, double jitter,
                          Rng& rng) const {
  auto const *best = best_.find(key), *leader = leader_.find(key);
  auto const* here = position_.find(key);
  if (!here) here = best ? best : leader;
  if (!here) return append_random_answer(node, path, rng);
  auto const* before = previous_.find(key);
  auto const pull = draw_pull(options_, rng);
  std::vector<double> shares;
  double sum = 0.0;
  for (std::size_t i = 0; i < node.labels.size(); ++i) {
    auto const x = static_cast<double>(here[i]);
    double moved = x;
    if (before) moved += pull.inertia * (x - static_cast<double>(before[i]));
    if (best) moved += pull.best * (static_cast<double>(best[i]) - x);
    if (leader) moved += pull.leader * (static_cast<double>(leader[i]) - x);
    if (jitter > 0.0) moved += jitter * node.total * rng.normal();
    shares.push_back(std::max(moved, 0.0));
    sum += shares.back();
  }
  if (!(sum > 0.0)) return append_random_answer(node, path, rng);
  for (auto& share : shares) share /= sum;
  auto counts = round_counts(shares, node.total);
  if (rng.uniform() < 0.2 + jitter) {
    auto const from = rng.below(counts.size()), to = rng.below(counts.size());
    if (counts[from] > 0) --counts[from], ++counts[to];
  }
  path.insert(path.end(), counts.begin(), counts.end());
}

}  // namespace nacre::detail
