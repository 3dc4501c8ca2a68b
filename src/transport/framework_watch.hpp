/// Whether the ions that should stay do stay: a framework that melts, breaks or mixes at a contact ends a run.
#pragma once

#include <Eigen/Core>
#include <cstdint>
#include <string>
#include <vector>

#include "nacre/crystal/crystal.hpp"

namespace nacre::detail {

class FrameworkWatch {
 public:
  FrameworkWatch() = default;
  /// @param mobile  atomic number of the ions that may go; all others are the framework
  /// @param layer   of each atom, or empty; every layer may slide as a whole
  FrameworkWatch(Crystal const& crystal, int mobile, std::vector<int> layer, double interval_ps);

  /// Adds a frame, counted from 0: in the first ps to `reference` (a sum), then to `away`, frames without a pause in
  /// which an ion was more than 1.5 Å from its mean place.
  void look(Eigen::Matrix3Xd const& positions, std::int64_t frame, Eigen::Matrix3Xd& reference,
            std::vector<std::int64_t>& away) const;
  /// What is broken, a code first, or nothing. A while after the first ion has left for good, so that a melt shows as
  /// one; `last`: at the end of a run, without waiting.
  std::string verdict(Crystal const& now, Eigen::Matrix3Xd const& reference, std::vector<std::int64_t> const& away,
                      bool last) const;

 private:
  Eigen::Matrix3Xd displacements(Eigen::Matrix3Xd const& positions, Eigen::Matrix3Xd const& reference) const;
  int layer_of_nearest(Crystal const& now, std::size_t atom, Eigen::Matrix3Xd const& reference) const;

  std::vector<int> framework_;  // atoms
  std::vector<int> layer_;      // of each atom, from 0 where none is known
  int layers_ = 1;
  std::int64_t first_frames_ = 1, gone_frames_ = 1, wait_frames_ = 1;
};

}  // namespace nacre::detail
