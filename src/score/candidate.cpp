#include "nacre/score/candidate.hpp"

#include <limits>

#include "nacre/core/error.hpp"
#include "nacre/core/text.hpp"

namespace nacre {

Candidate::Candidate() = default;
Candidate::~Candidate() = default;
Candidate::Candidate(Candidate const&) = default;
Candidate& Candidate::operator=(Candidate const&) = default;

Choice const& Candidate::choice(std::string_view name) const {
  for (auto const& one : choices) {
    if (one.name == name) return one;
  }
  std::vector<std::string> known;
  for (auto const& one : choices) known.push_back(one.name);
  throw Error(concat("this space has no choice '", name, "'", did_you_mean(name, known)));
}

double Candidate::descriptor(std::string_view name) const {
  for (auto const& [known, value] : descriptors) {
    if (known == name) return value;
  }
  return std::numeric_limits<double>::quiet_NaN();
}

}  // namespace nacre
