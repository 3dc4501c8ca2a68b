#include "nacre/transport/dynamics_run.hpp"

#include "nacre/core/error.hpp"
#include "nacre/core/text.hpp"
#include "nacre/core/units.hpp"
#include "support/lennard_jones.hpp"
#include "support/support.hpp"

namespace nacre {
namespace {

std::shared_ptr<Potential const> argon() { return make_potential("lj:0.1,2.5,4.6"); }
Crystal solid() { return supercell(test::make_fcc(3.93), {2, 2, 2}); }

DynamicsPlan plan(double kelvin, double ps) {
  DynamicsPlan plan;
  plan.production.temperature = kelvin;
  plan.production.timestep_ps = 0.004;
  plan.equilibration_ps = 1.0;
  plan.production_ps = ps;
  return plan;
}

TEST(DynamicsRun, gives_means_with_errors_of_a_quiet_crystal) {
  auto wanted = plan(60.0, 8.0);
  wanted.production.thermostat_ps = 0.1;

  auto const run = run_dynamics(solid(), argon(), wanted);

  ASSERT_EQ(run.status, Status::ok) << run.reason;
  EXPECT_EQ(run.steps, 2250);
  EXPECT_NEAR(run.temperature.value, 60.0, 4.0 * run.temperature.error + 0.5);
  EXPECT_LT(run.temperature.error, 3.0);
  EXPECT_LT(std::abs(run.drift), 0.01 + 3.0 * run.drift_error);
  EXPECT_TRUE(run.has_pressure);
  EXPECT_FALSE(run.diffusion.has_value());
}

TEST(DynamicsRun, keeps_the_mean_cell_of_constant_pressure) {
  auto wanted = plan(30.0, 4.0);
  wanted.barostat = Barostat::isotropic;
  wanted.production.pressure = 0.02;
  wanted.production.compressibility = 5.0;
  wanted.cell_ps = 16.0;

  auto const run = run_dynamics(solid(), argon(), wanted);

  ASSERT_EQ(run.status, Status::ok) << run.reason;
  EXPECT_EQ(run.steps, 5250);
  EXPECT_LT(run.state.crystal.volume(), solid().volume());
  double const mean = (run.pressure[0].value + run.pressure[1].value + run.pressure[2].value) / 3.0;
  EXPECT_NEAR(mean, 0.02, 2e-3);  // 8 ps of averaging leave a tenth of the pressure
}

TEST(DynamicsRun, says_that_a_crystal_melts) {
  auto wanted = plan(4000.0, 40.0);  // k T is three times the well's depth
  wanted.production.timestep_ps = 0.002;

  auto const run = run_dynamics(solid(), argon(), wanted);

  EXPECT_EQ(run.status, Status::failed);
  EXPECT_TRUE(run.reason.starts_with("melted: ")) << run.reason;
  EXPECT_LT(run.production_ps, 40.0);
}

TEST(DynamicsRun, lets_the_mobile_species_wander) {
  auto crystal = solid();
  auto wanted = plan(4000.0, 5.0);
  wanted.production.timestep_ps = 0.002;
  wanted.mobile = 18;
  wanted.diffusion = DiffusionOptions{};
  wanted.diffusion->charge = 1.0;
  wanted.diffusion->temperature = 4000.0;
  wanted.diffusion->blocks = 2;
  wanted.diffusion->window = Window{0.2, 1.0};

  auto const run = run_dynamics(crystal, argon(), wanted);

  ASSERT_EQ(run.status, Status::ok) << run.reason;
  ASSERT_TRUE(run.diffusion.has_value());
  EXPECT_EQ(run.diffusion->frames, 51);
}

TEST(DynamicsRun, calls_a_shaken_apart_start_a_failure) {
  auto crystal = solid();
  crystal.positions.col(1) = crystal.positions.col(0) + Eigen::Vector3d(1.5, 0.0, 0.0);

  auto const run = run_dynamics(crystal, argon(), plan(100.0, 1.0));

  EXPECT_EQ(run.status, Status::failed);
  EXPECT_EQ(run.stage, "equilibration");
  EXPECT_FALSE(run.reason.empty());
}

TEST(DynamicsRun, stops_when_asked_and_goes_on_to_the_same_bits) {
  test::TemporaryFolder folder;
  auto wanted = plan(80.0, 2.0);
  wanted.production.ensemble = Ensemble::nhc;
  wanted.production.thermostat_ps = 0.2;
  auto const whole = run_dynamics(solid(), argon(), wanted);
  wanted.checkpoint = folder.path() / "run.chk";
  int frames = 0;
  wanted.stop = [&] { return ++frames % 7 == 0; };

  std::optional<DynamicsRun> run;
  int stops = 0;
  while (!run && stops < 20) {
    try {
      run = run_dynamics(solid(), argon(), wanted);
    } catch (Stopped const&) {
      ++stops;
    }
  }

  ASSERT_TRUE(run.has_value());
  EXPECT_GE(stops, 3);
  EXPECT_TRUE(run->resumed);
  EXPECT_EQ(run->state.crystal.positions, whole.state.crystal.positions);
  EXPECT_EQ(run->temperature.value, whole.temperature.value);
  EXPECT_EQ(run->drift, whole.drift);
  EXPECT_EQ(run->work, whole.work);
}

TEST(DynamicsRun, refuses_the_checkpoint_of_another_run) {
  test::TemporaryFolder folder;
  auto wanted = plan(80.0, 2.0);
  wanted.checkpoint = folder.path() / "run.chk";
  wanted.stop = [] { return true; };
  EXPECT_THROW(run_dynamics(solid(), argon(), wanted), Stopped);
  wanted.production.seed = 2;

  EXPECT_THROW(run_dynamics(solid(), argon(), wanted), InputError);

  write_file(wanted.checkpoint, "rubbish");
  EXPECT_THROW(run_dynamics(solid(), argon(), wanted), Error);
}

TEST(DynamicsRun, refuses_plans_that_make_no_sense) {
  auto const refused = [](DynamicsPlan const& wanted) {
    EXPECT_THROW(run_dynamics(solid(), argon(), wanted), InputError);
  };
  refused(plan(80.0, 0.0));
  refused(plan(80.0, 1e12));
  refused(plan(-5.0, 1.0));
  auto frames = plan(80.0, 1.0);
  frames.frame_ps = 5.0;
  refused(frames);
  auto nobody = plan(80.0, 1.0);
  nobody.diffusion = DiffusionOptions{};
  refused(nobody);
}

}  // namespace
}  // namespace nacre
