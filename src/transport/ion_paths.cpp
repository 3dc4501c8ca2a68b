#include "nacre/transport/ion_paths.hpp"

#include <Eigen/LU>
#include <algorithm>
#include <cmath>
#include <utility>

#include "nacre/core/error.hpp"
#include "nacre/crystal/elements.hpp"

namespace nacre {
namespace {

constexpr double ambiguous_step = 0.4;     // of the cell
constexpr double beyond_any_wrap = 0.5;    // of the cell: wrapped coordinates never lie so far outside
constexpr double looks_like_a_wrap = 0.1;  // what is left of a step of one cell
constexpr double largest_cell_change = 0.1;
constexpr double largest_displacement_A = 1.5;
constexpr double longest_displacement_ps = 1.0;
constexpr std::size_t block_bytes = 32 << 20;
constexpr Eigen::Index frames_per_tile = 32;

Eigen::Index frames_in(double duration_ps, double interval_ps) {
  return std::max<Eigen::Index>(1, static_cast<Eigen::Index>(std::lround(duration_ps / interval_ps)));
}

std::span<double const> numbers_of(Eigen::Matrix3Xd const& m) { return {m.data(), static_cast<std::size_t>(m.size())}; }

}  // namespace

/// Follows the ions from frame to frame.
class PathCollector::Unwrapper {
 public:
  Unwrapper(PathCollector const& collector, Eigen::Matrix3d const& mean) : from_(collector), mean_(mean) {
    for (int k = 0; k < 3; ++k)
      if (from_.periodic_[static_cast<std::size_t>(k)])
        outside_ |= from_.lowest_[k] < -beyond_any_wrap || from_.highest_[k] > 1.0 + beyond_any_wrap;
  }

  /// Unwrapped positions [Å] of a frame, given in order.
  Eigen::Matrix3Xd next(Eigen::Matrix3Xd const& raw, Eigen::Index frame) {
    auto const& cell = from_.cells_[static_cast<std::size_t>(frame)];
    Eigen::Matrix3Xd const fractional = cell.lattice.inverse() * (raw.colwise() - cell.origin);
    if (frame == 0) shift_ = Eigen::Matrix3Xd::Zero(3, raw.cols());
    if (frame > 0 && !from_.declared_unwrapped_) follow(fractional, frame);
    previous_ = fractional;
    if (from_.cells_differ_) return mean_ * (fractional + shift_);
    return (raw.colwise() - cell.origin) + mean_ * shift_;
  }

  Wrapping wrapping() const {
    if (outside_) return Wrapping::unwrapped;
    if (wrapped_) return Wrapping::wrapped;
    return from_.declared_unwrapped_ ? Wrapping::unwrapped : Wrapping::inside;
  }
  std::optional<Refusal> const& refusal() const { return refusal_; }

 private:
  void follow(Eigen::Matrix3Xd const& fractional, Eigen::Index frame) {
    for (Eigen::Index i = 0; i < fractional.cols(); ++i) {
      Eigen::Vector3d step = fractional.col(i) - previous_.col(i), whole = Eigen::Vector3d::Zero();
      for (int k = 0; k < 3; ++k)
        if (from_.periodic_[static_cast<std::size_t>(k)]) whole[k] = std::round(step[k]);
      step -= whole;
      bool const crossed = !whole.isZero(0.0);
      double const left = periodic_part(step);
      if (outside_ ? crossed && left < looks_like_a_wrap : left > ambiguous_step) refuse(i, frame, left);
      if (!crossed || outside_) continue;
      shift_.col(i) -= whole;
      wrapped_ = true;
    }
  }

  double periodic_part(Eigen::Vector3d const& step) const {
    double largest = 0.0;
    for (int k = 0; k < 3; ++k)
      if (from_.periodic_[static_cast<std::size_t>(k)]) largest = std::max(largest, std::abs(step[k]));
    return largest;
  }

  void refuse(Eigen::Index ion, Eigen::Index frame, double left) {
    if (refusal_) return;
    auto const where = concat("atom ", from_.order_[static_cast<std::size_t>(ion)] + 1, " from frame ",
                              frame + from_.skipped_, " to ", frame + from_.skipped_ + 1);
    refusal_ = {"ambiguous_jump",
                outside_ ? concat(where,
                                  " moves by about one cell, though the coordinates leave the cell and so are not "
                                  "wrapped (two kinds of coordinates in one file); write unwrapped ones")
                         : concat(where, " moves by ", left,
                                  " of the cell, which is near the half of it where two images "
                                  "are equally near; store frames more often, or write unwrapped coordinates")};
  }

