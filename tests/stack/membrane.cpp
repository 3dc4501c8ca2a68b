#include "nacre/stack/membrane.hpp"

#include <cmath>
#include <numbers>

#include "nacre/core/error.hpp"
#include "nacre/core/units.hpp"
#include "support/support.hpp"

namespace nacre {
namespace {

/// Plane stress of the golden cubic crystal of definitions.md 2.
PlaneStiffness golden() {
  Eigen::Matrix<double, 6, 6> c = Eigen::Matrix<double, 6, 6>::Zero();
  c.topLeftCorner<3, 3>().setConstant(0.3);
  for (int i : {0, 1, 2}) {
    c(i, i) = 1.0;
    c(i + 3, i + 3) = 0.35;
  }
  return plane_stiffness(c, Eigen::Matrix3d::Identity());
}

Coincidence one_on_one(Eigen::Matrix2d const& top, Eigen::Matrix2d const& bottom) {
  return make_coincidence(top, bottom, Eigen::Matrix2i::Identity(), Eigen::Matrix2i::Identity());
}

Eigen::Matrix2d square(double a) { return a * Eigen::Matrix2d::Identity(); }

TEST(CriticalThickness, solves_its_equation) {
  for (double const misfit : {0.001, 0.01, 0.03}) {
    double const h = critical_thickness(misfit, 3.9, 0.25);

    EXPECT_NEAR(h, 3.9 / (8.0 * std::numbers::pi * misfit * 1.25) * (std::log(h / 3.9) + 1.0), 1e-9 * h) << misfit;
    EXPECT_GT(h, 3.9);  // the larger of two solutions
  }
  EXPECT_EQ(critical_thickness(0.05, 3.9, 0.25), 0.0);
  EXPECT_TRUE(std::isinf(critical_thickness(0.0, 3.9, 0.25)));
  EXPECT_EQ(critical_thickness(-0.01, 3.9, 0.25), critical_thickness(0.01, 3.9, 0.25));
  EXPECT_THROW(critical_thickness(0.01, 0.0, 0.25), InputError);
}

TEST(Membranes, store_what_their_shared_misfit_costs) {
  // misfit exp(0.004): each of two equal membranes takes 0.002, and definitions.md 2 has 3.864e-4 eV/A^2 for 0.01
  // and 3.45 A
  auto const bottom = square(4.0), top = square(4.0 * std::exp(0.004));
  auto const pair = join_membranes(one_on_one(top, bottom), bottom, top, {golden(), golden()}, {100.0, 100.0});
  double const expected = 2.0 * 3.864e-4 * 0.04 * (100.0 / 3.45);

  EXPECT_TRUE(pair.coherent);
  EXPECT_NEAR(pair.elastic_energy, expected, 1e-9);
}

TEST(Membranes, are_incoherent_beyond_the_critical_thickness_and_in_larger_cells) {
  auto const bottom = square(4.0), top = square(4.0 * std::exp(0.004));
  auto const thick = join_membranes(one_on_one(top, bottom), bottom, top, {golden(), golden()}, {1e4, 1e4});
  Eigen::Matrix2i film, substrate;
  film << 1, 0, 0, 2;
  substrate << 2, 0, 0, 1;
  auto const larger =
      join_membranes(make_coincidence(top, bottom, film, substrate), bottom, top, {golden(), golden()}, {10.0, 10.0});

  EXPECT_FALSE(thick.coherent);
  EXPECT_EQ(thick.elastic_energy, 0.0);
  EXPECT_FALSE(larger.coherent);
}

TEST(Griffith, delaminates_where_elastic_energy_exceeds_adhesion) {
  double const elastic = 2.0 * 3.864e-4 * 0.04 * (100.0 / 3.45) * units::J_per_m2;  // 0.01436 J/m^2

  EXPECT_GT(stability_margin(0.05, elastic), 0.0);
  EXPECT_LT(stability_margin(0.05, 100.0 * elastic), 0.0);  // ten times the misfit: delaminates
  EXPECT_DOUBLE_EQ(stability_margin(1.0, 0.25), 0.75);
}

}  // namespace
}  // namespace nacre
