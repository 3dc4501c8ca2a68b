#include "nacre/transport/hops.hpp"

#include <gtest/gtest.h>

#include <cmath>

#include "hop_crystals.hpp"
#include "nacre/core/error.hpp"
#include "nacre/transport/hop_analysis.hpp"

namespace nacre {
namespace {

using test::fluorite;
using test::perovskite;

constexpr int oxygen = 8;

TEST(Hops, of_fluorite_are_edges_of_a_cube) {
  auto const network = find_hops(fluorite(58, 8, 5.4), oxygen);

  EXPECT_EQ(network.sites.size(), 8u);
  EXPECT_EQ(network.hops.size(), 24u);  // six to each of eight sites, each counted once
  ASSERT_EQ(network.hop_orbits.size(), 1u);
  EXPECT_EQ(network.site_orbits.size(), 1u);
  EXPECT_TRUE(network.hop_orbits[0].exchange);
  EXPECT_EQ(network.hop_orbits[0].multiplicity, 24);
  EXPECT_NEAR(network.hop_length, 2.7, 1e-12);
}

TEST(Hops, of_perovskite_are_edges_of_an_octahedron) {
  auto const network = find_hops(perovskite(38, 22, 3.9), oxygen);

  EXPECT_EQ(network.hops.size(), 12u);
  EXPECT_EQ(network.hop_orbits.size(), 1u);
  EXPECT_TRUE(network.hop_orbits[0].exchange);
}

TEST(Hops, do_not_pass_through_other_ions) {
  // in rock salt a hop along the cell's edge would pass through a cation
  HopSearch search;
  search.reach = 1.45;
  auto const network = find_hops(test::rock_salt(12, 4.2), oxygen, search);

  for (auto const& hop : network.hops) EXPECT_NEAR(hop.vector.norm(), 4.2 / std::sqrt(2.0), 1e-9);
}

TEST(Hops, are_fewer_alike_in_a_cell_with_less_symmetry) {
  HopSearch search;
  search.supercell = {2, 2, 3};
  auto const network = find_hops(fluorite(58, 8, 5.4), oxygen, search);

  EXPECT_EQ(network.hop_orbits.size(), 2u);  // along z, and across
  EXPECT_EQ(network.site_orbits.size(), 1u);
}

TEST(Hops, of_labelled_sites_stay_apart) {
  auto const crystal = fluorite(58, 8, 5.4);
  HopSearch search;
  for (Eigen::Index i = 0; i < crystal.positions.cols(); ++i) search.label.push_back(crystal.positions(2, i) < 2.7 ? 1 : 2);
  auto const network = find_hops(crystal, oxygen, search);

  EXPECT_EQ(network.site_orbits.size(), 2u);
}

TEST(Hops, know_their_own_image_in_a_primitive_cell) {
  Crystal cell;
  cell.lattice = 4.0 * Eigen::Matrix3d::Identity();
  cell.numbers = {8};
  cell.positions = Eigen::Vector3d::Zero();
  auto const network = find_hops(cell, oxygen);

  EXPECT_EQ(network.hops.size(), 3u);
  EXPECT_EQ(network.hop_orbits.size(), 1u);
  EXPECT_TRUE(network.hop_orbits[0].exchange);
}

TEST(Hops, of_a_species_that_is_not_there_are_refused) {
  EXPECT_THROW(find_hops(fluorite(58, 8, 5.4), 3), InputError);
}

/// Pairs of ions on a line: one in a well, every 4 Å, and one that slid towards it and leans on it. In an empty well the
/// second ion does not stop.
class WellsOnASlope final : public Potential {
 public:
  Evaluation evaluate(Crystal const& crystal) const override {
    constexpr double depth = 0.5, width = 0.4, slope = 0.2, rounded = 0.1, across = 3.0, hold = 3.0, range = 2.0;
    Evaluation result;
    auto const n = crystal.positions.cols();
    result.forces = Eigen::Matrix3Xd::Zero(3, n);
    result.stress = Eigen::Matrix3d::Zero();
    for (Eigen::Index i = 0; i < n; ++i) {
      Eigen::Vector3d const at = crystal.positions.col(i);
      double const x = at.x() - 4.0 * std::round(at.x() / 4.0);
      double const well = depth * std::exp(-0.5 * x * x / (width * width)), far = std::hypot(x, rounded);
      result.energy += slope * far - well + 0.5 * across * at.tail<2>().squaredNorm();
      result.forces.col(i) -= Eigen::Vector3d(slope * x / far + well * x / (width * width), across * at.y(), across * at.z());
      for (Eigen::Index j = 0; j < i; ++j) {
        Eigen::Vector3d d = at - crystal.positions.col(j);
        d.x() -= crystal.lattice(0, 0) * std::round(d.x() / crystal.lattice(0, 0));
        double const r = d.norm(), short_of = 1.0 - r / range;
        if (short_of < 0.0) continue;
        result.energy += hold * short_of * short_of;
        Eigen::Vector3d const push = 2.0 * hold * short_of / (range * r) * d;
        result.forces.col(i) += push;
        result.forces.col(j) -= push;
      }
    }
    return result;
  }
  std::string name() const override { return "wells"; }
  std::string identity() const override { return "wells"; }
  double cutoff() const override { return 2.0; }
  std::vector<int> elements() const override { return {oxygen}; }
};

TEST(HopEnergiesOfALine, leave_out_a_vacancy_into_which_its_neighbour_falls) {
  Crystal line;
  line.lattice = Eigen::Vector3d(4.0, 5.0, 5.0).asDiagonal();
  line.numbers = {oxygen, oxygen};
  line.positions.resize(3, 2);
  line.positions << -0.04, 1.83, 0.0, 0.0, 0.0, 0.0;
  HopSearch search;
  search.label = {1, 2};
  HopSettings settings;
  settings.supercell = search.supercell = {4, 1, 1};
  auto const network = find_hops(line, oxygen, search);
  WellsOnASlope const model;
  HopEnergies energies(line, network, oxygen, model, settings);

  auto const& well = energies.site(network.sites[0].orbit);
  auto const& slope = energies.site(network.sites[1].orbit);
  auto const analysis = analyze_hops(network, energies, line.lattice);

  EXPECT_EQ(well.status, Status::failed);
  EXPECT_TRUE(well.reason.starts_with("site_left")) << well.reason;
  EXPECT_EQ(slope.status, Status::ok) << slope.reason;
  EXPECT_LT(slope.displacement, 0.1);  // the ion in the well, which none leans on
  EXPECT_FALSE(std::isfinite(analysis.graph.energy[0]));
  EXPECT_FALSE(analysis.direction[0].walk.has_value());  // hops lead on through the wells only
  EXPECT_EQ(analysis.direction[0].status, Status::failed);
  EXPECT_TRUE(analysis.direction[0].reason.starts_with("sites_failed: site_left")) << analysis.direction[0].reason;
}

class HopEnergiesTest : public testing::Test {
 protected:
  HopEnergiesTest() {
    PotentialOptions options;
    options.cutoff = 9.0;
    options.taper = false;
    options.background = true;
    model_ = make_potential("rigid-ion:grimes", options);
    settings_.supercell = {2, 2, 2};
    search_.supercell = settings_.supercell;
  }
  HopAnalysis analyze(Crystal const& crystal, HopMethod method) {
    settings_.method = method;
    auto const network = find_hops(crystal, oxygen, search_);
    HopEnergies energies(crystal, network, oxygen, *model_, settings_);
    return analyze_hops(network, energies, crystal.lattice);
  }
  std::shared_ptr<Potential const> model_;
  HopSettings settings_;
  HopSearch search_;
};

// 0.62897 eV and 0.46915 eV: reference/physics2/hops.json, 2x2x2 at 9 Å, plain
TEST_F(HopEnergiesTest, reach_the_published_barriers_by_symmetry) {
  auto const ceria = analyze(fluorite(58, 8, 10.82048878256813 / 2.0), HopMethod::midpoint);
  auto const zirconia = analyze(fluorite(40, 8, 10.138483628143991 / 2.0), HopMethod::midpoint);

  // the truncation's jumps are 2e-4 eV
  EXPECT_NEAR(ceria.direction[0].walk->barrier, 0.6289687707649136, 5e-4);
  EXPECT_NEAR(zirconia.direction[2].walk->barrier, 0.4691487557399003, 5e-4);
  EXPECT_EQ(ceria.direction[0].walk->trap_depth, 0.0);
  EXPECT_EQ(*ceria.easiest(), 0);
}

TEST_F(HopEnergiesTest, reach_them_by_an_elastic_band) {
  auto const ceria = analyze(fluorite(58, 8, 10.82048878256813 / 2.0), HopMethod::neb);

  EXPECT_NEAR(ceria.direction[0].walk->barrier, 0.6289687707649136, 1e-3);
  EXPECT_EQ(ceria.direction[0].status, Status::ok);
  EXPECT_EQ(ceria.direction[1].walk->barrier, ceria.direction[0].walk->barrier);  // one kind of hop
}

// 1.2918 and 0.7361 eV: climbing-image band of ASE 3.22.1 (improved tangent, 5 images, 0.02 eV/Å) on forces of LAMMPS
// 29 Sep 2021, the same cell, set and cutoff
TEST_F(HopEnergiesTest, agree_with_another_program_where_the_ends_differ) {
  PotentialOptions options;
  options.cutoff = 7.5;
  options.taper = false;
  options.background = true;
  model_ = make_potential("rigid-ion:grimes", options);
  auto titanate = test::perovskite(38, 22, 3.9033755);
  titanate.positions.row(2) *= 4.02 / 3.9033755;
  titanate.lattice(2, 2) = 4.02;
  settings_.method = HopMethod::neb;
  auto const network = find_hops(titanate, oxygen, search_);
  HopEnergies energies(titanate, network, oxygen, *model_, settings_);

  auto const& first = energies.hop(0);  // from the oxygen in the plane of titanium to one beside strontium

  ASSERT_EQ(first.status, Status::ok) << first.reason;
  EXPECT_FALSE(network.hop_orbits[0].exchange);
  EXPECT_NEAR(first.forward(), 1.2918, 2e-3);  // bands of two programs at 0.02 eV/Å
  EXPECT_NEAR(first.backward(), 0.7361, 2e-3);
}

TEST_F(HopEnergiesTest, refuse_a_midpoint_without_symmetry) {
  auto crystal = fluorite(58, 8, 5.41);
  search_.label.assign(crystal.size(), 0);
  for (Eigen::Index i = 0; i < crystal.positions.cols(); ++i)
    search_.label[static_cast<std::size_t>(i)] = crystal.positions(2, i) < 2.7 ? 1 : 2;
  settings_.method = HopMethod::midpoint;
  auto const network = find_hops(crystal, oxygen, search_);
  HopEnergies energies(crystal, network, oxygen, *model_, settings_);
  int refused = 0;
  for (int orbit = 0; orbit < static_cast<int>(network.hop_orbits.size()); ++orbit) {
    if (network.hop_orbits[static_cast<std::size_t>(orbit)].exchange) continue;
    EXPECT_EQ(energies.hop(orbit).status, Status::refused);
    EXPECT_TRUE(energies.hop(orbit).reason.starts_with("no_symmetry"));
    ++refused;
  }
  EXPECT_GT(refused, 0);
}

TEST_F(HopEnergiesTest, refuse_a_cell_with_vacuum) {
  auto crystal = supercell(fluorite(58, 8, 5.41), {1, 1, 2});
  crystal.lattice(2, 2) += 15.0;
  auto const network = find_hops(crystal, oxygen);
  EXPECT_THROW(HopEnergies(crystal, network, oxygen, *model_, settings_), InputError);
}

TEST_F(HopEnergiesTest, refuse_a_cell_that_is_too_small_for_a_hop) {
  auto const cell = fluorite(58, 8, 5.41);
  HopSearch wide;
  wide.reach = 2.0;
  wide.clearance = 0.0;
  auto const network = find_hops(cell, oxygen, wide);  // with hops to a site's own image
  settings_.supercell = {1, 1, 1};
  HopEnergies energies(cell, network, oxygen, *model_, settings_);

  int refused = 0;
  for (int orbit = 0; orbit < static_cast<int>(network.hop_orbits.size()); ++orbit) {
    auto const& hop = network.hops[static_cast<std::size_t>(network.hop_orbits[static_cast<std::size_t>(orbit)].hop)];
    if (hop.from != hop.to) continue;
    EXPECT_TRUE(energies.hop(orbit).reason.starts_with("supercell_too_small"));
    ++refused;
  }
  EXPECT_EQ(refused, 1);
}

}  // namespace
}  // namespace nacre
