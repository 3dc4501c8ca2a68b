#include <cmath>

#include "nacre/core/ids.hpp"
#include "nacre/score/objective.hpp"

namespace {

/// Distance of the gap from 2 Å: what a user's own objective looks like.
class Stretch final : public nacre::Objective {
 public:
  nacre::Info info() const override {
    return {"stretch", "A", nacre::Direction::minimize, {nacre::Tier::descriptor}, "distance of the gap from 2 A"};
  }
  nacre::JobResult run(nacre::Job const&, nacre::Context& context) const override {
    double const gap = context.candidate().choice("gap").value;
    return {nacre::Estimate(std::abs(gap - 2.0), 0.0, 1.0, nacre::sha256_hex("stretch 1")), {}};
  }
};

}  // namespace

NACRE_OBJECTIVE(Stretch)
