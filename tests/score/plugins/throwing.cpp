#include "nacre/score/objective.hpp"

namespace {

struct NoStandardException {};

/// Cannot even be made.
class Throwing final : public nacre::Objective {
 public:
  Throwing() { throw NoStandardException{}; }
  nacre::Info info() const override { return {"throwing", "1", nacre::Direction::minimize, {nacre::Tier::potential}}; }
  nacre::JobResult run(nacre::Job const&, nacre::Context&) const override { return {}; }
};

}  // namespace

NACRE_OBJECTIVE(Throwing)
