#include "nacre/search/swarm.hpp"

#include <algorithm>
#include <cmath>
#include <map>
#include <set>
#include <utility>

#include "bayes.hpp"
#include "box_engine.hpp"
#include "cusp_engine.hpp"
#include "local_phase.hpp"
#include "nacre/core/error.hpp"
#include "nacre/core/text.hpp"
#include "path.hpp"
#include "succession.hpp"
#include "swarm_state.hpp"
#include "tiered.hpp"
#include "together.hpp"

namespace nacre {
namespace detail {
namespace {

/// Uniform designs; of a block the first that can be promoted is.
class RandomProposer final : public TieredProposer {
 public:
  RandomProposer(std::shared_ptr<Space const> space, EngineOptions options)
      : TieredProposer(std::move(space), std::move(options)) {
    options_.particles = 1;
  }
  std::string name() const override { return "random"; }
  std::string save() const override { return save_state({state_, {}, fresh_.cursors(), {}}); }
  void load(std::string const& bytes) override {
    auto saved = load_state(bytes);
    restore(std::move(saved.tiered), std::move(saved.cursors));
  }

 protected:
  void recall(Archive const&) override {}
  std::int32_t begin_move(Archive const&, Rng&) override { return 0; }
  std::optional<Design> draw(int, Rng&) override { return std::nullopt; }
  int attempts() const override { return 0; }
  void adopt(std::int32_t, Design const&) override {}
  void credit(Archive const&, std::size_t, Ticket const*) override {}
  void discard(Archive const&, Ticket const&) override {}
  double promise(Archive const&, Observation const&, std::int32_t) const override { return 0.0; }
};

class Swarm final : public TieredProposer {
 public:
  Swarm(std::shared_ptr<Space const> space, EngineOptions options)
      : TieredProposer(std::move(space), std::move(options)) {
    swarm_.particles.resize(static_cast<std::size_t>(options_.particles));
  }
  std::string name() const override { return "swarm"; }
  std::string save() const override {
    return save_state({state_, swarm_, fresh_.cursors(), local_ ? local_->save() : ""});
  }
  void load(std::string const& bytes) override {
    auto saved = load_state(bytes);
    if (saved.swarm.particles.size() != swarm_.particles.size()) {
      throw Error(
          concat("state of ", saved.swarm.particles.size(), " particles (expected ", swarm_.particles.size(), ")"));
    }
    restore(std::move(saved.tiered), std::move(saved.cursors));
    swarm_ = std::move(saved.swarm);
    local_.reset();
    if (!swarm_.leaf.values.empty()) {
      open_local(swarm_.leaf);
      local_->load(saved.local);
    }
    forget_ranks();
    weights_.clear();
    visits_.clear();
    visited_ = 0;
  }

  /// The particles keep their bests, which have other values now; the local phase begins anew at the best of all.
  void revalue() override {
    forget_ranks();
    local_.reset();
    swarm_.leaf = {};
  }

 protected:
  void recall(Archive const& archive) override { rank(archive, state_.seen); }
  std::int32_t begin_move(Archive const& archive, Rng& rng) override;
  std::optional<Design> draw(int attempt, Rng& rng) override {
    if (is_local_) return local_->draw(attempt, *archive_, rng);
    if (unexplored_) return draw_least_visited(rng);
    return hop_from_ >= 0 ? draw_hop(rng) : mover_->draw(attempt, rng);
  }
  int attempts() const override { return 12; }
  int block_size() const override { return is_local_ ? 1 : options_.screen; }
  std::string explain_move(std::int32_t member) const override;
  std::string words(std::int32_t member) const override {
    return member == size() ? " of the local phase" : TieredProposer::words(member);
  }
  void adopt(std::int32_t member, Design const& design) override;
  void credit(Archive const& archive, std::size_t index, Ticket const* ticket) override;
  void discard(Archive const& archive, Ticket const& ticket) override {
    if (ticket.member == size()) return abandon(ticket);
    stall(archive, ticket.member);
  }
  void abandon(Ticket const& ticket) override {
    if (ticket.member == size() && local_) local_->drop(ticket.designs[0]);
  }
  double promise(Archive const& archive, Observation const& estimate, std::int32_t member) const override;

