#include "nacre/transport/dynamics_run.hpp"

#include <Eigen/LU>
#include <algorithm>
#include <chrono>
#include <cmath>
#include <cstring>

#include "dynamics_checkpoint.hpp"
#include "dynamics_statistics.hpp"
#include "framework_watch.hpp"
#include "nacre/core/error.hpp"
#include "nacre/core/failure_point.hpp"
#include "nacre/core/ids.hpp"
#include "nacre/core/text.hpp"
#include "nacre/core/units.hpp"
#include "nacre/crystal/io.hpp"

namespace nacre {
namespace {

using detail::DynamicsProgress;
using Clock = std::chrono::steady_clock;

enum Stage { cell_stage, equilibration_stage, production_stage, stage_count };
constexpr std::array<char const*, stage_count> stage_names{"cell", "equilibration", "production"};
constexpr double quick_thermostat_ps = 0.1;  // of the stages before production, whose paths nobody looks at
constexpr double longest_ps = 1e7;
constexpr double stressed_GPa = 1.0;
constexpr DynamicsGuard first_heat{.hottest =
                                       20.0};  // what a start that is not relaxed sets free goes to the thermostat
constexpr double largest_drift =
    0.2;  // of the conserved energy [eV/atom/ns]: three times that of 4 fs in zirconia at 2000 K

void check_plan(DynamicsPlan const& plan) {
  check(plan.production);
  require(plan.production.barostat == Barostat::none,
          "a barostat in production (it moves the paths of ions): use it "
          "in the first stage alone");
  auto const length = [](double ps, double least, char const* what) {
    require(ps >= least && ps <= longest_ps, "invalid ", what, " of ", ps, " ps (", least, " to ", longest_ps, ")");
  };
  double const step = plan.production.timestep_ps;
  length(plan.production_ps, step, "production");
  length(plan.equilibration_ps, 0.0, "equilibration");
  if (plan.barostat != Barostat::none) length(plan.cell_ps, 100.0 * step, "stage of constant pressure");
  require(plan.frame_ps >= step && plan.frame_ps <= plan.production_ps, "invalid time between frames ", plan.frame_ps,
          " ps (a time step, ", step, ", to all of production, ", plan.production_ps, ")");
}

std::int64_t whole_steps(double ps, double step) { return std::llround(ps / step); }

class Run {
 public:
  Run(Crystal const& start, std::shared_ptr<Potential const> potential, DynamicsPlan const& plan);
  DynamicsRun run();

 private:
  std::string identity() const;
  DynamicsOptions options(int stage) const;
  void take_up();
  bool run_stage(int stage);
  void after_step(Dynamics const& dynamics, int stage);
  void set_average_cell();
  void take_frame(Dynamics const& dynamics);
  void write_frame(Dynamics const& dynamics);
  void collect(Eigen::Matrix3Xd const& positions, Eigen::Matrix3d const& lattice);
  void restore_paths();
  void checkpoint(Dynamics const& dynamics, bool now);
  void tell(int stage);
  void summarize(DynamicsRun& run);
  std::filesystem::path frames_path() const { return plan_.checkpoint.string() + ".frames"; }
  DynamicsRun result();
  std::size_t frame_bytes() const { return 3 * start_.size() * sizeof(double); }

