#include "nacre/score/hop_tier.hpp"

#include <algorithm>
#include <array>
#include <cmath>
#include <map>

#include "nacre/core/error.hpp"
#include "nacre/core/ids.hpp"
#include "nacre/core/text.hpp"
#include "nacre/crystal/elements.hpp"
#include "nacre/potential/rigid_ion.hpp"
#include "nacre/transport/fixed_charge.hpp"

namespace nacre {
namespace {

constexpr double least_width = 10.0;        // of the cell of one carrier [Å]
constexpr std::size_t kept_layers = 200;    // strained layers that are remembered

std::string key_of(Crystal const& crystal, std::string const& model) {
  std::string text = model;
  for (double const x : crystal.lattice.reshaped()) text += ' ' + shortest(x);
  for (double const x : crystal.positions.reshaped()) text += ' ' + shortest(x);
  for (int const z : crystal.numbers) text += ' ' + std::to_string(z);
  return sha256_hex(text);
}

HopSettings settings_for(Crystal const& cell, Context& context) {
  HopSettings settings;
  settings.supercell = cells_for_width(cell.lattice, least_width);
  settings.band.threads = context.threads();
  settings.max_steps = 500;
  settings.cancelled = [&context] { return context.cancelled(); };
  return settings;
}

/// Hops of a layer alone, those of the same strained crystal from before.
LayerHops lone_layer(Slab const& slab, StackLayer const& place, int species, Potential const& model, Context& context) {
  thread_local std::map<std::string, LayerHops> known;  // what it holds changes no value, only when it is computed
  auto const crystal = strained_layer(slab, Eigen::Matrix2i::Identity(), place.deformation, model);
  auto const key = key_of(crystal.repeat, model.identity() + ' ' + std::to_string(species));
  auto const found = known.find(key);
  if (found != known.end()) return found->second;
  auto settings = settings_for(crystal.repeat, context);
  double const height = settings.supercell[2] * crystal.repeat_height;
  settings.supercell[2] = 1;
  auto hops = layer_hops(crystal, species, model, settings, height);
  hops.analysis.work += crystal.work;
  if (context.cancelled()) return hops;
  if (known.size() >= kept_layers) known.clear();
  return known[key] = std::move(hops);
}

void study_layers(HopTier& tier, int species, Potential const& model, Context& context) {
  auto const& candidate = context.candidate();
  std::array<Slab const*, 2> const slabs{&candidate.parts->bottom, &candidate.parts->top};
  for (std::size_t k = 0; k < 2; ++k) {
    tier.layers.push_back(lone_layer(*slabs[k], candidate.stack->layers[k], species, model, context));
    tier.work += tier.layers.back().analysis.work;
  }
  tier.status = Status::ok;
}

void study_contact(HopTier& tier, int species, Potential const& model, Context& context) {
  auto const& candidate = context.candidate();
  auto const& energies = context.contact_energies();
  auto const& refused = energies.interface_energy;
  if (energies.relaxed.size() == 0) {
    tier.status = refused.ok() ? Status::failed : refused.status;
    tier.reason = refused.ok() ? "no_relaxed_stack" : refused.reason;
    return;
  }
  tier.stack = energies.relaxed;
  std::vector<StrainedLayer> crystals;
  std::array<Slab const*, 2> const slabs{&candidate.parts->bottom, &candidate.parts->top};
  for (std::size_t k = 0; k < 2; ++k) {
    auto const& place = candidate.stack->layers[k];
    crystals.push_back(strained_layer(*slabs[k], place.supercell, place.deformation, model));
  }
  ContactHopOptions options;
  options.settings = settings_for(tier.stack, context);
  tier.contact = contact_hops(tier.stack, candidate.stack->layer, crystals, species, model, options);
  tier.work += tier.contact->work;
  tier.status = Status::ok;
}

/// Empty along z: a slab, whose contact has no ways of its own in the sense of definitions.md 7.
bool has_vacuum(Stack const& stack) { return widest_gap(stack.crystal) > 6.0; }

HopTier compute(Context& context) {
  HopTier tier;
  auto const& candidate = context.candidate();
  tier.model = context.potential().identity();
  tier.model_share = uncalibrated_share(context.potential());
  tier.status = Status::refused;
  if (!candidate.stack || !candidate.parts) {
    tier.reason = "no_atoms: the candidate has no layers";
    return tier;
  }
  int const species = mobile_species(candidate);
  if (species == 0) {
    tier.reason = "no_carriers: no layer has lithium, sodium or oxygen";
    return tier;
  }
  bool const fixed = has_fixed_charges(context.potential());
  for (auto const* slab : {&candidate.parts->bottom, &candidate.parts->top}) {
    if (fixed && tier.reason.empty()) tier.reason = fixed_charge_refusal(slab->plane.primitive, species);
  }
  if (!tier.reason.empty()) return tier;
  auto const charged = context.potential().with_background();
  Potential const& model = charged ? *charged : context.potential();
  tier.model = model.identity();
  if (has_vacuum(*candidate.stack))
    study_layers(tier, species, model, context);
  else
    study_contact(tier, species, model, context);
  if (context.cancelled()) {
    tier.status = Status::cancelled;
    tier.reason = "cancelled";
  }
  return tier;
}

}  // namespace

std::vector<std::string> HopTier::words() const {
  if (contact) return contact->words(stack);
  std::vector<std::string> sentences;
  for (std::size_t k = 0; k < layers.size(); ++k) {
    auto const& layer = layers[k];
    auto const x = layer.barrier(0);
    sentences.push_back(x ? concat("layer ", k + 1, " (", layer.name, ", strained): ", significant(*x, 3),
                                   " eV along x without the contact")
                          : concat("layer ", k + 1, " (", layer.name, "): ", layer.carries ? "no barrier" : "no carriers"));
  }
  return sentences;
}

int mobile_species(Candidate const& candidate) {
  for (int const number : {3, 11, 8}) {
    for (auto const* slab : {&candidate.parts->bottom, &candidate.parts->top}) {
      auto const& numbers = slab->plane.primitive.numbers;
      if (std::ranges::find(numbers, number) != numbers.end()) return number;
    }
  }
  return 0;
}

HopTier const& hop_tier(Context& context) {
  struct Last {
    std::string key;
    HopTier tier;
  };
  thread_local Last last;  // of the candidate asked for last; changes no value
  auto const& candidate = context.candidate();
  auto key = candidate.id.hex() + ' ' + context.potential().identity();
  if (candidate.stack) key = key_of(candidate.stack->crystal, key);
  if (candidate.stack && key == last.key && last.tier.status != Status::cancelled) return last.tier;
  last.key.clear();
  last.tier = compute(context);
  last.key = std::move(key);
  return last.tier;
}

}  // namespace nacre
