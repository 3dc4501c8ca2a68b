#include <algorithm>
#include <cmath>
#include <iostream>
#include <memory>

#include "nacre/cli/command.hpp"
#include "nacre/core/error.hpp"
#include "nacre/core/estimate.hpp"
#include "nacre/core/text.hpp"
#include "nacre/core/value.hpp"
#include "nacre/crystal/io.hpp"
#include "nacre/potential/relax.hpp"

namespace nacre {
namespace {

constexpr double vacuum_A =
    10.0;  // empty along the third vector: the cell of a slab, which has no third vector to relax

struct Options {
  std::string file, model, truncation = "taper", sum = "auto", correction = "none", minimizer = "lbfgs", output;
  double cutoff = 12.0, fmax = 1e-4, smax = 1e-5;
  std::int64_t max_steps = 1000;
  bool fix_inplane = false, json = false;
};

std::vector<Frame> read_frames(std::filesystem::path const& path) {
  auto const extension = path.extension();
  if (extension == ".xyz" || extension == ".extxyz") return read_extxyz(path);
  return {Frame{read_crystal(path), {}, {}}};
}

std::shared_ptr<Potential const> open_model(Options const& options) {
  PotentialOptions settings;
  settings.cutoff = options.cutoff;
  settings.taper = options.truncation == "taper";
  settings.slab_correction = options.correction == "z";
  if (options.sum != "auto") {
    settings.sum = options.sum == "pme" ? PotentialOptions::Sum::pme : PotentialOptions::Sum::direct;
  }
  return make_potential(options.model, settings);
}

/// Whether a layer of `vacuum_A` across the third vector is empty.
bool has_vacuum(Crystal const& crystal) {
  Eigen::Vector3d const a = crystal.lattice.col(0), b = crystal.lattice.col(1), c = crystal.lattice.col(2);
  Eigen::Vector3d const normal =
      Eigen::Vector3d(a.y() * b.z() - a.z() * b.y(), a.z() * b.x() - a.x() * b.z(), a.x() * b.y() - a.y() * b.x())
          .normalized();
  double const height = std::abs(normal.dot(c));
  std::vector<double> z;
  for (Eigen::Index i = 0; i < crystal.positions.cols(); ++i) {
    double const h = normal.dot(crystal.positions.col(i));
    z.push_back(h - height * std::floor(h / height));
  }
  if (z.empty()) return false;
  std::sort(z.begin(), z.end());
  double widest = z.front() + height - z.back();
  for (std::size_t i = 1; i < z.size(); ++i) widest = std::max(widest, z[i] - z[i - 1]);
  return widest >= vacuum_A;
}

CellFreedom cell_freedom(Crystal const& crystal, bool fix_inplane) {
  auto const& p = crystal.periodic;
  if (!(p[0] && p[1] && p[2]) || has_vacuum(crystal)) return CellFreedom::fixed;
  return fix_inplane ? CellFreedom::third_vector : CellFreedom::full;
}

std::string_view to_string(CellFreedom freedom) {
  return freedom == CellFreedom::fixed ? "fixed" : freedom == CellFreedom::third_vector ? "third_vector" : "full";
}

Value rows_of(Eigen::MatrixXd const& columns) {
  auto rows = Value::array();
  for (Eigen::Index i = 0; i < columns.cols(); ++i) {
    auto row = Value::array();
    for (Eigen::Index k = 0; k < columns.rows(); ++k) row.push_back(columns(k, i));
    rows.push_back(std::move(row));
  }
  return rows;
}

Value to_value(std::size_t frame, Relaxation const& relaxation, CellFreedom freedom, Potential const& model,
               std::string const& output) {
  auto const& evaluation = relaxation.evaluation;
  auto line = Value::object();
  line["frame"] = static_cast<std::int64_t>(frame);
  line["n_atoms"] = static_cast<std::int64_t>(relaxation.crystal.size());
  line["status"] = to_string(relaxation.converged ? Status::ok : Status::failed);
  line["energy_eV"] = evaluation.energy;
  line["forces_eV_per_A"] = rows_of(evaluation.forces);
  line["stress_eV_per_A3"] = evaluation.stress ? rows_of(evaluation.stress->transpose()) : Value();
  line["n_edges"] = evaluation.edges;
  line["model"]["name"] = model.name();
  line["model"]["hash"] = model.identity();
  line["converged"] = relaxation.converged;
  line["reason"] = relaxation.reason;
  line["steps"] = relaxation.steps;
  line["fmax_eV_per_A"] = relaxation.fmax;
  line["smax_eV_per_A3"] = relaxation.smax;
  line["cell"] = to_string(freedom);
  line["lattice_A"] = rows_of(relaxation.crystal.lattice);
  line["output"] = output.empty() ? Value() : Value(output);
  return line;
}

void print_line(std::size_t frame, Relaxation const& relaxation, CellFreedom freedom) {
  std::cout << "frame " << frame << ": " << relaxation.reason << " after " << relaxation.steps << " steps, energy "
            << significant(relaxation.evaluation.energy, 10) << " eV, fmax " << significant(relaxation.fmax, 3)
            << " eV/A, cell " << to_string(freedom) << '\n';
}

std::string relaxed_frame(Frame frame, Relaxation const& relaxation, Potential const& model) {
  frame.crystal = relaxation.crystal;
  frame.columns["forces"] = relaxation.evaluation.forces;
  frame.info["energy"] = shortest(relaxation.evaluation.energy);
  frame.info["relaxation"] = relaxation.reason;
  frame.info["model"] = model.name();
  frame.info["model_hash"] = model.identity();
  return to_extxyz(frame);
}

int run(Options const& options) {
  auto const model = open_model(options);
  auto const frames = read_frames(options.file);
  RelaxOptions settings;
  settings.fmax = options.fmax;
  settings.smax = options.smax;
  settings.max_steps = static_cast<int>(options.max_steps);
  settings.minimizer = minimizer_from(options.minimizer);
  std::string relaxed_text;
  std::vector<Value> lines;
  for (std::size_t i = 0; i < frames.size(); ++i) {
    settings.cell = cell_freedom(frames[i].crystal, options.fix_inplane);
    auto const relaxation = relax(frames[i].crystal, *model, settings);
    relaxed_text += relaxed_frame(frames[i], relaxation, *model);
    if (options.json)
      lines.push_back(to_value(i, relaxation, settings.cell, *model, options.output));
    else
      print_line(i, relaxation, settings.cell);
  }
  if (!options.output.empty()) write_file(options.output, relaxed_text);
  for (auto const& line : lines) std::cout << line.dump() << '\n';
  return 0;
}

}  // namespace

Command relax_command() {
  return {
      "relax", "Relax a structure to a minimum of a model's energy", [](CommandLine& line) {
        auto const options = std::make_shared<Options>();
        line.positional("FILE", options->file, "structure: extxyz (every frame), CIF or POSCAR");
        line.option("--model", options->model, "rigid-ion:SET or torchscript:PATH");
        line.flag("--fix-inplane", options->fix_inplane,
                  "keep the first two lattice vectors; the third relaxes. Without it the whole cell relaxes. A cell "
                  "with 10 A of vacuum along the third vector, or without three periodic directions, stays as it is");
        line.option("--cutoff", options->cutoff, "short-range cutoff of rigid-ion sets [A]");
        line.choice("--truncation", options->truncation, {"taper", "plain"}, "how the short range ends at the cutoff");
        line.choice("--sum", options->sum, {"direct", "pme", "auto"}, "how the Coulomb energy is summed");
        line.choice("--slab-correction", options->correction, {"none", "z"}, "z: dipole correction for vacuum along z");
        line.option("--fmax", options->fmax, "converged below this force [eV/A]");
        line.option("--smax", options->smax, "and below this stress on what moves of the cell [eV/A^3]");
        line.option("--max-steps", options->max_steps, "evaluations before it gives up");
        line.choice("--minimizer", options->minimizer, {"lbfgs", "fire"}, "lbfgs goes on with fire where it is stuck");
        line.option("-o,--output", options->output, "write the relaxed frames here (extxyz)");
        line.flag("--json", options->json, "JSON Lines, one object per frame");
        line.example("nacre relax CeO2.cif --model rigid-ion:grimes -o relaxed.extxyz --json");
        return [options] { return run(*options); };
      }};
}

}  // namespace nacre
