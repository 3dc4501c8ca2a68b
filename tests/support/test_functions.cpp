#include "support/test_functions.hpp"

#include <cmath>
#include <numeric>

#include "nacre/core/rng.hpp"

namespace nacre::test {
namespace {

using Eigen::MatrixXd;
using Eigen::VectorXd;

constexpr double pi = 3.14159265358979323846;

/// i / (D - 1), the exponent that runs over the coordinates.
double ramp(Eigen::Index i, Eigen::Index dimensions) {
  return dimensions == 1 ? 0.0 : static_cast<double>(i) / static_cast<double>(dimensions - 1);
}

/// The diagonal with condition `alpha`, times z.
VectorXd stretch(double alpha, VectorXd z) {
  for (Eigen::Index i = 0; i < z.size(); ++i) z[i] *= std::pow(alpha, 0.5 * ramp(i, z.size()));
  return z;
}

double oscillate(double x) {
  if (x == 0.0) return 0.0;
  auto const h = std::log(std::abs(x));
  auto const fast = x > 0.0 ? 10.0 : 5.5, slow = x > 0.0 ? 7.9 : 3.1;
  return std::copysign(std::exp(h + 0.049 * (std::sin(fast * h) + std::sin(slow * h))), x);
}

VectorXd oscillate(VectorXd z) {
  for (auto& value : z) value = oscillate(value);
  return z;
}

VectorXd skew(double beta, VectorXd z) {
  for (Eigen::Index i = 0; i < z.size(); ++i) {
    if (z[i] > 0.0) z[i] = std::pow(z[i], 1.0 + beta * ramp(i, z.size()) * std::sqrt(z[i]));
  }
  return z;
}

double outside(VectorXd const& x) { return (x.array().abs() - 5.0).max(0.0).square().sum(); }

double rastrigin(VectorXd const& z) {
  return 10.0 * (static_cast<double>(z.size()) - (2.0 * pi * z.array()).cos().sum()) + z.squaredNorm();
}

double ellipsoid(VectorXd const& z) { return stretch(1e6, z).squaredNorm(); }

double rosenbrock(VectorXd const& z) {
  double sum = 0.0;
  for (Eigen::Index i = 0; i + 1 < z.size(); ++i) {
    sum += 100.0 * std::pow(z[i] * z[i] - z[i + 1], 2) + std::pow(z[i] - 1.0, 2);
  }
  return sum;
}

MatrixXd random_rotation(Eigen::Index size, Rng& rng) {
  MatrixXd q(size, size);
  for (auto& value : q.reshaped()) value = rng.normal();
  for (Eigen::Index j = 0; j < size; ++j) {
    for (int twice = 0; twice < 2; ++twice) {
      for (Eigen::Index i = 0; i < j; ++i) q.col(j) -= q.col(i).dot(q.col(j)) * q.col(i);
    }
    q.col(j) /= q.col(j).norm();
  }
  return q;
}

double weierstrass(VectorXd const& z) {
  double sum = 0.0, lowest = 0.0;
  for (int k = 0; k < 12; ++k) {
    auto const weight = std::ldexp(1.0, -k), frequency = 2.0 * pi * std::pow(3.0, k);
    sum += weight * (frequency * (z.array() + 0.5)).cos().sum();
    lowest += weight * std::cos(0.5 * frequency);
  }
  return 10.0 * std::pow(sum / static_cast<double>(z.size()) - lowest, 3);
}

double schaffers(VectorXd const& z) {
  double sum = 0.0;
  for (Eigen::Index i = 0; i + 1 < z.size(); ++i) {
    auto const s = std::hypot(z[i], z[i + 1]);
    sum += std::sqrt(s) * (1.0 + std::pow(std::sin(50.0 * std::pow(s, 0.2)), 2));
  }
  return std::pow(sum / static_cast<double>(z.size() - 1), 2);
}

double griewank_rosenbrock(VectorXd const& z) {
  double sum = 0.0;
  for (Eigen::Index i = 0; i + 1 < z.size(); ++i) {
    auto const s = 100.0 * std::pow(z[i] * z[i] - z[i + 1], 2) + std::pow(z[i] - 1.0, 2);
    sum += s / 4000.0 - std::cos(s);
  }
  return 10.0 * sum / static_cast<double>(z.size() - 1) + 10.0;
}

double katsuura(VectorXd const& z) {
  auto const dimensions = static_cast<double>(z.size());
  double product = 1.0;
  for (Eigen::Index i = 0; i < z.size(); ++i) {
    double sum = 0.0;
    for (int j = 1; j <= 32; ++j) {
      auto const scaled = std::ldexp(z[i], j);
      sum += std::ldexp(std::abs(scaled - std::round(scaled)), -j);
    }
    product *= std::pow(1.0 + static_cast<double>(i + 1) * sum, 10.0 / std::pow(dimensions, 1.2));
  }
  return 10.0 / (dimensions * dimensions) * (product - 1.0);
}

std::vector<Eigen::Index> shuffled(Eigen::Index size, Rng& rng) {
  std::vector<Eigen::Index> order(static_cast<std::size_t>(size));
  std::iota(order.begin(), order.end(), Eigen::Index{0});
  for (auto left = order.size(); left > 1; --left) std::swap(order[left - 1], order[rng.below(left)]);
  return order;
}

}  // namespace

std::string TestFunction::name(int number) {
  static constexpr char const* names[] = {
      "sphere",         "ellipsoid",        "rastrigin",         "bueche_rastrigin", "linear_slope",   "sector",
      "step_ellipsoid", "rosenbrock",       "rosenbrock_turned", "ellipsoid_turned", "discus",         "bent_cigar",
      "sharp_ridge",    "different_powers", "rastrigin_turned",  "weierstrass",      "schaffers",      "schaffers_ill",
      "griewank_rosen", "schwefel",         "gallagher_101",     "gallagher_21",     "katsuura",       "lunacek",
      "sphere_noisy",   "rosenbrock_noisy", "staircase",         "ackley_turned",    "ellipsoid_noisy"};
  return names[number - 1];
}

TestFunction::TestFunction(int number, int dimensions, std::uint64_t instance)
    : number_(number), dimensions_(dimensions), instance_(instance), optimum_(dimensions), signs_(dimensions) {
  Rng rng(instance, "test function", static_cast<std::uint64_t>(1000 * number + dimensions));
  offset_ = std::round(rng.uniform(-20000.0, 20000.0)) / 100.0;
  for (auto& value : optimum_) value = rng.uniform(-4.0, 4.0);
  for (auto& value : signs_) value = rng.uniform() < 0.5 ? -1.0 : 1.0;
  first_ = random_rotation(dimensions, rng);
  second_ = random_rotation(dimensions, rng);
  auto const widening = std::max(1.0, std::sqrt(dimensions) / 8.0);
  if (number == 4) {
    for (int i = 0; i < dimensions; i += 2) optimum_[i] = std::abs(optimum_[i]);
  }
  if (number == 5) optimum_ = 5.0 * signs_;
  if (number == 8 || number == 26) optimum_ *= 0.75;
  if (number == 9 || number == 19) optimum_ = first_.transpose() * VectorXd::Constant(dimensions, 0.5 / widening);
  if (number == 20) optimum_ = 0.5 * 4.2096874633 * signs_;
  if (number == 24) optimum_ = 1.25 * signs_;
  if (number == 21) place_peaks(101);
  if (number == 22) place_peaks(21);
}

void TestFunction::place_peaks(int peaks) {
  Rng rng(instance_, "peaks", static_cast<std::uint64_t>(1000 * number_ + dimensions_));
  auto const reach = peaks == 101 ? 5.0 : 4.9;
  auto const order = shuffled(peaks - 1, rng);
  std::vector<std::vector<Eigen::Index>> axes;
  MatrixXd places(dimensions_, peaks);
  for (int k = 0; k < peaks; ++k) {
    for (int i = 0; i < dimensions_; ++i) places(i, k) = (k == 0 ? 0.8 : 1.0) * rng.uniform(-reach, reach);
    axes.push_back(shuffled(dimensions_, rng));
  }
  shape_peaks(order, axes, places);
}

// The highest peak has the middle condition of the 101, or the largest of the 21.
void TestFunction::shape_peaks(std::vector<Eigen::Index> const& order,
                               std::vector<std::vector<Eigen::Index>> const& axes, MatrixXd const& places) {
  auto const peaks = places.cols();
  optimum_ = places.col(0);
  peaks_ = first_ * places;
  stiffness_.resize(dimensions_, peaks);
  heights_.resize(peaks);
  for (Eigen::Index k = 0; k < peaks; ++k) {
    auto const place = static_cast<double>(k - 1) / static_cast<double>(peaks - 2);
    heights_[k] = k == 0 ? 10.0 : 1.1 + 8.0 * place;
    auto exponent = peaks == 101 ? 0.5 : 1.0;
    if (k > 0) exponent = static_cast<double>(order[static_cast<std::size_t>(k - 1)]) / static_cast<double>(peaks - 2);
    for (int i = 0; i < dimensions_; ++i) {
      auto const axis = axes[static_cast<std::size_t>(k)][static_cast<std::size_t>(i)];
      stiffness_(i, k) = std::pow(std::pow(1000.0, exponent), ramp(axis, dimensions_) - 0.5);
    }
  }
}

double TestFunction::raw(VectorXd const& x) const {
  if (number_ <= 5) return separable(x);
  if (number_ <= 14) return conditioned(x);
  if (number_ <= 19) return multimodal(x);
  return number_ <= 24 ? weakly_structured(x) : ours(x);
}

double TestFunction::separable(VectorXd const& x) const {
  VectorXd z = x - optimum_;
  switch (number_) {
    case 1:
      return z.squaredNorm();
    case 2:
      return ellipsoid(oscillate(z));
    case 3:
      return rastrigin(stretch(10.0, skew(0.2, oscillate(z))));
    case 4:
      z = stretch(10.0, oscillate(z));
      for (Eigen::Index i = 0; i < z.size(); i += 2) z[i] *= z[i] > 0.0 ? 10.0 : 1.0;
      return rastrigin(z) + 100.0 * outside(x);
    default:
      break;
  }
  double sum = 0.0;
  for (Eigen::Index i = 0; i < x.size(); ++i) {
    auto const slope = std::copysign(std::pow(10.0, ramp(i, x.size())), optimum_[i]);
    sum += 5.0 * std::abs(slope) - slope * (x[i] * optimum_[i] < 25.0 ? x[i] : optimum_[i]);
  }
  return sum;
}

double TestFunction::conditioned(VectorXd const& x) const {
  VectorXd const turned = first_ * (x - optimum_);
  auto const widening = std::max(1.0, std::sqrt(dimensions_) / 8.0);
  VectorXd z;
  switch (number_) {
    case 6:
      z = second_ * stretch(10.0, turned);
      for (Eigen::Index i = 0; i < z.size(); ++i) z[i] *= z[i] * optimum_[i] > 0.0 ? 100.0 : 1.0;
      return std::pow(oscillate(z.squaredNorm()), 0.9);
    case 7: {
      z = stretch(10.0, turned);
      auto const lead = std::abs(z[0]);
      for (auto& value : z) {
        value = std::abs(value) > 0.5 ? std::floor(0.5 + value) : std::floor(0.5 + 10.0 * value) / 10.0;
      }
      return 0.1 * std::max(lead / 1e4, stretch(100.0, second_ * z).squaredNorm()) + outside(x);
    }
    case 8:
      return rosenbrock((widening * (x - optimum_)).array() + 1.0);
    case 9:
      return rosenbrock((widening * (first_ * x)).array() + 0.5);
    case 10:
      return ellipsoid(oscillate(turned));
    case 11:
      z = oscillate(turned);
      return z.squaredNorm() + (1e6 - 1.0) * z[0] * z[0];
    case 12:
      z = first_ * skew(0.5, turned);
      return 1e6 * z.squaredNorm() - (1e6 - 1.0) * z[0] * z[0];
    case 13:
      z = second_ * stretch(10.0, turned);
      return z[0] * z[0] + 100.0 * z.tail(z.size() - 1).norm();
    default:
      break;
  }
  double sum = 0.0;
  for (Eigen::Index i = 0; i < x.size(); ++i) sum += std::pow(std::abs(turned[i]), 2.0 + 4.0 * ramp(i, x.size()));
  return std::sqrt(sum);
}

double TestFunction::multimodal(VectorXd const& x) const {
  VectorXd const turned = first_ * (x - optimum_);
  switch (number_) {
    case 15:
      return rastrigin(first_ * stretch(10.0, second_ * skew(0.2, oscillate(turned))));
    case 16:
      return weierstrass(first_ * stretch(0.01, second_ * oscillate(turned))) + 10.0 * outside(x) / dimensions_;
    case 17:
    case 18:
      return schaffers(stretch(number_ == 17 ? 10.0 : 1000.0, second_ * skew(0.5, turned))) + 10.0 * outside(x);
    default:
      return griewank_rosenbrock((std::max(1.0, std::sqrt(dimensions_) / 8.0) * (first_ * x)).array() + 0.5);
  }
}

double TestFunction::weakly_structured(VectorXd const& x) const {
  VectorXd const turned = first_ * (x - optimum_);
  if (number_ == 20) {
    VectorXd const mirrored = 2.0 * signs_.cwiseProduct(x), centre = 2.0 * optimum_.cwiseAbs();
    VectorXd sheared = mirrored;
    for (int i = 0; i + 1 < dimensions_; ++i) sheared[i + 1] += 0.25 * (mirrored[i] - centre[i]);
    VectorXd const z = 100.0 * (stretch(10.0, sheared - centre) + centre);
    double sum = 0.0;
    for (auto const value : z) sum += value * std::sin(std::sqrt(std::abs(value)));
    return 4.189828872724339 - sum / (100.0 * dimensions_) + 100.0 * outside(0.01 * z);
  }
  if (number_ == 21 || number_ == 22) {
    VectorXd const place = first_ * x;
    double best = 0.0;
    for (Eigen::Index k = 0; k < heights_.size(); ++k) {
      auto const square = (place - peaks_.col(k)).cwiseAbs2().dot(stiffness_.col(k));
      best = std::max(best, heights_[k] * std::exp(-0.5 * square / dimensions_));
    }
    return std::pow(oscillate(10.0 - best), 2) + outside(x);
  }
  if (number_ == 23) return katsuura(second_ * stretch(100.0, turned)) + outside(x);
  auto const size = static_cast<double>(dimensions_);
  auto const s = 1.0 - 1.0 / (2.0 * std::sqrt(size + 20.0) - 8.2), far = -std::sqrt((2.5 * 2.5 - 1.0) / s);
  VectorXd const mirrored = 2.0 * signs_.cwiseProduct(x);
  VectorXd const z = second_ * stretch(100.0, first_ * (mirrored.array() - 2.5).matrix());
  auto const near_funnel = (mirrored.array() - 2.5).square().sum(),
             far_funnel = (mirrored.array() - far).square().sum();
  return std::min(near_funnel, size + s * far_funnel) + 10.0 * (size - (2.0 * pi * z.array()).cos().sum()) +
         1e4 * outside(x);
}

double TestFunction::ours(VectorXd const& x) const {
  VectorXd const z = x - optimum_, turned = first_ * z;
  switch (number_) {
    case 25:
      return z.squaredNorm();
    case 26:
      return rosenbrock(z.array() + 1.0);
    case 27: {  // flat steps of 0.2 in each turned direction, around the minimum a bowl
      double sum = 0.0;
      for (auto const value : turned) {
        auto const steps = std::floor(5.0 * std::abs(value));
        sum += steps * steps / 25.0;
      }
      return sum + (sum == 0.0 ? 1e-2 * turned.squaredNorm() : 1e-2);
    }
    case 28: {
      auto const size = static_cast<double>(dimensions_);
      return 20.0 - 20.0 * std::exp(-0.2 * std::sqrt(turned.squaredNorm() / size)) + std::exp(1.0) -
             std::exp((2.0 * pi * turned.array()).cos().sum() / size);
    }
    default:
      return 1e-2 * stretch(1e4, turned).squaredNorm();
  }
}

// The noise of 25, 26 and 29 is proportional to the height above the minimum, so that it vanishes there.
double TestFunction::observed(VectorXd const& x, std::uint64_t draw) const {
  if (number_ != 25 && number_ != 26 && number_ != 29) return (*this)(x);
  Rng rng(instance_, "noise", draw);
  return raw(x) * std::exp((number_ == 29 ? 0.3 : 0.05) * rng.normal()) + offset_;
}

}  // namespace nacre::test
