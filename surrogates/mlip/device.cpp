#include "device.hpp"

#include <dlfcn.h>

namespace nacre::mlip {
namespace {

/// OpenBLAS splits sums by its own number of threads; LibTorch does not set it. Absent in other builds of LibTorch.
void use_one_thread() {
  at::set_num_threads(1);
  if (auto* const symbol = dlsym(RTLD_DEFAULT, "openblas_set_num_threads")) {
    reinterpret_cast<void (*)(int)>(symbol)(1);
  }
}

}  // namespace

Device::Turn::Turn(Device const& device) : device_(device), lock_(device.mutex_) { use_one_thread(); }

Device::Turn::~Turn() {
  auto const taken = std::chrono::steady_clock::now() - start_;
  device_.nanoseconds_ += std::chrono::duration_cast<std::chrono::nanoseconds>(taken).count();
}

}  // namespace nacre::mlip
