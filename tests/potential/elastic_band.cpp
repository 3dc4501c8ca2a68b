#include "nacre/potential/elastic_band.hpp"

#include <gtest/gtest.h>

#include <array>
#include <cmath>

#include "nacre/core/error.hpp"

namespace nacre {
namespace {

/// The surface of K. Müller and L. D. Brown, Theor. Chim. Acta 53, 75 (1979), doi:10.1007/BF00547608, for the distance
/// between two atoms in x and y, a hundredth of its height; z is a spring.
class MuellerBrown final : public Potential {
 public:
  Evaluation evaluate(Crystal const& crystal) const override {
    constexpr std::array<double, 4> height{-2.0, -1.0, -1.7, 0.15}, a{-1.0, -1.0, -6.5, 0.7}, b{0.0, 0.0, 11.0, 0.6},
        c{-10.0, -10.0, -6.5, 0.7}, x0{1.0, 0.0, -0.5, -1.0}, y0{0.0, 0.5, 1.5, 1.0};
    Eigen::Vector3d const r = crystal.positions.col(1) - crystal.positions.col(0);
    Evaluation result;
    Eigen::Vector3d gradient(0.0, 0.0, r.z());
    result.energy = 0.5 * r.z() * r.z();
    for (std::size_t k = 0; k < 4; ++k) {
      double const dx = r.x() - x0[k], dy = r.y() - y0[k];
      double const e = height[k] * std::exp(a[k] * dx * dx + b[k] * dx * dy + c[k] * dy * dy);
      result.energy += e;
      gradient.x() += e * (2.0 * a[k] * dx + b[k] * dy);
      gradient.y() += e * (b[k] * dx + 2.0 * c[k] * dy);
    }
    result.forces.resize(3, 2);
    result.forces << gradient, -gradient;
    result.edges = 1;
    return result;
  }
  std::string name() const override { return "mueller-brown"; }
  std::string identity() const override { return std::string(64, '0'); }
  double cutoff() const override { return 5.0; }
  std::vector<int> elements() const override { return {1}; }
};

Crystal pair_at(double x, double y) {
  Crystal crystal;
  crystal.lattice = 20.0 * Eigen::Matrix3d::Identity();
  crystal.numbers = {1, 1};
  crystal.positions.resize(3, 2);
  crystal.positions.col(0) = Eigen::Vector3d(5.0, 5.0, 5.0);
  crystal.positions.col(1) = Eigen::Vector3d(5.0 + x, 5.0 + y, 5.0);
  return crystal;
}

BandOptions tight(int images) {
  BandOptions options;
  options.images = images;
  options.fmax = 1e-4;
  return options;
}

TEST(ElasticBand, finds_the_saddles_of_mueller_and_brown) {
  MuellerBrown const surface;

  auto const first = find_band(pair_at(-0.558224, 1.441726), pair_at(-0.050011, 0.466694), surface, tight(7));
  auto const second = find_band(pair_at(-0.050011, 0.466694), pair_at(0.623499, 0.028038), surface, tight(6));

  ASSERT_TRUE(first.converged) << first.reason;
  ASSERT_TRUE(second.converged) << second.reason;
  // stationary points of the paper, to the digits that it is usually quoted with
  EXPECT_NEAR(first.energies[first.saddle], -0.40664844, 1e-7);
  EXPECT_NEAR(second.energies[second.saddle], -0.72248940, 1e-7);
  EXPECT_NEAR(first.forward(), -0.40664844 + 1.46699517, 1e-7);
  EXPECT_NEAR(first.backward(), -0.40664844 + 0.80767818, 1e-7);
  EXPECT_NEAR(first.reaction(), first.forward() - first.backward(), 1e-12);
}

TEST(ElasticBand, does_not_depend_on_the_number_of_threads) {
  MuellerBrown const surface;
  auto options = tight(5);
  auto const one = find_band(pair_at(-0.05, 0.47), pair_at(0.62, 0.03), surface, options);
  options.threads = 3;

  auto const three = find_band(pair_at(-0.05, 0.47), pair_at(0.62, 0.03), surface, options);

  EXPECT_EQ(one.energies, three.energies);
  EXPECT_EQ(one.work, three.work);
}

TEST(ElasticBand, says_why_it_ended) {
  MuellerBrown const surface;
  auto options = tight(5);
  options.max_steps = 2;
  EXPECT_EQ(find_band(pair_at(-0.05, 0.47), pair_at(0.62, 0.03), surface, options).reason, "max_steps");
  options.cancelled = [] { return true; };
  EXPECT_EQ(find_band(pair_at(-0.05, 0.47), pair_at(0.62, 0.03), surface, options).reason, "cancelled");
}

TEST(ElasticBand, crosses_the_border_of_the_cell) {
  auto first = pair_at(1.0, 0.0), last = pair_at(1.0, 0.0);
  first.positions.col(1).x() = 19.8;
  last.positions.col(1).x() = 0.2;  // the same atom, 0.4 Å on

  auto const end = unwrapped(first, last);

  EXPECT_NEAR((end.positions.col(1) - end.positions.col(0) - first.positions.col(1) + first.positions.col(0)).x(), 0.4, 1e-12);
  EXPECT_NEAR((end.positions - first.positions).rowwise().mean().norm(), 0.0, 1e-12);
}

TEST(ElasticBand, starts_without_atoms_in_each_other) {
  double const angle = 170.0 / 180.0 * M_PI;
  auto const first = pair_at(2.0, 0.0), last = pair_at(2.0 * std::cos(angle), 2.0 * std::sin(angle));

  auto const images = interpolate_distances(first, last, 5);

  for (auto const& image : images) {
    // on a straight line the middle image would be 0.17 Å long
    EXPECT_NEAR((image.positions.col(1) - image.positions.col(0)).norm(), 2.0, 0.2);
  }
}

TEST(ElasticBand, refuses_ends_that_are_no_pair) {
  auto other = pair_at(1.0, 0.0);
  other.numbers[1] = 2;
  EXPECT_THROW(unwrapped(pair_at(1.0, 0.0), other), InputError);
  other = pair_at(1.0, 0.0);
  other.lattice *= 1.01;
  EXPECT_THROW(unwrapped(pair_at(1.0, 0.0), other), InputError);
  BandOptions options;
  options.images = 0;
  EXPECT_THROW(find_band(pair_at(1.0, 0.0), pair_at(1.1, 0.0), MuellerBrown(), options), InputError);
}

}  // namespace
}  // namespace nacre
