/// What the search believes of designs that it did not evaluate: a Gaussian process for each objective and constraint,
/// one for the chance that an evaluation fails, and one for the work that it takes, where these vary.
#pragma once

#include <memory>
#include <optional>
#include <string>
#include <vector>

#include "encoding.hpp"
#include "nacre/search/acquisition.hpp"
#include "nacre/search/problem.hpp"

namespace nacre::detail {

/// Makes values with rare large ones usable for a model: log(1 + (y - origin) / knee), straight below the origin.
struct Warp {
  /// mild and strong: the logarithm with a wide and a narrow knee; both_sides: asinh(y / knee)
  enum class Kind : std::uint8_t { straight, mild, strong, both_sides };
  Kind kind = Kind::straight;
  double origin = 0.0, knee = 1.0;
  double apply(double value) const;
  double slope(double value) const;
};

/// One quantity that is modelled.
struct Output {
  enum class Kind : std::uint8_t { objective, constraint, failure, work };  ///< work: its logarithm
  Kind kind = Kind::objective;
  std::size_t index = 0;  ///< among the objectives or constraints
  Warp warp;
  GaussianProcess process;
};

/// Candidates ready for prediction.
struct Batch {
  Eigen::MatrixXd numbers;
  Eigen::MatrixXi choices;
};

struct SavedSurrogate;  ///< bayes_state.hpp

struct SurrogateOptions {
  std::vector<Tier> tiers;
  std::uint64_t seed = 0;
};

/// Paths and values of an archive, taken in once.
class History {
 public:
  History(std::shared_ptr<Space const> space, std::vector<Tier> tiers)
      : space_(std::move(space)), tiers_(std::move(tiers)) {}
  void take_in(Archive const& archive, std::size_t end);
  std::size_t size() const { return paths_.size(); }
  Path const& path(std::size_t i) const { return *paths_[i]; }
  /// Index of the tier, -1 if it is none of the search.
  int level(Observation const& one) const;
  /// Value of an output of an observation, or nothing. Objectives are minimised.
  struct Value {
    double value = 0.0, error = 0.0;
  };
  static std::optional<Value> value(Problem const& problem, Observation const& one, Output::Kind kind,
                                    std::size_t index);

 private:
  std::shared_ptr<Space const> space_;
  std::vector<Tier> tiers_;
  std::vector<std::shared_ptr<Path const>> paths_;
};

class Surrogate {
 public:
  /// Parameters and all, from some of the observations before `end`.
  /// @param rows their indices, increasing; @param before gives the parameters to start from, or null
  static Surrogate fit(Archive const& archive, History const& history, std::vector<std::size_t> const& rows,
                       std::size_t end, SurrogateOptions const& options, Surrogate const* before);
  /// The same parameters with the observations from where it ends to `end`.
  void extend(Archive const& archive, History const& history, std::size_t end);
  /// Takes its own mean for true at a point whose result is not known yet (a Kriging believer).
  void believe(Path const& path, int tier);
  void forget_beliefs();
  /// The observations before `end` nearest to a point by the model's lengths, whether it has them or not.
  std::vector<std::size_t> nearest(History const& history, std::size_t end, Path const& center,
                                   std::size_t count) const;
  /// Conditioned on the observations nearest to a point only.
  Surrogate near(Path const& center, int tier, Eigen::Index count) const;

  /// Draws of what the objectives may be where they were observed, without noise; if noise is small, a view of this one
  /// alone, which must live as long.
  std::vector<std::shared_ptr<Surrogate const>> worlds(int count, Rng& rng) const;

  std::size_t end() const { return end_; }
  std::size_t fitted() const { return fitted_; }
  Encoding const& encoding() const { return *encoding_; }
  std::vector<Output> const& outputs() const { return outputs_; }
  bool models(Output::Kind kind) const;
  /// Rows: candidates; columns: outputs.
  std::vector<std::vector<Belief>> predict(Batch const& batch, int tier) const;
  Eigen::MatrixXd means(Batch const& batch, int tier) const;
  /// Values at the candidates of one function that an output may be.
  Eigen::VectorXd draw(std::size_t output, Batch const& batch, int tier, Rng& rng) const;
  std::vector<GaussianProcess::Slope> slopes(EncodedRow const& row, int tier) const;
  Batch batch(std::vector<Path> const& paths) const;

  SavedSurrogate saved() const;
  static Surrogate restore(SavedSurrogate const& saved, History const& history);

 private:
  void append(Output& output, Archive const& archive, History const& history, std::size_t index);
  std::shared_ptr<Encoding const> encoding_;
  std::vector<Output> outputs_;
  std::vector<Eigen::Index> known_;  ///< observations of each output that are not beliefs
  std::size_t fitted_ = 0, end_ = 0;
};

}  // namespace nacre::detail
