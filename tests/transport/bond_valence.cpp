#include "nacre/transport/bond_valence.hpp"

#include <gmock/gmock.h>

#include "ionic_crystals.hpp"
#include "nacre/core/rng.hpp"
#include "support/support.hpp"

namespace nacre {
namespace {

Ion const lithium{3, 1}, oxide{8, -2};

std::vector<Eigen::Vector3d> random_points(Crystal const& crystal, int count, double smallest_distance) {
  Rng rng(5, "points", 0);
  std::vector<Eigen::Vector3d> points;
  while (static_cast<int>(points.size()) < count) {
    Eigen::Vector3d const x =
        crystal.lattice * Eigen::Vector3d(rng.uniform(-1, 2), rng.uniform(-1, 2), rng.uniform(-1, 2));
    Crystal probe = crystal;
    probe.positions.conservativeResize(3, probe.positions.cols() + 1);
    probe.positions.rightCols<1>() = x;
    probe.numbers.push_back(1);
    probe.oxidation.clear();
    if (shortest_distance(probe).distance > smallest_distance) points.push_back(x);
  }
  return points;
}

TEST(BondValence, reads_ions_as_chemists_write_them) {
  for (auto const* text : {"Li+", "Li1+", " Li+ "}) {
    EXPECT_EQ(parse_ion(text).number, 3) << text;
    EXPECT_EQ(parse_ion(text).charge, 1) << text;
  }
  EXPECT_EQ(parse_ion("O2-").charge, -2);
  EXPECT_EQ(parse_ion("F-").charge, -1);
  EXPECT_EQ(to_string(parse_ion("Li+")), "Li1+");
  EXPECT_EQ(to_string(parse_ion("O2-")), "O2-");
  for (auto const* text :
       {"", "Li", "+", "2-", "O0-", "O2", "Xx2-", "O2-x", "O--", "O12-", "o2-", "O 2-", "O99999999999999999999-"})
    EXPECT_THROW(parse_ion(text), InputError) << text;
}

TEST(BondValence, knows_the_published_pair_of_lithium_and_oxygen) {
  auto const pair = require_bond_valence_pair(oxide, lithium);

  EXPECT_EQ(pair.r0, 1.17096);
  EXPECT_EQ(pair.rmin, 1.940013);
  EXPECT_EQ(pair.alpha, 1.937984);
  EXPECT_EQ(pair.d0, 0.98816);
}

TEST(BondValence, says_what_the_table_has_instead_of_a_missing_pair) {
  auto const titanium = test::input_error_of([] { require_bond_valence_pair({22, 5}, oxide); });
  auto const proton = test::input_error_of([] { require_bond_valence_pair({1, 1}, oxide); });
  auto const unusable = test::input_error_of([] { require_bond_valence_pair({5, 3}, {17, -1}); });

  EXPECT_THAT(titanium, testing::AllOf(testing::HasSubstr("Ti5+ with O2-"), testing::HasSubstr("Ti4+")));
  EXPECT_THAT(proton, testing::HasSubstr("no bond-valence parameters of H1+"));
  EXPECT_THAT(unusable, testing::HasSubstr("has no minimum"));  // alpha < 0 in the published table
  EXPECT_FALSE(find_bond_valence_pair({5, 3}, {17, -1}));
}

TEST(BondValence, has_its_minimum_of_one_pair_at_rmin) {
  auto const pair = require_bond_valence_pair(lithium, oxide);
  RadialEnergy const radial(lithium, oxide, {});

  auto const values = radial.at(pair.rmin);

  EXPECT_DOUBLE_EQ(values.energy, -pair.d0 / 2.0);
  EXPECT_NEAR(values.first, 0.0, 1e-15);
  EXPECT_DOUBLE_EQ(values.second, pair.d0 * pair.alpha * pair.alpha);  // harmonic: D0/2 (alpha x)^2
}

TEST(BondValence, repels_like_charges_as_bare_ones_at_short_distance) {
  RadialEnergy const radial(lithium, {15, 5}, {});

  double const bare = 14.4 * 5.0 / std::sqrt(2.0 * 3.0) / 1e-4;

  EXPECT_NEAR(radial.energy(1e-4), bare, 1e-4 * bare);  // erfc(x) = 1 - 2 x / sqrt(pi)
  EXPECT_EQ(radial.energy(0.0), std::numeric_limits<double>::infinity());
}

TEST(BondValence, equals_a_plain_sum_over_a_large_block_of_cells) {
  auto const crystal = test::skew_crystal();  // shortest height 3.1 A: the cutoff is three times the cell
  SiteEnergy const field(crystal, lithium);
  RadialEnergy const oxygen(lithium, oxide, {}), phosphorus(lithium, {15, 5}, {});

  for (auto const& x : random_points(crystal, 10, 1.0)) {
    double sum = 0.0;
    for (int i = -8; i <= 8; ++i)
      for (int j = -8; j <= 8; ++j)
        for (int k = -8; k <= 8; ++k)
          for (int a = 0; a < 3; ++a) {
            double const r = (x - crystal.positions.col(a) - crystal.lattice * Eigen::Vector3d(i, j, k)).norm();
            if (r < 10.0) sum += (a < 2 ? oxygen : phosphorus).energy(r);
          }
    EXPECT_NEAR(field.energy(x), sum, 1e-11 * std::max(1.0, std::abs(sum)));  // the order of the sum differs
  }
}

TEST(BondValence, gives_the_reference_points) {
  auto const path = test::shared_file("reference/physics/bvse_reference.json");
  NACRE_NEEDS_SHARED(path);
  auto const file = Value::parse_json(read_file(path), path.string());

  for (auto const& [name, entry] : file.at("points").as_object()) {
    auto const crystal = test::reference_crystal(file.at("structures").at(name));
    SiteEnergy const field(crystal, parse_ion(entry.at("ion").as_string()));
    auto const& points = entry.at("points").as_array();
    for (std::size_t i = 0; i < points.size(); ++i) {
      Eigen::Vector3d fractional;
      for (int k = 0; k < 3; ++k) fractional[k] = points[i].as_array()[static_cast<std::size_t>(k)].as_number();
      double const expected = entry.at("E_full_rcut10").as_array()[i].as_number();
      EXPECT_NEAR(field.energy(crystal.lattice * fractional), expected, 1e-7) << name << " point " << i;
    }
  }
}

TEST(BondValence, has_the_derivatives_of_its_energy) {
  auto const crystal = test::skew_crystal();
  SiteEnergy const field(crystal, lithium);
  auto const error = [&](Eigen::Vector3d const& x, double h) {
    Eigen::Vector3d gradient;
    Eigen::Matrix3d hessian;
    for (int k = 0; k < 3; ++k) {
      Eigen::Vector3d const step = h * Eigen::Vector3d::Unit(k);
      gradient[k] = (field.energy(x + step) - field.energy(x - step)) / (2.0 * h);
      hessian.col(k) = (field.derivatives(x + step).gradient - field.derivatives(x - step).gradient) / (2.0 * h);
    }
    auto const exact = field.derivatives(x);
    EXPECT_NEAR(exact.energy, field.energy(x), 1e-12 * std::max(1.0, std::abs(exact.energy)));
    return Eigen::Vector2d((gradient - exact.gradient).norm() / exact.gradient.norm(),
                           (hessian - exact.hessian).norm() / exact.hessian.norm());
  };

  for (auto const& x : random_points(crystal, 6, 1.2)) {
    auto const coarse = error(x, 2e-3), fine = error(x, 1e-3);

    EXPECT_LT(fine.maxCoeff(), 1e-4);
    for (int k = 0; k < 2; ++k) EXPECT_NEAR(coarse[k] / fine[k], 4.0, 0.4);  // central differences: h^2
  }
}

TEST(BondValence, does_not_change_with_the_description_of_the_crystal) {
  auto const crystal = test::skew_crystal();
  SiteEnergy const field(crystal, lithium);
  Eigen::Vector3d const shift(0.3, -2.1, 7.7);
  Crystal moved = crystal, permuted = crystal, skewed = crystal;
  moved.positions.colwise() += shift;
  permuted.positions = crystal.positions.rowwise().reverse();
  std::reverse(permuted.numbers.begin(), permuted.numbers.end());
  std::reverse(permuted.oxidation.begin(), permuted.oxidation.end());
  skewed.lattice.col(2) += 3.0 * skewed.lattice.col(0) - 2.0 * skewed.lattice.col(1);
  skewed.positions.col(1) += 4.0 * crystal.lattice.col(2);
  auto const turned = test::rotated(crystal, 0.7);
  Eigen::Matrix3d const rotation = turned.lattice * crystal.lattice.inverse();
  auto const doubled = supercell(crystal, {2, 1, 3});

  for (auto const& x : random_points(crystal, 10, 1.0)) {
    double const expected = field.energy(x), tolerance = 1e-11 * std::max(1.0, std::abs(expected));  // order of sums
    EXPECT_NEAR(SiteEnergy(moved, lithium).energy(x + shift), expected, tolerance);
    EXPECT_NEAR(SiteEnergy(permuted, lithium).energy(x), expected, tolerance);
    EXPECT_NEAR(SiteEnergy(skewed, lithium).energy(x), expected, tolerance);
    EXPECT_NEAR(SiteEnergy(turned, lithium).energy(rotation * x), expected, tolerance);
    EXPECT_NEAR(SiteEnergy(doubled, lithium).energy(x), expected, tolerance);
    EXPECT_NEAR(field.energy(x + crystal.lattice * Eigen::Vector3d(2, -1, 5)), expected, tolerance);
  }
}

TEST(BondValence, has_no_images_across_a_direction_that_is_not_periodic) {
  auto slab = test::lithium_oxide();
  slab.periodic[2] = false;
  Eigen::Vector3d const above(1.0, 1.2, 15.0);  // the highest plane is at 3.46 A

  EXPECT_EQ(SiteEnergy(slab, lithium).energy(above), 0.0);
  EXPECT_NE(SiteEnergy(test::lithium_oxide(), lithium).energy(above), 0.0);
}

TEST(BondValence, refuses_crystals_it_cannot_describe) {
  auto crystal = test::lithium_oxide();
  crystal.oxidation.clear();
  EXPECT_THAT(test::input_error_of([&] { SiteEnergy(crystal, lithium); }), testing::HasSubstr("no oxidation states"));
  crystal.oxidation.assign(12, -0.5);
  EXPECT_THAT(test::input_error_of([&] { SiteEnergy(crystal, lithium); }), testing::HasSubstr("whole charges"));
  crystal.oxidation.assign(12, 0.0);
  EXPECT_THAT(test::input_error_of([&] { SiteEnergy(crystal, lithium); }), testing::HasSubstr("no charged ions"));
  auto const oxygen_as_cation = [] {
    auto c = test::lithium_oxide();
    for (auto& q : c.oxidation) q = std::abs(q);
    SiteEnergy(c, oxide);
  };
  EXPECT_NO_THROW(oxygen_as_cation());  // the element is mobile, whatever its charge in the file
  EXPECT_THROW(SiteEnergy(test::lithium_oxide(), lithium, {.cutoff = -1.0}), InputError);
  EXPECT_THROW(SiteEnergy(test::lithium_oxide(), lithium, {.cutoff = 1e9}), InputError);
}

}  // namespace
}  // namespace nacre
