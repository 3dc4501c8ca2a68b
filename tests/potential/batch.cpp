#include "nacre/potential/batch.hpp"

#include <atomic>
#include <thread>

#include "nacre/core/error.hpp"
#include "nacre/core/parallel_for.hpp"
#include "nacre/core/rng.hpp"
#include "support/lennard_jones.hpp"
#include "support/support.hpp"

namespace nacre {
namespace {

/// Rock salt cells of several sizes, rattled.
std::vector<Crystal> structures() {
  Crystal cell;
  cell.lattice << 0.0, 2.1, 2.1, 2.1, 0.0, 2.1, 2.1, 2.1, 0.0;
  cell.positions.resize(3, 2);
  cell.positions << 0.0, 2.1, 0.0, 2.1, 0.0, 2.1;
  cell.numbers = {12, 8};
  std::vector<Crystal> crystals;
  for (int k = 0; k < 12; ++k) {
    auto crystal = supercell(cell, {1 + k % 3, 1 + k % 2, 1 + k / 4});
    Rng rng(static_cast<std::uint64_t>(k), "batch", 0);
    for (auto& x : crystal.positions.reshaped()) x += 0.1 * rng.uniform(-1.0, 1.0);
    crystals.push_back(std::move(crystal));
  }
  crystals[5].numbers[0] = 63;  // Eu: no set has it
  return crystals;
}

TEST(Batch, gives_the_bits_of_single_evaluations_on_any_number_of_threads) {
  auto const crystals = structures();
  PotentialOptions rough;
  rough.accuracy = 1e-5;
  PotentialOptions mesh;
  mesh.sum = PotentialOptions::Sum::pme;
  for (auto const& [model, options] : {std::pair<char const*, PotentialOptions>{"rigid-ion:grimes", {}},
                                       {"rigid-ion:grimes", rough},
                                       {"rigid-ion:grimes+zbl", mesh}}) {
    auto const potential = make_potential(model, options);
    for (int const threads : {1, 2, 3, 4, 64}) {
      auto const results = evaluate_batch(*potential, crystals, threads);
      ASSERT_EQ(results.size(), crystals.size());
      for (std::size_t k = 0; k < crystals.size(); ++k) {
        if (k == 5) {
          EXPECT_NE(results[k].refusal.find("'Eu'"), std::string::npos);
          continue;
        }
        auto const alone = potential->evaluate(crystals[k]);
        EXPECT_EQ(results[k].refusal, "");
        EXPECT_EQ(results[k].evaluation.energy, alone.energy);
        EXPECT_EQ(results[k].evaluation.forces, alone.forces);
        EXPECT_EQ(results[k].evaluation.atom_energies, alone.atom_energies);
        EXPECT_EQ(*results[k].evaluation.stress, *alone.stress);
      }
    }
  }
}

/// Counts the threads that call it.
class OneCaller final : public Potential {
 public:
  Evaluation evaluate(Crystal const& crystal) const override {
    EXPECT_EQ(std::this_thread::get_id(), caller_);
    return model_.evaluate(crystal);
  }
  std::string name() const override { return model_.name(); }
  std::string identity() const override { return model_.identity(); }
  double cutoff() const override { return model_.cutoff(); }
  std::vector<int> elements() const override { return model_.elements(); }
  bool concurrent() const override { return false; }

 private:
  test::LennardJones model_;
  std::thread::id caller_ = std::this_thread::get_id();
};

TEST(Batch, leaves_a_model_that_is_not_concurrent_on_one_thread) {
  std::vector<Crystal> const crystals(8, test::make_fcc(4.0));

  EXPECT_EQ(evaluate_batch(OneCaller(), crystals, 4).size(), 8u);
}

TEST(Batch, refuses_a_number_of_threads_that_is_not_positive) {
  EXPECT_THROW(evaluate_batch(test::LennardJones(), {}, 0), InputError);
}

TEST(ParallelFor, runs_each_task_once_and_throws_the_first_failure_by_index) {
  for (int const threads : {1, 3, 8}) {
    std::vector<std::atomic<int>> runs(100);
    try {
      parallel_for(runs.size(), threads, [&](std::size_t k) {
        ++runs[k];
        if (k == 40 || k == 71) throw Error(std::to_string(k));
      });
      ADD_FAILURE() << "nothing was thrown";
    } catch (Error const& error) {
      EXPECT_STREQ(error.what(), "40");
    }
    for (auto const& count : runs) EXPECT_EQ(count, 1);
  }
}

}  // namespace
}  // namespace nacre
