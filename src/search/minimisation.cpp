#include "minimisation.hpp"

#include <algorithm>
#include <cmath>

#include "nacre/core/error.hpp"

namespace nacre::detail {

std::string to_string(Method method) {
  static constexpr char const* names[] = {"simplex", "quadratic model", "search along the axes",
                                          "controlled random search", "CMA-ES"};
  return names[static_cast<std::size_t>(method)];
}

Point fold(Point x, std::vector<char> const& periodic) {
  for (Eigen::Index i = 0; i < x.size(); ++i) {
    if (periodic[static_cast<std::size_t>(i)]) continue;
    auto const turn = x[i] - 2.0 * std::floor(0.5 * x[i]);
    x[i] = turn > 1.0 ? 2.0 - turn : turn;
  }
  return x;
}

Point clamp(Point x, std::vector<char> const& periodic) {
  for (Eigen::Index i = 0; i < x.size(); ++i) {
    if (!periodic[static_cast<std::size_t>(i)]) x[i] = std::clamp(x[i], 0.0, 1.0);
  }
  return x;
}

Minimisation minimise(Start const& start) {
  Rng const rng(start.key, to_string(start.method), 0);
  switch (start.method) {
    case Method::nelder_mead:
      return nelder_mead(start, rng);
    case Method::quadratic:
      return quadratic(start, rng);
    case Method::axes:
      return axes(start, rng);
    case Method::crs:
      return crs(start, rng);
    case Method::cmaes:
      break;
  }
  return cmaes(start, rng);
}

Run::Run(Start start, std::vector<double> log) : start_(std::move(start)), search_(minimise(start_)) {
  open_batch();
  std::size_t used = 0;
  while (used < log.size() && !done()) {
    auto const size = std::min(batch_size(), log.size() - used);
    auto const from = log.begin() + static_cast<std::ptrdiff_t>(used);
    used += size;
    search_.resume({from, from + static_cast<std::ptrdiff_t>(size)});
    open_batch();
  }
  log_ = std::move(log);
}

void Run::open_batch() {
  auto const size = done() ? 0 : search_.batch().points.size();
  handed_.assign(size, 0);
  told_.assign(size, 0);
  values_.assign(size, 0.0);
}

std::int32_t Run::next() const {
  auto const found = std::ranges::find(handed_, char{0});
  return found == handed_.end() ? -1 : static_cast<std::int32_t>(found - handed_.begin());
}

void Run::tell(std::int32_t slot, double value) {
  handed_[static_cast<std::size_t>(slot)] = told_[static_cast<std::size_t>(slot)] = 1;
  values_[static_cast<std::size_t>(slot)] = value;
  if (std::ranges::find(told_, char{0}) != told_.end()) return;
  log_.insert(log_.end(), values_.begin(), values_.end());
  search_.resume(std::move(values_));
  open_batch();
}

void Run::restore(std::vector<char> handed, std::vector<char> told, std::vector<double> values) {
  if (handed.size() != handed_.size() || told.size() != told_.size() || values.size() != values_.size()) {
    throw Error("state of a run that does not fit its log");
  }
  handed_ = std::move(handed);
  told_ = std::move(told);
  values_ = std::move(values);
}

}  // namespace nacre::detail