 private:
  std::int32_t size() const { return static_cast<std::int32_t>(swarm_.particles.size()); }
  Particle& particle(std::int32_t member) { return swarm_.particles[static_cast<std::size_t>(member)]; }
  Particle const& particle(std::int32_t member) const { return swarm_.particles[static_cast<std::size_t>(member)]; }
  std::vector<double> const& weights(Archive const& archive, std::int32_t member) const;
  bool wants_local(Archive const& archive);
  double local_share(Archive const& archive);
  void open_local(Design const& base);
  void begin_swarm_move(Archive const& archive, std::int32_t member, Rng& rng);
  std::vector<std::int32_t> neighbours(std::int32_t member) const;
  Standing standing(Archive const& archive, std::int64_t index, std::int32_t member) const;
  std::int32_t next_member() const;
  std::int64_t leader(Archive const& archive, std::int32_t member) const;
  std::int64_t champion(Archive const& archive, std::int32_t member) const;
  std::int64_t neighbour_leader(Archive const& archive, std::int32_t member) const;
  void rank(Archive const& archive, std::size_t end);
  void forget_ranks() {
    ranked_ = 0;
    best_ = -1;
    ranking_ = {};
  }
  void stall(Archive const& archive, std::int32_t member);
  void count_visits(Archive const& archive);
  std::optional<Design> draw_least_visited(Rng& rng) const;
  std::optional<Design> draw_hop(Rng& rng) const;

