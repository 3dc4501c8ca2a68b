#include <Eigen/LU>

#include "nacre/core/error.hpp"
#include "nacre/core/rng.hpp"
#include "nacre/core/text.hpp"
#include "nacre/core/value.hpp"
#include "nacre/stack/stack.hpp"
#include "support/support.hpp"

namespace nacre {
namespace {

using Stiffness = Eigen::Matrix<double, 6, 6>;

Stiffness cubic(double c11, double c12, double c44) {
  Stiffness c = Stiffness::Zero();
  c.topLeftCorner<3, 3>().setConstant(c12);
  for (int i : {0, 1, 2}) {
    c(i, i) = c11;
    c(i + 3, i + 3) = c44;
  }
  return c;
}

double energy_density(PlaneStiffness const& q, Eigen::Vector3d const& e) { return 0.5 * e.dot(q * e); }

Eigen::Matrix3d random_frame(Rng& rng) {
  Eigen::Vector3d a(rng.normal(), rng.normal(), rng.normal()), b(rng.normal(), rng.normal(), rng.normal());
  a.normalize();
  b = (b - a.dot(b) * a).normalized();
  Eigen::Matrix3d frame;
  frame.row(0) = a;
  frame.row(1) = b;
  frame.row(2) =
      Eigen::Vector3d(a.y() * b.z() - a.z() * b.y(), a.z() * b.x() - a.x() * b.z(), a.x() * b.y() - a.y() * b.x());
  return frame;
}

TEST(PlaneStiffness, gives_the_energies_of_a_strained_membrane) {  // definitions.md 2, eV/A^2
  auto const q = plane_stiffness(cubic(1.0, 0.3, 0.35), Eigen::Matrix3d::Identity());
  double const thickness = 3.45;

  EXPECT_NEAR(thickness * energy_density(q, {0.0, 0.01, 0.0}), 1.569750e-4, 1e-12);
  EXPECT_NEAR(thickness * energy_density(q, {0.01, 0.01, 0.0}), 3.864000e-4, 1e-12);
  Eigen::Matrix3d const reduced{{1.0, 0.3, 0.0}, {0.3, 1.0, 0.0}, {0.0, 0.0, 0.35}};  // given as a 2D tensor
  EXPECT_NEAR(thickness * energy_density(reduced, {0.0, 0.01, 0.0}), 1.725e-4, 1e-12);
}

TEST(PlaneStiffness, of_an_isotropic_body_is_the_same_in_every_frame) {
  Rng rng(3, "frames", 0);
  auto const c = cubic(1.1, 0.5, 0.3);  // C44 = (C11 - C12)/2
  auto const q = plane_stiffness(c, Eigen::Matrix3d::Identity());
  double const poisson = 0.5 / 1.6, young = 1.1 - 0.5 * 2.0 * poisson;  // C12/(C11 + C12), C11 - 2 nu C12

  EXPECT_NEAR(q(0, 0), young / (1.0 - poisson * poisson), 1e-12);
  EXPECT_NEAR(q(2, 2), 0.3, 1e-12);
  for (int k = 0; k < 5; ++k) EXPECT_LT((plane_stiffness(c, random_frame(rng)) - q).norm(), 1e-12);
}

TEST(PlaneStiffness, lets_the_third_direction_relax) {  // against a minimisation over e33, e23, e13
  Rng rng(5, "relaxing", 0);
  Stiffness root = Stiffness::NullaryExpr([&](Eigen::Index, Eigen::Index) { return rng.normal(); });
  Stiffness const c = root * root.transpose();
  Eigen::Vector3d const e(0.01, -0.02, 0.005);
  auto const q = plane_stiffness(c, Eigen::Matrix3d::Identity());

  Eigen::Matrix<double, 6, 1> full;
  full << e[0], e[1], 0.0, 0.0, 0.0, e[2];
  Eigen::Vector3d const out = -c.block<3, 3>(2, 2).inverse() * (c * full).segment<3>(2);
  full.segment<3>(2) = out;

  EXPECT_NEAR(energy_density(q, e), 0.5 * full.dot(c * full), 1e-14);
}

TEST(PlaneStiffness, turns_with_its_layer) {
  Eigen::Matrix3d const frame = Eigen::Matrix3d::Identity();
  auto const c = cubic(2.0, 0.6, 0.4);
  for (double angle : {0.3, 1.0, -2.0}) {
    Eigen::Matrix3d axes = frame;  // the fixed axes, seen from the crystal that is turned by `angle`
    axes.topLeftCorner<2, 2>() << std::cos(angle), -std::sin(angle), std::sin(angle), std::cos(angle);

    EXPECT_LT((turned(plane_stiffness(c, frame), angle) - plane_stiffness(c, axes)).norm(), 1e-12) << angle;
  }
}

TEST(StrainShare, follows_thickness_times_stiffness) {  // definitions.md 2
  auto const q = plane_stiffness(cubic(1.0, 0.3, 0.35), Eigen::Matrix3d::Identity());
  Eigen::Vector3d const h(0.02, -0.01, 0.004);

  auto const share = share_strain({Eigen::Vector3d::Zero(), h}, {10.0, 20.0}, {q, q});

  EXPECT_LT((share.layers[0] - 2.0 / 3.0 * h).norm(), 1e-15);
  EXPECT_LT((share.layers[1] + 1.0 / 3.0 * h).norm(), 1e-15);
  EXPECT_NEAR(share.energy_per_area, 1.2553333e-3, 5e-11);  // printed with 8 digits
}

TEST(StrainShare, has_the_least_energy) {
  Rng rng(9, "sharing", 0);
  auto const q1 = plane_stiffness(cubic(1.0, 0.3, 0.35), random_frame(rng));
  auto const q2 = plane_stiffness(cubic(3.0, 1.0, 0.5), random_frame(rng));
  Eigen::Vector3d const h(0.02, -0.01, 0.004);
  auto const energy = [&](Eigen::Vector3d const& s) {
    return 7.0 * energy_density(q1, s) + 3.0 * energy_density(q2, s - h);
  };

  auto const share = share_strain({Eigen::Vector3d::Zero(), h}, {7.0, 3.0}, {q1, q2});

  EXPECT_NEAR(share.energy_per_area, energy(share.layers[0]), 1e-15);
  for (int k = 0; k < 3; ++k) {
    Eigen::Vector3d const step = 1e-4 * Eigen::Vector3d::Unit(k);
    EXPECT_GT(energy(share.layers[0] + step), share.energy_per_area);
    EXPECT_GT(energy(share.layers[0] - step), share.energy_per_area);
  }
}

TEST(StrainShare, leaves_a_stiff_substrate_as_it_is) {
  auto const q = plane_stiffness(cubic(1.0, 0.3, 0.35), Eigen::Matrix3d::Identity());

  auto const share = share_strain({Eigen::Vector3d::Zero(), {0.01, 0.02, 0.0}}, {1e9, 1.0}, {q, q});

  EXPECT_LT(share.layers[0].norm(), 1e-10);
}

TEST(StrainShare, of_three_layers_has_the_least_energy) {
  Rng rng(10, "three layers", 0);
  std::vector<PlaneStiffness> q;
  for (double c : {1.0, 2.0, 4.0}) q.push_back(plane_stiffness(cubic(c, 0.3 * c, 0.35 * c), random_frame(rng)));
  std::vector<Eigen::Vector3d> const h{Eigen::Vector3d::Zero(), {0.02, -0.01, 0.004}, {-0.01, 0.015, 0.0}};
  std::vector<double> const t{4.0, 8.0, 5.0};
  auto const energy = [&](Eigen::Vector3d const& s) {
    double sum = 0.0;
    for (std::size_t i = 0; i < 3; ++i) sum += t[i] * energy_density(q[i], s - h[i]);
    return sum;
  };

  auto const share = share_strain(h, t, q);

  EXPECT_NEAR(share.energy_per_area, energy(share.layers[0]), 1e-15);
  for (std::size_t i = 0; i < 3; ++i) EXPECT_EQ(share.layers[i], Eigen::Vector3d(share.layers[0] - h[i]));
  for (int k = 0; k < 3; ++k) {
    Eigen::Vector3d const step = 1e-4 * Eigen::Vector3d::Unit(k);
    EXPECT_GT(energy(share.layers[0] + step), share.energy_per_area);
    EXPECT_GT(energy(share.layers[0] - step), share.energy_per_area);
  }
}

TEST(StrainShare, takes_any_fixed_fraction) {
  std::vector<Eigen::Vector3d> const h{Eigen::Vector3d::Zero(), {0.02, -0.01, 0.004}};

  EXPECT_EQ(share_strain(h, {1.0, 0.0}).layers[0].norm(), 0.0) << "a rigid substrate";
  EXPECT_EQ(share_strain(h, {0.0, 2.0}).layers[1].norm(), 0.0);
  EXPECT_LT((share_strain(h, {0.3, 0.1}).layers[0] - 0.25 * h[1]).norm(), 1e-17);
  EXPECT_THROW(share_strain(h, {0.0, 0.0}), InputError);
  EXPECT_THROW(share_strain(h, {1.5, -0.5}), InputError);
  EXPECT_THROW(share_strain(h, {1.0}), InputError);
}

template <int Size>
Eigen::Matrix<double, Size, Size> matrix(Value const& rows) {
  Eigen::Matrix<double, Size, Size> m;
  for (int r = 0; r < Size; ++r) {
    for (int c = 0; c < Size; ++c) m(r, c) = rows.as_array()[r].as_array()[c].as_number();
  }
  return m;
}

Eigen::Vector3d vector(Value const& list) {
  auto const& v = list.as_array();
  return {v[0].as_number(), v[1].as_number(), v[2].as_number()};
}

TEST(StrainShare, agrees_with_the_reference_contacts) {
  for (char const* name : {"contact_CeO2_ZrO2_111.json", "contact_SrTiO3_MgO_5_9.json"}) {
    auto const path = test::shared_file(std::string("reference/physics2/") + name);
    NACRE_NEEDS_SHARED(path);
    auto const document = Value::parse_json(read_file(path), path.string());
    for (auto const& [key, entry] : document.at("entries").as_object()) {
      SCOPED_TRACE(key);
      Value const& g = entry.at("geometry");
      Eigen::Matrix2d const bottom = matrix<2>(g.at("A")).transpose(), top = matrix<2>(g.at("B")).transpose();

      auto const misfit = misfit_strain(Coincidence(), bottom, top);  // A and B are the supercells
      auto const share = share_strain({Eigen::Vector3d::Zero(), misfit},
                                      {g.at("t1_A").as_number(), g.at("t2_A").as_number()},
                                      {matrix<3>(g.at("Q1_eV_A3")), matrix<3>(g.at("Q2_in_frame1_eV_A3"))});

      EXPECT_LT((misfit - vector(g.at("misfit_log_strain_voigt"))).norm(), 1e-12);
      EXPECT_LT((share.layers[0] - vector(g.at("layer1_log_strain_voigt"))).norm(), 1e-12);
      EXPECT_LT((share.layers[1] - vector(g.at("layer2_log_strain_voigt"))).norm(), 1e-12);
    }
  }
}

}  // namespace
}  // namespace nacre
