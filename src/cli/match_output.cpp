#include "match_output.hpp"

#include <cmath>

#include "nacre/core/error.hpp"
#include "nacre/core/text.hpp"
#include "nacre/core/units.hpp"
#include "nacre/stack/stack.hpp"
#include "table.hpp"

namespace nacre {
namespace {

template <class Matrix>
Value rows_of(Matrix const& m) {
  Value rows = Value::array();
  for (int r = 0; r < 2; ++r) rows.push_back(Value::Array{m(r, 0), m(r, 1)});
  return rows;
}

Value vector_value(Eigen::Vector2d const& v) { return Value::Array{v.x(), v.y()}; }

std::int64_t atoms_of(Coincidence const& c, MatchPlanes const& planes) {
  auto const layer = [](PlaneLattice const& plane, int repeats, int cells) {
    return static_cast<std::int64_t>(plane.primitive.size()) * repeats * cells;
  };
  return layer(planes.film, planes.film_repeats, c.film_index) +
         layer(planes.substrate, planes.substrate_repeats, c.substrate_index);
}

std::string matrix_text(Eigen::Matrix2i const& m) {
  return concat('[', m(0, 0), ' ', m(0, 1), "; ", m(1, 0), ' ', m(1, 1), ']');
}

std::string character_name(double character) {
  constexpr double pure = 1.0 / units::degrees;  // within a degree
  if (character < pure) return "screw";
  return character > 0.5 * units::pi - pure ? "edge" : "mixed";
}

}  // namespace

double twist_offset(Coincidence const& c, double request) {
  double const offset = c.twist - request;
  return offset - 2.0 * units::pi * std::round(offset / (2.0 * units::pi));
}

std::optional<double> parse_degrees(std::string const& option, std::string const& text) {
  if (text.empty()) return std::nullopt;
  auto const value = parse_double(trim(text));
  require(value && std::isfinite(*value) && std::abs(*value) <= 360.0, "invalid ", option, " '", text,
          "' (degrees, -360 to 360)");
  return *value;
}

Value NamedTwists::sigma_of(Coincidence const& c) const {
  for (auto const& [sigma, match] : twists) {
    if (match.film == c.film && match.substrate == c.substrate) return sigma;
  }
  return {};
}

NamedTwists named_twists(MatchPlanes const& planes, std::optional<double> request, int max_sigma) {
  return {special_twists(planes.film.basis, planes.substrate.basis, match_group(planes.film, planes.symmetry),
                         match_group(planes.substrate, planes.symmetry), max_sigma,
                         request ? std::optional(TwistRequest{*request, {}}) : std::nullopt),
          request};
}

std::optional<InterfaceNetwork> network_at(MatchPlanes const& planes, NamedTwists const& named, double twist) {
  auto const reference = reference_for(named.twists, twist);
  if (!reference) return std::nullopt;
  return predict_network(planes.film.basis, planes.substrate.basis, *reference, twist);
}

Value match_value(Coincidence const& c, MatchPlanes const& planes, NamedTwists const& named) {
  Eigen::Matrix2d const stretch = film_stretch(c, planes.film.basis, planes.substrate.basis);
  Eigen::Matrix2d const strain = stretch - Eigen::Matrix2d::Identity();
  Value value = Value::Object{
      {"film_index", c.film_index},
      {"substrate_index", c.substrate_index},
      {"film_matrix", rows_of(c.film)},
      {"substrate_matrix", rows_of(c.substrate)},
      {"principal_strains", Value::Array{c.strain_max, c.strain_min}},
      {"strain_tensor", rows_of(strain)},
      {"twist_deg", c.twist * units::degrees},
      {"film_area", c.film_area},
      {"substrate_area", c.substrate_area},
      {"shift_cell_area", c.shift_cell_area},
      {"shift_cell_A", basis_value(shift_cell(c, planes.substrate.basis * c.substrate.transpose().cast<double>()))},
      {"atoms", atoms_of(c, planes)},
      {"sigma", named.sigma_of(c)}};
  if (named.request) value["twist_offset_deg"] = twist_offset(c, *named.request) * units::degrees;
  return value;
}

Value basis_value(Eigen::Matrix2d const& columns) {
  Eigen::Matrix2d const rows = columns.transpose();
  return rows_of(rows);
}

Value network_value(InterfaceNetwork const& network) {
  Value families = Value::array();
  for (auto const& family : network.families) {
    families.push_back(Value::Object{{"burgers_A", vector_value(family.burgers)},
                                     {"burgers_length_A", family.burgers.norm()},
                                     {"line", vector_value(family.line)},
                                     {"spacing_A", family.spacing},
                                     {"character_deg", family.character * units::degrees},
                                     {"type", character_name(family.character)}});
  }
  auto const& c = network.reference.match;
  return Value::Object{{"reference", Value::Object{{"film_index", c.film_index},
                                                   {"substrate_index", c.substrate_index},
                                                   {"sigma", network.reference.sigma},
                                                   {"twist_deg", c.twist * units::degrees}}},
                       {"deviation_deg", network.deviation * units::degrees},
                       {"families", families},
                       {"periods_A", network.periods ? basis_value(*network.periods) : Value()}};
}

std::string network_text(InterfaceNetwork const& network) {
  auto const& [sigma, match] = network.reference;
  std::string text = concat("network: ", significant(network.deviation * units::degrees, 4), " deg from sigma ", sigma,
                            ", ", match.film_index, ':', match.substrate_index, " cells at ",
                            significant(match.twist * units::degrees, 6), " deg\n");
  if (network.families.empty()) return text + "  none: this is the coincidence itself\n";
  TextTable table({"spacing A", "line deg", "Burgers vector A", "length A", "character"});
  for (auto const& f : network.families) {
    double const direction = std::atan2(f.line.y(), f.line.x()) * units::degrees;
    table.row({significant(f.spacing, 6), significant(direction, 4),
               concat('(', significant(f.burgers.x(), 4), ", ", significant(f.burgers.y(), 4), ')'),
               significant(f.burgers.norm(), 5),
               concat(character_name(f.character), ' ', significant(f.character * units::degrees, 3), " deg")});
  }
  return text + table.str("  ");
}

std::string match_table(std::vector<Coincidence> const& classes, MatchPlanes const& planes, NamedTwists const& named) {
  TextTable table({"film A^2", "substrate A^2", "cells", "atoms", "strain %", "twist deg", "sigma", "shift cell A^2",
                   "film", "substrate"});
  for (auto const& c : classes) {
    Value const sigma = named.sigma_of(c);
    table.row({significant(c.film_area, 6), significant(c.substrate_area, 6),
               concat(c.film_index, ':', c.substrate_index), concat(atoms_of(c, planes)),
               significant(100.0 * c.strain_max, 3) + " " + significant(100.0 * c.strain_min, 3),
               significant(c.twist * units::degrees, 6), sigma.is_null() ? std::string("-") : sigma.dump(),
               significant(c.shift_cell_area, 4), matrix_text(c.film), matrix_text(c.substrate)});
  }
  return table.str();
}

}  // namespace nacre
