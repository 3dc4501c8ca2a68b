#include <cmath>
#include <cstdlib>
#include <string>
#include <tuple>
#include <vector>

#include "nacre/core/error.hpp"
#include "nacre/core/text.hpp"
#include "nacre/core/value.hpp"
#include "nacre/crystal/elements.hpp"

namespace nacre {
namespace {

struct Radius {
  int atomic_number;
  int charge;
  int coordination;
  bool regular;  // neither square nor pyramidal
  bool low_spin;
  double crystal_radius;
};

Radius parse_radius(std::string_view line, int number, std::string const& origin) {
  auto const fields = split(line, ',');
  require(fields.size() == 7, "found ", fields.size(), " fields in '", origin, "' line ", number, " (7 expected)");
  auto const atom = atomic_number(fields[0]);
  auto const charge = parse_integer(fields[1]), coordination = parse_integer(fields[2]);
  auto const radius = parse_double(fields[5]);
  require(atom && charge && coordination && radius, "unreadable radius '", std::string(line), "' in '", origin,
          "' line ", number);
  return {*atom,  static_cast<int>(*charge), static_cast<int>(*coordination), fields[3].empty(), fields[4] == "low",
          *radius};
}

std::vector<Radius> read_radii() {
  auto const path = data_file("shannon_radii.csv");
  auto const lines = split(read_file(path), '\n');
  std::vector<Radius> radii;
  bool header = true;
  for (std::size_t i = 0; i < lines.size(); ++i) {
    if (lines[i].empty() || lines[i].front() == '#') continue;
    if (!header) radii.push_back(parse_radius(lines[i], static_cast<int>(i) + 1, path.string()));
    header = false;
  }
  return radii;
}

std::vector<Radius> const& radii() {
  static std::vector<Radius> const table = read_radii();
  return table;
}

struct DopantRow {
  std::string dopant, host;
  DopantSite site;
};

std::vector<DopantRow> read_dopants() {
  auto const path = data_file("dopants.json");
  auto const file = Value::parse_json(read_file(path), path.string());
  std::vector<DopantRow> rows;
  for (auto const& row : file.at("dopants").as_array())
    rows.push_back({row.at("dopant").as_string(),
                    row.at("host").as_string(),
                    {row.at("dopant_charge_e").as_number(), row.at("host_charge_e").as_number()}});
  return rows;
}

}  // namespace

double shannon_radius(int atomic_number, double charge) {
  int const rounded = static_cast<int>(std::lround(charge));
  // Regular before square or pyramidal, then near to 6, then the larger coordination, then high spin.
  auto const rank = [](Radius const& r) {
    return std::tuple(!r.regular, std::abs(r.coordination - 6), -r.coordination, r.low_spin);
  };
  Radius const* best = nullptr;
  for (auto const& radius : radii())
    if (radius.atomic_number == atomic_number && radius.charge == rounded && (!best || rank(radius) < rank(*best)))
      best = &radius;
  require(best && std::abs(charge - rounded) < 1e-6, "no radius of the ion ", symbol(atomic_number), " with charge ",
          charge, " (not in data/shannon_radii.csv); check its oxidation state");
  return best->crystal_radius;
}

DopantSite dopant_site(std::string_view dopant, std::string_view host) {
  static std::vector<DopantRow> const table = read_dopants();
  std::string listed;
  for (auto const& row : table) {
    if (row.host != host) continue;
    if (row.dopant == dopant) return row.site;
    listed += (listed.empty() ? "" : ", ") + row.dopant;
  }
  require(!listed.empty(), "unknown host '", host, "' of dopant '", dopant,
          "' (data/dopants.json has no dopant on it)");
  input_error("unknown dopant '", dopant, "' on '", host, "' (not in data/dopants.json); listed: ", listed);
}

}  // namespace nacre
