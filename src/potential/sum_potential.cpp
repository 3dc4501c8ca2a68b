#include <algorithm>

#include "models_together.hpp"
#include "nacre/core/error.hpp"
#include "nacre/core/ids.hpp"
#include "nacre/potential/calibration.hpp"
#include "nacre/potential/core_blend.hpp"
#include "nacre/potential/short_range.hpp"

namespace nacre {
namespace {

using Parts = std::vector<std::shared_ptr<Potential const>>;

class SumPotential final : public Potential, public TakesCore, public KnowsBarriers {
 public:
  SumPotential(Parts parts, std::string name) : parts_(std::move(parts)), name_(std::move(name)) {}
  Evaluation evaluate(Crystal const& crystal) const override {
    return add_parts([&](std::size_t k) { return parts_[k]->evaluate(crystal); });
  }
  Evaluation evaluate_next(Crystal const& crystal, EvaluationState& state) const override {
    auto& states = state.part<PartStates>().states;
    states.resize(parts_.size());
    return add_parts([&](std::size_t k) { return parts_[k]->evaluate_next(crystal, states[k]); });
  }
  std::vector<BatchResult> evaluate_many(std::span<Crystal const> crystals, int threads) const override;
  Eigen::MatrixXf features(Crystal const& crystal) const override;
  std::string name() const override { return name_; }
  std::string identity() const override {
    Sha256 sum;
    sum.update("nacre.sum/1");
    for (auto const& part : parts_) sum.update(part->identity());
    return sum.hex();
  }
  double cutoff() const override {
    double longest = 0.0;
    for (auto const& part : parts_) longest = std::max(longest, part->cutoff());
    return longest;
  }
  std::vector<int> elements() const override;
  bool concurrent() const override {
    return std::all_of(parts_.begin(), parts_.end(), [](auto const& part) { return part->concurrent(); });
  }
  double batch_edges() const override { return detail::most_batch_edges(parts_); }
  std::optional<double> device_seconds() const override { return detail::device_seconds(parts_); }
  bool fixed_charges() const override {
    return std::any_of(parts_.begin(), parts_.end(), [](auto const& part) { return part->fixed_charges(); });
  }
  double barrier_share(std::span<int const> numbers) const override {
    double largest = 0.0;
    for (auto const& part : parts_) largest = std::max(largest, nacre::barrier_share(*part, numbers));
    return largest;
  }
  Contents contents() const override {
    Contents all{.bonds = false};
    for (auto const& part : parts_) {
      auto const own = part->contents();
      all.bonds |= own.bonds, all.charges |= own.charges, all.dispersion |= own.dispersion;
      all.core |= own.core, all.learned |= own.learned;
    }
    return all;
  }
  double expected_work(Crystal const& crystal) const override {
    double work = 0.0;
    for (auto const& part : parts_) work += part->expected_work(crystal);
    return work;
  }
  std::shared_ptr<Potential const> with_slab_correction(bool on) const override {
    return replaced([&](Potential const& part) { return part.with_slab_correction(on); });
  }
  std::shared_ptr<Potential const> with_background() const override {
    return replaced([](Potential const& part) { return part.with_background(); });
  }
  std::shared_ptr<Potential const> with_core(CoreBlend const& blend) const override {
    return replaced([&](Potential const& part) { return nacre::with_core(part, blend); });
  }
  Value about() const override {
    auto value = Potential::about();
    value["parts"] = Value::array();
    for (auto const& part : parts_) value["parts"].push_back(part->about());
    return value;
  }
  std::shared_ptr<Potential const> with_accuracy(double accuracy) const override {
    return replaced([&](Potential const& part) { return part.with_accuracy(accuracy); });
  }

 private:
  template <class Other>
  std::shared_ptr<Potential const> replaced(Other const& other) const;
  struct PartStates final : EvaluationState::Part {
    std::vector<EvaluationState> states;
  };
  template <class Evaluate>
  Evaluation add_parts(Evaluate const& evaluate) const;

