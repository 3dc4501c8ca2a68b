/// Walks over the pairs of all rigid-ion sets.
#pragma once

#include <gtest/gtest.h>

#include <algorithm>
#include <functional>

#include "nacre/potential/rigid_ion.hpp"

namespace nacre::test {

/// Calls check(set, pair) for every pair of every set that can be used.
inline void for_each_pair(std::function<void(RigidIonSet const&, IonPair const&)> const& check) {
  for (auto const& name : rigid_ion_sets()) {
    auto const set = read_rigid_ion_set(name);
    if (!set.refusal.empty()) continue;
    for (auto const& pair : set.pairs) {
      SCOPED_TRACE(name + " " + pair.first + "-" + pair.second);
      check(set, pair);
    }
  }
}

inline IonSpecies const& species(RigidIonSet const& set, std::string const& name) {
  return *std::find_if(set.species.begin(), set.species.end(), [&](IonSpecies const& s) { return s.name == name; });
}

}  // namespace nacre::test
