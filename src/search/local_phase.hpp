/// The portfolio of minimisers at work in one leaf of the tree, on the archive of the whole search.
#pragma once

#include <map>
#include <optional>
#include <string>
#include <vector>

#include "leaf_box.hpp"
#include "nacre/search/problem.hpp"
#include "portfolio.hpp"

namespace nacre::detail {

class LocalPhase {
 public:
  LocalPhase(std::shared_ptr<Space const> space, Design base, Tier top, bool cmaes_only = false);

  /// The next design to evaluate, none if all that was tried is known, forbidden or on its way. What is known costs
  /// nothing: its value goes back to the run that asked for it.
  /// @param attempt above 0: the design of the attempt before could not be had
  std::optional<Design> draw(int attempt, Archive const& archive, Rng& rng);
  /// What became of the last draw.
  void adopt(Design const& design);
  /// A result on the top tier.
  void credit(Archive const& archive, Observation const& result);
  /// A design that will have no result on the top tier.
  void drop(Design const& design);
  LeafBox const& box() const { return box_; }
  double least() const { return portfolio_.least(); }
  std::string const& reason() const { return portfolio_.reason(); }

  std::string save() const;
  void load(std::string const& bytes);

 private:
  void settle(Design const& design, double value);
  LeafBox box_;
  Tier top_;
  Portfolio portfolio_;
  std::map<Design, std::vector<Portfolio::Asked>> waiting_;  ///< for the result of a design
  Design drawn_;                                             ///< last; empty when it was settled
};

/// One number to minimise: infeasible results come after all feasible ones, by their violation, failures last.
double merit(Problem const& problem, Observation const& result);

}  // namespace nacre::detail
