#include "nacre/campaign/ranking.hpp"

#include <Eigen/LU>
#include <algorithm>
#include <cmath>
#include <limits>
#include <map>
#include <optional>
#include <tuple>

#include "nacre/crystal/io.hpp"

namespace nacre {
namespace {

constexpr double same_shift_A = 0.1;           // definitions.md 11
constexpr double same_energy_J_per_m2 = 1e-3;  // definitions.md 11

/// A design that may be ranked: its objectives turned so that less is better.
struct Entry {
  std::size_t index = 0;
  Hash128 id;
  std::vector<double> goals;
};

bool inside(ConstraintSpec const& constraint, double value) {
  if (std::isnan(value)) return false;
  return (!constraint.lower || value >= *constraint.lower) && (!constraint.upper || value <= *constraint.upper);
}

/// Shortest way between two points on the torus of a reduced cell [Å].
double torus_distance(Eigen::Matrix2d const& cell, Eigen::Vector2d const& a, Eigen::Vector2d const& b) {
  Eigen::Vector2d difference = b - a;
  for (auto& component : difference) component -= std::round(component);
  auto shortest = std::numeric_limits<double>::infinity();
  for (int i = -1; i <= 1; ++i) {
    for (int j = -1; j <= 1; ++j) shortest = std::min(shortest, (cell * (difference + Eigen::Vector2d(i, j))).norm());
  }
  return shortest;
}

/// Empty if the design may be ranked.
std::string reason_to_leave_out(Problem const& problem, EvaluatedDesign const& design,
                                std::span<EvaluatedDesign const* const> references) {
  for (auto const* reference : references) {
    if (reference->design == design.design || same_structure(*reference, design)) return "reference";
  }
  for (auto const& estimate : design.objectives) {
    if (!estimate.ok()) return std::string(to_string(estimate.status));
    if (!std::isfinite(estimate.value)) return "failed";
  }
  if (design.objectives.size() != problem.objectives.size()) return "failed";
  for (std::size_t i = 0; i < problem.constraints.size(); ++i) {
    if (i >= design.constraints.size() || !inside(problem.constraints[i], design.constraints[i])) return "infeasible";
  }
  return {};
}

/// The distances of every kind of pair, shortest first: what does not depend on how a crystal lies in its cell.
std::map<std::pair<int, int>, std::vector<double>> distances_of(Crystal const& crystal, double reach) {
  std::map<std::pair<int, int>, std::vector<double>> distances;
  Eigen::Matrix3d const inverse = crystal.lattice.inverse();
  Eigen::Array3i most;
  for (int i = 0; i < 3; ++i) most[i] = 1 + static_cast<int>(reach * inverse.row(i).norm());
  for (Eigen::Index a = 0; a < crystal.positions.cols(); ++a)
    for (Eigen::Index b = a; b < crystal.positions.cols(); ++b) {
      Eigen::Vector3d difference = inverse * (crystal.positions.col(b) - crystal.positions.col(a));
      difference.array() -= difference.array().round();
      auto const [low, high] =
          std::minmax(crystal.numbers[static_cast<std::size_t>(a)], crystal.numbers[static_cast<std::size_t>(b)]);
      for (int i = -most[0]; i <= most[0]; ++i)
        for (int j = -most[1]; j <= most[1]; ++j)
          for (int k = -most[2]; k <= most[2]; ++k) {
            double const r = (crystal.lattice * (difference + Eigen::Vector3d(i, j, k))).norm();
            if (r < reach && r > 0.0) distances[{low, high}].push_back(r);
          }
    }
  for (auto& [pair, list] : distances) std::ranges::sort(list);
  return distances;
}

/// Superlattices relax the shifts of both contacts, and an operation may exchange these: they are the same if all their
/// distances are. What lies near the reach may be missing in one of the lists.
bool same_distances(std::string const& a, std::string const& b) {
  constexpr double reach = 6.0;
  auto const first = distances_of(parse_extxyz(a, "a candidate").back().crystal, reach + same_shift_A);
  auto const second = distances_of(parse_extxyz(b, "a candidate").back().crystal, reach + same_shift_A);
  if (first.size() != second.size()) return false;
  for (auto const& [pair, list] : first) {
    auto const found = second.find(pair);
    if (found == second.end()) return false;
    for (std::size_t i = 0; i < list.size() && list[i] < reach; ++i)
      if (i >= found->second.size() || std::abs(list[i] - found->second[i]) > same_shift_A) return false;
  }
  return true;
}

std::vector<double> goals_of(Problem const& problem, EvaluatedDesign const& design) {
  std::vector<double> goals;
  for (std::size_t i = 0; i < problem.objectives.size(); ++i) {
    bool const down = problem.objectives[i].direction == Direction::minimize;
    goals.push_back(down ? design.objectives[i].value : -design.objectives[i].value);
  }
  return goals;
}

bool dominates(std::vector<double> const& a, std::vector<double> const& b) {
  bool better = false;
  for (std::size_t i = 0; i < a.size(); ++i) {
    if (a[i] > b[i]) return false;
    better = better || a[i] < b[i];
  }
  return better;
}

/// Groups made so far by leaf, registry and energy in steps of the tolerance, so that few are compared.
class GroupIndex {
 public:
  using Groups = std::vector<std::vector<std::size_t>>;
  /// The earliest group whose first design is the same structure.
  template <class Same>
  std::optional<std::size_t> find(EvaluatedDesign const& design, Same const& same) const {
    std::optional<std::size_t> earliest;
    for (std::int64_t offset = -1; offset <= 1; ++offset) {
      auto const entry = groups_.find(key(design, offset));
      if (entry == groups_.end()) continue;
      auto const home = std::find_if(entry->second.begin(), entry->second.end(), same);
      if (home != entry->second.end() && (!earliest || *home < *earliest)) earliest = *home;
    }
    return earliest;
  }
  void add(EvaluatedDesign const& design, std::size_t group) { groups_[key(design, 0)].push_back(group); }

