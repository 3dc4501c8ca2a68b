#include <unistd.h>

#include <Eigen/LU>
#include <cmath>
#include <filesystem>
#include <iostream>
#include <memory>

#include "model_options.hpp"
#include "nacre/cli/command.hpp"
#include "nacre/core/child.hpp"
#include "nacre/core/error.hpp"
#include "nacre/core/text.hpp"
#include "nacre/potential/sliding_map.hpp"
#include "stack_plan.hpp"
#include "table.hpp"

namespace nacre {
namespace {

struct Options {
  StackOptionsOnLine stack;
  ModelOptions model;
  std::string plot, gap = "optimise";
  std::int64_t grid = SlidingOptions{}.grid, contact = 1;
  bool json = false;
};

Value pair(Eigen::Vector2d const& v) { return Value::Array{v[0], v[1]}; }

Value shift_of(SlidingMap const& map, SlidingPoint const& p) {
  return pair(Eigen::Vector2d(p.index[0], p.index[1]) / map.grid);
}

Value to_value(SlidingMap const& map, SlidingPoint const& p) {
  bool const ok = p.refusal.empty();
  return Value::Object{{"shift", shift_of(map, p)},
                       {"multiplicity", p.multiplicity},
                       {"status", ok ? "ok" : "refused"},
                       {"reason", p.refusal},
                       {"gap_A", p.gap},
                       {"gap_at_limit", p.gap_at_limit},
                       {"energy_eV", ok ? Value(p.energy) : Value()},
                       {"energy_J_per_m2", ok ? Value(p.per_area) : Value()}};
}

/// The point of lowest or highest energy, the first of equal ones; null if no point has one.
SlidingPoint const* extreme(SlidingMap const& map, double sign) {
  SlidingPoint const* best = nullptr;
  for (auto const& p : map.points) {
    if (p.refusal.empty() && (!best || sign * p.per_area < sign * best->per_area)) best = &p;
  }
  return best;
}

Value stationary_to_value(SlidingMap const& map, StationaryPoint::Kind kind) {
  Value list = Value::array();
  for (auto const& p : map.stationary) {
    if (p.kind != kind) continue;
    Value entry = Value::Object{{"shift", pair(p.shift)}, {"energy_J_per_m2", p.per_area}};
    if (kind == StationaryPoint::Kind::saddle) entry["minima"] = Value::Array{p.minima[0], p.minima[1]};
    list.push_back(entry);
  }
  return list;
}

Value grid_of(SlidingMap const& map) {
  Value rows = Value::array();
  for (int i = 0; i < map.grid; ++i) {
    Value row = Value::array();
    for (int j = 0; j < map.grid; ++j) {
      auto const& p = map.at(i, j);
      row.push_back(p.refusal.empty() ? Value(p.per_area) : Value());
    }
    rows.push_back(row);
  }
  return rows;
}

Value to_value(StackPlan const& plan, SlidingMap const& map, Options const& options, Potential const& model) {
  Value points = Value::array();
  std::int64_t refused = 0;
  for (auto const& p : map.points) {
    points.push_back(to_value(map, p));
    refused += p.refusal.empty() ? 0 : 1;
  }
  auto const point = [&](SlidingPoint const* p) { return p ? to_value(map, *p) : Value(); };
  Eigen::Matrix2d const rows = map.shift_cell.transpose();
  auto const frame = make_frame(plan.slabs(), plan.contacts, plan.options);
  return Value::Object{
      {"status", static_cast<std::size_t>(refused) < map.points.size() ? "ok" : "refused"},
      {"grid", map.grid},
      {"contact", options.contact},
      {"gap", options.gap},
      {"reference", map.relative_to_parts ? "both parts apart" : "lowest point"},
      {"area_A2", map.area},
      {"shift_cell_A", Value::Array{pair(rows.row(0)), pair(rows.row(1))}},
      {"shift_cell_area_A2", std::abs(map.shift_cell.determinant())},
      {"n_symmetries", static_cast<std::int64_t>(map.symmetries)},
      {"n_irreducible", static_cast<std::int64_t>(map.points.size())},
      {"n_refused", refused},
      {"points", points},
      {"minimum", point(extreme(map, 1.0))},
      {"maximum", point(extreme(map, -1.0))},
      {"energies_J_per_m2", grid_of(map)},
      {"interpolated", Value::Object{{"minima", stationary_to_value(map, StationaryPoint::Kind::minimum)},
                                     {"saddles", stationary_to_value(map, StationaryPoint::Kind::saddle)},
                                     {"maxima", stationary_to_value(map, StationaryPoint::Kind::maximum)}}},
      {"work_edges", map.work},
      {"layers", layers_to_value(plan, frame)},
      {"model", Value::Object{{"name", model.name()}, {"hash", model.identity()}}}};
}

void print_table(SlidingMap const& map) {
  TextTable table({"shift", "alike", "gap A", "J/m^2", "refused"});
  for (auto const& p : map.points) {
    double const n = map.grid;
    table.row({significant(p.index[0] / n, 4) + " " + significant(p.index[1] / n, 4), std::to_string(p.multiplicity),
               significant(p.gap, 5) + (p.gap_at_limit ? " (limit)" : ""), p.refusal.empty() ? significant(p.per_area, 6) : "-", p.refusal});
  }
  std::cout << table.str() << map.points.size() << " of " << map.grid * map.grid << " shifts differ under "
            << map.symmetries << (map.symmetries == 1 ? " operation" : " operations") << '\n';
  char const* names[] = {"minimum", "saddle", "maximum"};
  for (auto const& p : map.stationary) {
    std::cout << names[static_cast<int>(p.kind)] << " at " << significant(p.shift[0], 4) << ' '
              << significant(p.shift[1], 4) << ": " << significant(p.per_area, 5) << " J/m^2\n";
  }
}

/// Places and energies of one cell and its closing rows, blocks parted by empty lines as gnuplot wants them.
std::string plot_data(SlidingMap const& map) {
  std::string data;
  for (int i = 0; i <= map.grid; ++i) {
    for (int j = 0; j <= map.grid; ++j) {
      Eigen::Vector2d const r = map.shift_cell * Eigen::Vector2d(i, j) / map.grid;
      auto const& p = map.at(i, j);
      data += shortest(r.x()) + " " + shortest(r.y()) + " " + (p.refusal.empty() ? shortest(p.per_area) : "NaN") + "\n";
    }
    data += "\n";
  }
  return data;
}

void draw(SlidingMap const& map, std::filesystem::path const& path) {
  auto const folder = std::filesystem::temp_directory_path() / concat("nacre-plot-", ::getpid());
  std::filesystem::create_directories(folder);
  write_file(folder / "map.dat", plot_data(map));
  write_file(folder / "map.gnuplot",
             "set terminal svg size 640,560 font 'sans-serif,14'\nset output 'map.svg'\nset view map\nset size ratio -1\n"
             "set pm3d interpolate 4,4\nset datafile missing 'NaN'\nset palette defined (0 '#1b4f72', 0.5 '#f4f6f7', 1 "
             "'#b03a2e')\nset xlabel 'x [A]'\nset ylabel 'y [A]'\nset cblabel 'J/m^2'\nunset key\n"
             "splot 'map.dat' using 1:2:3 with pm3d\n");
  int status = 127;
  try {
    status = wait_child(start_child({"gnuplot", "map.gnuplot"}, folder, folder / "log"));
  } catch (Error const&) {
    status = 127;  // not found
  }
  bool const drawn = status == 0 && std::filesystem::exists(folder / "map.svg");
  auto const words = status == 127 || drawn ? std::string() : trim(read_file(folder / "log"));
  if (drawn) write_file(path, read_file(folder / "map.svg"));
  std::filesystem::remove_all(folder);
  if (status == 127) throw Error("cannot draw '" + path.string() + "' (gnuplot is not installed); install gnuplot-nox");
  if (!drawn) throw Error(concat("cannot draw '", path.string(), "' (gnuplot ended with ", status, ": ", words, ")"));
}

int run(Options const& options) {
  require(options.contact >= 1, "invalid contact ", options.contact, " (counted from 1)");
  require(options.grid >= 1 && options.grid <= 1000, "invalid grid ", options.grid, " (from 1 to 1000)");
  auto const extension = lower_case(std::filesystem::path(options.plot).extension().string());
  require(options.plot.empty() || extension == ".svg", "unknown picture '", options.plot, "'; write .svg");
  auto const model = options.model.potential();
  auto const plan = options.stack.plan();
  SlidingOptions sliding;
  sliding.contact = static_cast<std::size_t>(options.contact - 1);
  sliding.grid = static_cast<int>(options.grid);
  sliding.optimise_gap = options.gap == "optimise";
  auto const slabs = plan.slabs();
  auto const map = sliding_map(slabs, plan.contacts, plan.options, *model, sliding);
  if (options.json) {
    std::cout << to_value(plan, map, options, *model).dump() << '\n';
  } else {
    print_table(map);
  }
  if (!options.plot.empty()) draw(map, options.plot);
  return 0;
}

}  // namespace

Command shift_map_command() {
  return {"shift-map", "Energy of a stack whose upper layers slide rigidly over the shift cell of a contact",
          [](CommandLine& line) {
            auto const options = std::make_shared<Options>();
            options->stack.declare(line);
            options->model.declare(line);
            line.option("--contact", options->contact, "that slides, from 1");
            line.option("--grid", options->grid, "points along each vector of the shift cell");
            line.choice("--gap-mode", options->gap, {"optimise", "fixed"}, "the gap of every point: best, or --gaps");
            line.option("--plot", options->plot, "draw the map here with gnuplot (SVG)");
            line.flag("--json", options->json, "print JSON");
            line.example("nacre shift-map MgO.cif MgO.cif --planes 0,0,1 --twists 36.87 --model rigid-ion:grimes "
                         "--grid 8 --plot map.svg");
            return [options] { return run(*options); };
          }};
}

}  // namespace nacre
