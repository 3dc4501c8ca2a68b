#include "nacre/potential/rigid_ion.hpp"

#include <Eigen/LU>
#include <algorithm>
#include <cmath>

#include "ionic_sum.hpp"
#include "nacre/core/error.hpp"
#include "nacre/core/ids.hpp"
#include "nacre/core/text.hpp"
#include "nacre/core/units.hpp"
#include "nacre/crystal/elements.hpp"
#include "nacre/potential/ewald.hpp"
#include "neighbor_table.hpp"

namespace nacre {
namespace {

constexpr double taper_width_A = 1.0;

detail::PairTerms terms_of(IonPair const& pair, double qq) {
  if (pair.form == IonPair::Form::buckingham) {
    return {.qq = qq, .decay = pair.decay, .first = pair.strength, .r6 = -pair.power, .short_range = true};
  }
  return {.qq = qq,
          .decay = pair.decay,
          .center = pair.length,
          .first = -2.0 * pair.strength,
          .second = pair.strength,
          .r12 = pair.power,
          .short_range = true};
}

struct PairModel {
  detail::PairTerms terms;
  detail::CoreTerms core;
};

IonSpecies const& species_named(RigidIonSet const& set, std::string const& name) {
  auto const named = [&](IonSpecies const& species) { return species.name == name; };
  auto const found = std::find_if(set.species.begin(), set.species.end(), named);
  require(found != set.species.end(), "no species '", name, "' in '", set.name, "'");
  return *found;
}

/// Of two species with the set's pair between them, or their charges alone.
PairModel model_pair(RigidIonSet const& set, IonSpecies const& first, IonSpecies const& second, bool guard) {
  PairModel model{{.qq = units::coulomb_eV_A * first.charge * second.charge}, {}};
  for (auto const& pair : set.pairs) {
    bool const same = pair.first == first.name && pair.second == second.name;
    if (!same && !(pair.first == second.name && pair.second == first.name)) continue;
    model.terms = terms_of(pair, model.terms.qq);
    auto const wall = detail::join_inner_wall(model.terms, pair.wall_radius, pair.wall_exponent);
    model.core = detail::make_core(model.terms, wall, first.number, second.number, guard);
  }
  return model;
}

class RigidIon final : public Potential {
 public:
  RigidIon(RigidIonSet set, PotentialOptions const& options, std::string name);

  Evaluation evaluate(Crystal const& crystal) const override { return run(crystal, nullptr); }
  Evaluation evaluate_next(Crystal const& crystal, EvaluationState& state) const override {
    return run(crystal, &state);
  }
  std::string name() const override { return name_; }
  std::string identity() const override { return identity_; }
  double cutoff() const override { return options_.cutoff; }
  bool fixed_charges() const override { return true; }
  Contents contents() const override { return {.charges = true, .dispersion = true, .core = options_.core_guard}; }
  std::vector<int> elements() const override;
  std::shared_ptr<Potential const> with_slab_correction(bool on) const override;
  std::shared_ptr<Potential const> with_background() const override {
    auto options = options_;
    options.background = true;
    return std::make_shared<RigidIon>(set_, options, name_);
  }
  std::shared_ptr<Potential const> with_accuracy(double accuracy) const override {
    auto options = options_;
    options.accuracy = accuracy;
    return std::make_shared<RigidIon>(set_, options, name_);
  }

 private:
  Evaluation run(Crystal const& crystal, EvaluationState* state) const;
  std::string hash() const;
  std::size_t species_of(Crystal const& crystal, std::size_t atom) const;
  [[noreturn]] void refuse_element(Crystal const& crystal, int number) const;

