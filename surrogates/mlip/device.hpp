/// Where a model computes: one caller at a time, while others prepare what they will bring.
#pragma once

#include <ATen/Parallel.h>
#include <c10/core/Device.h>

#include <atomic>
#include <chrono>
#include <cstdint>
#include <mutex>

namespace nacre::mlip {

class Device {
 public:
  explicit Device(at::Device place) : place_(place) {}
  at::Device place() const { return place_; }
  bool is_cpu() const { return place_.is_cpu(); }

  /// The device is the caller's until this is destroyed.
  class Turn {
   public:
    explicit Turn(Device const& device);
    ~Turn();
    Turn(Turn const&) = delete;
    Turn& operator=(Turn const&) = delete;

   private:
    Device const& device_;
    std::scoped_lock<std::mutex> lock_;
    std::chrono::steady_clock::time_point start_ = std::chrono::steady_clock::now();
  };
  /// How long turns took so far [s].
  double seconds() const { return 1e-9 * static_cast<double>(nanoseconds_); }

 private:
  at::Device place_;
  std::mutex mutable mutex_;
  std::atomic<std::int64_t> mutable nanoseconds_ = 0;
};

}  // namespace nacre::mlip
