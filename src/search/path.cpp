#include "path.hpp"

#include <algorithm>
#include <cmath>
#include <map>
#include <numeric>

#include "listing.hpp"
#include "nacre/core/error.hpp"

namespace nacre::detail {
namespace {

/// How often each name and kind was met.
class Counter {
 public:
  int operator()(Node const& node) {
    for (auto& [other, count] : met_) {
      if (other->kind == node.kind && other->name == node.name) return ++count;
    }
    met_.emplace_back(&node, 0);
    return 0;
  }

 private:
  std::vector<std::pair<Node const*, int>> met_;
};

std::int64_t reflected(double value, std::int64_t count) {
  auto const last = static_cast<double>(count - 1);
  if (last <= 0.0) return 0;
  value = std::fmod(std::abs(value), 2.0 * last);
  if (value > last) value = 2.0 * last - value;
  return static_cast<std::int64_t>(std::llround(std::clamp(value, 0.0, last)));
}

std::int64_t wrapped(double value) {
  auto const turns = value / static_cast<double>(torus_grid);
  auto const inside = std::llround((turns - std::floor(turns)) * static_cast<double>(torus_grid));
  return inside >= torus_grid ? 0 : inside;
}

/// At least one atom changes its species.
void append_exchanged(std::span<std::int64_t const> counts, int times, std::vector<std::int64_t>& path, Rng& rng) {
  std::vector<std::int64_t> next(counts.begin(), counts.end());
  for (int i = 0; i < times; ++i) {
    auto const from = rng.below(next.size()), to = rng.below(next.size());
    if (from == to || next[from] == 0) continue;
    --next[from];
    ++next[to];
  }
  path.insert(path.end(), next.begin(), next.end());
}

void append_near(Node const& node, std::span<std::int64_t const> answer, double step, std::vector<std::int64_t>& path,
                 Rng& rng) {
  auto const range = static_cast<double>(node.count() - 1);
  switch (node.kind) {
    case NodeKind::categorical:
      path.push_back(static_cast<std::int64_t>(rng.below(static_cast<std::uint64_t>(node.count()))));
      return;
    case NodeKind::ordered:
    case NodeKind::real: {
      auto const move = std::max(step * range, node.kind == NodeKind::ordered ? 1.0 : 0.0) * rng.normal();
      path.push_back(reflected(static_cast<double>(answer[0]) + move, node.count()));
      return;
    }
    case NodeKind::torus:
      for (auto const one : answer) path.push_back(wrapped(static_cast<double>(one) + step * range * rng.normal()));
      return;
    case NodeKind::composition:
      append_exchanged(answer, 1 + static_cast<int>(step * node.total), path, rng);
      return;
  }
}

bool meets_range(Node const& node, std::span<std::int64_t const> answer) {
  return std::ranges::all_of(answer, [&](std::int64_t one) { return one >= 0 && one < node.count(); });
}

}  // namespace

std::int64_t const* Path::answer(Question const& question) const {
  for (auto const& one : questions) {
    if (one.same(question)) return &design.values[one.start];
  }
  return nullptr;
}

std::span<std::int64_t const> Path::answer(std::size_t question) const {
  auto const& one = questions[question];
  return std::span(design.values).subspan(one.start, static_cast<std::size_t>(one.node->width()));
}

Path path_of(Space const& space, Design const& design) {
  Path path{design, {}};
  Counter counter;
  std::size_t used = 0;
  for (auto const& node : nodes_along(space, design)) {
    path.questions.push_back({node, counter(*node), used});
    used += static_cast<std::size_t>(node->width());
  }
  return path;
}

std::optional<Path> walk(Space const& space, Answer const& answer) {
  Path path;
  Counter counter;
  auto& values = path.design.values;
  while (auto const node = space.next(values)) {
    if (dead_end(*node)) return std::nullopt;
    path.questions.push_back({node, counter(*node), values.size()});
    answer(path.questions.back(), values);
  }
  auto canonical = space.canonical(path.design);
  if (canonical != path.design) path = path_of(space, canonical);
  if (!space.allowed(path.design)) return std::nullopt;
  return path;
}

bool append_same(Path const& base, Question const& question, std::vector<std::int64_t>& path) {
  auto const found = std::ranges::find_if(base.questions, [&](Question const& one) { return one.same(question); });
  if (found == base.questions.end()) return false;
  auto const answer = base.answer(static_cast<std::size_t>(found - base.questions.begin()));
  auto const &here = *question.node, &there = *found->node;
  if (&here == &there) {
    path.insert(path.end(), answer.begin(), answer.end());
    return true;
  }
  if (here.kind == NodeKind::categorical) {
    auto const label = std::ranges::find(here.labels, there.labels[static_cast<std::size_t>(answer[0])]);
    if (label == here.labels.end()) return false;
    path.push_back(label - here.labels.begin());
    return true;
  }
  if (here.width() != there.width() || (here.kind == NodeKind::composition && here.total != there.total)) return false;
  if (here.kind == NodeKind::real && here.count() != there.count()) {
    auto const fraction =
        static_cast<double>(answer[0]) / static_cast<double>(std::max<std::int64_t>(there.count() - 1, 1));
    path.push_back(reflected(fraction * static_cast<double>(here.count() - 1), here.count()));
    return true;
  }
  if (!meets_range(here, answer)) return false;
  path.insert(path.end(), answer.begin(), answer.end());
  return true;
}

std::optional<Path> mutated(Space const& space, Path const& base, Mutation const& mutation, Rng& rng) {
  auto const forced = rng.below(std::max<std::uint64_t>(base.questions.size(), 1));
  std::uint64_t position = 0;
  return walk(space, [&](Question const& question, std::vector<std::int64_t>& path) {
    bool const anew = rng.uniform() < mutation.rate || position == forced;
    ++position;
    auto const start = path.size();
    if (!append_same(base, question, path)) return append_random_answer(*question.node, path, rng);
    if (!anew) return;
    std::vector<std::int64_t> const answer(path.begin() + static_cast<std::ptrdiff_t>(start), path.end());
    path.resize(start);
    append_near(*question.node, answer, mutation.step, path, rng);
  });
}

std::optional<Path> random_path(Space const& space, Rng& rng) {
  return walk(space, [&](Question const& question, std::vector<std::int64_t>& path) {
    append_random_answer(*question.node, path, rng);
  });
}

std::optional<Path> changed(Space const& space, Path const& base, std::size_t question,
                            std::vector<std::int64_t> const& answer, Rng& rng) {
  auto const& target = base.questions[question];
  return walk(space, [&](Question const& one, std::vector<std::int64_t>& path) {
    if (one.same(target)) {
      path.insert(path.end(), answer.begin(), answer.end());
    } else if (!append_same(base, one, path)) {
      append_random_answer(*one.node, path, rng);
    }
  });
}

std::vector<std::vector<std::int64_t>> other_answers(Path const& base, std::size_t question) {
  auto const& node = *base.questions[question].node;
  auto const answer = base.answer(question);
  std::vector<std::vector<std::int64_t>> others;
  if (node.kind == NodeKind::categorical) {
    for (std::int64_t i = 0; i < node.count(); ++i) {
      if (i != answer[0]) others.push_back({i});
    }
  } else if (node.kind == NodeKind::ordered || (node.kind == NodeKind::real && node.count() <= 1000)) {
    for (std::int64_t step = 1; step < node.count(); step *= 4) {
      if (answer[0] >= step) others.push_back({answer[0] - step});
      if (answer[0] + step < node.count()) others.push_back({answer[0] + step});
    }
  } else if (node.kind == NodeKind::composition) {
    for (std::size_t from = 0; from < answer.size(); ++from) {
      for (std::size_t to = 0; to < answer.size(); ++to) {
        if (from == to || answer[from] == 0) continue;
        others.emplace_back(answer.begin(), answer.end());
        --others.back()[from];
        ++others.back()[to];
      }
    }
  }
  return others;
}

namespace {

/// The compositions by the place on the line of their cumulative counts: good enough to spread them.
void append_composition(Node const& node, std::vector<double> const& cuts, std::vector<std::int64_t>& path) {
  std::int64_t left = 0;
  for (auto const cut : cuts) {
    auto const right = std::llround(cut * node.total);
    path.push_back(right - left);
    left = right;
  }
  path.push_back(node.total - left);
}

/// In [0, 1): part `index` of `size`, in an order of its own for each coordinate of each question.
double stratified(std::uint64_t salt, std::string const& coordinate, int index, int size, Rng& rng) {
  std::vector<int> order(static_cast<std::size_t>(size));
  std::iota(order.begin(), order.end(), 0);
  Rng shuffle(salt, coordinate, 0);
  for (auto i = order.size(); i-- > 1;) std::swap(order[i], order[shuffle.below(i + 1)]);
  return (order[static_cast<std::size_t>(index)] + rng.uniform()) / size;
}

}  // namespace

std::optional<Path> hypercube_path(Space const& space, std::uint64_t salt, int index, int size, Rng& rng) {
  return walk(space, [&](Question const& question, std::vector<std::int64_t>& path) {
    auto const& node = *question.node;
    auto const place = [&](int coordinate) {
      return stratified(salt, concat(node.name, '\n', question.occurrence, '\n', coordinate), index, size, rng);
    };
    if (node.kind == NodeKind::composition) {
      std::vector<double> cuts;
      for (int i = 0; i + 1 < node.width(); ++i) cuts.push_back(place(i));
      std::ranges::sort(cuts);
      return append_composition(node, cuts, path);
    }
    for (int i = 0; i < node.width(); ++i) {
      auto const part = static_cast<std::int64_t>(place(i) * static_cast<double>(node.count()));
      path.push_back(std::min(part, node.count() - 1));
    }
  });
}

}  // namespace nacre::detail
