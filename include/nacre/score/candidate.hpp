/// A design with what is known of it: its path in words, descriptors, and, once built, its atoms.
#pragma once

#include <memory>
#include <string>
#include <utility>
#include <vector>

#include "nacre/core/api.hpp"
#include "nacre/core/ids.hpp"
#include "nacre/stack/doping.hpp"
#include "nacre/stack/stack.hpp"

namespace nacre {

/// One answered question on the path.
struct NACRE_API Choice {
  std::string name;     ///< "termination_a"
  std::string label;    ///< "SrO|TiO2", "0.25", "(0.100000, 0.500000)"
  double value = 0.0;   ///< index of a category, the ordered or real value, torus coordinate u
  double second = 0.0;  ///< torus coordinate v
};

/// Slabs and coincidence that a stack is made of, shared between the designs of one leaf.
struct NACRE_API StackParts {
  Slab bottom, top;
  Coincidence coincidence;
  StackOptions options = {};  ///< that the stack is built with
  std::vector<Dopant> dopants = {};  ///< of layers 1 (bottom) and 2 (top), where the campaign dopes them
};

struct NACRE_API Candidate {
  Candidate();
  ~Candidate();
  Candidate(Candidate const&);
  Candidate& operator=(Candidate const&);

  Hash128 id;
  std::vector<Choice> choices;
  std::vector<std::pair<std::string, double>> descriptors;  ///< name (with unit) -> value; NaN: missing
  std::shared_ptr<StackParts const> parts;                  ///< null in spaces without crystals
  std::shared_ptr<Stack const> stack;                       ///< null on the descriptor tier
  /// @throws Error if there is no such choice
  Choice const& choice(std::string_view name) const;
  /// NaN if there is none
  double descriptor(std::string_view name) const;
};

}  // namespace nacre
