#include "nacre/potential/relax.hpp"

#include <Eigen/LU>
#include <algorithm>
#include <array>
#include <cmath>
#include <deque>
#include <memory>
#include <optional>

#include "nacre/core/error.hpp"
#include "nacre/core/parallel_for.hpp"
#include "nacre/core/text.hpp"
#include "neighbor_table.hpp"
#include "relax_coordinates.hpp"
#include "spring_network.hpp"

namespace nacre {
namespace {

using detail::RelaxCoordinates;
using detail::SpringPreconditioner;

bool is_finite(Evaluation const& evaluation) {
  return std::isfinite(evaluation.energy) && evaluation.forces.allFinite() &&
         (!evaluation.stress || evaluation.stress->allFinite());
}

/// One point of the energy surface.
struct Point {
  Eigen::VectorXd x;
  Crystal crystal;
  Evaluation evaluation;
  Eigen::VectorXd gradient;
};

/// Evaluates, counts, and knows when to stop: what the minimisers share.
class Descent {
 public:
  Descent(Crystal const& start, Potential const& potential, RelaxOptions const& options)
      : potential_(potential),
        options_(options),
        springs_(detail::make_springs(start)),
        coordinates_(start, options, springs_),
        preconditioner_(springs_, coordinates_.variables(), coordinates_.translations()) {
    now_.x = Eigen::VectorXd::Zero(coordinates_.size());
    now_.crystal = start;
  }

  /// The start's own evaluation; nothing else may be asked before.
  void begin() { begin(evaluate(now_.crystal)); }
  void begin(Evaluation evaluation) {
    now_.evaluation = std::move(evaluation);
    start_energy_ = now_.evaluation.energy;
    start_volume_ = now_.crystal.volume();
    reason_ = broken(now_.crystal, now_.evaluation);
    if (!reason_.empty()) return;
    require_stress();
    now_.gradient = coordinates_.gradient(now_.x, now_.crystal, now_.evaluation);
    judge();
  }

  Point const& now() const { return now_; }
  bool ended() const { return !reason_.empty(); }
  RelaxOptions const& options() const { return options_; }
  RelaxCoordinates const& coordinates() const { return coordinates_; }
  SpringPreconditioner const& preconditioner() const { return preconditioner_; }

  /// The point at x, counted as a step; ends the descent if it is not sane, if steps ran out or someone cancelled.
  Point probe(Eigen::VectorXd const& x) {
    auto point = prepare(x);
    if (ended()) return point;
    try {
      point.evaluation = evaluate(point.crystal);
    } catch (InputError const& error) {
      refuse(error.what());
    }
    finish(point);
    return point;
  }

  /// The two halves of `probe`, for those who evaluate several points at once: before and after the evaluation.
  Point prepare(Eigen::VectorXd const& x) {
    Point point{x, coordinates_.at(x), {}, {}};
    if (options_.cancelled && options_.cancelled())
      reason_ = "cancelled";
    else if (steps_ >= options_.max_steps)
      reason_ = "max_steps";
    else if (double const ratio = point.crystal.volume() / start_volume_;
             !(ratio <= options_.guard.max_volume_ratio && ratio >= 1.0 / options_.guard.max_volume_ratio)) {
      reason_ = "volume_runaway";
    }
    if (!ended()) ++steps_;
    return point;
  }
  void finish(Point& point) {
    if (!ended()) reason_ = broken(point.crystal, point.evaluation);
    if (!ended()) point.gradient = coordinates_.gradient(point.x, point.crystal, point.evaluation);
  }
  void refuse(std::string const& reason) { reason_ = concat("refused_by_model: ", reason); }
  void count_work(Evaluation const& evaluation) { work_ += static_cast<double>(evaluation.edges); }

  /// `point` is the new configuration; ends the descent if it is a minimum.
  void accept(Point point) {
    now_ = std::move(point);
    judge();
  }

  Relaxation result(double energy_error) && {
    Relaxation relaxation;
    bool const evaluated = now_.evaluation.forces.cols() == now_.crystal.positions.cols();
    relaxation.fmax = evaluated && is_finite(now_.evaluation) ? coordinates_.fmax(now_.evaluation) : 0.0;
    relaxation.smax = ended_sane() ? coordinates_.smax(now_.x, now_.crystal, now_.evaluation) : 0.0;
    relaxation.converged = reason_ == "converged";
    relaxation.reason = reason_;
    if (relaxation.converged && now_.evaluation.trust == Trust::stop) {
      relaxation.converged = false;
      relaxation.reason = "out_of_range: " + now_.evaluation.warning;
    }
    relaxation.steps = steps_;
    relaxation.work = work_;
    relaxation.energy_error = energy_error;
    relaxation.crystal = std::move(now_.crystal);
    relaxation.evaluation = std::move(now_.evaluation);
    return relaxation;
  }

