// Minimisers that compare values only: Nelder and Mead's simplex, and controlled random search.
#include <algorithm>
#include <cmath>
#include <numeric>

#include "minimisation.hpp"

namespace nacre::detail {
namespace {

struct Vertex {
  Point x;
  double value = 0.0;
};

bool better(Vertex const& a, Vertex const& b) { return a.value < b.value; }

double extent(std::vector<Vertex> const& simplex) {
  double widest = 0.0;
  for (auto const& vertex : simplex) widest = std::max(widest, (vertex.x - simplex[0].x).cwiseAbs().maxCoeff());
  return widest;
}

double spread_of(std::vector<Vertex> const& sorted) { return sorted.back().value - sorted.front().value; }

/// Too small to go on; the rounding of a value is some 1e-16 of it.
bool collapsed(std::vector<Vertex> const& sorted) {
  return extent(sorted) < 2e-13 || spread_of(sorted) <= 4e-16 * std::abs(sorted[0].value);
}

Batch one(Point x, double spread) {
  Batch batch;
  batch.points.push_back(std::move(x));
  batch.spread = spread;
  return batch;
}

/// The first simplex: x and one step along each axis, inwards.
Batch corner(Start const& start) {
  Batch batch;
  batch.points.push_back(start.x);
  for (Eigen::Index i = 0; i < start.x.size(); ++i) {
    auto x = start.x;
    x[i] += x[i] + start.step > 1.0 && !start.periodic[static_cast<std::size_t>(i)] ? -start.step : start.step;
    batch.points.push_back(clamp(std::move(x), start.periodic));
  }
  return batch;
}

std::vector<Vertex> sorted_vertices(Batch const& batch, std::vector<double> const& values) {
  std::vector<Vertex> vertices;
  for (std::size_t i = 0; i < values.size(); ++i) vertices.push_back({batch.points[i], values[i]});
  std::ranges::stable_sort(vertices, better);
  return vertices;
}

Point centre_of_all_but(std::vector<Vertex> const& vertices, std::size_t left_out) {
  Point centre = Point::Zero(vertices[0].x.size());
  for (std::size_t i = 0; i < vertices.size(); ++i) {
    if (i != left_out) centre += vertices[i].x;
  }
  return centre / static_cast<double>(vertices.size() - 1);
}

}  // namespace

// J. A. Nelder, R. Mead, Comput. J. 7, 308 (1965), with the coefficients of F. Gao, L. Han, Comput. Optim. Appl. 51,
// 259 (2012), which are the original ones in two dimensions. Steps are cut at the bounds.
Minimisation nelder_mead(Start start, Rng) {
  auto const n = static_cast<double>(std::max<Eigen::Index>(start.x.size(), 2));
  auto const expansion = 1.0 + 2.0 / n, contraction = 0.75 - 0.5 / n, shrinkage = 1.0 - 1.0 / n;
  auto const first = corner(start);
  auto const first_values = co_yield first;
  auto simplex = sorted_vertices(first, first_values);
  while (!collapsed(simplex)) {
    auto const worst = simplex.size() - 1;
    auto const centre = centre_of_all_but(simplex, worst);
    auto const spread = spread_of(simplex);
    auto const at = [&](double factor) { return clamp(centre + factor * (centre - simplex[worst].x), start.periodic); };
    Vertex reflected{at(1.0), 0.0};
    auto const asked = one(reflected.x, spread);
    auto const told = co_yield asked;
    reflected.value = told[0];
    bool accepted = reflected.value < simplex[worst - 1].value;
    if (reflected.value < simplex[0].value) {
      Vertex expanded{at(expansion), 0.0};
      auto const further = one(expanded.x, spread);
      auto const further_value = co_yield further;
      expanded.value = further_value[0];
      simplex[worst] = expanded.value < reflected.value ? expanded : reflected;
    } else if (accepted) {
      simplex[worst] = reflected;
    } else {
      bool const outer = reflected.value < simplex[worst].value;
      Vertex contracted{at(outer ? contraction : -contraction), 0.0};
      auto const nearer = one(contracted.x, spread);
      auto const nearer_value = co_yield nearer;
      contracted.value = nearer_value[0];
      accepted = outer ? contracted.value <= reflected.value : contracted.value < simplex[worst].value;
      if (accepted) {
        simplex[worst] = contracted;
      } else {
        Batch batch;
        batch.spread = spread;
        for (std::size_t i = 1; i < simplex.size(); ++i) {
          batch.points.push_back(simplex[0].x + shrinkage * (simplex[i].x - simplex[0].x));
        }
        auto const values = co_yield batch;
        for (std::size_t i = 1; i < simplex.size(); ++i) simplex[i] = {batch.points[i - 1], values[i - 1]};
      }
    }
    std::ranges::stable_sort(simplex, better);
  }
}

// Controlled random search with local mutation: W. L. Price, J. Optim. Theory Appl. 40, 333 (1983); P. Kaelo, M. M.
// Ali, J. Optim. Theory Appl. 130, 253 (2006).
Minimisation crs(Start start, Rng rng) {
  auto const n = static_cast<std::size_t>(start.x.size());
  Batch first;
  first.points.push_back(start.x);
  auto const size = start.population > 0 ? static_cast<std::size_t>(start.population) : 10 * (n + 1);
  while (first.points.size() < size) {
    Point x(start.x.size());
    for (auto& value : x) value = rng.uniform();
    first.points.push_back(std::move(x));
  }
  auto const first_values = co_yield first;
  auto crowd = sorted_vertices(first, first_values);
  auto const inside = [&](Point const& x) { return clamp(x, start.periodic) == x; };
  auto const replace_worst = [&](Vertex vertex) {
    crowd.pop_back();
    crowd.insert(std::ranges::upper_bound(crowd, vertex, better), std::move(vertex));
  };
  while (!collapsed(crowd)) {
    constexpr int most_tries = 1000;
    Vertex trial;
    int tries = 0;
    do {  // the best and n others; the last drawn is reflected at the centre of the rest
      std::vector<Vertex> chosen{crowd[0]};
      std::vector<std::size_t> places(crowd.size() - 1);
      std::iota(places.begin(), places.end(), std::size_t{1});
      for (std::size_t i = 0; i < n; ++i) {
        std::swap(places[i], places[i + rng.below(places.size() - i)]);
        chosen.push_back(crowd[places[i]]);
      }
      trial.x = 2.0 * centre_of_all_but(chosen, n) - chosen[n].x;
    } while (!inside(trial.x) && ++tries < most_tries);
    trial.x = clamp(std::move(trial.x), start.periodic);
    auto const asked = one(trial.x, spread_of(crowd));
    auto const told = co_yield asked;
    trial.value = told[0];
    if (trial.value < crowd.back().value) {
      replace_worst(std::move(trial));
      continue;
    }
    Vertex mutant{trial.x, 0.0};
    for (Eigen::Index i = 0; i < mutant.x.size(); ++i) {
      auto const share = rng.uniform();
      mutant.x[i] = (1.0 + share) * crowd[0].x[i] - share * trial.x[i];
    }
    mutant.x = clamp(mutant.x, start.periodic);
    auto const second = one(mutant.x, spread_of(crowd));
    auto const second_told = co_yield second;
    mutant.value = second_told[0];
    if (mutant.value < crowd.back().value) replace_worst(std::move(mutant));
  }
}

}  // namespace nacre::detail
