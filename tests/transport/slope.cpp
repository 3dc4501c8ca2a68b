#include "nacre/transport/slope.hpp"

#include "nacre/core/error.hpp"
#include "nacre/core/text.hpp"
#include "nacre/core/value.hpp"
#include "nacre/transport/diffusion.hpp"
#include "support/support.hpp"
#include "support/trajectories.hpp"

namespace nacre {
namespace {

TEST(FitLine, finds_slope_and_intercept) {
  Eigen::VectorXd const x = Eigen::VectorXd::LinSpaced(11, 5.0, 15.0);
  auto const line = fit_line(x, (0.25 + 3.0 * x.array()).matrix());

  EXPECT_NEAR(line.slope, 3.0, 1e-14);
  EXPECT_NEAR(line.intercept, 0.25, 1e-13);
}

TEST(Jackknife, of_a_mean_has_the_golden_error) {
  std::vector<double> const values{1.0, 1.2, 0.9, 1.1, 1.3};
  auto const mean = [&](int left_out) {
    double sum = 0.0, count = 0.0;
    for (int i = 0; i < 5; ++i) {
      if (i == left_out) continue;
      sum += values[static_cast<std::size_t>(i)];
      count += 1.0;
    }
    return Eigen::VectorXd::Constant(1, sum / count).eval();
  };

  auto const result = jackknife(5, mean);

  EXPECT_NEAR(result.value[0], 1.1, 1e-14);
  EXPECT_NEAR(result.error[0], 0.0707106781, 1e-10);
}

TEST(ChooseWindow, goes_to_a_quarter_of_the_block) {
  auto const chosen = choose_window(600, 0.1, std::nullopt);

  EXPECT_FALSE(chosen.refusal);
  EXPECT_EQ(chosen.lags.first, 50);
  EXPECT_EQ(chosen.lags.last, 150);
}

TEST(ChooseWindow, keeps_ten_lags_up_to_half_of_the_block) {
  auto const chosen = choose_window(40, 1.0, std::nullopt);

  EXPECT_FALSE(chosen.refusal);
  EXPECT_EQ(chosen.lags.count(), 10);
  EXPECT_EQ(chosen.lags.last, 14);
}

TEST(ChooseWindow, refuses_blocks_shorter_than_twice_the_longest_lag) {
  EXPECT_FALSE(choose_window(30, 1.0, Window{5.0, 15.0}).refusal);
  ASSERT_TRUE(choose_window(29, 1.0, Window{5.0, 15.0}).refusal);
  EXPECT_EQ(choose_window(29, 1.0, Window{5.0, 15.0}).refusal->code, "blocks_too_short");
}

TEST(ChooseWindow, refuses_times_that_do_not_increase) {
  EXPECT_THROW(choose_window(100, 1.0, Window{5.0, 5.0}), InputError);
  EXPECT_THROW(choose_window(100, 1.0, Window{-1.0, 5.0}), InputError);
}

test::Walk reference_walk(std::filesystem::path const& csv) {
  test::Walk walk;
  walk.periodic = {false, false, false};
  for (auto const& line : split(trim(read_file(csv)), '\n')) {
    auto const words = split(trim(line), ',');
    Eigen::Matrix3Xd frame(3, static_cast<Eigen::Index>(words.size() / 3));
    for (std::size_t i = 0; i < words.size(); ++i) frame.data()[i] = parse_double(words[i]).value();
    walk.frames.push_back(frame);
  }
  walk.numbers.assign(static_cast<std::size_t>(walk.frames.front().cols()), 8);
  return walk;
}

TEST(DiffusionEstimates, are_those_of_the_reference) {
  auto const csv = test::shared_file("reference/physics/tmsd_reference_traj.csv");
  NACRE_NEEDS_SHARED(csv);
  auto const file = test::shared_file("reference/physics/tmsd_reference.json");
  auto const reference = Value::parse_json(read_file(file), file.string());
  PathOptions options;
  options.interval_ps = 1.0;
  options.drift = Drift::none;  // taken away already
  auto const paths = paths_of(reference_walk(csv), options);

  for (auto const& c : reference.at("cases").as_array()) {
    auto const blocks = static_cast<int>(c.at("nblock").as_integer());
    auto const by = c.at("over").as_string() == "time" ? BlockBy::time : BlockBy::ion;
    LagWindow const window{c.at("window_ps").as_array()[0].as_integer(), c.at("window_ps").as_array()[1].as_integer()};
    auto const sums = block_sums(paths, blocks, by, window.last);
    auto const estimates = diffusion_estimates(sums, window, 1.0, {0, 1, 2});

    EXPECT_NEAR(estimates.value[0], c.at("D_A2_per_ps").as_number(), 1e-10);
    EXPECT_NEAR(estimates.error[0], c.at("sigma_jackknife").as_number(), 1e-10);
    auto const& left_out = c.at("D_leave_one_out").as_array();
    for (std::size_t b = 0; b < left_out.size(); ++b)
      EXPECT_NEAR(estimates.left_out(0, static_cast<Eigen::Index>(b)), left_out[b].as_number(), 1e-10);
  }
}

TEST(MeanSquare, tracer_and_collective_are_those_of_the_reference) {
  auto const csv = test::shared_file("reference/physics/tmsd_reference_traj.csv");
  NACRE_NEEDS_SHARED(csv);
  auto const file = test::shared_file("reference/physics/tmsd_reference.json");
  auto const reference = Value::parse_json(read_file(file), file.string());
  PathOptions options;
  options.interval_ps = 1.0;
  options.drift = Drift::none;
  auto const paths = paths_of(reference_walk(csv), options);

  auto const tracer = block_sums(paths, 1, BlockBy::time, 599).tracer.front();
  for (auto const& [lag, value] : reference.at("tamsd_full").as_object()) {
    auto const m = parse_integer(lag).value();
    EXPECT_NEAR(mean_square(tracer, {m, m}, {0, 1, 2})[0] / value.as_number(), 1.0, 1e-10) << lag;
  }
  auto const collective = collective_sums(paths, 1, 300).front();
  for (auto const& [lag, value] : reference.at("collective_msd_full_per_ion").as_object()) {
    auto const m = parse_integer(lag).value();
    EXPECT_NEAR(mean_square(collective, {m, m}, {0, 1, 2})[0] / value.as_number(), 1.0, 1e-10) << lag;
  }
}

}  // namespace
}  // namespace nacre