  SwarmState swarm_;
  Ranking ranking_;
  std::size_t ranked_ = 0;                            ///< observations of the archive that the ranking has
  mutable std::vector<std::vector<double>> weights_;  ///< of each particle, made when the objectives are known
  TraceBook book_;
  std::unique_ptr<Mover> mover_;       ///< of the move that is being drawn
  std::unique_ptr<LocalPhase> local_;  ///< in the leaf of swarm_.leaf
  double agreed_ = -1.0;               ///< share of the particles whose best is in the leaf of `local_`; < 0: unknown
  bool is_local_ = false;              ///< the move that is being drawn is one of the local phase
  Archive const* archive_ = nullptr;   ///< of that move
  std::int64_t best_ = -1;             ///< of all results that the ranking has
  std::vector<std::int32_t> company_;  ///< neighbours of that move, if they are drawn
  std::int64_t hop_from_ = -1;         ///< the result that this move changes few answers of, or -1
  bool unexplored_ = false;            ///< that move starts a particle anew
  std::map<Design, std::int64_t> visits_;  ///< designs seen on the first tier, by leaf
  std::size_t visited_ = 0;                ///< observations of the archive that `visits_` has
};

std::vector<double> const& Swarm::weights(Archive const& archive, std::int32_t member) const {
  for (std::int32_t i = static_cast<std::int32_t>(weights_.size()); i < size(); ++i) {
    weights_.push_back(weights_of(i, size(), archive.problem().objectives.size()));
  }
  return weights_[static_cast<std::size_t>(member)];
}

Standing Swarm::standing(Archive const& archive, std::int64_t index, std::int32_t member) const {
  if (index < 0) return {};
  return ranking_.standing(archive, static_cast<std::size_t>(index), weights(archive, member));
}

double Swarm::promise(Archive const& archive, Observation const& estimate, std::int32_t member) const {
  return ranking_.promise(archive.problem(), estimate, weights(archive, member % size()), options_.optimism);
}

/// The particle with the fewest results to wait for; of those the next in turn.
std::int32_t Swarm::next_member() const {
  std::int32_t best = swarm_.turn;
  for (std::int32_t i = 1; i < size(); ++i) {
    auto const member = (swarm_.turn + i) % size();
    if (busy(member) < busy(best)) best = member;
  }
  return best;
}

std::vector<std::int32_t> Swarm::neighbours(std::int32_t member) const {
  auto const width = std::max(1, static_cast<std::int32_t>(std::sqrt(static_cast<double>(size()))));
  auto const at = [&](std::int32_t step) { return (member + step + size()) % size(); };
  if (options_.topology == Topology::random) return company_;
  if (options_.topology == Topology::von_neumann) return {at(-1), at(1), at(-width), at(width)};
  return {at(-1), at(1)};
}

/// The best of a particle and its neighbours.
std::int64_t Swarm::neighbour_leader(Archive const& archive, std::int32_t member) const {
  auto best = particle(member).best;
  for (auto const neighbour : neighbours(member)) {
    auto const other = particle(neighbour).best;
    if (standing(archive, other, member) < standing(archive, best, member)) best = other;
  }
  return best;
}

/// The best of all particles.
std::int64_t Swarm::champion(Archive const& archive, std::int32_t member) const {
  auto best = particle(member).best;
  for (auto const& other : swarm_.particles) {
    if (standing(archive, other.best, member) < standing(archive, best, member)) best = other.best;
  }
  return best;
}

/// With several objectives the member of the front that suits the particle's weights.
std::int64_t Swarm::leader(Archive const& archive, std::int32_t member) const {
  if (archive.problem().objectives.size() == 1) return neighbour_leader(archive, member);
  auto const found = ranking_.leader(weights(archive, member));
  return found < 0 ? neighbour_leader(archive, member) : found;
}

std::int32_t Swarm::begin_move(Archive const& archive, Rng& rng) {
  archive_ = &archive;
  swarm_.local_due += local_share(archive);
  is_local_ = wants_local(archive);
  if (is_local_) {
    swarm_.local_due -= 1.0;
    return size();
  }
  auto const member = next_member();
  swarm_.turn = (member + 1) % size();
  begin_swarm_move(archive, member, rng);
  return member;
}

/// Of the moves. In a space of many leaves the share that was asked for holds once the particles agree on the leaf;
/// before, to polish the best of a leaf that is soon given up is worth less than to look at others.
double Swarm::local_share(Archive const& archive) {
  if (!local_ || local_->box().whole()) return options_.local_share;
  double const least = state_.epoch > 0 && options_.hops > 0.0 ? 0.6 : 0.2;
  if (agreed_ < 0.0) {
    auto const here = [&](Particle const& one) {
      return one.best >= 0 && local_->box().holds(archive.all()[static_cast<std::size_t>(one.best)].design);
    };
    agreed_ = static_cast<double>(std::ranges::count_if(swarm_.particles, here)) / static_cast<double>(size());
  }
  return options_.local_share * std::max(least, std::min(1.0, 2.0 * agreed_));
}

/// Once every particle has a result, a share of the moves. It goes where the best result is: when that lies in
/// another leaf, the local phase starts anew there.
bool Swarm::wants_local(Archive const& archive) {
  if (!(options_.local_share > 0.0) || archive.problem().objectives.size() > 1 || best_ < 0) return false;
  if (!(swarm_.local_due > 0.0)) return false;
  auto const known = [](Particle const& one) { return one.best >= 0; };
  if (state_.epoch == 0 && !std::ranges::all_of(swarm_.particles, known)) return false;
  auto const& design = archive.all()[static_cast<std::size_t>(best_)].design;
  if (!local_ || !local_->box().holds(design)) {
    swarm_.leaf = design;
    open_local(design);
    if (!local_->box().whole()) swarm_.local_due = std::min(swarm_.local_due, 1.0);
    local_->credit(archive, archive.all()[static_cast<std::size_t>(best_)]);
  }
  return local_->box().size() > 0;
}

void Swarm::open_local(Design const& base) {
  local_ = std::make_unique<LocalPhase>(space_, base, options_.tiers.back());
  agreed_ = -1.0;
}

std::string Swarm::explain_move(std::int32_t member) const {
  if (member == size()) return concat("local phase: ", local_->reason());
  return TieredProposer::explain_move(member);
}

void Swarm::begin_swarm_move(Archive const& archive, std::int32_t member, Rng& rng) {
  auto& mine = particle(member);
  if (!mine.settled) {
    mine.habit = {options_.inertia, options_.cognitive, options_.social, 0.0, 0.5};
    mine.settled = true;
  }
  mine.trial = options_.adapt && mine.placed ? try_habit(mine.habit, rng) : mine.habit;
  company_.clear();
  for (int i = 0; options_.topology == Topology::random && i < 3; ++i) {
    company_.push_back(static_cast<std::int32_t>(rng.below(swarm_.particles.size())));
  }
  auto const design = [&](std::int64_t index) {
    return index < 0 ? nullptr : &archive.all()[static_cast<std::size_t>(index)].design;
  };
  auto const lead = leader(archive, member);
  auto const best = archive.problem().objectives.size() > 1 ? lead : champion(archive, member);
  Exemplars exemplars{design(mine.best), design(lead), design(best), {}};
  for (auto const& other : swarm_.particles) {
    if (&other != &mine && other.best >= 0) exemplars.others.push_back(design(other.best));
  }
  unexplored_ = !mine.placed;
  hop_from_ = mine.placed && local_ && !local_->box().whole() && options_.hops > 0.0 ? champion(archive, member) : -1;
  if (hop_from_ >= 0 && rng.uniform() >= options_.hops) hop_from_ = -1;
  if (unexplored_) count_visits(archive);
  mover_ = std::make_unique<Mover>(*space_, book_, mine, std::move(exemplars));
  if (mine.placed) mover_->learn(rng);
}

void Swarm::count_visits(Archive const& archive) {
  for (; visited_ < state_.seen; ++visited_) {
    auto const& one = archive.all()[visited_];
    if (one.tier == tier(0)) ++visits_[discrete_part(*space_, one.design)];
  }
}

/// A particle that starts, or starts anew, goes where the fewest designs were looked at: of 64 random designs one whose
/// discrete choices were tried least. Without this a swarm spends a small budget on the first good leaf and never sees
/// some of the others. Where there are few leaves, the first of equals by answers, so that a block is about one leaf;
/// where there are many, that would put all particles at the low end of every variable, so the first that was drawn.
std::optional<Design> Swarm::draw_least_visited(Rng& rng) const {
  constexpr int draws = 64;
  auto visits = visits_;
  for (auto const& [number, ticket] : state_.pending) {
    if (ticket.level > 0) continue;
    for (auto const& design : ticket.designs) ++visits[discrete_part(*space_, design)];
  }
  struct Drawn {
    std::int64_t visits;
    Design leaf, design;
  };
  std::vector<Drawn> drawn;
  std::set<Design> leaves;
  for (int i = 0; i < draws; ++i) {
    auto design = try_random_design(*space_, rng);
    if (!design) continue;
    auto leaf = discrete_part(*space_, *design);
    if (leaf.values.empty()) return design;  // one leaf
    auto const found = visits.find(leaf);
    leaves.insert(leaf);
    drawn.push_back({found == visits.end() ? 0 : found->second, std::move(leaf), *std::move(design)});
  }
  if (drawn.empty()) return std::nullopt;
  bool const few = leaves.size() <= draws / 2;
  auto const best = std::ranges::min_element(drawn, [&](Drawn const& a, Drawn const& b) {
    if (a.visits != b.visits || !few) return a.visits < b.visits;
    return a.leaf < b.leaf;
  });
  return best->design;
}

/// Swarm steps move all answers at once, which seldom gets the last wrong choice of a good design right. From the best
/// since the last restart, so that a new swarm is not drawn back to where the one before ended.
std::optional<Design> Swarm::draw_hop(Rng& rng) const {
  auto const base = path_of(*space_, archive_->all()[static_cast<std::size_t>(hop_from_)].design);
  Mutation const mutation{0.5 * std::pow(rng.uniform(), 3), std::exp(rng.uniform(std::log(1e-3), std::log(0.3)))};
  auto const path = mutated(*space_, base, mutation, rng);
  return path ? std::optional(path->design) : std::nullopt;
}

void Swarm::adopt(std::int32_t member, Design const& design) {
  if (member == size()) {
    if (local_) local_->adopt(design);
    return;
  }
  auto& mine = particle(member);
  mine.previous = mine.placed ? std::move(mine.position) : design;
  mine.position = design;
  mine.placed = true;
}

void Swarm::credit(Archive const& archive, std::size_t index, Ticket const* ticket) {
  rank(archive, index + 1);
  if (local_) local_->credit(archive, archive.all()[index]);
  auto const result = static_cast<std::int64_t>(index);
  if (ticket && ticket->member == size()) ticket = nullptr;
  // a result that no particle asked for (an import, one of the local phase) belongs to the particles in turn
  auto const member = ticket ? ticket->member : static_cast<std::int32_t>(index % swarm_.particles.size());
  auto& mine = particle(member);
  if (ticket && ticket->epoch != state_.epoch) return;  // from before a restart
  if (standing(archive, result, member) < standing(archive, mine.best, member)) {
    mine.best = result;
    mine.stalled = 0;
    agreed_ = -1.0;
    if (ticket) mine.habit = mine.trial;
  } else if (ticket) {
    stall(archive, member);
  }
}

void Swarm::rank(Archive const& archive, std::size_t end) {
  for (; ranked_ < end; ++ranked_) {
    if (archive.all()[ranked_].tier != options_.tiers.back()) continue;
    ranking_.add(archive, ranked_);
    auto const one = static_cast<std::int64_t>(ranked_);
    if (archive.problem().objectives.size() == 1 && standing(archive, one, 0) < standing(archive, best_, 0))
      best_ = one;
  }
}

// With one objective the whole swarm starts anew when none of its particles gets on; with several each by itself, since
// the front keeps what it found.
void Swarm::stall(Archive const& archive, std::int32_t member) {
  if (++particle(member).stalled < options_.stagnation) return;
  if (archive.problem().objectives.size() > 1) {
    particle(member) = {};
    return;
  }
  auto const stuck = [&](Particle const& one) { return one.stalled >= options_.stagnation; };
  bool const done = options_.hops > 0.0 && agreed_ >= 0.9 && local_ && !local_->box().whole();
  if (!done && !std::ranges::all_of(swarm_.particles, stuck)) return;
  std::ranges::fill(swarm_.particles, Particle());
  agreed_ = -1.0;
  ++state_.epoch;
}

}  // namespace
}  // namespace detail

std::unique_ptr<Proposer> make_proposer(std::shared_ptr<Space const> space, EngineOptions const& options) {
  static std::vector<std::string> const known{"auto", "bo", "cmaes", "cusps", "pso", "random", "swarm", "swarm+bo"};
  auto const& engine = options.engine;
  if (engine == "random") return std::make_unique<detail::RandomProposer>(std::move(space), options);
  bool const one_number = options.objectives == 1 && options.tiers.size() == 1;
  bool const fits_portfolio = one_number && detail::is_box(*space);
  // so few evaluations are asked for only where each costs much more than a model; the portfolio catches up sooner
  std::int64_t const dear = fits_portfolio ? 100 : options.objectives == 1 ? 500 : 200;
  if (engine == "auto" && options.tiers.size() == 1 && options.budget && *options.budget <= dear) {
    return detail::make_bayes(std::move(space), options);
  }
  if (engine == "auto" && one_number && !fits_portfolio) return detail::make_succession(std::move(space), options);
  if ((engine == "auto" || engine == "cmaes") && fits_portfolio) {
    return detail::make_box_engine(std::move(space), options);
  }
  require(engine != "cmaes",
          "engine 'cmaes' does not fit this space (it needs one objective, one tier, and variables that are all real "
          "or torus, without 'when'); use \"auto\"");
  if (engine == "swarm" || engine == "pso" || engine == "auto") {
    return std::make_unique<detail::Swarm>(std::move(space), options);
  }
  if (engine == "bo") return detail::make_bayes(std::move(space), options);
  if (engine == "cusps") return detail::make_cusp_engine(std::move(space), options);
  if (engine == "swarm+bo") return detail::make_together(std::move(space), options);
  input_error("unknown engine '", engine, "'; known: ", join(known, ", "));
}

}  // namespace nacre
