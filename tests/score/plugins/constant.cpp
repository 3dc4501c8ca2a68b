#include "nacre/core/ids.hpp"
#include "nacre/score/objective.hpp"

namespace {

/// The same for every candidate.
class Constant final : public nacre::Objective {
 public:
  nacre::Info info() const override {
    return {"constant", "1", nacre::Direction::minimize, {nacre::Tier::potential}, "always 42"};
  }
  nacre::JobResult run(nacre::Job const&, nacre::Context&) const override {
    return {nacre::Estimate(42.0, 0.0, 1.0, nacre::sha256_hex("constant")), {}};
  }
};

}  // namespace

NACRE_OBJECTIVE(Constant)
