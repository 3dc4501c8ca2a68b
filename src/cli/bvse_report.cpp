#include "bvse_report.hpp"

#include <Eigen/LU>

#include "nacre/core/error.hpp"
#include "nacre/core/text.hpp"
#include "nacre/crystal/io.hpp"
#include "table.hpp"

namespace nacre {
namespace {

Value or_null(std::optional<double> const& value) { return value ? Value(*value) : Value(); }

template <class Vector>
Value triple(Vector const& v) {
  return Value::Array{v[0], v[1], v[2]};
}

Value walk_to_value(EnergyGrid const& grid, GridWalk const& walk) {
  Eigen::Matrix3d const inverse = grid.lattice.inverse();
  auto const positions = walk.positions(grid);
  Value points = Value::array(), energies = Value::array();
  for (std::size_t k = 0; k <= walk.points.size(); ++k) {
    Eigen::Vector3d const fractional = inverse * positions.col(static_cast<Eigen::Index>(k));
    points.push_back(triple(fractional));
    energies.push_back(grid.energy[walk.points[k % walk.points.size()]]);
  }
  return Value::Object{{"wrap", triple(walk.wrap)}, {"points_fractional", points}, {"energies_eV", energies}};
}

/// Barriers that one set of walks decides stand together: the walks are printed once.
Value paths_to_value(MigrationMap const& map) {
  Value paths = Value::array();
  for (auto const& barrier : map.barriers) {
    if (barrier.walks.empty()) continue;
    Value walks = Value::array();
    for (auto const& walk : barrier.walks) walks.push_back(walk_to_value(map.grid, walk));
    paths.push_back(
        Value::Object{{"barrier", barrier.target.name},
                      {"level_eV", barrier.threshold->level},
                      {"farthest_from_sites_A", map.site_energies.empty() ? Value() : Value(barrier.site_distance)},
                      {"saddle_A", barrier.saddle ? triple(barrier.saddle->position) : Value()},
                      {"walks", walks}});
  }
  return paths;
}

Value refined_to_value(MigrationMap const& map) {
  Value refined = Value::Object{{"E_min", map.minimum ? Value(map.minimum->energy) : Value()}};
  for (auto const& barrier : map.barriers) refined[barrier.target.name] = or_null(barrier.refined);
  return refined;
}

std::string reference_name(BarrierReference reference) {
  return reference == BarrierReference::sites ? "sites" : "minimum";
}

}  // namespace

Value migration_to_value(Crystal const& crystal, SiteEnergy const& field, MigrationMap const& map,
                         MigrationOptions const& options) {
  Value document = Value::object();
  for (auto const& barrier : map.barriers) document[barrier.target.name] = or_null(barrier.barrier);
  document["E_min"] = map.grid.energy[map.lowest];
  document["grid"] = triple(map.grid.points);
  document["units"] = "eV";
  document["formula"] = formula(crystal);
  document["ion"] = to_string(field.mobile());
  document["step_A"] = options.grid.step;
  document["connectivity"] = options.connectivity;
  document["from"] = reference_name(options.reference);
  Value notes = Value::object(), sites = Value::array(), trust = Value::array();
  for (auto const& barrier : map.barriers)
    if (!barrier.reason.empty()) notes[barrier.target.name] = barrier.reason;
  document["reasons"] = notes;
  if (options.reference == BarrierReference::sites) {
    Value references = Value::object();
    for (auto const& barrier : map.barriers)
      references[barrier.target.name] = barrier.barrier ? Value(barrier.reference) : Value();
    document["references_eV"] = references;
  }
  if (options.refine) document["refined"] = refined_to_value(map);
  for (double const energy : map.site_energies) sites.push_back(energy);
  document["site_energies_eV"] = sites;
  document["paths"] = paths_to_value(map);
  for (auto const& note : trust_notes(field.mobile(), options.reference)) trust.push_back(note);
  document["trust"] = trust;
  return document;
}

std::string migration_table(Crystal const& crystal, SiteEnergy const& field, MigrationMap const& map,
                            MigrationOptions const& options) {
  auto const& grid = map.grid;
  auto text = concat(
      to_string(field.mobile()), " in ", formula(crystal), ", grid ", grid.points[0], " x ", grid.points[1], " x ",
      grid.points[2], ", lowest energy ", significant(grid.energy[map.lowest], 6), " eV; barriers [eV] from the ",
      options.reference == BarrierReference::sites ? "highest occupied site on the walk" : "minimum", "\n");
  TextTable table({"barrier", "grid", "refined", "farthest from sites [Å]", "note"});
  auto const number = [](std::optional<double> const& value) { return value ? significant(*value, 5) : "-"; };
  for (auto const& barrier : map.barriers)
    table.row({barrier.target.name, number(barrier.barrier), number(barrier.refined),
               barrier.walks.empty() || map.site_energies.empty() ? "-" : significant(barrier.site_distance, 3),
               barrier.reason});
  text += table.str();
  for (auto const& note : trust_notes(field.mobile(), options.reference)) text += "note: " + note + "\n";
  return text;
}

std::string walks_to_extxyz(SiteEnergy const& field, MigrationMap const& map) {
  std::string text;
  for (auto const& barrier : map.barriers) {
    if (barrier.walks.empty()) continue;
    Frame frame;
    frame.crystal = field.framework();
    std::vector<double> walk(frame.crystal.size(), 0.0), energy(frame.crystal.size(), 0.0);
    std::vector<Eigen::Vector3d> points;
    for (std::size_t w = 0; w < barrier.walks.size(); ++w) {
      auto const positions = barrier.walks[w].positions(map.grid);
      for (std::size_t k = 0; k < barrier.walks[w].points.size(); ++k) {
        points.push_back(positions.col(static_cast<Eigen::Index>(k)));
        walk.push_back(static_cast<double>(w) + 1.0);
        energy.push_back(map.grid.energy[barrier.walks[w].points[k]]);
      }
    }
    auto const ions = frame.crystal.positions.cols();
    frame.crystal.positions.conservativeResize(3, ions + static_cast<Eigen::Index>(points.size()));
    for (std::size_t k = 0; k < points.size(); ++k) {
      frame.crystal.positions.col(ions + static_cast<Eigen::Index>(k)) = points[k];
      frame.crystal.numbers.push_back(field.mobile().number);
      frame.crystal.oxidation.push_back(field.mobile().charge);
    }
    auto const row = [](std::vector<double> const& v) {
      return Eigen::MatrixXd(Eigen::Map<Eigen::RowVectorXd const>(v.data(), static_cast<Eigen::Index>(v.size())));
    };
    frame.columns["walk"] = row(walk);
    frame.columns["energy_eV"] = row(energy);
    frame.crystal.name = barrier.target.name;
    frame.info["barrier"] = barrier.target.name;
    frame.info["level_eV"] = shortest(barrier.threshold->level);
    text += to_extxyz(frame);
  }
  return text;
}

}  // namespace nacre
