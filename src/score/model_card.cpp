#include "nacre/score/model_card.hpp"

#include <algorithm>
#include <array>
#include <cmath>
#include <cstdlib>

#include "nacre/core/error.hpp"
#include "nacre/core/log.hpp"
#include "nacre/core/rng.hpp"
#include "nacre/core/units.hpp"
#include "nacre/crystal/elements.hpp"
#include "nacre/potential/calibration.hpp"
#include "nacre/potential/extrapolation.hpp"
#include "nacre/transport/hop_analysis.hpp"
#include "nacre/transport/hops.hpp"

namespace nacre {
namespace {

constexpr double narrowest_cell = 10.0;  // of one carrier [Å]
constexpr double hop_fmax = 5e-3;        // [eV/Å]; energies then stand within 1 meV

/// `compute()`, or a reason why the model has no such number.
template <class Compute>
Value part(Compute const& compute) {
  try {
    return compute();
  } catch (InputError const& error) {
    auto refused = Value::object();
    refused["status"] = "refused";
    refused["reason"] = error.what();
    return refused;
  }
}

Value bulk_value(Potential const& model, CardCrystal const& one) {
  return part([&] {
    auto const state = cubic_state(model, one.crystal);
    auto value = Value::object();
    value["status"] = "ok";
    value["lattice_A"] = state.lattice;
    value["bulk_modulus_GPa"] = state.modulus * units::GPa;
    value["outward_modulus_GPa"] = state.outward_modulus * units::GPa;
    value["pbe_lattice_A"] = one.pbe_lattice_A > 0.0 ? Value(one.pbe_lattice_A) : Value();
    value["pbe_bulk_modulus_GPa"] = one.pbe_modulus_GPa > 0.0 ? Value(one.pbe_modulus_GPa) : Value();
    value["pbe_source"] = one.pbe_source;
    return value;
  });
}

struct HopCase {
  char const* crystal;
  int species;
  double literature_eV;  ///< 0: none that we read
  char const* source;
};
constexpr std::array<HopCase, 4> hop_cases{
    {{"CeO2", 8, 0.0, ""},
     {"ZrO2", 8, 0.0, ""},
     {"SrTiO3", 8, 0.60, "anelastic relaxation, F. Cordero, arXiv:0707.0639"},
     {"Li2O", 3, 0.152, "DFT, Y. C. Chen et al., Electrical and lithium ion dynamics in three main components of solid electrolyte interphase, J. Phys. Chem. C (2011)"}}};

/// Barrier of one vacancy along x in the model's own lattice.
Value barrier_value(Potential const& model, Crystal crystal, int species, int threads) {
  double const edge = cubic_state(model, crystal).lattice;
  crystal.positions *= edge / crystal.lattice(0, 0);
  crystal.lattice *= edge / crystal.lattice(0, 0);
  auto const charged = model.with_background();
  Potential const& potential = charged ? *charged : model;
  HopSettings settings;
  settings.supercell = cells_for_width(crystal.lattice, narrowest_cell);
  settings.fmax = hop_fmax;
  settings.band.threads = threads;
  HopSearch search;
  search.supercell = settings.supercell;
  auto const network = find_hops(crystal, species, search);
  HopEnergies energies(crystal, network, species, potential, settings);
  HopAnalysisOptions only_x;
  only_x.directions = {true, false, false};
  auto const analysis = analyze_hops(network, energies, crystal.lattice, only_x);
  auto const& x = analysis.direction[0];
  auto value = Value::object();
  value["status"] = to_string(x.status);
  value["reason"] = x.reason;
  value["barrier_eV"] = x.status == Status::ok && x.walk ? Value(x.walk->barrier) : Value();
  if (x.status == Status::ok && x.walk) value["error_eV"] = std::hypot(x.error, barrier_share(model, crystal.numbers) * x.walk->barrier);
  value["n_atoms"] = energies.atoms();
  return value;
}

Value hop_value(Potential const& model, HopCase const& one, int threads) {
  auto const crystals = card_crystals();
  auto const crystal = std::ranges::find(crystals, one.crystal, &CardCrystal::name)->crystal;
  log_info("vacancy hop of ", symbol(one.species), " in ", one.crystal);
  auto value = part([&] { return barrier_value(model, crystal, one.species, threads); });
  value["species"] = std::string(symbol(one.species));
  value["literature_eV"] = one.literature_eV > 0.0 ? Value(one.literature_eV) : Value();
  value["literature"] = one.source;
  auto const sets = rigid_ion_sets_covering(crystal.numbers);
  if (sets.empty()) return value;
  auto const usual = std::ranges::find(sets, "grimes");
  auto const set = "rigid-ion:" + (usual == sets.end() ? sets.front() : *usual);
  value["rigid_ion"] = part([&] { return barrier_value(*make_potential(set), crystal, one.species, threads); });
  value["rigid_ion"]["model"] = set;
  return value;
}

/// Two cells of SrTiO3 below two layers of MgO on one cell of 3.98 Å, cations above oxygen, unrelaxed.
Crystal facing_slabs(double gap) {
  constexpr double a = 3.98, plane = a / 2, vacuum = 14.0;
  Crystal crystal;
  std::vector<Eigen::Vector3d> positions;
  auto const add = [&](char const* name, double x, double y, double z) {
    crystal.numbers.push_back(*atomic_number(name));
    positions.emplace_back(x * a, y * a, z);
  };
  double z = 1.0;
  for (int cell = 0; cell < 2; ++cell, z += 2.0 * plane) {
    add("Sr", 0, 0, z), add("O", .5, .5, z);
    add("Ti", .5, .5, z + plane), add("O", .5, 0, z + plane), add("O", 0, .5, z + plane);
  }
  z += gap - plane;
  for (int layer = 0; layer < 2; ++layer, z += 2.1) {
    double const turned = 0.5 * layer;
    add("Mg", .5 + turned, 0, z), add("Mg", turned, .5, z);
    add("O", .5 + turned, .5, z), add("O", turned, 0, z);
  }
  crystal.lattice = Eigen::Vector3d(a, a, z + vacuum).asDiagonal();
  crystal.positions.resize(3, static_cast<Eigen::Index>(positions.size()));
  for (std::size_t i = 0; i < positions.size(); ++i) crystal.positions.col(static_cast<Eigen::Index>(i)) = positions[i];
  for (int const number : crystal.numbers) crystal.oxidation.push_back(number == 8 ? -2.0 : number == 22 ? 4.0 : 2.0);
  return crystal;
}

Value adhesion_tail(Potential const& model) {
  constexpr std::array gaps{0.6, 0.8, 1.0, 1.3, 1.6, 1.9, 2.1, 2.3, 2.6, 3.0, 3.5, 4.0, 5.0, 6.5};
  auto const slab_model = model.with_slab_correction(true);
  Potential const& potential = slab_model ? *slab_model : model;
  double const apart = potential.evaluate(facing_slabs(gaps.back())).energy;
  auto value = Value::object();
  value["status"] = "ok";
  value["gaps_A"] = Value::array();
  value["energies_eV"] = Value::array();
  double wall = gaps.back(), outer = 0.0;  // how far in the energy still rises, gap by gap
  for (auto gap = gaps.rbegin(); gap != gaps.rend(); ++gap) {
    auto const energy = part([&] { return Value(potential.evaluate(facing_slabs(*gap)).energy - apart); });
    bool const known = energy.is_number();
    value["gaps_A"].push_back(*gap);
    value["energies_eV"].push_back(known ? energy : Value());
    if (known && wall > *gap && energy.as_number() > outer && energy.as_number() > 0.0) wall = *gap;
    if (known) outer = energy.as_number();
  }
  value["repels_in_to_A"] = wall;
  return value;
}

/// A plane of Mg and one of O, 4.2 Å between equal ions, `distance` apart in a cell with as much vacuum.
Crystal charged_planes(double distance) {
  Crystal crystal;
  crystal.lattice = Eigen::Vector3d(4.2, 4.2, 3.0 * distance).asDiagonal();
  crystal.numbers = {12, 8};
  crystal.oxidation = {2.0, -2.0};
  crystal.positions = Eigen::Matrix3Xd::Zero(3, 2);
  crystal.positions.col(0) << 0.0, 0.0, distance;
  crystal.positions.col(1) << 2.1, 2.1, 2.0 * distance;
  return crystal;
}

/// How steeply the energy rises between 19 and 21 Å, beside the field of sheets with these formal charges.
Value charged_plane_value(Potential const& model) {
  auto const slab_model = model.with_slab_correction(true);
  Potential const& potential = slab_model ? *slab_model : model;
  double const rise = potential.evaluate(charged_planes(21.0)).energy - potential.evaluate(charged_planes(19.0)).energy;
  constexpr double charge = 2.0, area = 4.2 * 4.2;
  auto value = Value::object();
  value["status"] = "ok";
  value["distance_A"] = 20.0;
  value["force_eV_per_A"] = rise / 2.0;
  value["formal_charges_eV_per_A"] = 2.0 * units::pi * units::coulomb_eV_A * charge * charge / area;
  return value;
}

std::vector<Crystal> rattled_crystals(Potential const& model) {
  constexpr double width = 0.1;  // [Å]
  constexpr std::uint64_t copies = 3;
  auto const elements = model.elements();
  std::vector<Crystal> all;
  for (auto const& one : card_crystals()) {
    if (!std::ranges::all_of(one.crystal.numbers, [&](int z) { return std::ranges::find(elements, z) != elements.end(); })) continue;
    for (std::uint64_t copy = 0; copy < copies; ++copy) {
      auto crystal = supercell(one.crystal, cells_for_width(one.crystal.lattice, 7.0));
      Rng rng(copy, "card-rattle", static_cast<std::uint64_t>(crystal.size()));
      for (double& x : crystal.positions.reshaped()) x += width * rng.normal();
      all.push_back(std::move(crystal));
    }
  }
  return all;
}

}  // namespace

Value make_model_card(Potential const& model, CardOptions const& options) {
  auto card = Value::object();
  card["schema"] = "nacre.model_card/1";
  card["model"] = model.about();
  for (auto const& one : card_crystals()) {
    log_info("equation of state of ", one.name);
    card["bulk"][one.name] = bulk_value(model, one);
  }
  card["adhesion_tail"] = part([&] { return adhesion_tail(model); });
  card["charged_planes"] = part([&] { return charged_plane_value(model); });
  if (!options.labels.empty()) {
    card["forces"] = compare_forces(model, options.labels).to_value();
    card["forces"]["status"] = "ok";
  }
  if (options.hops)
    for (auto const& one : hop_cases) card["hops"][one.crystal] = hop_value(model, one, options.threads);
  auto const known = options.known.empty() ? rattled_crystals(model) : options.known;
  if (!known.empty() && model.features(known.front()).rows() > 1) {
    log_info("range of the model");
    card["range"] = FeatureSet(model, known, options.known.empty() ? "the card's crystals, rattled by 0.1 A" : options.known_origin).to_value();
  }
  return card;
}

std::filesystem::path model_card_path(std::string const& identity) {
  auto const from = [](char const* name) -> std::filesystem::path {
    auto const* text = std::getenv(name);
    return text == nullptr ? "" : text;
  };
  auto folder = from("NACRE_CARD_DIR");
  if (folder.empty()) {
    auto data = from("XDG_DATA_HOME");
    if (data.empty()) data = from("HOME") / ".local/share";
    folder = data / "nacre/cards";
  }
  return folder / (identity + ".json");
}

}  // namespace nacre
