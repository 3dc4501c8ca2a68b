#include <algorithm>
#include <cmath>
#include <iostream>
#include <memory>

#include "md_start.hpp"
#include "model_options.hpp"
#include "nacre/core/error.hpp"
#include "nacre/core/parallel_for.hpp"
#include "nacre/core/text.hpp"
#include "nacre/crystal/elements.hpp"
#include "nacre/crystal/io.hpp"
#include "nacre/potential/anneal.hpp"
#include "table.hpp"

namespace nacre {
namespace {

struct Options {
  std::string file, dopants, supercell, protocol = "frozen_random", output;
  ModelOptions model;
  double temperature = AnnealOptions{}.temperature;
  std::int64_t arrangements = 3, seed = 1, swaps = AnnealOptions{}.accepted_per_dopant, threads = 1;
  bool json = false;
};

std::vector<Annealed> arrangements_of(Options const& options, Potential const* model) {
  auto start = read_md_start(options.file, options.supercell);
  if (start.crystal.oxidation.empty()) {
    try {
      assign_oxidation(start.crystal);
    } catch (InputError const&) {
      // energies do not need them where every element has one charge
    }
  }
  auto const dopants = parse_dopants(options.dopants);
  require(options.swaps >= 1 && options.swaps <= 100000, "invalid --swaps ", options.swaps, " (1 to 100000)");
  std::vector<Annealed> all(static_cast<std::size_t>(options.arrangements));
  AnnealOptions settings;
  settings.temperature = options.temperature;
  settings.accepted_per_dopant = static_cast<int>(options.swaps);
  int const threads = model == nullptr || model->concurrent() ? static_cast<int>(options.threads) : 1;
  parallel_for(all.size(), threads, [&](std::size_t k) {
    Rng rng(static_cast<std::uint64_t>(options.seed), "dope", k);
    all[k].doped = dope(start.crystal, start.layer, dopants, rng);
    all[k].status = Status::ok;
    if (model != nullptr) all[k] = anneal(all[k].doped, *model, rng, settings);
  });
  return all;
}

Value layers_to_value(DopedCrystal const& doped) {
  auto layers = Value::array();
  for (auto const& layer : doped.layers) {
    layers.push_back(Value::Object{{"layer", layer.layer},
                                   {"dopant", symbol(layer.dopant)},
                                   {"host", symbol(layer.host)},
                                   {"sites", layer.sites},
                                   {"acceptors", layer.acceptors},
                                   {"vacancies", layer.vacancies},
                                   {"fraction", layer.fraction()}});
  }
  return layers;
}

Value to_value(std::size_t number, Annealed const& annealed, Options const& options, Potential const* model) {
  auto value = Value::object();
  auto const energy = [&](double e) { return model != nullptr ? Value(e) : Value(); };
  value["arrangement"] = number;
  value["protocol"] = options.protocol;
  value["status"] = to_string(annealed.status);
  value["reason"] = annealed.reason;
  value["n_atoms"] = annealed.doped.crystal.size();
  value["layers"] = layers_to_value(annealed.doped);
  value["attempts"] = annealed.attempts;
  value["accepted"] = annealed.accepted;
  value["first_energy_eV"] = energy(annealed.first_energy);
  value["mean_energy_eV"] = energy(annealed.mean_energy);
  value["last_energy_eV"] = energy(annealed.last_energy);
  value["model"] =
      model == nullptr ? Value() : Value(Value::Object{{"name", model->name()}, {"hash", model->identity()}});
  value["output"] = options.output.empty() ? Value() : Value(options.output);
  return value;
}

void print_table(std::vector<Annealed> const& all) {
  TextTable table({"arrangement", "layer", "dopant", "sites", "acceptors", "vacancies", "fraction", "ended"});
  for (std::size_t k = 0; k < all.size(); ++k)
    for (auto const& layer : all[k].doped.layers)
      table.row({std::to_string(k), std::to_string(layer.layer),
                 concat(symbol(layer.dopant), " on ", symbol(layer.host)), std::to_string(layer.sites),
                 std::to_string(layer.acceptors), std::to_string(layer.vacancies), significant(layer.fraction(), 4),
                 all[k].reason.empty() ? "ok" : all[k].reason});
  std::cout << table.str();
}

std::string frames_of(std::vector<Annealed> const& all, Options const& options) {
  std::string text;
  for (std::size_t k = 0; k < all.size(); ++k) {
    auto const& doped = all[k].doped;
    Frame frame;
    frame.crystal = doped.crystal;
    frame.info["arrangement"] = std::to_string(k);
    frame.info["protocol"] = options.protocol;
    frame.info["status"] = to_string(all[k].status);
    auto& layer = frame.columns["layer"];
    layer.resize(1, static_cast<Eigen::Index>(doped.layer.size()));
    for (std::size_t i = 0; i < doped.layer.size(); ++i) layer(0, static_cast<Eigen::Index>(i)) = doped.layer[i];
    text += to_extxyz(frame);
  }
  return text;
}

int run(Options const& options) {
  require(options.arrangements >= 1 && options.arrangements <= 10000, "invalid --arrangements ", options.arrangements,
          " (1 to 10000)");
  require(options.seed >= 0, "invalid --seed ", options.seed, " (0 or more)");
  require(options.threads >= 1 && options.threads <= 1024, "invalid --threads ", options.threads, " (1 to 1024)");
  bool const annealed = options.protocol == "annealed";
  require(!options.dopants.empty(), "missing --dopants (DOPANT:HOST:FRACTION, as Gd:Ce:0.1)");
  require(annealed || options.model.model.empty(), "--model with --protocol frozen_random, which asks no model");
  auto const model = annealed ? options.model.potential() : nullptr;
  auto const all = arrangements_of(options, model.get());
  if (!options.output.empty()) write_file(options.output, frames_of(all, options));
  if (!options.json) {
    print_table(all);
    return 0;
  }
  for (std::size_t k = 0; k < all.size(); ++k) std::cout << to_value(k, all[k], options, model.get()).dump() << '\n';
  return 0;
}

}  // namespace

Command dope_command() {
  return {"dope", "Acceptors and the vacancies that balance them in a crystal or the layers of a stack",
          [](CommandLine& line) {
            auto const o = std::make_shared<Options>();
            line.positional("FILE", o->file,
                            "structure: extxyz (the last frame; a column layer tells layers apart), POSCAR or CIF");
            line.option("--dopants", o->dopants,
                        "DOPANT:HOST:FRACTION,... as Gd:Ce:0.1, or LAYER:DOPANT:HOST:FRACTION");
            line.choice(
                "--protocol", o->protocol, {"frozen_random", "annealed"},
                "annealed: acceptors and hosts, vacancies and oxygen swap within their layer by the energy of --model");
            line.option("--arrangements", o->arrangements, "how many, each from its own random numbers");
            line.option("--seed", o->seed, "of those numbers; same seed, same arrangements");
            line.option("--supercell", o->supercell, "a,b,c: copies of the file's cell");
            line.option("--temperature", o->temperature, "of the swaps [K]");
            line.option("--swaps", o->swaps, "accepted ones for every acceptor");
            line.option("--threads", o->threads, "arrangements are shared out among these; changes no bit");
            line.option("-o,--output", o->output, "write all arrangements here, a frame each (extxyz)");
            o->model.declare(line);
            line.flag("--json", o->json, "one JSON object an arrangement");
            line.example(
                "nacre dope CeO2.cif --supercell 3,3,3 --dopants Gd:Ce:0.1 --arrangements 3 -o doped.extxyz --json");
            return [o] { return run(*o); };
          }};
}

}  // namespace nacre
