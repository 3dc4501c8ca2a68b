/// What labels say of a model's barriers, and how that is declared.
#include "nacre/potential/calibration.hpp"

#include <cmath>

#include "nacre/core/error.hpp"
#include "nacre/core/rng.hpp"
#include "nacre/core/text.hpp"
#include "support/nequix_weights.hpp"
#include "support/support.hpp"

namespace nacre {
namespace {

class CalibratedModel : public testing::Test {
 protected:
  CalibratedModel() { test::write_nequix(folder_.path() / "w.safetensors", test::random_nequix(7)); }
  std::string path(char const* name) const { return (folder_.path() / name).string(); }
  std::string model() const { return "nequix:" + path("w.safetensors"); }

  /// Rattled rock salt of Mg and O whose labels are the model's forces over `slope`, with noise.
  std::vector<Frame> labels(double slope, double noise, std::size_t count) const {
    auto const potential = make_potential(model());
    std::vector<Frame> frames;
    for (std::size_t k = 0; k < count; ++k) {
      Frame frame;
      frame.crystal.lattice = 4.2 * Eigen::Matrix3d::Identity();
      frame.crystal.positions.resize(3, 8);
      Rng rng(k, "calibration", 0);
      for (int i = 0; i < 8; ++i) {
        frame.crystal.positions.col(i) = 2.1 * Eigen::Vector3d(i & 1, i >> 1 & 1, i >> 2) +
                                         0.1 * Eigen::Vector3d(rng.normal(), rng.normal(), rng.normal());
        frame.crystal.numbers.push_back(((i & 1) + (i >> 1 & 1) + (i >> 2)) % 2 == 0 ? 12 : 8);
      }
      Eigen::MatrixXd forces = potential->evaluate(frame.crystal).forces / slope;
      double const scale = noise * forces.norm() / std::sqrt(static_cast<double>(forces.size()));
      for (double& x : forces.reshaped()) x += scale * rng.normal();
      frame.columns["forces"] = forces;
      frames.push_back(std::move(frame));
    }
    return frames;
  }
  Calibration calibration(std::vector<Frame> const& frames) const {
    auto const potential = make_potential(model());
    return {compare_forces(*potential, frames), potential->identity(), std::string(64, 'a'), "dft.extxyz", "PBE"};
  }
  std::string write(Calibration const& calibration) const {
    write_file(path("c.json"), calibration.to_value().dump());
    return "calibrated(" + model() + ";" + path("c.json") + ")";
  }
  test::TemporaryFolder folder_;
};

std::string message_of(std::string const& model) {
  try {
    make_potential(model);
  } catch (InputError const& error) {
    return error.what();
  }
  return "nothing was thrown";
}

TEST_F(CalibratedModel, has_barriers_off_by_what_the_planted_slope_says) {
  std::array const oxide{12, 8};

  EXPECT_EQ(barrier_share(*make_potential(model()), oxide), 0.2);
  EXPECT_EQ(barrier_share(*make_potential("rigid-ion:grimes"), oxide), 0.0);
  EXPECT_NEAR(barrier_share(*make_potential(write(calibration(labels(0.9, 0.0, 12)))), oxide), 0.1, 1e-6);
  EXPECT_NEAR(barrier_share(*make_potential(write(calibration(labels(0.6, 0.0, 12)))), oxide), 0.4,
              1e-6);  // worse than assumed
  EXPECT_EQ(barrier_share(*make_potential(write(calibration(labels(1.0, 0.0, 12)))), oxide),
            0.05);  // never surer than this
}

TEST_F(CalibratedModel, counts_the_scatter_between_frames) {
  auto const noisy = calibration(labels(1.0, 0.2, 12)).forces;
  auto const& oxygen = noisy.elements.at(8);
  // 144 components, each off by 0.2 of the mean square: 0.2 / sqrt(144) = 0.017, less where forces are uneven
  EXPECT_GT(oxygen.error, 0.005);
  EXPECT_LT(oxygen.error, 0.05);
  EXPECT_NEAR(oxygen.barrier_share(), std::max(0.05, std::abs(1.0 - oxygen.slope) + 2.0 * oxygen.error), 1e-12);
}

TEST_F(CalibratedModel, stays_uncalibrated_without_evidence) {
  std::array const oxide{12, 8}, titanate{22, 8};
  auto const share = [&](std::vector<Frame> const& frames, auto const& numbers) {
    return barrier_share(*make_potential(write(calibration(frames))), numbers);
  };

  EXPECT_EQ(share(labels(0.95, 0.0, 12), titanate), 0.2);  // no label of titanium
  EXPECT_EQ(share(labels(0.95, 0.0, 4), oxide), 0.2);      // four frames
  EXPECT_GE(share(labels(0.95, 1.5, 12), oxide), 0.2);     // forces that do not follow the labels
}

TEST_F(CalibratedModel, is_another_model_with_the_same_energies) {
  auto const bare = make_potential(model());
  auto const text = write(calibration(labels(0.9, 0.0, 12)));
  auto const calibrated = make_potential(text), sum = make_potential(text + "+zbl");
  auto const crystal = labels(1.0, 0.0, 1).front().crystal;

  EXPECT_EQ(calibrated->evaluate(crystal).energy, bare->evaluate(crystal).energy);
  EXPECT_NE(calibrated->identity(), bare->identity());
  EXPECT_NEAR(barrier_share(*sum, crystal.numbers), 0.1, 1e-6);
  EXPECT_NEAR(barrier_share(*calibrated->with_background(), crystal.numbers), 0.1, 1e-6);
  EXPECT_EQ(calibrated->about().at("calibration").at("labels").at("level").as_string(), "PBE");
}

TEST_F(CalibratedModel, names_what_is_wrong) {
  auto other = calibration(labels(0.9, 0.0, 6));
  other.model = std::string(64, 'b');

  EXPECT_NE(message_of(write(other)).find("of another model"), std::string::npos);
  EXPECT_NE(message_of("calibrated(" + model() + ")").find("no model and calibration"), std::string::npos);
  write_file(path("c.json"), "{}");
  EXPECT_NE(message_of("calibrated(" + model() + ";" + path("c.json") + ")").find("is no calibration"),
            std::string::npos);
  write_file(path("c.json"), "[1]");
  EXPECT_NE(message_of("calibrated(" + model() + ";" + path("c.json") + ")").find("is no calibration"),
            std::string::npos);
  EXPECT_THROW(calibration(std::vector<Frame>(3)), InputError);
}

TEST_F(CalibratedModel, is_made_and_used_by_the_program) {
  auto const frames = labels(0.9, 0.0, 12);
  std::string text;
  for (auto const& frame : frames) text += to_extxyz(frame);
  write_file(path("labels.extxyz"), text);
  auto const run = [&](std::string const& arguments) {
    return test::run_command("'" + test::nacre_program() + "' " + arguments);
  };

  auto const made = run(concat("models calibrate '", model(), "' --labels '", path("labels.extxyz"),
                               "' --level 'PBE, pw.x' --out '", path("c.json"), "' --json"));

  ASSERT_EQ(made.status, 0) << made.err;
  auto const value = Value::parse_json(made.out, "out");
  EXPECT_NEAR(value.at("forces").at("elements").at("O").at("slope").as_number(), 0.9, 1e-6);
  EXPECT_EQ(value.at("labels").at("sha256").as_string().size(), 64u);
  auto const about = run(concat("models 'calibrated(", model(), ";", path("c.json"), ")' --json"));
  EXPECT_EQ(about.status, 0) << about.err;
  EXPECT_EQ(Value::parse_json(about.out, "out").at("model").at("calibration").at("labels").at("level").as_string(),
            "PBE, pw.x");
  EXPECT_EQ(run("models calibrate '" + model() + "'").status, 2);
  EXPECT_EQ(run("models calibrate '" + model() + "' --labels /nowhere.extxyz").status, 2);
}

}  // namespace
}  // namespace nacre
