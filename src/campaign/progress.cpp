#include "nacre/campaign/progress.hpp"

#include <algorithm>
#include <cmath>

#include "nacre/core/error.hpp"
#include "nacre/core/text.hpp"
#include "nacre/numerics/hypervolume.hpp"

namespace nacre {
namespace {

char const* verb(Tier tier) {
  switch (tier) {
    case Tier::descriptor: return "screened";
    case Tier::potential: return "evaluated";
    case Tier::dft: return "calculated";
  }
  return "";
}

/// The larger unit, and what is left in the next smaller one.
std::string two_units(std::int64_t amount, std::int64_t in_one, char const* large, char const* small) {
  auto const rest = amount % in_one;
  return concat(amount / in_one, ' ', large, rest > 0 ? concat(' ', rest, ' ', small) : std::string());
}

}  // namespace

std::string duration_words(double seconds) {
  if (seconds < 60.0) return concat(static_cast<std::int64_t>(std::ceil(seconds)), " s");
  auto const minutes = std::llround(seconds / 60.0);
  if (minutes < 60) return concat(minutes, " min");
  if (minutes < 24 * 60) return two_units(minutes, 60, "h", "min");
  return two_units(std::llround(seconds / 3600.0), 24, "d", "h");
}

std::string progress_line(Progress const& progress) {
  auto line = concat(progress.proposed, '/', progress.budget, " proposals");
  for (auto const& count : progress.tiers) {
    line += concat(", ", count.done, ' ', verb(count.tier));
    if (count.failed > 0) line += concat(" (", count.failed, " failed)");
  }
  for (std::size_t i = 0; i < progress.best.size(); ++i) line += (i == 0 ? ", best " : ", ") + progress.best[i];
  if (progress.hypervolume) line += ", hypervolume " + significant(*progress.hypervolume, 4);
  line += concat(", ", progress.busy, " of ", progress.workers, " ranks busy");
  if (progress.seconds_left) line += ", " + duration_words(*progress.seconds_left) + " left";
  return line;
}

std::vector<std::string> best_words(Problem const& problem, std::vector<Observation const*> const& front) {
  std::vector<std::string> words;
  for (std::size_t i = 0; i < problem.objectives.size() && !front.empty(); ++i) {
    auto const& spec = problem.objectives[i];
    auto const goal = [&](Observation const* one) { return minimised(spec, one->objectives[i].value); };
    auto const value = (*std::ranges::min_element(front, {}, goal))->objectives[i].value;
    words.push_back(concat(spec.name, ' ', significant(value, 4), spec.unit == "1" ? "" : " " + spec.unit));
  }
  return words;
}

std::optional<double> hypervolume_of(Problem const& problem, std::vector<Observation const*> const& front) {
  std::vector<double> reference;
  for (auto const& spec : problem.objectives) {
    if (!spec.reference || problem.objectives.size() < 2) return std::nullopt;
    reference.push_back(minimised(spec, *spec.reference));
  }
  std::vector<std::vector<double>> points;
  for (auto const* one : front) {
    points.emplace_back();
    for (std::size_t i = 0; i < reference.size(); ++i)
      points.back().push_back(minimised(problem.objectives[i], one->objectives[i].value));
  }
  return hypervolume(std::move(points), reference);
}

}  // namespace nacre
