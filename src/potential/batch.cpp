#include "nacre/potential/batch.hpp"

#include "nacre/core/error.hpp"
#include "nacre/core/parallel_for.hpp"

namespace nacre {

std::vector<BatchResult> evaluate_batch(Potential const& potential, std::span<Crystal const> crystals, int threads) {
  require(threads >= 1 && threads <= 1024, "invalid threads=", threads, " (1 to 1024)");
  return potential.evaluate_many(crystals, threads);
}

std::vector<BatchResult> Potential::evaluate_many(std::span<Crystal const> crystals, int threads) const {
  std::vector<BatchResult> results(crystals.size());
  parallel_for(crystals.size(), concurrent() ? threads : 1, [&](std::size_t k) {
    try {
      results[k].evaluation = evaluate(crystals[k]);
    } catch (InputError const& error) {
      results[k].refusal = error.what();
    }
  });
  return results;
}

}  // namespace nacre
