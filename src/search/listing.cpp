#include "listing.hpp"

#include <algorithm>
#include <cmath>
#include <numeric>

namespace nacre {
namespace detail {
namespace {

void append_first_answer(Node const& node, std::vector<std::int64_t>& path) {
  path.insert(path.end(), static_cast<std::size_t>(node.width()), 0);
  if (node.kind == NodeKind::composition) path.back() = node.total;
}

/// Lexicographic successor of counts with a fixed sum: (0, 0, 3), (0, 1, 2), ... (3, 0, 0).
bool next_composition(std::span<std::int64_t> counts) {
  for (std::size_t i = counts.size(); i-- > 1;) {
    if (counts[i] == 0) continue;
    auto const moved = std::exchange(counts[i], 0);
    counts[i - 1] += 1;
    counts.back() = moved - 1;
    return true;
  }
  return false;
}

}  // namespace

bool Listing::listable(Node const& node) const {
  return node.kind != NodeKind::torus && (node.kind != NodeKind::real || node.count() <= real_steps_);
}

bool Listing::turn(Node const& node, std::span<std::int64_t> answer) const {
  if (!listable(node)) return false;
  if (node.kind == NodeKind::composition) return next_composition(answer);
  return ++answer[0] < node.count();
}

/// Turns the last answer that can be turned and drops what follows it; false if there is none.
bool Listing::advance(std::vector<std::int64_t>& path) const {
  std::vector<std::pair<std::shared_ptr<Node const>, std::size_t>> steps;
  for (std::size_t used = 0; used < path.size();) {
    auto node = space_.next(std::span(path).first(used));
    auto const width = static_cast<std::size_t>(node->width());
    steps.emplace_back(std::move(node), used);
    used += width;
  }
  for (auto step = steps.rbegin(); step != steps.rend(); ++step) {
    auto const& [node, start] = *step;
    path.resize(start + static_cast<std::size_t>(node->width()));
    if (turn(*node, std::span(path).subspan(start))) return true;
  }
  return false;
}

/// Appends first answers until the design is complete, turning back at dead ends.
std::optional<Design> Listing::complete(std::vector<std::int64_t> path) const {
  while (auto const node = space_.next(path)) {
    if (!dead_end(*node)) {
      append_first_answer(*node, path);
    } else if (!advance(path)) {
      return std::nullopt;
    }
  }
  return Design{std::move(path)};
}

std::optional<Design> Listing::next(Design const& leaf) const {
  auto path = leaf.values;
  if (!advance(path)) return std::nullopt;
  return complete(std::move(path));
}

bool Listing::listed(Design const& leaf) const {
  std::size_t used = 0;
  while (auto const node = space_.next(std::span(leaf.values).first(used))) {
    if (!listable(*node)) return false;
    used += static_cast<std::size_t>(node->width());
  }
  return true;
}

std::optional<Design> Listing::fill(Design const& leaf, Rng& rng) const {
  std::vector<std::int64_t> path;
  while (auto const node = space_.next(path)) {
    if (dead_end(*node)) return std::nullopt;
    auto const start = path.size();
    auto const end = start + static_cast<std::size_t>(node->width());
    if (listable(*node) && end <= leaf.values.size()) {
      path.insert(path.end(), leaf.values.begin() + static_cast<std::ptrdiff_t>(start),
                  leaf.values.begin() + static_cast<std::ptrdiff_t>(end));
    } else {
      append_random_answer(*node, path, rng);
    }
  }
  return Design{std::move(path)};
}

bool is_list(Space const& space, std::int64_t most) {
  Listing const listing(space, 10'000);
  std::int64_t count = 0;
  for (auto leaf = listing.first(); leaf; leaf = listing.next(*leaf)) {
    if (++count > most || !listing.listed(*leaf)) return false;
  }
  return count > 0;
}

bool FreshDesigns::fresh(Design const& design, Search const& search) const {
  return std::ranges::find(search.taken, design) == search.taken.end() &&
         !search.proposed.contains({design.id(), search.tier}) && space_->allowed(design);
}

std::optional<Design> FreshDesigns::find(Search const& search, Rng& rng, int attempts,
                                         std::function<std::optional<Design>(int)> const& draw) {
  if (cursors_[static_cast<std::size_t>(search.tier)].ended) return std::nullopt;
  for (int attempt = 0; attempt < attempts; ++attempt) {
    auto design = draw(attempt);
    if (design && fresh(*design, search)) return design;
  }
  int const draws = search.proposed.empty() ? 100'000 : 1000;  // the first one leads to others
  for (int attempt = 0; attempt < draws; ++attempt) {
    auto design = try_random_design(*space_, rng);
    if (design && fresh(*design, search)) return design;
  }
  if (auto design = near(search, rng)) return design;
  return scan(search, rng);
}

/// The design with steps of one random length on its reals, shifts and ordered values; the tree may ask other
/// questions then, which get random answers.
std::optional<Design> FreshDesigns::shake(Design const& known, Rng& rng) const {
  auto const length = std::pow(10.0, rng.uniform(-6.0, 0.0));
  Design design;
  while (auto const node = space_->next(design.values)) {
    if (dead_end(*node)) return std::nullopt;
    auto const start = design.values.size(), end = start + static_cast<std::size_t>(node->width());
    bool const steps = node->kind == NodeKind::real || node->kind == NodeKind::torus || node->kind == NodeKind::ordered;
    if (end > known.values.size()) {
      append_random_answer(*node, design.values, rng);
      continue;
    }
    for (auto i = start; i < end; ++i) {
      auto value = known.values[i];
      auto const count = node->count();
      if (steps) value += std::llround(rng.normal() * length * static_cast<double>(count));
      if (node->kind == NodeKind::torus) value = ((value % count) + count) % count;
      design.values.push_back(std::clamp<std::int64_t>(value, 0, count - 1));
    }
    bool const counts = node->kind == NodeKind::composition;
    if (counts &&
        std::accumulate(design.values.end() - node->width(), design.values.end(), std::int64_t{0}) != node->total) {
      return std::nullopt;  // the answers of another question
    }
  }
  return space_->canonical(design);
}

std::optional<Design> FreshDesigns::near(Search const& search, Rng& rng) const {
  Listing const listing(*space_, 10'000);
  if (search.known.empty() || listing.listed(search.known.front())) return std::nullopt;
  for (int attempt = 0; attempt < 2000; ++attempt) {
    auto const design = shake(search.known[rng.below(search.known.size())], rng);
    if (design && fresh(*design, search)) return design;
  }
  return std::nullopt;
}

// The cursor passes leaves whose designs are all proposed or forbidden. A leaf with answers that are not listed is
// never passed: it gets a few random fillings at each scan.
std::optional<Design> FreshDesigns::scan(Search const& search, Rng& rng) {
  constexpr int fillings = 8, most_leaves = 1'000'000, most_filled = 10'000;
  Listing const listing(*space_, 10'000);
  auto& cursor = cursors_[static_cast<std::size_t>(search.tier)];
  auto leaf = cursor.started ? std::optional(cursor.leaf) : listing.first();
  int filled = 0;
  for (int looked = 0; leaf && looked < most_leaves && filled < most_filled; ++looked) {
    bool const listed = listing.listed(*leaf);
    if (!listed) ++filled;
    for (int filling = 0; filling < (listed ? 1 : fillings); ++filling) {
      auto design = listed ? leaf : listing.fill(*leaf, rng);
      if (!design) continue;
      *design = space_->canonical(*design);
      if (fresh(*design, search)) return design;
    }
    leaf = listing.next(*leaf);
    if (filled == 0 && leaf && search.taken.empty()) cursor = {*leaf, true, false};
  }
  cursor.ended = filled == 0 && !leaf && search.taken.empty();
  return std::nullopt;
}

}  // namespace detail

std::int64_t count_leaves(Space const& space, std::int64_t limit) {
  std::int64_t count = 0;
  detail::Listing const listing(space, 0);
  for (auto leaf = listing.first(); leaf && count <= limit; leaf = listing.next(*leaf)) ++count;
  return count;
}

}  // namespace nacre
