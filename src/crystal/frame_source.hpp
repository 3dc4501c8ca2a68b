/// What the readers of trajectories share; one source a kind of file.
#pragma once

#include <memory>
#include <optional>
#include <vector>

#include "line_reader.hpp"
#include "nacre/crystal/trajectory.hpp"

namespace nacre::detail {

struct SourceFrame {
  TrajectoryFrame frame;
  std::vector<int> numbers;
};

class FrameSource {
 public:
  explicit FrameSource(LineReader reader) : lines_(std::move(reader)) {}
  virtual ~FrameSource() = default;
  /// Nothing at the end. @throws Truncated if the file ends inside the frame, InputError if it cannot be read
  virtual std::optional<SourceFrame> read() = 0;
  std::string place() const { return lines_.place(); }

 protected:
  LineReader lines_;
};

/// Atoms arrive one by one, so that a wrong count in the file takes no memory.
class PositionList {
 public:
  void add(double x, double y, double z) { values_.insert(values_.end(), {x, y, z}); }
  std::size_t size() const { return values_.size() / 3; }
  void reserve(std::size_t atoms) { values_.reserve(3 * atoms); }
  Eigen::Matrix3Xd matrix() const {
    return Eigen::Map<Eigen::Matrix3Xd const>(values_.data(), 3, static_cast<Eigen::Index>(size()));
  }

 private:
  std::vector<double> values_;
};

std::int64_t read_count(LineReader const& lines, std::string_view word, std::string_view what);

std::unique_ptr<FrameSource> make_extxyz_source(LineReader reader);
std::unique_ptr<FrameSource> make_dump_source(LineReader reader, TrajectoryOptions const& options);
std::unique_ptr<FrameSource> make_xdatcar_source(LineReader reader);

}  // namespace nacre::detail
