/// A second objective over the variables of runs/smoke, against the first: far from its best point, and cheap to know.
#include "nacre/score/objective.hpp"

namespace {

class SecondGoal final : public nacre::Objective {
 public:
  nacre::Info info() const override {
    return {"second_goal", "1", nacre::Direction::maximize, {nacre::Tier::descriptor, nacre::Tier::potential}, "x + y"};
  }
  nacre::JobResult run(nacre::Job const&, nacre::Context& context) const override {
    auto const& candidate = context.candidate();
    return {nacre::Estimate(candidate.choice("x").value + candidate.choice("y").value, 0.0, 1.0, "second_goal 1"), {}};
  }
};

}  // namespace

NACRE_OBJECTIVE(SecondGoal)
