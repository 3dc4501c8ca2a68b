#include "nacre/crystal/density_of_states.hpp"

#include <algorithm>
#include <cmath>

#include "nacre/core/error.hpp"
#include "text_lines.hpp"

namespace nacre {
namespace {

/// Methods of smearing make densities negative by little: down to this share of the largest one.
constexpr double negative_share = 0.05;

bool is_comment(std::string_view line) {
  auto const text = trim(line);
  return text.empty() || text.front() == '#' || text.front() == '!' || text.front() == '@';
}

struct Row {
  double energy = 0.0;
  std::vector<double> rest;
};

Row read_row(detail::TextLines& lines) {
  auto const words = split_words(lines.next("an energy and its density"));
  require(words.size() >= 2, "found ", words.size(), " numbers in ", lines.place(), " (energy and density expected)");
  Row row{lines.number(words[0], "energy"), {}};
  for (std::size_t k = 1; k < words.size(); ++k) row.rest.push_back(lines.number(words[k], "density"));
  return row;
}

void append(DensityOfStates& states, Row const& row, int spins, detail::TextLines const& lines) {
  require(static_cast<int>(row.rest.size()) >= spins, "found ", row.rest.size(), " densities in ", lines.place(), " (",
          spins, " expected)");
  require(states.energy.empty() || row.energy > states.energy.back(), "energy ", row.energy, " eV after ",
          states.energy.empty() ? 0.0 : states.energy.back(), " eV in ", lines.place(), " (energies must increase)");
  double density = 0.0;
  for (int k = 0; k < spins; ++k) density += row.rest[static_cast<std::size_t>(k)];
  states.energy.push_back(row.energy);
  states.density.push_back(density);
}

/// Six lines of header; the sixth holds the number of energies and the Fermi level.
DensityOfStates parse_doscar(detail::TextLines& lines) {
  DensityOfStates states;
  states.format = "DOSCAR";
  for (int k = 0; k < 5; ++k) lines.next("the header of a DOSCAR");
  auto const words = split_words(lines.next("the range of energies"));
  require(words.size() >= 4, "found ", words.size(), " numbers in ", lines.place(),
          " (EMAX, EMIN, NEDOS and EFERMI expected)");
  auto const count = parse_integer(words[2]);
  require(count && *count >= 2, "unreadable number of energies '", words[2], "' in ", lines.place());
  states.fermi = lines.number(words[3], "Fermi level");
  lines.need(*count, "energies");
  std::size_t columns = 0;
  for (std::int64_t k = 0; k < *count; ++k) {
    auto const row = read_row(lines);
    if (k == 0) columns = row.rest.size();
    require(row.rest.size() == columns && (columns == 2 || columns == 4), "found ", row.rest.size() + 1, " numbers in ",
            lines.place(), " (3, or 5 with two spins, expected)");
    append(states, row, columns == 4 ? 2 : 1, lines);
  }
  return states;
}

/// The number behind "EFermi =" in a comment.
std::optional<double> fermi_of(std::string const& header) {
  auto const place = lower_case(header).find("efermi");
  if (place == std::string::npos) return {};
  for (auto const& word : split_words(header.substr(place + 6))) {
    if (word != "=" && word != ":") return parse_double(word);
  }
  return {};
}

DensityOfStates parse_columns(detail::TextLines& lines, int columns) {
  DensityOfStates states;
  states.format = "columns";
  bool header = true;
  int spins = columns, width = 0;
  while (!lines.at_end()) {
    if (is_comment(lines.peek())) {
      auto const line = lower_case(lines.next("a comment"));
      if (!header) continue;
      if (auto const fermi = fermi_of(line)) states.fermi = fermi;
      bool const two = line.find("dosup") != std::string::npos;
      if (two || line.find("dos(e)") != std::string::npos) {
        states.format = "dos.x";
        spins = two ? 2 : 1;
      }
      continue;
    }
    header = false;
    auto const row = read_row(lines);
    if (width == 0) {
      width = static_cast<int>(row.rest.size());
      if (spins == 0) spins = 1;
      require(columns > 0 || width == 1 || states.format == "dos.x", "found ", width + 1, " columns in ", lines.place(),
              " (energy and density expected; without a header of dos.x it is not known what the others are); say how ",
              "many are densities");
    }
    require(static_cast<int>(row.rest.size()) == width, "found ", row.rest.size() + 1, " columns in ", lines.place(),
            " (", width + 1, " above)");
    append(states, row, spins, lines);
  }
  return states;
}

bool is_doscar(std::string_view text, std::string const& origin) {
  auto const lines = split(text.substr(0, 2000), '\n');
  if (lines.size() < 6) return false;
  auto const first = split_words(lines[0]), sixth = split_words(lines[5]);
  bool const named = std::filesystem::path(origin).filename().string().starts_with("DOSCAR");
  auto const whole = [](std::string const& word) { return parse_integer(word).has_value(); };
  bool const shaped = first.size() == 4 && std::ranges::all_of(first, whole) && sixth.size() >= 4 && whole(sixth[2]);
  return shaped && (named || trim(lines[3]) == "CAR");
}

void check_densities(DensityOfStates& states, std::string const& origin) {
  require(states.energy.size() >= 2, "found ", states.energy.size(), " energies in '", origin,
          "' (a density of states needs two or more)");
  double const largest = *std::ranges::max_element(states.density);
  require(largest > 0.0, "no states in '", origin, "' (the largest density is ", largest, " per eV)");
  for (std::size_t k = 0; k < states.density.size(); ++k) {
    require(states.density[k] >= -negative_share * largest, "density ", states.density[k], " per eV at ",
            states.energy[k], " eV in '", origin,
            "' (densities are positive; spin down is given by its own column, not ", "by a sign)");
    states.density[k] = std::max(0.0, states.density[k]);
  }
}

}  // namespace

double DensityOfStates::at(double e) const {
  if (energy.empty() || e < energy.front() || e > energy.back()) return 0.0;
  auto const above = std::ranges::lower_bound(energy, e);
  auto const k = static_cast<std::size_t>(above - energy.begin());
  if (k == 0) return density.front();
  double const t = (e - energy[k - 1]) / (energy[k] - energy[k - 1]);
  return density[k - 1] + t * (density[k] - density[k - 1]);
}

double DensityOfStates::integral(double from, double to) const {
  if (from > to) return -integral(to, from);
  if (energy.empty()) return 0.0;
  double const low = std::max(from, energy.front()), high = std::min(to, energy.back());
  if (!(low < high)) return 0.0;
  double sum = 0.0, e = low, d = at(low);
  auto k = static_cast<std::size_t>(std::ranges::upper_bound(energy, low) - energy.begin());
  for (; k < energy.size() && energy[k] < high; ++k) {
    sum += 0.5 * (energy[k] - e) * (d + density[k]);
    e = energy[k];
    d = density[k];
  }
  return sum + 0.5 * (high - e) * (d + at(high));
}

DensityOfStates parse_density_of_states(std::string_view text, std::string const& origin, int columns) {
  require(columns >= 0 && columns <= 2, "invalid number of densities ", columns, " (1, or 2 for two spins)");
  detail::TextLines lines(text, origin);
  auto states = is_doscar(text, origin) ? parse_doscar(lines) : parse_columns(lines, columns);
  check_densities(states, origin);
  return states;
}

DensityOfStates read_density_of_states(std::filesystem::path const& path, int columns) {
  return parse_density_of_states(read_file(path), path.string(), columns);
}

BandEdges band_edges(DensityOfStates const& states, double fermi, double threshold) {
  auto const& e = states.energy;
  require(!e.empty() && fermi >= e.front() && fermi <= e.back(), "the Fermi level ", fermi,
          " eV is outside the density of states (", e.empty() ? 0.0 : e.front(), " to ", e.empty() ? 0.0 : e.back(),
          " eV); give both on the same zero of energy");
  if (states.at(fermi) > threshold) return {fermi, fermi, false};
  BandEdges edges{e.front(), e.back(), true};
  for (std::size_t k = 0; k < e.size() && e[k] <= fermi; ++k) {
    if (states.density[k] > threshold) edges.valence_top = e[k];
  }
  for (std::size_t k = e.size(); k-- > 0 && e[k] >= fermi;) {
    if (states.density[k] > threshold) edges.conduction_bottom = e[k];
  }
  return edges;
}

}  // namespace nacre
