#include "nacre/potential/committee.hpp"

#include <algorithm>
#include <cmath>

#include "models_together.hpp"
#include "nacre/core/error.hpp"
#include "nacre/core/ids.hpp"
#include "nacre/potential/calibration.hpp"
#include "nacre/potential/core_blend.hpp"

namespace nacre {
namespace {

using Members = std::vector<std::shared_ptr<Potential const>>;

class Committee final : public Potential, public TakesCore, public KnowsBarriers {
 public:
  Committee(Members members, std::optional<TrustWindow> const& window, std::string name)
      : members_(std::move(members)), window_(window), name_(std::move(name)) {}
  Evaluation evaluate(Crystal const& crystal) const override {
    return combined([&](std::size_t k) { return members_[k]->evaluate(crystal); });
  }
  Evaluation evaluate_next(Crystal const& crystal, EvaluationState& state) const override {
    auto& states = state.part<MemberStates>().states;
    states.resize(members_.size());
    return combined([&](std::size_t k) { return members_[k]->evaluate_next(crystal, states[k]); });
  }
  std::vector<BatchResult> evaluate_many(std::span<Crystal const> crystals, int threads) const override;
  Eigen::MatrixXf features(Crystal const& crystal) const override;
  std::string name() const override { return name_; }
  std::string identity() const override;
  double cutoff() const override {
    double longest = 0.0;
    for (auto const& member : members_) longest = std::max(longest, member->cutoff());
    return longest;
  }
  std::vector<int> elements() const override;
  Contents contents() const override { return members_.front()->contents(); }
  double barrier_share(std::span<int const> numbers) const override {
    double largest = 0.0;
    for (auto const& member : members_) largest = std::max(largest, nacre::barrier_share(*member, numbers));
    return largest;
  }
  bool fixed_charges() const override {
    return std::ranges::any_of(members_, [](auto const& member) { return member->fixed_charges(); });
  }
  bool concurrent() const override {
    return std::ranges::all_of(members_, [](auto const& member) { return member->concurrent(); });
  }
  double batch_edges() const override { return detail::most_batch_edges(members_); }
  std::optional<double> device_seconds() const override { return detail::device_seconds(members_); }
  double expected_work(Crystal const& crystal) const override {
    double work = 0.0;
    for (auto const& member : members_) work += member->expected_work(crystal);
    return work;
  }
  Value about() const override;
  std::shared_ptr<Potential const> with_slab_correction(bool on) const override {
    return replaced([&](Potential const& member) { return member.with_slab_correction(on); });
  }
  std::shared_ptr<Potential const> with_background() const override {
    return replaced([](Potential const& member) { return member.with_background(); });
  }
  std::shared_ptr<Potential const> with_core(CoreBlend const& blend) const override {
    return replaced([&](Potential const& member) { return nacre::with_core(member, blend); });
  }

 private:
  struct MemberStates final : EvaluationState::Part {
    std::vector<EvaluationState> states;
  };
  template <class Evaluate>
  Evaluation combined(Evaluate const& evaluate) const {
    std::vector<Evaluation> all;
    for (std::size_t k = 0; k < members_.size(); ++k) all.push_back(evaluate(k));
    auto result = combine_members(all);
    if (window_) judge_forces(result);
    return result;
  }
  void judge_forces(Evaluation& result) const;
  template <class Other>
  std::shared_ptr<Potential const> replaced(Other const& other) const;

