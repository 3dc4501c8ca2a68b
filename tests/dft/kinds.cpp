// Jobs made from other things than one stack, and what is tried after a failure.
#include "nacre/dft/kinds.hpp"

#include <gmock/gmock.h>

#include "nacre/core/error.hpp"
#include "nacre/dft/deck.hpp"
#include "nacre/dft/remedy.hpp"
#include "nacre/stack/plane.hpp"
#include "support/support.hpp"

namespace nacre::dft {
namespace {

using testing::HasSubstr;

/// Ceria in its conventional cell; without its last oxygen where a vacancy is asked for.
Crystal ceria(bool vacancy) {
  Crystal crystal;
  crystal.lattice = 5.41 * Eigen::Matrix3d::Identity();
  std::vector<Eigen::Vector3d> x{{0, 0, 0}, {0, .5, .5}, {.5, 0, .5}, {.5, .5, 0}};
  crystal.numbers = {58, 58, 58, 58};
  for (int i = 0; i < (vacancy ? 7 : 8); ++i) {
    x.emplace_back(i & 1 ? .75 : .25, i & 2 ? .75 : .25, i & 4 ? .75 : .25);
    crystal.numbers.push_back(8);
  }
  crystal.positions.resize(3, static_cast<Eigen::Index>(x.size()));
  for (std::size_t i = 0; i < x.size(); ++i) crystal.positions.col(static_cast<Eigen::Index>(i)) = 5.41 * x[i];
  for (int const number : crystal.numbers) crystal.oxidation.push_back(number == 58 ? 4.0 : -2.0);
  return crystal;
}

TEST(Charge, is_that_of_the_ions) {
  EXPECT_EQ(cell_charge(ceria(false)).charge, 0.0);
  auto const bare = cell_charge(ceria(true));
  EXPECT_EQ(bare.charge, 2.0);  // the vacancy keeps no electrons
  EXPECT_EQ(bare.unpaired_electrons, 0);
  auto doped = ceria(true);
  doped.numbers[0] = doped.numbers[1] = 64;  // two gadolinium ions pay for it
  doped.oxidation[0] = doped.oxidation[1] = 3.0;
  EXPECT_EQ(cell_charge(doped).charge, 0.0);
  EXPECT_EQ(cell_charge(doped).unpaired_electrons, 14);
}

TEST(Charge, that_sits_on_a_cation_is_seen) {
  Job job;
  job.structure = ceria(true);
  std::vector<double> moments(11, 0.02);
  EXPECT_EQ(find_reduced(job, moments), "");
  moments[2] = -0.93;
  EXPECT_EQ(find_reduced(job, moments), "atom 3 (Ce4+) has a moment of -0.93");
  job.structure.oxidation[2] = 3.0;  // said to be there
  EXPECT_EQ(find_reduced(job, moments), "");
}

TEST(Hops, are_three_single_points_of_one_charge) {
  Job settings;
  settings.label = "candidate 7";
  settings.kind = Kind::relax;
  auto const initial = ceria(true);
  auto saddle = initial, last = initial;
  saddle.positions(0, 10) += 0.7;
  last.positions(0, 10) += 1.4;

  auto const jobs = hop_jobs(settings, initial, saddle, last);

  for (auto const& job : jobs) {
    EXPECT_EQ(job.kind, Kind::single_point);
    EXPECT_EQ(job.charge, 2.0);
    EXPECT_EQ(job.settings.spin, "on");  // cerium could take an electron
  }
  EXPECT_EQ(jobs[1].label, "candidate 7, saddle");
  EXPECT_THAT(make_deck(jobs[0]).files.at("pw.in"), HasSubstr("tot_charge = 2\n"));
  auto other = last;
  other.numbers[0] = 40;
  EXPECT_THROW(hop_jobs(settings, initial, saddle, other), InputError);
}

TEST(Bands, have_the_given_images_and_straight_ways_between) {
  Job settings;
  settings.settings.neb_images = 3;
  auto const initial = ceria(true);
  auto saddle = initial, last = initial;
  saddle.positions(0, 10) += 0.7;
  last.positions(0, 10) += 1.4 - 5.41;  // the same site, an image of it: the way goes on, not back
  auto job = neb_job(settings, initial, saddle, last);

  job.code = Code::vasp;
  auto const vasp = make_deck(job).files;
  job.code = Code::qe;
  auto const qe = make_deck(job);
  job.code = Code::cp2k;
  auto const cp2k = make_deck(job).files.at("cp2k.inp");

  EXPECT_THAT(vasp.at("INCAR"), HasSubstr("IMAGES = 3\n"));
  EXPECT_TRUE(vasp.contains("04/POSCAR") && !vasp.contains("05/POSCAR"));
  EXPECT_THAT(vasp.at("03/POSCAR"), HasSubstr("2.402500"));  // 0.25 x 5.41 + 0.7 + 0.35
  EXPECT_EQ(qe.command.front(), "neb.x");
  EXPECT_THAT(qe.files.at("neb.in"), HasSubstr("num_of_images = 5\n"));
  EXPECT_THAT(cp2k, HasSubstr("BAND_TYPE CI-NEB\n"));
  job.code = Code::abinit;
  EXPECT_THROW(make_deck(job), InputError);
}

TEST(Remedies, never_loosen_a_tolerance) {
  Job job;
  job.structure = ceria(false);
  job.kind = Kind::relax;
  for (int f = 1; f <= static_cast<int>(Failure::implausible); ++f) {
    auto const failure = static_cast<Failure>(f);
    int attempts = 0;
    while (auto const next = remedy(job, failure, attempts + 1)) {
      ++attempts;
      EXPECT_EQ(next->job.settings.scf_threshold_eV, job.settings.scf_threshold_eV);
      EXPECT_EQ(next->job.settings.force_threshold, job.settings.force_threshold);
      EXPECT_EQ(next->changes_physics, next->job.adjustments.smearing_factor != 1.0);
      EXPECT_FALSE(next->description.empty());
      ASSERT_LT(attempts, 10);
    }
    EXPECT_EQ(attempts, retry_budget(failure)) << to_string(failure);
  }
  EXPECT_FALSE(remedy(job, Failure::bad_input, 1).has_value());
  EXPECT_TRUE(remedy(job, Failure::scf_not_converged, 3)->changes_physics);
  EXPECT_EQ(remedy(job, Failure::scf_not_converged, 1)->description,
            "mixing 0.4 -> 0.2, 400 steps, from the last density");
}

TEST(Proxies, stand_at_the_shifts_that_operations_keep) {
  Crystal rock_salt;
  rock_salt.lattice << 0, 2.1, 2.1, 2.1, 0, 2.1, 2.1, 2.1, 0;
  rock_salt.positions.resize(3, 2);
  rock_salt.positions << 0, 2.1, 0, 2.1, 0, 2.1;
  rock_salt.numbers = {12, 8};
  rock_salt.oxidation = {2.0, -2.0};
  auto const plane = make_plane(rock_salt, {0, 0, 1});
  auto const slab = make_slab(plane, find_terminations(plane).front(), 1);

  auto const list = proxies(slab, slab, 0.02, 100);

  ASSERT_EQ(list.size(), 3u);  // on top, on the bridge, in the hollow of a square net
  for (auto const& one : list) {
    EXPECT_LE(one.stack.crystal.size(), 100u);
    EXPECT_THAT(one.label, HasSubstr("proxy: shift ("));
  }
  EXPECT_THROW(proxies(slab, slab, 0.02, 1), InputError);
}

TEST(Proxies, have_the_gap_of_least_energy_if_there_is_one) {
  Crystal net;
  net.lattice.diagonal() << 3.0, 3.0, 3.0;
  net.positions.setZero(3, 1);
  net.numbers = {14};
  net.oxidation = {0.0};
  auto const plane = make_plane(net, {0, 0, 1});
  auto const slab = make_slab(plane, find_terminations(plane).front(), 1);
  StackOptions options;
  options.vacuum = 12.0;
  auto const height = [](Crystal const& crystal) {
    return crystal.positions.row(2).maxCoeff() - crystal.positions.row(2).minCoeff();
  };

  auto const list = proxies(slab, slab, 0.02, 100, options,
                            [&](Crystal const& crystal) { return std::pow(height(crystal) - 2.7182, 2); });

  ASSERT_FALSE(list.empty());
  for (auto const& one : list) EXPECT_NEAR(height(one.stack.crystal), 2.7182, 2e-5) << "the last step of the search";
  EXPECT_THROW(proxies(slab, slab, 0.02, 100, options, [](Crystal const&) { return std::nan(""); }), InputError);
}

}  // namespace
}  // namespace nacre::dft
