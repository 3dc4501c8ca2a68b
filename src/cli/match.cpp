#include <algorithm>
#include <array>
#include <chrono>
#include <cmath>
#include <iostream>
#include <map>
#include <memory>

#include "match_output.hpp"
#include "nacre/cli/command.hpp"
#include "nacre/core/error.hpp"
#include "nacre/core/log.hpp"
#include "nacre/core/text.hpp"
#include "nacre/core/units.hpp"
#include "nacre/crystal/io.hpp"
#include "table.hpp"

namespace nacre {
namespace {

/// Twists nearest to a request that are listed where neither a window nor --top says how many.
constexpr std::int64_t nearest_twists = 10;

struct Options {
  std::string film, substrate, film_plane = "0,0,1", substrate_plane = "0,0,1", symmetry = "layer";
  std::string strain = "engineering", twist, twist_window;
  CoincidenceOptions limits;
  std::int64_t top = 0, max_index = 0, film_repeats = 1, substrate_repeats = 1;  // 0: all; one pair
  bool json = false;
};

class Stopwatch {
 public:
  double seconds() const { return std::chrono::duration<double>(std::chrono::steady_clock::now() - start_).count(); }

 private:
  std::chrono::steady_clock::time_point start_ = std::chrono::steady_clock::now();
};

CoincidenceOptions limits_of(Options const& options) {
  auto limits = options.limits;
  require(options.top >= 0, "invalid --top ", options.top, " (must not be negative); leave it out for all");
  if (options.strain == "logarithmic") limits.measure = StrainMeasure::logarithmic;
  auto const twist = parse_degrees("--twist", options.twist);
  auto const window = parse_degrees("--twist-window", options.twist_window);
  require(twist || !window, "--twist-window without --twist (it has no middle); give both");
  require(!window || *window >= 0.0, "invalid --twist-window ", options.twist_window, " (must not be negative)");
  if (twist) limits.twist = TwistRequest{*twist / units::degrees, {}};
  if (window) limits.twist->half_width = *window / units::degrees;
  std::int64_t const top = options.top > 0 ? options.top : (twist && !window ? nearest_twists : 0);
  if (top > 0) limits.most = std::min(limits.most, static_cast<std::size_t>(top));
  return limits;
}

int repeats_of(char const* option, std::int64_t repeats) {
  require(repeats >= 1 && repeats <= 10000, "invalid ", option, ' ', repeats, " (1 to 10000 repeats of the plane)");
  return static_cast<int>(repeats);
}

MatchPlanes make_planes(Options const& options, PlaneLattice film, PlaneLattice substrate) {
  return {std::move(film), std::move(substrate), repeats_of("--film-repeats", options.film_repeats),
          repeats_of("--substrate-repeats", options.substrate_repeats),
          options.symmetry == "lattice" ? MatchSymmetry::lattice : MatchSymmetry::layer};
}

CoincidenceList search(MatchPlanes const& planes, CoincidenceOptions const& limits) {
  return match_planes(planes.film, planes.substrate, planes.symmetry, limits, planes.film_repeats,
                      planes.substrate_repeats);
}

/// Smallest and largest |twist| of what was found [deg].
Value twist_range(std::vector<Coincidence> const& classes) {
  if (classes.empty()) return {};
  auto const size = [](Coincidence const& c) { return std::abs(c.twist) * units::degrees; };
  auto const [least, most] = std::ranges::minmax(classes, {}, size);
  return Value::Array{size(least), size(most)};
}

void warn_where_cut(CoincidenceList const& list, CoincidenceOptions const& limits, Options const& options) {
  if (!list.truncated || list.classes.size() < CoincidenceOptions{}.most || options.top > 0) return;
  log_warning("more than ", limits.most, " matches are within the limits; only the first by area are listed (lower ",
              "--max-area or --max-strain, or ask for --top K)");
}

/// Written piece by piece: a long list never is in memory as text.
void print_classes(CoincidenceList const& list, MatchPlanes const& planes, NamedTwists const& named) {
  std::cout << "\"classes\":[";
  for (std::size_t i = 0; i < list.classes.size(); ++i) {
    std::cout << (i ? "," : "") << match_value(list.classes[i], planes, named).dump();
  }
  std::cout << ']';
}

void print_members(Value const& object) {
  for (auto const& [key, value] : object.as_object()) std::cout << Value(key).dump() << ':' << value.dump() << ',';
}

Value summary(CoincidenceList const& list, MatchPlanes const& planes) {
  return Value::Object{{"count", static_cast<std::int64_t>(list.classes.size())},
                       {"truncated", list.truncated},
                       {"twist_range_deg", twist_range(list.classes)},
                       {"hands_kept", is_handed(planes.film) || is_handed(planes.substrate)},
                       {"film_basis_A", basis_value(planes.film.basis)},
                       {"substrate_basis_A", basis_value(planes.substrate.basis)}};
}

/// Coincidence-site angles are named even where the limits leave them out.
Value special_value(NamedTwists const& named) {
  Value list = Value::array();
  for (auto const& [sigma, c] : named.twists) {
    list.push_back(Value::Object{{"sigma", sigma},
                                 {"twist_deg", c.twist * units::degrees},
                                 {"principal_strains", Value::Array{c.strain_max, c.strain_min}},
                                 {"film_index", c.film_index},
                                 {"substrate_index", c.substrate_index},
                                 {"film_area", c.film_area}});
  }
  return list;
}

std::optional<double> request_of(CoincidenceOptions const& limits) {
  return limits.twist ? std::optional(limits.twist->angle) : std::nullopt;
}

void print_json(MatchPlanes const& planes, CoincidenceList const& list, CoincidenceOptions const& limits,
                double seconds) {
  auto const request = request_of(limits);
  auto const named = named_twists(planes, request);
  Value head = summary(list, planes);
  head["seconds"] = seconds;
  head["special"] = special_value(named);
  if (request) {
    auto const network = network_at(planes, named, *request);
    head["requested_twist_deg"] = *request * units::degrees;
    bool const none = list.classes.empty();
    head["nearest_twist_deg"] = none ? Value() : Value(list.classes[0].twist * units::degrees);
    head["twist_offset_deg"] = none ? Value() : Value(twist_offset(list.classes[0], *request) * units::degrees);
    head["network"] = network ? network_value(*network) : Value();
  }
  std::cout << '{';
  print_members(head);
  print_classes(list, planes, named);
  std::cout << "}\n";
}

void print_text(MatchPlanes const& planes, CoincidenceList const& list, CoincidenceOptions const& limits) {
  auto const request = request_of(limits);
  auto const named = named_twists(planes, request);
  std::cout << match_table(list.classes, planes, named);
  std::cout << list.classes.size() << (list.classes.size() == 1 ? " match" : " matches")
            << (list.truncated ? ", more not shown" : "") << '\n';
  if (!request) return;
  std::cout << "asked for " << significant(*request * units::degrees, 6) << " deg, ";
  if (list.classes.empty()) {
    std::cout << "no commensurate twist within the limits\n";
  } else {
    auto const& first = list.classes[0];
    std::cout << "first is " << significant(first.twist * units::degrees, 6) << " deg, "
              << significant(std::abs(twist_offset(first, *request)) * units::degrees, 4) << " deg off, strain "
              << significant(100.0 * first.largest_strain(), 3) << " %\n";
  }
  if (auto const network = network_at(planes, named, *request)) std::cout << network_text(*network);
}

int match_one(Options const& options, CoincidenceOptions const& limits) {
  auto const film_miller = parse_plane("--film-plane", options.film_plane);
  auto const substrate_miller = parse_plane("--substrate-plane", options.substrate_plane);
  auto const planes = make_planes(options, make_plane(read_crystal(options.film), film_miller),
                                  make_plane(read_crystal(options.substrate), substrate_miller));
  Stopwatch const watch;
  auto const list = search(planes, limits);
  double const seconds = watch.seconds();
  warn_where_cut(list, limits, options);
  if (options.json) {
    print_json(planes, list, limits, seconds);
  } else {
    print_text(planes, list, limits);
  }
  return 0;
}

/// Planes of one crystal by their indices, each made once.
class PlaneShelf {
 public:
  explicit PlaneShelf(Crystal crystal) : crystal_(std::move(crystal)) {}
  PlaneLattice const& at(Eigen::Vector3i const& miller) {
    std::array<int, 3> const key{miller.x(), miller.y(), miller.z()};
    auto found = planes_.find(key);
    if (found == planes_.end()) found = planes_.emplace(key, make_plane(crystal_, miller)).first;
    return found->second;
  }

