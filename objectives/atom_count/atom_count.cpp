#include <cmath>

#include "nacre/core/error.hpp"
#include "nacre/core/ids.hpp"
#include "nacre/score/objective.hpp"

namespace {

/// Number of atoms in the cell of the stack: what a candidate costs, exact on every tier.
class AtomCount final : public nacre::Objective {
 public:
  nacre::Info info() const override {
    return {"atom_count",
            "atoms",
            nacre::Direction::minimize,
            {nacre::Tier::descriptor, nacre::Tier::potential},
            "number of atoms in the cell of the stack"};
  }
  nacre::JobResult run(nacre::Job const&, nacre::Context& context) const override {
    auto const& candidate = context.candidate();
    double count = candidate.descriptor("atom_count");
    if (candidate.stack) {
      auto const built = static_cast<double>(candidate.stack->crystal.size());
      if (!std::isnan(count) && count != built) {
        throw nacre::Error(nacre::concat("the design counts ", count, " atoms, the stack has ", built));
      }
      count = built;
    }
    if (std::isnan(count)) {
      return {nacre::Estimate::without_value(nacre::Status::refused, "no_atoms: the design is no stack"), {}};
    }
    return {nacre::Estimate(count, 0.0, 1.0, nacre::sha256_hex("atom_count 1")), {}};
  }
};

}  // namespace

NACRE_OBJECTIVE(AtomCount)