  Members members_;
  std::optional<TrustWindow> window_;
  std::string name_;
};

void Committee::judge_forces(Evaluation& result) const {
  Eigen::Index atom = 0;
  double const largest = result.force_deviations.size() > 0 ? result.force_deviations.maxCoeff(&atom) : 0.0;
  auto const trust = judge(largest, *window_);
  result.trust = std::max(result.trust, trust);
  if (trust == Trust::go) return;
  result.add_warning(concat("the committee's forces on atom ", atom + 1, " differ by ", largest, " eV/A (",
                            trust == Trust::stop ? "high " : "low ", trust == Trust::stop ? window_->high : window_->low, ")"));
}

/// Each member sees all structures, so that one that joins them can.
std::vector<BatchResult> Committee::evaluate_many(std::span<Crystal const> crystals, int threads) const {
  std::vector<std::vector<BatchResult>> by_member;
  for (auto const& member : members_) by_member.push_back(member->evaluate_many(crystals, threads));
  std::vector<BatchResult> results(crystals.size());
  for (std::size_t i = 0; i < crystals.size(); ++i) {
    for (auto const& member : by_member) {
      if (results[i].refusal.empty()) results[i].refusal = member[i].refusal;
    }
    if (results[i].refusal.empty()) results[i].evaluation = combined([&](std::size_t k) { return std::move(by_member[k][i].evaluation); });
  }
  return results;
}

/// Those of all members, one below the other.
Eigen::MatrixXf Committee::features(Crystal const& crystal) const {
  Eigen::MatrixXf all(0, static_cast<Eigen::Index>(crystal.size()));
  for (auto const& member : members_) {
    auto const own = member->features(crystal);
    Eigen::MatrixXf both(all.rows() + own.rows(), all.cols());
    both << all, own;
    all = std::move(both);
  }
  return all;
}

std::string Committee::identity() const {
  Sha256 sum;
  sum.update("nacre.committee/1");
  for (auto const& member : members_) sum.update(member->identity());
  if (window_) sum.update(window_->low).update(window_->high);
  return sum.hex();
}

std::vector<int> Committee::elements() const {
  auto common = members_.front()->elements();
  for (auto const& member : members_) {
    auto const other = member->elements();
    std::erase_if(common, [&](int z) { return std::ranges::find(other, z) == other.end(); });
  }
  return common;
}

Value Committee::about() const {
  auto value = Potential::about();
  value["kind"] = "committee";
  value["members"] = Value::array();
  for (auto const& member : members_) value["members"].push_back(member->about());
  if (window_) value["window_eV_per_A"] = Value::Array{window_->low, window_->high};
  return value;
}

/// The committee with other members, where any has another form.
template <class Other>
std::shared_ptr<Potential const> Committee::replaced(Other const& other) const {
  auto members = members_;
  bool any = false;
  for (auto& member : members) {
    if (auto made = other(*member)) {
      member = std::move(made);
      any = true;
    }
  }
  return any ? std::make_shared<Committee>(std::move(members), window_, name_) : nullptr;
}

bool count_the_same(Contents const& a, Contents const& b) {
  return a.bonds == b.bonds && a.charges == b.charges && a.dispersion == b.dispersion;
}

}  // namespace

Trust judge(double value, TrustWindow const& window) {
  if (value < window.low) return Trust::go;
  return value < window.high ? Trust::save : Trust::stop;
}

Evaluation combine_members(std::span<Evaluation const> members) {
  require(members.size() >= 2, "a committee of ", members.size(), " (it takes two or more)");
  auto const n = static_cast<double>(members.size());
  Evaluation mean = members.front();
  mean.member_energies.resize(static_cast<Eigen::Index>(members.size()));
  for (std::size_t k = 0; k < members.size(); ++k) {
    auto const& member = members[k];
    require(member.forces.cols() == mean.forces.cols(), "members of a committee evaluated different structures");
    mean.member_energies[static_cast<Eigen::Index>(k)] = member.energy;
    if (k == 0) continue;
    mean.forces += member.forces;
    mean.edges += member.edges;
    mean.trust = std::max(mean.trust, member.trust);
    mean.grade = std::max(mean.grade, member.grade);
    mean.add_warning(member.warning);
    if (mean.stress && member.stress)
      *mean.stress += *member.stress;
    else
      mean.stress.reset();
    if (mean.atom_energies.size() == member.atom_energies.size())
      mean.atom_energies += member.atom_energies;
    else
      mean.atom_energies.resize(0);
  }
  mean.energy = mean.member_energies.mean();
  mean.forces /= n;
  mean.atom_energies /= n;
  if (mean.stress) *mean.stress /= n;
  mean.force_deviations.setZero(mean.forces.cols());
  for (auto const& member : members) mean.force_deviations += (member.forces - mean.forces).colwise().squaredNorm().transpose();
  mean.force_deviations = (mean.force_deviations / (n - 1.0)).cwiseSqrt();
  return mean;
}

double committee_deviation(std::span<Eigen::VectorXd const> member_energies, std::span<double const> factors) {
  if (member_energies.empty() || member_energies.size() != factors.size()) return 0.0;
  auto const n = member_energies.front().size();
  Eigen::VectorXd sum = Eigen::VectorXd::Zero(n);
  for (std::size_t k = 0; k < factors.size(); ++k) {
    if (member_energies[k].size() != n) return 0.0;
    sum += factors[k] * member_energies[k];
  }
  if (n < 2) return 0.0;
  return std::sqrt((sum.array() - sum.mean()).square().sum() / static_cast<double>(n - 1));
}

std::shared_ptr<Potential const> make_committee(std::vector<std::shared_ptr<Potential const>> members,
                                                std::optional<TrustWindow> const& window, std::string const& name) {
  require(members.size() >= 2, "the committee '", name, "' has ", members.size(), " members (two or more say how far they are apart)");
  for (std::size_t k = 0; k < members.size(); ++k) {
    for (std::size_t j = 0; j < k; ++j)
      require(members[j]->identity() != members[k]->identity(), "the members '", members[j]->name(), "' and '", members[k]->name(), "' of '",
              name, "' are one model (its error would look smaller than it is); leave one out");
    require(count_the_same(members[k]->contents(), members[0]->contents()), "the members '", members[0]->name(), "' and '",
            members[k]->name(), "' of '", name, "' do not count the same kinds of energy (one has dispersion or far charges); ",
            "add what is missing to each, as committee(A+d3:pbe;B+d3:r2scan)");
  }
  if (window)
    require(window->low > 0.0 && window->high > window->low && std::isfinite(window->high), "invalid window low=", window->low,
            " high=", window->high, " in '", name, "' (0 < low < high, in eV/A)");
  auto committee = std::make_shared<Committee>(std::move(members), window, name);
  require(!committee->elements().empty(), "the members of '", name, "' have no element in common");
  return committee;
}

}  // namespace nacre