 private:
  Crystal crystal_;
  std::map<std::array<int, 3>, PlaneLattice> planes_;
};

struct PairResult {
  PlanePair pair;
  MatchPlanes planes;
  CoincidenceList list;
};

Value plane_value(Eigen::Vector3i const& miller) { return Value::Array{miller.x(), miller.y(), miller.z()}; }

void print_pairs_json(std::vector<PairResult> const& results, CoincidenceOptions const& limits, double seconds) {
  std::int64_t count = 0;
  bool truncated = false;
  std::vector<Coincidence> all;
  for (auto const& result : results) {
    count += static_cast<std::int64_t>(result.list.classes.size());
    truncated = truncated || result.list.truncated;
    all.insert(all.end(), result.list.classes.begin(), result.list.classes.end());
  }
  std::cout << '{';
  print_members(Value::Object{
      {"count", count}, {"truncated", truncated}, {"seconds", seconds}, {"twist_range_deg", twist_range(all)}});
  std::cout << "\"pairs\":[";
  bool first = true;
  for (auto const& result : results) {
    std::cout << (first ? "{" : ",{");
    first = false;
    print_members(Value::Object{{"film_plane", plane_value(result.pair.film)},
                                {"substrate_plane", plane_value(result.pair.substrate)}});
    print_members(summary(result.list, result.planes));
    print_classes(result.list, result.planes, named_twists(result.planes, request_of(limits)));
    std::cout << '}';
  }
  std::cout << "]}\n";
}

void print_pairs_table(std::vector<PairResult> const& results) {
  TextTable table({"film", "substrate", "matches", "film A^2", "cells", "strain %", "twist deg"});
  for (auto const& [pair, planes, list] : results) {
    std::string const count = concat(list.classes.size(), list.truncated ? "+" : "");
    if (list.classes.empty()) {
      table.row({plane_name(pair.film), plane_name(pair.substrate), count});
      continue;
    }
    auto const& c = list.classes[0];
    table.row({plane_name(pair.film), plane_name(pair.substrate), count, significant(c.film_area, 6),
               concat(c.film_index, ':', c.substrate_index),
               significant(100.0 * c.strain_max, 3) + " " + significant(100.0 * c.strain_min, 3),
               significant(c.twist * units::degrees, 6)});
  }
  std::cout << table.str() << "the first match of each pair of planes is shown\n";
}

int match_all(Options const& options, CoincidenceOptions const& limits) {
  require(options.max_index <= 20, "invalid --max-index ", options.max_index, " (1 to 20)");
  auto const film = read_crystal(options.film), substrate = read_crystal(options.substrate);
  Stopwatch const watch;
  PlaneShelf film_planes(film), substrate_planes(substrate);
  std::vector<PairResult> results;
  for (auto const& pair : plane_pairs(film, substrate, static_cast<int>(options.max_index))) {
    auto planes = make_planes(options, film_planes.at(pair.film), substrate_planes.at(pair.substrate));
    auto list = search(planes, limits);
    warn_where_cut(list, limits, options);
    results.push_back({pair, std::move(planes), std::move(list)});
  }
  double const seconds = watch.seconds();
  if (options.json) {
    print_pairs_json(results, limits, seconds);
  } else {
    print_pairs_table(results);
  }
  return 0;
}

int match(Options const& options) {
  auto const limits = limits_of(options);
  require(options.max_index >= 0, "invalid --max-index ", options.max_index, " (must not be negative)");
  return options.max_index > 0 ? match_all(options, limits) : match_one(options, limits);
}

void declare(CommandLine& line, Options& options) {
  line.positional("FILM", options.film, "crystal of the film, the upper layer (POSCAR, CIF or extxyz)");
  line.positional("SUBSTRATE", options.substrate, "crystal of the substrate");
  line.option("--film-plane", options.film_plane, "h,k,l in the cell of the file");
  line.option("--substrate-plane", options.substrate_plane, "h,k,l in the cell of the file");
  line.option("--max-index", options.max_index,
              "all pairs of symmetry-distinct planes up to this index instead (0: off)");
  line.option("--max-area", options.limits.max_area, "limit on both supercells [A^2]");
  line.option("--max-strain", options.limits.max_strain, "limit on both principal strains of the film (fraction)");
  line.choice("--strain", options.strain, {"engineering", "logarithmic"},
              "what --max-strain limits: stretch - 1, or |ln stretch|, the same for film and substrate exchanged");
  line.option("--max-atoms", options.limits.max_atoms, "limit on the atoms of both layers (0: none)");
  line.option("--film-repeats", options.film_repeats, "repeats of the plane that atoms are counted for");
  line.option("--substrate-repeats", options.substrate_repeats, "repeats of the plane that atoms are counted for");
  line.option("--twist", options.twist, "twist asked for [deg]: the commensurate ones it snaps to, 10 without --top");
  line.option("--twist-window", options.twist_window, "instead all within this of it, by the distance [deg]");
  line.choice("--symmetry", options.symmetry, {"layer", "lattice"},
              "what makes two matches one class: the layers' operations or those of their lattices");
  line.option("--top", options.top, "only the first K by area, strain, indices (0: all)");
  line.flag("--json", options.json, "print JSON");
  line.example(
      "nacre match SrTiO3.cif MgO.cif --film-plane 0,0,1 --substrate-plane 0,0,1 --max-area 200 --max-strain 0.03");
}

}  // namespace

Command match_command() {
  return {"match", "supercells in which a film fits a substrate", [](CommandLine& line) {
            auto const options = std::make_shared<Options>();
            declare(line, *options);
            return [options] { return match(*options); };
          }};
}

}  // namespace nacre
