/// Parameter files with one entry for each triplet of labels, as LAMMPS has them for Tersoff and Stillinger-Weber:
/// "i j k" and numbers, over one or more lines, # begins a comment.
#pragma once

#include <map>
#include <string>
#include <string_view>
#include <vector>

#include "nacre/core/error.hpp"
#include "nacre/core/ids.hpp"
#include "nacre/crystal/crystal.hpp"
#include "nacre/potential/short_range.hpp"

namespace nacre::detail {

struct TripletEntry {
  std::string labels[3];
  std::vector<double> numbers;
  int line = 0;  ///< where it begins
};

/// @throws InputError for an entry of another length, a word that is no number, or no entry at all
std::vector<TripletEntry> parse_triplets(std::string_view text, std::string const& origin, std::size_t numbers);

/// The elements of a file and the label that stands for each, by atomic number.
struct LabelMap {
  std::vector<int> numbers;         ///< ascending
  std::vector<std::string> labels;  ///< likewise
};
LabelMap choose_labels(std::vector<TripletEntry> const& entries, std::string const& origin,
                       std::vector<LabelChoice> const& choices);

[[noreturn]] void refuse_element(int number, LabelMap const& map, std::string const& name);
[[noreturn]] void refuse_triplet(int i, int j, int k, LabelMap const& map, std::string const& name);

/// Parameters of all triplets of labels in use, [(i * size + j) * size + k].
template <class Parameters>
class TripletTable {
 public:
  /// @param make turns an entry into parameters
  template <class Make>
  TripletTable(std::vector<TripletEntry> const& entries, LabelMap map, std::string const& origin, Make const& make)
      : map_(std::move(map)), parameters_(cube()), present_(cube(), false) {
    for (auto const& entry : entries) {
      int const i = index(entry.labels[0]), j = index(entry.labels[1]), k = index(entry.labels[2]);
      if (i < 0 || j < 0 || k < 0) continue;
      auto const place = at(i, j, k);
      require(!present_[place], "the entry ", entry.labels[0], " ", entry.labels[1], " ", entry.labels[2], " in '",
              origin, "' line ", entry.line, " is there twice: remove one");
      present_[place] = true;
      parameters_[place] = make(entry);
    }
  }
  Parameters const& operator()(int i, int j, int k) const { return parameters_[at(i, j, k)]; }
  bool has(int i, int j, int k) const { return present_[at(i, j, k)]; }
  int size() const { return static_cast<int>(map_.labels.size()); }
  LabelMap const& map() const { return map_; }
  std::vector<Parameters> const& all() const { return parameters_; }

  /// The index of every atom's element. @throws InputError naming what the file lacks
  std::vector<int> indices(Crystal const& crystal, std::string const& name) const {
    std::map<int, int> used;  // by atomic number
    for (int const number : crystal.numbers) used[number] = -1;
    for (auto& [number, place] : used) {
      for (int k = 0; k < size(); ++k) {
        if (map_.numbers[static_cast<std::size_t>(k)] == number) place = k;
      }
      if (place < 0) refuse_element(number, map_, name);
    }
    for (auto const& i : used)
      for (auto const& j : used)
        for (auto const& k : used)
          if (!has(i.second, j.second, k.second)) refuse_triplet(i.second, j.second, k.second, map_, name);
    std::vector<int> result;
    for (int const number : crystal.numbers) result.push_back(used[number]);
    return result;
  }

 private:
  std::size_t cube() const { return map_.labels.size() * map_.labels.size() * map_.labels.size(); }
  std::size_t at(int i, int j, int k) const {
    auto const n = map_.labels.size();
    return (static_cast<std::size_t>(i) * n + static_cast<std::size_t>(j)) * n + static_cast<std::size_t>(k);
  }
  int index(std::string const& label) const {
    for (int k = 0; k < size(); ++k) {
      if (map_.labels[static_cast<std::size_t>(k)] == label) return k;
    }
    return -1;
  }

  LabelMap map_;
  std::vector<Parameters> parameters_;
  std::vector<bool> present_;
};

/// Labels and numbers of the entries in use, in the order of the labels: what makes two files the same model.
void hash_entries(Sha256& sum, std::vector<TripletEntry> entries, LabelMap const& map);

}  // namespace nacre::detail
