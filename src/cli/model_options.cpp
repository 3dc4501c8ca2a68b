#include "model_options.hpp"

#include "nacre/core/error.hpp"

namespace nacre {

void ModelOptions::declare(CommandLine& line) {
  line.option("--model", model, "rigid-ion:SET or torchscript:PATH");
  line.choice("--sum", sum, {"direct", "pme", "auto"}, "how charges are summed");
  line.option("--cutoff", cutoff, "of the short-range terms [Å]");
  line.choice("--truncation", truncation, {"taper", "plain"},
              "short-range terms fall to zero over the last 1 Å, or end");
  line.choice("--slab-correction", slab_correction, {"none", "z"},
              "z: dipole correction for a slab with vacuum along z");
}

std::shared_ptr<Potential const> ModelOptions::potential() const {
  require(!model.empty(), "no model (what evaluates the energy?): give --model rigid-ion:SET or torchscript:PATH");
  using Sum = PotentialOptions::Sum;
  PotentialOptions options;
  options.cutoff = cutoff;
  options.taper = truncation == "taper";
  options.sum = sum == "direct" ? Sum::direct : sum == "pme" ? Sum::pme : Sum::automatic;
  options.slab_correction = slab_correction == "z";
  return make_potential(model, options);
}

namespace {

Value model_to_value(Potential const& potential) {
  auto model = Value::object();
  model["name"] = potential.name();
  model["hash"] = potential.identity();
  return model;
}

}  // namespace

Value evaluation_to_value(std::size_t frame, Evaluation const& evaluation, Potential const& potential) {
  auto const vector = [](auto const& v) { return Value(Value::Array{v[0], v[1], v[2]}); };
  auto forces = Value::array(), stress = Value();
  for (Eigen::Index i = 0; i < evaluation.forces.cols(); ++i) forces.push_back(vector(evaluation.forces.col(i)));
  for (int row = 0; evaluation.stress && row < 3; ++row) stress.push_back(vector(evaluation.stress->row(row)));
  auto result = Value::object();
  result["frame"] = frame;
  result["n_atoms"] = static_cast<std::int64_t>(evaluation.forces.cols());
  result["status"] = "ok";
  result["energy_eV"] = evaluation.energy;
  result["forces_eV_per_A"] = forces;
  result["stress_eV_per_A3"] = stress;
  result["n_edges"] = evaluation.edges;
  result["model"] = model_to_value(potential);
  return result;
}

Value refusal_to_value(std::size_t frame, std::size_t atoms, std::string const& reason, Potential const& potential) {
  auto result = Value::object();
  result["frame"] = frame;
  result["n_atoms"] = atoms;
  result["status"] = "refused";
  result["reason"] = reason;
  for (auto const* key : {"energy_eV", "forces_eV_per_A", "stress_eV_per_A3", "n_edges"}) result[key] = Value();
  result["model"] = model_to_value(potential);
  return result;
}

}  // namespace nacre
