#include "nacre/potential/phases.hpp"

#include <algorithm>
#include <cmath>
#include <cstdlib>

#include "layer_energy.hpp"
#include "nacre/core/error.hpp"
#include "nacre/core/ids.hpp"
#include "nacre/core/text.hpp"
#include "nacre/core/value.hpp"
#include "nacre/crystal/elements.hpp"
#include "nacre/crystal/symmetry.hpp"
#include "nacre/potential/relax.hpp"
#include "symmetrized_potential.hpp"

namespace nacre {
namespace {

constexpr double rattle_width = 0.05;  // [Å], as definitions.md 1 has it for the test of a bulk
constexpr double same_energy = 1e-6;   // [eV/atom] two minimisations of one minimum agree to this

RelaxOptions every_freedom(double fmax, double smax) {
  RelaxOptions options;
  options.fmax = fmax;
  options.smax = smax;
  options.max_steps = 1000;
  options.cell = CellFreedom::full;
  return options;
}

KnownPhase read_phase(Value const& entry) {
  KnownPhase phase{entry.at("name").as_string(), {}, entry.at("source").as_string()};
  auto& crystal = phase.crystal;
  Eigen::Matrix3d rows;
  auto const& lattice = entry.at("lattice").as_array();
  auto const& fractional = entry.at("fractional").as_array();
  crystal.positions.resize(3, std::ssize(fractional));
  for (Eigen::Index i = 0; i < 3; ++i) {
    for (Eigen::Index k = 0; k < 3; ++k) {
      rows(i, k) = lattice.at(static_cast<std::size_t>(i)).as_array().at(static_cast<std::size_t>(k)).as_number();
    }
  }
  crystal.lattice = rows.transpose();
  for (std::size_t i = 0; i < fractional.size(); ++i) {
    auto const& f = fractional[i].as_array();
    crystal.positions.col(static_cast<Eigen::Index>(i)) =
        crystal.lattice * Eigen::Vector3d(f.at(0).as_number(), f.at(1).as_number(), f.at(2).as_number());
  }
  for (auto const& symbol : entry.at("symbols").as_array()) {
    crystal.numbers.push_back(require_atomic_number(symbol.as_string(), "phase '" + phase.name + "'"));
  }
  assign_oxidation(crystal);
  crystal.name = formula(crystal);
  return phase;
}

std::string key_of(KnownPhase const& phase, Potential const& potential) {
  Sha256 hash;
  hash.update(std::string_view("phase-energy-1")).update(potential.identity()).update(phase.name);
  for (double const v : phase.crystal.lattice.reshaped()) hash.update(v);
  for (double const v : phase.crystal.positions.reshaped()) hash.update(v);
  for (int const z : phase.crystal.numbers) hash.update(static_cast<std::uint64_t>(z));
  for (double const q : phase.crystal.oxidation) hash.update(q);
  return hash.hex();
}

std::optional<PhaseEnergy> read_cached(std::filesystem::path const& path, std::string const& model) {
  if (!std::filesystem::exists(path)) return {};
  try {
    auto energy = phase_energy_from(read_file(path));
    if (energy.model == model) return energy;
  } catch (InputError const&) {
  }
  return {};  // damaged: computed anew
}

void write_cached(std::filesystem::path const& path, PhaseEnergy const& energy) {
  std::error_code ignored;
  std::filesystem::create_directories(path.parent_path(), ignored);
  try {
    write_file(path, to_text(energy) + '\n');
  } catch (Error const&) {  // a folder that cannot be written costs time, no more
  }
}

}  // namespace

std::vector<KnownPhase> const& known_phases() {
  static std::vector<KnownPhase> const phases = [] {
    auto const path = data_file("phases.json");
    auto const document = Value::parse_json(read_file(path), path.string());
    std::vector<KnownPhase> read;
    for (auto const& entry : document.at("phases").as_array()) read.push_back(read_phase(entry));
    return read;
  }();
  return phases;
}

std::vector<KnownPhase> known_phases_of(std::vector<int> const& numbers, Potential const& potential) {
  auto const covered = potential.elements();
  std::vector<KnownPhase> chosen;
  auto const is_wanted = [&](int z) {
    return std::find(numbers.begin(), numbers.end(), z) != numbers.end() &&
           std::find(covered.begin(), covered.end(), z) != covered.end();
  };
  for (auto const& phase : known_phases()) {
    if (std::ranges::all_of(phase.crystal.numbers, is_wanted)) chosen.push_back(phase);
  }
  return chosen;
}

SymbolAmounts amounts_of(Crystal const& crystal) { return parse_symbols(formula(crystal)); }

PhaseEnergy phase_energy(KnownPhase const& phase, Potential const& potential) {
  auto const bulk_model = potential.with_slab_correction(false);
  Potential const& model = bulk_model ? *bulk_model : potential;
  PhaseEnergy result;
  result.name = phase.name;
  result.amounts = amounts_of(phase.crystal);
  result.model = potential.identity();
  auto const atoms = static_cast<double>(phase.crystal.size());

  detail::SymmetrizedPotential const symmetric(model, phase.crystal, find_space_group(phase.crystal));
  auto const relaxed = relax(symmetric.idealized(phase.crystal), symmetric, every_freedom(1e-4, 1e-6));
  Crystal displaced = relaxed.converged ? relaxed.crystal : phase.crystal;
  detail::rattle(displaced, rattle_width, 0, "phase-rattle", 0);
  auto const distorted = relax(displaced, model, every_freedom(1e-3, 1e-5));
  result.work = relaxed.work + distorted.work;
  if (!relaxed.converged && !distorted.converged) {
    result.status = Status::failed;
    result.reason = relaxed.reason + ": phase '" + phase.name + "'";
    return result;
  }
  double const symmetric_energy = relaxed.evaluation.energy / atoms, free_energy = distorted.evaluation.energy / atoms;
  bool const lower = distorted.converged && (!relaxed.converged || free_energy < symmetric_energy - same_energy);
  result.energy = lower ? free_energy : symmetric_energy;
  result.gain = lower && relaxed.converged ? symmetric_energy - free_energy : 0.0;
  return result;
}

std::filesystem::path PhaseCache::default_folder() {
  if (auto const* folder = std::getenv("NACRE_CACHE_DIR")) return folder;
  if (auto const* folder = std::getenv("XDG_CACHE_HOME")) return std::filesystem::path(folder) / "nacre";
  if (auto const* folder = std::getenv("HOME")) return std::filesystem::path(folder) / ".cache" / "nacre";
  return {};
}

PhaseEnergy PhaseCache::get(KnownPhase const& phase, Potential const& potential) const {
  if (folder_.empty()) return phase_energy(phase, potential);
  auto const path = folder_ / "phases" / (key_of(phase, potential) + ".json");
  if (auto const known = read_cached(path, potential.identity())) return *known;
  auto const energy = phase_energy(phase, potential);
  write_cached(path, energy);
  return energy;
}

std::string to_text(PhaseEnergy const& energy) {
  auto amounts = Value::array();
  for (auto const& [symbol, amount] : energy.amounts) amounts.push_back(Value::Array{symbol, amount});
  return Value(Value::Object{{"name", energy.name},
                             {"amounts", amounts},
                             {"energy_eV_per_atom", energy.energy},
                             {"gain_eV_per_atom", energy.gain},
                             {"status", std::string(to_string(energy.status))},
                             {"reason", energy.reason},
                             {"work", energy.work},
                             {"model", energy.model}})
      .dump();
}

PhaseEnergy phase_energy_from(std::string const& text) {
  auto const value = Value::parse_json(text, "a stored phase");
  PhaseEnergy energy;
  energy.name = value.at("name").as_string();
  for (auto const& entry : value.at("amounts").as_array()) {
    energy.amounts.emplace_back(entry.as_array().at(0).as_string(), entry.as_array().at(1).as_number());
  }
  energy.energy = value.at("energy_eV_per_atom").as_number();
  energy.gain = value.at("gain_eV_per_atom").as_number();
  energy.status = status_from(value.at("status").as_string());
  energy.reason = value.at("reason").as_string();
  energy.work = value.at("work").as_number();
  energy.model = value.at("model").as_string();
  return energy;
}

}  // namespace nacre
