#include "nacre/core/parallel_for.hpp"

#include <algorithm>
#include <atomic>
#include <exception>
#include <mutex>
#include <thread>
#include <vector>

#include "nacre/core/error.hpp"

namespace nacre {
namespace {

/// What went wrong in the task of lowest index.
class FirstFailure {
 public:
  void keep(std::size_t index, std::exception_ptr failure) {
    std::lock_guard const lock(mutex_);
    if (failure_ && index_ < index) return;
    index_ = index;
    failure_ = std::move(failure);
  }
  void rethrow() const {
    if (failure_) std::rethrow_exception(failure_);
  }

 private:
  std::mutex mutex_;
  std::size_t index_ = 0;
  std::exception_ptr failure_;
};

}  // namespace

void parallel_for(std::size_t count, int threads, std::function<void(std::size_t)> const& task) {
  require(threads >= 1 && threads <= 1024, "invalid threads=", threads, " (1 to 1024)");
  std::atomic<std::size_t> next{0};
  FirstFailure failure;
  auto const work = [&] {
    for (std::size_t index = next++; index < count; index = next++) {
      try {
        task(index);
      } catch (...) {
        failure.keep(index, std::current_exception());
      }
    }
  };
  {
    std::vector<std::jthread> others;
    auto const wanted = std::min(count, static_cast<std::size_t>(threads));
    for (std::size_t k = 1; k < wanted; ++k) others.emplace_back(work);
    work();
  }
  failure.rethrow();
}

}  // namespace nacre
