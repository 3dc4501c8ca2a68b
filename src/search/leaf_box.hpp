/// The real numbers and shifts of one leaf of the tree as a point of the unit cube.
#pragma once

#include <memory>
#include <optional>
#include <vector>

#include "minimisation.hpp"
#include "nacre/search/space.hpp"

namespace nacre::detail {

class LeafBox {
 public:
  /// The leaf of `base`, whose other answers stay as they are.
  LeafBox(std::shared_ptr<Space const> space, Design base);
  std::size_t size() const { return coordinates_.size(); }
  std::vector<char> const& periodic() const { return periodic_; }
  Design const& base() const { return base_; }
  /// Canonical; nothing if the numbers lead out of the leaf or are forbidden.
  std::optional<Design> design(Point const& x) const;
  /// Of a design that answers the questions of the leaf.
  Point point(Design const& design) const;
  /// The design asks the same questions and gives the same discrete answers.
  bool holds(Design const& design) const;
  /// Every design of the space is in the leaf.
  bool whole() const { return leaf_.values.empty() && space_->same_questions(); }

 private:
  struct Coordinate {
    std::size_t place = 0;  ///< in the design
    std::int64_t count = 0;
  };
  std::shared_ptr<Space const> space_;
  Design base_, leaf_;
  std::vector<std::shared_ptr<Node const>> nodes_;
  std::vector<Coordinate> coordinates_;
  std::vector<char> periodic_;
};

}  // namespace nacre::detail
