/// The search space: a typed tree of choices. It never sees a crystal.
#pragma once

#include <Eigen/Core>
#include <compare>
#include <cstdint>
#include <memory>
#include <span>
#include <string>
#include <vector>

#include "nacre/core/api.hpp"
#include "nacre/core/ids.hpp"
#include "nacre/core/rng.hpp"

namespace nacre {

enum class NodeKind { categorical, ordered, real, torus, composition };

/// Shifts are multiples of 1/torus_grid of the cell: all of 1e-6 and all of 1/12, so that symmetry maps the grid onto
/// itself.
inline constexpr std::int64_t torus_grid = 3'000'000;

/// One question. A design answers it with `width()` integers.
struct NACRE_API Node {
  std::string name;
  NodeKind kind = NodeKind::categorical;
  std::vector<std::string> labels;               ///< categorical: the choices; composition: the species
  std::vector<std::vector<double>> descriptors;  ///< categorical: one list per choice, or empty
  std::vector<double> numbers;                   ///< ordered: the values, increasing; real: special ones
  double lower = 0.0, upper = 1.0;               ///< real: range; answer i means lower + i * step
  double step = 1e-6;
  bool logarithmic = false;                            ///< real: i * step walks ln(value / lower)
  Eigen::Matrix2d cell = Eigen::Matrix2d::Identity();  ///< torus: metric, vectors as columns
  int total = 0;                                       ///< composition: sum of the counts

  int width() const;                         ///< integers in the answer: 1; torus 2; composition: number of species
  std::int64_t count() const;                ///< number of answers of one integer (torus: torus_grid)
  double number(std::int64_t answer) const;  ///< ordered and real: the value meant
};

/// A point of the space: the answers along the path, integers only.
struct Design {
  std::vector<std::int64_t> values;
  auto operator<=>(Design const&) const = default;
  Hash128 id() const { return Hash128::of(values); }
};

class NACRE_API Space {
 public:
  virtual ~Space();
  /// The question after the answers `path`; null when the design is complete. Same path, same node, always.
  virtual std::shared_ptr<Node const> next(std::span<std::int64_t const> path) const = 0;
  /// The one form of all designs that are the same thing; idempotent.
  virtual Design canonical(Design const& design) const;
  /// Every path is asked the same questions, whatever the answers are.
  virtual bool same_questions() const { return false; }
  /// Known constraints: forbidden combinations are never proposed.
  virtual bool allowed(Design const& design) const;
};

/// Uniform down the tree, then canonical. Keyed by the generator only.
NACRE_API Design random_design(Space const& space, Rng& rng);
/// The nodes along a complete design. @throws Error if an answer is out of range
NACRE_API std::vector<std::shared_ptr<Node const>> nodes_along(Space const& space, Design const& design);
/// The answers of a design that are not real numbers or shifts: its leaf. @throws Error as nodes_along
NACRE_API Design discrete_part(Space const& space, Design const& design);
/// Number of discrete leaves (paths of categorical, ordered and composition answers), or `limit` + 1 if more.
NACRE_API std::int64_t count_leaves(Space const& space, std::int64_t limit);

}  // namespace nacre
