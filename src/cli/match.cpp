#include <chrono>
#include <cmath>
#include <iostream>
#include <memory>

#include "nacre/cli/command.hpp"
#include "nacre/core/error.hpp"
#include "nacre/core/text.hpp"
#include "nacre/core/units.hpp"
#include "nacre/core/value.hpp"
#include "nacre/crystal/io.hpp"
#include "nacre/stack/coincidence.hpp"
#include "nacre/stack/plane.hpp"
#include "table.hpp"

namespace nacre {
namespace {

constexpr std::int64_t largest_index = 1000;

struct Options {
  std::string film, substrate, film_plane = "0,0,1", substrate_plane = "0,0,1", symmetry = "layer";
  CoincidenceOptions limits;
  std::int64_t top = 0;  // 0: all
  bool json = false;
};

Eigen::Vector3i parse_plane(std::string const& option, std::string const& text) {
  auto const parts = split(text, ',');
  Eigen::Vector3i miller = Eigen::Vector3i::Zero();
  bool fine = parts.size() == 3;
  for (std::size_t k = 0; fine && k < 3; ++k) {
    auto const value = parse_integer(trim(parts[k]));
    fine = value && std::abs(*value) <= largest_index;
    if (fine) miller[static_cast<Eigen::Index>(k)] = static_cast<int>(*value);
  }
  require(fine, "malformed plane '", text, "' of ", option, " (needs three integers up to ", largest_index,
          "); write it as h,k,l, for example 1,1,0");
  require(miller != Eigen::Vector3i::Zero(), "invalid plane '", text, "' of ", option,
          " (0,0,0 has no normal); give indices that are not all zero");
  return miller;
}

/// Primitive in-plane lattices, and the symmetry that classes are counted with.
struct Planes {
  PlaneLattice film, substrate;
};

Planes read_planes(Options const& options) {
  auto const film_miller = parse_plane("--film-plane", options.film_plane);
  auto const substrate_miller = parse_plane("--substrate-plane", options.substrate_plane);
  return {make_plane(read_crystal(options.film), film_miller),
          make_plane(read_crystal(options.substrate), substrate_miller)};
}

std::vector<Eigen::Matrix2i> group_of(PlaneLattice const& plane, std::string const& symmetry) {
  return symmetry == "lattice" ? lattice_holohedry(plane.basis) : layer_point_group(plane);
}

template <class Matrix>
Value rows_of(Matrix const& m) {
  Value rows = Value::array();
  for (int r = 0; r < 2; ++r) rows.push_back(Value::Array{m(r, 0), m(r, 1)});
  return rows;
}

Value to_value(Coincidence const& c) {
  return Value::Object{{"film_index", c.film_index},
                       {"substrate_index", c.substrate_index},
                       {"film_matrix", rows_of(c.film)},
                       {"substrate_matrix", rows_of(c.substrate)},
                       {"principal_strains", Value::Array{c.strain_max, c.strain_min}},
                       {"twist_deg", c.twist * units::degrees},
                       {"film_area", c.film_area},
                       {"substrate_area", c.substrate_area},
                       {"shift_cell_area", c.shift_cell_area}};
}

void print_json(Planes const& planes, std::vector<Coincidence> const& classes, bool truncated, double seconds) {
  Value list = Value::array();
  for (auto const& c : classes) list.push_back(to_value(c));
  Eigen::Matrix2d const film = planes.film.basis.transpose(), substrate = planes.substrate.basis.transpose();
  Value const document = Value::Object{{"count", static_cast<std::int64_t>(classes.size())},
                                       {"truncated", truncated},
                                       {"seconds", seconds},
                                       {"classes", list},
                                       {"film_basis_A", rows_of(film)},
                                       {"substrate_basis_A", rows_of(substrate)}};
  std::cout << document.dump() << '\n';
}

std::string matrix_text(Eigen::Matrix2i const& m) {
  return concat('[', m(0, 0), ' ', m(0, 1), "; ", m(1, 0), ' ', m(1, 1), ']');
}

void print_table(std::vector<Coincidence> const& classes, bool truncated) {
  TextTable table(
      {"film A^2", "substrate A^2", "cells", "strain %", "twist deg", "shift cell A^2", "film", "substrate"});
  for (auto const& c : classes) {
    table.row({significant(c.film_area, 6), significant(c.substrate_area, 6),
               concat(c.film_index, ':', c.substrate_index),
               significant(100.0 * c.strain_max, 3) + " " + significant(100.0 * c.strain_min, 3),
               significant(c.twist * units::degrees, 6), significant(c.shift_cell_area, 4), matrix_text(c.film),
               matrix_text(c.substrate)});
  }
  std::cout << table.str();
  std::cout << classes.size() << (classes.size() == 1 ? " match" : " matches") << (truncated ? ", more not shown" : "")
            << '\n';
}

int match(Options const& options) {
  require(options.top >= 0, "invalid --top ", options.top, " (must not be negative); leave it out for all");
  auto const planes = read_planes(options);
  auto const start = std::chrono::steady_clock::now();
  auto classes = find_coincidences(planes.film.basis, planes.substrate.basis, group_of(planes.film, options.symmetry),
                                   group_of(planes.substrate, options.symmetry), options.limits);
  std::chrono::duration<double> const seconds = std::chrono::steady_clock::now() - start;
  bool const truncated = options.top > 0 && classes.size() > static_cast<std::size_t>(options.top);
  if (truncated) classes.resize(static_cast<std::size_t>(options.top));
  if (options.json) {
    print_json(planes, classes, truncated, seconds.count());
  } else {
    print_table(classes, truncated);
  }
  return 0;
}

}  // namespace

Command match_command() {
  return {"match", "supercells in which a film fits a substrate", [](CommandLine& line) {
            auto const options = std::make_shared<Options>();
            line.positional("FILM", options->film, "crystal of the film, the upper layer (POSCAR, CIF or extxyz)");
            line.positional("SUBSTRATE", options->substrate, "crystal of the substrate");
            line.option("--film-plane", options->film_plane, "h,k,l in the cell of the file");
            line.option("--substrate-plane", options->substrate_plane, "h,k,l in the cell of the file");
            line.option("--max-area", options->limits.max_area, "limit on both supercells [A^2]");
            line.option("--max-strain", options->limits.max_strain,
                        "limit on both principal strains of the film (fraction)");
            line.choice("--symmetry", options->symmetry, {"layer", "lattice"},
                        "what makes two matches one class: the layers' operations or those of their lattices");
            line.option("--top", options->top, "only the first K by area, strain, indices (0: all)");
            line.flag("--json", options->json, "print JSON");
            line.example(
                "nacre match SrTiO3.cif MgO.cif --film-plane 0,0,1 --substrate-plane 0,0,1 --max-area 200 --max-strain "
                "0.03");
            return [options] { return match(*options); };
          }};
}

}  // namespace nacre
