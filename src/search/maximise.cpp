#include "maximise.hpp"

#include <nlopt.h>

#include <algorithm>
#include <cmath>
#include <memory>

#include "listing.hpp"

namespace nacre::detail {
namespace {

void score_all(std::vector<Scored>& candidates, Prospect const& prospect) {
  std::vector<Path> paths;
  for (auto const& one : candidates) paths.push_back(one.path);
  auto const scores = prospect.scores(paths);
  for (std::size_t i = 0; i < candidates.size(); ++i) candidates[i].score = scores[i];
}

/// Designs that differ from one in one discrete answer; of many only some.
std::vector<Scored> neighbours_of(Space const& space, Path const& base, MaximiseOptions const& options, Rng& rng) {
  constexpr std::size_t most = 64;
  std::vector<std::pair<std::size_t, std::vector<std::int64_t>>> changes;
  for (std::size_t q = 0; q < base.questions.size(); ++q) {
    for (auto& answer : other_answers(base, q)) changes.emplace_back(q, std::move(answer));
  }
  for (auto i = changes.size(); i-- > 1 && changes.size() > most;) std::swap(changes[i], changes[rng.below(i + 1)]);
  changes.resize(std::min(changes.size(), most));
  std::vector<Scored> neighbours;
  for (auto const& [question, answer] : changes) {
    auto path = changed(space, base, question, answer, rng);
    if (path && !options.known(path->design)) neighbours.push_back({*std::move(path), 0.0});
  }
  return neighbours;
}

/// The discrete neighbours of the best few, at most half; of the rest a third anywhere, the others around what is best
/// so far, near and far.
std::vector<Scored> draw_candidates(Space const& space, History const& history, Judge const& judge,
                                    MaximiseOptions const& options, Rng& rng) {
  std::vector<Scored> candidates;
  auto const bases = options.anywhere ? std::vector<std::size_t>() : judge.bases();
  constexpr std::size_t most_surrounded = 3;
  for (std::size_t i = 0; i < std::min(bases.size(), most_surrounded); ++i) {
    for (auto& one : neighbours_of(space, history.path(bases[i]), options, rng)) candidates.push_back(std::move(one));
  }
  candidates.resize(std::min(candidates.size(), static_cast<std::size_t>(options.candidates) / 2));
  auto const widest = std::min(0.3, options.radius);
  for (auto i = static_cast<int>(candidates.size()); i < options.candidates; ++i) {
    bool const anywhere = bases.empty() || (i % 3 == 0 && options.radius >= 1.0);
    // the best bases most often
    auto const rank = bases.empty() ? 0.0 : rng.uniform() * rng.uniform() * static_cast<double>(bases.size());
    Mutation const mutation{rng.uniform() * rng.uniform(), std::exp(rng.uniform(std::log(1e-3), std::log(widest)))};
    auto path = anywhere ? random_path(space, rng)
                         : mutated(space, history.path(bases[static_cast<std::size_t>(rank)]), mutation, rng);
    if (path && !options.known(path->design)) candidates.push_back({*std::move(path), 0.0});
  }
  return candidates;
}

/// The promise as a function of the continuous answers of a design.
struct Landscape {
  Prospect const& prospect;
  Path const& path;
  std::vector<Encoding::Coordinate> coordinates;
  EncodedRow row;
  Eigen::VectorXd best;
  double best_value = -std::numeric_limits<double>::infinity();

