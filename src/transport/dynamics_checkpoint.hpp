/// What a run of dynamics needs to go on, as a file that is replaced as a whole.
#pragma once

#include <cstdint>
#include <filesystem>
#include <span>
#include <string>
#include <vector>

#include "nacre/potential/dynamics.hpp"

namespace nacre::detail {

/// Of one moment of production.
struct DynamicsSample {
  double temperature = 0.0, potential = 0.0, conserved = 0.0;
  std::array<double, 6> pressure{};
};

struct DynamicsProgress {
  int stage = 0;
  std::int64_t steps = 0;  ///< done in this stage
  DynamicsState state;
  Eigen::Matrix3d cell_sum = Eigen::Matrix3d::Zero();
  std::int64_t cell_count = 0;
  std::vector<DynamicsSample> samples;
  Eigen::Matrix3Xd reference{3, 0};  ///< sum of the framework's positions in the first ps of production
  std::vector<std::int64_t> away;    ///< frames that an atom has been displaced without a pause
  std::int64_t edges = 0;
  std::uint64_t trajectory_bytes = 0, frames = 0;
};

/// @param identity  of model, options and start
void save_progress(std::filesystem::path const& path, DynamicsProgress const& progress, std::string const& identity);
/// @param progress  state.crystal has everything but positions and cell
/// @throws InputError if the file is of another run; Error if it is damaged
void load_progress(std::filesystem::path const& path, DynamicsProgress& progress, std::string const& identity);

/// A file that grows; what was written beyond a known length is cut off before it goes on.
class GrowingFile {
 public:
  /// @throws Error with the system's reason
  GrowingFile(std::filesystem::path path, std::uint64_t keep);
  ~GrowingFile();
  GrowingFile(GrowingFile const&) = delete;
  GrowingFile& operator=(GrowingFile const&) = delete;
  void append(std::string_view bytes);
  void sync();  ///< to the disk
  std::uint64_t size() const { return size_; }

 private:
  std::filesystem::path path_;
  int file_ = -1;
  std::uint64_t size_ = 0;
};

}  // namespace nacre::detail
