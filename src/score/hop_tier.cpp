#include "nacre/score/hop_tier.hpp"

#include <Eigen/SVD>
#include <algorithm>
#include <array>
#include <cmath>
#include <map>

#include "nacre/core/error.hpp"
#include "nacre/core/ids.hpp"
#include "nacre/core/text.hpp"
#include "nacre/crystal/elements.hpp"
#include "nacre/potential/calibration.hpp"
#include "nacre/potential/rigid_ion.hpp"
#include "nacre/stack/strain.hpp"
#include "nacre/transport/bond_valence_sums.hpp"
#include "nacre/transport/fixed_charge.hpp"

namespace nacre {
namespace {

constexpr double least_width = 10.0;        // of the cell of one carrier [Å]
constexpr std::size_t kept_layers = 200;    // strained layers that are remembered
constexpr double widest_bond = 5.0;         // no contact is so wide [Å]
constexpr double unstrained_below = 1e-6;   // principal strain

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
  settings.fmax = 0.01;        // leaves less than 1 meV, which the errors count
  settings.band.fmax = 0.05;
  settings.band.images = 3;
  settings.band.max_steps = 200;  // a band that rests does so within 100; contacts that slide have bands that never do
  settings.cancelled = [&context] { return context.cancelled(); };
  return settings;
}

/// Hops of a layer alone, those of the same crystal from before. @param deformation of the slab's vectors
LayerHops lone_layer(Slab const& slab, Eigen::Matrix2d const& deformation, int species, Potential const& model,
                     Context& context) {
  thread_local std::map<std::string, LayerHops> known;  // what it holds changes no value, only when it is computed
  auto const crystal = strained_layer(slab, Eigen::Matrix2i::Identity(), deformation, model);
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

/// Global instability index of the ions beside the contact.
std::optional<double> mismatch_of(Crystal const& stack, std::vector<int> const& layer) {
  try {
    return contact_mismatch(stack, bond_valence_mismatch(stack), layer).front().both;
  } catch (InputError const&) {
    return std::nullopt;  // a pair that the table does not have
  }
}

/// The layer as it is turned, without its strain.
Eigen::Matrix2d rotation_of(Eigen::Matrix2d const& deformation) {
  Eigen::JacobiSVD<Eigen::Matrix2d> const svd(deformation, Eigen::ComputeFullU | Eigen::ComputeFullV);
  return svd.matrixU() * svd.matrixV().transpose();
}

/// One candidate's hops as far as they are known, and what goes on from there.
class HopStudy {
 public:
  HopStudy(Context& context, HopTier& tier) : context_(context), tier_(tier) {}

  void begin() {
    auto const& candidate = context_.candidate();
    tier_.model = context_.potential().identity();
    tier_.status = Status::refused;
    if (!candidate.stack || !candidate.parts) {
      tier_.reason = "no_atoms: the candidate has no layers";
      return;
    }
    tier_.model_share = barrier_share(context_.potential(), candidate.stack->crystal.numbers);
    resume();
    if (species_ == 0) {
      tier_.reason = "no_carriers: no layer has lithium, sodium or oxygen";
      return;
    }
    bool const fixed = has_fixed_charges(context_.potential());
    for (auto const* slab : slabs()) {
      if (fixed && tier_.reason.empty()) tier_.reason = fixed_charge_refusal(slab->plane.primitive, species_);
    }
    if (!tier_.reason.empty()) return;
    tier_.model = model().identity();
    tier_.coherent = candidate.descriptor("coherent") == 1.0;
    tier_.status = Status::ok;
  }
  /// Of a tier that began before.
  void resume() {
    species_ = mobile_species(context_.candidate());
    charged_ = context_.potential().with_background();
  }

  /// The next price, if the ones before it came out.
  void go_on(HopPrice price) {
    if (tier_.status != Status::ok) return;
    if (price == HopPrice::layers) study_layers();
    if (price == HopPrice::contact) study_contact();
    if (price == HopPrice::checks) check();
    if (!context_.cancelled()) return;
    tier_.status = Status::cancelled;
    tier_.reason = "cancelled";
  }

 private:
  Potential const& model() const { return charged_ ? *charged_ : context_.potential(); }
  std::array<Slab const*, 2> slabs() const {
    auto const& parts = *context_.candidate().parts;
    return {&parts.bottom, &parts.top};
  }

  void study_layers() {
    auto const& candidate = context_.candidate();
    for (std::size_t k = 0; k < 2; ++k) {
      auto const& place = candidate.stack->layers[k];
      tier_.layers.push_back(lone_layer(*slabs()[k], place.deformation, species_, model(), context_));
      auto const& layer = tier_.layers.back();
      tier_.work[0] += layer.analysis.work;
      tier_.unstrained[k] = easier_in_plane(layer);
      double const strain = principal_strains(place.strain).cwiseAbs().maxCoeff();
      if (!layer.carries || strain < unstrained_below) continue;
      tier_.strain = std::max(tier_.strain, strain);
      auto const free = lone_layer(*slabs()[k], rotation_of(place.deformation), species_, model(), context_);
      tier_.work[0] += free.analysis.work;
      tier_.unstrained[k] = easier_in_plane(free);
    }
  }

  void study_contact() {
    auto const& built = context_.superlattice();
    tier_.work[1] = built.pair.mean.work;
    if (built.pair.relaxed.size() == 0) {
      tier_.status = built.pair.mean.ok() ? Status::failed : built.pair.mean.status;
      tier_.reason = built.pair.mean.ok() ? "no_relaxed_stack" : built.pair.mean.reason;
      return;
    }
    if (double const gap = widest_gap(built.pair.relaxed); gap > widest_bond) {
      tier_.status = Status::not_bonded;
      tier_.reason = concat("not_bonded: the layers came apart without vacuum around them, ", significant(gap, 3), " A are empty");
      return;
    }
    tier_.stack = built.pair.relaxed;
    tier_.mismatch = mismatch_of(tier_.stack, built.stack.layer);
    tier_.contact = hops_of(built, true);
    tier_.work[1] += tier_.contact->work;
    if (!tier_.coherent && !tier_.contact->continued_crystal) tier_.contact->widen(&BarrierError::strain, tier_.strain_change());
  }

  /// One more repeat of each layer, and a wider cell.
  void check() {
    if (!tier_.contact || tier_.contact->continued_crystal) return;
    tier_.lateral = check_lateral(*tier_.contact, tier_.stack, species_, model(), settings_for(tier_.stack, context_));
    if (tier_.lateral->failure.empty()) tier_.contact->widen(&BarrierError::cell, tier_.lateral->barrier_change);
    auto const& built = context_.superlattice(1);
    tier_.work[2] = tier_.lateral->work + built.pair.mean.work;
    bool const apart = built.pair.relaxed.size() > 0 && widest_gap(built.pair.relaxed) > widest_bond;
    if (apart || built.pair.relaxed.size() == 0) {
      tier_.thicker_failure = apart ? "not_bonded" : built.pair.mean.reason;
      return;
    }
    tier_.thicker = hops_of(built, false);
    tier_.work[2] += tier_.thicker->work;
  }

  ContactHops hops_of(Superlattice const& built, bool second_start) {
    std::vector<StrainedLayer> crystals;
    for (std::size_t k = 0; k < 2; ++k) {
      auto const& place = built.stack.layers[k];
      crystals.push_back(strained_layer(*slabs()[k], place.supercell, place.deformation, model()));
    }
    ContactHopOptions options;
    options.settings = settings_for(built.pair.relaxed, context_);
    options.alone = tier_.layers;
    options.second_start = second_start;
    // a slab has one contact: the one that closes its superlattice is none of the design's
    if (context_.candidate().parts->options.geometry == StackGeometry::slab) options.contact_above = 1;
    for (auto const* side : {"carrier_fraction_bottom", "carrier_fraction_top"}) {
      double const fraction = context_.candidate().descriptor(side);
      options.carriers.push_back(species_ == 8 && std::isfinite(fraction) ? fraction : 0.0);
    }
    return contact_hops(built.pair.relaxed, built.stack.layer, crystals, species_, model(), options);
  }

  Context& context_;
  HopTier& tier_;
  int species_ = 0;
  std::shared_ptr<Potential const> charged_;
};

}  // namespace

int mobile_species(Candidate const& candidate) {
  for (int const number : {3, 11, 8}) {
    for (auto const* slab : {&candidate.parts->bottom, &candidate.parts->top}) {
      auto const& numbers = slab->plane.primitive.numbers;
      if (std::ranges::find(numbers, number) != numbers.end()) return number;
    }
  }
  return 0;
}

HopTier const& hop_tier(Context& context, HopPrice price) {
  struct Last {
    std::string key;
    int price = 0;  ///< computed
    HopTier tier;
  };
  thread_local Last last;  // of the candidate asked for last; changes no value
  auto const& candidate = context.candidate();
  auto key = candidate.id.hex() + ' ' + context.potential().identity();
  if (candidate.stack) key = key_of(candidate.stack->crystal, key);
  bool const known = candidate.stack && key == last.key && last.tier.status != Status::cancelled;
  if (!known) last = {};
  HopStudy study(context, last.tier);
  known ? study.resume() : study.begin();
  last.key = key;
  for (; last.price < static_cast<int>(price); ++last.price) study.go_on(static_cast<HopPrice>(last.price + 1));
  return last.tier;
}

}  // namespace nacre
