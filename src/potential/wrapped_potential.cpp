#include "wrapped_potential.hpp"

#include <algorithm>
#include <cmath>
#include <mutex>
#include <numeric>
#include <set>

#include "nacre/core/error.hpp"
#include "nacre/core/ids.hpp"
#include "nacre/core/log.hpp"
#include "nacre/crystal/charge_balance.hpp"
#include "nacre/crystal/elements.hpp"
#include "nacre/crystal/mixed_valence.hpp"
#include "neighbor_table.hpp"

namespace nacre::detail {

WrappedPotential::WrappedPotential(std::shared_ptr<Potential const> inner, std::string name)
    : inner_(std::move(inner)), name_(std::move(name)) {}

Evaluation WrappedPotential::evaluate(Crystal const& crystal) const {
  admit(crystal);
  auto result = inner_->evaluate(crystal);
  comment(crystal, result);
  return result;
}

Evaluation WrappedPotential::evaluate_next(Crystal const& crystal, EvaluationState& state) const {
  admit(crystal);
  auto result = inner_->evaluate_next(crystal, state);
  comment(crystal, result);
  return result;
}

/// The inner model sees all that are admitted at once.
std::vector<BatchResult> WrappedPotential::evaluate_many(std::span<Crystal const> crystals, int threads) const {
  std::vector<BatchResult> results(crystals.size());
  std::vector<Crystal> admitted;
  std::vector<std::size_t> place;
  for (std::size_t k = 0; k < crystals.size(); ++k) {
    try {
      admit(crystals[k]);
      admitted.push_back(crystals[k]);
      place.push_back(k);
    } catch (InputError const& error) {
      results[k].refusal = error.what();
    }
  }
  auto inside = inner_->evaluate_many(admitted, threads);
  for (std::size_t k = 0; k < inside.size(); ++k) {
    auto& result = results[place[k]] = std::move(inside[k]);
    if (result.refusal.empty()) comment(admitted[k], result.evaluation);
  }
  return results;
}

Value WrappedPotential::about() const {
  auto value = inner_->about();
  value["name"] = name();
  value["identity"] = identity();
  return value;
}

std::shared_ptr<Potential const> WrappedPotential::with_slab_correction(bool on) const {
  auto other = inner_->with_slab_correction(on);
  return other ? around(std::move(other)) : nullptr;
}

std::shared_ptr<Potential const> WrappedPotential::with_background() const {
  auto other = inner_->with_background();
  return other ? around(std::move(other)) : nullptr;
}

std::shared_ptr<Potential const> WrappedPotential::with_core(CoreBlend const& blend) const {
  auto other = nacre::with_core(*inner_, blend);
  return other ? around(std::move(other)) : nullptr;
}

namespace {

double radius_of(int number) {
  constexpr double of_heavier_elements = 1.7;  // beyond the table [Å]
  return covalent_radius(number).value_or(of_heavier_elements);
}

class DistanceFloor final : public WrappedPotential {
 public:
  explicit DistanceFloor(std::shared_ptr<Potential const> inner) : WrappedPotential(inner, inner->name()) {}
  Value about() const override {
    auto value = WrappedPotential::about();
    value["least_distance"] = concat(floor_share, " of the sum of covalent radii");
    return value;
  }

 private:
  void admit(Crystal const& crystal) const override {
    require_sane(crystal);
    double largest = 0.0;
    for (int const number : crystal.numbers) largest = std::max(largest, radius_of(number));
    for_each_center(crystal, std::max(2.0 * floor_share * largest, 2.0 * coincident_A), nullptr, [&](CenterPairs const& center) {
      for (std::size_t k = 0; k < center.count; ++k) check(crystal, center.atom, center.entries[k].atom, std::sqrt(center.squares[k]));
    });
  }
  void check(Crystal const& crystal, int a, int b, double distance) const {
    auto const number = [&](int atom) { return crystal.numbers[static_cast<std::size_t>(atom)]; };
    double const least = floor_share * (radius_of(number(a)) + radius_of(number(b)));
    auto const [first, second] = std::minmax(a, b);
    require(distance >= least, "atoms ", first + 1, " (", symbol(number(first)), ") and ", second + 1, " (", symbol(number(second)),
            ") are ", distance, " Å apart (less than ", least, " Å, where '", name(),
            "' was fitted to nothing); move them apart, or add a core: '", name(), "+zbl'");
  }
  std::shared_ptr<Potential const> around(std::shared_ptr<Potential const> inner) const override {
    return std::make_shared<DistanceFloor>(std::move(inner));
  }
};

class ChargeBalance final : public WrappedPotential {
 public:
  explicit ChargeBalance(std::shared_ptr<Potential const> inner) : WrappedPotential(inner, inner->name()), bare_(std::move(inner)) {}
  std::shared_ptr<Potential const> with_background() const override {
    auto other = bare_->with_background();
    return other ? other : bare_;
  }

 private:
  void admit(Crystal const& crystal) const override {
    if (crystal.numbers.empty()) return;
    if (!crystal.oxidation.empty()) {
      constexpr double rounding = 1e-3;  // of charges in files [e]
      double const sum = std::accumulate(crystal.oxidation.begin(), crystal.oxidation.end(), 0.0);
      require(std::abs(sum) < rounding, "the formal charges of ", formula(crystal), " sum to ", sum, " e, and '", name(),
              "' sees no charges (electrons are missing or left over); correct the charges, or allow a charged cell with --background");
      return;
    }
    auto const composition = formula(crystal);
    std::lock_guard const lock(mutex_);
    if (!seen_.insert(composition).second || has_neutral_choice(crystal)) return;
    auto const mixed = mixed_valence_warning(crystal);
    log_warning("no neutral choice of oxidation states for ", composition, ", and '", name(), "' sees no charges: its electrons may not add up",
                mixed.empty() ? "" : "; ", mixed);
  }
  std::shared_ptr<Potential const> around(std::shared_ptr<Potential const> inner) const override {
    return std::make_shared<ChargeBalance>(std::move(inner));
  }

  std::shared_ptr<Potential const> bare_;
  mutable std::mutex mutex_;
  mutable std::set<std::string> seen_;  ///< compositions
};

class Correction final : public WrappedPotential {
 public:
  using WrappedPotential::WrappedPotential;
  Contents contents() const override {
    auto own = inner().contents();
    own.bonds = own.charges = own.dispersion = false;
    return own;
  }
  std::string identity() const override { return Sha256().update("nacre.correction/1").update(inner().identity()).hex(); }

 private:
  std::shared_ptr<Potential const> around(std::shared_ptr<Potential const> inner) const override {
    return std::make_shared<Correction>(std::move(inner), name());
  }
};

}  // namespace

std::shared_ptr<Potential const> with_charge_balance(std::shared_ptr<Potential const> inner) {
  return std::make_shared<ChargeBalance>(std::move(inner));
}

std::shared_ptr<Potential const> with_distance_floor(std::shared_ptr<Potential const> inner) {
  return std::make_shared<DistanceFloor>(std::move(inner));
}

std::shared_ptr<Potential const> as_correction(std::shared_ptr<Potential const> inner, std::string const& name) {
  return std::make_shared<Correction>(std::move(inner), name);
}

}  // namespace nacre::detail