 private:
  bool ended_sane() const { return now_.gradient.size() == coordinates_.size(); }

  Evaluation evaluate(Crystal const& crystal) {
    auto evaluation = potential_.evaluate_next(crystal, state_);
    count_work(evaluation);
    return evaluation;
  }

  void require_stress() const {
    require(options_.cell == CellFreedom::fixed || now_.evaluation.stress.has_value(), "the model '", potential_.name(),
            "' gives no stress for this cell (a moving cell needs three periodic directions); keep the cell fixed");
  }

  void judge() {
    bool const calm = coordinates_.fmax(now_.evaluation) < options_.fmax &&
                      (options_.cell == CellFreedom::fixed ||
                       coordinates_.smax(now_.x, now_.crystal, now_.evaluation) < options_.smax);
    if (calm) reason_ = "converged";
  }

  /// The reason why an evaluation must not be used, or nothing.
  std::string broken(Crystal const& crystal, Evaluation const& evaluation) const {
    auto const& guard = options_.guard;
    if (!is_finite(evaluation)) return "not_finite";
    if (evaluation.forces.cols() > 0 &&
        evaluation.forces.colwise().squaredNorm().maxCoeff() > guard.max_force * guard.max_force) {
      return "force_too_large";
    }
    double const fall =
        (start_energy_ - evaluation.energy) / static_cast<double>(std::max<std::size_t>(crystal.size(), 1));
    if (steps_ > 0 && fall > guard.max_energy_fall) return "energy_fell_too_far";
    if (detail::any_pair_within(crystal, guard.min_distance)) return "atoms_too_close";
    return {};
  }

  Potential const& potential_;
  EvaluationState state_;
  RelaxOptions const& options_;
  detail::SpringNetwork springs_;
  RelaxCoordinates coordinates_;
  SpringPreconditioner preconditioner_;
  Point now_;
  double start_energy_ = 0.0, start_volume_ = 0.0, work_ = 0.0;
  int steps_ = 0;
  std::string reason_;
};

/// Limited-memory inverse Hessian, started from the spring model scaled by the newest curvature.
class InverseHessian {
 public:
  explicit InverseHessian(SpringPreconditioner const& springs) : springs_(springs) {}

  Eigen::VectorXd apply(Eigen::VectorXd const& gradient) const {
    Eigen::VectorXd q = gradient;
    std::vector<double> alpha(pairs_.size());
    for (std::size_t k = pairs_.size(); k-- > 0;) {
      alpha[k] = pairs_[k].rho * pairs_[k].s.dot(q);
      q -= alpha[k] * pairs_[k].y;
    }
    q = springs_.solve(q) * scale_;
    for (std::size_t k = 0; k < pairs_.size(); ++k) q += (alpha[k] - pairs_[k].rho * pairs_[k].y.dot(q)) * pairs_[k].s;
    return q;
  }

  void learn(Eigen::VectorXd const& s, Eigen::VectorXd const& y) {
    double const curvature = s.dot(y);
    if (!(curvature > 1e-10 * s.norm() * y.norm())) return;
    pairs_.push_back({s, y, 1.0 / curvature});
    if (pairs_.size() > memory) pairs_.pop_front();
    scale_ = curvature / y.dot(springs_.solve(y));
  }

  void forget() { pairs_.clear(); }
  bool empty() const { return pairs_.empty(); }

 private:
  static constexpr std::size_t memory = 60;
  struct Pair {
    Eigen::VectorXd s, y;
    double rho;
  };
  SpringPreconditioner const& springs_;
  std::deque<Pair> pairs_;
  double scale_ = 0.2;  // [Å^2/eV]; a soft oxide spring, corrected by the first step
};

/// Whether the step of length `a` along p is good enough: it goes down as promised, or (near the minimum, where the
/// energy's own noise hides that) the slope shrank and the energy did not rise beyond the noise.
bool is_descent(Point const& from, Point const& to, Eigen::VectorXd const& p, double a) {
  double const slope = from.gradient.dot(p), rise = to.evaluation.energy - from.evaluation.energy;
  if (rise <= 1e-4 * a * slope) return true;
  double const noise = 1e-6 * std::max(1.0, static_cast<double>(from.crystal.size()) / 10.0);
  return rise <= noise && std::abs(to.gradient.dot(p)) <= 0.9 * std::abs(slope);
}

/// Where the parabola through energy, slope and the new slope has its minimum, within [0.1, 0.5] of the step tried.
double shorter(Point const& from, Point const& to, Eigen::VectorXd const& p, double a) {
  double const slope = from.gradient.dot(p), end = to.gradient.dot(p);
  double const best = end > slope ? -slope / (end - slope) : 0.5;
  return a * std::clamp(best, 0.1, 0.5);
}

/// FIRE 2.0: semi-implicit Euler with unit masses; parameters of Guenole et al., times in Å sqrt(u/eV).
class Fire {
 public:
  explicit Fire(Eigen::Index size) : v_(Eigen::VectorXd::Zero(size)) {}

