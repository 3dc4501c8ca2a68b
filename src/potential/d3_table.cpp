#include "d3_table.hpp"

#include <cmath>

#include "nacre/core/error.hpp"
#include "nacre/core/ids.hpp"
#include "nacre/core/text.hpp"

namespace nacre::detail {
namespace {

/// <r^4>/<r^2> of the atoms [bohr^2].
constexpr std::array<double, d3_elements> moment_ratio{
    8.0589,  3.4698,  29.0974, 14.8517, 11.8799, 7.8715,  5.5588,  4.7566,  3.8025,  3.1036,  26.1552, 17.2304,
    17.7210, 12.7442, 9.5361,  8.1652,  6.7463,  5.6004,  29.2012, 22.3934, 19.0598, 16.8590, 15.4023, 12.5589,
    13.4788, 12.2309, 11.2809, 10.5569, 10.1428, 9.4907,  13.4606, 10.8544, 8.9386,  8.1350,  7.1251,  6.1971,
    30.0162, 24.4103, 20.3537, 17.4780, 13.5528, 11.8451, 11.0355, 10.1997, 9.5414,  9.0061,  8.6417,  8.9975,
    14.0834, 11.8333, 10.0179, 9.3844,  8.4110,  7.5152,  32.7622, 27.5708, 23.1671, 21.6003, 20.9615, 20.4562,
    20.1010, 19.7475, 19.4828, 15.6013, 19.2362, 17.4717, 17.8321, 17.4237, 17.1954, 17.1631, 14.5716, 15.8758,
    13.8989, 12.4834, 11.4421, 10.2671, 8.3549,  7.8496,  7.3278,  7.4820,  13.5124, 11.6554, 10.0959, 9.7340,
    8.8584,  8.0125,  29.8135, 26.3157, 19.1885, 15.8542, 16.1305, 15.6161, 15.1226, 16.1576};

/// [Å]
constexpr std::array<double, d3_elements> covalent_radius{
    0.32, 0.46, 1.20, 0.94, 0.77, 0.75, 0.71, 0.63, 0.64, 0.67, 1.40, 1.25, 1.13, 1.04, 1.10, 1.02, 0.99, 0.96, 1.76,
    1.54, 1.33, 1.22, 1.21, 1.10, 1.07, 1.04, 1.00, 0.99, 1.01, 1.09, 1.12, 1.09, 1.15, 1.10, 1.14, 1.17, 1.89, 1.67,
    1.47, 1.39, 1.32, 1.24, 1.15, 1.13, 1.13, 1.08, 1.15, 1.23, 1.28, 1.26, 1.26, 1.23, 1.32, 1.31, 2.09, 1.76, 1.62,
    1.47, 1.58, 1.57, 1.56, 1.55, 1.51, 1.52, 1.51, 1.50, 1.49, 1.49, 1.48, 1.53, 1.46, 1.37, 1.31, 1.23, 1.18, 1.16,
    1.11, 1.12, 1.13, 1.32, 1.30, 1.30, 1.36, 1.31, 1.38, 1.42, 2.01, 1.81, 1.67, 1.58, 1.52, 1.53, 1.54, 1.55};

constexpr std::size_t most_references = 5;  // of an element
constexpr double unknown = -1.0;

/// One line of the table: C6 of two references, written as element + 100 (number of the reference), and their numbers.
struct Entry {
  double c6;
  std::array<std::size_t, 2> element, reference;
  std::array<double, 2> coordination;
};

std::vector<Entry> read_entries(std::filesystem::path const& path) {
  auto const text = read_file(path);
  auto const words = split_words(text);
  auto const fail = [&](auto const&... what) {
    input_error("cannot use '", path.string(), "' as the table of D3 (", what...,
                "); give the file dftd3.dat of CP2K (Debian: cp2k-data) as NACRE_D3_TABLE or table=PATH");
  };
  auto const count = words.empty() ? std::nullopt : parse_integer(words[0]);
  if (!count || *count <= 0 || *count % 5 != 0 || words.size() != static_cast<std::size_t>(*count) + 2)
    fail("its first number must say how many follow, ", words.size(), " are there");
  std::vector<double> x;
  for (std::size_t k = 2; k < words.size(); ++k) {
    auto const number = parse_double(words[k]);
    if (!number || !std::isfinite(*number)) fail("'", words[k], "' is no number");
    x.push_back(*number);
  }
  std::vector<Entry> entries;
  for (std::size_t k = 0; k < x.size(); k += 5) {
    Entry entry{x[k], {}, {}, {x[k + 3], x[k + 4]}};
    for (std::size_t side : {0u, 1u}) {
      double const code = x[k + 1 + side], element = std::fmod(code, 100.0);
      if (!(code >= 1.0 && code < 100.0 * most_references) || element < 1.0 || element > d3_elements || code != std::floor(code))
        fail("no element ", code);
      entry.element[side] = static_cast<std::size_t>(element);
      entry.reference[side] = static_cast<std::size_t>(code) / 100;
    }
    if (!(entry.c6 > 0.0) || entry.coordination[0] < 0.0 || entry.coordination[1] < 0.0) fail("entry ", k / 5 + 1, " is not positive");
    entries.push_back(entry);
  }
  return entries;
}

}  // namespace

double d3_ratio(int number) { return 0.5 * std::sqrt(number) * moment_ratio[static_cast<std::size_t>(number - 1)]; }

double d3_radius(int number) { return 4.0 / 3.0 * covalent_radius[static_cast<std::size_t>(number - 1)]; }

D3Table read_d3_table(std::filesystem::path const& path) {
  auto const entries = read_entries(path);
  std::array<std::array<double, most_references>, d3_elements + 1> coordination;
  for (auto& references : coordination) references.fill(unknown);
  for (auto const& entry : entries)
    for (std::size_t side : {0u, 1u}) coordination[entry.element[side]][entry.reference[side]] = entry.coordination[side];
  D3Table table;
  for (std::size_t z = 1; z <= d3_elements; ++z) {
    table.first[z] = static_cast<int>(table.coordination.size());
    require(coordination[z].front() != unknown, "cannot use '", path.string(), "' as the table of D3 (it lacks element ", z, ")");
    for (double const value : coordination[z])
      if (value != unknown) table.coordination.push_back(value);
  }
  auto const references = static_cast<Eigen::Index>(table.coordination.size());
  table.first.back() = static_cast<int>(references);
  table.c6 = Eigen::MatrixXd::Constant(references, references, unknown);
  for (auto const& entry : entries) {
    auto const row = table.first[entry.element[0]] + static_cast<int>(entry.reference[0]);
    auto const column = table.first[entry.element[1]] + static_cast<int>(entry.reference[1]);
    require(std::max(row, column) < references, "cannot use '", path.string(), "' as the table of D3 (an element lacks a reference)");
    table.c6(row, column) = table.c6(column, row) = entry.c6;
  }
  require((table.c6.array() > 0.0).all(), "cannot use '", path.string(), "' as the table of D3 (pairs of references are missing)");
  Sha256 sum;
  for (double const x : table.coordination) sum.update(x);
  for (double const x : table.c6.reshaped()) sum.update(x);
  table.hash = sum.hex();
  return table;
}

}  // namespace nacre::detail
