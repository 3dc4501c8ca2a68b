#include "box_engine.hpp"

#include <algorithm>

#include "local_phase.hpp"
#include "swarm_state.hpp"
#include "tiered.hpp"

namespace nacre::detail {
namespace {

/// A design of a box: it has no answers that matter.
Design any_design(Space const& space) {
  Rng rng(0, "any design", 0);
  return random_design(space, rng);
}

class BoxEngine final : public TieredProposer {
 public:
  BoxEngine(std::shared_ptr<Space const> space, EngineOptions options)
      : TieredProposer(space, std::move(options)),
        local_(space, any_design(*space), options_.tiers.back(), options_.engine == "cmaes") {
    options_.particles = 1;
  }
  std::string name() const override { return options_.engine; }
  std::string save() const override { return save_state({state_, {}, fresh_.cursors(), local_.save()}); }
  void load(std::string const& bytes) override {
    auto saved = load_state(bytes);
    local_.load(saved.local);
    restore(std::move(saved.tiered), std::move(saved.cursors));
  }

 protected:
  void recall(Archive const&) override {}
  std::int32_t begin_move(Archive const& archive, Rng&) override {
    archive_ = &archive;
    return 0;
  }
  std::optional<Design> draw(int attempt, Rng& rng) override { return local_.draw(attempt, *archive_, rng); }
  int attempts() const override { return 8; }
  std::string explain_move(std::int32_t) const override { return local_.reason(); }
  void adopt(std::int32_t, Design const& design) override { local_.adopt(design); }
  void credit(Archive const& archive, std::size_t index, Ticket const*) override {
    local_.credit(archive, archive.all()[index]);
  }
  void discard(Archive const&, Ticket const& ticket) override { local_.drop(ticket.designs[0]); }
  double promise(Archive const&, Observation const&, std::int32_t) const override { return 0.0; }

 private:
  LocalPhase local_;
  Archive const* archive_ = nullptr;  ///< of the move that is being drawn
};

}  // namespace

bool is_box(Space const& space) {
  if (!space.same_questions()) return false;
  auto const nodes = nodes_along(space, any_design(space));
  auto const continuous = [](auto const& node) {
    return node->kind == NodeKind::real || node->kind == NodeKind::torus;
  };
  return std::ranges::all_of(nodes, continuous) &&
         std::ranges::any_of(nodes, [](auto const& node) { return node->count() > 1; });
}

std::unique_ptr<Proposer> make_box_engine(std::shared_ptr<Space const> space, EngineOptions const& options) {
  return std::make_unique<BoxEngine>(std::move(space), options);
}

}  // namespace nacre::detail
