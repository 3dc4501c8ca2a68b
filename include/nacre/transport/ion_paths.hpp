/// Paths of ions: unwrapped, relative to the framework, ready for analysis.
///
/// Frames are given one by one, from a file (crystal/trajectory.hpp) or while molecular dynamics runs; what they leave
/// is kept in a FrameStore, so that the memory needed does not grow with the trajectory beyond a limit.
///
/// - Wrapped coordinates: each step between frames is replaced by its shortest image. A step of more than 0.4 of the
///   cell after that is ambiguous and the trajectory is refused with the frame. Coordinates that leave the cell by more
///   than half of it were never wrapped and are taken as they are; those, too, are refused if a step looks like a wrap.
/// - Changing cells: paths are those of the fractional coordinates in the mean cell, so that the breathing of a cell
///   under constant pressure is no motion of ions. Cells that differ from the mean by more than 10 % are refused.
/// - Drift: the mean displacement of the framework is taken from every ion, or, where there is none, the displacement
/// of
///   the centre of mass of all atoms.
#pragma once

#include <Eigen/Core>
#include <array>
#include <filesystem>
#include <memory>
#include <optional>
#include <string>
#include <vector>

#include "nacre/core/api.hpp"
#include "nacre/crystal/trajectory.hpp"
#include "nacre/transport/frame_store.hpp"

namespace nacre {

enum class Drift { automatic, none };

struct PathOptions {
  int mobile = 0;              ///< atomic number
  std::vector<int> framework;  ///< atomic numbers; empty: all others
  double interval_ps = 0.0;    ///< between frames
  double skip_ps = 0.0;        ///< equilibration, left out
  Drift drift = Drift::automatic;
  std::size_t memory_limit = std::size_t{256} << 20;  ///< bytes of paths held in memory
  std::filesystem::path scratch;                      ///< folder of the temporary file; empty: the system's
};

/// Why a trajectory or a number is refused: a code for programs and a sentence for people.
struct Refusal {
  std::string code;
  std::string message;
};

enum class Wrapping { inside, wrapped, unwrapped };  ///< inside: no ion crossed a face

/// One stretch of ions: `component(ion, k)` are all frames of x, y or z.
class NACRE_API PathBlock {
 public:
  PathBlock(Eigen::Index ions, Eigen::Index frames) : frames_(frames), values_(frames, 3 * ions) {}
  Eigen::Index ions() const { return values_.cols() / 3; }
  auto component(Eigen::Index ion, Eigen::Index k) const { return values_.col(3 * ion + k); }
  auto component(Eigen::Index ion, Eigen::Index k) { return values_.col(3 * ion + k); }
  Eigen::Index frames() const { return frames_; }

 private:
  friend class IonPaths;
  Eigen::Index frames_;
  Eigen::MatrixXd values_;  // column-major: a path lies in one piece
};

/// What is left of a trajectory.
class NACRE_API IonPaths {
 public:
  Eigen::Index frames() const { return static_cast<Eigen::Index>(store_.rows()); }
  Eigen::Index mobile() const { return mobile_; }
  Eigen::Index framework() const { return static_cast<Eigen::Index>(framework_numbers.size()); }
  bool on_disk() const { return store_.on_disk(); }

  PathBlock read_mobile(Eigen::Index first, Eigen::Index count) const;
  Eigen::Matrix3Xd read_framework(Eigen::Index frame) const;  ///< relative to the mean framework, too
  /// Ions that may be read at once so that a block stays below 32 MB.
  Eigen::Index ions_per_block() const;

  double interval_ps = 0.0;
  Eigen::Matrix3d lattice = Eigen::Matrix3d::Identity();  ///< mean cell [Å]
  Eigen::Vector3d origin = Eigen::Vector3d::Zero();  ///< of the first frame's cell; paths count from the cell's corner
  std::array<bool, 3> periodic{true, true, true};
  std::optional<double> volume;  ///< of the mean cell [Å^3]; none without three periods
  Wrapping wrapping = Wrapping::inside;
  bool collective_vanishes = false;  ///< every ion is mobile and their centre was taken away
  std::vector<int> framework_numbers;
  Eigen::Matrix3Xd framework_mean{3, 0};  ///< mean positions [Å]
  std::vector<Eigen::Index> displaced;    ///< framework ions > 1.5 Å away for more than 1 ps
  std::optional<Refusal> refusal;         ///< the paths mean nothing if this is set

 private:
  friend class PathCollector;
  IonPaths(FrameStore store, Eigen::Index mobile) : store_(std::move(store)), mobile_(mobile) {}
  FrameStore store_;
  Eigen::Index mobile_;
};

/// Takes frames and gives paths.
class NACRE_API PathCollector {
 public:
  /// @throws InputError if no atom is mobile, or for numbers that make no sense
  PathCollector(std::vector<int> const& numbers, PathOptions const& options);
  void add(TrajectoryFrame const& frame);
  Eigen::Index frames() const { return static_cast<Eigen::Index>(cells_.size()); }
  /// @throws InputError for fewer than two frames after the equilibration
  IonPaths finish() &&;

 private:
  struct Cell {
    Eigen::Matrix3d lattice;
    Eigen::Vector3d origin;
  };
  class Unwrapper;
  void check_cells(IonPaths& paths) const;
  void watch_framework(Eigen::Matrix3Xd const& positions, Eigen::Index frame, IonPaths& paths);
  Eigen::Vector3d drift_of(Eigen::Matrix3Xd const& positions, Eigen::Matrix3Xd const& first) const;

  PathOptions options_;
  std::vector<Eigen::Index> order_;  // atoms of a frame as they lie in a row: mobile, framework, others
  std::vector<double> masses_;       // in that order
  Eigen::Index mobile_ = 0, framework_ = 0;
  std::vector<int> framework_numbers_;
  std::vector<Cell> cells_;
  std::array<bool, 3> periodic_{true, true, true};
  bool declared_unwrapped_ = true, cells_differ_ = false;
  Eigen::Vector3d lowest_, highest_;  // fractional coordinates met
  Eigen::Index skipped_ = 0, to_skip_ = 0;
  std::optional<FrameStore> store_;
  Eigen::Matrix3Xd start_;          // framework positions, mean of the first ps
  std::vector<Eigen::Index> away_;  // frames that a framework ion has been displaced without a pause
};

/// All of a file. @throws InputError
NACRE_API IonPaths collect_paths(TrajectoryReader& reader, PathOptions const& options);

}  // namespace nacre
