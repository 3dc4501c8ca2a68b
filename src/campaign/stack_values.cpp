#include "stack_values.hpp"

#include <cmath>

#include "nacre/core/value.hpp"

namespace nacre::detail {
namespace {

template <class Matrix>
Value numbers_of(Matrix const& matrix) {
  Value value = Value::array();
  for (Eigen::Index i = 0; i < matrix.size(); ++i) value.push_back(matrix.data()[i]);
  return value;
}

template <class Matrix>
void fill(Matrix& matrix, Value const& value) {
  for (Eigen::Index i = 0; i < matrix.size(); ++i) matrix.data()[i] = value.as_array().at(static_cast<std::size_t>(i)).as_number();
}

Value to_value(Estimate const& estimate) {
  Value value;
  value["value"] = estimate.value;
  value["standard_error"] = estimate.standard_error;
  value["status"] = to_string(estimate.status);
  value["reason"] = estimate.reason;
  value["work"] = estimate.work;
  value["model"] = estimate.model;
  return value;
}

Estimate estimate_from(Value const& value) {
  auto const status = status_from(value.at("status").as_string());
  auto estimate = Estimate::without_value(status, value.at("reason").as_string(), value.at("work").as_number(),
                                          value.at("model").as_string());
  if (!value.at("value").is_null()) estimate.value = value.at("value").as_number();
  if (!value.at("standard_error").is_null()) estimate.standard_error = value.at("standard_error").as_number();
  return estimate;
}

}  // namespace

std::string to_text(BulkState const& bulk) {
  Value value;
  value["lattice_A"] = numbers_of(bulk.crystal.lattice);
  value["positions_A"] = numbers_of(bulk.crystal.positions);
  value["numbers"] = Value::array();
  for (auto const number : bulk.crystal.numbers) value["numbers"].push_back(number);
  value["oxidation_e"] = Value::array();
  for (auto const charge : bulk.crystal.oxidation) value["oxidation_e"].push_back(charge);
  value["energy_eV"] = bulk.energy;
  value["stiffness_eV_per_A3"] = numbers_of(bulk.stiffness);
  value["rattle_gain_eV_per_atom"] = bulk.rattle_gain;
  value["status"] = to_string(bulk.status);
  value["reason"] = bulk.reason;
  value["work"] = bulk.work;
  return value.dump();
}

BulkState bulk_from(std::string const& text) {
  auto const value = Value::parse_json(text, "a stored bulk");
  BulkState bulk;
  fill(bulk.crystal.lattice, value.at("lattice_A"));
  for (auto const& number : value.at("numbers").as_array()) bulk.crystal.numbers.push_back(static_cast<int>(number.as_integer()));
  for (auto const& charge : value.at("oxidation_e").as_array()) bulk.crystal.oxidation.push_back(charge.as_number());
  bulk.crystal.positions.resize(3, static_cast<Eigen::Index>(bulk.crystal.numbers.size()));
  fill(bulk.crystal.positions, value.at("positions_A"));
  bulk.energy = value.at("energy_eV").as_number();
  fill(bulk.stiffness, value.at("stiffness_eV_per_A3"));
  bulk.rattle_gain = value.at("rattle_gain_eV_per_atom").as_number();
  bulk.status = status_from(value.at("status").as_string());
  bulk.reason = value.at("reason").as_string();
  bulk.work = value.at("work").as_number();
  return bulk;
}

std::string to_text(SurfaceEnergy const& surface) {
  Value value;
  value["relaxed"] = to_value(surface.relaxed);
  value["unrelaxed"] = to_value(surface.unrelaxed);
  if (std::isfinite(surface.strain_sensitivity)) value["strain_sensitivity"] = surface.strain_sensitivity;
  return value.dump();
}

SurfaceEnergy surface_from(std::string const& text) {
  auto const value = Value::parse_json(text, "a stored surface energy");
  SurfaceEnergy surface{estimate_from(value.at("relaxed")), estimate_from(value.at("unrelaxed"))};
  if (auto const sensitivity = value.find("strain_sensitivity")) surface.strain_sensitivity = sensitivity->as_number();
  return surface;
}

std::string to_text(Estimate const& estimate) { return to_value(estimate).dump(); }

std::string to_text(PairMatches const& found) {
  Value value;
  value["truncated"] = found.truncated;
  value["matches"] = Value::array();
  for (auto const& c : found.matches) {
    value["matches"].push_back(Value::Array{numbers_of(c.substrate), numbers_of(c.film)});
  }
  return value.dump();
}

PairMatches matches_from(std::string const& text, Eigen::Matrix2d const& bottom, Eigen::Matrix2d const& top) {
  auto const value = Value::parse_json(text, "stored matches");
  PairMatches found;
  found.truncated = value.at("truncated").as_bool();
  for (auto const& match : value.at("matches").as_array()) {
    Eigen::Matrix2d substrate, film;
    fill(substrate, match.as_array().at(0));
    fill(film, match.as_array().at(1));
    found.matches.push_back(make_coincidence(top, bottom, film.cast<int>(), substrate.cast<int>()));
  }
  return found;
}

Estimate estimate_from(std::string const& text) { return estimate_from(Value::parse_json(text, "a stored estimate")); }

}  // namespace nacre::detail