  Parts parts_;
  std::string name_;
};

/// A part without members is known exactly.
void add_members(Evaluation& sum, Evaluation const& part) {
  if (sum.member_energies.size() > 0 && part.member_energies.size() == 0) {
    sum.member_energies.array() += part.energy;
  } else if (sum.member_energies.size() == 0 && part.member_energies.size() > 0) {
    sum.member_energies = part.member_energies.array() + sum.energy;
    sum.force_deviations = part.force_deviations;
  }
  sum.grade = std::max(sum.grade, part.grade);
  sum.trust = std::max(sum.trust, part.trust);
  sum.add_warning(part.warning);
}

/// @param evaluate gives the evaluation of a part by its index
template <class Evaluate>
Evaluation SumPotential::add_parts(Evaluate const& evaluate) const {
  Evaluation sum = evaluate(0);
  for (std::size_t k = 1; k < parts_.size(); ++k) {
    Evaluation const part = evaluate(k);
    add_members(sum, part);
    sum.energy += part.energy;
    sum.forces += part.forces;
    sum.edges += part.edges;
    if (sum.stress && part.stress)
      *sum.stress += *part.stress;
    else
      sum.stress.reset();
    if (sum.atom_energies.size() == part.atom_energies.size())
      sum.atom_energies += part.atom_energies;
    else
      sum.atom_energies.resize(0);
  }
  return sum;
}

/// Each part sees all structures, so that one that joins them can; a structure that a part refuses is refused.
std::vector<BatchResult> SumPotential::evaluate_many(std::span<Crystal const> crystals, int threads) const {
  std::vector<std::vector<BatchResult>> by_part;
  for (auto const& part : parts_) by_part.push_back(part->evaluate_many(crystals, threads));
  std::vector<BatchResult> results(crystals.size());
  for (std::size_t i = 0; i < crystals.size(); ++i) {
    for (auto const& part : by_part) {
      if (results[i].refusal.empty()) results[i].refusal = part[i].refusal;
    }
    if (results[i].refusal.empty())
      results[i].evaluation = add_parts([&](std::size_t k) { return std::move(by_part[k][i].evaluation); });
  }
  return results;
}

/// Those of all parts, one below the other.
Eigen::MatrixXf SumPotential::features(Crystal const& crystal) const {
  Eigen::MatrixXf all(0, static_cast<Eigen::Index>(crystal.size()));
  for (auto const& part : parts_) {
    auto const own = part->features(crystal);
    Eigen::MatrixXf both(all.rows() + own.rows(), all.cols());
    both << all, own;
    all = std::move(both);
  }
  return all;
}

std::vector<int> SumPotential::elements() const {
  auto common = parts_.front()->elements();
  for (std::size_t k = 1; k < parts_.size(); ++k) {
    auto const other = parts_[k]->elements();
    std::erase_if(common, [&](int z) { return std::find(other.begin(), other.end(), z) == other.end(); });
  }
  return common;
}

/// The sum with other parts, where any has another form.
template <class Other>
std::shared_ptr<Potential const> SumPotential::replaced(Other const& other) const {
  auto parts = parts_;
  bool any = false;
  for (auto& part : parts) {
    if (auto made = other(*part)) {
      part = std::move(made);
      any = true;
    }
  }
  return any ? std::make_shared<SumPotential>(std::move(parts), name_) : nullptr;
}

/// Refuses two parts that both count one kind of energy.
void check_counted_once(Parts const& parts, std::string const& name) {
  struct Kind {
    bool Contents::*has;
    char const* words;
    char const* advice;
  };
  constexpr Kind kinds[] = {
      {&Contents::bonds, "the energy of bonds", "take one of them"},
      {&Contents::dispersion, "dispersion", "leave one out"},
      {&Contents::charges, "the Coulomb energy of far ions", "leave one out"}};
  for (auto const& kind : kinds) {
    Potential const* first = nullptr;
    for (auto const& part : parts) {
      if (!(part->contents().*kind.has)) continue;
      require(first == nullptr, "the parts '", first == nullptr ? "" : first->name(), "' and '", part->name(), "' of '", name,
              "' both hold ", kind.words, " (it would count twice); ", kind.advice);
      first = part.get();
    }
  }
}

}  // namespace

std::shared_ptr<Potential const> make_sum(std::vector<std::shared_ptr<Potential const>> parts,
                                          std::string const& name) {
  require(!parts.empty(), "the sum '", name, "' has no parts");
  if (parts.size() == 1) return parts.front();
  check_counted_once(parts, name);
  auto sum = std::make_shared<SumPotential>(std::move(parts), name);
  require(!sum->elements().empty(), "the parts of '", name, "' have no element in common");
  return sum;
}

}  // namespace nacre
