/// Names of what jobs of molecular dynamics hand on. Internal to score.
#pragma once

#include <string>

#include "nacre/score/md_tier.hpp"

namespace nacre::detail {

inline std::string subject_name(MdSubject subject) {
  return subject == MdSubject::stack ? "stack" : subject == MdSubject::bottom ? "layer 1" : "layer 2";
}
inline MdStep step_of(std::map<std::string, double> const& parameters) {
  return static_cast<MdStep>(static_cast<int>(parameters.at("step")));
}
inline MdSubject subject_of(std::map<std::string, double> const& parameters) {
  return static_cast<MdSubject>(static_cast<int>(parameters.at("subject")));
}
inline int integer_of(std::map<std::string, double> const& parameters, char const* name) {
  return static_cast<int>(parameters.at(name));
}

}  // namespace nacre::detail
