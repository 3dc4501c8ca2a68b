// NLopt's methods without derivatives, started anew from random points.
#include <nlopt.hpp>

#include "nacre/core/rng.hpp"
#include "optimiser.hpp"

namespace nacre::bench {
namespace {

double evaluate(std::vector<double> const& x, std::vector<double>&, void* function) {
  return (*static_cast<Function const*>(function))(Eigen::VectorXd::Map(x.data(), static_cast<Eigen::Index>(x.size())));
}

Optimiser peer(std::string name, nlopt::algorithm algorithm) {
  return {"NLopt " + std::move(name), [algorithm](int dimensions, std::uint64_t seed, Function const& function) {
            Rng rng(seed, "NLopt starts", 0);
            nlopt::srand(static_cast<unsigned long>(seed));
            for (;;) {
              nlopt::opt method(algorithm, static_cast<unsigned>(dimensions));
              method.set_lower_bounds(-5.0);
              method.set_upper_bounds(5.0);
              method.set_min_objective(evaluate, const_cast<Function*>(&function));
              method.set_ftol_abs(1e-11);
              method.set_xtol_abs(1e-11);
              std::vector<double> x(static_cast<std::size_t>(dimensions));
              for (auto& value : x) value = rng.uniform(-5.0, 5.0);
              double least = 0.0;
              try {
                method.optimize(x, least);
              } catch (std::runtime_error const&) {  // it lost itself in rounding: the next start
              } catch (std::invalid_argument const&) {
              }
            }
          }};
}

}  // namespace

std::vector<Optimiser> nlopt_peers() {
  return {peer("CRS2-LM", nlopt::GN_CRS2_LM), peer("Nelder-Mead", nlopt::LN_NELDERMEAD), peer("Sbplx", nlopt::LN_SBPLX),
          peer("BOBYQA", nlopt::LN_BOBYQA)};
}

}  // namespace nacre::bench
