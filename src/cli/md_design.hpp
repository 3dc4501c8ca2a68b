/// A campaign's design as the start of dynamics.
#pragma once

#include <string>

#include "md_start.hpp"
#include "nacre/core/value.hpp"
#include "nacre/potential/potential.hpp"

namespace nacre {

struct MdDesign {
  MdStart start;
  std::shared_ptr<Potential const> model;
  std::string id, words;
};

/// @param design  the first digits of its id; empty: the first of the ranked list
/// @throws InputError without it, or with the reason why it cannot be run
MdDesign read_md_design(std::string const& folder, std::string const& design, double temperature);

}  // namespace nacre
