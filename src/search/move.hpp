/// How a particle moves on the tree: its answers, those of its best, and those of its leader, question by question.
#pragma once

#include <array>
#include <cstdint>
#include <map>
#include <memory>
#include <optional>
#include <vector>

#include "nacre/search/swarm.hpp"

namespace nacre::detail {

/// What a particle believes of one categorical question, and how that is changing.
struct Belief {
  std::vector<double> chance;  ///< of each choice; sum 1
  std::vector<double> velocity;
};

/// Coefficients of the moves of one particle.
struct Habit {
  double inertia = 0.0, cognitive = 0.0, social = 0.0;
  double factor = 0.0;        ///< of differential steps; 0: drawn for each
  double differential = 0.5;  ///< share of differential steps
};

struct Particle {
  bool placed = false;                      ///< has a position
  Design position, previous;                ///< their difference is the velocity of the numeric answers
  std::map<std::uint64_t, Belief> beliefs;  ///< by key of the question
  std::int64_t best = -1;                   ///< observation in the archive
  std::int32_t stalled = 0;                 ///< results in a row that were no improvement
  bool settled = false;                     ///< has a habit
  Habit habit, trial;                       ///< the one that it keeps, and the one of its last move
};

/// Questions mean the same if they have the same key: name, kind and choices (species, cell), and how often the key was
/// met before on the path. So what is learned of a choice holds in every branch that asks it.
struct Step {
  std::uint64_t key = 0;
  std::shared_ptr<Node const> node;
  std::size_t start = 0;  ///< of the answer in the design
};

/// A design with its questions.
class Trace {
 public:
  Trace() = default;
  Trace(Space const& space, Design design);
  /// Its answer to the question, or null.
  std::int64_t const* find(std::uint64_t key) const;
  std::vector<Step> const& steps() const { return steps_; }

 private:
  Design design_;
  std::vector<Step> steps_;
};

/// Traces of the designs that particles stand on or follow, so that a space is asked about each once.
class TraceBook {
 public:
  std::shared_ptr<Trace const> of(Space const& space, Design const& design);

 private:
  std::map<Design, std::shared_ptr<Trace const>> traces_;
};

/// Keys along a path that is being answered.
class KeyMaker {
 public:
  std::uint64_t operator()(Node const& node);

 private:
  std::map<std::uint64_t, int> met_;
};

/// Draws the habit of the next move: now and then, by coordinate, another one (as J. Brest et al., IEEE Trans. Evol.
/// Comput. 10, 646 (2006), do with differential evolution).
Habit try_habit(Habit const& habit, Rng& rng);

/// Whom a particle follows; null where there is nobody yet.
struct Exemplars {
  Design const* best = nullptr;       ///< of its own results
  Design const* leader = nullptr;     ///< among its neighbours
  Design const* champion = nullptr;   ///< of all
  std::vector<Design const*> others;  ///< bests of the other particles
};

/// One move of one particle; draws differ by their random numbers only.
///
/// Half of the draws are steps of the swarm (inertia, pulls to the best and to the leader, each coordinate with its own
/// random numbers). The other half are differential steps, best + F (champion - best) + F (one - other) with the bests
/// of two other particles (R. Storn and K. Price, J. Global Optim. 11, 341 (1997)): they do not depend on the
/// directions of the axes, and follow valleys that steps along the axes cannot.
class Mover {
 public:
  Mover(Space const& space, TraceBook& book, Particle& particle, Exemplars exemplars);
  /// Turns the particle's beliefs towards its best and its leader; once per move.
  void learn(Rng& rng);
  /// A canonical design; from attempt 1 on with growing disturbance. Nothing at a dead end.
  std::optional<Design> draw(int attempt, Rng& rng) const;

 private:
  /// What is drawn once for all questions of a design.
  struct Stroke {
    double jitter = 0.0;  ///< disturbance as a fraction of each range
    double factor = 0.0;  ///< F of a differential step; 0: a step of the swarm
    std::shared_ptr<Trace const> one, other;
  };
  /// The particle's and its exemplars' answers to one question; null where they were not asked.
  struct Answers {
    std::int64_t const *here, *before, *best, *leader, *champion, *one, *other;
  };
  Stroke begin_stroke(int attempt, Rng& rng) const;
  Answers answers(std::uint64_t key, Stroke const& stroke) const;
  template <int Size, class Way>
  Eigen::Array<double, Size, 1> velocity(Answers const& answers, Stroke const& stroke, Eigen::Index size,
                                         Way const& way, Rng& rng) const;
  void append(Node const& node, std::uint64_t key, std::vector<std::int64_t>& path, Stroke const& stroke,
              Rng& rng) const;
  std::int64_t choice(Node const& node, std::uint64_t key, Stroke const& stroke, Rng& rng) const;
  std::int64_t number(Node const& node, Answers const& answers, Stroke const& stroke, Rng& rng) const;
  std::array<std::int64_t, 2> shift(Node const& node, Answers const& answers, Stroke const& stroke, Rng& rng) const;
  std::vector<std::int64_t> counts(Node const& node, Answers const& answers, Stroke const& stroke, Rng& rng) const;
  Space const& space_;
  Habit const& habit_;
  Particle& particle_;
  TraceBook& book_;
  Exemplars exemplars_;
  std::shared_ptr<Trace const> position_, previous_, best_, leader_, champion_;  ///< null where there is none
  double mutation_ = 0.0;  ///< probability that a category is drawn uniformly
};

}  // namespace nacre::detail
