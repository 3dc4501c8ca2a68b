#include "portfolio.hpp"

#include <algorithm>
#include <cmath>

#include "nacre/core/error.hpp"

namespace nacre::detail {
namespace {

std::size_t index(Arm arm) { return static_cast<std::size_t>(arm); }

char const* why(Arm arm) {
  static constexpr char const* reasons[] = {"is the function a sum over its coordinates?",
                                            "a smooth minimum costs least so",
                                            "from the best point of the opening",
                                            "a restart with twice the population",
                                            "a restart with a small step and population",
                                            "a restart from a random point",
                                            "a crowd over the whole box"};
  return reasons[index(arm)];
}

double usual_population(std::size_t n) { return 4.0 + std::floor(3.0 * std::log(static_cast<double>(n))); }

}  // namespace

PortfolioOptions portfolio_options(std::size_t dimensions) {
  PortfolioOptions options;
  options.share[index(Arm::wide)] = options.share[index(Arm::narrow)] = 1.0;
  if (dimensions <= 3) {
    options.first = {Arm::axes, Arm::simplex};
  } else if (dimensions <= 30) {
    options.first = {Arm::axes, Arm::quadratic, Arm::opening};
  } else {
    options.first = {Arm::axes, Arm::opening};  // a model of more dimensions costs milliseconds a point
  }
  if (dimensions <= 10) options.quadratic_limit = 150.0;
  if (dimensions <= 5) options.share[index(Arm::simplex)] = options.share[index(Arm::crowd)] = 1.0;
  return options;
}

PortfolioOptions cmaes_options() {
  PortfolioOptions options;
  options.first = {Arm::opening};
  options.share[index(Arm::wide)] = options.share[index(Arm::narrow)] = 1.0;
  return options;
}

Portfolio::Portfolio(std::vector<char> periodic, PortfolioOptions options)
    : periodic_(std::move(periodic)), options_(std::move(options)) {
  state_.best = Point::Constant(static_cast<Eigen::Index>(periodic_.size()), 0.5);
}

// Another run starts only when all that run wait for values, so a caller with one point in flight sees one run at a
// time.
Portfolio::Asked Portfolio::ask(Rng& rng) {
  for (auto const& one : state_.active) {
    if (one.run->next() >= 0) return ask(one);
  }
  auto const turn = static_cast<std::size_t>(state_.opened);
  bool const opening = turn < options_.first.size();
  if (opening) ++state_.opened;
  state_.active.push_back(start(opening ? options_.first[turn] : choose(), opening, rng));
  return ask(state_.active.back());
}

Portfolio::Asked Portfolio::ask(PortfolioRun const& one) {
  auto const slot = one.run->next();
  one.run->hand_out(slot);
  explain(one);
  return {one.id, slot, one.run->point(slot)};
}

void Portfolio::explain(PortfolioRun const& one) {
  reason_ = concat(to_string(one.run->start().method), " ", one.id, " (", why(one.arm), ")");
}

void Portfolio::note(Point const& x, double value) {
  if (!(value < state_.least)) return;
  state_.least = value;
  state_.best = x;
}

void Portfolio::tell(Asked const& asked, double value) {
  note(asked.x, value);
  auto const found = std::ranges::find(state_.active, asked.run, &PortfolioRun::id);
  if (found == state_.active.end()) return;
  auto& one = *found;
  ++one.told;
  ++state_.spent[index(one.arm)];
  one.best = std::min(one.best, value);
  one.run->tell(asked.slot, value);
  if (one.run->done() || (one.limit > 0 && one.told >= one.limit) || hopeless(one)) state_.active.erase(found);
}

// A run whose values differ by much less than it is behind ends in a worse minimum.
bool Portfolio::hopeless(PortfolioRun const& one) const {
  if (one.arm == Arm::axes || one.arm == Arm::opening) return false;
  return one.best - state_.least > options_.patience * one.run->spread();
}

/// The arm that has used the least of its share.
Arm Portfolio::choose() const {
  auto best = Arm::wide;
  double least = std::numeric_limits<double>::infinity();
  for (std::size_t i = 0; i < arms; ++i) {
    if (!(options_.share[i] > 0.0)) continue;
    auto spent = static_cast<double>(state_.spent[i]);
    if (i == index(Arm::wide)) spent += static_cast<double>(state_.spent[index(Arm::opening)]);
    if (!(spent / options_.share[i] < least)) continue;
    least = spent / options_.share[i];
    best = static_cast<Arm>(i);
  }
  return best;
}

PortfolioRun Portfolio::start(Arm arm, bool opening, Rng& rng) {
  auto const n = periodic_.size();
  PortfolioRun one{state_.next_id++, arm, 0, 0, std::numeric_limits<double>::infinity(), nullptr};
  Start s;
  s.periodic = periodic_;
  s.key = static_cast<std::uint64_t>(rng.bits()) << 32 | rng.bits();
  s.x = state_.best;
  if (!opening) std::ranges::generate(s.x, [&] { return rng.uniform(); });
  switch (arm) {
    case Arm::axes:
      s.method = Method::axes;
      if (opening && state_.least < unusable) s.value = state_.least;
      break;
    case Arm::quadratic:
      s.method = Method::quadratic;
      s.step = options_.quadratic_step;
      one.limit = static_cast<std::int64_t>(options_.quadratic_limit * static_cast<double>(n));
      break;
    case Arm::opening:
      s.step = options_.opening_step;
      break;
    case Arm::wide:
      s.step = options_.restart_step;
      s.population = static_cast<std::int32_t>(usual_population(n) * std::pow(2.0, ++state_.doublings));
      break;
    case Arm::narrow: {
      auto const u = rng.uniform(), v = rng.uniform();
      s.step = options_.restart_step * std::pow(10.0, -2.0 * v);
      s.population =
          static_cast<std::int32_t>(usual_population(n) * std::pow(0.5 * std::pow(2.0, state_.doublings), u * u));
      break;
    }
    case Arm::simplex:
      s.method = Method::nelder_mead;
      s.step = options_.simplex_step;
      break;
    case Arm::crowd:
      s.method = Method::crs;
      s.population = static_cast<std::int32_t>(options_.crowd_factor * static_cast<double>(n + 1));
      break;
  }
  one.run = std::make_shared<Run>(std::move(s));
  return one;
}

}  // namespace nacre::detail
