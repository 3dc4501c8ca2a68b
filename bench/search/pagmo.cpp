// pagmo's population methods, with the settings of guide and library defaults; none of them starts anew by itself but
// the covariance matrix adaptation, which is started again here.
#include <pagmo/algorithm.hpp>
#include <pagmo/algorithms/cmaes.hpp>
#include <pagmo/algorithms/de1220.hpp>
#include <pagmo/algorithms/pso.hpp>
#include <pagmo/algorithms/sade.hpp>
#include <pagmo/population.hpp>
#include <pagmo/problem.hpp>

#include <cmath>

#include "optimiser.hpp"

namespace nacre::bench {
namespace {

struct BoxProblem {
  int dimensions = 2;
  Function const* function = nullptr;
  pagmo::vector_double fitness(pagmo::vector_double const& x) const {
    return {(*function)(Eigen::VectorXd::Map(x.data(), static_cast<Eigen::Index>(x.size())))};
  }
  std::pair<pagmo::vector_double, pagmo::vector_double> get_bounds() const {
    auto const n = static_cast<std::size_t>(dimensions);
    return {pagmo::vector_double(n, -5.0), pagmo::vector_double(n, 5.0)};
  }
};

template <class Make>
Optimiser peer(std::string name, int population, Make make) {
  return {"pagmo " + std::move(name), [=](int dimensions, std::uint64_t seed, Function const& function) {
            auto const size = population > 0 ? population : 4 + static_cast<int>(3.0 * std::log(dimensions));
            pagmo::problem const problem(BoxProblem{dimensions, &function});
            for (unsigned start = 0;; ++start) {
              auto const key = static_cast<unsigned>(1000 * seed) + start;
              pagmo::population crowd(problem, static_cast<pagmo::population::size_type>(std::max(size, 5)), key);
              pagmo::algorithm algorithm(make(key));
              algorithm.evolve(crowd);
            }
          }};
}

constexpr unsigned generations = 1'000'000;

Optimiser swarm(std::string name, unsigned variant, unsigned topology) {
  return peer("pso " + name, 40, [=](unsigned key) {
    return pagmo::pso(generations, 0.7298, 2.05, 2.05, 0.5, variant, topology, 4, false, key);
  });
}

}  // namespace

std::vector<Optimiser> pagmo_peers() {
  return {
      peer("cmaes", 0,
           [](unsigned key) { return pagmo::cmaes(generations, -1, -1, -1, -1, 0.5, 1e-16, 1e-20, false, true, key); }),
      peer("sade", 40, [](unsigned key) { return pagmo::sade(generations, 2, 1, 0.0, 0.0, false, key); }),
      peer("de1220", 40,
           [](unsigned key) {
             return pagmo::de1220(generations, pagmo::de1220_statics<void>::allowed_variants, 1, 0.0, 0.0, false, key);
           }),
      swarm("lbest", 5, 2),
      swarm("gbest", 5, 1),
      swarm("von Neumann", 5, 3),
      swarm("FIPS lbest", 6, 2),
  };
}

}  // namespace nacre::bench
