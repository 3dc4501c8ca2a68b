#include "nacre/search/space.hpp"

#include <algorithm>
#include <cmath>

#include "listing.hpp"
#include "nacre/core/error.hpp"

namespace nacre {

int Node::width() const {
  if (kind == NodeKind::torus) return 2;
  return kind == NodeKind::composition ? static_cast<int>(labels.size()) : 1;
}

std::int64_t Node::count() const {
  switch (kind) {
    case NodeKind::categorical:
      return static_cast<std::int64_t>(labels.size());
    case NodeKind::ordered:
      return static_cast<std::int64_t>(numbers.size());
    case NodeKind::torus:
      return torus_grid;
    case NodeKind::composition:
      return total + 1;
    case NodeKind::real:
      break;
  }
  auto const length = logarithmic ? std::log(upper / lower) : upper - lower;
  return static_cast<std::int64_t>(std::floor(length / step + 1e-6)) +
         1;  // 1e-6: the last step may be short by rounding
}

double Node::number(std::int64_t answer) const {
  if (kind == NodeKind::ordered) return numbers.at(static_cast<std::size_t>(answer));
  auto const length = static_cast<double>(answer) * step;
  return std::clamp(logarithmic ? lower * std::exp(length) : lower + length, lower, upper);
}

Space::~Space() = default;
Design Space::canonical(Design const& design) const { return design; }
bool Space::allowed(Design const&) const { return true; }

namespace {

/// Uniform over the ways to put `total` atoms on the species: bars between stars, drawn by selection sampling.
void append_random_composition(Node const& node, std::vector<std::int64_t>& path, Rng& rng) {
  auto bars = static_cast<std::uint64_t>(node.labels.size()) - 1;
  auto places = static_cast<std::uint64_t>(node.total) + bars;
  std::int64_t stars = 0;
  for (; places > 0; --places) {
    if (rng.below(places) < bars) {
      path.push_back(std::exchange(stars, 0));
      --bars;
    } else {
      ++stars;
    }
  }
  path.push_back(stars);
}

void check_answer(Node const& node, std::span<std::int64_t const> answer) {
  auto const in_range = [&](std::int64_t value) { return value >= 0 && value < node.count(); };
  bool good = std::ranges::all_of(answer, in_range);
  if (node.kind == NodeKind::composition) {
    std::int64_t sum = 0;
    for (auto const value : answer) sum += value;
    good = good && sum == node.total;
  }
  if (!good) throw Error(concat("design answers '", node.name, "' with ", answer[0], " (out of range)"));
}

}  // namespace

namespace detail {

void append_random_answer(Node const& node, std::vector<std::int64_t>& path, Rng& rng) {
  if (node.kind == NodeKind::composition) return append_random_composition(node, path, rng);
  for (int i = 0; i < node.width(); ++i) {
    path.push_back(static_cast<std::int64_t>(rng.below(static_cast<std::uint64_t>(node.count()))));
  }
}

bool dead_end(Node const& node) { return node.count() <= 0 || node.width() <= 0; }

std::optional<Design> try_random_design(Space const& space, Rng& rng) {
  Design design;
  while (auto const node = space.next(design.values)) {
    if (dead_end(*node)) return std::nullopt;
    append_random_answer(*node, design.values, rng);
  }
  return space.canonical(design);
}

}  // namespace detail

Design random_design(Space const& space, Rng& rng) {
  for (int attempt = 0; attempt < 1000; ++attempt) {
    if (auto design = detail::try_random_design(space, rng)) return *std::move(design);
  }
  throw Error("no complete design found in 1000 draws (almost every path of the space ends without a choice)");
}

std::vector<std::shared_ptr<Node const>> nodes_along(Space const& space, Design const& design) {
  std::vector<std::shared_ptr<Node const>> nodes;
  std::span<std::int64_t const> const values = design.values;
  std::size_t used = 0;
  while (auto node = space.next(values.first(used))) {
    auto const width = static_cast<std::size_t>(node->width());
    if (used + width > values.size()) throw Error(concat("design ends before '", node->name, "' is answered"));
    check_answer(*node, values.subspan(used, width));
    used += width;
    nodes.push_back(std::move(node));
  }
  if (used != values.size()) throw Error(concat("design has ", values.size() - used, " answers too many"));
  return nodes;
}

Design discrete_part(Space const& space, Design const& design) {
  Design discrete;
  std::span<std::int64_t const> rest(design.values);
  for (auto const& node : nodes_along(space, design)) {
    auto const answer = rest.first(static_cast<std::size_t>(node->width()));
    bool const continuous = node->kind == NodeKind::real || node->kind == NodeKind::torus;
    if (!continuous) discrete.values.insert(discrete.values.end(), answer.begin(), answer.end());
    rest = rest.subspan(answer.size());
  }
  return discrete;
}

}  // namespace nacre
