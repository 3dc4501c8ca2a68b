#include "nacre/score/table_folds.hpp"

#include <algorithm>
#include <map>
#include <set>

#include "nacre/core/error.hpp"
#include "nacre/core/rng.hpp"

namespace nacre {
namespace {

struct Label {
  std::string name;
  int rows = 0;
  double chance = 0.0;  ///< orders labels of equally many rows
};

/// Part of each label: the largest first, each into the part with fewest rows.
std::map<std::string, int> share_out(std::vector<std::vector<std::string>> const& labels, int folds,
                                     std::uint64_t seed) {
  std::map<std::string, int> count;
  for (auto const& row : labels)
    for (auto const& name : std::set<std::string>(row.begin(), row.end())) ++count[name];
  Rng rng(seed, "folds", 0);
  std::vector<Label> order;
  for (auto const& [name, rows] : count) order.push_back({name, rows, rng.uniform()});
  std::stable_sort(order.begin(), order.end(), [](Label const& a, Label const& b) {
    return a.rows != b.rows ? a.rows > b.rows : a.chance < b.chance;
  });
  std::vector<int> load(static_cast<std::size_t>(folds), 0);
  std::map<std::string, int> part;
  for (auto const& label : order) {
    auto const least = std::min_element(load.begin(), load.end());
    *least += label.rows;
    part[label.name] = static_cast<int>(least - load.begin());
  }
  return part;
}

bool disjoint(std::set<int> const& a, std::set<int> const& b) {
  return std::none_of(a.begin(), a.end(), [&](int x) { return b.contains(x); });
}

}  // namespace

std::vector<TableFold> grouped_folds(std::vector<std::vector<std::string>> const& labels, int folds, std::uint64_t seed,
                                     int least_training) {
  require(folds >= 2, "invalid folds=", folds, " (at least 2)");
  auto const part = share_out(labels, folds, seed);
  require(part.size() >= 2, "found ", part.size(), " group among ", labels.size(),
          " rows (at least 2 are needed to hold one out); choose other columns for --group");
  std::vector<std::set<int>> parts;
  std::map<std::set<int>, TableFold> sets;
  for (auto const& row : labels) {
    auto& of_row = parts.emplace_back();
    for (auto const& name : row) of_row.insert(part.at(name));
    sets[of_row];
  }
  std::vector<TableFold> result;
  for (auto& [held_out, fold] : sets) {
    for (std::size_t i = 0; i < parts.size(); ++i) {
      if (parts[i] == held_out) fold.test.push_back(static_cast<Eigen::Index>(i));
      if (disjoint(parts[i], held_out)) fold.train.push_back(static_cast<Eigen::Index>(i));
    }
    require(static_cast<int>(fold.train.size()) >= least_training, "only ", fold.train.size(),
            " rows have no group in common with ", fold.test.size(), " rows to be held out (at least ", least_training,
            " to be trained on); use more --folds, or another --group");
    result.push_back(std::move(fold));
  }
  return result;
}

std::vector<TableFold> random_folds(Eigen::Index rows, int folds, std::uint64_t seed) {
  std::vector<std::vector<std::string>> labels;
  for (Eigen::Index i = 0; i < rows; ++i) labels.push_back({std::to_string(i)});
  return grouped_folds(labels, folds, seed, 1);
}

}  // namespace nacre
