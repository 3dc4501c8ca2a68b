#include <algorithm>
#include <cmath>
#include <iostream>
#include <memory>
#include <set>

#include "model_options.hpp"
#include "nacre/cli/command.hpp"
#include "nacre/core/error.hpp"
#include "nacre/core/log.hpp"
#include "nacre/core/text.hpp"
#include "nacre/core/units.hpp"
#include "nacre/crystal/elements.hpp"
#include "nacre/crystal/io.hpp"
#include "nacre/potential/phases.hpp"
#include "phase_table.hpp"
#include "table.hpp"

namespace nacre {
namespace {

constexpr std::size_t most_pairs = 2000;

struct Options {
  std::vector<std::string> files;
  ModelOptions model;
  std::string pairs, cache = "default";
  double temperature = 0.0;
  bool known = false, json = false;
};

/// Everything that is known of the phases, in one order.
struct Phases {
  std::vector<Phase> list;          ///< free energies
  std::vector<double> entropy;      ///< [k_B per atom]
  std::vector<std::string> failed;  ///< phases without an energy, with the reason
  std::string model;                ///< identity; empty: tables that do not say
};

void add_model(Phases& phases, std::string const& model, std::string const& place) {
  if (model.empty()) return;
  require(phases.model.empty() || phases.model == model, place, " has energies of model '", model,
          "', others are of model '", phases.model, "' (energies of two models make no hull); compute all in one");
  phases.model = model;
}

void add_table(Phases& phases, std::string const& file) {
  for (auto const& entry : read_phase_table(file)) {
    add_model(phases, entry.model, "'" + file + "'");
    phases.list.push_back(entry.phase);
    phases.entropy.push_back(entry.entropy);
  }
}

void add_energy(Phases& phases, PhaseEnergy const& energy) {
  add_model(phases, energy.model, "phase '" + energy.name + "'");
  if (energy.status != Status::ok) {
    phases.failed.push_back(energy.reason);
    print_message("nacre: left out: " + energy.reason);
    return;
  }
  phases.list.push_back({energy.name, energy.amounts, energy.energy});
  phases.entropy.push_back(0.0);
}

PhaseCache cache_of(Options const& options) {
  if (options.cache == "none") return PhaseCache({});
  return PhaseCache(options.cache == "default" ? PhaseCache::default_folder() : std::filesystem::path(options.cache));
}

KnownPhase read_structure(std::string const& file) {
  KnownPhase phase{std::filesystem::path(file).stem().string(), read_crystal(file), file};
  if (phase.crystal.oxidation.empty()) {
    try {
      assign_oxidation(phase.crystal);
    } catch (InputError const&) {
      phase.crystal.oxidation.clear();
    }
  }
  phase.crystal.name = formula(phase.crystal);
  return phase;
}

bool is_table(std::string const& file) { return file.ends_with(".json") || file.ends_with(".csv"); }

Phases collect(Options const& options) {
  Phases phases;
  std::vector<KnownPhase> structures;
  std::set<int> elements;
  std::set<std::string> strange;
  for (auto const& file : options.files) {
    if (is_table(file)) {
      add_table(phases, file);
    } else {
      structures.push_back(read_structure(file));
    }
  }
  for (auto const& phase : phases.list) {
    for (auto const& [symbol, amount] : phase.amounts) {
      auto const z = atomic_number(symbol);
      if (z) elements.insert(*z);
      if (!z && strange.insert(symbol).second)
        log_warning("'", symbol, "' is no element; taken as a component of that name");
    }
  }
  for (auto const& s : structures) elements.insert(s.crystal.numbers.begin(), s.crystal.numbers.end());
  if (structures.empty() && !options.known) return phases;
  auto const model = options.model.potential();
  if (options.known) {
    for (auto& phase : known_phases_of({elements.begin(), elements.end()}, *model))
      structures.push_back(std::move(phase));
  }
  auto const cache = cache_of(options);
  for (auto const& phase : structures) add_energy(phases, cache.get(phase, *model));
  return phases;
}

/// The phase of a name, else the lowest one of a formula.
std::size_t find_phase(PhaseDiagram const& diagram, std::string const& word) {
  auto const& phases = diagram.phases();
  for (std::size_t i = 0; i < phases.size(); ++i) {
    if (phases[i].name == word) return i;
  }
  auto const sorted = [](SymbolAmounts amounts) {
    double total = 0.0;
    for (auto const& [symbol, amount] : amounts) total += amount;
    for (auto& [symbol, amount] : amounts) amount /= total;
    std::sort(amounts.begin(), amounts.end());
    return amounts;
  };
  auto const same = [](SymbolAmounts const& a, SymbolAmounts const& b) {
    return std::ranges::equal(
        a, b, [](auto const& x, auto const& y) { return x.first == y.first && std::abs(x.second - y.second) < 1e-9; });
  };
  auto const wanted = sorted(parse_symbols(word));
  std::optional<std::size_t> best;
  for (std::size_t i = 0; i < phases.size(); ++i) {
    if (same(sorted(phases[i].amounts), wanted) && (!best || phases[i].energy < phases[*best].energy)) best = i;
  }
  std::vector<std::string> names;
  for (auto const& phase : phases) names.push_back(phase.name);
  require(best.has_value(), "no phase '", word, "' for --pairs", did_you_mean(word, names));
  return *best;
}

std::vector<std::pair<std::size_t, std::size_t>> wanted_pairs(PhaseDiagram const& diagram, std::string const& text) {
  std::vector<std::pair<std::size_t, std::size_t>> pairs;
  if (text == "all") {
    auto const n = diagram.phases().size();
    require(n * (n - 1) / 2 <= most_pairs, n * (n - 1) / 2, " pairs of ", n, " phases (at most ", most_pairs,
            "); name those of interest: --pairs A:B,C:D");
    for (std::size_t a = 0; a < n; ++a) {
      for (std::size_t b = a + 1; b < n; ++b) pairs.emplace_back(a, b);
    }
    return pairs;
  }
  for (auto const& part : text.empty() ? std::vector<std::string>{} : split(text, ',')) {
    auto const sides = split(part, ':');
    require(sides.size() == 2, "malformed pair '", part, "' of --pairs (two phases expected); write A:B");
    pairs.emplace_back(find_phase(diagram, trim(sides[0])), find_phase(diagram, trim(sides[1])));
  }
  return pairs;
}

double or_null(std::optional<double> const& x) { return x.value_or(std::nan("")); }  // NaN is written as null

Value shares_to_value(PhaseDiagram const& diagram, std::vector<PhaseShare> const& shares) {
  auto list = Value::array();
  for (auto const& s : shares) {
    list.push_back(Value::Object{{"phase", diagram.phases()[s.phase].name}, {"atom_fraction", s.share}});
  }
  return list;
}

Value phase_to_value(PhaseDiagram const& diagram, std::size_t i) {
  auto const& phase = diagram.phases()[i];
  double const distance = diagram.hull_distance(i);
  Value competing;
  if (auto const others = diagram.lowest(phase.amounts, i)) competing = shares_to_value(diagram, others->phases);
  auto composition = Value::object();
  for (auto const& [symbol, amount] : phase.amounts) composition[symbol] = amount;
  return Value::Object{{"name", phase.name},
                       {"composition", composition},
                       {"energy_eV_per_atom", phase.energy},
                       {"formation_energy_eV_per_atom", or_null(diagram.formation_energy(i))},
                       {"hull_distance_eV_per_atom", distance},
                       {"stable", distance == 0.0},
                       {"decomposition_energy_eV_per_atom", or_null(diagram.decomposition_energy(i))},
                       {"competing", competing}};
}

Value pair_to_value(PhaseDiagram const& diagram, std::size_t a, std::size_t b) {
  auto const best = diagram.strongest_reaction(a, b);
  auto kinks = Value::array();
  for (auto const& r : diagram.reactions(a, b)) {
    kinks.push_back(Value::Object{{"atom_fraction_a", r.share_a},
                                  {"reaction_energy_eV_per_atom", r.energy},
                                  {"products", shares_to_value(diagram, r.products)}});
  }
  bool const reacts = best.energy < 0.0;
  Value reaction;
  if (reacts) reaction = diagram.equation(a, b, best);
  return Value::Object{
      {"a", diagram.phases()[a].name},
      {"b", diagram.phases()[b].name},
      {"reaction_energy_eV_per_atom", best.energy},
      {"reaction_energy_beyond_decomposition_eV_per_atom", diagram.reaction_beyond_decomposition(a, b)},
      {"reacts", reacts},
      {"atom_fraction_a", best.share_a},
      {"reaction", reaction},
      {"products", shares_to_value(diagram, best.products)},
      {"kinks", kinks}};
}

void print_tables(PhaseDiagram const& diagram, std::vector<std::pair<std::size_t, std::size_t>> const& pairs) {
  TextTable table({"phase", "energy [eV/atom]", "formation [eV/atom]", "above hull [eV/atom]"});
  for (std::size_t i = 0; i < diagram.phases().size(); ++i) {
    auto const formation = diagram.formation_energy(i);
    table.row({diagram.phases()[i].name, significant(diagram.phases()[i].energy, 8),
               formation ? significant(*formation, 6) : "-", significant(diagram.hull_distance(i), 6)});
  }
  std::cout << table.str();
  if (pairs.empty()) return;
  TextTable reactions({"pair", "reaction energy [eV/atom]", "reaction"});
  for (auto const& [a, b] : pairs) {
    auto const best = diagram.strongest_reaction(a, b);
    reactions.row({diagram.phases()[a].name + " | " + diagram.phases()[b].name, significant(best.energy, 6),
                   best.energy < 0.0 ? diagram.equation(a, b, best) : "none"});
  }
  std::cout << '\n' << reactions.str();
}

int run(Options const& options) {
  require(!options.files.empty(), "no phases (a table, or structures with --model): give FILE");
  require(std::isfinite(options.temperature) && options.temperature >= 0.0 && options.temperature <= 1e5,
          "invalid --temperature ", options.temperature, " K (0 to 100000)");
  auto phases = collect(options);
  for (std::size_t i = 0; i < phases.list.size(); ++i) {
    phases.list[i].energy -= units::boltzmann_eV_per_K * options.temperature * phases.entropy[i];
  }
  PhaseDiagram const diagram(phases.list);
  auto const pairs = wanted_pairs(diagram, options.pairs);
  if (!options.json) {
    print_tables(diagram, pairs);
    return 0;
  }
  auto list = Value::array(), reactions = Value::array(), elements = Value::array(), failed = Value::array();
  for (std::size_t i = 0; i < diagram.phases().size(); ++i) list.push_back(phase_to_value(diagram, i));
  for (auto const& [a, b] : pairs) reactions.push_back(pair_to_value(diagram, a, b));
  for (auto const& s : diagram.symbols()) elements.push_back(s);
  for (auto const& reason : phases.failed) failed.push_back(reason);
  Value model;
  if (!phases.model.empty()) model = phases.model;
  Value const document =
      Value::Object{{"status", "ok"},      {"elements", elements}, {"temperature_K", options.temperature},
                    {"vibrations", false}, {"model", model},       {"phases", list},
                    {"pairs", reactions},  {"left_out", failed}};
  std::cout << document.dump() << '\n';
  return 0;
}

}  // namespace

Command hull_command() {
  return {"hull", "Convex hull of phases, distances from it, and reactions of pairs", [](CommandLine& line) {
            auto const options = std::make_shared<Options>();
            line.positionals("FILE", options->files,
                             "tables of phases (JSON or CSV: formula and energy_eV_per_atom), or structures, whose "
                             "energies --model gives");
            options->model.declare(line);
            line.flag("--known", options->known, "add the phases that ship with Nacre, as the model has them");
            line.option("--pairs", options->pairs, "pairs that may react, A:B,C:D by name or formula, or all");
            line.option("--temperature", options->temperature,
                        "of the configurational entropies in the tables [K]; there is no vibrational part");
            line.option("--cache", options->cache, "folder of energies computed before, or none");
            line.flag("--json", options->json, "print JSON");
            line.example("nacre hull SrTiO3.cif ZrO2.cif --model rigid-ion:grimes --known --pairs SrTiO3:ZrO2");
            return [options] { return run(*options); };
          }};
}

}  // namespace nacre
