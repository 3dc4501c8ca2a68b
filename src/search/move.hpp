/// How a particle moves on the tree: its answers, those of its best, and those of its leader, question by question.
#pragma once

#include <cstdint>
#include <map>
#include <memory>
#include <optional>
#include <vector>

#include "nacre/search/swarm.hpp"

namespace nacre::detail {

/// What a particle believes of one categorical question, and how that is changing.
struct Belief {
  std::vector<double> chance;      ///< of each choice; sum 1
  std::vector<double> velocity;
};

struct Particle {
  bool placed = false;             ///< has a position
  Design position, previous;       ///< their difference is the velocity of the numeric answers
  std::map<std::uint64_t, Belief> beliefs;  ///< by key of the question
  std::int64_t best = -1;          ///< observation in the archive
  std::int32_t stalled = 0;        ///< results in a row that were no improvement
};

/// Questions mean the same if they have the same key: name, kind and choices (species, cell), and how often the key was
/// met before on the path. So what is learned of a choice holds in every branch that asks it.
struct Step {
  std::uint64_t key = 0;
  std::shared_ptr<Node const> node;
  std::size_t start = 0;           ///< of the answer in the design
};

/// A design with its questions.
class Trace {
 public:
  Trace() = default;
  Trace(Space const& space, Design design);
  /// Its answer to the question, or null.
  std::int64_t const* find(std::uint64_t key) const;
  std::vector<Step> const& steps() const { return steps_; }
  bool empty() const { return steps_.empty(); }

 private:
  Design design_;
  std::vector<Step> steps_;
};

/// Keys along a path that is being answered.
class KeyMaker {
 public:
  std::uint64_t operator()(Node const& node);

 private:
  std::map<std::uint64_t, int> met_;
};

/// One move of one particle; draws differ by their random numbers only.
class Mover {
 public:
  /// @param best, leader null if there is none yet
  Mover(Space const& space, EngineOptions const& options, Particle& particle, Design const* best, Design const* leader);
  /// Turns the particle's beliefs towards its best and its leader; once per move.
  void learn(Rng& rng);
  /// A canonical design; from attempt 1 on with growing disturbance. Nothing at a dead end.
  std::optional<Design> draw(int attempt, Rng& rng) const;

 private:
  void append(Node const& node, std::uint64_t key, std::vector<std::int64_t>& path, double jitter, Rng& rng) const;
  void append_choice(Node const& node, std::uint64_t key, std::vector<std::int64_t>& path, double jitter, Rng& rng) const;
  void append_number(Node const& node, std::uint64_t key, std::vector<std::int64_t>& path, double jitter, Rng& rng) const;
  void append_shift(Node const& node, std::uint64_t key, std::vector<std::int64_t>& path, double jitter, Rng& rng) const;
  void append_counts(Node const& node, std::uint64_t key, std::vector<std::int64_t>& path, double jitter, Rng& rng) const;
  Space const& space_;
  EngineOptions const& options_;
  Particle& particle_;
  Trace position_, previous_, best_, leader_;
  double mutation_ = 0.0;          ///< probability that a category is drawn uniformly
};

/// The shortest way from a to b on the torus [Cartesian, in the unit of the cell].
Eigen::Vector2d torus_difference(Eigen::Matrix2d const& cell, Eigen::Vector2d const& a, Eigen::Vector2d const& b);

}  // namespace nacre::detail