 private:
  using Key = std::tuple<Hash128, std::string, std::int64_t>;
  static Key key(EvaluatedDesign const& design, std::int64_t offset) {
    auto const step = std::clamp(std::floor(design.energy_per_area / same_energy_J_per_m2), -1e15, 1e15);
    return {design.leaf, design.registry, static_cast<std::int64_t>(step) + offset};
  }
  std::map<Key, std::vector<std::size_t>> groups_;
};

std::vector<Eigen::Vector2d> images_of(EvaluatedDesign const& design, ShiftImages const& images) {
  return images ? images(design) : std::vector<Eigen::Vector2d>{design.relaxed_shift};
}

/// One group for each structure; the first entry of a group is the one that leads the sorted list.
std::vector<std::vector<std::size_t>> group(std::vector<Entry> const& entries,
                                            std::span<EvaluatedDesign const* const> designs,
                                            ShiftImages const& images) {
  std::vector<std::vector<std::size_t>> groups;
  std::vector<std::vector<Eigen::Vector2d>> shifts;  // of each group
  GroupIndex index;
  for (std::size_t i = 0; i < entries.size(); ++i) {
    auto const& design = *designs[entries[i].index];
    bool const has_atoms = !design.registry.empty() && std::isfinite(design.energy_per_area);
    auto const home = !has_atoms ? std::nullopt : index.find(design, [&](std::size_t g) {
      return same_structure(*designs[entries[groups[g].front()].index], design, shifts[g]);
    });
    if (home) {
      groups[*home].push_back(i);
      continue;
    }
    if (has_atoms) index.add(design, groups.size());
    groups.push_back({i});
    shifts.push_back(has_atoms ? images_of(design, images) : std::vector<Eigen::Vector2d>());
  }
  return groups;
}

/// Fronts of non-dominated sorting for entries in ascending lexicographic order: each goes to the first front that does
/// not dominate it, found by bisection, since what front k dominates all earlier fronts dominate, too.
std::vector<std::int64_t> fronts_of(std::vector<Entry const*> const& sorted) {
  std::vector<std::vector<Entry const*>> fronts;
  std::vector<std::int64_t> result;
  auto const dominated = [&](std::vector<Entry const*> const& front, Entry const& entry) {
    if (entry.goals.size() == 2) return dominates(front.back()->goals, entry.goals);  // it has the least second goal
    return std::any_of(front.rbegin(), front.rend(),
                       [&](auto const* other) { return dominates(other->goals, entry.goals); });
  };
  for (auto const* entry : sorted) {
    if (!result.empty() && sorted[result.size() - 1]->goals == entry->goals) {
      result.push_back(result.back());
      continue;
    }
    auto const home =
        std::partition_point(fronts.begin(), fronts.end(), [&](auto const& front) { return dominated(front, *entry); });
    result.push_back(home - fronts.begin() + 1);
    if (home == fronts.end()) {
      fronts.push_back({entry});
    } else {
      home->push_back(entry);
    }
  }
  return result;
}

}  // namespace

bool same_structure(EvaluatedDesign const& a, EvaluatedDesign const& b, std::span<Eigen::Vector2d const> images) {
  if (a.leaf != b.leaf || a.registry.empty() || a.registry != b.registry) return false;
  if (!(std::abs(a.energy_per_area - b.energy_per_area) < same_energy_J_per_m2)) return false;
  bool const same_shift = std::any_of(images.begin(), images.end(), [&](Eigen::Vector2d const& image) {
    return torus_distance(a.shift_cell, image, b.relaxed_shift) < same_shift_A;
  });
  bool const superlattice = a.registry.find('/') != std::string::npos;
  if (same_shift || !superlattice || a.structure.empty() || b.structure.empty()) return same_shift;
  return same_distances(a.structure, b.structure);
}

bool same_structure(EvaluatedDesign const& a, EvaluatedDesign const& b) {
  return same_structure(a, b, {&a.relaxed_shift, 1});
}

Ranking rank_designs(Problem const& problem, std::span<EvaluatedDesign const* const> designs,
                     std::span<EvaluatedDesign const* const> references, ShiftImages const& images) {
  Ranking ranking;
  std::map<std::string, std::int64_t> left_out;
  std::vector<Entry> entries;
  for (std::size_t i = 0; i < designs.size(); ++i) {
    auto const reason = reason_to_leave_out(problem, *designs[i], references);
    if (!reason.empty()) {
      ++left_out[reason];
    } else {
      entries.push_back({i, designs[i]->design.id(), goals_of(problem, *designs[i])});
    }
  }
  ranking.left_out.assign(left_out.begin(), left_out.end());
  std::sort(entries.begin(), entries.end(),
            [](Entry const& a, Entry const& b) { return std::tie(a.goals, a.id) < std::tie(b.goals, b.id); });

  auto const groups = group(entries, designs, images);
  std::vector<Entry const*> leaders;
  for (auto const& members : groups) leaders.push_back(&entries[members.front()]);
  auto const fronts = fronts_of(leaders);
  for (std::size_t g = 0; g < groups.size(); ++g) {
    RankedGroup ranked;
    ranked.front = fronts[g];
    for (auto const member : groups[g]) ranked.members.push_back(entries[member].index);
    ranking.groups.push_back(std::move(ranked));
  }
  // groups are already in the order of objectives and id
  std::stable_sort(ranking.groups.begin(), ranking.groups.end(),
                   [](auto const& a, auto const& b) { return a.front < b.front; });
  for (std::size_t g = 0; g < ranking.groups.size(); ++g) ranking.groups[g].rank = static_cast<std::int64_t>(g) + 1;
  return ranking;
}

}  // namespace nacre