  double evaluate(Eigen::VectorXd const& values, Eigen::VectorXd* gradient);
};

double Landscape::evaluate(Eigen::VectorXd const& values, Eigen::VectorXd* gradient) {
  auto const& encoding = prospect.encoding();
  encoding.place(path, coordinates, values, row);
  Eigen::VectorXd by_column = Eigen::VectorXd::Zero(encoding.numbers());
  auto const value = prospect.slope(row, by_column);
  if (gradient) {
    *gradient = encoding.pull_back(path, coordinates, values, by_column);
    if (!gradient->allFinite()) gradient->setZero();
  }
  if (value > best_value) {
    best_value = value;
    best = values;
  }
  return std::isfinite(value) ? value : -1e100;
}

double climb_step(unsigned size, double const* x, double* gradient, void* user) {
  Eigen::VectorXd slope;
  auto const value = static_cast<Landscape*>(user)->evaluate(
      Eigen::Map<Eigen::VectorXd const>(x, static_cast<Eigen::Index>(size)), gradient ? &slope : nullptr);
  if (gradient) Eigen::Map<Eigen::VectorXd>(gradient, static_cast<Eigen::Index>(size)) = slope;
  return value;
}

/// The design with these values of its continuous answers.
std::optional<Path> with_values(Space const& space, Path const& base,
                                std::vector<Encoding::Coordinate> const& coordinates, Eigen::VectorXd const& values,
                                Rng& rng) {
  auto const answer_of = [&](Question const& question, std::vector<std::int64_t>& path) {
    bool written = false;
    for (std::size_t i = 0; i < coordinates.size(); ++i) {
      auto const& one = coordinates[i];
      if (!base.questions[one.question].same(question)) continue;
      auto const value = values[static_cast<Eigen::Index>(i)];
      if (one.periodic) {
        auto const inside = std::llround((value - std::floor(value)) * static_cast<double>(torus_grid));
        path.push_back(inside >= torus_grid ? 0 : inside);
      } else {
        auto const last = static_cast<double>(question.node->count() - 1);
        path.push_back(static_cast<std::int64_t>(std::llround(std::clamp(value, 0.0, 1.0) * last)));
      }
      written = true;
    }
    return written;
  };
  return walk(space, [&](Question const& question, std::vector<std::int64_t>& path) {
    if (answer_of(question, path) || append_same(base, question, path)) return;
    append_random_answer(*question.node, path, rng);
  });
}

/// Up the slope of the continuous answers.
std::optional<Path> climbed(Space const& space, Prospect const& prospect, Path const& start,
                            MaximiseOptions const& options, Rng& rng) {
  auto const coordinates = prospect.encoding().coordinates(start);
  if (coordinates.empty()) return std::nullopt;
  auto const size = static_cast<Eigen::Index>(coordinates.size());
  Eigen::VectorXd values(size), low(size), high(size);
  for (Eigen::Index i = 0; i < size; ++i) {
    auto const& one = coordinates[static_cast<std::size_t>(i)];
    values[i] = Encoding::value_of(start, one);
    auto const reach = std::min(options.radius, one.periodic ? 0.5 : 1.0);
    low[i] = one.periodic ? values[i] - reach : std::max(values[i] - reach, 0.0);
    high[i] = one.periodic ? values[i] + reach : std::min(values[i] + reach, 1.0);
  }
  Landscape landscape{prospect, start, coordinates, prospect.encoding().encode(start), {}};
  std::unique_ptr<std::remove_pointer_t<nlopt_opt>, decltype(&nlopt_destroy)> const optimizer(
      nlopt_create(NLOPT_LD_LBFGS, static_cast<unsigned>(size)), nlopt_destroy);
  nlopt_set_lower_bounds(optimizer.get(), low.data());
  nlopt_set_upper_bounds(optimizer.get(), high.data());
  nlopt_set_max_objective(optimizer.get(), climb_step, &landscape);
  nlopt_set_vector_storage(optimizer.get(), 10);  // its default depends on the size of the memory
  nlopt_set_maxeval(optimizer.get(), options.evaluations);
  nlopt_set_ftol_abs(optimizer.get(), 1e-3);  // of a logarithm
  double value = 0.0;
  nlopt_optimize(optimizer.get(), values.data(), &value);  // whatever it returns, landscape.best is the best point met
  if (landscape.best.size() == 0) return std::nullopt;
  return with_values(space, start, coordinates, landscape.best, rng);
}

/// The best of the designs that differ by one discrete answer, if it is better.
bool hop(Space const& space, Prospect const& prospect, Scored& best, MaximiseOptions const& options, Rng& rng) {
  auto neighbours = neighbours_of(space, best.path, options, rng);
  if (neighbours.empty()) return false;
  score_all(neighbours, prospect);
  auto const found = std::ranges::max_element(neighbours, {}, &Scored::score);
  if (!(found->score > best.score)) return false;
  best = *found;
  return true;
}

/// Numbers and choices in turn until neither gets better.
Scored improved(Space const& space, Prospect const& whole, Scored start, MaximiseOptions const& options, Rng& rng) {
  auto const local = whole.near(start.path, options.local_points);
  std::vector<Scored> one{start};
  score_all(one, local);
  Scored best = one[0];
  for (int round = 0; round < 4; ++round) {
    if (auto path = climbed(space, local, best.path, options, rng)) {
      std::vector<Scored> next{{*std::move(path), 0.0}};
      score_all(next, local);
      if (next[0].score > best.score && !options.known(next[0].path.design)) best = next[0];
    }
    if (!hop(space, local, best, options, rng)) break;
  }
  return best;
}

/// Falling score; ties by the answers.
void sort_by_score(std::vector<Scored>& list) {
  std::ranges::sort(list, [](Scored const& a, Scored const& b) {
    return a.score != b.score ? a.score > b.score : a.path.design < b.path.design;
  });
  list.erase(std::unique(list.begin(), list.end(),
                         [](Scored const& a, Scored const& b) { return a.path.design == b.path.design; }),
             list.end());
}

}  // namespace

std::vector<Scored> maximise(Space const& space, History const& history, Prospect const& prospect,
                             MaximiseOptions const& options, Rng& rng) {
  auto candidates = draw_candidates(space, history, prospect.judge(), options, rng);
  if (candidates.empty()) return {};
  score_all(candidates, prospect);
  sort_by_score(candidates);
  std::vector<Scored> result;
  auto const refined = options.anywhere ? 0 : options.refined;
  for (std::size_t i = 0; i < candidates.size() && static_cast<int>(i) < refined; ++i) {
    result.push_back(improved(space, prospect, candidates[i], options, rng));
  }
  result.insert(result.end(), candidates.begin(), candidates.end());
  sort_by_score(result);
  return result;
}

std::vector<Scored> maximise_draw(Space const& space, History const& history, Surrogate const& surrogate,
                                  Judge const& judge, MaximiseOptions const& options, Rng& rng) {
  constexpr std::size_t most = 300;  // the draw takes their third power
  auto candidates = draw_candidates(space, history, judge, options, rng);
  candidates.resize(std::min(candidates.size(), most));
  if (candidates.empty()) return {};
  std::vector<Path> paths;
  for (auto const& one : candidates) paths.push_back(one.path);
  auto const batch = surrogate.batch(paths);
  auto beliefs = surrogate.predict(batch, options.level);
  for (std::size_t m = 0; m < surrogate.outputs().size(); ++m) {
    if (surrogate.outputs()[m].kind != Output::Kind::objective) continue;
    auto const drawn = surrogate.draw(m, batch, options.level, rng);
    for (std::size_t i = 0; i < beliefs.size(); ++i) beliefs[i][m] = {drawn[static_cast<Eigen::Index>(i)], 1e-6};
  }
  for (std::size_t i = 0; i < candidates.size(); ++i) candidates[i].score = judge.score(beliefs[i]);
  sort_by_score(candidates);
  return candidates;
}

}  // namespace nacre::detail
