#include "move.hpp"

#include <algorithm>
#include <bit>
#include <cmath>
#include <numeric>
#include <string_view>

#include "listing.hpp"
#include "nacre/numerics/torus.hpp"

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

std::shared_ptr<Trace const> TraceBook::of(Space const& space, Design const& design) {
  auto const found = traces_.find(design);
  if (found != traces_.end()) return found->second;
  if (traces_.size() >= 256) traces_.clear();  // a few times what a swarm stands on; nothing depends on what is kept
  return traces_.emplace(design, std::make_shared<Trace const>(space, design)).first->second;
}

// Inertia and pulls stay where a particle neither explodes nor freezes: inertia < 1, pulls of 2 to 4 together.
Habit try_habit(Habit const& habit, Rng& rng) {
  constexpr double change = 0.1;
  auto trial = habit;
  if (rng.uniform() < change) trial.inertia = rng.uniform(0.4, 0.9);
  if (rng.uniform() < change) trial.cognitive = rng.uniform(0.5, 2.0);
  if (rng.uniform() < change) trial.social = rng.uniform(0.5, 2.0);
  if (rng.uniform() < change) trial.factor = rng.uniform(0.1, 1.0);
  if (rng.uniform() < change) trial.differential = rng.uniform(0.1, 0.9);
  return trial;
}

Mover::Mover(Space const& space, TraceBook& book, Particle& particle, Exemplars exemplars)
    : space_(space), habit_(particle.trial), particle_(particle), book_(book), exemplars_(std::move(exemplars)) {
  if (!particle.placed) return;
  position_ = book.of(space, particle.position);
  previous_ = book.of(space, particle.previous);
  if (exemplars_.best) best_ = book.of(space, *exemplars_.best);
  if (exemplars_.leader) leader_ = book.of(space, *exemplars_.leader);
  if (exemplars_.champion) champion_ = book.of(space, *exemplars_.champion);
  auto const categories = std::ranges::count_if(
      position_->steps(), [](Step const& step) { return step.node->kind == NodeKind::categorical; });
  mutation_ = std::min(0.2, 0.5 / static_cast<double>(std::max<std::ptrdiff_t>(categories, 1)));
}

void Mover::learn(Rng& rng) {
  auto const pull = [&](std::shared_ptr<Trace const> const& towards, double strength) {
    if (!towards) return;
    for (auto const& step : towards->steps()) {
      if (step.node->kind != NodeKind::categorical) continue;
      auto const choices = step.node->labels.size();
      auto& belief = particle_.beliefs[step.key];
      if (belief.chance.size() != choices) {
        belief.chance.assign(choices, 1.0 / static_cast<double>(choices));
        belief.velocity.assign(choices, 0.0);
      }
      auto const peak = peak_at(*step.node, static_cast<std::size_t>(*towards->find(step.key)));
      auto const scale = strength * rng.uniform();
      for (std::size_t i = 0; i < choices; ++i) belief.velocity[i] += scale * (peak[i] - belief.chance[i]);
    }
  };
  for (auto& [key, belief] : particle_.beliefs) {
    for (auto& value : belief.velocity) value *= habit_.inertia;
  }
  pull(best_, habit_.cognitive);
  pull(leader_, habit_.social);
  for (auto& [key, belief] : particle_.beliefs) {
    for (std::size_t i = 0; i < belief.chance.size(); ++i) belief.chance[i] += belief.velocity[i];
    normalise(belief.chance);
  }
}

Mover::Stroke Mover::begin_stroke(int attempt, Rng& rng) const {
  Stroke stroke;
  if (attempt > 0) stroke.jitter = 1e-3 * std::ldexp(1.0, attempt);
  auto const& others = exemplars_.others;
  if (!best_ || !champion_ || others.size() < 2 || rng.uniform() < 1.0 - habit_.differential) return stroke;
  auto const first = rng.below(others.size()), step = 1 + rng.below(others.size() - 1);
  stroke.one = book_.of(space_, *others[first]);
  stroke.other = book_.of(space_, *others[(first + step) % others.size()]);
  stroke.factor = habit_.factor > 0.0 ? habit_.factor : rng.uniform(0.4, 0.9);
  return stroke;
}

Mover::Answers Mover::answers(std::uint64_t key, Stroke const& stroke) const {
  auto const answer = [key](std::shared_ptr<Trace const> const& trace) { return trace ? trace->find(key) : nullptr; };
  Answers found{answer(position_), answer(previous_),  answer(best_),       answer(leader_),
                answer(champion_), answer(stroke.one), answer(stroke.other)};
  if (!found.here) found.here = found.best ? found.best : found.leader;
  return found;
}

std::optional<Design> Mover::draw(int attempt, Rng& rng) const {
  if (!position_) return try_random_design(space_, rng);
  auto const stroke = begin_stroke(attempt, rng);
  KeyMaker make_key;
  Design design;
  while (auto const node = space_.next(design.values)) {
    if (dead_end(*node)) return std::nullopt;
    append(*node, make_key(*node), design.values, stroke, rng);
  }
  return space_.canonical(design);
}

void Mover::append(Node const& node, std::uint64_t key, std::vector<std::int64_t>& path, Stroke const& stroke,
                   Rng& rng) const {
  if (node.kind == NodeKind::categorical) {
    path.push_back(choice(node, key, stroke, rng));
    return;
  }
  auto const known = answers(key, stroke);
  if (!known.here) return append_random_answer(node, path, rng);
  if (node.kind == NodeKind::torus) {
    for (auto const answer : shift(node, known, stroke, rng)) path.push_back(answer);
  } else if (node.kind == NodeKind::composition) {
    for (auto const answer : counts(node, known, stroke, rng)) path.push_back(answer);
  } else {
    path.push_back(number(node, known, stroke, rng));
  }
}

