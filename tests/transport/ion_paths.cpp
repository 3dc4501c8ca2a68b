#include "nacre/transport/ion_paths.hpp"

#include "nacre/core/error.hpp"
#include "support/support.hpp"
#include "support/trajectories.hpp"

namespace nacre {
namespace {

PathOptions every_tenth() {
  PathOptions options;
  options.interval_ps = 0.1;
  return options;
}

test::Walk boxed(int particles, int frames, std::uint64_t seed) {
  auto walk = test::brownian(particles, frames, 0.1, 0.5, seed);
  walk.lattice << 12.0, 2.0, 0.0, 0.0, 11.0, 1.0, 0.0, 0.0, 10.0;
  for (auto& frame : walk.frames) frame.colwise() += Eigen::Vector3d(5.0, 5.0, 5.0);
  return walk;
}

double largest_difference(IonPaths const& a, IonPaths const& b) {
  auto const x = a.read_mobile(0, a.mobile()), y = b.read_mobile(0, b.mobile());
  double largest = 0.0;
  for (Eigen::Index i = 0; i < a.mobile(); ++i)
    for (Eigen::Index k = 0; k < 3; ++k) {
      Eigen::VectorXd const dx = x.component(i, k).array() - x.component(i, k)[0];
      Eigen::VectorXd const dy = y.component(i, k).array() - y.component(i, k)[0];
      largest = std::max(largest, (dx - dy).cwiseAbs().maxCoeff());
    }
  return largest;
}

TEST(IonPaths, of_wrapped_coordinates_are_those_of_unwrapped_ones) {
  auto walk = boxed(10, 2000, 1);
  add_framework(walk, 2, 4.0);

  auto const straight = paths_of(walk, every_tenth());
  auto const folded = paths_of(wrapped(walk), every_tenth());

  EXPECT_EQ(folded.wrapping, Wrapping::wrapped);
  EXPECT_EQ(straight.wrapping, Wrapping::unwrapped);
  EXPECT_FALSE(folded.refusal);
  EXPECT_LT(largest_difference(straight, folded), 1e-9);
}

TEST(IonPaths, of_an_ambiguous_step_are_refused_with_the_frame) {
  auto walk = boxed(10, 20, 2);
  add_framework(walk, 2, 4.0);
  for (std::size_t f = 7; f < walk.frames.size(); ++f) walk.frames[f].col(3) += 0.45 * walk.lattice.col(2);

  auto const paths = paths_of(wrapped(walk), every_tenth());

  ASSERT_TRUE(paths.refusal);
  EXPECT_EQ(paths.refusal->code, "ambiguous_jump");
  EXPECT_NE(paths.refusal->message.find("frame 7 to 8"), std::string::npos) << paths.refusal->message;
}

TEST(IonPaths, of_coordinates_that_leave_the_cell_and_jump_by_it_are_refused) {
  auto walk = boxed(10, 40, 3);
  add_framework(walk, 2, 4.0);
  for (std::size_t f = 0; f < walk.frames.size(); ++f)
    walk.frames[f].col(0) += 0.05 * static_cast<double>(f) * walk.lattice.col(0);
  for (std::size_t f = 20; f < walk.frames.size(); ++f) walk.frames[f].col(3) += walk.lattice.col(2);

  auto const paths = paths_of(walk, every_tenth());

  ASSERT_TRUE(paths.refusal);
  EXPECT_EQ(paths.refusal->code, "ambiguous_jump");
}

TEST(IonPaths, do_not_feel_the_breathing_of_the_cell) {
  auto walk = boxed(10, 400, 4);
  add_framework(walk, 2, 4.0);
  PathCollector collector(walk.numbers, [] {
    auto options = every_tenth();
    options.mobile = 8;
    return options;
  }());
  for (std::size_t f = 0; f < walk.frames.size(); ++f) {
    double const scale = 1.0 + 0.02 * std::sin(0.3 * static_cast<double>(f));
    TrajectoryFrame frame;
    frame.lattice = scale * walk.lattice;
    frame.positions = scale * wrapped(walk).frames[f];
    collector.add(frame);
    if (f > 50) break;
  }
  walk.frames.resize(52);

  auto const breathing = std::move(collector).finish();
  auto const still = paths_of(walk, every_tenth());

  EXPECT_FALSE(breathing.refusal);
  // the mean of the cells met differs from the walk's by up to 2 %, and displacements with it
  double const scale = breathing.lattice(0, 0) / walk.lattice(0, 0);
  auto const a = breathing.read_mobile(0, 10), b = still.read_mobile(0, 10);
  for (Eigen::Index i = 0; i < 10; ++i)
    EXPECT_NEAR(a.component(i, 0)[51] - a.component(i, 0)[0], scale * (b.component(i, 0)[51] - b.component(i, 0)[0]),
                1e-9);
}

TEST(IonPaths, of_a_cell_that_changes_too_much_are_refused) {
  auto walk = boxed(4, 10, 5);
  PathCollector collector(walk.numbers, [] {
    auto options = every_tenth();
    options.mobile = 8;
    return options;
  }());
  for (std::size_t f = 0; f < walk.frames.size(); ++f) {
    TrajectoryFrame frame;
    frame.lattice = walk.lattice * (f < 5 ? 1.0 : 1.4);
    frame.positions = walk.frames[f];
    collector.add(frame);
  }

  auto const paths = std::move(collector).finish();

  ASSERT_TRUE(paths.refusal);
  EXPECT_EQ(paths.refusal->code, "cell_changes");
}

TEST(IonPaths, are_the_same_from_memory_and_from_a_file) {
  auto walk = boxed(40, 3000, 6);
  add_framework(walk, 2, 4.0);
  auto small = every_tenth();
  small.memory_limit = 1;  // nothing fits
  auto const in_memory = paths_of(walk, every_tenth()), on_disk = paths_of(walk, small);

  EXPECT_FALSE(in_memory.on_disk());
  EXPECT_TRUE(on_disk.on_disk());
  auto const a = in_memory.read_mobile(3, 5), b = on_disk.read_mobile(3, 5);
  for (Eigen::Index i = 0; i < 5; ++i)
    for (Eigen::Index k = 0; k < 3; ++k) EXPECT_EQ(a.component(i, k), b.component(i, k));
  EXPECT_EQ(in_memory.read_framework(2999), on_disk.read_framework(2999));
}

TEST(IonPaths, leave_out_the_equilibration) {
  auto const walk = boxed(4, 50, 7);
  auto options = every_tenth();
  options.skip_ps = 1.0;

  EXPECT_EQ(paths_of(walk, options).frames(), 40);
  options.skip_ps = 4.9;
  EXPECT_THROW(paths_of(walk, options), InputError);
}

TEST(IonPaths, weigh_masses_where_there_is_no_framework) {
  test::Walk walk;
  walk.numbers = {8, 40};
  walk.frames = {Eigen::Matrix3Xd::Zero(3, 2), Eigen::Matrix3Xd::Zero(3, 2)};
  walk.frames[1].col(1) = Eigen::Vector3d(1.0, 0.0, 0.0);
  auto options = every_tenth();
  options.framework = {40};

  auto const relative = paths_of(walk, options);
  EXPECT_NEAR(relative.read_mobile(0, 1).component(0, 0)[1], -1.0, 1e-12);

  walk.numbers = {8, 8};
  auto const centred = paths_of(walk, every_tenth());
  EXPECT_NEAR(centred.read_mobile(0, 2).component(0, 0)[1], -0.5, 1e-12);
  EXPECT_TRUE(centred.collective_vanishes);
}

TEST(PathCollector, refuses_numbers_that_make_no_sense) {
  auto options = every_tenth();
  options.mobile = 3;
  EXPECT_THROW(PathCollector({8, 40}, options), InputError);  // no lithium
  options = every_tenth();
  options.mobile = 8;
  options.interval_ps = 0.0;
  EXPECT_THROW(PathCollector({8, 40}, options), InputError);
  options = every_tenth();
  options.mobile = 8;
  options.framework = {39};
  EXPECT_THROW(PathCollector({8, 40}, options), InputError);
}

}  // namespace
}  // namespace nacre
