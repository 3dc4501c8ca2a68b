/// Rows of numbers, one a frame, in memory up to a limit and in a nameless temporary file beyond it.
#pragma once

#include <cstdint>
#include <filesystem>
#include <span>
#include <vector>

#include "nacre/core/api.hpp"

namespace nacre {

class NACRE_API FrameStore {
 public:
  /// @param memory_limit  bytes; when the rows need more, all of them move to a file in `folder` that has no name left
  ///                      and vanishes with the process
  FrameStore(std::size_t row_length, std::size_t memory_limit, std::filesystem::path folder);
  ~FrameStore();
  FrameStore(FrameStore&& other) noexcept;
  FrameStore& operator=(FrameStore&&) = delete;

  void append(std::span<double const> row);
  std::size_t rows() const { return rows_; }
  std::size_t row_length() const { return row_length_; }
  bool on_disk() const { return file_ >= 0; }

  /// Entries first, first + 1, ... of a row, as many as `out` holds. @throws Error if the file cannot be read
  void read(std::size_t row, std::size_t first, std::span<double> out) const;
  /// Replaces a whole row.
  void replace(std::size_t row, std::span<double const> values);

 private:
  std::span<double> in_memory(std::size_t row);
  void move_to_file();
  void write(std::size_t row, std::span<double const> values);

  std::size_t row_length_, memory_limit_, rows_ = 0, rows_per_piece_;
  std::filesystem::path folder_;
  std::vector<std::vector<double>> pieces_;  // of equal size, so that growing copies nothing
  int file_ = -1;
};

}  // namespace nacre
