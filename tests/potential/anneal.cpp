#include "nacre/potential/anneal.hpp"

#include "nacre/core/units.hpp"

namespace nacre {
namespace {

/// An acceptor in the lower half costs `cost`, as does an anion there.
class Field final : public Potential {
 public:
  explicit Field(double cost, double drift = 0.0) : cost_(cost), drift_(drift) {}
  Evaluation evaluate(Crystal const& crystal) const override {
    Evaluation result;
    result.forces.setZero(3, crystal.positions.cols());
    for (std::size_t i = 0; i < crystal.size(); ++i)
      if (crystal.numbers[i] != 58 && crystal.positions(2, static_cast<Eigen::Index>(i)) < 4.9) result.energy += cost_;
    result.energy += drift_ * static_cast<double>(calls_++);
    result.edges = 1;
    return result;
  }
  std::string name() const override { return "field"; }
  std::string identity() const override { return std::string(64, '2'); }
  double cutoff() const override { return 1.0; }
  std::vector<int> elements() const override { return {8, 58, 64}; }

 private:
  double cost_, drift_;
  mutable int calls_ = 0;
};

/// Eight cations and sixteen anions on a simple lattice, half of each below 4.9 Å.
DopedCrystal toy() {
  Crystal crystal;
  crystal.lattice *= 9.6;
  crystal.positions.resize(3, 24);
  for (int k = 0; k < 24; ++k) {
    double const z = (k < 8 ? k : k - 8) % 2 == 0 ? 1.0 : 6.0;
    crystal.positions.col(k) = Eigen::Vector3d(0.4 * k, 0.3 * k, z);
    crystal.numbers.push_back(k < 8 ? 58 : 8);
  }
  Rng rng(3, "test", 0);
  return dope(crystal, {}, parse_dopants("Gd:Ce:0.25"), rng);
}

TEST(Anneal, samples_the_canonical_distribution_of_sites) {
  double const kelvin = 1500.0, cost = 0.15, thermal = units::boltzmann_eV_per_K * kelvin;
  Rng rng(5, "test", 0);

  auto const annealed = anneal(toy(), Field(cost), rng, {.temperature = kelvin, .accepted_per_dopant = 20000});

  EXPECT_EQ(annealed.status, Status::ok) << annealed.reason;
  EXPECT_EQ(annealed.accepted, 40000);
  // two acceptors on eight sites, one vacancy on sixteen; b = exp(-cost/kT)
  double const b = std::exp(-cost / thermal);
  double const acceptors = (16.0 * b + 2.0 * 6.0 * b * b) / (6.0 + 16.0 * b + 6.0 * b * b);
  double const vacancy_below = 1.0 / (1.0 + b);  // the anion that leaves saves the cost
  EXPECT_NEAR(annealed.mean_energy / cost, acceptors + 8.0 - vacancy_below, 0.03);  // 4 standard errors of 20,000 swaps
}

TEST(Anneal, keeps_composition_and_repeats_itself) {
  Rng first(5, "test", 1), second(5, "test", 1);
  auto const start = toy();

  auto const annealed = anneal(start, Field(0.1), first), again = anneal(start, Field(0.1), second);

  EXPECT_EQ(annealed.doped.crystal.numbers, start.crystal.numbers);
  EXPECT_EQ(annealed.doped.crystal.positions, again.doped.crystal.positions);
  EXPECT_NE(annealed.doped.crystal.positions, start.crystal.positions);
  EXPECT_EQ(annealed.doped.vacancies.cols(), 1);
}

TEST(Anneal, says_when_swaps_are_rare_or_the_energy_drifts) {
  Rng rng(5, "test", 2);
  auto const few = anneal(toy(), Field(0.1), rng, {.most_attempts = 50});
  EXPECT_EQ(few.status, Status::failed);
  EXPECT_TRUE(few.reason.starts_with("too_few_swaps")) << few.reason;

  auto const drifting = anneal(toy(), Field(0.1, -1e-3), rng);
  EXPECT_TRUE(drifting.reason.starts_with("energy_drifts")) << drifting.reason;
}

}  // namespace
}  // namespace nacre
