#include <algorithm>
#include <cmath>
#include <iostream>
#include <memory>

#include "model_options.hpp"
#include "nacre/core/error.hpp"
#include "nacre/core/estimate.hpp"
#include "nacre/core/text.hpp"
#include "nacre/crystal/io.hpp"
#include "nacre/potential/relax.hpp"
#include "nacre/transport/fixed_charge.hpp"
#include "table.hpp"

namespace nacre {
namespace {

/// Empty along the third vector [Å]: the cell of a slab, which has no third vector to relax.
constexpr double vacuum = 10.0;

struct Options {
  std::string file, minimizer = "lbfgs", output;
  ModelOptions model;
  double fmax = 1e-4, smax = 1e-5;
  std::int64_t max_steps = 1000, threads = 1;
  std::string cell = "auto", motion = "any", layers = "free", fix_layers;
  bool fix_inplane = false, json = false;
};

std::vector<Frame> read_frames(std::filesystem::path const& path) {
  auto const extension = lower_case(path.extension().string());
  if (extension == ".xyz" || extension == ".extxyz") return read_extxyz(path);
  return {Frame{read_crystal(path), {}, {}}};
}

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
  return widest >= vacuum;
}

CellFreedom cell_freedom(Crystal const& crystal, Options const& options) {
  if (options.cell == "fixed") return CellFreedom::fixed;
  if (options.cell == "c-length") return CellFreedom::c_length;
  if (options.cell == "third-vector") return CellFreedom::third_vector;
  if (options.cell == "full") return CellFreedom::full;
  auto const& p = crystal.periodic;
  if (!(p[0] && p[1] && p[2]) || has_vacuum(crystal)) return CellFreedom::fixed;
  return options.fix_inplane ? CellFreedom::third_vector : CellFreedom::full;
}

/// The column `layer` of a frame.
std::vector<int> layers_of(Frame const& frame, std::string const& file) {
  auto const found = frame.columns.find("layer");
  require(found != frame.columns.end() && found->second.rows() == 1, "no column 'layer' in '", file,
          "' (--layers and --fix-layers need the layer of each atom): give extxyz with layer:I:1");
  std::vector<int> layers;
  for (double const layer : found->second.row(0)) layers.push_back(static_cast<int>(layer));
  return layers;
}

std::vector<bool> frozen_atoms(std::vector<int> const& layers, Options const& options) {
  std::vector<bool> frozen(layers.size(), false);
  for (auto const& word : split(options.fix_layers, ',')) {
    auto const number = parse_integer(trim(word));
    require(number.has_value() && std::find(layers.begin(), layers.end(), *number) != layers.end(), "no layer '", word,
            "' in '", options.file, "' (--fix-layers 1 or 1,3)");
    for (std::size_t i = 0; i < layers.size(); ++i) {
      if (layers[i] == *number) frozen[i] = true;
    }
  }
  return frozen;
}

RelaxOptions relax_options(Frame const& frame, CellFreedom cell, Options const& options) {
  RelaxOptions settings;
  settings.fmax = options.fmax;
  settings.smax = options.smax;
  settings.max_steps = static_cast<int>(options.max_steps);
  settings.minimizer = minimizer_from(options.minimizer);
  settings.cell = cell;
  settings.motion = options.motion == "normal" ? Motion::normal : Motion::any;
  if (options.layers == "free" && options.fix_layers.empty()) return settings;
  auto const layers = layers_of(frame, options.file);
  if (!options.fix_layers.empty()) settings.frozen = frozen_atoms(layers, options);
  if (options.layers == "rigid") settings.group = layers;
  if (options.layers == "gap") settings.layer_shift = LayerShift::gap;
  if (options.layers == "shift") settings.layer_shift = LayerShift::free;
  if (settings.layer_shift != LayerShift::none) settings.layer = layers;
  return settings;
}

std::string_view to_string(CellFreedom freedom) {
  switch (freedom) {
    case CellFreedom::fixed: return "fixed";
    case CellFreedom::c_length: return "c_length";
    case CellFreedom::third_vector: return "third_vector";
    case CellFreedom::full: return "full";
  }
  return "fixed";
}

/// One frame, relaxed or refused.
struct Result {
  CellFreedom cell = CellFreedom::fixed;
  Relaxation relaxation;
  std::string refusal;
};

/// All frames, together in a model that joins structures.
std::vector<Result> relax_all(std::vector<Frame> const& frames, Potential const& model, Options const& options) {
  std::vector<Result> results(frames.size());
  std::vector<RelaxTask> tasks;
  for (std::size_t k = 0; k < frames.size(); ++k) {
    results[k].cell = cell_freedom(frames[k].crystal, options);
    tasks.push_back({frames[k].crystal, relax_options(frames[k], results[k].cell, options)});
  }
  auto relaxed = relax_batch(tasks, model, static_cast<int>(options.threads));
  for (std::size_t k = 0; k < frames.size(); ++k) {
    constexpr std::string_view refused = "refused_by_model: ";
    bool const at_start = relaxed[k].steps == 0 && relaxed[k].reason.starts_with(refused);
    if (at_start) results[k].refusal = relaxed[k].reason.substr(refused.size());
    if (auto named = bonding_refusal(frames[k].crystal, model); !named.empty()) results[k].refusal = std::move(named);
    results[k].relaxation = std::move(relaxed[k]);
  }
  return results;
}

/// A frame that the model does not cover is refused with its reason; if it covers none, that is the user's error, unless
/// it is one that fixed charges refuse by name.
std::vector<Result> relax_frames(std::vector<Frame> const& frames, Potential const& model, Options const& options) {
  require(options.max_steps >= 0 && options.max_steps <= 100000000, "invalid max-steps=", options.max_steps,
          " (0 to 100000000)");
  require(options.threads >= 1 && options.threads <= 1024, "invalid threads=", options.threads, " (1 to 1024)");
  auto const results = relax_all(frames, model, options);
  bool any = false;
  for (std::size_t k = 0; k < results.size(); ++k)
    any = any || results[k].refusal.empty() || !bonding_refusal(frames[k].crystal, model).empty();
  require(any, "cannot relax '", options.file, "' (", results.empty() ? "it has no frames" : results.front().refusal,
          ")");
  return results;
}

Value to_value(std::size_t frame, Result const& result, std::size_t atoms, Potential const& model,
               std::string const& output) {
  if (!result.refusal.empty()) {
    auto line = refusal_to_value(frame, atoms, result.refusal, model);
    line["converged"] = false;
    return line;
  }
  auto const& relaxation = result.relaxation;
  auto line = evaluation_to_value(frame, relaxation.evaluation, model);
  line["status"] = to_string(relaxation.converged ? Status::ok : Status::failed);
  line["converged"] = relaxation.converged;
  line["reason"] = relaxation.reason;
  line["steps"] = relaxation.steps;
  line["fmax_eV_per_A"] = relaxation.fmax;
  line["smax_eV_per_A3"] = result.cell == CellFreedom::fixed ? Value() : Value(relaxation.smax);
  line["cell"] = to_string(result.cell);
  line["lattice_A"] = Value::array();
  for (int k = 0; k < 3; ++k) {
    auto const v = relaxation.crystal.lattice.col(k);
    line["lattice_A"].push_back(Value::Array{v[0], v[1], v[2]});
  }
  line["output"] = output.empty() ? Value() : Value(output);
  return line;
}

void print_table(std::vector<Result> const& results) {
  TextTable table({"frame", "atoms", "energy [eV]", "largest force [eV/Å]", "steps", "cell", "ended"});
  for (std::size_t k = 0; k < results.size(); ++k) {
    auto const& [cell, relaxation, refusal] = results[k];
    if (!refusal.empty()) {
      table.row({std::to_string(k), "", "-", "-", "-", "-", refusal});
      continue;
    }
    table.row({std::to_string(k), std::to_string(relaxation.crystal.size()),
               significant(relaxation.evaluation.energy, 10), significant(relaxation.fmax, 3),
               std::to_string(relaxation.steps), std::string(to_string(cell)), relaxation.reason});
  }
  std::cout << table.str();
}

std::string relaxed_text(std::vector<Frame> frames, std::vector<Result> const& results, Potential const& model) {
  std::string text;
  for (std::size_t k = 0; k < frames.size(); ++k) {
    if (!results[k].refusal.empty()) continue;
    auto& frame = frames[k];
    auto const& relaxation = results[k].relaxation;
    frame.crystal = relaxation.crystal;
    frame.columns["forces"] = relaxation.evaluation.forces;
    frame.info["energy"] = shortest(relaxation.evaluation.energy);
    frame.info["relaxation"] = relaxation.reason;
    frame.info["model"] = model.name();
    frame.info["model_hash"] = model.identity();
    text += to_extxyz(frame);
  }
  return text;
}

/// By the extension of the file, as structures are read; one frame where the format holds one.
std::string output_text(std::filesystem::path const& path, std::vector<Frame> const& frames,
                        std::vector<Result> const& results, Potential const& model) {
  auto const extension = lower_case(path.extension().string());
  auto const name = path.filename().string();
  if (extension == ".xyz" || extension == ".extxyz") return relaxed_text(frames, results, model);
  bool const poscar = extension == ".vasp" || extension == ".poscar" || name.starts_with("POSCAR") || name.starts_with("CONTCAR");
  require(poscar || extension == ".cif", "unknown format of '", path.string(), "'; known: .extxyz, .xyz, .cif, .vasp, POSCAR");
  require(results.size() == 1, "'", path.string(), "' holds one structure, not ", results.size(), "; write .extxyz");
  auto const& crystal = results.front().relaxation.crystal;
  return poscar ? to_poscar(crystal) : to_cif(crystal);
}

int run(Options const& options) {
  auto const frames = read_frames(options.file);
  auto const model = options.model.potential(frames.size() == 1 ? options.threads : 1);
  auto const results = relax_frames(frames, *model, options);
  if (!options.output.empty()) write_file(options.output, output_text(options.output, frames, results, *model));
  if (!options.json) {
    print_table(results);
    return 0;
  }
  for (std::size_t k = 0; k < results.size(); ++k) {
    std::cout << to_value(k, results[k], frames[k].crystal.size(), *model, options.output).dump() << '\n';
  }
  return 0;
}

}  // namespace

