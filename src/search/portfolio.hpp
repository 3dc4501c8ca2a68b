/// Which minimiser of a box works next: a fixed opening, then restarts of several kinds that share the evaluations.
#pragma once

#include <array>
#include <memory>
#include <string>
#include <vector>

#include "minimisation.hpp"

namespace nacre::detail {

/// A kind of run that the portfolio starts. `wide` and `narrow` are restarts of the CMA-ES with a population that
/// doubles, and with a random smaller one and a smaller step (N. Hansen, GECCO 2009 companion, 2389).
enum class Arm : std::int32_t { axes, quadratic, opening, wide, narrow, simplex, crowd };
inline constexpr std::size_t arms = 7;

struct PortfolioOptions {
  std::vector<Arm> first;            ///< the opening, each from the best point known
  std::array<double, arms> share{};  ///< of the evaluations after the opening; 0: never
  double patience = 30.0;            ///< a run further behind than this many spreads of its values ends
  double quadratic_limit = 60.0;     ///< evaluations per dimension
  double quadratic_step = 0.1, simplex_step = 0.1, opening_step = 0.2, restart_step = 0.2;
  double crowd_factor = 10.0;  ///< size of the crowd per (dimension + 1)
};
/// What pays in `dimensions`, as measured in docs/search.md.
PortfolioOptions portfolio_options(std::size_t dimensions);
/// Runs of the CMA-ES alone.
PortfolioOptions cmaes_options();

struct PortfolioRun {
  std::int64_t id = -1;
  Arm arm = Arm::opening;
  std::int64_t limit = 0;  ///< evaluations after which it is dropped; 0: none
  std::int64_t told = 0;
  double best = std::numeric_limits<double>::infinity();
  std::shared_ptr<Run> run;
};

struct PortfolioState {
  std::int64_t next_id = 0;
  std::int32_t opened = 0;                                               ///< runs of the opening that were started
  std::int32_t doublings = 0;                                            ///< of the population
  std::vector<std::int64_t> spent = std::vector<std::int64_t>(arms, 0);  ///< evaluations by arm
  Point best;
  double least = std::numeric_limits<double>::infinity();
  std::vector<PortfolioRun> active;  ///< by id
};

class Portfolio {
 public:
  Portfolio(std::vector<char> periodic, PortfolioOptions options);

  struct Asked {
    std::int64_t run = -1;
    std::int32_t slot = 0;
    Point x;
  };
  /// @param rng of the proposal; used only when a run starts
  Asked ask(Rng& rng);
  /// A point that was asked for; infinity if it has no value. Of a run that was dropped it is a result like any other.
  void tell(Asked const& asked, double value);
  /// A result from elsewhere.
  void note(Point const& x, double value);
  double least() const { return state_.least; }
  /// The run that asked last and why it was started, for the log.
  std::string const& reason() const { return reason_; }

  std::string save() const;
  /// @throws Error if the bytes are no such state
  void load(std::string const& bytes);

 private:
  Asked ask(PortfolioRun const& one);
  PortfolioRun start(Arm arm, bool opening, Rng& rng);
  Arm choose() const;
  bool hopeless(PortfolioRun const& one) const;
  void explain(PortfolioRun const& one);
  std::vector<char> periodic_;
  PortfolioOptions options_;
  PortfolioState state_;
  std::string reason_;
};

}  // namespace nacre::detail
