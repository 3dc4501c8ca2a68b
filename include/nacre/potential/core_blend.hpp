/// The core that takes over from a learned model where atoms are closer than anything it was fitted to.
///
/// On the way in, the force between two atoms goes over from the model's to that of the universal screened Coulomb
/// repulsion (J. F. Ziegler, J. P. Biersack and U. Littmark, The Stopping and Range of Ions in Solids, 1985):
/// s F_model + (1 - s) F_core, s = 10 x^3 - 15 x^4 + 6 x^5 with x from 0 at `inner` to 1 at `outer`. So that there is
/// an energy to this force, the model sees the pair at the distance outer - (integral of s from r to outer): its own
/// from `outer` on, the middle of the two ends below `inner`; and the core adds the integral of (1 - s) F_core. The
/// energy has three continuous derivatives, and none of the model's holes below the middle is ever seen.
#pragma once

#include <Eigen/Core>
#include <array>
#include <memory>
#include <string>

#include "nacre/core/api.hpp"
#include "nacre/core/ids.hpp"
#include "nacre/core/value.hpp"
#include "nacre/crystal/elements.hpp"

namespace nacre {

struct RepulsionRange {
  double inner = 0.0;  ///< nothing but the core's force below this distance [Å]; both 0: by covalent radii
  double outer = 0.0;  ///< no core from here on [Å]
};

class NACRE_API CoreBlend {
 public:
  static constexpr double inner_share = 0.45,
                          outer_share = 0.6;  ///< of the sum of covalent radii: shorter than any bond

  /// @throws InputError unless 0 <= inner < outer <= 10 Å, or both are 0
  explicit CoreBlend(RepulsionRange const& range);
  RepulsionRange range(int first, int second) const;
  double longest() const { return longest_; }  ///< outer end of any pair [Å]

  /// What the model sees of a pair at distance r.
  struct Seen {
    double distance = 0.0;  ///< [Å]
    double slope = 1.0;     ///< its derivative by r
  };
  Seen seen(int first, int second, double r) const;
  Eigen::Vector3d seen(int first, int second, Eigen::Vector3d const& vector) const;
  /// @param by_seen derivative of an energy by the vector seen; @return that by the vector itself
  Eigen::Vector3d gradient(int first, int second, Eigen::Vector3d const& vector, Eigen::Vector3d const& by_seen) const;

  /// What is added.
  struct Added {
    double energy = 0.0;  ///< [eV]
    double force = 0.0;   ///< -dV/dr [eV/Å]
  };
  Added added(int first, int second, double r) const;

  void update(Sha256& sum) const;  ///< everything that changes a number
  Value about() const;

 private:
  RepulsionRange range_;
  std::array<double, largest_atomic_number + 1> radii_{};  ///< [Å]
  double longest_ = 0.0;
};

class Potential;

/// A model that looks at pairs one by one, or holds one that does, so that a core can take over from it.
class NACRE_API TakesCore {
 public:
  virtual ~TakesCore();
  /// The same model, which sees near pairs as the blend says; none if it holds nothing that does.
  virtual std::shared_ptr<Potential const> with_core(CoreBlend const& blend) const = 0;
};
/// None for a model that does not.
NACRE_API std::shared_ptr<Potential const> with_core(Potential const& model, CoreBlend const& blend);

/// Of a model that sees near pairs by the blend.
NACRE_API std::string identity_with_core(std::string const& model_identity, CoreBlend const& blend);

}  // namespace nacre
