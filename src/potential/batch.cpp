#include "nacre/potential/batch.hpp"

#include "nacre/core/error.hpp"
#include "nacre/core/parallel_for.hpp"

namespace nacre {

std::vector<BatchResult> evaluate_batch(Potential const& potential, std::span<Crystal const> crystals, int threads) {
  std::vector<BatchResult> results(crystals.size());
  require(threads >= 1, "invalid threads=", threads, " (1 to 1024)");
  parallel_for(crystals.size(), potential.concurrent() ? threads : 1, [&](std::size_t k) {
    try {
      results[k].evaluation = potential.evaluate(crystals[k]);
    } catch (InputError const& error) {
      results[k].refusal = error.what();
    }
  });
  return results;
}

}  // namespace nacre