std::int64_t Mover::choice(Node const& node, std::uint64_t key, Stroke const& stroke, Rng& rng) const {
  auto const belief = particle_.beliefs.find(key);
  bool const known = belief != particle_.beliefs.end() && belief->second.chance.size() == node.labels.size();
  if (known && rng.uniform() >= mutation_ + stroke.jitter) {
    return static_cast<std::int64_t>(sample(belief->second.chance, rng));
  }
  return static_cast<std::int64_t>(rng.below(node.labels.size()));
}

/// From here on, in the unit of `way`, which gives the difference of two answers.
template <int Size, class Way>
Eigen::Array<double, Size, 1> Mover::velocity(Answers const& answers, Stroke const& stroke, Eigen::Index size,
                                              Way const& way, Rng& rng) const {
  using Vector = Eigen::Array<double, Size, 1>;
  auto const random = [&] { return Vector::NullaryExpr(size, [&](Eigen::Index) { return rng.uniform(); }).eval(); };
  Vector result = Vector::Zero(size);
  if (stroke.factor > 0.0 && answers.best && answers.champion && answers.one && answers.other) {
    result = way(answers.here, answers.best);
    result += stroke.factor * (way(answers.best, answers.champion) + way(answers.one, answers.other));
    return result;
  }
  if (answers.before) result += habit_.inertia * way(answers.before, answers.here);
  if (answers.best) result += habit_.cognitive * random() * way(answers.here, answers.best);
  if (answers.leader) result += habit_.social * random() * way(answers.here, answers.leader);
  return result;
}

// On the answer as a fraction of the range. A step ends at the bound, a differential one half-way to it.
std::int64_t Mover::number(Node const& node, Answers const& answers, Stroke const& stroke, Rng& rng) const {
  auto const range = static_cast<double>(std::max<std::int64_t>(node.count() - 1, 1));
  auto const way = [&](std::int64_t const* from, std::int64_t const* to) {
    return Eigen::Array<double, 1, 1>(static_cast<double>(*to - *from) / range);
  };
  auto const x = static_cast<double>(*answers.here) / range;
  auto step = velocity<1>(answers, stroke, 1, way, rng)[0];
  if (stroke.jitter > 0.0) step += stroke.jitter * rng.normal();
  auto moved = std::clamp(x + std::clamp(step, -0.5, 0.5), 0.0, 1.0);
  if (stroke.factor > 0.0) {
    moved = x + step;
    if (moved < 0.0) moved = 0.5 * x;
    if (moved > 1.0) moved = 0.5 * (x + 1.0);
  }
  return round_to_grid(moved * range, node.count(), rng);
}

// In the plane of the cell, so that a step is as long in a skewed cell as in a square one.
std::array<std::int64_t, 2> Mover::shift(Node const& node, Answers const& answers, Stroke const& stroke,
                                         Rng& rng) const {
  auto const& cell = node.cell;
  auto const determinant = cell(0, 0) * cell(1, 1) - cell(0, 1) * cell(1, 0);
  auto const size = std::sqrt(std::abs(determinant));
  auto const way = [&](std::int64_t const* from, std::int64_t const* to) {
    return torus_difference(cell, fractional(from), fractional(to)).array().eval();
  };
  Eigen::Vector2d step = velocity<2>(answers, stroke, 2, way, rng).min(0.5 * size).max(-0.5 * size).matrix();
  for (auto& component : step) component += stroke.jitter * size * rng.normal();
  Eigen::Vector2d const moved =
      fractional(answers.here) +
      Eigen::Vector2d(cell(1, 1) * step.x() - cell(0, 1) * step.y(), cell(0, 0) * step.y() - cell(1, 0) * step.x()) /
          determinant;
  return {on_torus_grid(moved.x()), on_torus_grid(moved.y())};
}

// On the simplex of shares, then rounded to counts; a mutation moves one atom.
std::vector<std::int64_t> Mover::counts(Node const& node, Answers const& answers, Stroke const& stroke,
                                        Rng& rng) const {
  auto const species = static_cast<Eigen::Index>(node.labels.size());
  auto const numbers = [&](std::int64_t const* answer) {
    return (Eigen::Map<Eigen::Array<std::int64_t, Eigen::Dynamic, 1> const>(answer, species).cast<double>() /
            node.total)
        .eval();
  };
  auto const way = [&](std::int64_t const* from, std::int64_t const* to) {
    return (numbers(to) - numbers(from)).eval();
  };
  Eigen::ArrayXd shares = numbers(answers.here) + velocity<Eigen::Dynamic>(answers, stroke, species, way, rng);
  for (auto& share : shares) share = std::max(share + stroke.jitter * rng.normal(), 0.0);
  if (!(shares.sum() > 0.0)) return {answers.here, answers.here + species};
  shares /= shares.sum();
  auto result = round_counts({shares.begin(), shares.end()}, node.total);
  if (rng.uniform() < 0.2 + stroke.jitter) {
    auto const from = rng.below(result.size()), to = rng.below(result.size());
    if (result[from] > 0) --result[from], ++result[to];
  }
  return result;
}

}  // namespace nacre::detail
