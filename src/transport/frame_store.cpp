#include "nacre/transport/frame_store.hpp"

#include <fcntl.h>
#include <stdlib.h>
#include <unistd.h>

#include <algorithm>
#include <cerrno>
#include <cstring>
#include <utility>

#include "nacre/core/error.hpp"

namespace nacre {
namespace {

constexpr std::size_t piece_bytes = 4 << 20;

[[noreturn]] void fail(char const* what, std::filesystem::path const& folder) {
  throw Error(concat("cannot ", what, " the temporary file of a trajectory in '", folder.string(), "' (",
                     std::strerror(errno), "); name a folder with room by --scratch"));
}

}  // namespace

FrameStore::FrameStore(std::size_t row_length, std::size_t memory_limit, std::filesystem::path folder)
    : row_length_(std::max<std::size_t>(row_length, 1)),
      memory_limit_(memory_limit),
      rows_per_piece_(std::max<std::size_t>(1, piece_bytes / (8 * row_length_))),
      folder_(std::move(folder)) {}

FrameStore::~FrameStore() {
  if (file_ >= 0) ::close(file_);
}

FrameStore::FrameStore(FrameStore&& other) noexcept
    : row_length_(other.row_length_),
      memory_limit_(other.memory_limit_),
      rows_(std::exchange(other.rows_, 0)),
      rows_per_piece_(other.rows_per_piece_),
      folder_(std::move(other.folder_)),
      pieces_(std::move(other.pieces_)),
      file_(std::exchange(other.file_, -1)) {}

std::span<double> FrameStore::in_memory(std::size_t row) {
  return std::span(pieces_[row / rows_per_piece_]).subspan(row % rows_per_piece_ * row_length_, row_length_);
}

void FrameStore::append(std::span<double const> row) {
  require(row.size() == row_length_, "row of ", row.size(), " numbers (", row_length_, " expected)");
  if (file_ < 0 && rows_ % rows_per_piece_ == 0) {
    if ((pieces_.size() + 1) * rows_per_piece_ * row_length_ * sizeof(double) > memory_limit_)
      move_to_file();
    else
      pieces_.emplace_back(rows_per_piece_ * row_length_);
  }
  ++rows_;
  replace(rows_ - 1, row);
}

void FrameStore::move_to_file() {
  auto name = (folder_ / "nacre-frames-XXXXXX").string();
  file_ = ::mkstemp(name.data());
  if (file_ < 0) fail("create", folder_);
  ::unlink(name.c_str());
  for (std::size_t row = 0; row < rows_; ++row) write(row, in_memory(row));
  pieces_.clear();
  pieces_.shrink_to_fit();
}

void FrameStore::write(std::size_t row, std::span<double const> values) {
  auto const* bytes = reinterpret_cast<char const*>(values.data());
  std::size_t const size = values.size_bytes();
  for (std::size_t done = 0; done < size;) {
    auto const wrote = ::pwrite(file_, bytes + done, size - done, static_cast<off_t>(row * size + done));
    if (wrote < 0 && errno == EINTR) continue;
    if (wrote <= 0) fail("write", folder_);
    done += static_cast<std::size_t>(wrote);
  }
}

void FrameStore::read(std::size_t row, std::size_t first, std::span<double> out) const {
  if (file_ < 0) {
    auto const& piece = pieces_[row / rows_per_piece_];
    std::copy_n(piece.begin() + static_cast<std::ptrdiff_t>(row % rows_per_piece_ * row_length_ + first), out.size(),
                out.begin());
    return;
  }
  auto* bytes = reinterpret_cast<char*>(out.data());
  auto const start = (row * row_length_ + first) * sizeof(double);
  for (std::size_t done = 0; done < out.size_bytes();) {
    auto const got = ::pread(file_, bytes + done, out.size_bytes() - done, static_cast<off_t>(start + done));
    if (got < 0 && errno == EINTR) continue;
    if (got <= 0) fail("read", folder_);
    done += static_cast<std::size_t>(got);
  }
}

void FrameStore::replace(std::size_t row, std::span<double const> values) {
  if (file_ >= 0)
    write(row, values);
  else
    std::copy(values.begin(), values.end(), in_memory(row).begin());
}

}  // namespace nacre