  /// Where to go from here.
  Eigen::VectorXd next(Descent const& descent) {
    Point const& now = descent.now();
    Eigen::VectorXd const f = -now.gradient;
    Eigen::VectorXd x = now.x;
    if (f.dot(v_) > 0.0) {
      if (++downhill_ > delay) {
        dt_ = std::min(1.1 * dt_, longest_step);
        mixing_ *= 0.99;
      }
    } else {
      downhill_ = 0;
      dt_ = std::max(0.5 * dt_, shortest_step);
      mixing_ = start_mixing;
      x -= 0.5 * dt_ * v_;
      v_.setZero();
    }
    v_ += dt_ * f;
    v_ = (1.0 - mixing_) * v_ + mixing_ * (v_.norm() / std::max(f.norm(), 1e-300)) * f;
    Eigen::VectorXd const dx = dt_ * v_;
    return x + descent.coordinates().limit(dx, descent.options().max_step) * dx;
  }

 private:
  static constexpr double start_step = 0.1, longest_step = 1.0, shortest_step = 2e-3, start_mixing = 0.25;
  static constexpr int delay = 20;
  double dt_ = start_step, mixing_ = start_mixing;
  int downhill_ = 0;
  Eigen::VectorXd v_;
};

/// A minimiser as one who is asked where to look next and told what is there, so that many of them can be evaluated
/// together.
class Search {
 public:
  Search(Descent const& descent, Minimizer minimizer) : hessian_(descent.preconditioner()) {
    if (minimizer == Minimizer::fire) fire_.emplace(descent.coordinates().size());
  }

  Eigen::VectorXd next(Descent const& descent) {
    while (!fire_ && !searching_ && !begin_line(descent)) give_up_line(descent);
    return fire_ ? fire_->next(descent) : Eigen::VectorXd(descent.now().x + length_ * direction_);
  }

  /// @param to what next() asked for, evaluated and sane
  void take(Descent& descent, Point to) {
    if (fire_) return descent.accept(std::move(to));
    auto const& from = descent.now();
    if (is_descent(from, to, direction_, length_)) {
      hessian_.learn(to.x - from.x, to.gradient - from.gradient);
      searching_ = false;
      return descent.accept(std::move(to));
    }
    length_ = shorter(from, to, direction_, length_);
    if (++tried_ == line_search_tries) give_up_line(descent);
  }

  InverseHessian const& hessian() const { return hessian_; }

 private:
  static constexpr int line_search_tries = 5;

  /// @return false if the quasi-Newton step does not go down
  bool begin_line(Descent const& descent) {
    direction_ = -hessian_.apply(descent.now().gradient);
    if (!(direction_.dot(descent.now().gradient) < 0.0)) return false;
    direction_ *= descent.coordinates().limit(direction_, descent.options().max_step);
    length_ = 1.0;
    tried_ = 0;
    return searching_ = true;
  }

  /// First without what was learned, then, for good, by FIRE.
  void give_up_line(Descent const& descent) {
    searching_ = false;
    if (hessian_.empty())
      fire_.emplace(descent.coordinates().size());
    else
      hessian_.forget();
  }