Command relax_command() {
  return {
      "relax", "Relax structures to a minimum of a model's energy", [](CommandLine& line) {
        auto const options = std::make_shared<Options>();
        line.positional("FILE", options->file, "structures: extxyz (every frame), POSCAR or CIF");
        options->model.declare(line);
        line.flag("--fix-inplane", options->fix_inplane,
                  "keep the first two lattice vectors, the third relaxes; without it the whole cell relaxes. A cell "
                  "with 10 Å of vacuum along the third vector, or without three periodic directions, keeps its shape");
        line.choice("--cell", options->cell, {"auto", "fixed", "c-length", "third-vector", "full"},
                    "what moves of the cell; auto: as just said");
        line.choice("--motion", options->motion, {"any", "normal"},
                    "normal: atoms and layers move along the normal of the first two lattice vectors only");
        line.choice("--layers", options->layers, {"free", "rigid", "gap", "shift"},
                    "by the column layer: rigid, each moves as one body; gap, shift: each moves along the normal, or "
                    "anywhere, besides what its atoms do");
        line.option("--fix-layers", options->fix_layers, "atoms of these layers stay, such as 1 or 1,3");
        line.option("--threads", options->threads, "frames, or the atoms of one frame (nequix), are shared out among these; changes no bit");
        line.option("--fmax", options->fmax, "converged below this force [eV/Å]");
        line.option("--smax", options->smax, "and below this stress on what moves of the cell [eV/Å^3]");
        line.option("--max-steps", options->max_steps, "evaluations before it gives up");
        line.choice("--minimizer", options->minimizer, {"lbfgs", "fire"}, "lbfgs goes on with fire where it is stuck");
        line.option("-o,--output", options->output, "write the relaxed frames here (extxyz)");
        line.flag("--json", options->json, "one JSON object a frame");
        line.example("nacre relax CeO2.cif --model rigid-ion:grimes -o relaxed.extxyz --json");
        return [options] { return run(*options); };
      }};
}

}  // namespace nacre
