// Which candidates are worth a calculation: what it may gain per work of it.
#include <algorithm>
#include <cmath>
#include <functional>
#include <numeric>

#include "nacre/campaign/dft_queue.hpp"
#include "nacre/core/error.hpp"
#include "nacre/core/rng.hpp"
#include "nacre/core/text.hpp"
#include "nacre/core/units.hpp"
#include "nacre/crystal/io.hpp"
#include "nacre/dft/deck.hpp"

namespace nacre {
namespace {

/// Designs of one leaf with one energy are one structure as far as a calculation goes, though their shifts may differ
/// (a superlattice relaxes its shift through its third vector, and the ranking looks at shifts).
bool equal_energy(EvaluatedDesign const& a, EvaluatedDesign const& b) {
  constexpr double same_J_per_m2 = 1e-3;  // definitions of duplicates, as in ranking.cpp
  return a.leaf == b.leaf && std::abs(a.energy_per_area - b.energy_per_area) < same_J_per_m2;
}

/// A candidate that may be calculated.
struct DftEntry {
  std::size_t group = 0;
  bool asked = false;
  double value = 0.0;  ///< minimised
  double gain = 0.0, work = 1.0;
  std::string why;
};

/// What it is worth to know a candidate's true value: the expected gain of the choice that follows. A candidate changes
/// the choice if it turns out better than the best, or the best if it turns out worse than the second: with a normal
/// error s of the difference d, s (phi(u) - u Q(u)), u = |d|/s (P. I. Frazier, W. B. Powell and S. Dayanik, SIAM J.
/// Control Optim. 47, 2410 (2008), doi:10.1137/070693424, for measurements without noise).
double knowledge_gain(double difference, double error) {
  if (!(error > 0.0)) return 0.0;
  double const u = std::abs(difference) / error;
  double const density = std::exp(-0.5 * u * u) / std::sqrt(2.0 * units::pi);
  return error * (density - u * 0.5 * std::erfc(u / std::sqrt(2.0)));
}

/// Plane waves cost the cube of the atoms for each k-point; relaxations some ten steps. The constant does not matter.
double plane_wave_work(CampaignConfig const& config, EvaluatedDesign const& design) {
  constexpr double relaxation_steps = 10.0;
  auto const crystal = parse_extxyz(design.structure, "a candidate").back().crystal;
  dft::Job job;
  job.structure = crystal;
  job.settings = config.dft.settings;
  job.vacuum = config.stacks.geometry == "slab";
  auto const mesh = dft::kpoint_mesh(job);
  double const atoms =
      static_cast<double>(std::min<std::size_t>(crystal.size(), static_cast<std::size_t>(config.queue.max_atoms)));
  return std::pow(atoms, 3.0) * mesh[0] * mesh[1] * mesh[2] * (config.queue.kind == "relax" ? relaxation_steps : 1.0);
}

std::vector<DftEntry> dft_entries(CampaignConfig const& config, Problem const& problem, Ranking const& ranking,
                                  std::span<EvaluatedDesign const* const> designs, VarianceOfDifference const& variance,
                                  std::set<std::string> const& asked) {
  std::vector<DftEntry> entries;
  auto const first = [&](DftEntry const& entry) { return ranking.groups[entry.group].members.front(); };
  for (std::size_t g = 0; g < ranking.groups.size(); ++g) {
    auto const& members = ranking.groups[g].members;
    auto const& design = *designs[members.front()];
    if (design.structure.empty()) continue;
    bool const known = std::ranges::any_of(
        members, [&](std::size_t member) { return asked.contains(designs[member]->design.id().hex()); });
    auto const same =
        std::ranges::find_if(entries, [&](auto const& entry) { return equal_energy(design, *designs[first(entry)]); });
    if (same != entries.end()) {
      same->asked = same->asked || known;
      continue;
    }
    DftEntry entry;
    entry.group = g;
    entry.asked = known;
    entry.value = minimised(problem.objectives.front(), design.objectives.front().value);
    entry.work = plane_wave_work(config, design);
    entries.push_back(std::move(entry));
  }
  if (entries.size() < 2) {
    for (auto& entry : entries) entry.why = "the only candidate";
    return entries;
  }
  std::vector<std::size_t> order(entries.size());
  std::iota(order.begin(), order.end(), std::size_t{0});
  std::ranges::stable_sort(order, {}, [&](std::size_t i) { return entries[i].value; });
  auto const& unit = problem.objectives.front().unit;
  for (std::size_t i = 0; i < entries.size(); ++i) {
    auto& entry = entries[i];
    auto const& rival = entries[i == order[0] ? order[1] : order[0]];
    double const error = std::sqrt(variance(first(entry), first(rival)));
    entry.gain = knowledge_gain(entry.value - rival.value, error);
    entry.why =
        concat(i == order[0] ? "the best, " : "", significant(std::abs(entry.value - rival.value), 3), " ", unit,
               i == order[0] ? " ahead of the second" : " behind the best", " with an error of ", significant(error, 3),
               ": expected gain ", significant(entry.gain, 3), " ", unit, " for work ", significant(entry.work, 3));
  }
  return entries;
}

}  // namespace

std::vector<DftWish> choose_for_dft(CampaignConfig const& config, Problem const& problem, Ranking const& ranking,
                                    std::span<EvaluatedDesign const* const> designs, std::size_t limit,
                                    VarianceOfDifference const& variance, std::set<std::string> const& asked) {
  auto entries = dft_entries(config, problem, ranking, designs, variance, asked);
  std::vector<DftWish> wishes;
  std::vector<DftEntry> fresh;
  for (auto const& entry : entries) {
    if (entry.asked)
      wishes.push_back({entry.group, entry.gain / entry.work, entry.why});
    else
      fresh.push_back(entry);
  }
  auto const before = wishes.size();
  if (before >= limit) return wishes;
  std::ranges::stable_sort(fresh, std::greater<>(), [](DftEntry const& entry) { return entry.gain / entry.work; });
  auto const share = [&](std::size_t count) {
    return static_cast<std::size_t>(
        std::floor(std::min(1.0, config.queue.explore) * static_cast<double>(count) + 1e-9));
  };
  auto const wanted = std::min(limit - before, fresh.size());
  auto const drawn = std::min(share(limit) - share(before), wanted);
  for (std::size_t i = 0; i < wanted - drawn; ++i)
    wishes.push_back({fresh[i].group, fresh[i].gain / fresh[i].work, fresh[i].why});
  fresh.erase(fresh.begin(), fresh.begin() + static_cast<std::ptrdiff_t>(wanted - drawn));
  auto const middle = wishes.empty() ? 0.0 : wishes[wishes.size() / 2].priority;
  for (std::size_t i = 0; i < drawn; ++i) {
    Rng rng(config.seed, "dft", before + i);
    auto const pick =
        std::min(static_cast<std::size_t>(rng.uniform() * static_cast<double>(fresh.size())), fresh.size() - 1);
    wishes.push_back({fresh[pick].group, std::max(middle, fresh[pick].gain / fresh[pick].work),
                      "drawn at random, so that errors of the cheap tier show; " + fresh[pick].why});
    fresh.erase(fresh.begin() + static_cast<std::ptrdiff_t>(pick));
  }
  return wishes;
}

}  // namespace nacre
