/// Walking the designs of a space one after the other, and finding one that was not proposed yet.
#pragma once

#include <functional>
#include <optional>
#include <set>
#include <utility>
#include <vector>

#include "nacre/search/problem.hpp"
#include "nacre/search/space.hpp"

namespace nacre::detail {

using ProposedSet = std::set<std::pair<Hash128, Tier>>;

void append_random_answer(Node const& node, std::vector<std::int64_t>& path, Rng& rng);
bool dead_end(Node const& node);
/// Uniform down the tree and canonical; nothing if the path ended without a choice.
std::optional<Design> try_random_design(Space const& space, Rng& rng);

/// Lists designs in the order of their answers: categories, ordered values, compositions, and reals of at most
/// `real_steps` steps. All other answers stay 0.
class Listing {
 public:
  Listing(Space const& space, std::int64_t real_steps) : space_(space), real_steps_(real_steps) {}
  std::optional<Design> first() const { return complete({}); }
  std::optional<Design> next(Design const& leaf) const;
  bool listable(Node const& node) const;
  /// Every answer of the leaf is listed.
  bool listed(Design const& leaf) const;
  /// The leaf with random answers where they are not listed.
  std::optional<Design> fill(Design const& leaf, Rng& rng) const;

 private:
  bool turn(Node const& node, std::span<std::int64_t> answer) const;
  bool advance(std::vector<std::int64_t>& path) const;
  std::optional<Design> complete(std::vector<std::int64_t> path) const;
  Space const& space_;
  std::int64_t real_steps_;
};

/// All designs can be listed, and there are at most so many.
bool is_list(Space const& space, std::int64_t most);

/// Finds designs that were never proposed on a tier: from the caller's draws, then uniform ones, then near designs that
/// are allowed (where constraints leave a sliver of the reals, uniform draws miss it), then by listing.
class FreshDesigns {
 public:
  explicit FreshDesigns(std::shared_ptr<Space const> space) : space_(std::move(space)) {}

  /// @param draw gives a canonical design, or nothing; called with attempt 0, 1, ... < attempts
  struct Search {
    Tier tier = Tier::potential;
    ProposedSet const& proposed;
    std::vector<Design> const& taken;  ///< designs of the block that is being filled
    std::vector<Design> const& known;  ///< some that are allowed, to look near by
  };
  /// @param draw gives a canonical design, or nothing; called with attempt 0, 1, ... < attempts
  std::optional<Design> find(Search const& search, Rng& rng, int attempts,
                             std::function<std::optional<Design>(int)> const& draw);

  /// Where listing stands on each tier, for the snapshot.
  struct Cursor {
    Design leaf;
    bool started = false, ended = false;
  };
  std::vector<Cursor> const& cursors() const { return cursors_; }
  void restore(std::vector<Cursor> cursors) { cursors_ = std::move(cursors); }

 private:
  bool fresh(Design const& design, Search const& search) const;
  std::optional<Design> shake(Design const& known, Rng& rng) const;
  std::optional<Design> near(Search const& search, Rng& rng) const;
  std::optional<Design> scan(Search const& search, Rng& rng);
  std::shared_ptr<Space const> space_;
  std::vector<Cursor> cursors_ = std::vector<Cursor>(3);
};

/// A few designs to look near by: the latest results, and what is out.
template <class Pending>
std::vector<Design> known_designs(Archive const& archive, Pending const& pending) {
  constexpr std::size_t enough = 8;
  std::vector<Design> known;
  auto const& all = archive.all();
  for (auto i = all.size(); i-- > 0 && known.size() < enough;) known.push_back(all[i].design);
  for (auto one = pending.rbegin(); one != pending.rend() && known.size() < 2 * enough; ++one) {
    if (!one->second.designs.empty()) known.push_back(one->second.designs.front());
  }
  return known;
}

}  // namespace nacre::detail
