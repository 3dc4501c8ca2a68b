/// How far energies of contacts still move when every layer gets one more repeat (definitions.md 3), tested once per pair
/// of planes on the smallest coincidence. Internal to campaign.
#pragma once

#include <cmath>
#include <map>
#include <string>
#include <vector>

#include "nacre/potential/contact_energy.hpp"
#include "nacre/potential/potential.hpp"
#include "stack_space.hpp"

namespace nacre::detail {

struct ThicknessChange {
  double energy = std::nan("");      ///< of W_ad, or in a superlattice of the mean interface energy [J/m^2]
  double separation = std::nan("");  ///< of the z-separation [Å]
  std::string failure;               ///< why there are no numbers
};

class StackThickness {
 public:
  bool knows(std::string const& key) const { return changes_.contains(key); }
  /// @param leaves tried in this order until one is bonded, with one more repeat per layer as well
  static std::string run(StackSpace const& space, std::vector<StackLeaf const*> const& leaves,
                         Potential const& potential, ContactOptions options);
  void absorb(std::string const& key, std::string const& outcome);
  /// Without numbers for a pair that was not tested.
  ThicknessChange change(std::string const& key) const;
  /// One per pair that moves by more than is accepted, or could not be tested.
  std::vector<std::string> notes() const;

 private:
  std::map<std::string, ThicknessChange> changes_;  ///< by key
};

}  // namespace nacre::detail