  InverseHessian hessian_;
  std::optional<Fire> fire_;
  Eigen::VectorXd direction_;
  double length_ = 1.0;
  int tried_ = 0;
  bool searching_ = false;
};

}  // namespace

std::string_view to_string(Minimizer minimizer) { return minimizer == Minimizer::lbfgs ? "lbfgs" : "fire"; }

Minimizer minimizer_from(std::string_view word) {
  if (word == "lbfgs") return Minimizer::lbfgs;
  if (word == "fire") return Minimizer::fire;
  std::array<std::string, 2> const known{"lbfgs", "fire"};
  input_error("unknown minimizer '", word, "'", did_you_mean(word, known));
}

namespace {

void check(RelaxOptions const& options) {
  require(options.fmax > 0.0, "invalid fmax=", options.fmax, " (must be positive)");
  require(options.smax > 0.0, "invalid smax=", options.smax, " (must be positive)");
  require(options.max_step > 0.0, "invalid max_step=", options.max_step, " (must be positive)");
}

/// What the minimiser believes to be left, from the forces and its model of the curvature [eV].
double energy_error(Descent const& descent, InverseHessian const& hessian) {
  auto const& gradient = descent.now().gradient;
  return gradient.size() == 0 ? 0.0 : 0.5 * gradient.dot(hessian.apply(gradient));
}

/// One of the structures that are relaxed together.
struct Member {
  Member(RelaxTask const& task, Potential const& potential)
      : descent((check(task.options), task.crystal), potential, task.options),
        search(descent, task.options.minimizer) {
    next.crystal = task.crystal;
  }
  Relaxation result() && {
    double const error = energy_error(descent, search.hessian());
    return std::move(descent).result(error);
  }
  Descent descent;
  Search search;
  Point next;
};

void run(Member& member) {
  auto& descent = member.descent;
  while (!descent.ended()) {
    Point to = descent.probe(member.search.next(descent));
    if (!descent.ended()) member.search.take(descent, std::move(to));
  }
}

/// For models that gain nothing from several structures at once: each goes its way with lists of its own.
std::vector<Relaxation> relax_apart(std::span<RelaxTask const> tasks, Potential const& potential, int threads) {
  std::vector<Relaxation> results(tasks.size());
  parallel_for(tasks.size(), potential.concurrent() ? threads : 1, [&](std::size_t k) {
    Member member(tasks[k], potential);
    try {
      member.descent.begin();
    } catch (InputError const& error) {
      member.descent.refuse(error.what());
    }
    run(member);
    results[k] = std::move(member).result();
  });
  return results;
}

/// Evaluates the points of some members at once and hands each what it asked for.
template <class Take>
void evaluate_together(std::vector<Member*> const& members, Potential const& potential, int threads, Take const& take) {
  std::vector<Crystal> crystals;
  for (auto const* member : members) crystals.push_back(member->next.crystal);
  auto results = potential.evaluate_many(crystals, threads);
  for (std::size_t k = 0; k < members.size(); ++k) {
    members[k]->descent.count_work(results[k].evaluation);
    if (!results[k].refusal.empty()) members[k]->descent.refuse(results[k].refusal);
    take(*members[k], std::move(results[k].evaluation));
  }
}

/// Every step is one evaluation of all that still move.
std::vector<Relaxation> relax_together(std::span<RelaxTask const> tasks, Potential const& potential, int threads) {
  std::vector<std::unique_ptr<Member>> members;
  std::vector<Member*> moving;
  for (auto const& task : tasks) {
    members.push_back(std::make_unique<Member>(task, potential));
    moving.push_back(members.back().get());
  }
  evaluate_together(moving, potential, threads, [](Member& member, Evaluation evaluation) {
    if (!member.descent.ended()) member.descent.begin(std::move(evaluation));
  });
  auto const drop_ended = [&] { std::erase_if(moving, [](Member const* member) { return member->descent.ended(); }); };
  while (true) {
    drop_ended();
    for (auto* member : moving) member->next = member->descent.prepare(member->search.next(member->descent));
    drop_ended();
    if (moving.empty()) break;
    evaluate_together(moving, potential, threads, [](Member& member, Evaluation evaluation) {
      member.next.evaluation = std::move(evaluation);
      member.descent.finish(member.next);
      if (!member.descent.ended()) member.search.take(member.descent, std::move(member.next));
    });
  }
  std::vector<Relaxation> results;
  for (auto& member : members) results.push_back(std::move(*member).result());
  return results;
}

}  // namespace

std::vector<Relaxation> relax_batch(std::span<RelaxTask const> tasks, Potential const& potential, int threads) {
  bool const together = tasks.size() > 1 && potential.batch_edges() > 0.0;
  return together ? relax_together(tasks, potential, threads) : relax_apart(tasks, potential, threads);
}

Relaxation relax(Crystal const& crystal, Potential const& potential, RelaxOptions const& options) {
  RelaxTask const task{crystal, options};
  Member member(task, potential);
  member.descent.begin();
  run(member);
  return std::move(member).result();
}

}  // namespace nacre