  Crystal start_;
  std::shared_ptr<Potential const> potential_;
  DynamicsPlan const& plan_;
  std::array<std::int64_t, stage_count> steps_{};
  std::int64_t frame_steps_ = 1;
  double interval_ps_ = 0.0;
  DynamicsProgress progress_;
  detail::FrameworkWatch watch_;
  std::optional<PathCollector> collector_;
  std::optional<detail::GrowingFile> trajectory_, frames_;
  std::string trouble_, identity_;
  bool resumed_ = false, stress_ = false;
  Clock::time_point saved_ = Clock::now(), told_ = Clock::now();
};

Run::Run(Crystal const& start, std::shared_ptr<Potential const> potential, DynamicsPlan const& plan)
    : start_(start), potential_(std::move(potential)), plan_(plan) {
  check_plan(plan_);
  double const step = plan_.production.timestep_ps;
  frame_steps_ = std::max<std::int64_t>(1, whole_steps(plan_.frame_ps, step));
  interval_ps_ = static_cast<double>(frame_steps_) * step;
  steps_ = {plan_.barostat == Barostat::none ? 0 : whole_steps(plan_.cell_ps, step),
            whole_steps(plan_.equilibration_ps, step), whole_steps(plan_.production_ps, step)};
  watch_ = detail::FrameworkWatch(start_, plan_.mobile, plan_.layer, interval_ps_);
  if (plan_.diffusion) {
    PathOptions paths;
    require(plan_.mobile > 0, "no mobile species (whose diffusion is to be analysed?)");
    paths.mobile = plan_.mobile;
    paths.interval_ps = interval_ps_;
    paths.memory_limit = plan_.memory_limit;
    collector_.emplace(start_.numbers, paths);
  }
}

/// Everything that the next step, and the numbers at the end, depend on.
std::string Run::identity() const {
  Sha256 sum;
  sum.update("nacre.dynamics_run/1").update(potential_->identity());
  auto const& p = plan_.production;
  sum.update(std::uint64_t(p.ensemble)).update(p.temperature).update(p.timestep_ps).update(p.thermostat_ps);
  sum.update(p.pressure).update(p.barostat_ps).update(p.compressibility).update(p.seed);
  sum.update(std::uint64_t(plan_.barostat)).update(plan_.cell_ps).update(plan_.equilibration_ps);
  sum.update(plan_.production_ps).update(plan_.frame_ps).update(std::uint64_t(plan_.mobile));
  sum.update(std::uint64_t(plan_.diffusion.has_value())).update(std::uint64_t(!plan_.trajectory.empty()));
  for (double const x : start_.lattice.reshaped()) sum.update(x);
  for (double const x : start_.positions.reshaped()) sum.update(x);
  if (plan_.velocities)
    for (double const x : plan_.velocities->reshaped()) sum.update(x);
  for (int const z : start_.numbers) sum.update(std::uint64_t(z));
  for (double const q : start_.oxidation) sum.update(q);
  return sum.hex();
}

DynamicsOptions Run::options(int stage) const {
  auto options = plan_.production;
  if (stage == production_stage) return options;
  options.ensemble = Ensemble::bussi;
  options.temperature = std::max(options.temperature, 1.0);
  options.thermostat_ps = std::max(quick_thermostat_ps, 5.0 * options.timestep_ps);
  if (stage == cell_stage) options.barostat = plan_.barostat;
  return options;
}

/// From the checkpoint, if there is one.
void Run::take_up() {
  resumed_ = !plan_.checkpoint.empty() && std::filesystem::exists(plan_.checkpoint);
  progress_.state = thermal_start(start_, plan_.production.temperature, plan_.production.seed);
  if (plan_.velocities) progress_.state.velocities = *plan_.velocities;
  progress_.away.assign(start_.size(), 0);
  progress_.reference.setZero(3, static_cast<Eigen::Index>(start_.size()));
  identity_ = plan_.checkpoint.empty() ? std::string{} : identity();
  if (resumed_)
    detail::load_progress(plan_.checkpoint, progress_, identity_);
  else if (!plan_.checkpoint.empty())
    detail::save_progress(plan_.checkpoint, progress_, identity_);  // or it fails now
  if (!plan_.trajectory.empty()) trajectory_.emplace(plan_.trajectory, progress_.trajectory_bytes);
  if (!plan_.checkpoint.empty() && collector_) {
    frames_.emplace(frames_path(), progress_.frames * frame_bytes());
    restore_paths();
  }
}

void Run::restore_paths() {
  auto const bytes = read_file(frames_path());
  Eigen::Matrix3Xd positions(3, static_cast<Eigen::Index>(start_.size()));
  for (std::uint64_t frame = 0; frame < progress_.frames; ++frame) {
    std::memcpy(positions.data(), bytes.data() + frame * frame_bytes(), frame_bytes());
    collect(positions, progress_.state.crystal.lattice);
  }
}

DynamicsRun Run::run() {
  take_up();
  for (int stage = progress_.stage; stage < stage_count && trouble_.empty(); ++stage) {
    if (stage > progress_.stage) {
      progress_.stage = stage;
      progress_.steps = 0;
      progress_.state.heat = 0.0;
    }
    if (steps_[static_cast<std::size_t>(stage)] > 0 && !run_stage(stage)) break;
    if (stage == cell_stage && progress_.cell_count > 0) set_average_cell();
  }
  return result();
}

/// Whether it ran to its end. What the model refuses at the start of all is the user's; later it is the run's.
bool Run::run_stage(int stage) {
  auto const last = steps_[static_cast<std::size_t>(stage)];
  Dynamics dynamics(progress_.state, potential_, options(stage));
  stress_ = dynamics.evaluation().stress.has_value();
  auto counted = progress_.steps == 0 ? 0 : dynamics.edges();
  if (stage == production_stage && progress_.samples.empty()) take_frame(dynamics);
  while (progress_.steps < last && trouble_.empty()) {
    try {
      dynamics.step();
    } catch (InputError const& error) {
      trouble_ = concat("atoms_too_close: ", error.what());
      break;
    }
    ++progress_.steps;
    progress_.edges += dynamics.edges() - counted;
    counted = dynamics.edges();
    trouble_ = what_is_wrong(dynamics, stage == production_stage ? DynamicsGuard{} : first_heat);
    if (trouble_.empty()) after_step(dynamics, stage);
  }
  progress_.state = dynamics.state();
  return trouble_.empty();
}

void Run::after_step(Dynamics const& dynamics, int stage) {
  if (stage == cell_stage && 2 * progress_.steps > steps_[cell_stage]) {
    progress_.cell_sum += dynamics.state().crystal.lattice;
    ++progress_.cell_count;
  }
  if (progress_.steps % frame_steps_ != 0) return;
  if (stage == production_stage) take_frame(dynamics);
  bool const stop = plan_.stop && plan_.stop();
  checkpoint(dynamics, stop);
  if (stop) {
    throw Stopped(plan_.checkpoint.empty()
                      ? concat("stopped at step ", dynamics.state().step, "; without --checkpoint nothing was kept")
                      : concat("stopped at step ", dynamics.state().step, "; the same command goes on from '",
                               plan_.checkpoint.string(), "'"));
  }
  tell(stage);
}

void Run::tell(int stage) {
  constexpr std::chrono::seconds pause(10);
  if (!plan_.progress || Clock::now() - told_ < pause) return;
  told_ = Clock::now();
  double const step = plan_.production.timestep_ps;
  plan_.progress(stage_names[static_cast<std::size_t>(stage)], static_cast<double>(progress_.steps) * step,
                 static_cast<double>(steps_[static_cast<std::size_t>(stage)]) * step);
}

void Run::set_average_cell() {
  auto& crystal = progress_.state.crystal;
  Eigen::Matrix3d const mean = progress_.cell_sum / static_cast<double>(progress_.cell_count);
  crystal.positions = mean * crystal.lattice.inverse() * crystal.positions;
  crystal.lattice = mean;
  progress_.cell_count = 0;  // once
}

void Run::take_frame(Dynamics const& dynamics) {
  detail::DynamicsSample sample{dynamics.temperature(), dynamics.potential_energy(), dynamics.conserved(), {}};
  Eigen::Matrix3d const p = dynamics.pressure();
  sample.pressure = {p(0, 0), p(1, 1), p(2, 2), p(1, 2), p(0, 2), p(0, 1)};
  auto const frame = static_cast<std::int64_t>(progress_.samples.size());
  progress_.samples.push_back(sample);
  auto const& crystal = dynamics.state().crystal;
  watch_.look(crystal.positions, frame, progress_.reference, progress_.away);
  trouble_ = watch_.verdict(crystal, progress_.reference, progress_.away, false);
  if (collector_) collect(crystal.positions, crystal.lattice);
  if (frames_) frames_->append({reinterpret_cast<char const*>(crystal.positions.data()), frame_bytes()});
  if (trajectory_) write_frame(dynamics);
}

void Run::collect(Eigen::Matrix3Xd const& positions, Eigen::Matrix3d const& lattice) {
  TrajectoryFrame frame;
  frame.lattice = lattice;
  frame.positions = positions;
  frame.periodic = start_.periodic;
  frame.unwrapped = true;
  collector_->add(frame);
}

void Run::write_frame(Dynamics const& dynamics) {
  Frame frame;
  frame.crystal = dynamics.state().crystal;
  frame.crystal.oxidation.clear();
  frame.info["time_ps"] = shortest(static_cast<double>(progress_.samples.size() - 1) * interval_ps_);
  frame.info["energy"] = shortest(dynamics.potential_energy());
  frame.info["temperature_K"] = shortest(dynamics.temperature());
  trajectory_->append(to_extxyz(frame));
}

void Run::checkpoint(Dynamics const& dynamics, bool now) {
  if (plan_.checkpoint.empty()) return;
  std::chrono::duration<double> const since = Clock::now() - saved_;
  if (!now && since.count() < plan_.checkpoint_s) return;
  progress_.state = dynamics.state();
  if (frames_) frames_->sync();
  if (trajectory_) {
    trajectory_->sync();
    progress_.trajectory_bytes = trajectory_->size();
  }
  progress_.frames = frames_ ? frames_->size() / frame_bytes() : 0;
  detail::save_progress(plan_.checkpoint, progress_, identity_);
  failure_point("md_checkpoint");
  saved_ = Clock::now();
}

DynamicsRun Run::result() {
  DynamicsRun run;
  run.stage = stage_names[static_cast<std::size_t>(std::min<int>(progress_.stage, production_stage))];
  run.steps = progress_.state.step;
  run.state = progress_.state;
  run.work = static_cast<double>(progress_.edges);
  run.resumed = resumed_;
  run.has_pressure = stress_;
  if (progress_.stage == production_stage) {
    run.production_ps = static_cast<double>(progress_.steps) * plan_.production.timestep_ps;
    summarize(run);
    if (trouble_.empty()) trouble_ = watch_.verdict(progress_.state.crystal, progress_.reference, progress_.away, true);
  }
  if (!trouble_.empty()) {
    run.status = trouble_.starts_with("intermixed") ? Status::reacted : Status::failed;
    run.reason = trouble_;
    return run;
  }
  run.status = Status::ok;
  if (!collector_) return run;
  auto options = *plan_.diffusion;  // planes are those of the start: they moved as the first stage moved the cell
  for (double& height : options.contacts) height *= progress_.state.crystal.lattice(2, 2) / start_.lattice(2, 2);
  run.diffusion = analyze_diffusion(std::move(*collector_).finish(), options);
  return run;
}

void Run::summarize(DynamicsRun& run) {
  auto const& samples = progress_.samples;
  std::vector<double> column(samples.size());
  auto const fill = [&](auto const& value) -> std::vector<double> const& {
    std::transform(samples.begin(), samples.end(), column.begin(), value);
    return column;
  };
  run.temperature = detail::block_mean(fill([](auto const& s) { return s.temperature; }));
  run.potential = detail::block_mean(fill([](auto const& s) { return s.potential; }));
  for (std::size_t k = 0; k < 6 && stress_; ++k)
    run.pressure[k] = detail::block_mean(fill([k](auto const& s) { return s.pressure[k]; }));
  auto const drift = detail::drift(fill([](auto const& s) { return s.conserved; }), 1e-3 * interval_ps_);
  auto const atoms = static_cast<double>(start_.size());
  run.drift = drift.slope / atoms;
  run.drift_error = drift.error / atoms;
  if (trouble_.empty() && std::abs(run.drift) - 3.0 * run.drift_error > largest_drift)
    trouble_ = concat("energy_drift: ", significant(run.drift, 3), " eV/atom/ns (at most ", largest_drift,
                      "); shorten the time step or sum the charges more accurately");
  double const stress = units::GPa * std::max(std::abs(run.pressure[0].value), std::abs(run.pressure[1].value));
  if (stress_ && stress > stressed_GPa) run.flags.emplace_back("stressed_in_plane");
}

}  // namespace

DynamicsRun run_dynamics(Crystal const& start, std::shared_ptr<Potential const> potential, DynamicsPlan const& plan) {
  return Run(start, std::move(potential), plan).run();
}

void remove_checkpoint(std::filesystem::path const& checkpoint) {
  std::error_code ignored;
  std::filesystem::remove(checkpoint, ignored);
  std::filesystem::remove(checkpoint.string() + ".frames", ignored);
}

int mobile_species_of(Crystal const& crystal) {
  for (int const species : {3, 11, 8})
    if (std::ranges::find(crystal.numbers, species) != crystal.numbers.end()) return species;
  return 0;
}

}  // namespace nacre
