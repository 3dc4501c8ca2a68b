#include "nacre/crystal/trajectory.hpp"

#include <Eigen/LU>
#include <cmath>
#include <utility>

#include "frame_source.hpp"
#include "nacre/core/text.hpp"
#include "nacre/crystal/elements.hpp"

namespace nacre {
namespace {

constexpr double farthest_A = 1e9;  // a position beyond is a defect of the file, and squares must not overflow

std::unique_ptr<detail::FrameSource> make_source(std::filesystem::path const& path, TrajectoryOptions const& options) {
  detail::LineReader lines(path);
  lines.skip_blank();
  auto const first = lines.peek();
  require(first.has_value(), "empty file '", path.string(), "'");
  if (first->starts_with("ITEM:")) return detail::make_dump_source(detail::LineReader(path), options);
  if (parse_integer(trim(*first))) {
    lines.next();
    auto const second = lines.peek();  // a comment line of XDATCAR may be a number, its second line always is
    if (!second || !parse_double(trim(*second))) return detail::make_extxyz_source(detail::LineReader(path));
  }
  return detail::make_xdatcar_source(detail::LineReader(path));
}

void check_frame(TrajectoryFrame const& frame, std::string const& place) {
  require(frame.positions.cols() > 0, "frame without atoms at ", place);
  require(frame.positions.allFinite() && frame.positions.cwiseAbs().maxCoeff() < farthest_A, "position beyond ",
          farthest_A, " A at the frame that ends in ", place);
  require(frame.lattice.allFinite() && frame.lattice.cwiseAbs().maxCoeff() < farthest_A, "cell beyond ", farthest_A,
          " A at the frame that ends in ", place);
  double const volume = std::abs(frame.lattice.determinant());
  require(volume > 1e-9 * frame.lattice.colwise().norm().prod(), "cell of volume ", volume,
          " A^3 at the frame that ends in ", place, " (the lattice vectors lie in a plane)");
}

}  // namespace

namespace detail {

std::int64_t read_count(LineReader const& lines, std::string_view word, std::string_view what) {
  auto const count = parse_integer(trim(word));
  require(count && *count > 0 && *count < 1'000'000'000, "unreadable ", what, " '", word.substr(0, 40), "' in ",
          lines.place(), " (positive whole number expected)");
  return *count;
}

}  // namespace detail

TrajectoryReader::TrajectoryReader(std::filesystem::path const& path, TrajectoryOptions const& options)
    : source_(make_source(path, options)) {
  auto first = source_->read();
  require(first.has_value(), "no frame in '", path.string(), "'");
  check_frame(first->frame, source_->place());
  numbers_ = std::move(first->numbers);
  ahead_ = std::move(first->frame);
}

TrajectoryReader::~TrajectoryReader() = default;

std::optional<TrajectoryFrame> TrajectoryReader::next() {
  if (ahead_) return std::exchange(ahead_, std::nullopt);
  if (truncated_) return std::nullopt;
  try {
    auto read = source_->read();
    if (!read) return std::nullopt;
    check_frame(read->frame, source_->place());
    require(read->numbers == numbers_, "other atoms than in the first frame in the frame that ends in ",
            source_->place(), " (", read->numbers.size(), " atoms; the first has ", numbers_.size(),
            ", and their elements and order must be the same)");
    return std::move(read->frame);
  } catch (detail::Truncated const&) {
    truncated_ = true;
    return std::nullopt;
  }
}

}  // namespace nacre
