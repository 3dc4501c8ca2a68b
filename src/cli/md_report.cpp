#include "md_report.hpp"

#include <cmath>

#include "diffusion_value.hpp"
#include "nacre/core/error.hpp"
#include "nacre/core/text.hpp"
#include "nacre/core/units.hpp"
#include "table.hpp"

namespace nacre {
namespace {

std::string with_error(BlockMean const& mean, double unit, int digits) {
  auto const error = std::isfinite(mean.error) ? concat(" ± ", significant(unit * mean.error, 2)) : std::string{};
  return significant(unit * mean.value, digits) + error;
}

bool measured(DynamicsRun const& run) { return run.stage == "production" && std::isfinite(run.temperature.value); }

}  // namespace

Value dynamics_to_value(DynamicsRun const& run, DynamicsPlan const& plan, Potential const& model) {
  auto const atoms = static_cast<double>(run.state.crystal.size());
  bool const numbers = measured(run) && run.status == Status::ok;
  auto const when = [&](bool known, double value) { return known ? Value(value) : Value(); };
  auto value = Value::object();
  value["status"] = to_string(run.status);
  value["reason"] = run.reason;
  value["stage"] = run.stage;
  value["n_atoms"] = static_cast<std::int64_t>(run.state.crystal.size());
  value["ensemble"] = to_string(plan.production.ensemble);
  value["temperature_K"] = plan.production.temperature;
  value["timestep_fs"] = 1e3 * plan.production.timestep_ps;
  value["seed"] = plan.production.seed;
  value["barostat"] = to_string(plan.barostat);
  value["pressure_asked_GPa"] = when(plan.barostat != Barostat::none, units::GPa * plan.production.pressure);
  value["ps"] = run.production_ps;
  value["steps"] = run.steps;
  value["mean_temperature_K"] = when(numbers, run.temperature.value);
  value["mean_temperature_stderr"] = when(numbers, run.temperature.error);
  value["potential_eV_per_atom"] = when(numbers, run.potential.value / atoms);
  value["potential_stderr"] = when(numbers, run.potential.error / atoms);
  value["pressure_GPa"] = Value();
  value["pressure_stderr"] = Value();
  for (auto const& p : run.pressure) {
    if (!numbers || !run.has_pressure) break;
    value["pressure_GPa"].push_back(units::GPa * p.value);
    value["pressure_stderr"].push_back(units::GPa * p.error);
  }
  value["pressure_order"] = "xx yy zz yz xz xy";
  value["drift_eV_per_atom_ns"] = when(measured(run), run.drift);
  value["drift_stderr"] = when(measured(run), run.drift_error);
  for (int k = 0; k < 3; ++k) {
    auto const v = run.state.crystal.lattice.col(k);
    value["lattice_A"].push_back(Value::Array{v[0], v[1], v[2]});
  }
  value["flags"] = Value::array();
  for (auto const& flag : run.flags) value["flags"].push_back(flag);
  value["diffusion"] = run.diffusion ? diffusion_to_value(*run.diffusion) : Value();
  value["work_edges"] = run.work;
  value["model"] = Value::Object{{"name", model.name()}, {"hash", model.identity()}};
  return value;
}

std::string dynamics_to_text(DynamicsRun const& run, DynamicsPlan const& plan) {
  auto const atoms = static_cast<double>(run.state.crystal.size());
  std::string text = concat(to_string(run.status), run.reason.empty() ? "" : ": ", run.reason, "\n");
  text += concat(run.steps, " steps of ", 1e3 * plan.production.timestep_ps, " fs, ended in ", run.stage,
                 "; production ", significant(run.production_ps, 6), " ps\n");
  if (!measured(run) || run.status != Status::ok) return text;
  TextTable table({"mean of production", "value", "unit"});
  table.row({"temperature", with_error(run.temperature, 1.0, 6), "K"});
  table.row({"potential energy", with_error(run.potential, 1.0 / atoms, 8), "eV/atom"});
  for (std::size_t k = 0; k < 3 && run.has_pressure; ++k)
    table.row({std::string("pressure ") + "xyz"[k] + "xyz"[k], with_error(run.pressure[k], units::GPa, 4), "GPa"});
  table.row({"drift of the conserved energy", with_error({run.drift, run.drift_error}, 1.0, 2), "eV/atom/ns"});
  text += table.str();
  if (!run.flags.empty()) text += "flags: " + join(run.flags, ", ") + "\n";
  if (run.diffusion) text += diffusion_to_text(*run.diffusion);
  return text;
}

}  // namespace nacre
