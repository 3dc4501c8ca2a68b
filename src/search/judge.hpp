/// What evaluating a candidate promises: improvement, or hypervolume, times the chance that it is feasible.
#pragma once

#include <memory>
#include <optional>
#include <vector>

#include "surrogate.hpp"

namespace nacre::detail {

/// What counts of one objective: to be the best, to be it by a margin, to be among so many best values (equal ones
/// counted once), to learn where least is known, or the least mean of beliefs that were drawn.
struct Aim {
  enum class Kind { best, leap, list, knowledge, drawn };
  Kind kind = Kind::best;
  std::size_t places = 1;
  double margin = 0.0;  ///< in units of the values
};

class Judge {
 public:
  /// @param level of the tier that counts; @param pending designs whose results the surrogate believes
  Judge(Archive const& archive, History const& history, Surrogate const& surrogate, int level,
        std::vector<Path const*> const& pending, Aim aim = {});

  /// The logarithm of the promise; derivatives by the means and deviations on request.
  double score(std::vector<Belief> const& beliefs) const;
  struct Slopes {
    double value = 0.0;
    std::vector<double> by_mean, by_deviation;
  };
  Slopes slopes(std::vector<Belief> beliefs) const;
  bool anything_feasible() const { return best_.has_value() || open_.has_value(); }
  /// Observations to search around: the best feasible ones, the front, or what comes nearest to the constraints.
  std::vector<std::size_t> const& bases() const { return bases_; }

 private:
  struct View {
    Archive const& archive;
    History const& history;
    Surrogate const& surrogate;
    int level;
    std::vector<Path const*> const& pending;
  };
  void find_best(View const& view, std::vector<std::size_t> const& feasible);
  void find_front(View const& view, std::vector<std::size_t> const& feasible);
  double gain(std::vector<Belief> const& beliefs) const;
  Promise promise_of_one(Belief const& belief) const;
  Problem problem_;
  /// What a score needs to know of the surrogate's outputs.
  struct Quantity {
    Output::Kind kind;
    std::size_t index;
    Warp warp;
    double noise_variance;
  };
  std::vector<Quantity> quantities_;
  double caution_ = 1.0;  ///< power of the chance not to fail
  Promise chance(Belief const& belief, Quantity const& quantity) const;
  std::optional<double> best_;  ///< of one objective, warped: the value to be below
  Aim aim_;
  std::optional<OpenSpace> open_;  ///< of several
  std::vector<std::size_t> bases_;
};

/// One of the functions that the truth may be, and what is promising if it is.
struct World {
  std::shared_ptr<Surrogate const> surrogate;
  Judge judge;
};

/// The promise over all worlds: the logarithm of its mean.
class Prospect {
 public:
  Prospect(std::vector<World> worlds, int level) : worlds_(std::move(worlds)), level_(level) {}
  std::vector<double> scores(std::vector<Path> const& paths) const;
  /// At a row of numbers, with the derivatives by its columns.
  double slope(EncodedRow const& row, Eigen::VectorXd& by_column) const;
  Prospect near(Path const& center, Eigen::Index count) const;
  Encoding const& encoding() const { return worlds_[0].surrogate->encoding(); }
  Judge const& judge() const { return worlds_[0].judge; }

 private:
  std::vector<World> worlds_;
  int level_;
};

}  // namespace nacre::detail
