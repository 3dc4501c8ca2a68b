/// Sites of mobile ions as a trajectory shows them, and the committed jumps between them.
///
/// Everything here looks at positions averaged over 1 ps, in which vibrations are small. A site is where such positions
/// gather; an ion has jumped when its nearest site has changed and stays the same for 1 ps. Where positions do not
/// gather (a liquid, a random walk in the continuum) a jump is a net displacement of more than 0.7 hop lengths that
/// lasts.
#pragma once

#include <Eigen/Core>
#include <array>
#include <memory>
#include <optional>
#include <unordered_map>
#include <vector>

#include "nacre/core/api.hpp"
#include "nacre/transport/ion_paths.hpp"

namespace nacre {

/// Averages over `window` frames, taken every `stride` frames; `settle` strides make up 1 ps.
struct CoarseGrid {
  Eigen::Index window = 1, stride = 1, settle = 1;
  explicit CoarseGrid(double interval_ps);
  Eigen::Index samples(Eigen::Index frames) const { return frames < window ? 0 : (frames - window) / stride + 1; }
};
NACRE_API Eigen::Matrix3Xd coarse_path(PathBlock const& block, Eigen::Index ion, CoarseGrid const& grid);

/// Points of a periodic cell that can be looked up by place.
class NACRE_API SiteLattice {
 public:
  /// @param separation  no two sites will be nearer to each other [Å]
  SiteLattice(Eigen::Matrix3d const& lattice, std::array<bool, 3> periodic, double reach, double separation);
  int size() const { return static_cast<int>(sites_.size()); }
  Eigen::Vector3d const& site(int i) const { return sites_[static_cast<std::size_t>(i)]; }
  int add(Eigen::Vector3d const& position);
  /// The nearest site within reach, ties to the lower number; nothing if there is none. `guess` is tried first.
  std::optional<int> nearest(Eigen::Vector3d const& position, std::optional<int> guess = std::nullopt) const;
  Eigen::Vector3d difference(Eigen::Vector3d const& to, Eigen::Vector3d const& from) const;  ///< shortest image
  double shortest_distance() const;  ///< between two sites (of a thousand and all others); infinite for fewer than two

 private:
  using Bin = std::array<int, 3>;
  struct BinHash {
    std::size_t operator()(Bin const& bin) const;
  };
  Bin bin_of(Eigen::Vector3d const& fractional) const;
  Bin folded(Bin bin) const;

  Eigen::Matrix3d lattice_, inverse_;
  std::array<bool, 3> periodic_;
  double reach_, separation_;
  Eigen::Vector3d bins_;  // per cell along each vector
  std::vector<Eigen::Vector3d> sites_;
  std::unordered_map<Bin, std::vector<int>, BinHash> table_;  // looked up, never walked through
};

/// The sites that the mobile ions visit; nothing if their positions do not gather.
/// @param hop_length  distance of neighbouring sites if it is known
NACRE_API std::optional<SiteLattice> find_sites(IonPaths const& paths, std::optional<double> hop_length);

struct Jump {
  Eigen::Index ion = 0, frame = 0;  ///< frame at the middle of the first average at the new place
  Eigen::Vector3d from, to;         ///< [Å]
  int hops = 1;                     ///< without sites: net displacement in hop lengths
};
/// Committed jumps by ion, then by time.
NACRE_API std::vector<Jump> find_jumps(IonPaths const& paths, SiteLattice const* sites, double hop_length);

/// Hop length if none is given: shortest distance between two sites; without sites a guess, the mean distance of mobile
/// ions from their density, 3 Å at most.
struct HopLength {
  double value = 0.0;
  bool guessed = false;
};
NACRE_API HopLength default_hop_length(IonPaths const& paths, SiteLattice const* sites);

}  // namespace nacre
