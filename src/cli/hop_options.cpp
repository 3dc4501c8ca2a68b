#include "hop_options.hpp"

#include <algorithm>
#include <cmath>

#include "nacre/core/error.hpp"
#include "nacre/core/text.hpp"
#include "nacre/crystal/elements.hpp"
#include "nacre/crystal/io.hpp"
#include "nacre/potential/contact_energy.hpp"
#include "nacre/potential/recognize.hpp"
#include "nacre/potential/relax.hpp"
#include "nacre/stack/contact.hpp"
#include "nacre/transport/fixed_charge.hpp"

namespace nacre {
namespace {

constexpr double least_width = 10.0;          // of the carrier's cell by default (physics.md 5) [Å]
constexpr std::int64_t most_atoms = 20'000;   // of the carrier's cell
constexpr std::size_t stability_atoms = 60;   // larger cells are stacks or defects, not bulks

/// "O", "O2-", "Li+": the element in front.
int species_of(std::string const& text) {
  require(!text.empty(), "no mobile species; give --species, as O or Li");
  auto const end = text.find_first_of("0123456789+-");
  return require_atomic_number(text.substr(0, end), "--species");
}

Eigen::Vector3i supercell_of(std::string const& text, Crystal const& crystal) {
  if (text.empty()) return cells_for_width(crystal.lattice, least_width);
  auto const parts = split(text, ',');
  Eigen::Vector3i n = Eigen::Vector3i::Zero();
  for (std::size_t k = 0; parts.size() == 3 && k < 3; ++k) {
    auto const value = parse_integer(trim(parts[k]));
    if (value && *value >= 1 && *value <= 100) n[static_cast<Eigen::Index>(k)] = static_cast<int>(*value);
  }
  require(n.minCoeff() >= 1, "malformed --supercell '", text, "' (needs three numbers from 1 to 100); write for example 3,3,3");
  return n;
}

std::vector<int> layers_in(std::string const& file) {
  auto const extension = lower_case(std::filesystem::path(file).extension().string());
  if (extension != ".xyz" && extension != ".extxyz") return {};
  auto const frames = read_extxyz(file);
  if (frames.empty()) return {};
  auto const found = frames.back().columns.find("layer");
  if (found == frames.back().columns.end() || found->second.rows() != 1) return {};
  std::vector<int> layers;
  for (double const value : found->second.row(0)) {
    require(std::abs(value) < 1e6, "unreadable layer ", value, " in '", file, "' (a small whole number expected)");
    layers.push_back(static_cast<int>(std::lround(value)));
  }
  return layers;
}

/// The crystal's ions where its own forces put them; the cell stays.
void settle_perfect(HopSubject& subject, Potential const& model, HopOptions const& options) {
  RelaxOptions relaxation;
  relaxation.fmax = std::min(options.fmax, 1e-3);
  relaxation.max_steps = static_cast<int>(options.max_steps);
  auto relaxed = relax(subject.crystal, model, relaxation);
  subject.work += relaxed.work;
  if (!relaxed.converged) subject.refusal = relaxed.reason + ": the crystal without carriers does not settle";
  subject.crystal.positions = relaxed.crystal.positions;
}

void test_stability(HopSubject& subject, Potential const& model) {
  auto const bulk = relax_bulk(subject.crystal, model, 0);
  subject.work += bulk.work;
  if (bulk.status != Status::ok) subject.refusal = bulk.reason;
}

}  // namespace

namespace {

/// Why a model of fixed charges gives the contacts no energy, as far as the layers are recognised.
std::string refused_contact(HopSubject const& subject, Potential const& model) {
  bool const two = std::ranges::all_of(subject.layer, [](int layer) { return layer == 1 || layer == 2; });
  if (!two || !has_fixed_charges(model)) return {};
  auto const found = recognize_stack(subject.crystal, subject.layer, model);
  return found.failure.empty() ? polarity_refusal(found.slabs[0], found.slabs[1], StackGeometry::superlattice) : "";
}

}  // namespace

void HopOptions::declare(CommandLine& line) {
  crystal.declare(line);
  crystal.declare_charges(line);
  line.option("--species", species, "the mobile species, as O or Li");
  model.declare(line);
  line.choice("--carrier", carrier, {"vacancy", "interstitial"}, "one ion missing, or one more between the others");
  line.option("--void-distance", void_distance, "of the nearest ion from a place for one more [Å]");
  line.option("--supercell", supercell, "a,b,c: cells of the file that one carrier has to itself (default: 10 A wide)");
  line.option("--fmax", fmax, "of sites and midpoints [eV/Å]");
  line.option("--max-steps", max_steps, "evaluations before a relaxation gives up");
  line.option("--threads", threads, "images of a band are shared out among these; changes no bit");
  line.flag("--skip-stability", skip_stability, "do not test that the bulk is a minimum of the model");
}

std::shared_ptr<Potential const> hop_model(HopOptions const& options) {
  auto with_background = options.model;
  with_background.background = true;
  require(options.model.slab_correction == "none",
          "a slab correction does not go with hops (their cells have no vacuum); leave --slab-correction out");
  return with_background.potential();
}

namespace {

/// Every void is a site of one more ion.
void place_interstitials(HopSubject& subject, HopOptions const& options, HopSearch search) {
  auto const& crystal = subject.crystal;
  auto const found = std::ranges::find(crystal.numbers, subject.species);
  require(found != crystal.numbers.end(), "no ", symbol(subject.species), " in ", formula(crystal),
          " (an interstitial is one more ion of a species that the crystal has)");
  auto const own = static_cast<std::size_t>(std::distance(crystal.numbers.begin(), found));
  int const charge = crystal.oxidation.empty() ? 0 : static_cast<int>(std::lround(crystal.oxidation[own]));
  VoidOptions voids;
  voids.least_distance = options.void_distance;
  voids.tolerance_A = options.crystal.tolerance;
  subject.voids = find_voids(crystal, subject.species, charge, voids);
  std::vector<Eigen::Vector3d> places;
  for (auto const& kind : subject.voids) places.insert(places.end(), kind.places.begin(), kind.places.end());
  Eigen::Matrix3Xd positions(3, std::ssize(places));
  for (std::size_t k = 0; k < places.size(); ++k) positions.col(static_cast<Eigen::Index>(k)) = places[k];
  require(!places.empty(), "no room between the ions of ", formula(crystal), " for one more ", symbol(subject.species),
          " at ", options.void_distance, " A from the nearest; give a smaller --void-distance");
  subject.network = find_interstitial_hops(crystal, subject.species, positions, search);
}

}  // namespace

int site_label(HopNetwork const& network, int site) {
  auto const& entry = network.sites[static_cast<std::size_t>(site)];
  return entry.atom >= 0 ? entry.atom : site;
}

HopSubject make_subject(HopOptions const& options, Potential const& model) {
  require(options.fmax >= 1e-6 && options.fmax <= 0.1, "invalid --fmax ", options.fmax, " eV/A (1e-6 to 0.1)");
  require(options.max_steps >= 1 && options.max_steps <= 1'000'000, "invalid --max-steps ", options.max_steps, " (1 to 1000000)");
  require(options.threads >= 1 && options.threads <= 1024, "invalid --threads ", options.threads, " (1 to 1024)");
  HopSubject subject;
  subject.species = species_of(options.species);
  subject.crystal = options.crystal.read_with_charges(Balance::carrier);
  subject.layer = layers_in(options.crystal.file);
  require_no_vacuum(subject.crystal);
  subject.refusal = has_fixed_charges(model) ? fixed_charge_refusal(subject.crystal, subject.species)
                                             : charge_balance_refusal(subject.crystal, subject.species);
  if (!subject.refusal.empty()) return subject;
  subject.settings.supercell = supercell_of(options.supercell, subject.crystal);
  auto const atoms = static_cast<std::int64_t>(subject.crystal.size()) * subject.settings.supercell.cast<std::int64_t>().prod();
  require(atoms <= most_atoms, "a supercell of ", atoms, " atoms (at most ", most_atoms, "); give a smaller --supercell");
  subject.settings.fmax = options.fmax;
  subject.settings.max_steps = static_cast<int>(options.max_steps);
  subject.settings.band.threads = static_cast<int>(options.threads);
  bool const bulk = subject.layer.empty() && subject.crystal.size() <= stability_atoms;
  if (has_fixed_charges(model) && bulk && !options.skip_stability) test_stability(subject, model);
  if (is_stack(subject)) subject.refusal = refused_contact(subject, model);  // before a polar stack is relaxed in vain
  if (subject.refusal.empty()) settle_perfect(subject, model, options);
  if (!subject.refusal.empty()) return subject;
  require(!is_stack(subject) || options.carrier == "vacancy", "interstitial ions are computed in crystals only (a stack has ",
          "the sites of vacancies); give a bulk cell");
  if (is_stack(subject)) return subject;
  HopSearch search;
  search.supercell = subject.settings.supercell;
  search.tolerance_A = options.crystal.tolerance;
  if (options.carrier == "interstitial")
    place_interstitials(subject, options, search);
  else
    subject.network = find_hops(subject.crystal, subject.species, search);
  return subject;
}

bool is_stack(HopSubject const& subject) {
  return std::ranges::any_of(subject.layer, [&](int layer) { return layer != subject.layer.front(); });
}

LayerCrystals layer_crystals(HopSubject const& subject, Potential const& model) {
  LayerCrystals crystals;
  bool const two = std::ranges::all_of(subject.layer, [](int layer) { return layer == 1 || layer == 2; });
  if (!two) {
    crystals.failure = "the layers of a stack of more than two are not recognised";
    return crystals;
  }
  auto const found = recognize_stack(subject.crystal, subject.layer, model);
  crystals.failure = found.failure;
  if (found.failure.empty() && has_fixed_charges(model))
    crystals.refusal = polarity_refusal(found.slabs[0], found.slabs[1], StackGeometry::superlattice);
  for (std::size_t k = 0; k < 2 && found.failure.empty() && crystals.refusal.empty(); ++k) {
    auto const& place = found.stack.layers[k];
    crystals.layers.push_back(strained_layer(found.slabs[k], place.supercell, place.deformation, model));
  }
  return crystals;
}

int hop_axis(std::string const& word) {
  require(word == "x" || word == "y" || word == "z", "unknown direction '", word, "' (x, y or z)");
  return word[0] - 'x';
}

}  // namespace nacre
