// Instances of the BBOB functions as the set defines them: its generators of uniform and normal numbers, and which of
// them give the minimum, the rotations and the offset (N. Hansen, S. Finck, R. Ros, A. Auger, INRIA RR-6829 (2009)).
#include <algorithm>
#include <array>
#include <cmath>
#include <numeric>
#include <utility>

#include "support/test_functions.hpp"

namespace nacre::test {
namespace {

using Eigen::MatrixXd;
using Eigen::VectorXd;

constexpr long turn = 1'000'000;  ///< added to the seed of the first rotation

/// Minimal standard generator, shuffled through a table of 32 (S. K. Park, K. W. Miller, Commun. ACM 31, 1192 (1988)).
VectorXd uniform(Eigen::Index count, long seed) {
  auto state = std::max(std::abs(seed), 1L);
  auto const step = [&state] { return state = 16807 * state % 2147483647; };
  std::array<long, 32> table{};
  for (std::size_t i = 40; i-- > 0;) {
    step();
    if (i < table.size()) table[i] = state;
  }
  auto last = table[0];
  VectorXd numbers(count);
  for (auto& number : numbers) {
    step();
    auto& entry = table[static_cast<std::size_t>(last / 67108865)];
    last = std::exchange(entry, state);
    number = static_cast<double>(last) / 2147483647.0;
  }
  return numbers;
}

VectorXd normal(Eigen::Index count, long seed) {
  auto const numbers = uniform(2 * count, seed);
  auto const angles = 2.0 * std::acos(-1.0) * numbers.tail(count).array();
  return ((-2.0 * numbers.head(count).array().log()).sqrt() * angles.cos()).matrix();
}

VectorXd minimum(Eigen::Index dimensions, long seed) {
  VectorXd x = uniform(dimensions, seed);
  for (auto& value : x) {
    value = 8.0 * std::floor(1e4 * value) / 1e4 - 4.0;
    if (value == 0.0) value = -1e-5;
  }
  return x;
}

/// Normal numbers by columns, made orthonormal from left to right.
MatrixXd rotation(Eigen::Index dimensions, long seed) {
  MatrixXd q = normal(dimensions * dimensions, seed).reshaped(dimensions, dimensions);
  for (Eigen::Index i = 0; i < dimensions; ++i) {
    for (Eigen::Index j = 0; j < i; ++j) q.col(i) -= q.col(i).dot(q.col(j)) * q.col(j);
    q.col(i) /= q.col(i).norm();
  }
  return q;
}

std::vector<Eigen::Index> order_of(VectorXd const& numbers) {
  std::vector<Eigen::Index> order(static_cast<std::size_t>(numbers.size()));
  std::iota(order.begin(), order.end(), Eigen::Index{0});
  std::ranges::stable_sort(order, {}, [&](Eigen::Index i) { return numbers[i]; });
  return order;
}

/// The two Rastrigin functions and the two of Schaffer share their numbers.
long family(int number) { return number == 4 ? 3 : number == 18 ? 17 : number; }

double offset(long seed) {
  auto const ratio = normal(1, seed)[0] / normal(1, seed + 1)[0];
  return std::clamp(std::floor(1e4 * ratio + 0.5) / 100.0, -1000.0, 1000.0);
}

}  // namespace

// first_ is the rotation that x - optimum meets first.
TestFunction TestFunction::published(int number, int dimensions, int instance) {
  TestFunction function(number, dimensions, Unset{});
  auto const seed = family(number) + 10000L * instance;
  function.offset_ = nacre::test::offset(seed);
  function.optimum_ = minimum(dimensions, number == 12 ? seed + turn : seed);
  function.first_ = rotation(dimensions, seed + turn);
  function.second_ = rotation(dimensions, seed);
  bool const swapped = number == 6 || number == 7 || number == 13 || number == 23 || number == 24;
  bool const only_second = number == 9 || number == 19 || number == 21 || number == 22;
  if (swapped || only_second) std::swap(function.first_, function.second_);
  auto& optimum = function.optimum_;
  auto const widening = std::max(1.0, std::sqrt(dimensions) / 8.0);
  auto const signs = [&](VectorXd const& numbers, double middle) {
    function.signs_ = numbers.unaryExpr([=](double value) { return value < middle ? -1.0 : 1.0; });
    return function.signs_;
  };
  if (number == 4) {
    for (int i = 0; i < dimensions; i += 2) optimum[i] = std::abs(optimum[i]);
  }
  if (number == 5) optimum = 5.0 * signs(optimum, 0.0);
  if (number == 8) optimum *= 0.75;
  if (number == 9 || number == 19) {
    optimum = function.first_.transpose() * VectorXd::Constant(dimensions, 0.5 / widening);
  }
  if (number == 20) optimum = 0.5 * 4.2096874633 * signs(uniform(dimensions, seed), 0.5);
  if (number == 24) optimum = 1.25 * signs(normal(dimensions, seed), 0.0);
  if (number == 21) function.place_published_peaks(101, seed);
  if (number == 22) function.place_published_peaks(21, seed);
  return function;
}

void TestFunction::place_published_peaks(int peaks, long seed) {
  auto const width = peaks == 101 ? 10.0 : 9.8;
  std::vector<std::vector<Eigen::Index>> axes;
  for (int k = 0; k < peaks; ++k) axes.push_back(order_of(uniform(dimensions_, seed + 1000L * k)));
  MatrixXd places = uniform(dimensions_ * peaks, seed).reshaped(dimensions_, peaks);
  places = (width * places).array() - 0.5 * width;
  places.col(0) *= 0.8;
  shape_peaks(order_of(uniform(peaks - 1, seed)), axes, places);
}

}  // namespace nacre::test
