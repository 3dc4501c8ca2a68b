#include "model_options.hpp"

#include <array>
#include <cmath>

#include "nacre/core/error.hpp"
#include "nacre/potential/committee.hpp"

namespace nacre {

void ModelOptions::declare(CommandLine& line) {
  line.option("--model", model,
              "KIND:NAME as 'nacre models' lists them (rigid-ion:SET, nequix:PATH, torchscript:PATH, tersoff:FILE, ...), the "
              "path of a model file, or a sum A+B");
  line.option("--device", device, "of models through LibTorch: cpu, cuda or cuda:N");
  line.choice("--sum", sum, {"direct", "pme", "auto"}, "how charges are summed");
  line.option("--accuracy", accuracy,
              "error of Coulomb forces relative to that of unit charges 1 Å apart; 0: exact, above 500 atoms 1e-9");
  line.flag("--background", background, "give a charged cell a uniform background instead of refusing it");
  line.option("--cutoff", cutoff, "of the short-range terms [Å]");
  line.choice("--truncation", truncation, {"taper", "plain"},
              "short-range terms fall to zero over the last 1 Å, or end");
  line.choice("--slab-correction", slab_correction, {"none", "z"},
              "z: dipole correction for a slab with vacuum along z");
}

std::shared_ptr<Potential const> ModelOptions::potential(std::int64_t threads) const {
  require(!model.empty(),
          "no model (what evaluates the energy?): give --model KIND:NAME, such as rigid-ion:grimes or tersoff:FILE");
  using Sum = PotentialOptions::Sum;
  PotentialOptions options;
  options.cutoff = cutoff;
  options.taper = truncation == "taper";
  options.sum = sum == "direct" ? Sum::direct : sum == "pme" ? Sum::pme : Sum::automatic;
  options.accuracy = accuracy;
  options.background = background;
  options.slab_correction = slab_correction == "z";
  require(threads >= 1 && threads <= 1024, "invalid threads=", threads, " (1 to 1024)");
  options.device = device;
  options.threads = static_cast<int>(threads);
  return make_potential(model, options);
}

namespace {

Value model_to_value(Potential const& potential) {
  auto model = Value::object();
  model["name"] = potential.name();
  model["hash"] = potential.identity();
  return model;
}

Value committee_to_value(Evaluation const& evaluation) {
  auto committee = Value::object();
  committee["member_energies_eV"] = Value::array();
  for (double const energy : evaluation.member_energies) committee["member_energies_eV"].push_back(energy);
  committee["energy_deviation_eV"] = committee_deviation(std::array{evaluation.member_energies}, std::array{1.0});
  committee["force_deviations_eV_per_A"] = Value::array();
  for (double const deviation : evaluation.force_deviations) committee["force_deviations_eV_per_A"].push_back(deviation);
  return committee;
}

}  // namespace

Value evaluation_to_value(std::size_t frame, Evaluation const& evaluation, Potential const& potential) {
  auto const vector = [](auto const& v) { return Value(Value::Array{v[0], v[1], v[2]}); };
  auto forces = Value::array(), stress = Value(), energies = Value::array();
  for (double const energy : evaluation.atom_energies) energies.push_back(energy);
  for (Eigen::Index i = 0; i < evaluation.forces.cols(); ++i) forces.push_back(vector(evaluation.forces.col(i)));
  for (int row = 0; evaluation.stress && row < 3; ++row) stress.push_back(vector(evaluation.stress->row(row)));
  auto result = Value::object();
  result["frame"] = frame;
  result["n_atoms"] = static_cast<std::int64_t>(evaluation.forces.cols());
  result["status"] = "ok";
  result["energy_eV"] = evaluation.energy;
  result["atom_energies_eV"] = energies.as_array().empty() && evaluation.forces.cols() > 0 ? Value() : energies;
  result["forces_eV_per_A"] = forces;
  result["stress_eV_per_A3"] = stress;
  result["n_edges"] = evaluation.edges;
  if (evaluation.member_energies.size() > 0) result["committee"] = committee_to_value(evaluation);
  if (evaluation.trust != Trust::unknown) {
    result["trust"] = to_string(evaluation.trust);
    result["warning"] = evaluation.warning;
  }
  if (evaluation.grade > 0.0) result["extrapolation_grade"] = std::isfinite(evaluation.grade) ? Value(evaluation.grade) : Value();
  result["model"] = model_to_value(potential);
  return result;
}

Value refusal_to_value(std::size_t frame, std::size_t atoms, std::string const& reason, Potential const& potential) {
  auto result = Value::object();
  result["frame"] = frame;
  result["n_atoms"] = atoms;
  result["status"] = "refused";
  result["reason"] = reason;
  for (auto const* key : {"energy_eV", "atom_energies_eV", "forces_eV_per_A", "stress_eV_per_A3", "n_edges"}) result[key] = Value();
  result["model"] = model_to_value(potential);
  return result;
}

}  // namespace nacre
