/// The objective of runs/smoke: a landscape whose optimum is known, over every kind of variable that a space has.
///
/// Choices: reals `x` in [-5, 10] and `y` in [0, 15], a category `phase`, a torus `shift`.
///   f = B(x, y) + (x - pi)^2/50 + (phase - 1)^2 + 2 - cos 2 pi (u - u0) - cos 2 pi (v - v0)
/// B is the function of F. H. Branin, IBM J. Res. Dev. 16, 504 (1972), doi:10.1147/rd.165.0504, whose three equal
/// minima the second term sets apart; the well (u0, v0) of the torus moves with the phase, so that neither can be
/// chosen without the other. Optimum: x = pi, y = 2.275, phase 1, shift (0.25, 0.6), f = 10/(8 pi) = 0.397887.
/// Planted failures: all within 1.5 of (-pi, 12.275), the minimum that is not the best, "do not relax".
#include <chrono>
#include <cmath>
#include <cstdlib>
#include <ctime>
#include <random>
#include <thread>

#include "nacre/core/error.hpp"
#include "nacre/core/ids.hpp"
#include "nacre/core/text.hpp"
#include "nacre/core/units.hpp"
#include "nacre/score/objective.hpp"

namespace {

using nacre::units::pi;

double branin(double x, double y) {
  double const parabola = y - 5.1 / (4.0 * pi * pi) * x * x + 5.0 / pi * x - 6.0;
  return parabola * parabola + 10.0 * (1.0 - 1.0 / (8.0 * pi)) * std::cos(x) + 10.0;
}

double landscape(nacre::Candidate const& candidate) {
  double const x = candidate.choice("x").value, y = candidate.choice("y").value;
  double const phase = candidate.choice("phase").value - 1.0;
  auto const& shift = candidate.choice("shift");
  double const u = shift.value - 0.25 - 0.37 * phase, v = shift.second - 0.6 - 0.11 * phase;
  double const torus = 2.0 - std::cos(2.0 * pi * u) - std::cos(2.0 * pi * v);
  return branin(x, y) + (x - pi) * (x - pi) / 50.0 + phase * phase + torus;
}

bool planted_failure(nacre::Candidate const& candidate) {
  return std::hypot(candidate.choice("x").value + pi, candidate.choice("y").value - 12.275) < 1.5;
}

/// In [0, 1), from the design alone.
double fraction_of(nacre::Hash128 id, std::string_view purpose) {
  return nacre::Rng(id.low, purpose, id.high).uniform();
}

/// A number from the environment, for tests and benchmarks; 0 if it is not set.
double setting(char const* name) {
  auto const* text = std::getenv(name);
  if (!text) return 0.0;
  auto const value = nacre::parse_double(text);
  nacre::require(value && *value >= 0.0, "invalid ", name, "='", text, "' (must be a number from 0 up)");
  return *value;
}

/// From 1e6 to 1.6e7, spread evenly in the logarithm: as much, and as uneven, as relaxations of small stacks [edges].
/// With NACRE_ANALYTIC_EVEN all expect the same, as jobs that last equally long should.
double expected_work(nacre::Candidate const& candidate) {
  if (setting("NACRE_ANALYTIC_EVEN") > 0.0) return 4e6;
  return 1e6 * std::exp2(4.0 * fraction_of(candidate.id, "expected_work"));
}

double thread_milliseconds() {
  timespec now{};
  ::clock_gettime(CLOCK_THREAD_CPUTIME_ID, &now);
  return 1e3 * static_cast<double>(now.tv_sec) + 1e-6 * static_cast<double>(now.tv_nsec);
}

/// NACRE_ANALYTIC_SLEEP_MS makes a job last, NACRE_ANALYTIC_JITTER_MS up to so much longer, differently each time, and
/// NACRE_ANALYTIC_SPIN_MS takes so much processor time. The result is the same.
void linger(nacre::Context const& context) {
  using Clock = std::chrono::steady_clock;
  auto const after = [](double milliseconds) {
    return Clock::now() + std::chrono::duration_cast<Clock::duration>(std::chrono::duration<double, std::milli>(milliseconds));
  };
  thread_local std::mt19937 engine{std::random_device()()};
  double const jitter = setting("NACRE_ANALYTIC_JITTER_MS") * std::uniform_real_distribution<double>()(engine);
  auto const sleep_end = after(setting("NACRE_ANALYTIC_SLEEP_MS") + jitter);
  while (Clock::now() < sleep_end && !context.cancelled()) {
    std::this_thread::sleep_until(std::min(sleep_end, after(1.0)));
  }
  double const spin_end = thread_milliseconds() + setting("NACRE_ANALYTIC_SPIN_MS");
  while (thread_milliseconds() < spin_end && !context.cancelled()) {
  }
}

/// Shares of the designs, in NACRE_ANALYTIC_THROW, _RUBBISH and _HANG, whose job throws, returns no number, or never
/// ends, whatever it is told.
void misbehave(nacre::Candidate const& candidate) {
  double const lot = fraction_of(candidate.id, "faults"), throws = setting("NACRE_ANALYTIC_THROW");
  if (lot < throws) throw nacre::Error("a planted exception");
  if (lot >= 1.0 - setting("NACRE_ANALYTIC_HANG")) {
    for (;;) std::this_thread::sleep_for(std::chrono::seconds(1));
  }
}

bool planted_rubbish(nacre::Candidate const& candidate) {
  return fraction_of(candidate.id, "rubbish") < setting("NACRE_ANALYTIC_RUBBISH");
}

class Analytic final : public nacre::Objective {
 public:
  nacre::Info info() const override {
    return {"analytic", "1", nacre::Direction::minimize,
            {nacre::Tier::potential},  // its descriptor tier is the learned predictor
            "a landscape over x, y, phase and shift whose optimum is known"};
  }
  std::vector<nacre::Job> plan(nacre::Candidate const& candidate, nacre::Tier) const override {
    return {nacre::Job{0, "analytic", expected_work(candidate), {}}};
  }
  nacre::JobResult run(nacre::Job const& job, nacre::Context& context) const override {
    auto const& candidate = context.candidate();
    auto const model = nacre::sha256_hex("analytic 1 " + std::string(nacre::to_string(context.tier())));
    // The work done differs from what was expected, as it does for a relaxation.
    double const work = job.expected_work * (0.7 + 0.6 * fraction_of(candidate.id, "work"));
    linger(context);
    misbehave(candidate);
    if (planted_rubbish(candidate)) return {nacre::Estimate(std::nan(""), 0.0, work, model), {}};
    if (planted_failure(candidate)) {
      return {nacre::Estimate::without_value(nacre::Status::failed, "not_converged: a planted failure", work, model),
              {}};
    }
    return {nacre::Estimate(landscape(candidate), 0.0, work, model), {}};
  }
};

}  // namespace

NACRE_OBJECTIVE(Analytic)