  PathCollector const& from_;
  Eigen::Matrix3d mean_;
  Eigen::Matrix3Xd previous_, shift_;
  bool outside_ = false, wrapped_ = false;
  std::optional<Refusal> refusal_;
};

PathBlock IonPaths::read_mobile(Eigen::Index first, Eigen::Index count) const {
  PathBlock block(count, frames());
  using Rows = Eigen::Matrix<double, Eigen::Dynamic, Eigen::Dynamic, Eigen::RowMajor>;
  Rows tile(frames_per_tile, 3 * count);  // turned from frames to paths while it is in the cache
  for (Eigen::Index start = 0; start < frames(); start += frames_per_tile) {
    auto const rows = std::min(frames_per_tile, frames() - start);
    for (Eigen::Index k = 0; k < rows; ++k)
      store_.read(static_cast<std::size_t>(start + k), static_cast<std::size_t>(3 * first),
                  {tile.row(k).data(), static_cast<std::size_t>(3 * count)});
    block.values_.middleRows(start, rows) = tile.topRows(rows);
  }
  return block;
}

Eigen::Matrix3Xd IonPaths::read_framework(Eigen::Index frame) const {
  Eigen::Matrix3Xd positions(3, framework());
  store_.read(static_cast<std::size_t>(frame), static_cast<std::size_t>(3 * mobile_),
              {positions.data(), static_cast<std::size_t>(positions.size())});
  return positions;
}

Eigen::Index IonPaths::ions_per_block() const {
  auto const bytes = static_cast<std::size_t>(frames()) * 3 * sizeof(double);
  return std::clamp<Eigen::Index>(static_cast<Eigen::Index>(block_bytes / bytes), 1, mobile_);
}

PathCollector::PathCollector(std::vector<int> const& numbers, PathOptions const& options) : options_(options) {
  require(options.interval_ps > 0.0 && std::isfinite(options.interval_ps), "invalid time between frames ",
          options.interval_ps, " ps (must be positive)");
  require(options.skip_ps >= 0.0 && std::isfinite(options.skip_ps), "invalid equilibration ", options.skip_ps,
          " ps (must not be negative)");
  auto const is_framework = [&](int number) {
    auto const& wanted = options.framework;
    return number != options.mobile &&
           (wanted.empty() || std::find(wanted.begin(), wanted.end(), number) != wanted.end());
  };
  auto const take = [&](auto const& belongs) {
    Eigen::Index count = 0;
    for (std::size_t i = 0; i < numbers.size(); ++i) {
      if (!belongs(numbers[i])) continue;
      order_.push_back(static_cast<Eigen::Index>(i));
      masses_.push_back(atomic_mass(numbers[i]));
      ++count;
    }
    return count;
  };
  mobile_ = take([&](int number) { return number == options.mobile; });
  require(mobile_ > 0, "no ", symbol(options.mobile), " in the trajectory; --species names the ions that move");
  framework_ = take(is_framework);
  for (auto const number : options.framework)
    require(std::find(numbers.begin(), numbers.end(), number) != numbers.end(), "no ", symbol(number),
            " in the trajectory, though it is named as framework");
  for (Eigen::Index i = 0; i < framework_; ++i)
    framework_numbers_.push_back(numbers[static_cast<std::size_t>(order_[static_cast<std::size_t>(mobile_ + i)])]);
  take([&](int number) { return number != options.mobile && !is_framework(number); });
  skipped_ = static_cast<Eigen::Index>(std::min(1e15, std::ceil(options.skip_ps / options.interval_ps - 1e-9)));
  auto const folder = options.scratch.empty() ? std::filesystem::temp_directory_path() : options.scratch;
  store_.emplace(3 * order_.size(), options.memory_limit, folder);
  lowest_.setConstant(std::numeric_limits<double>::infinity());
  highest_.setConstant(-std::numeric_limits<double>::infinity());
  to_skip_ = skipped_;
}

void PathCollector::add(TrajectoryFrame const& frame) {
  if (to_skip_ > 0) {
    --to_skip_;
    return;
  }
  Eigen::Matrix3Xd row(3, static_cast<Eigen::Index>(order_.size()));
  require(frame.positions.cols() == row.cols(), "frame of ", frame.positions.cols(), " atoms (", row.cols(),
          " expected)");
  for (Eigen::Index i = 0; i < row.cols(); ++i) row.col(i) = frame.positions.col(order_[static_cast<std::size_t>(i)]);
  Eigen::Matrix3Xd const fractional = frame.lattice.inverse() * (row.colwise() - frame.origin);
  lowest_ = lowest_.cwiseMin(fractional.rowwise().minCoeff());
  highest_ = highest_.cwiseMax(fractional.rowwise().maxCoeff());
  if (cells_.empty()) periodic_ = frame.periodic;
  require(periodic_ == frame.periodic, "frame ", cells_.size() + 1, " has other periodic directions than the first");
  declared_unwrapped_ = declared_unwrapped_ && frame.unwrapped;
  cells_differ_ = cells_differ_ || (!cells_.empty() && frame.lattice != cells_.front().lattice);
  cells_.push_back({frame.lattice, frame.origin});
  store_->append(numbers_of(row));
}

void PathCollector::check_cells(IonPaths& paths) const {
  Eigen::Matrix3d mean = cells_.front().lattice;
  if (cells_differ_) {
    mean.setZero();
    for (auto const& cell : cells_) mean += cell.lattice;
    mean /= static_cast<double>(cells_.size());
  }
  paths.lattice = mean;
  if (periodic_[0] && periodic_[1] && periodic_[2]) paths.volume = std::abs(mean.determinant());
  double const size = mean.cwiseAbs().maxCoeff();
  for (std::size_t k = 0; cells_differ_ && k < cells_.size() && !paths.refusal; ++k) {
    double const change = (cells_[k].lattice - mean).cwiseAbs().maxCoeff() / size;
    if (change > largest_cell_change || std::abs(mean.determinant()) == 0.0)
      paths.refusal = {"cell_changes", concat("the cell of frame ", k + 1 + static_cast<std::size_t>(skipped_),
                                              " differs from the mean cell by ", 100.0 * change,
                                              " % (10 % is the limit for paths in the mean cell)")};
  }
}

Eigen::Vector3d PathCollector::drift_of(Eigen::Matrix3Xd const& positions, Eigen::Matrix3Xd const& first) const {
  Eigen::Vector3d sum = Eigen::Vector3d::Zero();
  if (options_.drift == Drift::none) return sum;
  if (framework_ > 0) {
    for (Eigen::Index i = mobile_; i < mobile_ + framework_; ++i) sum += positions.col(i) - first.col(i);
    return sum / static_cast<double>(framework_);
  }
  double mass = 0.0;
  for (Eigen::Index i = 0; i < positions.cols(); ++i) {
    sum += masses_[static_cast<std::size_t>(i)] * (positions.col(i) - first.col(i));
    mass += masses_[static_cast<std::size_t>(i)];
  }
  return sum / mass;
}

void PathCollector::watch_framework(Eigen::Matrix3Xd const& positions, Eigen::Index frame, IonPaths& paths) {
  auto const ions = positions.middleCols(mobile_, framework_);
  paths.framework_mean += ions;
  auto const settle = std::min(frames_in(longest_displacement_ps, options_.interval_ps), frames());
  if (frame == 0) {
    start_ = Eigen::Matrix3Xd::Zero(3, framework_);
    away_.assign(static_cast<std::size_t>(framework_), 0);
  }
  if (frame < settle) {
    start_ += ions / static_cast<double>(settle);
    return;
  }
  for (Eigen::Index i = 0; i < framework_; ++i) {
    auto& away = away_[static_cast<std::size_t>(i)];
    if (away < 0) continue;  // found already
    away = (ions.col(i) - start_.col(i)).norm() > largest_displacement_A ? away + 1 : 0;
    if (static_cast<double>(away) * options_.interval_ps <= longest_displacement_ps * (1.0 + 1e-9)) continue;
    away = -1;
    paths.displaced.push_back(i);
  }
}

IonPaths PathCollector::finish() && {
  require(frames() >= 2, "only ", frames(), " frames after the equilibration of ", options_.skip_ps,
          " ps (at least 2 are needed); give a longer trajectory or a smaller --skip-ps");
  IonPaths paths(std::move(*store_), mobile_);
  paths.interval_ps = options_.interval_ps;
  paths.periodic = periodic_;
  paths.collective_vanishes = options_.drift == Drift::automatic && mobile_ == static_cast<Eigen::Index>(order_.size());
  paths.origin = cells_.front().origin;
  paths.framework_numbers = framework_numbers_;
  paths.framework_mean = Eigen::Matrix3Xd::Zero(3, framework_);
  check_cells(paths);
  if (paths.refusal) return paths;
  Unwrapper unwrapper(*this, paths.lattice);
  Eigen::Matrix3Xd raw(3, static_cast<Eigen::Index>(order_.size())), first;
  for (Eigen::Index frame = 0; frame < frames(); ++frame) {
    paths.store_.read(static_cast<std::size_t>(frame), 0, {raw.data(), static_cast<std::size_t>(raw.size())});
    Eigen::Matrix3Xd positions = unwrapper.next(raw, frame);
    if (frame == 0) first = positions;
    Eigen::Vector3d const drift = drift_of(positions, first);
    positions.colwise() -= drift;
    watch_framework(positions, frame, paths);
    paths.store_.replace(static_cast<std::size_t>(frame), numbers_of(positions));
  }
  paths.framework_mean /= static_cast<double>(frames());
  std::sort(paths.displaced.begin(), paths.displaced.end());
  paths.wrapping = unwrapper.wrapping();
  paths.refusal = unwrapper.refusal();
  return paths;
}

IonPaths collect_paths(TrajectoryReader& reader, PathOptions const& options) {
  PathCollector collector(reader.numbers(), options);
  while (auto const frame = reader.next()) collector.add(*frame);
  return std::move(collector).finish();
}

}  // namespace nacre
