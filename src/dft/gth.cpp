// From CP2K's GTH_POTENTIALS to the format psp10 of ABINIT's manual, which pw.x reads as .gth.
#include <algorithm>
#include <fstream>

#include "nacre/core/error.hpp"
#include "nacre/core/text.hpp"
#include "nacre/core/value.hpp"
#include "nacre/crystal/elements.hpp"
#include "nacre/dft/pseudopotentials.hpp"

namespace nacre::dft {
namespace {

namespace fs = std::filesystem;

struct Entry {
  std::string element, name;       ///< "Ti", "GTH-PBE-q12"
  bool is_default = false;         ///< the alias GTH-PBE stands beside the name
  int valence = 0;
  std::vector<std::string> words;  ///< behind the line of the electrons
};

bool is_integer(std::string const& word) { return parse_integer(word).has_value(); }

/// All entries of the functional PBE; others have other names.
std::vector<Entry> read_entries(fs::path const& source) {
  std::vector<Entry> entries;
  bool taking = false, electrons = false;
  for (auto const& line : split(read_file(source), '\n')) {
    auto const words = split_words(line.substr(0, line.find('#')));
    if (words.empty()) continue;
    if (!parse_double(words[0]) && atomic_number(words[0])) {
      taking = words.size() > 1 && words[1].rfind("GTH-PBE-q", 0) == 0;
      electrons = taking;
      if (!taking) continue;
      bool const alias = std::find(words.begin() + 2, words.end(), "GTH-PBE") != words.end();
      entries.push_back({words[0], words[1], alias, static_cast<int>(parse_integer(words[1].substr(9)).value_or(0)), {}});
    } else if (taking && electrons) {
      electrons = !std::all_of(words.begin(), words.end(), is_integer);
    } else if (taking) {
      entries.back().words.insert(entries.back().words.end(), words.begin(), words.end());
    }
  }
  require(!entries.empty(), "no GTH-PBE potentials in '", source.string(), "' (CP2K's data file GTH_POTENTIALS is ",
          "meant, e.g. /usr/share/cp2k/GTH_POTENTIALS)");
  return entries;
}

/// Hands out the numbers of an entry in turn.
class Numbers {
 public:
  explicit Numbers(Entry const& entry) : entry_(entry) {}
  double next() {
    require(at_ < entry_.words.size(), "truncated entry ", entry_.element, " ", entry_.name);
    auto const value = parse_double(entry_.words[at_]);
    require(value.has_value(), "invalid number '", entry_.words[at_], "' in entry ", entry_.element, " ", entry_.name);
    ++at_;
    return *value;
  }
  int count() {
    double const value = next();
    require(value >= 0.0 && value <= 10.0 && value == static_cast<int>(value), "invalid count ", value, " in entry ",
            entry_.element, " ", entry_.name);
    return static_cast<int>(value);
  }

 private:
  Entry const& entry_;
  std::size_t at_ = 0;
};

std::string several(Numbers& numbers, int count) {
  std::string text;
  for (int i = 0; i < count; ++i) text += concat(" ", shortest(numbers.next()));
  return text;
}

/// r, number of projectors, upper triangle of h; behind it for l > 0 that of the spin-orbit part, zero.
std::string projectors(Numbers& numbers, int l) {
  auto const radius = shortest(numbers.next());
  int const count = numbers.count();
  if (count == 0) return concat(" ", radius, " 0\n");
  std::string text = concat(" ", radius, " ", count);
  for (int i = 0; i < count; ++i) text += several(numbers, count - i) + "\n";
  for (int i = 0; l > 0 && i < count; ++i) {
    for (int j = i; j < count; ++j) text += " 0";
    text += "\n";
  }
  return text;
}

std::string psp10(Entry const& entry) {
  Numbers numbers(entry);
  auto const radius = shortest(numbers.next());
  int const local = numbers.count();
  auto const coefficients = several(numbers, local);
  int const with_projectors = numbers.count();
  int const channels = std::max(with_projectors, 1);  // the codes read one at least; hydrogen has none
  std::string text = concat("GTH PBE ", entry.element, " ", entry.name, " from GTH_POTENTIALS of CP2K\n ",
                            *atomic_number(entry.element), " ", entry.valence, " 230101  zatom, zion, pspdat\n 10 11 ",
                            channels - 1, " ", channels, " 2001 0  pspcod, pspxc, lmax, lloc, mmax, r2well\n ",
                            radius, " ", local, coefficients, "\n ", channels, "\n");
  if (with_projectors == 0) text += concat(" ", radius, " 0\n");
  for (int l = 0; l < with_projectors; ++l) text += projectors(numbers, l);
  return text;
}

}  // namespace

std::vector<std::string> convert_gth(fs::path const& source, fs::path const& folder,
                                     std::vector<std::string> const& elements) {
  auto const path = data_file("gth_potentials.json");
  auto const chosen = Value::parse_json(read_file(path), path.string()).at("q");
  auto const entries = read_entries(source);
  std::error_code ignored;
  fs::create_directories(folder, ignored);
  std::vector<std::string> files, met;
  for (auto const& entry : entries) {
    if (!elements.empty() && std::find(elements.begin(), elements.end(), entry.element) == elements.end()) continue;
    auto const* choice = chosen.find(entry.element);
    if (choice ? choice->at("q").as_integer() != entry.valence : !entry.is_default) continue;
    if (std::find(met.begin(), met.end(), entry.element) != met.end()) continue;
    met.push_back(entry.element);
    files.push_back(concat(entry.element, ".pbe-q", entry.valence, ".gth"));
    write_file(folder / files.back(), psp10(entry));
  }
  for (auto const& element : elements)
    require(std::find(met.begin(), met.end(), element) != met.end(), "no GTH-PBE potential of '", element, "' in '",
            source.string(), "'");
  return files;
}

}  // namespace nacre::dft
