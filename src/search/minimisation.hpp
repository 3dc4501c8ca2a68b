/// Local and global minimisers of a box as coroutines: each gives out points and is resumed with their values.
///
/// A coroutine cannot be copied or stored, but it is a function of its start and of the values it was told. `Run` keeps
/// both, so its state is a short list of numbers and the points come back by repeating.
#pragma once

#include <Eigen/Core>
#include <coroutine>
#include <cstdint>
#include <exception>
#include <limits>
#include <string>
#include <utility>
#include <vector>

#include "nacre/core/rng.hpp"

namespace nacre::detail {

using Point = Eigen::VectorXd;  ///< in the unit cube; a periodic coordinate may be any number

inline constexpr double unusable = 1e30;  ///< from here on values only rank: infeasible points, infinity: failures

/// Points whose values a minimiser waits for.
struct Batch {
  std::vector<Point> points;
  double spread = std::numeric_limits<double>::infinity();  ///< of the values it works with: how much it can still gain
};

class Minimisation {
 public:
  struct promise_type;
  using Handle = std::coroutine_handle<promise_type>;

  struct Answer {
    promise_type* promise;
    bool await_ready() const noexcept { return false; }
    void await_suspend(Handle) const noexcept {}
    std::vector<double> await_resume() const;
  };
  struct promise_type {
    Batch batch;
    std::vector<double> told;
    std::exception_ptr failure;
    Minimisation get_return_object() { return Minimisation(Handle::from_promise(*this)); }
    std::suspend_never initial_suspend() const noexcept { return {}; }
    std::suspend_always final_suspend() const noexcept { return {}; }
    Answer yield_value(Batch asked) {
      batch = std::move(asked);
      return {this};
    }
    void return_void() const noexcept {}
    void unhandled_exception() { failure = std::current_exception(); }
  };

  explicit Minimisation(Handle handle) : handle_(handle) {}
  Minimisation(Minimisation&& other) noexcept : handle_(std::exchange(other.handle_, {})) {}
  Minimisation& operator=(Minimisation&& other) noexcept {
    std::swap(handle_, other.handle_);
    return *this;
  }
  ~Minimisation() {
    if (handle_) handle_.destroy();
  }
  bool done() const { return handle_.done(); }
  Batch const& batch() const { return handle_.promise().batch; }
  void resume(std::vector<double> values) {
    handle_.promise().told = std::move(values);
    handle_.resume();
    if (handle_.promise().failure) std::rethrow_exception(handle_.promise().failure);
  }

 private:
  Handle handle_;
};

inline std::vector<double> Minimisation::Answer::await_resume() const { return std::move(promise->told); }

enum class Method : std::int32_t { nelder_mead, quadratic, axes, crs, cmaes };
std::string to_string(Method method);

/// Where and how a minimiser starts; with the values it was told it fixes everything that follows.
struct Start {
  Method method = Method::cmaes;
  Point x;
  double value = std::numeric_limits<double>::quiet_NaN();  ///< at x, if it is known
  double step = 0.2;                                        ///< as a fraction of the range
  std::int32_t population = 0;                              ///< 0: the method's own
  std::vector<char> periodic;                               ///< of each coordinate
  std::uint64_t key = 0;                                    ///< of its random numbers
};

/// Reflects at the bounds of the coordinates that are not periodic.
Point fold(Point x, std::vector<char> const& periodic);
/// Cuts at the bounds of the coordinates that are not periodic.
Point clamp(Point x, std::vector<char> const& periodic);

Minimisation nelder_mead(Start start, Rng rng);
Minimisation crs(Start start, Rng rng);
Minimisation axes(Start start, Rng rng);
Minimisation cmaes(Start start, Rng rng);
Minimisation quadratic(Start start, Rng rng);
Minimisation minimise(Start const& start);

/// A minimisation whose batch may be handed out and told piece by piece.
class Run {
 public:
  explicit Run(Start start, std::vector<double> log = {});
  /// Number of the next point of the batch that was not handed out, or -1.
  std::int32_t next() const;
  Point const& point(std::int32_t slot) const { return search_.batch().points[static_cast<std::size_t>(slot)]; }
  void hand_out(std::int32_t slot) { handed_[static_cast<std::size_t>(slot)] = 1; }
  void tell(std::int32_t slot, double value);
  bool done() const { return search_.done(); }
  double spread() const { return search_.batch().spread; }
  std::size_t batch_size() const { return handed_.size(); }
  Start const& start() const { return start_; }

  /// What a copy is made from.
  std::vector<double> const& log() const { return log_; }
  std::vector<char> const& handed() const { return handed_; }
  std::vector<char> const& told() const { return told_; }
  std::vector<double> const& values() const { return values_; }
  void restore(std::vector<char> handed, std::vector<char> told, std::vector<double> values);

 private:
  void open_batch();
  Start start_;
  Minimisation search_;
  std::vector<double> log_;  ///< values of all closed batches
  std::vector<char> handed_, told_;
  std::vector<double> values_;  ///< of the open batch
};

}  // namespace nacre::detail
