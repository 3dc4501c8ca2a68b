// NLopt's methods without derivatives, started anew from random points.
#include <nlopt.hpp>

#include "nacre/core/rng.hpp"
#include "optimiser.hpp"

namespace nacre::bench {
namespace {

/// NLopt turns every exception of the function into its own, so what was thrown is kept here.
struct Call {
  Function const& function;
  bool stopped = false;
};

double evaluate(std::vector<double> const& x, std::vector<double>&, void* data) {
  auto& call = *static_cast<Call*>(data);
  try {
    return call.function(Eigen::VectorXd::Map(x.data(), static_cast<Eigen::Index>(x.size())));
  } catch (Stop const&) {
    call.stopped = true;
    throw nlopt::forced_stop();
  }
}

Optimiser peer(std::string name, nlopt::algorithm algorithm) {
  return {"NLopt " + std::move(name), [algorithm](int dimensions, std::uint64_t seed, Function const& function) {
            Rng rng(seed, "NLopt starts", 0);
            nlopt::srand(static_cast<unsigned long>(seed));
            Call call{function};
            while (!call.stopped) {
              nlopt::opt method(algorithm, static_cast<unsigned>(dimensions));
              method.set_lower_bounds(-5.0);
              method.set_upper_bounds(5.0);
              method.set_min_objective(evaluate, &call);
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
            throw Stop();
          }};
}

}  // namespace

std::vector<Optimiser> nlopt_peers() {
  return {peer("CRS2-LM", nlopt::GN_CRS2_LM), peer("Nelder-Mead", nlopt::LN_NELDERMEAD), peer("Sbplx", nlopt::LN_SBPLX),
          peer("BOBYQA", nlopt::LN_BOBYQA)};
}

}  // namespace nacre::bench