  RigidIonSet set_;
  PotentialOptions options_;
  std::string name_, identity_;
  std::vector<PairModel> pairs_;  // [first * species + second]
};

RigidIon::RigidIon(RigidIonSet set, PotentialOptions const& options, std::string name)
    : set_(std::move(set)), options_(options), name_(std::move(name)) {
  pairs_.reserve(set_.species.size() * set_.species.size());
  for (auto const& first : set_.species) {
    for (auto const& second : set_.species) pairs_.push_back(model_pair(set_, first, second, options_.core_guard));
  }
  identity_ = hash();
}

/// Everything that changes an energy: the parameters, how the sums end, and the rules for short distances and slabs.
std::string RigidIon::hash() const {
  Sha256 sum;
  sum.update("nacre.rigid_ion/1");
  for (auto const& species : set_.species) {
    sum.update(species.name).update(std::uint64_t(species.number)).update(species.oxidation).update(species.charge);
  }
  for (auto const& pair : set_.pairs) {
    sum.update(pair.first).update(pair.second).update(std::uint64_t(pair.form == IonPair::Form::morse_r12));
    for (double const x : {pair.strength, pair.length, pair.decay, pair.power, pair.wall_radius, pair.wall_exponent})
      sum.update(x);
  }
  sum.update(units::coulomb_eV_A)
      .update(options_.cutoff)
      .update(options_.taper ? taper_width_A : 0.0)
      .update(ewald_accuracy);
  sum.update(std::uint64_t(options_.slab_correction)).update(options_.core_guard ? "screened core/1" : "no core");
  bool const usual = options_.accuracy == 0.0 && options_.sum == PotentialOptions::Sum::automatic;
  if (!usual) sum.update("accuracy").update(std::uint64_t(options_.sum)).update(options_.accuracy);
  if (options_.background) sum.update("background");
  return sum.hex();
}

std::vector<int> RigidIon::elements() const {
  std::vector<int> numbers;
  for (auto const& species : set_.species) {
    bool const complete =
        std::find(set_.incomplete.begin(), set_.incomplete.end(), species.number) == set_.incomplete.end();
    if (complete) numbers.push_back(species.number);
  }
  std::sort(numbers.begin(), numbers.end());
  numbers.erase(std::unique(numbers.begin(), numbers.end()), numbers.end());
  return numbers;
}

void RigidIon::refuse_element(Crystal const& crystal, int number) const {
  auto elements = crystal.numbers;
  std::sort(elements.begin(), elements.end());
  elements.erase(std::unique(elements.begin(), elements.end()), elements.end());
  std::vector<std::string> symbols;
  for (int const z : elements) symbols.emplace_back(symbol(z));
  auto const covering = rigid_ion_sets_covering(elements);
  bool const known = std::find(set_.incomplete.begin(), set_.incomplete.end(), number) != set_.incomplete.end();
  input_error("no parameters for '", symbol(number), "' in '", name_, "'",
              known ? " (it needs three-body terms, which are not built)" : "",
              covering.empty() ? "; no rigid-ion set covers " : "; sets that cover ", join(symbols, ", "),
              covering.empty() ? "" : ": ", join(covering, ", "));
}

/// By element; where the set has several ions of one element, by oxidation state.
std::size_t RigidIon::species_of(Crystal const& crystal, std::size_t atom) const {
  int const number = crystal.numbers[atom];
  std::vector<std::size_t> candidates;
  for (std::size_t s = 0; s < set_.species.size(); ++s) {
    if (set_.species[s].number == number) candidates.push_back(s);
  }
  bool const incomplete = std::find(set_.incomplete.begin(), set_.incomplete.end(), number) != set_.incomplete.end();
  if (candidates.empty() || incomplete) refuse_element(crystal, number);
  if (candidates.size() == 1) return candidates.front();
  std::string states;
  for (auto const s : candidates) states += (states.empty() ? "" : ", ") + significant(set_.species[s].oxidation, 3);
  require(crystal.oxidation.size() == crystal.size(), "atom ", atom + 1, " (", symbol(number),
          ") has no oxidation state, and '", name_, "' has ions of charge ", states, ": give a column oxidation_state");
  for (auto const s : candidates) {
    if (std::abs(set_.species[s].oxidation - crystal.oxidation[atom]) < 1e-6) return s;
  }
  input_error("no parameters for ", symbol(number), " with oxidation state ", crystal.oxidation[atom], " (atom ",
              atom + 1, ") in '", name_, "' (it has ", states, ")");
}

Evaluation RigidIon::run(Crystal const& crystal, EvaluationState* state) const {
  detail::require_sane(crystal);
  std::vector<std::size_t> of_atom(crystal.size());
  std::vector<int> compact(set_.species.size(), -1);
  for (std::size_t i = 0; i < crystal.size(); ++i) compact[of_atom[i] = species_of(crystal, i)] = 0;
  std::vector<std::size_t> used;
  for (std::size_t s = 0; s < compact.size(); ++s) {
    if (compact[s] < 0) continue;
    compact[s] = static_cast<int>(used.size());
    used.push_back(s);
  }
  detail::IonicModel model;
  for (auto const i : used) {
    model.charges.push_back(set_.species[i].charge);
    for (auto const j : used) {
      auto const& pair = pairs_[i * set_.species.size() + j];
      model.terms.push_back(pair.terms);
      model.cores.push_back(pair.core);
    }
  }
  model.cutoff = options_.cutoff;
  model.taper_width = options_.taper ? taper_width_A : 0.0;
  model.sum = options_.sum;
  model.accuracy = options_.accuracy;
  model.slab_correction = options_.slab_correction;
  model.background = options_.background;
  std::vector<int> species(crystal.size());
  for (std::size_t i = 0; i < species.size(); ++i) species[i] = compact[of_atom[i]];
  return detail::evaluate_ions(crystal, species, model, state);
}

std::shared_ptr<Potential const> RigidIon::with_slab_correction(bool on) const {
  auto options = options_;
  options.slab_correction = on;
  return std::make_shared<RigidIon>(set_, options, name_);
}

}  // namespace

double pair_energy(RigidIonSet const& set, PotentialOptions const& options, std::string const& first,
                   std::string const& second, double distance) {
  auto const [terms, core] = model_pair(set, species_named(set, first), species_named(set, second), options.core_guard);
  detail::PairSettings const settings{.coulomb_cutoff = 2.0 * distance,
                                     .cutoff = options.cutoff,
                                     .taper_width = options.taper ? taper_width_A : 0.0};
  double const r2 = distance * distance;
  double energy = 0.0, slope = 0.0;
  detail::evaluate_pairs(selected_isa(), terms, settings, 1, &r2, &energy, &slope);
  return distance < core.radius() ? energy + core.correction(terms, distance).energy : energy;
}

double core_guard_radius(RigidIonSet const& set, std::string const& first, std::string const& second) {
  return model_pair(set, species_named(set, first), species_named(set, second), true).core.guard_radius;
}

std::shared_ptr<Potential const> make_rigid_ion(RigidIonSet const& set, PotentialOptions const& options,
                                                std::string const& name) {
  require(set.refusal.empty(), "cannot use '", name, "' (", set.refusal, ")");
  require(options.cutoff >= 4.0 && options.cutoff <= 60.0, "invalid cutoff=", options.cutoff, " (4 to 60 Å)");
  require_accuracy(options.accuracy);
  return std::make_shared<RigidIon>(set, options, name);
}

}  // namespace nacre
