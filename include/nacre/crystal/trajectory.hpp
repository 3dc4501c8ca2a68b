/// Trajectories of molecular dynamics, one frame at a time: extxyz, LAMMPS dump (text) and VASP XDATCAR.
///
/// Only the frame being read is held, so a file of any size needs the memory of one frame.
#pragma once

#include <Eigen/Core>
#include <array>
#include <filesystem>
#include <map>
#include <memory>
#include <optional>
#include <vector>

#include "nacre/core/api.hpp"

namespace nacre {

struct NACRE_API TrajectoryFrame {
  Eigen::Matrix3d lattice = Eigen::Matrix3d::Identity();  ///< lattice vectors as columns [Å]
  Eigen::Vector3d origin = Eigen::Vector3d::Zero();       ///< corner of the cell [Å]
  Eigen::Matrix3Xd positions{3, 0};                       ///< Cartesian [Å], the same atom in the same column
  std::array<bool, 3> periodic{true, true, true};
  bool unwrapped = false;  ///< the file says that atoms were never folded back into the cell (xu, xsu, image flags)
};

struct TrajectoryOptions {
  std::map<int, int> types;  ///< LAMMPS type -> atomic number, for dumps without a column `element`
};

namespace detail {
class FrameSource;
}

class NACRE_API TrajectoryReader {
 public:
  /// The kind of file is told by its content. Reads the first frame ahead.
  /// @throws InputError naming file and line if there is no complete first frame
  explicit TrajectoryReader(std::filesystem::path const& path, TrajectoryOptions const& options = {});
  ~TrajectoryReader();
  TrajectoryReader(TrajectoryReader const&) = delete;
  TrajectoryReader& operator=(TrajectoryReader const&) = delete;

  std::vector<int> const& numbers() const { return numbers_; }  ///< atomic numbers, the same in every frame
  /// Nothing at the end. @throws InputError naming file and line: unreadable, other atoms than in the first frame,
  /// positions or cells that are not finite
  std::optional<TrajectoryFrame> next();
  bool truncated() const { return truncated_; }  ///< the file ends inside a frame, which was left out

 private:
  std::unique_ptr<detail::FrameSource> source_;
  std::vector<int> numbers_;
  std::optional<TrajectoryFrame> ahead_;
  bool truncated_ = false;
};

/// "1:Zr,2:Y,3:O", or the masses of a LAMMPS data file of that name. @throws InputError
NACRE_API std::map<int, int> read_lammps_types(std::string const& text);

}  // namespace nacre
