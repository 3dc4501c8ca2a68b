#include "triplet_file.hpp"

#include <algorithm>
#include <cmath>
#include <tuple>

#include "nacre/core/text.hpp"
#include "nacre/crystal/elements.hpp"

namespace nacre::detail {
namespace {

TripletEntry make_entry(std::vector<std::string> const& words, int line, std::string const& origin) {
  TripletEntry entry{{words[0], words[1], words[2]}, {}, line};
  for (std::size_t k = 3; k < words.size(); ++k) {
    auto const number = parse_double(words[k]);
    require(number.has_value() && std::isfinite(*number), "'", words[k], "' in the entry ", words[0], " ", words[1],
            " ", words[2], " of '", origin, "' (line ", line, ") is no number");
    entry.numbers.push_back(*number);
  }
  return entry;
}

/// "Si" of "Si(D)"; empty if the label begins with no chemical symbol.
std::string element_of(std::string const& label) {
  auto const name = label.substr(0, label.find('('));
  return atomic_number(name) ? name : std::string();
}

struct Candidate {
  std::string label;
  int entries = 0, last_line = 0;
};

}  // namespace

std::vector<TripletEntry> parse_triplets(std::string_view text, std::string const& origin, std::size_t numbers) {
  std::vector<TripletEntry> entries;
  std::vector<std::string> words;
  int number = 0, first_line = 0;
  for (auto const& line : split(text, '\n')) {
    ++number;
    auto const found = split_words(line.substr(0, line.find('#')));
    if (found.empty()) continue;
    if (words.empty()) first_line = number;
    words.insert(words.end(), found.begin(), found.end());
    require(words.size() <= numbers + 3, "the entry of '", origin, "' that begins in line ", first_line, " has ",
            words.size(), " words (three labels and ", numbers, " numbers are expected)");
    if (words.size() < numbers + 3) continue;
    entries.push_back(make_entry(words, first_line, origin));
    words.clear();
  }
  require(words.empty(), "the entry of '", origin, "' that begins in line ", first_line, " has ", words.size(),
          " words (three labels and ", numbers, " numbers are expected)");
  require(!entries.empty(), "no parameters in '", origin, "' (entries are three labels and ", numbers, " numbers)");
  return entries;
}

LabelMap choose_labels(std::vector<TripletEntry> const& entries, std::string const& origin,
                       std::vector<LabelChoice> const& choices) {
  std::map<int, std::vector<Candidate>> of_element;  // by atomic number
  for (auto const& entry : entries) {
    for (auto const& label : entry.labels) {
      auto const element = element_of(label);
      if (element.empty()) continue;
      auto& candidates = of_element[*atomic_number(element)];
      auto place = std::find_if(candidates.begin(), candidates.end(), [&](auto const& c) { return c.label == label; });
      if (place == candidates.end()) place = candidates.insert(candidates.end(), {label});
      ++place->entries;
      place->last_line = entry.line;
    }
  }
  require(!of_element.empty(), "no label of '", origin, "' begins with a chemical symbol");
  LabelMap map;
  for (auto const& [number, candidates] : of_element) {
    auto const element = std::string(symbol(number));
    auto const rank = [&](Candidate const& c) { return std::tuple(c.entries, c.label == element, c.last_line); };
    auto best = std::max_element(candidates.begin(), candidates.end(),
                                 [&](auto const& a, auto const& b) { return rank(a) < rank(b); });
    for (auto const& choice : choices) {
      if (choice.element != element) continue;
      best = std::find_if(candidates.begin(), candidates.end(), [&](auto const& c) { return c.label == choice.label; });
      std::vector<std::string> known;
      for (auto const& c : candidates) known.push_back(c.label);
      if (best == candidates.end())
        input_error("no label '", choice.label, "' for ", element, " in '", origin, "'", did_you_mean(choice.label, known));
    }
    map.numbers.push_back(number);
    map.labels.push_back(best->label);
  }
  for (auto const& choice : choices) {
    auto const number = atomic_number(choice.element);
    require(number && of_element.count(*number) == 1, "no parameters for '", choice.element, "' in '", origin, "'");
  }
  return map;
}

void refuse_element(int number, LabelMap const& map, std::string const& name) {
  std::vector<std::string> known;
  for (int const z : map.numbers) known.emplace_back(symbol(z));
  input_error("no parameters for '", symbol(number), "' in '", name, "' (it covers ", join(known, ", "), ")");
}

void refuse_triplet(int i, int j, int k, LabelMap const& map, std::string const& name) {
  auto const& labels = map.labels;
  auto const at = [&](int n) { return labels[static_cast<std::size_t>(n)]; };
  input_error("no parameters for the triplet ", at(i), " ", at(j), " ", at(k), " in '", name,
              "' (its elements are there, but not together)");
}

void hash_entries(Sha256& sum, std::vector<TripletEntry> entries, LabelMap const& map) {
  auto const in_use = [&](TripletEntry const& entry) {
    return std::all_of(std::begin(entry.labels), std::end(entry.labels), [&](std::string const& label) {
      return std::find(map.labels.begin(), map.labels.end(), label) != map.labels.end();
    });
  };
  std::erase_if(entries, [&](auto const& entry) { return !in_use(entry); });
  std::sort(entries.begin(), entries.end(), [](auto const& a, auto const& b) {
    return std::tie(a.labels[0], a.labels[1], a.labels[2]) < std::tie(b.labels[0], b.labels[1], b.labels[2]);
  });
  for (auto const& entry : entries) {
    for (auto const& label : entry.labels) sum.update(std::uint64_t(label.size())).update(label);
    for (double const number : entry.numbers) sum.update(number);
  }
}

}  // namespace nacre::detail
